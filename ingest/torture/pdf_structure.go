package torture

import (
	"bytes"
	"fmt"
	"strings"
)

const pdfTrees = "PDF: structure"

// pdfStructure makes PDF whose objects are missing, wrong, endless or go in circles.
func (m *maker) pdfStructure() {
	m.pdfCircles()
	m.pdfTables()
	m.pdfBoxes()
	line := "Sehr geehrte Damen und Herren, der Antrag wird bewilligt."
	with := func(f func(p *pdf)) []byte {
		var p pdf
		f(&p)
		if len(p.kids) == 0 {
			p.text("", line)
		}
		return p.bytes()
	}
	secret := strings.Repeat("ab", 32)
	for label, trailer := range inOrder(map[string]string{
		"40 bit": "/Filter/Standard/V 1/R 2/P -4/O<" + secret + ">/U<" + secret + ">", "no values": "/Filter/Standard",
		"256 bit":         "/Filter/Standard/V 5/R 6/Length 256/P -4/O<" + secret + ">/U<" + secret + ">/OE<00>/UE<00>/Perms<00>",
		"unknown handler": "/Filter/Nobody.Has.This/V 9/R 9", "public key": "/Filter/Adobe.PubSec/SubFilter/adbe.pkcs7.s5/V 4/Recipients[<3082>]",
	}) {
		m.add("PDF: encrypted", label, with(func(p *pdf) { p.trailer = "/ID[<00><00>]/Encrypt<<" + trailer + ">>" }), "encrypted", "damaged", Ready)
	}
	m.add(pdfTrees, "no pages", func() []byte { var p pdf; return p.bytes() }(), "damaged")
	m.add(pdfTrees, "6,000 pages", with(func(p *pdf) {
		for range 6000 {
			p.pageOf("", "null")
		}
	}), "too_many_pages")
	m.add(pdfTrees, "2,147,483,647 pages announced", with(func(p *pdf) {
		n := p.text("", line)
		p.tree = fmt.Sprintf("<</Type/Pages/Kids[%d 0 R]/Count 2147483647>>", n)
	}))
	m.add(pdfTrees, "-1 pages announced", with(func(p *pdf) { n := p.text("", line); p.tree = fmt.Sprintf("<</Type/Pages/Kids[%d 0 R]/Count -1>>", n) }))
	m.add(pdfTrees, "kids are numbers", with(func(p *pdf) { p.tree = "<</Type/Pages/Kids[1 2 3 (x) /y]/Count 5>>" }))
	for _, open := range []string{"[", "<<", "<</A", "(", "{", "<</A["} {
		m.add(pdfTrees, "100,000 times "+open, with(func(p *pdf) { p.add(strings.Repeat(open, 100_000)) }))
		m.add(pdfTrees, "catalog with 100,000 times "+open, with(func(p *pdf) { p.catalog = "/Deep " + strings.Repeat(open, 100_000) }))
	}
	m.add(pdfTrees, "numbers beyond all bounds", with(func(p *pdf) {
		p.text("/Rotate 99999999999999999999999/UserUnit 1e400", line)
	}))
	m.add(pdfTrees, "names with NUL", with(func(p *pdf) { p.text("/A#00#2f#2e#2e 1/#FF#FE 2", line) }))
	m.add(pdfTrees, "header behind 900 bytes", append(bytes.Repeat([]byte{'x'}, 900), with(func(*pdf) {})...))
	m.add(pdfTrees, "version 9.9", with(func(p *pdf) { p.head = "%PDF-9.9\n" }), Ready)
	m.add(pdfTrees, "only old Mac line ends", bytes.ReplaceAll(with(func(*pdf) {}), []byte("\n"), []byte("\r")))
	m.add(pdfTrees, "contents are 20,000 streams", with(func(p *pdf) {
		n := p.stream("", []byte("q Q"))
		p.pageOf("", "["+strings.Repeat(fmt.Sprintf("%d 0 R ", n), 20_000)+"]")
	}))
	m.add(pdfTrees, "no contents", with(func(p *pdf) { p.pageOf("", "null") }), Ready)
	m.add(pdfTrees, "contents missing", with(func(p *pdf) { p.pageOf("", "4711 0 R") }))
}

