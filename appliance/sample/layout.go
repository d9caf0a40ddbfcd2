package sample

import (
	"image/color"
	"math"
	"strings"
)

// A4 in points.
const (
	pageWidth  = 595.28
	pageHeight = 841.89
)

func mm(v float64) float64 { return v * 72 / 25.4 }

// Rect is a rectangle in points, origin at the page's upper left corner.
type Rect struct{ X, Y, W, H float64 }

// layout is a letter as drawn: the one model behind both backends.
type layout struct{ pages []*page }

// page is what is drawn on one sheet, in the order in which it is read.
type page struct {
	words  []word
	fills  []fillBox
	curves []curve
	marks  []mark
	paper  color.RGBA // none: white
}

// word is drawn with its baseline's left end at x, y.
type word struct {
	text  string
	line  int // words of one line have one number
	face  *face
	size  float64
	x, y  float64
	w     float64
	grey  uint8 // 0 black
	hand  bool  // written by hand
	space bool  // a space follows in the same line
}

// ink is the smallest rectangle round what is drawn of the word.
func (w word) ink() Rect {
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	x, s := w.x, w.size/w.face.upem
	for _, r := range w.text {
		g, _ := w.face.glyph(r)
		if len(g.segments) > 0 {
			minX = min(minX, x+float64(g.bounds.Min.X)/64*s)
			maxX = max(maxX, x+float64(g.bounds.Max.X)/64*s)
			minY = min(minY, w.y+float64(g.bounds.Min.Y)/64*s)
			maxY = max(maxY, w.y+float64(g.bounds.Max.Y)/64*s)
		}
		x += g.advance * s
	}
	if minX > maxX {
		return Rect{X: w.x, Y: w.y, W: w.w}
	}
	return Rect{X: minX, Y: minY, W: maxX - minX, H: maxY - minY}
}

// fillBox is a filled rectangle: shades, rules and bars.
type fillBox struct {
	Rect
	grey uint8
}

// curve is a stroked path of cubic Béziers: p[0], then three points each.
type curve struct {
	points []point
	width  float64
	grey   uint8
}

type point struct{ x, y float64 }

// text is what the page says: words in reading order, a line each.
func (p *page) text() string {
	var b strings.Builder
	for i, w := range p.words {
		if i > 0 && p.words[i-1].line != w.line {
			b.WriteByte('\n')
		} else if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.text)
	}
	return b.String()
}

// style is a face by family and cut, a size in points and a grey.
type style struct {
	face string
	size float64
	grey uint8
}

func (s style) bold() style           { s.face = strings.TrimSuffix(s.face, "-i") + "-b"; return s }
func (s style) italic() style         { s.face = strings.TrimSuffix(s.face, "-b") + "-i"; return s }
func (s style) at(size float64) style { s.size = size; return s }
func (s style) shade(g uint8) style   { s.grey = g; return s }

// composer sets a letter, page after page, from the top downwards. The first
// error (a font that can't be read) is kept and given at the end.
type composer struct {
	fonts       *Fonts
	out         *layout
	page        *page
	y           float64 // baseline of the next line
	left, right float64
	bottom      float64
	body        style
	leading     float64 // of the size
	lines       int
	onNext      func() // draws the head of pages after the first
	err         error
}

func newComposer(fonts *Fonts, family string, size float64) *composer {
	c := &composer{fonts: fonts, out: &layout{}, left: mm(25), right: pageWidth - mm(20),
		bottom: pageHeight - mm(28), body: style{face: family, size: size}, leading: 1.32}
	c.newPage()
	return c
}

func (c *composer) newPage() {
	c.page = &page{}
	c.out.pages = append(c.out.pages, c.page)
	c.y = mm(25)
	if c.onNext != nil && len(c.out.pages) > 1 {
		c.onNext()
	}
}

// need begins a new page if h points don't fit on this one.
func (c *composer) need(h float64) {
	if c.y+h > c.bottom {
		c.newPage()
	}
}

