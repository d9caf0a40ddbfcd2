package sample

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/ccitt"
	"golang.org/x/image/tiff"
)

// firstPage draws one page of a letter.
func firstPage(t *testing.T, f Form) (*image.Gray, TruthPage) {
	t.Helper()
	l := Showcase().Heating
	l.Form = f
	lay, err := l.layout()
	if err != nil {
		t.Fatal(err)
	}
	return f.scan(lay.pages[0], f.view(l.streams()("view"), 0), l.streams()("scan", 0)).Gray, l.truth(lay).Pages[0]
}

// TestBoxesHoldTheInk blanks every word's box: nothing dark must be left but
// rules, the mark and the footer's line, and each box must have held ink.
func TestBoxesHoldTheInk(t *testing.T) {
	for _, f := range []Form{{DPI: 300}, {DPI: 200, Skew: 2.5}, {DPI: 150, Skew: -1.5, Noise: 3, Light: 0.2}} {
		img, p := firstPage(t, f)
		if img.Rect.Dx() != p.Width || img.Rect.Dy() != p.Height {
			t.Fatalf("%v, truth says %d x %d", img.Rect, p.Width, p.Height)
		}
		before := dark(img, img.Rect)
		for _, w := range p.Words {
			box := image.Rect(w.Pixels.X, w.Pixels.Y, w.Pixels.X+w.Pixels.W, w.Pixels.Y+w.Pixels.H)
			if n := dark(img, box); n*20 < box.Dx()*box.Dy() && w.Text != "-" {
				t.Errorf("%+v: %q has %d dark pixels in %v", f, w.Text, n, box)
			}
		}
		for _, w := range p.Words {
			for y := w.Pixels.Y; y < w.Pixels.Y+w.Pixels.H; y++ {
				for x := w.Pixels.X; x < w.Pixels.X+w.Pixels.W; x++ {
					img.Pix[y*img.Stride+x] = 255
				}
			}
		}
		if after := dark(img, img.Rect); after*4 > before {
			t.Errorf("%+v: %d of %d dark pixels lie outside the words", f, after, before)
		}
	}
}

func dark(img *image.Gray, r image.Rectangle) int {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if img.Pix[y*img.Stride+x] < 128 {
				n++
			}
		}
	}
	return n
}

func TestGroup4(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for _, width := range []int{1, 7, 8, 63, 64, 65, 1653, 2560, 2561, 6000} {
		const height = 40
		stride := (width + 7) / 8
		bits := make([]byte, stride*height)
		for y := range height {
			for x, black := 0, false; x < width; black = !black {
				for n := 1 + r.IntN(1+r.IntN(1+r.IntN(5*width))); n > 0 && x < width; n, x = n-1, x+1 {
					if black {
						bits[y*stride+x>>3] |= 0x80 >> (x & 7)
					}
				}
			}
			if y > 0 && y%3 == 0 { // near the row above, so that all modes are used
				copy(bits[y*stride:], bits[(y-1)*stride:y*stride])
				bits[y*stride+r.IntN(stride)] ^= 0x10
				if pad := stride*8 - width; pad > 0 {
					bits[y*stride+stride-1] &= 0xFF << pad
				}
			}
		}
		enc := encodeG4(bits, width, height)
		got, err := io.ReadAll(ccitt.NewReader(bytes.NewReader(enc), ccitt.MSB, ccitt.Group4, width, height, &ccitt.Options{Invert: true}))
		if err != nil || !bytes.Equal(got, bits) {
			t.Errorf("width %d: not the same after decoding (%v)", width, err)
		}
	}
}

func TestTIFFHasAllPages(t *testing.T) {
	l := Showcase().Heating
	var plain []byte
	for _, f := range []Form{
		{Container: TIFF, DPI: 200, Bilevel: true, Compression: Plain},
		{Container: TIFF, DPI: 200, Bilevel: true, Compression: Group4},
		{Container: TIFF, DPI: 200, Bilevel: true, Compression: Deflate},
		{Container: TIFF, DPI: 100, Compression: Deflate},
	} {
		l.Form = f
		r := render(t, l)
		out, err := run(t, r.Body, "tif", "tiffinfo", "FILE")
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(out, "=== TIFF directory"); n != len(r.Truth.Pages) || n < 2 {
			t.Errorf("%s: %d directories, want %d\n%s", f.Compression, n, len(r.Truth.Pages), out)
		}
		img, err := tiff.Decode(bytes.NewReader(r.Body))
		if err != nil {
			t.Fatalf("%s: %v", f.Compression, err)
		}
		if !f.Bilevel {
			continue
		}
		grey := image.NewGray(img.Bounds())
		for i := range grey.Pix {
			v, _, _, _ := img.At(i%grey.Stride, i/grey.Stride).RGBA()
			grey.Pix[i] = uint8(v >> 8)
		}
		if plain == nil {
			plain = grey.Pix
		} else if !bytes.Equal(plain, grey.Pix) {
			t.Errorf("%s is another picture", f.Compression)
		}
	}
}

func TestSinglePictures(t *testing.T) {
	c := Showcase()
	jpg, err := Form{Container: JPEG, DPI: 150, Quality: 70}.writeSingle(c)
	if err != nil {
		t.Fatal(err)
	}
	if img, err := jpeg.Decode(bytes.NewReader(jpg)); err != nil || img.Bounds().Dx() != 1240 {
		t.Errorf("jpeg: %v", err)
	}
	for _, bilevel := range []bool{true, false} {
		b, err := Form{Container: PNG, DPI: 150, Bilevel: bilevel}.writeSingle(c)
		if err != nil {
			t.Fatal(err)
		}
		if img, err := png.Decode(bytes.NewReader(b)); err != nil || img.Bounds().Dx() != 1240 {
			t.Errorf("png: %v", err)
		}
	}
	l := c.Heating // two pages
	l.Form = Form{Container: JPEG, DPI: 150, Quality: 70}
	if _, err := l.Render(); err == nil {
		t.Error("two pages went into one JPEG")
	}
}