// pdfCircles are trees and references that come back to where they began.
func (m *maker) pdfCircles() {
	one := func(f func(p *pdf)) []byte { var p pdf; p.text("", "Bescheid"); f(&p); return p.bytes() }
	m.add(pdfTrees, "page tree holds itself", one(func(p *pdf) { p.tree = "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 2>>" }))
	m.add(pdfTrees, "page tree holds itself and a page", one(func(p *pdf) { p.tree = "<</Type/Pages/Kids[" + p.kids[0] + " 2 0 R]/Count 2>>" }))
	m.add(pdfTrees, "page is its own parent", one(func(p *pdf) {
		n := p.next()
		p.pageOf(fmt.Sprintf("/Parent %d 0 R", n), "null")
	}))
	m.add(pdfTrees, "tree 5,000 deep", one(func(p *pdf) {
		last := p.kids[0]
		for range 5000 {
			last = fmt.Sprintf("%d 0 R", p.add("<</Type/Pages/Parent 2 0 R/Count 1/Kids["+last+"]>>"))
		}
		p.kids = []string{last}
	}))
	m.add(pdfTrees, "tree doubles 20 times", one(func(p *pdf) {
		last := p.kids[0]
		for range 20 {
			last = fmt.Sprintf("%d 0 R", p.add("<</Type/Pages/Parent 2 0 R/Count 2/Kids["+last+" "+last+"]>>"))
		}
		p.kids = []string{last}
	}))
	m.add(pdfTrees, "box is a reference to itself", one(func(p *pdf) {
		n := p.next()
		p.add(fmt.Sprintf("%d 0 R", n))
		p.page(fmt.Sprintf("/MediaBox %d 0 R", n), "")
	}))
	m.add(pdfTrees, "length is the stream itself", one(func(p *pdf) {
		n := p.next()
		p.add(fmt.Sprintf("<</Length %d 0 R>>stream\nBT ET\nendstream", n))
		p.pageOf("", fmt.Sprintf("%d 0 R", n))
	}))
	for _, length := range []string{"-1", "0", "2147483647", "99999999999999", "null", "(x)"} {
		m.add(pdfTrees, "length is "+length, one(func(p *pdf) {
			p.pageOf("", fmt.Sprintf("%d 0 R", p.add("<</Length "+length+">>stream\nBT ET\nendstream")))
		}))
	}
	m.add(pdfTrees, "catalog is its own tree", one(func(p *pdf) { p.catalog = "/Pages 1 0 R" }))
	m.add(pdfTrees, "outline in a circle", one(func(p *pdf) {
		n := p.next()
		p.add(fmt.Sprintf("<</Title(x)/Next %d 0 R/First %d 0 R/Parent %d 0 R>>", n, n, n))
		p.catalog = fmt.Sprintf("/Outlines<</First %d 0 R/Last %d 0 R>>", n, n)
	}))
	m.add(pdfTrees, "names in a circle", one(func(p *pdf) {
		n := p.next()
		p.add(fmt.Sprintf("<</Kids[%d 0 R]>>", n))
		p.catalog = fmt.Sprintf("/Names<</Dests %d 0 R/EmbeddedFiles %d 0 R>>/AcroForm<</Fields[%d 0 R]>>", n, n, n)
	}))
}

