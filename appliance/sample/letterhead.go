package sample

import (
	"fmt"
	"image/color"
	"math"
	"strings"
)

// sender is whose letterhead a letter bears.
type sender struct {
	name    string
	what    string // second line of the letterhead
	street  string
	city    string
	phone   string
	footer  []string // columns at the page's foot, lines parted by |
	family  string   // typeface
	size    float64
	logo    int        // which of the drawn marks; 0 = none
	ink     color.RGBA // of the mark; none = petrol
	centred bool
}

// head draws the letterhead and remembers to draw a small one on later pages.
func (c *composer) head(s sender, reference string) {
	name := c.body.bold().at(15)
	if s.centred {
		w := c.measure(name, s.name)
		c.lineAt((pageWidth-w)/2, mm(19), name, s.name)
		st := c.body.at(8.5).shade(40)
		c.lineAt((pageWidth-c.measure(st, s.what))/2, mm(24), st, s.what)
		c.rule(c.left, c.right, mm(28), 0.8, 70)
	} else {
		x := c.left
		if s.logo > 0 {
			c.logo(s, c.left, mm(13), 30)
			x += 40
		}
		c.lineAt(x, mm(18.5), name, s.name)
		c.lineAt(x, mm(23.5), c.body.at(8.5).shade(40), s.what)
	}
	c.foot(s)
	c.onNext = func() {
		st := c.body.at(8.5).shade(40)
		c.newLine()
		c.put(c.left, mm(16), st, s.name)
		c.putRight(c.right, mm(16), st, reference)
		c.rule(c.left, c.right, mm(18), 0.5, 120)
		c.y = mm(28)
	}
}

// foot draws the sender's particulars in columns at the first page's foot.
// They are kept apart so that the page reads from top to bottom.
func (c *composer) foot(s sender) {
	if len(s.footer) == 0 {
		return
	}
	c.bottom = pageHeight - mm(40)
	c.rule(c.left, c.right, pageHeight-mm(30), 0.4, 110)
}

// footText sets the foot's text; called last, since it is read last.
func (c *composer) footText(s sender) {
	st := c.body.at(7.5).shade(50)
	y := pageHeight - mm(26.5)
	for _, l := range s.footer {
		for _, part := range c.wrap(st, l, c.right-c.left) {
			c.lineAt(c.left, y, st, part)
			y += 9.6
		}
	}
}

// address sets the return address and the window, and gives its lower edge.
func (c *composer) address(s sender, lines []string) {
	small := c.body.at(7).shade(60)
	back := s.name + ", " + s.street + ", " + s.city
	for c.measure(small, back) > mm(82) && small.size > 5.5 {
		small.size -= 0.25
	}
	c.lineAt(c.left, mm(50), small, back)
	c.rule(c.left, c.left+c.measure(small, back), mm(50.8), 0.3, 130)
	for i, l := range lines {
		c.lineAt(c.left, mm(57)+float64(i)*c.body.size*1.3, c.body, l)
	}
}

// info sets the references below the window as running text, and below them
// the date. A block beside the window, labels above values or a date far right
// have no one order of reading, so they would spoil the ground truth.
func (c *composer) info(rows []field, place, date string) {
	st := c.body.at(c.body.size - 1.5).shade(30)
	parts := make([]string, len(rows))
	for i, r := range rows {
		parts[i] = r.label + ": " + r.value
	}
	y := mm(86)
	for _, l := range c.wrap(st, strings.Join(parts, ", "), c.right-c.left) {
		c.lineAt(c.left, y, st, l)
		y += st.size * 1.35
	}
	c.lineAt(c.left, mm(96.5), c.body, place+", "+date)
}

// subject sets the subject line and puts the cursor below it.
func (c *composer) subject(lines ...string) {
	c.y = mm(106)
	for _, l := range lines {
		for _, part := range c.wrap(c.body.bold().at(c.body.size+0.5), l, c.right-c.left) {
			c.lineAt(c.left, c.y, c.body.bold().at(c.body.size+0.5), part)
			c.y += c.body.size * 1.4
		}
	}
	c.y += c.body.size
}

// foldMarks draws the two folds and the punch mark of DIN 5008, form B.
func (c *composer) foldMarks() {
	for _, y := range []float64{105, 148.5, 210} {
		w := mm(3)
		if y == 148.5 {
			w = mm(4.5)
		}
		c.rule(mm(4), mm(4)+w, mm(y), 0.35, 120)
	}
}

// numberPages sets "Seite 1 von 3" at the foot of every page.
func (c *composer) numberPages() {
	keep := c.page
	st := c.body.at(8).shade(40)
	for i, p := range c.out.pages {
		c.page = p
		c.newLine()
		c.putRight(c.right, pageHeight-mm(12), st, fmt.Sprintf("Seite %d von %d", i+1, len(c.out.pages)))
	}
	c.page = keep
}

