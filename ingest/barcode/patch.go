package barcode

import (
	"image"
	"math"
)

// A patch is four bars along an edge of the sheet, apart by three narrow
// spaces; those of the T are, from the edge inwards, narrow, wide, narrow, wide.
// Widths are in mm (0.08 and 0.20 inches).
const (
	narrow       = 2.03
	wide         = 5.08
	patchDepth   = 62.0 // from the edge: 43 by the book, and a sheet that lay askew
	patchLength  = 38.0 // 51 by the book, less what skew and tears take
	patchStep    = 2.0  // between lines looked at
	patchDrift   = 0.5  // how much further in or out the next line may begin
	patchQuiet   = 3.0  // white before and after
	narrowSlack  = 0.8
	wideSlack    = 1.3
	patchNothing = 0.4 // shorter runs are specks
)

// patchT is the widths of bars and spaces.
var patchT = [7]float64{narrow, narrow, wide, narrow, narrow, narrow, wide}

// edge is a side of the page: where a line inwards begins, and which way it goes.
type edge struct {
	length int // px along the edge
	depth  int // px that may be gone inwards
	at     func(along, inwards int) image.Point
}

func (p *page) edges() []edge {
	w, h := p.gray.Rect.Dx(), p.gray.Rect.Dy()
	return []edge{
		{w, h, func(a, i int) image.Point { return image.Pt(a, i) }},
		{w, h, func(a, i int) image.Point { return image.Pt(w-1-a, h-1-i) }},
		{h, w, func(a, i int) image.Point { return image.Pt(i, a) }},
		{h, w, func(a, i int) image.Point { return image.Pt(w-1-i, h-1-a) }},
	}
}

// patch looks for a patch T along each edge.
func (p *page) patch() error {
	for _, e := range p.edges() {
		if box, ok := p.patchAt(e); ok {
			p.keep(PatchT, "T", box)
			return nil // a sheet shows it at every edge: one says it all
		}
	}
	return nil
}

// patchAt looks for lines next to each other that all see the bars.
func (p *page) patchAt(e edge) (image.Rectangle, bool) {
	step := max(1, int(patchStep*p.mm))
	depth := min(e.depth, int(patchDepth*p.mm))
	var box image.Rectangle
	first, last, begin := 0, 0, math.Inf(-1)
	for a := 0; a < e.length; a += step {
		from, to, ok := p.bars(e, a, depth)
		if !ok || math.Abs(from-begin) > patchDrift*p.mm {
			box, first = image.Rectangle{}, a
		}
		if !ok {
			begin = math.Inf(-1)
			continue
		}
		begin, last = from, a
		for _, i := range []float64{from, to} {
			at := e.at(a, int(i))
			box = box.Union(image.Rect(at.X, at.Y, at.X+1, at.Y+1))
		}
		if float64(last-first) >= patchLength*p.mm {
			return box, true
		}
	}
	return image.Rectangle{}, false
}

// bars looks along one line inwards for the seven runs of a patch T and gives
// where they begin and end.
func (p *page) bars(e edge, along, depth int) (from, to float64, ok bool) {
	runs := p.runs(e, along, depth)
	for i := 1; i+7 < len(runs); i += 2 { // the dark ones
		if min(runs[i-1].length(), runs[i+7].length()) < patchQuiet*p.mm {
			continue
		}
		if p.isPatchT(runs[i : i+7]) {
			return float64(runs[i].start), float64(runs[i+6].end), true
		}
	}
	return 0, 0, false
}

func (p *page) isPatchT(runs []run) bool {
	for i, want := range patchT {
		slack := narrowSlack
		if want == wide {
			slack = wideSlack
		}
		if math.Abs(runs[i].length()-want*p.mm) > slack*p.mm {
			return false
		}
	}
	return true
}

// run is a stretch of one colour: white ones have even numbers.
type run struct{ start, end int }

func (r run) length() float64 { return float64(r.end - r.start) }

// runs cuts a line into white and dark, specks and pinholes left out.
func (p *page) runs(e edge, along, depth int) []run {
	short := int(patchNothing * p.mm)
	runs := []run{{0, 0}}
	for i := range depth {
		at := e.at(along, i)
		dark := p.gray.Pix[at.Y*p.gray.Stride+at.X] < p.ink
		last := len(runs) - 1
		if dark == (last%2 == 1) {
			runs[last].end = i + 1
			continue
		}
		if last > 0 && runs[last].end-runs[last].start <= short { // a speck: what was before goes on
			runs = runs[:last]
			runs[last-1].end = i + 1
			continue
		}
		runs = append(runs, run{i, i + 1})
	}
	return runs
}
