package ocr

import "image"

// What makes a page doubtful.
const (
	doubtWord   = 60   // a word less sure than this is badly read
	doubtShare  = 0.25 // of the words being so
	doubtMean   = 80   // confidence of the page
	shadowDark  = 90   // grey level
	shadowApart = 20   // samples an inch
	shadowShare = 0.04 // of the page being black all over
)

// doubtful says whether a page was recognised so badly that a person should
// look: by how sure the words are (docs/quality.md says how the bounds were
// found), or because it has ink but no words, as handwriting and pictures.
func (p Page) doubtful() bool {
	if len(p.Words) == 0 {
		return true
	}
	low := 0
	for _, w := range p.Words {
		if w.Confidence < doubtWord {
			low++
		}
	}
	return p.Confidence < doubtMean || float64(low) > doubtShare*float64(len(p.Words)) || p.sure() == 0
}

// shadowed says whether a good part of the page is black all over: a shadow
// that a scanner for black and white made so. What stood there is lost, and
// the rest reads as surely as ever.
func shadowed(g *image.Gray, dpi int) bool {
	step := max(1, dpi/shadowApart)
	w, h := g.Rect.Dx()/step, g.Rect.Dy()/step
	runs := make([]int, w) // dark samples above each other
	black := 0
	for y := range h {
		row, beside := g.Pix[y*step*g.Stride:], 0
		for x := range w {
			if row[x*step] < shadowDark {
				runs[x]++
			} else {
				runs[x] = 0
			}
			if beside++; runs[x] < 3 {
				beside = 0
			}
			if beside >= 3 {
				black++
			}
		}
	}
	return float64(black) > shadowShare*float64(w*h)
}