// pdfTables are cross-reference tables and object streams that lie.
func (m *maker) pdfTables() {
	var p pdf
	p.text("", "Sehr geehrte Damen und Herren, der Antrag wird bewilligt.")
	good := p.bytes()
	table := bytes.LastIndex(good, []byte("xref\n0"))
	prev := func(at int) []byte {
		return bytes.Replace(good, []byte("/Root 1 0 R"), fmt.Appendf(nil, "/Root 1 0 R/Prev %d", at), 1)
	}
	m.add(pdfTrees, "table before itself", prev(table))
	m.add(pdfTrees, "table before the end of the file", prev(1<<31-1))
	m.add(pdfTrees, "table before the file", prev(-5))
	m.add(pdfTrees, "hybrid table of itself", bytes.Replace(good, []byte("/Root 1 0 R"), fmt.Appendf(nil, "/Root 1 0 R/XRefStm %d", table), 1))
	m.add(pdfTrees, "start of the table is elsewhere", bytes.Replace(good, []byte("startxref\n"), []byte("startxref\n9"), 1))
	m.add(pdfTrees, "no table", func() []byte { p.noXref = true; return p.bytes() }())
	m.add(pdfTrees, "table of 4,294,967,295 rows", bytes.Replace(good, []byte("xref\n0 "), []byte("xref\n0 429496729"), 1))
	m.add(pdfTrees, "no root", bytes.Replace(good, []byte("/Root 1 0 R"), nil, 1))
	m.add(pdfTrees, "root is missing", bytes.Replace(good, []byte("/Root 1 0 R"), []byte("/Root 99 0 R"), 1))
	m.add(pdfTrees, "root is the trailer's size", bytes.Replace(good, []byte("/Root 1 0 R"), []byte("/Root 1"), 1))
	m.add(pdfTrees, "all objects at one place", bytes.ReplaceAll(good, []byte(" 00000 n"), []byte(" 00009 n")))
	m.add(pdfTrees, "a thousand versions", bytes.Join([][]byte{good, bytes.Repeat(good[table:], 1000)}, nil))
	same := func(r [][3]int) [][3]int { return r }
	for label, dict := range inOrder(map[string]string{"extends itself": "/Extends 6 0 R", "of 2,147,483,647 objects": "/N 2147483647",
		"of -1 objects": "/N -1", "begins before itself": "/First -100", "begins behind itself": "/First 2000000000"}) {
		m.add(pdfTrees, "object stream "+label, packed(func(d string) string { return "<<" + dict + d[2:] + dict }, same))
	}
	keep := func(d string) string { return d }
	m.add(pdfTrees, "object stream in itself", packed(keep, func(r [][3]int) [][3]int { r[6] = [3]int{2, 6, 0}; return r }))
	m.add(pdfTrees, "table in an object stream", packed(keep, func(r [][3]int) [][3]int { r[7] = [3]int{2, 6, 1}; return r }))
	m.add(pdfTrees, "object stream two in a circle", packed(keep, func(r [][3]int) [][3]int { r[5], r[6] = [3]int{2, 6, 0}, [3]int{2, 5, 0}; return r }))
	m.add(pdfTrees, "rows of unknown type", packed(keep, func(r [][3]int) [][3]int { r[3][0], r[2][0] = 9, 255; return r }))
}

// pdfBoxes are sheets of odd sizes.
func (m *maker) pdfBoxes() {
	for _, box := range []string{"0 0 0 0", "0 0 1e38 1e38", "0 0 -100 -100", "600 800 0 0", "0 0 14400 14400", "0 0 1000000 10", "0 0 10 1000000",
		"0 0 .001 .001", "nan nan nan nan", "0 0", "(a) (b) (c) (d)", "-1e9 -1e9 1e9 1e9", "0 0 2147483648 2147483648", "1e20 1e20 1e21 1e21"} {
		var p, q pdf
		p.text("/MediaBox["+box+"]", "Sehr geehrte Damen und Herren, der Antrag wird bewilligt.")
		m.add("PDF: sheet", "media "+box, p.bytes())
		q.text("/MediaBox[0 0 298 210]/CropBox["+box+"]", "Sehr geehrte Damen und Herren, der Antrag wird bewilligt.")
		m.add("PDF: sheet", "crop "+box, q.bytes())
	}
	for _, extra := range []string{"/UserUnit 1000000", "/UserUnit -1", "/UserUnit 0.0000001", "/Rotate 45", "/Rotate -90", "/Rotate 1000000080", "/MediaBox null"} {
		var p pdf
		p.text(extra, "Sehr geehrte Damen und Herren, der Antrag wird bewilligt.")
		m.add("PDF: sheet", extra, p.bytes())
	}
}
