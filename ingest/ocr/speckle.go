package ocr

import "image"

// What counts as a speckle.
const (
	speckPixels = 9         // fewer are one, at 300 dpi
	mostRuns    = 2_000_000 // a page of text has 200,000; a dithered photo is left as it is
)

// run is black pixels side by side in one line: from up to, but not including, to.
type run struct{ y, from, to int }

// despeckled gives the page without its smallest black things. On a clean page
// those are the dots of letters, so a page is dirty, and changed, only when it
// has more of them than half its larger things. src is not changed.
func despeckled(src *image.Gray, dpi int) *image.Gray {
	runs, parent := components(src)
	if len(runs) > mostRuns {
		return src
	}
	area := make([]int, len(runs))
	for i, r := range runs {
		area[root(parent, i)] += r.to - r.from
	}
	least := max(2, speckPixels*dpi*dpi/(300*300)) // a dot has fewer pixels in a coarser scan
	specks, things := 0, 0
	for i, a := range area {
		switch {
		case parent[i] != i:
		case a < least:
			specks++
		default:
			things++
		}
	}
	if 2*specks < things {
		return src
	}
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	for y := range h {
		copy(dst.Pix[y*w:][:w], src.Pix[y*src.Stride:])
	}
	for i, r := range runs {
		if area[root(parent, i)] >= least {
			continue
		}
		for x := r.from; x < r.to; x++ {
			dst.Pix[r.y*w+x] = 255
		}
	}
	return dst
}

// components finds the runs of black and joins those that touch, corners
// included: parent leads from each run to another of the same thing.
func components(g *image.Gray) (runs []run, parent []int) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	above, here := 0, 0 // first run of the line above, and of this line
	for y := 0; y < h && len(runs) <= mostRuns; y++ {
		line := g.Pix[y*g.Stride:][:w]
		above, here = here, len(runs)
		j := above
		for x := 0; x < w; x++ {
			if line[x] != 0 {
				continue
			}
			r := run{y: y, from: x}
			for x < w && line[x] == 0 {
				x++
			}
			r.to = x
			i := len(runs)
			runs, parent = append(runs, r), append(parent, i)
			for j < here && runs[j].to < r.from {
				j++
			}
			for k := j; k < here && runs[k].from <= r.to; k++ {
				parent[root(parent, k)] = root(parent, i)
			}
		}
	}
	return runs, parent
}

// root follows parent to its end and shortens the way.
func root(parent []int, i int) int {
	for parent[i] != i {
		parent[i] = parent[parent[i]]
		i = parent[i]
	}
	return i
}
