package rendition

import (
	"bytes"
	"testing"
	"time"

	"eakte/appliance/record"
)

// FuzzRendition: whatever words a pack holds, the PDF is as long as announced,
// ends as a PDF and has nothing active in it.
func FuzzRendition(f *testing.F) {
	f.Add("Heizkostenabrechnung", "Wort)Tj ET /JavaScript", "\x00\xff\u202e", 10, 10, 200, 40, 300)
	f.Add("(((", "\\", "\U0010ffff\ufffe", -5, 1<<40, 0, -1, 1)
	picture := plainJPEG(f, 10, 10)
	f.Fuzz(func(t *testing.T, title, one, two string, x, y, w, h, dpi int) {
		p := Page{Width: 2480, Height: 3508, DPI: dpi, JPEG: picture, Words: []record.Word{
			{Text: one, X: x, Y: y, W: w, H: h}, {Text: two, X: y, Y: x, W: h, H: w}, {Text: one + two, X: 10, Y: 10, W: 20, H: 20}}}
		info := Info{Title: title, About: two, Seed: one, Created: time.Unix(0, 0), Contents: words()}
		r, err := New(t.Context(), info, []Part{{Title: two, Type: one, Date: title, Pages: 1, Open: func() (Source, error) {
			return turning{func() (Page, error) { return p, nil }}, nil
		}}})
		if err != nil {
			return
		}
		var b bytes.Buffer
		if n, err := r.WriteTo(&b); err != nil || n != r.Size || int64(b.Len()) != n {
			t.Fatalf("%d of %d bytes, %v", n, r.Size, err)
		}
		if !bytes.HasPrefix(b.Bytes(), []byte("%PDF-")) || !bytes.HasSuffix(b.Bytes(), []byte("%%EOF\n")) || record.Sum(b.Bytes()) != r.SHA256 {
			t.Error("no PDF")
		}
		for _, bad := range []string{"NaN", "Inf", "e+"} {
			if at := bytes.Index(r.lay.tail, []byte(" "+bad)); at >= 0 {
				t.Errorf("a number that is none: %q", r.lay.tail[max(0, at-20):at+10])
			}
		}
	})
}
