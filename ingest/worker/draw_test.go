package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/render"
)

// mixed is a PDF of a born-digital page, one that is turned, and one that is a scan.
func mixed(t testing.TB) []byte {
	var f pdf
	f.text("", paragraph...)
	f.text("/Rotate 90", paragraph...)
	f.image("/Width 1240/Height 1754/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", asJPEG(t, drawn(t, 1240, 1754, 150, paragraph...)), "", "")
	return f.bytes()
}

func onDemand(t testing.TB, p *Pool, body []byte) []Page {
	t.Helper()
	var pages []Page
	_, err := p.Process(context.Background(), Input{Body: bytes.NewReader(body), Size: int64(len(body)), OnDemand: true}, func(g Page) error {
		pages = append(pages, g)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

// What is drawn later has the size that was told, whichever way the page is
// turned, and its words lie where the boxes say.
func TestPicturesOnDemand(t *testing.T) {
	p := NewPool(Config{})
	defer p.Close()
	body := mixed(t)
	pages := onDemand(t, p, body)
	if len(pages) != 3 || !pages[0].OnDemand || !pages[1].OnDemand || pages[2].OnDemand || len(pages[2].Full) == 0 {
		t.Fatalf("%d pages, on demand: %v %v %v", len(pages), pages[0].OnDemand, pages[1].OnDemand, pages[2].OnDemand)
	}
	if pages[1].Width <= pages[1].Height {
		t.Fatalf("the turned page has %d × %d", pages[1].Width, pages[1].Height)
	}
	var want []record.Picture
	for _, g := range pages[:2] {
		want = append(want, record.Picture{Page: g.Number, Width: g.Width, Height: g.Height},
			record.Picture{Page: g.Number, Width: g.ImageWidth, Height: g.ImageHeight})
	}
	var got [][]byte
	if err := p.Draw(context.Background(), bytes.NewReader(body), int64(len(body)), want, func(b []byte) error {
		got = append(got, bytes.Clone(b))
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for i, w := range want {
		m, err := jpeg.Decode(bytes.NewReader(got[i]))
		full := i%2 == 0 // the one that the words lie on is exactly as large as was told
		if err != nil || !render.Fits(m.Bounds().Dx(), m.Bounds().Dy(), w) || full && m.Bounds().Size() != image.Pt(w.Width, w.Height) {
			t.Fatalf("picture %d: %v, not %v (%v)", i, m.Bounds(), w, err)
		}
		if full {
			inked(t, m, pages[i/2].Words)
		}
	}
}

// inked holds that every word's box has ink in it, and that there is none
// outside of all of them.
func inked(t *testing.T, m image.Image, words []record.Word) {
	t.Helper()
	dark := func(r image.Rectangle) (n int) {
		for y := r.Min.Y; y < r.Max.Y; y++ {
			for x := r.Min.X; x < r.Max.X; x++ {
				if v, _, _, _ := m.At(x, y).RGBA(); v < 0x6000 {
					n++
				}
			}
		}
		return n
	}
	boxed := 0
	for _, w := range words {
		n := dark(image.Rect(w.X, w.Y, w.X+w.W, w.Y+w.H))
		if n == 0 {
			t.Errorf("no ink in the box of %q", w.Text)
		}
		boxed += n
	}
	if all := dark(m.Bounds()); len(words) < 30 || boxed < all*98/100 {
		t.Errorf("%d words have %d dark pixels of %d", len(words), boxed, all)
	}
}

// Codes of born-digital pages are found without their pictures, and at the
// same places as with them.
func TestCodesWithoutPictures(t *testing.T) {
	p := NewPool(Config{})
	defer p.Close()
	office := sample.Jobcenter(7, 4)
	for i, kind := range sample.CodeKinds() {
		r, err := office.CodePage(kind, i, sample.Digital())
		if err != nil {
			t.Fatal(err)
		}
		bare := onDemand(t, p, r.Body)
		var with []Page
		if _, err := p.Process(context.Background(), Input{Body: bytes.NewReader(r.Body), Size: int64(len(r.Body))}, func(g Page) error {
			with = append(with, g)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if len(bare[0].Codes) != 1 || !bare[0].OnDemand || len(with[0].Codes) != 1 {
			t.Fatalf("%s: %d codes, on demand: %v; %d with pictures", kind, len(bare[0].Codes), bare[0].OnDemand, len(with[0].Codes))
		}
		a, b := bare[0].Codes[0], with[0].Codes[0]
		if a.Format != b.Format || a.Text != b.Text || !strings.Contains(r.Truth.Pages[0].Text+a.Text, a.Text) {
			t.Errorf("%s: %v without pictures, %v with", kind, a, b)
		}
	}
}

// What a document or a child does while it is drawn harms only that picture.
func TestDrawingFails(t *testing.T) {
	p := NewPool(Config{})
	defer p.Close()
	body := mixed(t)
	one := []record.Picture{{Page: 1, Width: 200, Height: 283}}
	nothing := func([]byte) error { return nil }
	var f *Fault
	if err := p.Draw(context.Background(), bytes.NewReader(body[:len(body)/2]), int64(len(body)/2), one, nothing); !errors.As(err, &f) {
		t.Errorf("half a document: %v", err)
	}
	if err := p.Draw(context.Background(), bytes.NewReader(body), int64(len(body)), []record.Picture{{Page: 9, Width: 200, Height: 283}}, nothing); !errors.As(err, &f) {
		t.Errorf("a page that is not there: %v", err)
	}
	if err := p.Draw(context.Background(), bytes.NewReader(body), int64(len(body)), []record.Picture{{Page: 1, Width: 19_000, Height: 19_000}}, nothing); !errors.As(err, &f) {
		t.Errorf("too many pixels: %v", err)
	}
	if err := p.Draw(context.Background(), bytes.NewReader(body), int64(len(body)), make([]record.Picture, MostPictures+1), nothing); !errors.Is(err, record.Invalid) {
		t.Errorf("too many pictures: %v", err)
	}
	gone, cancel := context.WithCancel(context.Background())
	if err := p.Draw(gone, bytes.NewReader(body), int64(len(body)), one, func([]byte) error { cancel(); return gone.Err() }); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if err := p.Draw(context.Background(), bytes.NewReader(body), int64(len(body)), one, nothing); err != nil {
		t.Errorf("after all that: %v", err)
	}
}

// Pages drawn by one program for their codes: each has its own size, one that
// is not wanted is left out, and of several it is known which one is damaged.
func TestPagesDrawnInARun(t *testing.T) {
	p := NewPool(Config{})
	defer p.Close()
	var f pdf
	for i := range 6 {
		f.text([]string{"", "/MediaBox[0 0 420 842]", ""}[i%3], paragraph...)
	}
	body := f.bytes()
	var got []Page
	if _, err := p.Process(context.Background(), Input{Body: bytes.NewReader(body), Size: int64(len(body)), OnDemand: true, Skip: []int{3}}, func(g Page) error {
		got = append(got, g)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	if len(got) != 5 {
		t.Fatalf("%d pages", len(got))
	}
	for _, g := range got {
		if narrow := g.Width < 1200; narrow != (g.Number%3 == 2) || !g.OnDemand || len(g.Words) < 30 {
			t.Errorf("page %d: %d × %d, %d words", g.Number, g.Width, g.Height, len(g.Words))
		}
	}
	var broken pdf // text tools see nothing wrong with it
	image := broken.stream("/Type/XObject/Subtype/Image/Width 50/Height 50/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", []byte("no picture"))
	font := broken.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	for i := range 5 {
		if i == 3 {
			broken.page(fmt.Sprintf("/Resources<</Font<</F %d 0 R>>/XObject<</I %d 0 R>>>>", font, image),
				"BT /F 11 Tf 14 TL 72 760 Td ("+strings.Join(strings.Fields(latin1(strings.Join(paragraph, " "))), ") Tj T* (")+") Tj ET q 50 0 0 50 72 100 cm /I Do Q")
		}
		broken.text("", paragraph...)
	}
	body = broken.bytes()
	var faulty []int
	_, err := p.Process(context.Background(), Input{Body: bytes.NewReader(body), Size: int64(len(body)), OnDemand: true}, func(pg Page) error {
		if pg.Faulty {
			faulty = append(faulty, pg.Number)
		}
		return nil
	})
	if err != nil || !slices.Equal(faulty, []int{4}) {
		t.Errorf("a damaged page among others: %v %v", faulty, err)
	}
}
