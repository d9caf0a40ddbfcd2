package rendition

import (
	"context"
	"fmt"
	"strings"
)

// Form is a printed page or more of our own words: what it is, facts line by
// line, a table, and a remark. It is PDF/A-2u like every rendition.
type Form struct {
	Info    Info // without Contents
	House   string
	Heading string
	Facts   []Fact
	Columns []Column // empty: no table
	Rows    []Row
	Note    string
	PageOf  string // stands before the number of a page
}

// Fact is one line: what it is, and what it says.
type Fact struct{ Name, Value string }

// Column of the table. Width is in points of the 483 that a line has.
type Column struct {
	Title string
	Width float64
	Right bool // numbers
}

// Row of the table. Under stands below it, across all columns.
type Row struct {
	Cells []string
	Under string
}

// Points of an A4 page.
const (
	formTop, formEnd = 790, 70
	factAt           = 190
	formLine         = 14
	rowLines         = 25.0
)

// PrintForm lays a form out. The answer can be read like any rendition.
func PrintForm(ctx context.Context, f Form) (*Rendition, error) {
	face, err := newFace()
	if err != nil {
		return nil, err
	}
	d := &drawing{form: f, face: face}
	d.draw()
	l, err := newLayout(f.Info, nil, d)
	if err != nil {
		return nil, err
	}
	return assemble(ctx, l)
}

// drawing is a form on its way onto pages.
type drawing struct {
	form  Form
	face  *face
	pages [][]byte
	out   []byte  // the page at work
	y     float64 // where the next line stands
}

func (d *drawing) draw() {
	d.newPage()
	for _, f := range d.form.Facts {
		d.fact(f)
	}
	if len(d.form.Columns) > 0 {
		d.y -= formLine
		d.heads()
		for _, r := range d.form.Rows {
			d.row(r)
		}
	}
	d.y -= formLine
	for _, line := range d.wrap(d.form.Note, 9, right-left) {
		d.room(formLine, false)
		d.out = d.face.show(d.out, line, 9, left, d.y)
		d.y -= 12
	}
	d.pages = append(d.pages, d.out)
	if n := len(d.pages); n > 1 {
		for i := range d.pages {
			s := fmt.Sprintf("%s %d/%d", d.form.PageOf, i+1, n)
			d.pages[i] = d.face.show(d.pages[i], s, 9, right-d.face.measure(s, 9), 45)
		}
	}
}

func (d *drawing) newPage() {
	if d.out != nil {
		d.pages = append(d.pages, d.out)
	}
	f := d.face
	d.out = f.show([]byte{}, f.fit(d.form.House, 11, right-left), 11, left, formTop)
	d.out = f.show(d.out, f.fit(d.form.Heading, 18, right-left), 18, left, formTop-28)
	d.y = formTop - 64
}

// room begins a new page if there is none left on this one.
func (d *drawing) room(height float64, table bool) {
	if d.y-height >= formEnd {
		return
	}
	d.newPage()
	if table {
		d.heads()
	}
}

// fact draws one line of facts; an empty one is a rule between two groups.
func (d *drawing) fact(f Fact) {
	if f == (Fact{}) {
		d.out = fmt.Appendf(d.out, "0.5 w 0.5 G %d %s m %d %s l S\n", left, number(d.y+6), right, number(d.y+6))
		d.y -= 8
		return
	}
	lines := d.wrap(f.Value, 10, right-factAt)
	for i, line := range lines {
		d.room(formLine, false)
		if i == 0 {
			d.out = d.face.show(d.out, d.face.fit(f.Name, 10, factAt-left-8), 10, left, d.y)
		}
		d.out = d.face.show(d.out, line, 10, factAt, d.y)
		d.y -= formLine
	}
	d.y -= 3
}

func (d *drawing) heads() {
	cells := make([]string, len(d.form.Columns))
	for i, c := range d.form.Columns {
		cells[i] = c.Title
	}
	d.cells(cells)
	d.out = fmt.Appendf(d.out, "0.5 w 0.5 G %d %s m %d %s l S\n", left, number(d.y-5), right, number(d.y-5))
	d.y -= 18
}

func (d *drawing) row(r Row) {
	d.room(rowLines, true)
	d.cells(r.Cells)
	d.out = d.face.show(d.out, d.face.fit(r.Under, 7.5, right-left), 7.5, left, d.y-10)
	d.y -= rowLines
}

func (d *drawing) cells(cells []string) {
	const size, gap = 9.5, 6
	x := float64(left)
	for i, c := range d.form.Columns {
		text := d.face.fit(cells[i], size, c.Width-gap)
		at := x
		if c.Right {
			at = x + c.Width - gap - d.face.measure(text, size)
		}
		d.out = d.face.show(d.out, text, size, at, d.y)
		x += c.Width
	}
}

// wrap breaks a text at spaces, and a word that is wider than a line anywhere.
func (d *drawing) wrap(s string, size, width float64) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(printable(strings.ReplaceAll(s, "\n", " "))) {
		if line != "" && d.face.measure(line+" "+word, size) > width {
			lines, line = append(lines, line), ""
		}
		for d.face.measure(word, size) > width {
			n := len(d.cutAt(word, size, width))
			lines, word = append(lines, word[:n]), word[n:]
		}
		line = strings.TrimSpace(line + " " + word)
	}
	if line != "" || len(lines) == 0 {
		lines = append(lines, line)
	}
	return lines
}

// cutAt gives as many of the first letters as a line holds, at least one.
func (d *drawing) cutAt(s string, size, width float64) string {
	last := 0
	for i, r := range s {
		end := i + len(string(r))
		if last > 0 && d.face.measure(s[:end], size) > width {
			break
		}
		last = end
	}
	return s[:last]
}

// write adds the pages as the objects from n on, and gives the first number
// behind them.
func (d *drawing) write(o *objects, l *layout, n int) (page func(int) int, next int) {
	page = func(i int) int { return n + faceObjects + perContents*i }
	for i, drawn := range d.pages {
		o.add(page(i), fmt.Sprintf("<</Type/Page/Parent %s/MediaBox[0 0 %s %s]/Contents %s/Resources<</Font<</C %s>>>>>>",
			ref(l.tree.parent(i)), number(a4Width), number(a4Height), ref(page(i)+1), ref(n)))
		o.stream(page(i)+1, "", drawn)
	}
	d.face.write(o, n) // now it is known which letters are used
	return page, page(len(d.pages))
}
