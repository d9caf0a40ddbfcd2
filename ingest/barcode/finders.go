package barcode

import "image"

// mostFinders is how many corners of QR codes may be in an image that zxing-cpp
// looks for QR in: it tries every three of them, so a page tiled with them
// would take it hours.
const mostFinders = 400

// crowded says whether there are more, counted in the lines zxing-cpp looks at.
func (p *page) crowded(part image.Rectangle) bool {
	n := 0
	part = part.Intersect(p.gray.Rect)
	for y := part.Min.Y + 2; y < part.Max.Y; y += 3 {
		row := p.gray.Pix[y*p.gray.Stride:][:part.Max.X]
		var runs [5]int // the last five, the newest at the end
		dark, from := false, part.Min.X
		for x := part.Min.X; x < part.Max.X; x++ {
			if (row[x] < p.ink) == dark {
				continue
			}
			runs = [5]int{runs[1], runs[2], runs[3], runs[4], x - from}
			if dark && finder(runs) {
				if n++; n > 3*mostFinders { // each is seen in some three lines
					return true
				}
			}
			dark, from = !dark, x
		}
	}
	return false
}

// finder: dark, white, dark, white, dark as 1 : 1 : 3 : 1 : 1, roughly.
func finder(r [5]int) bool {
	if r[0] == 0 {
		return false
	}
	sum := r[0] + r[1] + r[2] + r[3] + r[4]
	for i, want := range [5]int{1, 1, 3, 1, 1} {
		if d := 7*r[i] - want*sum; 2*d > want*sum || -2*d > want*sum {
			return false
		}
	}
	return true
}