// skip leaves h points free.
func (c *composer) skip(h float64) { c.y += h }

func (c *composer) newLine() { c.lines++ }

// measure gives the width of s in that style.
func (c *composer) measure(st style, s string) float64 {
	fc, s, err := c.fonts.faceFor(st.face, s)
	if err != nil {
		c.err = err
		return 0
	}
	return fc.width(s, st.size)
}

// put sets s on the baseline y from x on, as part of the current line, and
// gives the x behind it.
func (c *composer) put(x, y float64, st style, s string) float64 {
	fields := strings.Fields(s)
	for i, f := range fields {
		fc, f, err := c.fonts.faceFor(st.face, f)
		if err != nil {
			c.err = err
			return x
		}
		if n := len(c.page.words); n > 0 && c.page.words[n-1].line == c.lines {
			c.page.words[n-1].space = true
		}
		w := fc.width(f, st.size)
		c.page.words = append(c.page.words, word{text: f, line: c.lines, face: fc, size: st.size, x: x, y: y, w: w, grey: st.grey, hand: strings.HasPrefix(st.face, "hand-")})
		x += w
		if i < len(fields)-1 {
			x += c.measure(st, " ")
		}
	}
	return x
}

// putRight sets s so that it ends at x.
func (c *composer) putRight(x, y float64, st style, s string) {
	c.put(x-c.measure(st, strings.Join(strings.Fields(s), " ")), y, st, s)
}

// lineAt sets a line of its own.
func (c *composer) lineAt(x, y float64, st style, s string) {
	c.newLine()
	c.put(x, y, st, s)
}

// rule draws a horizontal line.
func (c *composer) rule(x1, x2, y, width float64, grey uint8) {
	c.page.fills = append(c.page.fills, fillBox{Rect{x1, y - width/2, x2 - x1, width}, grey})
}

// upright draws a vertical line.
func (c *composer) upright(x, y1, y2, width float64, grey uint8) {
	c.page.fills = append(c.page.fills, fillBox{Rect{x - width/2, y1, width, y2 - y1}, grey})
}

// frame draws the outline of a rectangle.
func (c *composer) frame(r Rect, width float64, grey uint8) {
	c.rule(r.X, r.X+r.W, r.Y, width, grey)
	c.rule(r.X, r.X+r.W, r.Y+r.H, width, grey)
	c.upright(r.X, r.Y, r.Y+r.H, width, grey)
	c.upright(r.X+r.W, r.Y, r.Y+r.H, width, grey)
}

// wrap breaks s into lines no wider than w.
func (c *composer) wrap(st style, s string, w float64) []string {
	var lines []string
	var line string
	for _, f := range strings.Fields(s) {
		switch next := strings.TrimSpace(line + " " + f); {
		case line != "" && c.measure(st, next) > w:
			lines = append(lines, line)
			line = f
		default:
			line = next
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// paragraph sets s across the column and leaves a gap behind it. It keeps two
// lines together at a page's end.
func (c *composer) paragraph(s string) { c.styled(c.body, c.left, s); c.skip(c.body.size * 0.62) }

// styled sets s from x to the right edge.
func (c *composer) styled(st style, x float64, s string) {
	lines := c.wrap(st, s, c.right-x)
	step := st.size * c.leading
	for i, l := range lines {
		if i == 0 && len(lines) > 1 {
			c.need(2 * step)
		}
		c.need(step)
		c.lineAt(x, c.y, st, l)
		c.y += step
	}
}

// heading sets a line in bold and keeps it with what follows.
func (c *composer) heading(s string, size float64) {
	c.need(size * 5)
	c.skip(size * 0.4)
	for _, l := range c.wrap(c.body.bold().at(size), s, c.right-c.left) {
		c.lineAt(c.left, c.y, c.body.bold().at(size), l)
		c.y += size * 1.35
	}
	c.skip(size * 0.25)
}

// finish gives the drawn letter.
func (c *composer) finish() (*layout, error) { return c.out, c.err }
