package audit

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
)

// mirror seals by turning every byte: enough to see what is sealed.
func mirror(b []byte) ([]byte, error) {
	out := make([]byte, len(b))
	for i := range b {
		out[i] = ^b[i]
	}
	return out, nil
}

func openMirror(_ string, b []byte) ([]byte, error) { return mirror(b) }

func sampleSegment(t *testing.T, n int) Segment {
	t.Helper()
	origin, err := Origin(record.NewID(), 2026)
	if err != nil {
		t.Fatal(err)
	}
	s := Segment{Origin: origin, Edition: 1, Key: record.NewID(), First: 100}
	for i := range n {
		e := sample()
		e.At = e.At.Add(-time.Duration(n-i) * time.Second)
		l, err := Seal(e)
		if err != nil {
			t.Fatal(err)
		}
		s.Rows = append(s.Rows, Row{l.Header, l.Salt, l.Payload})
	}
	return s
}

func equalSegments(a, b Segment) bool {
	return a.Origin == b.Origin && a.Edition == b.Edition && a.Key == b.Key && a.First == b.First &&
		slices.EqualFunc(a.Rows, b.Rows, func(x, y Row) bool {
			return bytes.Equal(x.Header, y.Header) && bytes.Equal(x.Salt, y.Salt) && bytes.Equal(x.Payload, y.Payload)
		})
}

