package worker

import (
	"bytes"
	"encoding/json"
	"errors"
	"image"
	"io"
	"strings"
	"testing"

	"eakte/appliance/record"
)

// honest is a page frame that is all right.
func honest(t *testing.T) (pageHead, []record.Word, [][]byte) {
	full, thumb := asJPEG(t, image.NewGray(image.Rect(0, 0, 300, 400))), asJPEG(t, image.NewGray(image.Rect(0, 0, 30, 40)))
	head := pageHead{Number: 1, Width: 300, Height: 400, DPI: 300, Source: SourceOCR, Confidence: 90,
		Codes: []record.Code{{Format: "qr", Text: "eakte:sep:1", X: 10, Y: 10, W: 20, H: 20}}}
	words := []record.Word{{Text: "zwei", Raw: "zwei", Confidence: 90, X: 10, Y: 10, W: 20, H: 10, Start: 5, Len: 4}}
	return head, words, [][]byte{nil, nil, []byte("eins zwei\n"), []byte("eins zwei\n"), full, full, thumb}
}

func TestLyingPagesAreRefused(t *testing.T) {
	type lie func(h *pageHead, w *record.Word, parts [][]byte)
	for name, tell := range map[string]lie{
		"":                     func(*pageHead, *record.Word, [][]byte) {},
		"wrong number":         func(h *pageHead, _ *record.Word, _ [][]byte) { h.Number = 2 },
		"no size":              func(h *pageHead, _ *record.Word, _ [][]byte) { h.Width = 0 },
		"size that overflows":  func(h *pageHead, _ *record.Word, _ [][]byte) { h.Width, h.Height = 1<<40, 1<<40 },
		"other size":           func(h *pageHead, _ *record.Word, _ [][]byte) { h.Width = 301 },
		"no resolution":        func(h *pageHead, _ *record.Word, _ [][]byte) { h.DPI = 0 },
		"source":               func(h *pageHead, _ *record.Word, _ [][]byte) { h.Source = "guess" },
		"confidence":           func(h *pageHead, _ *record.Word, _ [][]byte) { h.Confidence = 101 },
		"word behind the text": func(_ *pageHead, w *record.Word, _ [][]byte) { w.Start = 7 },
		"word before the text": func(_ *pageHead, w *record.Word, _ [][]byte) { w.Start = -1 },
		"length overflows":     func(_ *pageHead, w *record.Word, _ [][]byte) { w.Len = 1<<63 - 1 },
		"word of other text":   func(_ *pageHead, w *record.Word, _ [][]byte) { w.Text = "drei" },
		"word beside the page": func(_ *pageHead, w *record.Word, _ [][]byte) { w.X = 290 },
		"box overflows":        func(_ *pageHead, w *record.Word, _ [][]byte) { w.W = 1<<63 - 1 },
		"word's confidence":    func(_ *pageHead, w *record.Word, _ [][]byte) { w.Confidence = -1 },
		"code beside the page": func(h *pageHead, _ *record.Word, _ [][]byte) { h.Codes[0].X = 290 },
		"code of no format":    func(h *pageHead, _ *record.Word, _ [][]byte) { h.Codes[0].Format = "html" },
		"code that escapes":    func(h *pageHead, _ *record.Word, _ [][]byte) { h.Codes[0].Text = "\x1b[2J" },
		"any number of codes":  func(h *pageHead, _ *record.Word, _ [][]byte) { h.Codes = make([]record.Code, 1000) },
		"text not UTF-8":       func(_ *pageHead, _ *record.Word, p [][]byte) { p[3] = []byte("\xff") },
		"escape sequence":      func(_ *pageHead, _ *record.Word, p [][]byte) { p[3] = []byte("\x1b[2J") },
		"image is none":        func(_ *pageHead, _ *record.Word, p [][]byte) { p[4] = []byte("<svg onload=…>") },
		"no full image":        func(_ *pageHead, _ *record.Word, p [][]byte) { p[5] = nil },
		"time before it began": func(h *pageHead, _ *record.Word, _ [][]byte) { h.Took.Care = -1 },
		"time without end":     func(h *pageHead, _ *record.Word, _ [][]byte) { h.Took.Encode = 1 << 40 },
		"thumbnail too large":  func(_ *pageHead, _ *record.Word, p [][]byte) { p[6] = p[5] },
	} {
		head, words, parts := honest(t)
		tell(&head, &words[0], parts)
		var err error
		if parts[0], err = json.Marshal(head); err != nil {
			t.Fatal(err)
		}
		if parts[1], err = json.Marshal(words); err != nil {
			t.Fatal(err)
		}
		_, err = checkedPage(frame{kind: kindPage, parts: parts}, 1, Limits{}.withDefaults())
		if (err == nil) != (name == "") {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestLyingEndsAreRefused(t *testing.T) {
	l := Limits{}.withDefaults()
	for _, s := range []string{`{}`, `[`, `{"ContentType":"text/javascript","Pages":2}`, `{"ContentType":"application/pdf","Pages":3}`} {
		if _, err := checkedSummary(frame{parts: [][]byte{[]byte(s)}}, 2); err == nil {
			t.Errorf("%s was believed", s)
		}
	}
	for _, s := range []string{`{}`, `{"reason":"because"}`, `{"reason":"damaged","page":-1}`} {
		if _, err := checkedFault(frame{parts: [][]byte{[]byte(s)}}, l); err == nil {
			t.Errorf("%s was believed", s)
		}
	}
	f, err := checkedFault(frame{parts: [][]byte{[]byte(`{"reason":"damaged","cause":"a\n\u001bb"}`)}}, l)
	if err != nil || f.Cause.Error() != "a??b" {
		t.Errorf("%v, %v", f, err)
	}
}

func TestFrames(t *testing.T) {
	var b bytes.Buffer
	if err := writeFrame(&b, kindBody, []byte("some")); err != nil {
		t.Fatal(err)
	}
	whole := b.Bytes()
	f, err := readFrame(bytes.NewReader(whole))
	if err != nil || f.kind != kindBody || string(f.parts[0]) != "some" {
		t.Errorf("%+v, %v", f, err)
	}
	for n := 2; n < len(whole); n++ {
		if _, err := readFrame(bytes.NewReader(whole[:n])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	for _, s := range []string{"Q\x00", "B\x00", "B\x02", "B\x01\xff\xff\xff\xff", "P\x07" + strings.Repeat("\x7f", 28)} {
		if _, err := readFrame(strings.NewReader(s)); !errors.Is(err, errProtocol) {
			t.Errorf("%q: %v", s, err)
		}
	}
	if err := writeFrame(io.Discard, kindBody, make([]byte, bodyChunk+1)); !errors.Is(err, errProtocol) {
		t.Errorf("%v", err)
	}
}

func FuzzReadFrame(f *testing.F) {
	f.Add([]byte("B\x01\x00\x00\x00\x02ab"))
	f.Add([]byte("S\x01\x00\x00\x00\x02{}"))
	f.Fuzz(func(t *testing.T, b []byte) {
		fr, err := readFrame(bytes.NewReader(b))
		if err != nil {
			return
		}
		var again bytes.Buffer
		if err := writeFrame(&again, fr.kind, fr.parts...); err != nil || !bytes.HasPrefix(b, again.Bytes()) {
			t.Errorf("%v", err)
		}
	})
}
