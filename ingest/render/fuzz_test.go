package render

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"
	"unicode"
)

// FuzzTIFF walks the directories of whatever it is given.
func FuzzTIFF(f *testing.F) {
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x00\x01\x04\x00\x01\x00\x00\x00\x40\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("MM\x00*\x00\x00\x00\x08\x00\x01\x01\x1a\x00\x05\x00\x00\x00\x01\xff\xff\xff\xff\x00\x00\x00\x00"))
	f.Add([]byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dirs, err := tiffDirectories(b, 20)
		if len(dirs) > 20 || err == nil && len(b) < 8 {
			t.Errorf("%d directories of %d bytes", len(dirs), len(b))
		}
		for _, d := range dirs {
			if d.offset >= uint64(len(b)) || d.orientation < 1 || d.orientation > 8 {
				t.Errorf("%+v", d)
			}
			if checkPixels(d.w, d.h, 1, Limits{MaxPixels: 1e6}) == nil && (d.w < 1 || d.h < 1 || d.w*d.h > 1e6) {
				t.Errorf("%d × %d pixels pass", d.w, d.h)
			}
		}
	})
}

// FuzzHeads reads what JPEG and PNG say of themselves before the picture.
func FuzzHeads(f *testing.F) {
	var j, p bytes.Buffer
	g := image.NewGray(image.Rect(0, 0, 8, 8))
	if err := jpeg.Encode(&j, g, nil); err != nil {
		f.Fatal(err)
	}
	if err := png.Encode(&p, g); err != nil {
		f.Fatal(err)
	}
	exif := append([]byte("\xff\xd8\xff\xe1\x00\x22Exif\x00\x00"), "II*\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00"...)
	for _, b := range [][]byte{j.Bytes(), p.Bytes(), exif, []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x09pHYs\xff\xff\xff\xff\xff\xff\xff\xff\x01")} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		typ, _ := Sniff(b)
		switch typ {
		case TypeJPEG:
			dpi, orientation := jpegFacts(b)
			if orientation < 1 || orientation > 8 || !(dpi >= 0) || dpiOf(600, 800, dpi) < 1 || dpiOf(600, 800, dpi) > 10_000 {
				t.Errorf("%v dpi, turned %d", dpi, orientation)
			}
		case TypePNG:
			if dpi := pngDPI(b); !(dpi >= 0) || dpiOf(600, 800, dpi) < 1 || dpiOf(600, 800, dpi) > 10_000 {
				t.Errorf("%v dpi", dpi)
			}
		}
	})
}

// FuzzWords reads what pdftotext would write, and puts it on a page.
func FuzzWords(f *testing.F) {
	f.Add("<page width=\"595\" height=\"842\">\n<block>\n<line>\n<word xMin=\"1.0\" yMin=\"2.0\" xMax=\"30.0\" yMax=\"14.0\">Wort&amp;&#0;</word>\n</line>\n</block>\n</page>\n")
	f.Add("<page>\n<word xMin=\"NaN\" yMin=\"-1e9\" xMax=\"1e309\" yMax=\"\">x</word>\n<word xMin=\"-5\" yMin=\"-5\" xMax=\"1e6\" yMax=\"1e6\">\xff\x1b</word>\n")
	f.Fuzz(func(t *testing.T, s string) {
		facts := make([]pdfFacts, 1)
		if err := readWords(strings.NewReader(s), facts); err != nil {
			return
		}
		r := Raster{Y: image.NewGray(image.Rect(0, 0, 60, 84))}
		for _, w := range onRaster(facts[0].words, pdfSize{w: 595, h: 842}, r) {
			if w.Box.Empty() || !w.Box.In(r.Y.Rect) || w.Text == "" || strings.ToValidUTF8(w.Text, "") != w.Text || strings.ContainsFunc(w.Text, unicode.IsControl) {
				t.Errorf("%+v", w)
			}
		}
		_ = facts[0].digital()
	})
}

// FuzzImageList reads what pdfimages -list would write.
func FuzzImageList(f *testing.F) {
	f.Add("page   num  type   width height color comp bpc  enc interp  object ID x-ppi y-ppi size ratio\n   1     0 image    1654  2339  gray    1   8  jpeg   no         5  0   200   200 45.1K 1.2%\n")
	f.Add("1 0 image -5 99999999999 gray 1 8 jpeg no [inline] 0 nan 1e400 1 1%\n")
	f.Fuzz(func(t *testing.T, s string) {
		facts, l := make([]pdfFacts, 1), Limits{MaxPixels: 60e6}
		if readImageList(strings.NewReader(s), 1, facts, []pdfSize{{w: 595, h: 842}}, l) != nil {
			return
		}
		m := facts[0].cover
		if m.w < 0 || m.h < 0 || m.w*m.h > l.MaxPixels || m.share(pdfSize{w: 595, h: 842}) != m.share(pdfSize{w: 595, h: 842}) {
			t.Errorf("%+v", m)
		}
	})
}

// FuzzSniffed: the type comes from the first bytes alone, and stays the same with more behind them.
func FuzzSniffed(f *testing.F) {
	for _, s := range []string{"%PDF-1.4", "\xff\xd8\xff", "PK\x03\x04", "From: a@example.org\r\nSubject: x\r\n\r\n", "<!doctype html>", "Sehr geehrte Damen und Herren", "{\\rtf1", "\xff\xfeG\x00", "\x00\x00\x00\x18ftypheic"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		typ, ok := Sniff(b)
		if ok != (typ != "") {
			t.Errorf("%q, %v", typ, ok)
		}
		if len(b) >= SniffLen {
			if again, _ := Sniff(append(bytes.Clone(b), "\x00%PDF-"...)); again != typ {
				t.Errorf("%q, then %q", typ, again)
			}
		}
	})
}

// FuzzLayOut sets any text on pages.
func FuzzLayOut(f *testing.F) {
	f.Add("Sehr geehrte Damen und Herren,\n\tder Antrag wird bewilligt.\f\u202e\u0308\ufdfa", "Von", true)
	f.Add(strings.Repeat("x", 5000), "", false)
	f.Fuzz(func(t *testing.T, text, label string, bold bool) {
		if len(text) > 20_000 {
			return
		}
		lines := append(PlainText(text), TextLine{Label: label, Text: text, Bold: bold}, TextLine{Rule: true})
		d, err := LayOut(TypeEML, lines, 100)
		if err != nil {
			return
		}
		for n := 1; n <= min(2, d.Pages()); n++ {
			p, err := d.Page(t.Context(), n)
			if err != nil {
				t.Fatal(err)
			}
			for _, w := range p.Words {
				if w.Box.Empty() || !w.Box.In(p.Raster.Y.Rect) {
					t.Errorf("%+v", w)
				}
			}
		}
	})
}

// FuzzHEICBoxes walks the boxes of what claims to be a HEIC.
func FuzzHEICBoxes(f *testing.F) {
	f.Add([]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic\x00\x00\x00\x20meta\x00\x00\x00\x00\x00\x00\x00\x14ispe\x00\x00\x00\x00\x00\x00\x00\x40\x00\x00\x00\x40"))
	f.Add(binary.BigEndian.AppendUint32(nil, 1))
	f.Fuzz(func(t *testing.T, b []byte) {
		_ = checkHEIC(bytes.NewReader(b), int64(len(b)), Limits{MaxPixels: 60e6, MaxPages: 10})
	})
}
