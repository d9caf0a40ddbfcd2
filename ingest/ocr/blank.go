package ocr

import (
	"image"
	"math"
)

// What may be on a page on which nothing stands, in millimetres.
const (
	dustSide    = 1.1  // a speck with its edges is not larger,
	dustCell    = 10.0 // and of these squares none has
	dustMost    = 6    // so many of them
	borderReach = 12.0 // what is dark from the scan's edge on, beside the sheet, reaches so far in
	holeLeast   = 4.5  // punch holes by ISO 838, which are 6,
	holeMost    = 7.5
	holeApart   = 80.0 // two of them so far from each other,
	holeMargin  = 22.0 // within this margin
	stapleMost  = 16.0 // a staple's or paper clip's shadow is so long,
	stapleThin  = 1.8  // so thin
	stapleIn    = 30.0 // and lies in a corner this wide
)

// What tells ink from what shines through paper, at blankDPI: light scattered
// in the paper leaves no sharp edge.
const (
	blankDPI  = 150
	blankEdge = 26 // grey levels from a pixel to the next but one
)

// Blank says whether certainly nothing stands on the page: white or greyish
// backs, with print shining through, punch holes, a staple's shadow, dust and
// the scanner's edges. It errs towards "no": a line of pencil, a stamp, a
// code or a small date are ink, and so is whatever else has a sharp edge.
func Blank(m Image) bool {
	if m.DPI < 1 || m.Colour || busy(m.Gray) {
		return false
	}
	k := max(1, int(math.Round(float64(m.DPI)/blankDPI)))
	small := reduced(m.Gray, k)
	if dark(small) {
		return false
	}
	b := blankPage{mm: float64(m.DPI) / float64(k) / 25.4, size: small.Rect.Size(), dust: map[image.Point]int{}}
	withoutBorders(small, int(borderReach*b.mm))
	edges := sharpEdges(small)
	runs, parent := components(edges)
	if len(runs) > mostRuns {
		return false
	}
	boxes := map[int]image.Rectangle{}
	for i, r := range runs {
		at := root(parent, i)
		boxes[at] = boxes[at].Union(image.Rect(r.from, r.y, r.to, r.y+1))
	}
	for _, box := range boxes {
		if !b.harmless(box) {
			return false
		}
	}
	return b.paired()
}

// busy finds most pages with text by a few of their lines, at next to no cost.
func busy(g *image.Gray) bool {
	const every, sharp, enough = 16, 90, 400 // lines; grey levels; edges, of a tenth of a page of text
	w, h, n := g.Rect.Dx(), g.Rect.Dy(), 0
	lines := 0
	for y := every / 2; y < h; y += every {
		row, here := g.Pix[y*g.Stride:][:w], 0
		for x := 2; x < w; x++ {
			if d := int(row[x]) - int(row[x-2]); d > sharp || d < -sharp {
				here++
			}
		}
		n += here
		if here > w/100+8 {
			lines++
		}
	}
	return n > enough && lines > h/every/16
}

// dark says whether the page is too dark to be paper: a lid left open is no
// blank page, and who knows what a black one hides.
func dark(g *image.Gray) bool {
	sum := 0
	for _, v := range g.Pix {
		sum += int(v)
	}
	return len(g.Pix) == 0 || sum/len(g.Pix) < 110
}

// reduced gives the mean of each k × k pixels, as a picture of its own.
func reduced(g *image.Gray, k int) *image.Gray {
	w, h := g.Rect.Dx()/k, g.Rect.Dy()/k
	out := image.NewGray(image.Rect(0, 0, w, h))
	sums := make([]int, w)
	for y := range h {
		clear(sums)
		for i := range k {
			row := g.Pix[(y*k+i)*g.Stride:][:w*k]
			for x := range sums {
				for _, v := range row[x*k : x*k+k] {
					sums[x] += int(v)
				}
			}
		}
		line := out.Pix[y*w:][:w]
		for x, s := range sums {
			line[x] = byte(s / (k * k))
		}
	}
	return out
}

// withoutBorders takes away what lies beside the sheet: on each line from each
// side, what is darker than the sheet behind a sharp edge, so many pixels in.
// It changes g.
func withoutBorders(g *image.Gray, reach int) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	for y := range h {
		withoutBorder(g.Pix, y*g.Stride, 1, min(w, reach))
		withoutBorder(g.Pix, y*g.Stride+w-1, -1, min(w, reach))
	}
	for x := range w {
		withoutBorder(g.Pix, x, g.Stride, min(h, reach))
		withoutBorder(g.Pix, (h-1)*g.Stride+x, -g.Stride, min(h, reach))
	}
}

// withoutBorder does so on one line: n pixels from at on.
func withoutBorder(pix []byte, at, step, n int) {
	const soft = 3 // pixels an edge is wide
	most := 0
	for i := 0; i+2*soft < n; i++ {
		most = max(most, int(pix[at+i*step]))
		if int(pix[at+(i+soft)*step]) <= most+blankEdge {
			continue
		}
		paper := pix[at+(i+2*soft)*step]
		for j := range i + 2*soft {
			pix[at+j*step] = paper
		}
		return
	}
}

// sharpEdges is black where the lightness jumps.
func sharpEdges(g *image.Gray) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, w, h))
	for i := range out.Pix {
		out.Pix[i] = 255
	}
	jump := func(a, b byte) bool { d := int(a) - int(b); return d > blankEdge || d < -blankEdge }
	for y := 1; y+1 < h; y++ {
		up, row, low := g.Pix[(y-1)*g.Stride:][:w], g.Pix[y*g.Stride:][:w], g.Pix[(y+1)*g.Stride:][:w]
		line := out.Pix[y*w:][:w]
		for x := 1; x+1 < w; x++ {
			if jump(row[x-1], row[x+1]) || jump(up[x], low[x]) {
				line[x] = 0
			}
		}
	}
	return out
}

// blankPage gathers what a page has that may be there.
type blankPage struct {
	mm    float64 // pixels in one
	size  image.Point
	dust  map[image.Point]int
	holes []image.Rectangle
}

// harmless says whether a thing of these bounds may be on a blank page.
func (b *blankPage) harmless(box image.Rectangle) bool {
	w, h := float64(box.Dx())/b.mm, float64(box.Dy())/b.mm
	left, top := float64(box.Min.X)/b.mm, float64(box.Min.Y)/b.mm
	right, low := float64(b.size.X-box.Max.X)/b.mm, float64(b.size.Y-box.Max.Y)/b.mm
	switch {
	case max(w, h) <= dustSide:
		at := box.Min.Div(max(1, int(dustCell*b.mm)))
		b.dust[at]++
		return b.dust[at] < dustMost
	case min(w, h) >= holeLeast && max(w, h) <= holeMost && max(w, h) < 1.25*min(w, h):
		b.holes = append(b.holes, box)
		return min(left, top, right, low) < holeMargin
	}
	return min(w, h) <= stapleThin && max(w, h) <= stapleMost && min(left, right)+w < stapleIn && min(top, low)+h < stapleIn
}

// paired says whether each hole has another where a punch puts it.
func (b *blankPage) paired() bool {
	for i, p := range b.holes {
		found := false
		for j, q := range b.holes {
			dx, dy := float64(p.Min.X-q.Min.X), float64(p.Min.Y-q.Min.Y)
			if d := math.Hypot(dx, dy) / b.mm; i != j && d > holeApart-4 && d < holeApart+4 && min(math.Abs(dx), math.Abs(dy)) < 5*b.mm {
				found = true
			}
		}
		if !found {
			return false
		}
	}
	return true
}
