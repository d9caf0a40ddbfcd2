package render

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"strings"
	"testing"
)

// picture is 3 × 2 pixels, each of its own value.
func picture() *image.Gray {
	return &image.Gray{Pix: []byte{1, 2, 3, 9, 4, 5, 6, 9}, Stride: 4, Rect: image.Rect(0, 0, 3, 2)}
}

func TestTurned(t *testing.T) {
	for o, want := range []string{1: "123/456", 2: "321/654", 3: "654/321", 4: "456/123", 5: "14/25/36", 6: "41/52/63", 7: "63/52/41", 8: "36/25/14", 9: "123/456"} {
		if o == 0 {
			continue
		}
		g := turned(picture(), o)
		var rows []string
		for y := range g.Rect.Dy() {
			var row strings.Builder
			for _, v := range g.Pix[y*g.Stride:][:g.Rect.Dx()] {
				fmt.Fprint(&row, v)
			}
			rows = append(rows, row.String())
		}
		if got := strings.Join(rows, "/"); got != want {
			t.Errorf("orientation %d: %s, want %s", o, got, want)
		}
	}
}

func TestScaleKeepsTheMean(t *testing.T) {
	src := newGray(101, 67)
	sum := 0
	for i := range src.Pix {
		src.Pix[i] = byte(i * 7)
		sum += int(src.Pix[i])
	}
	for _, size := range []image.Point{{50, 33}, {7, 5}, {1, 1}, {101, 67}, {100, 1}, {202, 134}} {
		g, got := scale(src, size.X, size.Y), 0
		for _, v := range g.Pix {
			got += int(v)
		}
		a, b := float64(sum)/float64(len(src.Pix)), float64(got)/float64(len(g.Pix))
		if a-b > 1 || b-a > 1 {
			t.Errorf("%v: mean %v, want %v", size, b, a)
		}
	}
	white := newGray(97, 31)
	for i := range white.Pix {
		white.Pix[i] = 255
	}
	for _, v := range scale(white, 13, 9).Pix {
		if v != 255 {
			t.Fatalf("white has become %d", v)
		}
	}
}

func TestNormalBoundsTheRaster(t *testing.T) {
	for _, c := range []struct{ w, h, dpi, wantW, wantH, wantDPI int }{
		{2480, 3508, 300, 2480, 3508, 300},
		{4960, 7016, 600, 2480, 3508, 300},
		{30000, 100, 300, 20000, 66, 200},
		{6000, 6000, 390, 4472, 4472, 291},
	} {
		r := Raster{Y: newGray(c.w, c.h), DPI: c.dpi}.normal()
		if r.Width() != c.wantW || r.Height() != c.wantH || r.DPI != c.wantDPI {
			t.Errorf("%+v: %d × %d at %d", c, r.Width(), r.Height(), r.DPI)
		}
	}
}

func TestDPI(t *testing.T) {
	for _, c := range []struct {
		w, h int
		said float64
		want int
	}{{2480, 3508, 300, 300}, {2480, 3508, 72, 300}, {4000, 3000, 96, 342}, {1654, 2339, 0, 200}, {1728, 2200, 204, 204}, {100, 50, 300, 50}} {
		if got := dpiOf(c.w, c.h, c.said); got != c.want {
			t.Errorf("%+v: %d", c, got)
		}
	}
}

func TestColourStaysWhereItIs(t *testing.T) {
	page := func(c color.Color) Raster {
		m := image.NewNRGBA(image.Rect(0, 0, 301, 201))
		for i := range m.Pix {
			m.Pix[i] = 255
		}
		for y := range 40 {
			for x := range 60 {
				m.Set(x, y, c)
			}
		}
		return rasterOf(m, 300)
	}
	if r := page(color.NRGBA{90, 95, 85, 255}); r.Cb != nil {
		t.Error("a grey page has colour")
	}
	r := page(color.NRGBA{200, 20, 20, 255})
	if r.Cb == nil {
		t.Fatal("a red stamp has become grey")
	}
	images, err := r.Encode()
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(images.Full))
	if err != nil {
		t.Fatal(err)
	}
	if red, green, _, _ := m.At(20, 20).RGBA(); red>>8 < 180 || green>>8 > 50 {
		t.Errorf("red has become %d, %d", red>>8, green>>8)
	}
	if glass := page(color.NRGBA{0, 0, 0, 0}); glass.Y.Pix[0] != 255 {
		t.Errorf("what is transparent has become %d", glass.Y.Pix[0])
	}
}

func TestFaxLinesAreDoubled(t *testing.T) {
	r := Raster{Y: picture(), Bilevel: true}.squared(204, 98)
	if r.Width() != 3 || r.Height() != 4 || r.Y.Pix[3] != 1 || !r.Bilevel {
		t.Errorf("%v %v", r.Y.Rect, r.Y.Pix)
	}
	if r := (Raster{Y: picture()}).squared(200, 200); r.Height() != 2 {
		t.Error("a square pixel was doubled")
	}
}

func TestSniff(t *testing.T) {
	for head, want := range map[string]string{
		"%PDF-1.4":                            TypePDF,
		"junk of a mail gateway\r\n%PDF-1.7":  TypePDF,
		strings.Repeat(" ", 2000) + "%PDF-1.": TypeText, // behind what anybody looks at
		"\xff\xd8\xff\xe0":                    TypeJPEG,
		"II*\x00":                             TypeTIFF,
		"MM\x00*":                             TypeTIFF,
		"MM\x00+":                             TypeTIFF,
		"\x89PNG\r\n\x1a\n":                   TypePNG,
		"GIF89a\x01\x00\x01\x00":              "",
		"":                                    "",
	} {
		if got, ok := Sniff([]byte(head)); got != want || ok != (want != "") {
			t.Errorf("%.20q: %q", head, got)
		}
	}
}

