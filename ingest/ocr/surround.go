package ocr

import (
	"image"
	"slices"
)

// What lies round the sheet of a photograph.
const (
	surroundCell  = 20   // of these squares an inch is
	surroundDark  = 0.75 // of the paper's lightness: darker may be a table
	surroundEdge  = 35   // grey levels between table and sheet,
	surroundSharp = 0.7  // at this share of the border between them: else it is a shadow
	surroundFrame = 0.15 // of the picture's outermost pixels being dark make it worth looking
)

// withoutSurroundings makes white what is dark round the sheet, a table in a
// photograph, which layout analysis takes for a picture with the page in it.
// A page without any is given back as it is.
func withoutSurroundings(g *image.Gray, dpi int) *image.Gray {
	cell := max(4, dpi/surroundCell)
	w, h := g.Rect.Dx()/cell, g.Rect.Dy()/cell
	paper := paperOf(g)
	limit := byte(surroundDark * float64(paper))
	if w < 20 || h < 20 || framed(g, limit) < surroundFrame {
		return g
	}
	small := reduced(g, cell)
	table := flooded(small, limit)
	if !sharply(small, table) {
		return g
	}
	table = widened(table, w, h) // cells on the edge have some of both
	out := image.NewGray(image.Rectangle{Max: g.Rect.Size()})
	for y := range g.Rect.Dy() {
		line := out.Pix[y*out.Stride:][:g.Rect.Dx()]
		copy(line, g.Pix[y*g.Stride:])
		row := min(y/cell, h-1)
		for x := range line {
			if table[row*w+min(x/cell, w-1)] {
				line[x] = 255
			}
		}
	}
	return out
}

// paperOf guesses the lightness of the paper: light, but no reflection.
func paperOf(g *image.Gray) byte {
	const every = 37
	var some []byte
	for y := every; y < g.Rect.Dy(); y += every {
		for x := every; x < g.Rect.Dx(); x += every {
			some = append(some, g.Pix[y*g.Stride+x])
		}
	}
	if len(some) == 0 {
		return 255
	}
	slices.Sort(some)
	return some[len(some)*8/10]
}

// framed gives the share of dark pixels just inside the picture's edge.
func framed(g *image.Gray, limit byte) float64 {
	const in, every = 3, 8
	w, h, n, dark := g.Rect.Dx(), g.Rect.Dy(), 0, 0
	look := func(x, y int) {
		n++
		if g.Pix[y*g.Stride+x] < limit {
			dark++
		}
	}
	for x := in; x < w-in; x += every {
		look(x, in)
		look(x, h-1-in)
	}
	for y := in; y < h-in; y += every {
		look(in, y)
		look(w-1-in, y)
	}
	return float64(dark) / float64(max(1, n))
}

// flooded marks the dark cells that hang together with the picture's edge.
func flooded(small *image.Gray, limit byte) []bool {
	w, h := small.Rect.Dx(), small.Rect.Dy()
	in := make([]bool, w*h)
	var next []int
	reach := func(x, y int) {
		if x >= 0 && y >= 0 && x < w && y < h && !in[y*w+x] && small.Pix[y*w+x] < limit {
			in[y*w+x] = true
			next = append(next, y*w+x)
		}
	}
	for x := range w {
		reach(x, 0)
		reach(x, h-1)
	}
	for y := range h {
		reach(0, y)
		reach(w-1, y)
	}
	for len(next) > 0 {
		x, y := next[len(next)-1]%w, next[len(next)-1]/w
		next = next[:len(next)-1]
		reach(x-1, y)
		reach(x+1, y)
		reach(x, y-1)
		reach(x, y+1)
	}
	return in
}

// sharply says whether table and sheet meet at an edge nearly everywhere: the
// dark corner of an unevenly lit page fades, and there is text in it.
func sharply(small *image.Gray, table []bool) bool {
	w, h := small.Rect.Dx(), small.Rect.Dy()
	border, sharp := 0, 0
	for y := range h {
		for x := range w {
			for _, d := range [4]image.Point{{X: 1}, {X: -1}, {Y: 1}, {Y: -1}} {
				x2, y2 := x+2*d.X, y+2*d.Y // the cell between may have some of both
				if !table[y*w+x] || x2 < 0 || y2 < 0 || x2 >= w || y2 >= h || table[(y+d.Y)*w+x+d.X] || table[y2*w+x2] {
					continue
				}
				border++
				if int(small.Pix[y2*w+x2])-int(small.Pix[y*w+x]) > surroundEdge {
					sharp++
				}
			}
		}
	}
	return border > 0 && float64(sharp) >= surroundSharp*float64(border)
}

// widened marks the cells next to marked ones as well.
func widened(marked []bool, w, h int) []bool {
	out := make([]bool, len(marked))
	for i, in := range marked {
		for y := max(0, i/w-1); in && y <= min(h-1, i/w+1); y++ {
			for x := max(0, i%w-1); x <= min(w-1, i%w+1); x++ {
				out[y*w+x] = true
			}
		}
	}
	return out
}
