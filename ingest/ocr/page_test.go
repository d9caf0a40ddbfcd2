package ocr

import (
	"image"
	"image/color"
	"image/draw"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// letter is what a page of these tests says. No person is meant.
const letter = `Jobcenter Beispielstadt
Bescheid zur Sicherung des Lebensunterhalts

Sehr geehrte Damen und Herren,
nach § 44b Abs. 1 SGB II und §§ 7, 9 SGB II wird der
Antrag vom 3. Mai 2026 bewilligt (§ 12 Abs. 2 Nr. 4).
Der Vermerk „Eilt sehr“ gilt als „erledigt“.
Die Miete von 412,80 Euro wird gezahlt.

Gegen diesen Bescheid ist der Widerspruch zulässig.
Er ist binnen eines Monats schriftlich einzureichen.`

// drawn draws lines of text on white, 300 dpi, 11 points.
func drawn(t testing.TB, text string, w, h int) *image.Gray {
	t.Helper()
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 11, DPI: 300})
	if err != nil {
		t.Fatal(err)
	}
	defer face.Close()
	g := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	d := font.Drawer{Dst: g, Src: image.NewUniform(color.Black), Face: face}
	for i, line := range strings.Split(text, "\n") {
		d.Dot = fixed.P(200, 250+i*64)
		d.DrawString(line)
	}
	return g
}

// bilevel makes black and white of g.
func bilevel(g *image.Gray) *image.Gray {
	out := image.NewGray(g.Rect)
	for i, v := range g.Pix {
		out.Pix[i] = byte(int8(v) >> 7)
	}
	return out
}

// tilted turns g so that its lines fall by deg.
func tilted(g *image.Gray, deg float64) *image.Gray { return rotated(g, -deg) }

// speckled strews n specks of up to four pixels.
func speckled(g *image.Gray, n int) *image.Gray {
	out := image.NewGray(g.Rect)
	copy(out.Pix, g.Pix)
	r := rand.New(rand.NewPCG(1, 2))
	for range n {
		x, y := r.IntN(g.Rect.Dx()-2), r.IntN(g.Rect.Dy()-2)
		for range 1 + r.IntN(4) {
			out.Pix[(y+r.IntN(2))*out.Stride+x+r.IntN(2)] = 0
		}
	}
	return out
}

// errorRate is the share of characters of want that got lacks or has wrong,
// spaces and line breaks aside.
func errorRate(got, want string) float64 {
	a, b := []rune(strings.Join(strings.Fields(got), "")), []rune(strings.Join(strings.Fields(want), ""))
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i, x := range a {
		diag := row[0]
		row[0] = i + 1
		for j, y := range b {
			cost := diag
			if x != y {
				cost++
			}
			diag = row[j+1]
			row[j+1] = min(cost, row[j]+1, diag+1)
		}
	}
	return float64(row[len(b)]) / math.Max(1, float64(len(b)))
}

func engine(t testing.TB) *Engine {
	t.Helper()
	t.Setenv("OMP_THREAD_LIMIT", "1")
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e
}
