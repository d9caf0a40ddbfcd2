package sample

import (
	"image/color"
	"math"
)

// envelope adds the envelope a letter came in as a last page: laid on the
// glass, with window, stamp and postmark. Envelopes are scanned where the date
// of posting matters. People address theirs by hand, firms use a window.
func (w writer) envelope(c *composer, byHand bool) {
	c.onNext = nil
	c.newPage()
	d := newDice(0, "envelope", w.file.Number, w.date.Format(isoDate))
	const width, height = 220, 110 // DIN lang, landscape; wider than the glass, so it lies upright
	ew, eh := mm(height), mm(width)
	x, y := mm(32), mm(30)
	c.page.fills = append(c.page.fills, fillBox{Rect{x, y, ew, eh}, uint8(d.between(226, 246))})
	c.frame(Rect{x, y, ew, eh}, 0.8, 150)
	// What is on it is turned by a quarter: a mark, since no reader gets it in order.
	m := w.applicant()
	turn := func(kind MarkKind, ink color.RGBA, worn bool, draw func()) {
		c.drawMark(mark{kind: kind, ink: ink, cover: 0.85, worn: worn, angle: 90, x: x + ew/2, y: y + eh/2}, draw)
	}
	left, top := x+ew/2-eh/2, y+eh/2-ew/2 // the envelope's corner before it is turned
	site := w.office.site(w.file.Site)
	to := []string{"Jobcenter Musterkreis", w.officeStreet(), site.Postcodes[0] + " " + site.Name}
	if byHand {
		turn(MarkNote, inkBlue, false, func() {
			h := handOf(m.Full())
			for i, l := range []string{m.Full(), m.street(), m.city()} {
				c.lineAt(left+mm(8), top+mm(12)+15*float64(i), h.at(h.size*0.9), l)
			}
			for i, l := range to {
				c.lineAt(left+mm(100), top+mm(62)+24*float64(i), h.at(h.size*1.3), l)
			}
		})
	} else {
		turn(MarkNote, inkBlack, false, func() { // a window, and what shows through it
			c.frame(Rect{left + mm(20), top + mm(50), mm(90), mm(45)}, 0.7, 120)
			for i, l := range to {
				c.lineAt(left+mm(25), top+mm(62)+14*float64(i), style{face: "sans", size: 10.5}, l)
			}
		})
	}
	turn(MarkLogo, inkRed, false, func() { // the postage stamp
		sx, sy := left+mm(188), top+mm(7)
		c.frame(Rect{sx, sy, mm(24), mm(28)}, 1.2, 0)
		c.page.fills = append(c.page.fills, fillBox{Rect{sx + 5, sy + 5, mm(24) - 10, mm(28) - 26}, 90})
		c.lineAt(sx+8, sy+mm(28)-7, style{face: "sans-b", size: 11}, "0,95")
	})
	turn(MarkPostmark, inkBlack, true, func() {
		cx, cy := left+mm(176), top+mm(22)
		c.ring(cx, cy, mm(14), 1.4, 0)
		c.ring(cx, cy, mm(9.5), 0.7, 0)
		c.centredAt(cx, cy-1, style{face: "mono-b", size: 9}, w.date.AddDate(0, 0, 1).Format("02.01.06"))
		c.centredAt(cx, cy+9, style{face: "mono", size: 7}, "17-18")
		c.centredAt(cx, cy-mm(10.5), style{face: "sans-b", size: 7}, "BRIEFZENTRUM 17")
		for i := range 5 {
			c.wave(cx-mm(62), cx-mm(15), cy-mm(8)+mm(4)*float64(i))
		}
	})
}

// wave draws a wavy line, as cancels a stamp.
func (c *composer) wave(x1, x2, y float64) {
	const length = 22.0
	p := []point{{x1, y}}
	for x := x1; x < x2; x += length {
		p = append(p, point{x + length/4, y - 7}, point{x + length/2, y - 7}, point{x + length/2, y},
			point{x + length/2, y + 7}, point{x + length*3/4, y + 7}, point{math.Min(x+length, x2), y})
	}
	c.page.curves = append(c.page.curves, curve{points: p, width: 0.9})
}
