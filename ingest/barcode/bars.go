package barcode

import (
	"image"
	"slices"
)

// What makes a place one with bars, and a reading of bars one to believe.
const (
	barsLong     = 20   // mm: shorter codes say next to nothing
	barsHigh     = 45   // mm
	barsSame     = 0.88 // share of two lines across the bars that is equal
	barsApart    = 0.8  // mm between those lines
	barsEdges    = 30   // changes of colour along such a line
	around       = 6    // mm round a reading, which may be one line only
	code39Chars  = 5    // fewer are read into rules and letters
	code39Height = 1.2  // mm of lines that must agree
)

// barred says whether lines across the place at some distance are alike and go up
// and down often: what text never does.
func (p *page) barred(c place) bool {
	if c.long < barsLong || c.short > barsHigh || c.full < fullness {
		return false
	}
	across := c.box.Dx() >= c.box.Dy()
	middle := (c.box.Min.Y + c.box.Max.Y) / 2
	if !across {
		middle = (c.box.Min.X + c.box.Max.X) / 2
	}
	apart := max(1, int(barsApart*p.mm))
	one, other := p.line(c.box, across, middle-apart/2), p.line(c.box, across, middle+apart-apart/2)
	same, edges := 0, 0
	for i, dark := range one {
		if dark == other[i] {
			same++
		}
		if i > 0 && dark != one[i-1] {
			edges++
		}
	}
	return edges >= barsEdges && float64(same) >= barsSame*float64(len(one))
}

// line gives what is dark along a line of the box, at a height or, turned, at a
// distance from the left.
func (p *page) line(box image.Rectangle, across bool, at int) []bool {
	var out []bool
	if across {
		for x := box.Min.X; x < box.Max.X; x++ {
			out = append(out, p.gray.Pix[at*p.gray.Stride+x] < p.ink)
		}
		return out
	}
	for y := box.Min.Y; y < box.Max.Y; y++ {
		out = append(out, p.gray.Pix[y*p.gray.Stride+at] < p.ink)
	}
	return out
}

// closely reads bars at twice the size, where narrow ones that a scanner has
// blurred into each other come apart. Of Code 39, which has no checksum, only
// what is of some length and read in many lines is given.
func (p *page) closely(at image.Rectangle) ([]finding, error) {
	at = at.Intersect(p.gray.Rect)
	if at.Dx() < smallest || at.Dy() < smallest || at.Dx()*at.Dy() > mostPixels/4 {
		return nil, nil
	}
	large := twice(p.gray.SubImage(at).(*image.Gray))
	found, err := look{formats: code39 | code128, most: 4}.find(large, large.Rect)
	found = slices.DeleteFunc(found, func(f finding) bool {
		return f.format == code39 && (len(f.text) < code39Chars || float64(f.lines) < 2*code39Height*p.mm)
	})
	for i, f := range found {
		found[i].box = image.Rect(f.box.Min.X/2, f.box.Min.Y/2, (f.box.Max.X+1)/2, (f.box.Max.Y+1)/2).Add(at.Min)
	}
	return found, err
}

// twice gives an image at twice the size, from zero.
func twice(g *image.Gray) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	out := image.NewGray(image.Rect(0, 0, 2*w, 2*h))
	for y := range h {
		here, below := g.Pix[y*g.Stride:][:w], g.Pix[min(y+1, h-1)*g.Stride:][:w]
		top, bottom := out.Pix[2*y*out.Stride:], out.Pix[(2*y+1)*out.Stride:]
		for x, v := range here {
			right := min(x+1, w-1)
			a, b, c, d := int(v), int(here[right]), int(below[x]), int(below[right])
			top[2*x], top[2*x+1] = v, uint8((a+b)/2)
			bottom[2*x], bottom[2*x+1] = uint8((a+c)/2), uint8((a+b+c+d)/4)
		}
	}
	return out
}
