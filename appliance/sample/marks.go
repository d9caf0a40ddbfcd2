package sample

import (
	"image/color"
	"math"
	"strings"
)

// MarkKind says what stands on a page beside its text.
type MarkKind string

// The kinds of marks.
const (
	MarkLogo     MarkKind = "logo"     // a sender's mark
	MarkStamp    MarkKind = "stamp"    // received, sent, done
	MarkNote     MarkKind = "note"     // written by hand
	MarkPostmark MarkKind = "postmark" // of an envelope
	MarkCode     MarkKind = "code"     // Code 128; Text is what it says
)

// mark is a group of shapes in one colour, put on the page after its text and
// turned as a whole. What it says is not part of the page's text: readers may
// or may not find it.
type mark struct {
	kind   MarkKind
	text   string
	ink    color.RGBA
	cover  float64 // how much of the ink takes, 0 to 1
	worn   bool    // uneven, as of a stamp pad
	angle  float64 // degrees clockwise
	x, y   float64 // turned about this point
	words  []word
	fills  []fillBox
	curves []curve
}

// Inks of stamps, pens and letterheads.
var (
	inkBlack  = color.RGBA{20, 20, 24, 255}
	inkBlue   = color.RGBA{28, 48, 140, 255}
	inkRed    = color.RGBA{170, 28, 36, 255}
	inkGreen  = color.RGBA{20, 110, 70, 255}
	inkViolet = color.RGBA{84, 44, 130, 255}
	inkPetrol = color.RGBA{0, 84, 104, 255}
)

// drawMark has draw set words and shapes that become a mark instead of text.
func (c *composer) drawMark(m mark, draw func()) {
	keep, lines := c.page, c.lines
	c.page = &page{}
	c.lines = 0
	draw()
	m.words, m.fills, m.curves = c.page.words, c.page.fills, c.page.curves
	c.page, c.lines = keep, lines
	if m.text == "" {
		text := make([]string, len(m.words))
		for i, w := range m.words {
			text[i] = w.text
		}
		m.text = strings.Join(text, " ")
	}
	c.page.marks = append(c.page.marks, m)
}

// bounds is the smallest upright rectangle round the turned mark.
func (m mark) bounds() Rect {
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	sin, cos := math.Sincos(m.angle * math.Pi / 180)
	grow := func(x, y float64) {
		x, y = x-m.x, y-m.y
		x, y = m.x+x*cos-y*sin, m.y+x*sin+y*cos
		minX, maxX = min(minX, x), max(maxX, x)
		minY, maxY = min(minY, y), max(maxY, y)
	}
	corners := func(r Rect) {
		grow(r.X, r.Y)
		grow(r.X+r.W, r.Y)
		grow(r.X, r.Y+r.H)
		grow(r.X+r.W, r.Y+r.H)
	}
	for _, w := range m.words {
		corners(w.ink())
	}
	for _, f := range m.fills {
		corners(f.Rect)
	}
	for _, c := range m.curves {
		for _, p := range c.points {
			grow(p.x, p.y)
		}
	}
	return Rect{X: minX, Y: minY, W: maxX - minX, H: maxY - minY}
}

// centredAt sets s so that its middle is at x.
func (c *composer) centredAt(x, y float64, st style, s string) {
	c.lineAt(x-c.measure(st, s)/2, y, st, s)
}

// received stamps the jobcenter's date of receipt where it covers nothing: on
// letters right of the address window, on forms in the upper right corner.
func (c *composer) received(d dice, form bool, place, day string) {
	const w, h = 128.0, 62.0
	x, y := pageWidth-mm(20)-w-d.within(0, 22), mm(47)+d.within(0, 12)
	if form {
		y = mm(7) + d.within(0, 8)
	}
	m := mark{kind: MarkStamp, ink: []color.RGBA{inkBlue, inkViolet, inkRed, inkBlack}[d.IntN(4)], cover: d.within(0.62, 0.9), worn: true,
		angle: d.within(-4.5, 4.5), x: x + w/2, y: y + h/2}
	room, number := d.pick([]string{"Poststelle", "Eingangszone", "Zimmer 0.12"}), d.digits(4)
	c.drawMark(m, func() {
		c.frame(Rect{x, y, w, h}, 1.6, 0)
		c.rule(x+6, x+w-6, y+18, 0.7, 0)
		c.rule(x+6, x+w-6, y+42, 0.7, 0)
		c.centredAt(x+w/2, y+13, style{face: "sans-b", size: 8.5}, "Jobcenter "+place)
		c.centredAt(x+w/2, y+36, style{face: "mono-b", size: 15}, day)
		c.lineAt(x+7, y+54, style{face: "sans", size: 8}, "EINGANG "+room)
		c.putRight(x+w-7, y+54, style{face: "mono", size: 8}, number)
	})
}

// note writes a remark by hand.
func (c *composer) note(d dice, hand string, x, y, size float64, lines ...string) {
	ink := []color.RGBA{inkBlue, inkBlue, inkBlack, inkRed, inkGreen}[d.IntN(5)]
	c.drawMark(mark{kind: MarkNote, ink: ink, cover: 0.9, angle: d.within(-5, 2), x: x, y: y}, func() {
		for i, l := range lines {
			c.lineAt(x, y+size*1.05*float64(i), style{face: hand, size: size}, l)
		}
	})
}

// hands are the typefaces of people's writing.
func hands() []string { return []string{"hand-dkg", "hand-breip", "hand-delphine", "hand-steve"} }

// handOf gives a person's handwriting and its size, always the same.
func handOf(name string) style {
	d := newDice(0, "hand", name)
	h := d.pick(hands())
	return style{face: h, size: map[string]float64{"hand-dkg": 12.5, "hand-breip": 13, "hand-delphine": 14.5, "hand-steve": 11.5}[h]}
}
