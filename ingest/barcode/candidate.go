package barcode

import "image"

// What makes a place on a page a candidate for a small square code. Looking for
// DataMatrix on a whole page costs seconds and finds less.
const (
	cellInk        = 0.12 // share of a cell of 1 mm that is dark
	shortest       = 5    // mm a side
	longest        = 42   // mm a side
	squareness     = 0.78 // of the shorter side to the longer one
	fullness       = 0.60 // share of its box that is cells with ink
	margin         = 2.5  // mm round it, for the quiet zone
	mostCandidates = 24   // a page of squares costs no more than so many
)

// inkLevel is half-way between the page's black and its paper, nearer to the
// black: grey paper and a shadow are no ink.
func inkLevel(g *image.Gray) uint8 {
	var histogram [256]int
	total := 0
	for y := 0; y < g.Rect.Dy(); y += 8 {
		row := g.Pix[y*g.Stride:][:g.Rect.Dx()]
		for x := 0; x < len(row); x += 4 {
			histogram[row[x]]++
			total++
		}
	}
	left := total / 4 // three quarters of a page are paper, or it has no use here
	paper := 255
	for ; paper > 0; paper-- {
		if left -= histogram[paper]; left < 0 {
			break
		}
	}
	return uint8(paper * 11 / 20)
}

// grid is a page in cells of one millimetre: which have ink.
type grid struct {
	w, h int
	ink  []bool
}

func (p *page) grid() grid {
	size := p.gray.Rect.Size()
	g := grid{w: int(float64(size.X) / p.mm), h: int(float64(size.Y) / p.mm)}
	if g.w < shortest || g.h < shortest {
		return grid{}
	}
	g.ink = make([]bool, g.w*g.h)
	counts := make([]int, g.w)
	bounds := make([]int, g.w+1)
	for x := range bounds {
		bounds[x] = int(float64(x) * p.mm)
	}
	for cy := range g.h {
		top, bottom := int(float64(cy)*p.mm), int(float64(cy+1)*p.mm)
		clear(counts)
		for y := top; y < bottom; y += 2 { // every other line tells enough
			countDark(p.gray.Pix[y*p.gray.Stride:][:size.X], p.ink, bounds, counts)
		}
		lines := (bottom - top + 1) / 2
		for cx, n := range counts {
			g.ink[cy*g.w+cx] = float64(n) > cellInk*float64(lines*(bounds[cx+1]-bounds[cx]))
		}
	}
	return g
}

// countDark adds to each cell how many of a line's pixels are below level.
func countDark(row []uint8, level uint8, bounds, counts []int) {
	for c := range counts {
		n := 0
		for _, v := range row[bounds[c]:bounds[c+1]] {
			n += int((uint16(v) - uint16(level)) >> 15) // 1 if v is darker: no branch
		}
		counts[c] += n
	}
}

// place is a group of cells with ink that hang together.
type place struct {
	box         image.Rectangle // px
	short, long int             // sides, mm
	full        float64         // share of the box that has ink
}

// places gives those that are not too small to be a code, from top to bottom.
func (p *page) places() []place {
	g := p.grid()
	var out []place
	var stack []int
	for start := range g.ink {
		if !g.ink[start] {
			continue
		}
		box, cells := g.component(start, &stack)
		w, h := box.Dx(), box.Dy()
		if min(w, h) < shortest {
			continue
		}
		out = append(out, place{short: min(w, h), long: max(w, h), full: float64(cells) / float64(w*h),
			box: image.Rect(int(float64(box.Min.X)*p.mm), int(float64(box.Min.Y)*p.mm),
				int(float64(box.Max.X)*p.mm), int(float64(box.Max.Y)*p.mm))})
	}
	return out
}

// square says whether there may be a small square code.
func (c place) square() bool {
	return c.long <= longest && float64(c.short) >= squareness*float64(c.long) && c.full >= fullness
}

// component takes the cells that hang together with start, corners included,
// out of the grid.
func (g grid) component(start int, stack *[]int) (box image.Rectangle, cells int) {
	*stack = append((*stack)[:0], start)
	g.ink[start] = false
	for len(*stack) > 0 {
		i := (*stack)[len(*stack)-1]
		*stack = (*stack)[:len(*stack)-1]
		x, y := i%g.w, i/g.w
		box = box.Union(image.Rect(x, y, x+1, y+1))
		cells++
		for ny := max(0, y-1); ny <= min(g.h-1, y+1); ny++ {
			for nx := max(0, x-1); nx <= min(g.w-1, x+1); nx++ {
				if n := ny*g.w + nx; g.ink[n] {
					g.ink[n] = false
					*stack = append(*stack, n)
				}
			}
		}
	}
	return box, cells
}
