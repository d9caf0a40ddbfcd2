package ocr

import (
	"image"
	"strings"
	"testing"
)

func read(t *testing.T, e *Engine, m Image) Page {
	t.Helper()
	before := strings.Clone(string(m.Gray.Pix))
	p, err := e.Read(m)
	if err != nil {
		t.Fatal(err)
	}
	if before != string(m.Gray.Pix) {
		t.Error("the page was changed")
	}
	for _, w := range p.Words {
		if p.Text[w.Start:w.Start+w.Len] != w.Text || !image.Rect(w.X, w.Y, w.X+w.W, w.Y+w.H).In(Turned(m.Gray, p.Turned).Rect) {
			t.Errorf("word %+v fits neither text nor page", w)
		}
	}
	return p
}

func TestPagesAreReadWhateverTheirState(t *testing.T) {
	e, clean := engine(t), drawn(t, letter, 1700, 1100)
	for _, c := range []struct {
		name string
		m    Image
		skew float64
	}{
		{"grey", Image{clean, false, false, 300}, 0},
		{"black and white", Image{bilevel(clean), true, false, 300}, 0},
		{"speckled", Image{bilevel(speckled(clean, 3000)), true, false, 300}, 0},
		{"tilted", Image{tilted(clean, 2.5), false, false, 300}, 2.5},
		{"tilted the other way", Image{bilevel(tilted(clean, -1.5)), true, false, 300}, -1.5},
	} {
		p := read(t, e, c.m)
		if rate := errorRate(p.Text, letter); rate > 0.012 {
			t.Errorf("%s: %.1f %% wrong: %q", c.name, 100*rate, p.Text)
		}
		if p.Skew < c.skew-0.15 || p.Skew > c.skew+0.15 {
			t.Errorf("%s: turned by %v, want %v", c.name, p.Skew, c.skew)
		}
		if p.Confidence < 80 || p.Confidence > 100 {
			t.Errorf("%s: confidence %v", c.name, p.Confidence)
		}
	}
}

func TestLinesAndParagraphs(t *testing.T) {
	p := read(t, engine(t), Image{drawn(t, letter, 1700, 1100), false, false, 300})
	for _, want := range []string{"Damen und Herren,\n", "\n\nGegen diesen Bescheid ist der Widerspruch zulässig.\nEr ist binnen", "einzureichen.\n"} {
		if !strings.Contains(p.Text, want) {
			t.Errorf("no %q in %q", want, p.Text)
		}
	}
}

func TestBoxesOfATiltedPageLieOnItsInk(t *testing.T) {
	m := Image{tilted(drawn(t, letter, 1700, 1100), 3), false, false, 300}
	for _, w := range read(t, engine(t), m).Words {
		dark := 0
		for y := w.Y; y < w.Y+w.H; y++ {
			for _, v := range m.Gray.Pix[y*m.Gray.Stride+w.X:][:w.W] {
				if v < 128 {
					dark++
				}
			}
		}
		if dark < w.W*w.H/40 {
			t.Errorf("%q: %d dark of %d pixels", w.Text, dark, w.W*w.H)
		}
	}
}

func TestNothingToRead(t *testing.T) {
	e := engine(t)
	for _, size := range []image.Point{{1, 1}, {12, 12}, {13, 3000}, {800, 600}} {
		for _, bw := range []bool{false, true} {
			p := read(t, e, Image{drawn(t, "", size.X, size.Y), bw, false, 300})
			if len(p.Words) != 0 || p.Text != "" || p.Confidence != 0 {
				t.Errorf("%v: %+v", size, p)
			}
		}
	}
	p := read(t, e, Image{drawn(t, letter, 1700, 1100), false, false, 300}) // and it still can read
	if len(p.Words) < 60 {
		t.Errorf("%d words", len(p.Words))
	}
}

func TestDotsOfACoarseScanStay(t *testing.T) {
	g := drawn(t, letter, 1700, 1100) // 11 points at 300 dpi are 16.5 points at 200
	dots := despeckled(bilevel(g), 200)
	if string(dots.Pix) != string(bilevel(g).Pix) {
		t.Error("a clean page was changed")
	}
	dirty := bilevel(speckled(g, 3000))
	if string(despeckled(dirty, 300).Pix) == string(dirty.Pix) {
		t.Error("a dirty page was not changed")
	}
}

func TestSkewOf(t *testing.T) {
	g := drawn(t, letter, 1700, 1100)
	for _, deg := range []float64{-4, -1, 0.3, 0, 2, 4.5} {
		want := deg
		if deg < skewLeast && deg > -skewLeast {
			want = 0
		}
		if got := skewOf(tilted(g, deg), 300); got < want-0.11 || got > want+0.11 {
			t.Errorf("%v: got %v", deg, got)
		}
	}
}
