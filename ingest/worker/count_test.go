package worker

import (
	"bytes"
	"io"
	"testing"
)

// What has pages is counted; what can't be opened counts as nothing, and harms
// no document after it.
func TestCount(t *testing.T) {
	p := newPool(t, Config{Workers: 1})
	page := drawn(t, 200, 280, 72, "page")
	three := asTIFF(t, "none", page, page, page)
	scan := bound(t, false, 6)
	for _, c := range []struct {
		name string
		doc  []byte
		want int
	}{
		{"a PDF", scan, 6}, {"a TIFF", three, 3}, {"a JPEG", asJPEG(t, page), 1}, {"a PNG", asPNG(t, page), 1},
		{"nothing", nil, 0}, {"unknown bytes", []byte("\x00\x01\x02 no document"), 0}, {"a text", []byte("Sehr geehrte Damen und Herren,\n"), 0},
		{"the head of a PDF", []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), 0}, {"a TIFF cut off", three[:100], 0}, {"a TIFF in a circle", circular(three), 0},
		{"a PDF after all that", bound(t, true, 2), 2},
	} {
		n, err := p.Count(t.Context(), Document{Open: func() io.Reader { return bytes.NewReader(c.doc) }, Size: int64(len(c.doc))})
		if err != nil || n != c.want {
			t.Errorf("%s: %d pages instead of %d, %v", c.name, n, c.want, err)
		}
	}
	p.Close()
	if _, err := p.Count(t.Context(), Document{Open: func() io.Reader { return bytes.NewReader(scan) }, Size: int64(len(scan))}); err != ErrClosed {
		t.Errorf("after the end: %v", err)
	}
}
