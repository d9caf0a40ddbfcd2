package ocr

import (
	"image"
	"syscall"
	"time"
	"unicode"
)

// What tells a page that stands upright.
const (
	sureWord    = 70   // confidence, in percent
	sureLetters = 3    // of a word that counts
	sureShare   = 0.4  // of a page's letters in such words: it stands upright
	partSide    = 4.0  // inches of the part that is tried in other directions
	partLetters = 12   // in sure words of a part, or nothing is known
	clearly     = 2    // times as many sure letters as the page has as it lies
	lyingShape  = 1.3  // a word this much higher than wide was read sideways
	edgeCell    = 0.25 // inches
)

// upright recognises a page and turns it if it does not stand upright.
//
// A page that reads well as it is costs nothing more. Else a part of it is
// read in the other directions; the page is turned only if one of them is
// clearly better for the part and for the whole page, too.
func (e *Engine) upright(in Image) (Page, error) {
	began := processorTime()
	p, err := e.recognise(in)
	if err != nil || p.standsUpright() || processorTime()-began > patience {
		return p, err
	}
	deg, err := e.direction(in, p)
	if err != nil || deg == 0 {
		return p, err
	}
	in.Gray = Turned(in.Gray, deg)
	q, err := e.recognise(in)
	if err != nil || q.sure() < max(partLetters, clearly*p.sure()) {
		return p, err
	}
	q.Turned, q.Care = deg, q.Care+p.Care
	return q, nil
}

// patience is the processor time after which a page is left as it is: the
// time a page has must do for all of it.
const patience = 20 * time.Second

func processorTime() time.Duration {
	var u syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &u) != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// direction tries a part of the page in the other directions: the first in
// which it reads clearly better than as it lies.
func (e *Engine) direction(in Image, as Page) (int, error) {
	part := in
	where := densest(in.Gray, in.DPI)
	part.Gray = cut(in.Gray, where)
	now := as.within(where).sure()
	order := []int{180, 90, 270}
	if as.lies() {
		order = []int{270, 90, 180}
	}
	for _, deg := range order {
		one := part
		one.Gray = Turned(part.Gray, deg)
		p, err := e.recognise(one)
		if err != nil {
			return 0, err
		}
		if p.sure() >= max(partLetters, clearly*now) && p.standsUpright() {
			return deg, nil
		}
	}
	return 0, nil
}

// lies says whether most of the words that tell were read sideways.
func (p Page) lies() bool {
	lying, all := 0, 0
	for _, w := range p.Words {
		if letters(w.Text) < sureLetters {
			continue
		}
		if all++; float64(w.H) >= lyingShape*float64(w.W) {
			lying++
		}
	}
	return 2*lying > all
}

// within is the page with only the words that begin in r.
func (p Page) within(r image.Rectangle) Page {
	var in Page
	for _, w := range p.Words {
		if image.Pt(w.X, w.Y).In(r) {
			in.Words = append(in.Words, w)
		}
	}
	return in
}

// sure counts the letters in words that were surely read, and not sideways.
func (p Page) sure() int {
	n := 0
	for _, w := range p.Words {
		letters := letters(w.Text)
		if w.Confidence >= sureWord && letters >= sureLetters && float64(w.H) < lyingShape*float64(w.W) {
			n += letters
		}
	}
	return n
}

// standsUpright says whether the page reads well enough to stand upright.
func (p Page) standsUpright() bool {
	all := 0
	for _, w := range p.Words {
		all += len([]rune(w.Text))
	}
	n := p.sure()
	return n >= sureLetters && float64(n) >= sureShare*float64(all)
}

func letters(s string) int {
	n := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			n++
		}
	}
	return n
}

// densest is the part of the page with the most edges.
func densest(g *image.Gray, dpi int) image.Rectangle {
	cell := max(1, int(edgeCell*float64(dpi)))
	w, h := (g.Rect.Dx()+cell-1)/cell, (g.Rect.Dy()+cell-1)/cell
	sums := make([]int, (w+1)*(h+1)) // of all cells above and to the left
	for _, p := range lowerEdges(g, dpi) {
		sums[(p.Y/cell+1)*(w+1)+p.X/cell+1]++
	}
	for y := 1; y <= h; y++ {
		for x := 1; x <= w; x++ {
			sums[y*(w+1)+x] += sums[(y-1)*(w+1)+x] + sums[y*(w+1)+x-1] - sums[(y-1)*(w+1)+x-1]
		}
	}
	n := int(partSide / edgeCell)
	at, most := image.Point{}, -1
	for y := 0; y <= max(0, h-n); y++ {
		for x := 0; x <= max(0, w-n); x++ {
			x2, y2 := min(w, x+n), min(h, y+n)
			in := sums[y2*(w+1)+x2] - sums[y*(w+1)+x2] - sums[y2*(w+1)+x] + sums[y*(w+1)+x]
			if in > most {
				at, most = image.Pt(x*cell, y*cell), in
			}
		}
	}
	return image.Rectangle{Max: image.Pt(n*cell, n*cell)}.Add(at).Intersect(image.Rectangle{Max: g.Rect.Size()})
}

// cut copies a part of a picture.
func cut(g *image.Gray, r image.Rectangle) *image.Gray {
	out := image.NewGray(image.Rectangle{Max: r.Size()})
	for y := range r.Dy() {
		copy(out.Pix[y*out.Stride:][:r.Dx()], g.Pix[(r.Min.Y+y)*g.Stride+r.Min.X:])
	}
	return out
}

// Turned gives the picture turned by 90, 180 or 270 degrees clockwise.
func Turned(g *image.Gray, deg int) *image.Gray {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	if deg == 0 {
		return g
	}
	out := image.NewGray(image.Rect(0, 0, w, h))
	if deg != 180 {
		out = image.NewGray(image.Rect(0, 0, h, w))
	}
	for y := range h {
		line, at, step := g.Pix[y*g.Stride:][:w], (h-1-y)*w+w-1, -1
		switch deg {
		case 90:
			at, step = h-1-y, h
		case 270:
			at, step = (w-1)*h+y, -h
		}
		for _, v := range line {
			out.Pix[at] = v
			at += step
		}
	}
	return out
}
