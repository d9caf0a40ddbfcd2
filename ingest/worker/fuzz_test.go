package worker

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"image"
	"sync"
	"testing"
	"unicode/utf8"
)

// FuzzFrame: what is taken for a frame is one that could have been sent.
func FuzzFrame(f *testing.F) {
	for kind, parts := range map[byte][][]byte{kindAccepted: nil, kindOpened: {[]byte(`{"pages":3}`)}, kindFault: {[]byte(`{"reason":"damaged"}`)}, kindPart: {[]byte(`{"number":1,"name":"a"}`)}} {
		var b bytes.Buffer
		if err := writeFrame(&b, kind, parts...); err != nil {
			f.Fatal(err)
		}
		f.Add(b.Bytes())
	}
	f.Add([]byte("P\x07\xff\xff\xff\xff\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		for at := 2; at+4 <= min(len(b), 30); at += 4 {
			if n := binary.BigEndian.Uint32(b[at:]); n > 1<<16 && n <= 64*mib {
				return // it would be made room for, which takes time and finds nothing
			}
		}
		in := bytes.NewReader(b)
		fr, err := readFrame(in)
		if err != nil {
			return
		}
		var out bytes.Buffer
		if err := writeFrame(&out, fr.kind, fr.parts...); err != nil || !bytes.Equal(out.Bytes(), b[:len(b)-in.Len()]) {
			t.Errorf("%q: %v", b, err)
		}
	})
}

// fuzzPictures are a page's full image and its thumbnail.
var fuzzPictures = sync.OnceValue(func() [2][]byte {
	t := &testing.T{} // encoding to memory does not fail
	return [2][]byte{asJPEG(t, image.NewGray(image.Rect(0, 0, 300, 400))), asJPEG(t, image.NewGray(image.Rect(0, 0, 30, 40)))}
})

// FuzzPage: the parent believes no page of a child whose parts do not fit.
func FuzzPage(f *testing.F) {
	f.Add([]byte(`{"number":1,"width":300,"height":400,"dpi":300,"source":"ocr","confidence":90,"turned":90,"codes":[{"format":"qr","text":"a","x":1,"y":1,"w":2,"h":2}]}`),
		[]byte(`[{"text":"zwei","raw":"zwei","confidence":90,"x":10,"y":10,"w":20,"h":10,"start":5,"len":4}]`), []byte("eins zwei\n"), []byte("eins zwei\n"))
	f.Add([]byte(`{"number":1,"width":300,"height":400,"dpi":300,"source":"ocr"}`), []byte(`[{"text":"","start":9223372036854775807,"len":9223372036854775807}]`), []byte("\xff"), []byte("\x1b"))
	l := Limits{}.withDefaults()
	f.Fuzz(func(t *testing.T, head, words, text, raw []byte) {
		pictures := fuzzPictures()
		p, err := checkedPage(frame{kind: kindPage, parts: [][]byte{head, words, text, raw, pictures[0], pictures[0], pictures[1]}}, 1, l)
		if err != nil {
			return
		}
		if p.Number != 1 || p.Width != 300 || p.Height != 400 || !plainText(p.Text) || !plainText(p.Raw) || p.Turned%90 != 0 {
			t.Errorf("%+v", p)
		}
		for _, w := range p.Words {
			if p.Text[w.Start:w.Start+w.Len] != w.Text || w.X+w.W > p.Width || w.Y+w.H > p.Height || w.X < 0 || w.Y < 0 {
				t.Errorf("%+v", w)
			}
		}
		if _, err := json.Marshal(p.Words); err != nil { // as the pack will
			t.Error(err)
		}
	})
}

// FuzzSaid: whatever a child says of faults, parts and its end is checked.
func FuzzSaid(f *testing.F) {
	f.Add([]byte(`{"reason":"damaged","page":3,"cause":"\u001b[2J"}`))
	f.Add([]byte(`{"number":1,"name":"../../x","type":"text/html"}`))
	f.Add([]byte(`{"ContentType":"text/unknown","Pages":1}`))
	f.Add([]byte(`{"pages":-1}`))
	l := Limits{}.withDefaults()
	f.Fuzz(func(t *testing.T, b []byte) {
		fr := frame{parts: [][]byte{b}}
		if fault, err := checkedFault(fr, l); err == nil && !plainText(fault.Cause.Error()) {
			t.Errorf("%q", fault.Cause)
		}
		if p, err := checkedPart(fr, 1); err == nil && (p.Number != 1 || !utf8.ValidString(p.Name) || !plainText(p.Name) || len(p.Name) > partName) {
			t.Errorf("%+v", p)
		}
		if s, err := checkedSummary(fr, 1); err == nil && (s.Pages != 1 || s.ContentType == "" || !plainText(s.ContentType)) {
			t.Errorf("%+v", s)
		}
		if n, err := checkedOpened(fr, 0, l); err == nil && (n < 1 || n > l.MaxPages) {
			t.Errorf("%d pages", n)
		}
	})
}
