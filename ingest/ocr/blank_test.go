package ocr_test

import (
	"bytes"
	"fmt"
	"image"
	"image/draw"
	"image/png"
	"testing"

	"eakte/appliance/sample"
	"eakte/ingest/ocr"
)

// backForms are the ways in which backs are scanned.
func backForms(i int) sample.Form {
	f := sample.Form{Container: sample.PNG, DPI: []int{200, 300}[i%2], Noise: 2.5, Skew: float64(i%5) - 2}
	f.Bilevel, f.Light = i%4 == 3, float64(i%3)*0.15
	return f
}

// pixels decodes a PNG as the worker does.
func pixels(t testing.TB, r sample.Rendered) ocr.Image {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(r.Body))
	if err != nil {
		t.Fatal(err)
	}
	g := image.NewGray(m.Bounds())
	draw.Draw(g, g.Rect, m, image.Point{}, draw.Src)
	return ocr.Image{Gray: g, DPI: r.Truth.Pages[0].DPI}
}

// backs gives n pages of each kind.
func backs(t testing.TB, kinds []sample.Back, n int, each func(kind sample.Back, i int, m ocr.Image)) {
	t.Helper()
	o := sample.Jobcenter(seed(t), 40)
	for _, kind := range kinds {
		for i := range n {
			f := backForms(i)
			if kind == sample.BackShows || kind == sample.BackAll || kind == sample.BackGrey {
				f.Bilevel = false // there it is in black and white, or it is not there
			}
			r, err := o.BackPage(kind, i, f)
			if err != nil {
				t.Fatal(err)
			}
			m := pixels(t, r)
			m.Bilevel = f.Bilevel
			each(kind, i, m)
		}
	}
}

func TestBlankBacksAreBlank(t *testing.T) {
	blank := map[sample.Back]int{}
	backs(t, sample.BlankBacks(), backCount(), func(kind sample.Back, i int, m ocr.Image) {
		if ocr.Blank(m) {
			blank[kind]++
		} else {
			t.Logf("%s, page %d: not blank", kind, i)
		}
	})
	for _, kind := range sample.BlankBacks() {
		if blank[kind]*10 < 8*backCount() {
			t.Errorf("%s: %d of %d are blank", kind, blank[kind], backCount())
		}
	}
	if *full {
		fmt.Println("blank:", blank, "of", backCount(), "each")
	}
}

func TestWrittenBacksAreNot(t *testing.T) {
	backs(t, sample.WrittenBacks(), backCount(), func(kind sample.Back, i int, m ocr.Image) {
		if ocr.Blank(m) {
			t.Errorf("%s, page %d is called blank", kind, i)
		}
	})
}

// backCount is how many backs of each kind are looked at.
func backCount() int {
	if *full {
		return *pages
	}
	return 2
}
