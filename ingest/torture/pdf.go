package torture

import (
	"bytes"
	"fmt"
	"strings"
)

// pdf builds a PDF by hand. Objects 1 and 2 are catalog and page tree.
type pdf struct {
	objects []string
	kids    []string
	catalog string // more of the catalog
	tree    string // instead of the page tree
	trailer string // more of the trailer
	head    string // instead of the first line
	noXref  bool
}

// next is the number that the next object gets.
func (p *pdf) next() int { return len(p.objects) + 3 }

func (p *pdf) add(body string) int {
	p.objects = append(p.objects, body)
	return p.next() - 1
}

func (p *pdf) stream(dict string, data []byte) int {
	return p.add(fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(data), data))
}

// page adds a page; what extra lacks of a box it gets.
func (p *pdf) page(extra, content string) int {
	return p.pageOf(extra, fmt.Sprintf("%d 0 R", p.stream("", []byte(content))))
}

func (p *pdf) pageOf(extra, contents string) int {
	if !strings.Contains(extra, "/MediaBox") {
		extra += "/MediaBox[0 0 298 210]"
	}
	n := p.add(fmt.Sprintf("<</Type/Page/Parent 2 0 R/Contents %s %s>>", contents, extra))
	p.kids = append(p.kids, fmt.Sprintf("%d 0 R", n))
	return n
}

// font adds Helvetica as /F.
func (p *pdf) font() string {
	return fmt.Sprintf("/Font<</F %d 0 R>>", p.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>"))
}

func (p *pdf) text(extra string, lines ...string) int {
	content := "BT /F 9 Tf 12 TL 20 180 Td "
	for _, l := range lines {
		content += "(" + l + ") Tj T* "
	}
	return p.page("/Resources<<"+p.font()+">>"+extra, content+"ET")
}

func (p *pdf) image(dict string, data []byte) {
	x := p.stream("/Type/XObject/Subtype/Image"+dict, data)
	p.page(fmt.Sprintf("/Resources<</XObject<</I %d 0 R>>>>", x), "q 298 0 0 210 0 0 cm /I Do Q")
}

// drawn is a document of one page with content and resources.
func drawn(resources, content string, objects ...string) []byte {
	var p pdf
	for _, o := range objects {
		p.add(o) // from 3 on
	}
	p.page("/Resources<<"+p.font()+resources+">>", content)
	return p.bytes()
}

func (p *pdf) bytes() []byte {
	var b bytes.Buffer
	if p.head == "" {
		p.head = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"
	}
	b.WriteString(p.head)
	if p.tree == "" {
		p.tree = fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(p.kids, " "), len(p.kids))
	}
	all := append([]string{"<</Type/Catalog/Pages 2 0 R" + p.catalog + ">>", p.tree}, p.objects...)
	var at []int
	for i, o := range all {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	x := b.Len()
	if p.noXref {
		return b.Bytes()
	}
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(all)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(all)+1, p.trailer, x)
	return b.Bytes()
}

// packed is a document whose catalog, tree and page lie in an object stream;
// edit may change the stream's dictionary, and rows those of the table.
func packed(edit func(dict string) string, rows func([][3]int) [][3]int) []byte {
	bodies := []string{"<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
		"<</Type/Page/Parent 2 0 R/MediaBox[0 0 298 210]/Contents 5 0 R/Resources<</Font<</F 4 0 R>>>>>>",
		"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"}
	head, body := "", ""
	for i, o := range bodies {
		head += fmt.Sprintf("%d %d ", i+1, len(body))
		body += o + " "
	}
	content := deflate([]byte("BT /F 9 Tf 20 180 Td (Sehr geehrte Damen und Herren, der Antrag wird bewilligt.) Tj ET"))
	data := deflate([]byte(head + body))
	b := []byte("%PDF-1.5\n")
	five := len(b)
	b = fmt.Appendf(b, "5 0 obj\n<</Filter/FlateDecode/Length %d>>stream\n%s\nendstream\nendobj\n", len(content), content)
	six := len(b)
	b = fmt.Appendf(b, "6 0 obj\n%s/Filter/FlateDecode/Length %d>>stream\n%s\nendstream\nendobj\n",
		edit(fmt.Sprintf("<</Type/ObjStm/N %d/First %d", len(bodies), len(head))), len(data), data)
	seven := len(b)
	table := rows([][3]int{{0, 0, 65535}, {2, 6, 0}, {2, 6, 1}, {2, 6, 2}, {2, 6, 3}, {1, five, 0}, {1, six, 0}, {1, seven, 0}})
	var x []byte
	for _, r := range table {
		x = append(x, byte(r[0]), byte(r[1]>>8), byte(r[1]), byte(r[2]>>8), byte(r[2]))
	}
	return fmt.Appendf(b, "7 0 obj\n<</Type/XRef/Size %d/W[1 2 2]/Root 1 0 R/Length %d>>stream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		len(table), len(x), x, seven)
}

func objectStreams() []byte {
	return packed(func(d string) string { return d }, func(r [][3]int) [][3]int { return r })
}