func TestPhoneTurnsItsPicture(t *testing.T) {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, newGray(40, 20), nil); err != nil {
		t.Fatal(err)
	}
	exif := append([]byte("Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"), 0, 0, 0, 0)
	seg := append([]byte{0xff, 0xe1}, binary.BigEndian.AppendUint16(nil, uint16(len(exif)+2))...)
	data := append(append(append([]byte{}, b.Bytes()[:2]...), append(seg, exif...)...), b.Bytes()[2:]...)
	if _, o := jpegFacts(data); o != 6 {
		t.Fatalf("orientation %d", o)
	}
	d := &single{typ: TypeJPEG, data: data, dpi: 200, orientation: 6}
	p, err := d.Page(t.Context(), 1)
	if err != nil || p.Raster.Width() != 20 || p.Raster.Height() != 40 {
		t.Errorf("%v, %v", p.Raster.Y, err)
	}
}

func TestWordsOfAPDF(t *testing.T) {
	facts := make([]pdfFacts, 2)
	err := readWords(strings.NewReader(`<html>
<page width="595.0" height="842.0">
 <block xMin="1"><line xMin="1">
<word xMin="1.5" yMin="2.0" xMax="3.0" yMax="4.0">M&#252;ller &amp; S`+"\x01"+`öhne</word>
<word xMin="1.5" yMin="2.0" xMax="NaN" yMax="4.0">nichts</word>
</line>
<line xMin="1">
<word xMin="-5" yMin="2" xMax="600" yMax="4">geﬂissen</word>
</page>
<page width="1" height="1">
</page>`), facts)
	if err != nil || len(facts[0].words) != 2 || len(facts[1].words) != 0 {
		t.Fatalf("%+v, %v", facts, err)
	}
	w := facts[0].words
	if w[0].text != "Müller&Söhne" || w[0].xMin != 1.5 || w[1].text != "geflissen" {
		t.Errorf("%+v", w)
	}
	on := onRaster(w, pdfSize{w: 595, h: 842}, Raster{Y: newGray(1190, 1684)})
	if on[0].Box != image.Rect(3, 4, 6, 8) || on[1].Box != image.Rect(0, 4, 1190, 8) {
		t.Errorf("%+v", on)
	}
	if err := readWords(strings.NewReader("<page >\n"), facts); err == nil {
		t.Error("a page is missing and nobody complains")
	}
}

func TestGarbledFontsAreNotBelieved(t *testing.T) {
	for s, want := range map[string]bool{"Bescheid": true, "03104//0012345": true, "412,80": true, "§": false,
		"VHKJHK": false, "\ue001\ue002": false, "(cid:12)": false, "Str.": true, "Ελλάδα": true, "\ufffd": false} {
		if believable(s) != want {
			t.Errorf("%q: %v", s, !want)
		}
	}
}

func TestPopplersPictureMustBeTheOneAskedFor(t *testing.T) {
	for s, ok := range map[string]bool{
		"P5\n3 2\n255\nabcdef": true, "P6\n1 1\n255\nabc": true, "P5\n3 2\n255\nabc": false, "": false,
		"P5\n3000 2\n255\n": false, "P5\n-1 2\n255\n": false, "P4\n1 1\n1\n": false,
	} {
		if _, err := readPNM(bufio.NewReader(strings.NewReader(s)), 10, 300); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}

func TestAlike(t *testing.T) {
	page := newGray(424, 600)
	for i := range page.Pix {
		page.Pix[i] = 255
		if x, y := i%424, i/424; y%14 < 4 && x > 40 && x < 380 && y > 60 && y < 300 {
			page.Pix[i] = 0
		}
	}
	if !alike(page, scale(page, 1700, 2400)) {
		t.Error("a page is not like itself")
	}
	if alike(page, turned(page, 3)) || alike(page, turned(page, 6)) || alike(page, turned(page, 4)) {
		t.Error("a page is like itself upside down")
	}
	stamped := turned(turned(page, 3), 3)
	for y := 500; y < 512; y++ {
		for x := 200; x < 260; x += 2 {
			stamped.Pix[y*424+x] = 0
		}
	}
	if alike(stamped, page) {
		t.Error("a stamp was overlooked")
	}
}

func FuzzTIFFDirectories(f *testing.F) {
	f.Add([]byte("II*\x00\x08\x00\x00\x00\x01\x00\x00\x01\x03\x00\x01\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00"))
	f.Add([]byte("MM\x00+\x00\x08\x00\x00\x00\x00\x00\x00\x00\x00\x00\x10"))
	f.Fuzz(func(t *testing.T, b []byte) {
		dirs, err := tiffDirectories(b, 10)
		if len(dirs) > 10 || err == nil && len(dirs) > len(b) {
			t.Errorf("%d directories in %d bytes", len(dirs), len(b))
		}
	})
}

func FuzzImageFacts(f *testing.F) {
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x10Exif\x00\x00MM\x00*\x00\x00\x00\x08"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x09pHYs\x00\x00\x2e\x23\x00\x00\x2e\x23\x01crc!"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) < 8 {
			return
		}
		if _, o := jpegFacts(b); o < 1 || o > 8 {
			t.Errorf("orientation %d", o)
		}
		if d := pngDPI(b); d < 0 {
			t.Errorf("%v dpi", d)
		}
	})
}
