package rendition

import (
	"bytes"
	"compress/zlib"
	"encoding/hex"
	"fmt"
	"unicode/utf16"
)

// objects collects indirect objects and where they lie.
type objects struct {
	buf    bytes.Buffer
	start  int64 // place of buf in the file
	places []place
}

type place struct {
	number int
	at     int64
}

func newObjects(start int64) *objects { return &objects{start: start} }

func (o *objects) open(n int) {
	o.places = append(o.places, place{n, o.start + int64(o.buf.Len())})
	fmt.Fprintf(&o.buf, "%d 0 obj\n", n)
}

// add writes an object that is no stream.
func (o *objects) add(n int, body string) {
	o.open(n)
	o.buf.WriteString(body)
	o.buf.WriteString("\nendobj\n")
}

// raw writes a stream as it is; dict is what stands in its dictionary beside the length.
func (o *objects) raw(n int, dict string, data []byte) {
	o.open(n)
	fmt.Fprintf(&o.buf, "<<%s/Length %d>>\nstream\n", dict, len(data))
	o.buf.Write(data)
	o.buf.WriteString("\nendstream\nendobj\n")
}

// stream writes a compressed stream.
func (o *objects) stream(n int, dict string, data []byte) {
	o.raw(n, dict+"/Filter/FlateDecode", deflated(data))
}

func deflated(data []byte) []byte {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	// A bytes.Buffer never refuses.
	_, _ = w.Write(data)
	_ = w.Close()
	return b.Bytes()
}

// segment gives what was collected as one page's bytes.
func (o *objects) segment() segment {
	s := segment{joined: o.buf.Bytes()}
	for k, p := range o.places {
		end := int64(len(s.joined))
		if k+1 < len(o.places) {
			end = o.places[k+1].at
		}
		s.objects[k] = s.joined[p.at:end]
	}
	return s
}

// text string as PDF has it: UTF-16 behind a mark, in hexadecimal.
func textString(s string) string {
	b := []byte{0xfe, 0xff}
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u>>8), byte(u))
	}
	return "<" + hex.EncodeToString(b) + ">"
}