// sign draws a signature above a name in print.
func (c *composer) sign(d dice, name, what string) {
	c.need(72)
	c.scrawl(d, c.left+d.within(2, 12), c.y+22, name)
	c.y += 46
	c.rule(c.left, c.left+mm(62), c.y-9, 0.4, 120)
	c.lineAt(c.left, c.y+2, c.body.at(c.body.size-1), name)
	c.y += c.body.size * 1.3
	if what != "" {
		c.lineAt(c.left, c.y+2, c.body.at(c.body.size-1), what)
		c.y += c.body.size * 1.3
	}
}

// scrawl draws a name as a hurried hand would: a tall first letter, waves that
// get flatter, and a stroke to end with.
func (c *composer) scrawl(d dice, x, y float64, name string) {
	tall, n := d.within(18, 30), d.between(3, 5+len([]rune(name))/3)
	p := []point{{x, y + 4}}
	add := func(pts ...point) { p = append(p, pts...) }
	add(point{x + 4, y - tall}, point{x + 14, y - tall*1.05}, point{x + 9, y - tall*0.2})
	add(point{x + 7, y + 6}, point{x + 1, y + 4}, point{x + 13, y - 5})
	x += 13
	amp := d.within(5, 13)
	for i := range n {
		w := d.within(4, 11)
		a := amp * (1 - 0.6*float64(i)/float64(n)) * d.within(0.4, 1.3)
		if d.chance(0.14) {
			a *= 2.1
		}
		add(point{x + w*0.3, y - a}, point{x + w*0.65, y - a*1.1}, point{x + w*0.55, y - a*0.1})
		add(point{x + w*0.5, y + d.within(0, 3)}, point{x + w*0.8, y + 1}, point{x + w, y - d.within(1, 4)})
		x += w
	}
	end := d.within(18, 40)
	add(point{x + end*0.3, y - 2}, point{x + end*0.7, y - d.within(2, 9)}, point{x + end, y - d.within(0, 7)})
	slant := d.within(0, 0.24)
	for i := range p {
		p[i].y -= (p[i].x - p[0].x) * slant
	}
	ink := []color.RGBA{inkBlue, inkBlack, inkBlue}[d.IntN(3)]
	c.drawMark(mark{kind: MarkNote, text: name, ink: ink, cover: 0.95}, func() {
		c.page.curves = []curve{{points: p, width: d.within(0.9, 1.4)}}
	})
}

// logo puts the sender's mark there, in its colour.
func (c *composer) logo(s sender, x, y, side float64) {
	if s.ink.A == 0 {
		s.ink = []color.RGBA{inkPetrol, inkGreen, inkRed, inkBlue, inkViolet}[s.logo%5]
	}
	c.drawMark(mark{kind: MarkLogo, text: s.name, ink: s.ink, cover: 1}, func() { c.houseMark(s.logo, x, y, side) })
}

// houseMark draws one of the invented marks.
func (c *composer) houseMark(kind int, x, y, side float64) {
	fill := func(r Rect, g uint8) { c.page.fills = append(c.page.fills, fillBox{r, g}) }
	switch kind {
	case 1: // a row of houses
		fill(Rect{x, y + side*0.45, side * 0.28, side * 0.55}, 90)
		fill(Rect{x + side*0.36, y + side*0.1, side * 0.28, side * 0.9}, 50)
		fill(Rect{x + side*0.72, y + side*0.3, side * 0.28, side * 0.7}, 120)
	case 2: // a ring
		c.ring(x+side/2, y+side/2, side*0.42, side*0.14, 60)
	case 3: // bars
		for i := range 4 {
			fill(Rect{x, y + side*0.25*float64(i), side * (1 - 0.2*float64(i)), side * 0.15}, uint8(50+30*i))
		}
	default: // a square in a frame
		c.frame(Rect{x + 1, y + 1, side - 2, side - 2}, 2, 60)
		fill(Rect{x + side*0.3, y + side*0.3, side * 0.4, side * 0.4}, 90)
	}
}

// ring draws a circle of four arcs.
func (c *composer) ring(x, y, r, width float64, grey uint8) {
	const k = 0.5523
	p := []point{{x + r, y}}
	for q := range 4 {
		a, b := float64(q)*math.Pi/2, float64(q+1)*math.Pi/2
		ax, ay, bx, by := math.Cos(a), math.Sin(a), math.Cos(b), math.Sin(b)
		p = append(p, point{x + r*(ax-k*ay), y + r*(ay+k*ax)}, point{x + r*(bx+k*by), y + r*(by-k*bx)}, point{x + r*bx, y + r*by})
	}
	c.page.curves = append(c.page.curves, curve{points: p, width: width, grey: grey})
}

// initials gives the first letters of a firm's name, for references.
func initials(name string) string {
	var b strings.Builder
	for _, f := range strings.Fields(name) {
		b.WriteString(strings.ToLower(string([]rune(f)[:1])))
	}
	return b.String()
}
