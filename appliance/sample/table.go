package sample

import "slices"

// column is one column of a table. Widths are relative: tables fill the page's
// column.
type column struct {
	title string
	w     float64
	right bool
}

// How a table is ruled.
const (
	ruledNone = iota
	ruledRows // a thin line below each row
	ruledGrid // lines round each cell
	ruledHead // lines below head and above the sum only
)

// table sets rows below a head. Cells are wrapped to their column. Long tables
// go on behind a page's end with the head repeated.
type table struct {
	columns []column
	rows    [][]string
	sum     []string // last row, in bold; nil = none
	ruled   int
	shaded  bool
	size    float64
}

// total width of the table.
func (t table) width() float64 {
	var w float64
	for _, col := range t.columns {
		w += col.w
	}
	return w
}

const cellPad = 4.0

func (c *composer) table(t table) {
	if t.size == 0 {
		t.size = c.body.size - 0.5
	}
	st := c.body.at(t.size)
	stretch := (c.right - c.left) / t.width()
	t.columns = slices.Clone(t.columns)
	for i := range t.columns {
		t.columns[i].w *= stretch
	}
	c.need(t.size * 6)
	c.y -= t.size // c.y is the upper edge from here on
	c.tableHead(t, st)
	for _, row := range t.rows {
		c.tableRow(t, st, row, false)
	}
	if t.sum != nil {
		if t.ruled != ruledGrid && t.ruled != ruledNone {
			c.rule(c.left, c.left+t.width(), c.y, 0.9, 40)
		}
		c.tableRow(t, st.bold(), t.sum, true)
	}
	c.y += t.size * 1.9
}

func (c *composer) tableHead(t table, st style) {
	titles := make([]string, len(t.columns))
	for i, col := range t.columns {
		titles[i] = col.title
	}
	h := c.rowHeight(t, st.bold(), titles)
	if t.shaded {
		c.page.fills = append(c.page.fills, fillBox{Rect{c.left, c.y, t.width(), h}, 226})
	}
	if t.ruled == ruledGrid {
		c.rule(c.left, c.left+t.width(), c.y, 0.6, 60)
	}
	c.cells(t, st.bold(), titles, h)
	if t.ruled != ruledGrid && t.ruled != ruledNone {
		c.rule(c.left, c.left+t.width(), c.y, 0.9, 40)
	}
}

// rowHeight is that of the cell with the most lines.
func (c *composer) rowHeight(t table, st style, row []string) float64 {
	n := 1
	for i, cell := range row {
		n = max(n, len(c.wrap(st, cell, t.columns[i].w-2*cellPad)))
	}
	return float64(n)*t.size*1.28 + 2*cellPad
}

func (c *composer) tableRow(t table, st style, row []string, sum bool) {
	h := c.rowHeight(t, st, row)
	if c.y+h > c.bottom {
		c.newPage()
		c.y -= t.size
		c.tableHead(t, c.body.at(t.size))
	}
	c.cells(t, st, row, h)
	if t.ruled == ruledRows && !sum {
		c.rule(c.left, c.left+t.width(), c.y, 0.35, 120)
	}
}

// cells sets one row, line by line across its columns, as one reads it.
func (c *composer) cells(t table, st style, row []string, h float64) {
	lines := make([][]string, len(row))
	most := 0
	for i, cell := range row {
		lines[i] = c.wrap(st, cell, t.columns[i].w-2*cellPad)
		most = max(most, len(lines[i]))
	}
	for n := range most {
		c.newLine()
		x, y := c.left, c.y+cellPad+t.size*(0.92+1.28*float64(n))
		for i, col := range t.columns {
			if n < len(lines[i]) && col.right {
				c.putRight(x+col.w-cellPad, y, st, lines[i][n])
			} else if n < len(lines[i]) {
				c.put(x+cellPad, y, st, lines[i][n])
			}
			x += col.w
		}
	}
	if t.ruled == ruledGrid {
		x := c.left
		c.upright(x, c.y, c.y+h, 0.6, 60)
		for _, col := range t.columns {
			x += col.w
			c.upright(x, c.y, c.y+h, 0.6, 60)
		}
		c.rule(c.left, x, c.y+h, 0.6, 60)
	}
	c.y += h
}

// field is a line of a form: what is asked, and what was filled in.
type field struct{ label, value string }

// fields sets a form's lines: label, value in another hand, a line to write on.
func (c *composer) fields(hand style, labelWidth float64, fs []field) {
	for _, f := range fs {
		lines := c.wrap(hand, f.value, c.right-c.left-labelWidth)
		step := c.body.size * 1.75
		c.need(step * float64(max(1, len(lines))))
		c.newLine()
		c.put(c.left, c.y, c.body, f.label)
		if len(lines) == 0 { // to be filled in
			c.rule(c.left+labelWidth-2, c.right, c.y+3.2, 0.4, 110)
		}
		for i, l := range lines {
			if i > 0 {
				c.y += step
				c.newLine()
			}
			c.put(c.left+labelWidth, c.y, hand, l)
			c.rule(c.left+labelWidth-2, c.right, c.y+3.2, 0.4, 110)
		}
		c.y += step
	}
}

// box is a box to tick, before its text.
type box struct {
	ticked bool
	text   string
}

// boxes sets one box a line.
func (c *composer) boxes(bs []box) {
	size := c.body.size
	for _, b := range bs {
		c.need(size * 2)
		side := size * 0.85
		r := Rect{c.left + 2, c.y - side + 0.5, side, side}
		c.frame(r, 0.5, 165)
		if b.ticked {
			for _, p := range [][2]point{{{r.X + 1, r.Y + 1}, {r.X + side - 1, r.Y + side - 1}}, {{r.X + side - 1, r.Y + 0.5}, {r.X + 1.2, r.Y + side - 1.2}}} {
				c.page.curves = append(c.page.curves, straight(p[0], p[1], 1.1, 30))
			}
		}
		for i, l := range c.wrap(c.body, b.text, c.right-c.left-size*2.4) {
			if i > 0 {
				c.need(size * c.leading)
			}
			c.lineAt(c.left+size*2.2, c.y, c.body, l)
			c.y += size * c.leading
		}
		c.y += size * 0.35
	}
}

func straight(a, b point, width float64, grey uint8) curve {
	third := func(t float64) point { return point{a.x + (b.x-a.x)*t, a.y + (b.y-a.y)*t} }
	return curve{points: []point{a, third(1. / 3), third(2. / 3), b}, width: width, grey: grey}
}