func TestSegment(t *testing.T) {
	s := sampleSegment(t, 5)
	s.Rows[2].Salt, s.Rows[2].Payload = nil, nil // erased
	b, err := EncodeSegment(s, mirror)
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeSegment(b, openMirror)
	if err != nil || !equalSegments(s, back) {
		t.Fatalf("segment came back as %+v, %v", back, err)
	}
	if name, err := s.Name(); err != nil || name != "2026/segment/0000000100-0000000104" {
		t.Errorf("name %s, %v", name, err)
	}
	lines, err := unzip(b)
	if err != nil {
		t.Fatal(err)
	}
	if clear := bytes.Join(lines, nil); bytes.Contains(clear, []byte("mustermann")) || bytes.Contains(clear, []byte("Größe")) {
		t.Error("personal data lie open in the segment")
	}
	closed, err := DecodeSegment(b, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range closed.Rows {
		if !bytes.Equal(r.Header, s.Rows[i].Header) || r.Payload != nil {
			t.Errorf("row %d without the key: %+v", i, r)
		}
	}
	lost := errors.New("the key was destroyed")
	if _, err := DecodeSegment(b, func(string, []byte) ([]byte, error) { return nil, lost }); !errors.Is(err, lost) {
		t.Errorf("without the key: %v", err)
	}
	if _, err := EncodeSegment(s, func([]byte) ([]byte, error) { return nil, lost }); !errors.Is(err, lost) {
		t.Errorf("sealing fails: %v", err)
	}
}

func TestSegmentRefusesEveryChange(t *testing.T) {
	s := sampleSegment(t, 4)
	b, err := EncodeSegment(s, mirror)
	if err != nil {
		t.Fatal(err)
	}
	change := func(f func(lines []string) []string) []byte {
		lines, err := unzip(b)
		if err != nil {
			t.Fatal(err)
		}
		var text []string
		for _, l := range lines {
			text = append(text, string(l))
		}
		w := new(lineWriter)
		for _, l := range f(text) {
			w.b = append(append(w.b, l...), '\n')
		}
		out, err := w.zip()
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	if got, err := DecodeSegment(change(func(l []string) []string { return l }), openMirror); err != nil || !equalSegments(got, s) {
		t.Fatalf("nothing changed: %v", err)
	}
	for name, f := range map[string]func([]string) []string{
		"row removed":       func(l []string) []string { return slices.Delete(l, 2, 3) },
		"row removed, told": func(l []string) []string { return slices.Delete(replace(l, 0, `"count":4`, `"count":3`), 2, 3) },
		"last row removed":  func(l []string) []string { return slices.Delete(replace(l, 0, `"count":4`, `"count":3`), 4, 5) },
		"rows swapped":      func(l []string) []string { l[1], l[2] = l[2], l[1]; return l },
		"headers swapped": func(l []string) []string {
			l[1], l[2] = strings.Replace(l[2], `"index":101`, `"index":100`, 1), strings.Replace(l[1], `"index":100`, `"index":101`, 1)
			return l
		},
		"no head":     func(l []string) []string { return l[1:] },
		"no personal": func(l []string) []string { return l[:len(l)-1] },
		"first":       func(l []string) []string { return replace(l, 0, `"first":100`, `"first":99`) },
		"edition":     func(l []string) []string { return replace(l, 0, `"edition":1`, `"edition":0`) },
		"origin":      func(l []string) []string { return replace(l, 0, `eakte/`, `akte/`) },
		"version":     func(l []string) []string { return replace(l, 0, `"version":1`, `"version":2`) },
		"personal":    func(l []string) []string { l[len(l)-1] = `{"personal":"AAAA"}`; return l },
		"no base64":   func(l []string) []string { l[len(l)-1] = `{"personal":"*"}`; return l },
		"empty":       func([]string) []string { return nil },
	} {
		if _, err := DecodeSegment(change(f), openMirror); !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for cut := range len(b) {
		if _, err := DecodeSegment(b[:cut], openMirror); !errors.Is(err, record.Corrupt) {
			t.Fatalf("cut at %d: %v", cut, err)
		}
	}
}

func replace(lines []string, i int, old, with string) []string {
	lines[i] = strings.Replace(lines[i], old, with, 1)
	return lines
}

func TestPersonalPartOutOfPlace(t *testing.T) {
	s := sampleSegment(t, 2)
	line := func(index uint64, r Row) string {
		w := new(lineWriter)
		w.add(map[string]any{"index": index, "payload": string(r.Payload), "salt": "AAAA"})
		return string(w.b)
	}
	for name, text := range map[string]string{
		"before":     line(99, s.Rows[0]),
		"behind":     line(102, s.Rows[0]),
		"wrong salt": line(100, s.Rows[0]),
	} {
		b, err := EncodeSegment(s, func([]byte) ([]byte, error) { return (&lineWriter{b: []byte(text)}).zip() })
		if err != nil {
			t.Fatal(err)
		}
		if _, err := DecodeSegment(b, func(_ string, b []byte) ([]byte, error) { return b, nil }); !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSegmentRefusesToBeWritten(t *testing.T) {
	for name, f := range map[string]func(*Segment){
		"no rows":       func(s *Segment) { s.Rows = nil },
		"too many rows": func(s *Segment) { s.Rows = make([]Row, MaxSegmentRows+1) },
		"edition":       func(s *Segment) { s.Edition = 0 },
		"origin":        func(s *Segment) { s.Origin = "x" },
		"key":           func(s *Segment) { s.Key = "the key" },
		"payload":       func(s *Segment) { s.Rows[0].Payload = s.Rows[1].Salt },
		"header":        func(s *Segment) { s.Rows[0].Header = append(bytes.Clone(s.Rows[0].Header), ' ') },
	} {
		s := sampleSegment(t, 2)
		f(&s)
		if _, err := EncodeSegment(s, mirror); !errors.Is(err, record.Corrupt) && !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSameHeaders(t *testing.T) {
	s := sampleSegment(t, 3)
	n := byte(0)
	b, err := EncodeSegment(s, func(b []byte) ([]byte, error) { n++; return append([]byte{n}, b...), nil })
	if err != nil {
		t.Fatal(err)
	}
	if same, err := SameHeaders(b, s); err != nil || !same {
		t.Errorf("the same segment: %v, %v", same, err)
	}
	for name, f := range map[string]func(*Segment){
		"fewer": func(s *Segment) { s.Rows = s.Rows[:2] },
		"first": func(s *Segment) { s.First++ },
		"other": func(s *Segment) { s.Rows = append(slices.Clone(s.Rows[:2]), s.Rows[0]) },
	} {
		o := s
		f(&o)
		if same, err := SameHeaders(b, o); err != nil || same {
			t.Errorf("%s: %v, %v", name, same, err)
		}
	}
	if _, err := SameHeaders([]byte("x"), s); !errors.Is(err, record.Corrupt) {
		t.Error(fmt.Sprint("garbage: ", err))
	}
}
