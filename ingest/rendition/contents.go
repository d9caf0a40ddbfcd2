package rendition

import (
	"fmt"
	"strconv"
	"strings"
)

// The table of contents, in points of an A4 page.
const (
	a4Width, a4Height = 595.28, 841.89
	left, right       = 56, 539
	typeAt, dateAt    = 312, 415
	top, firstRow     = 775, 700
	rowHeight         = 15.5
	rowsPerPage       = 40
)

// contentsPages is how many pages a table of n documents has.
func contentsPages(n int) int { return max(1, (n+rowsPerPage-1)/rowsPerPage) }

// contents writes the table of contents and the bookmarks.
type contents struct {
	lay     *layout
	face    *face
	base    int // number of its first object
	outline int // of the bookmarks' root
	next    int // first number behind
}

// Objects of one page of the table: the page and what is drawn.
const perContents = 2

func newContents(l *layout, base int) (*contents, error) {
	f, err := newFace()
	if err != nil {
		return nil, err
	}
	c := &contents{lay: l, face: f, base: base}
	c.outline = base + faceObjects + perContents*l.contents
	c.next = c.outline + 1 + len(c.marks())
	return c, nil
}

// page is the object of page i of the table.
func (c *contents) page(i int) int { return c.base + faceObjects + perContents*i }

func (c *contents) write(o *objects) {
	for i := range c.lay.contents {
		c.writePage(o, i)
	}
	c.face.write(o, c.base) // now it is known which letters are used
	c.writeMarks(o)
}

func (c *contents) writePage(o *objects, i int) {
	w, f := c.lay.info.Contents, c.face
	var out []byte
	out = f.show(out, f.fit(w.Heading, 18, right-left), 18, left, top)
	out = f.show(out, f.fit(w.Subject, 11, right-left), 11, left, top-22)
	if c.lay.contents > 1 {
		s := fmt.Sprintf("%s %d/%d", w.PageOf, i+1, c.lay.contents)
		out = f.show(out, s, 9, right-f.measure(s, 9), top-22)
	}
	out = c.row(out, firstRow+18, w.Title, w.Type, w.Date, w.Page)
	out = fmt.Appendf(out, "0.5 w 0.5 G %d %s m %d %s l S\n", left, number(firstRow+12), right, number(firstRow+12))
	var links strings.Builder
	for k := i * rowsPerPage; k < min((i+1)*rowsPerPage, len(c.lay.parts)); k++ {
		p := c.lay.parts[k]
		y := firstRow - float64(k%rowsPerPage)*rowHeight
		at := p.Note
		if p.Pages > 0 {
			at = strconv.Itoa(c.lay.contents + c.lay.first[k] + 1)
			fmt.Fprintf(&links, "<</Type/Annot/Subtype/Link/F 4/Border[0 0 0]/Rect[%d %s %d %s]/Dest[%s/Fit]>>",
				left, number(y-3), right, number(y+11), ref(pageObject(c.lay.first[k])))
		}
		out = c.row(out, y, p.Title, p.Type, p.Date, at)
	}
	n := c.page(i)
	o.add(n, fmt.Sprintf("<</Type/Page/Parent %s/MediaBox[0 0 %s %s]/Contents %s/Resources<</Font<</C %s>>>>/Annots[%s]>>",
		ref(c.lay.tree.parent(i)), number(a4Width), number(a4Height), ref(n+1), ref(c.base), links.String()))
	o.stream(n+1, "", out)
}

// row writes one line of the table, its last column to the right.
func (c *contents) row(out []byte, y float64, title, kind, date, page string) []byte {
	const size, gap = 9.5, 8
	f := c.face
	page = f.fit(page, size, right-dateAt-gap)
	pageAt := right - f.measure(page, size)
	out = f.show(out, f.fit(title, size, typeAt-left-gap), size, left, y)
	out = f.show(out, f.fit(kind, size, dateAt-typeAt-gap), size, typeAt, y)
	out = f.show(out, f.fit(date, size, max(0, pageAt-dateAt-gap)), size, dateAt, y)
	return f.show(out, page, size, pageAt, y)
}

// mark is a bookmark: a name and the object of a page.
type mark struct {
	name string
	page int
}

// marks are the table itself and every document that has pages.
func (c *contents) marks() []mark {
	out := []mark{{c.lay.info.Contents.Bookmark, c.page(0)}}
	for k, p := range c.lay.parts {
		if p.Pages > 0 {
			out = append(out, mark{p.Title, pageObject(c.lay.first[k])})
		}
	}
	return out
}

func (c *contents) writeMarks(o *objects) {
	marks, first := c.marks(), c.outline+1
	last := c.outline + len(marks)
	o.add(c.outline, fmt.Sprintf("<</Type/Outlines/First %s/Last %s/Count %d>>", ref(first), ref(last), len(marks)))
	for i, m := range marks {
		n, around := first+i, ""
		if n > first {
			around += "/Prev " + ref(n-1)
		}
		if n < last {
			around += "/Next " + ref(n+1)
		}
		o.add(n, fmt.Sprintf("<</Title%s/Parent %s%s/Dest[%s/Fit]>>", textString(printable(m.name)), ref(c.outline), around, ref(m.page)))
	}
}
