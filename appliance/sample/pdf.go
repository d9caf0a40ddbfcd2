package sample

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode/utf16"
)

// pdfFile collects numbered objects. Compact and deterministic: what is needed
// for pages of text or of images, and no more.
type pdfFile struct {
	objects []string // by number, from 1
	extra   string   // for the catalog's dictionary
	crypt   *pdfCrypt
	err     error // the first that encryption met
}

// reserve gives a number for an object that is set later.
func (p *pdfFile) reserve() int {
	p.objects = append(p.objects, "")
	return len(p.objects)
}

func (p *pdfFile) add(body string) int {
	n := p.reserve()
	p.objects[n-1] = body
	return n
}

// stream adds a stream object; dict is the inside of its dictionary.
func (p *pdfFile) stream(dict string, data []byte) int {
	n := p.reserve()
	if p.crypt != nil {
		enc, err := p.crypt.apply(n, data)
		if err != nil && p.err == nil {
			p.err = err
		}
		data = enc
	}
	p.objects[n-1] = fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", dict, len(data), data)
	return n
}

// deflated adds a stream and compresses it.
func (p *pdfFile) deflated(dict string, data []byte) int {
	return p.stream(dict+"/Filter/FlateDecode", deflate(data))
}

// bytes writes the file. date is YYYY-MM-DD.
func (p *pdfFile) bytes(root int, producer, date string) []byte {
	info := ""
	if p.crypt == nil { // strings would have to be encrypted
		day := strings.ReplaceAll(date, "-", "")
		info = fmt.Sprintf("/Info %d 0 R", p.add(fmt.Sprintf("<</Producer(%s)/CreationDate(D:%s100000Z)>>", producer, day)))
	}
	var b bytes.Buffer
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	offsets := make([]int, len(p.objects))
	for i, o := range p.objects {
		offsets[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	id := sha256.Sum256(b.Bytes())
	if p.crypt != nil {
		info += fmt.Sprintf("/Encrypt %d 0 R", p.crypt.object)
		copy(id[:16], p.crypt.id)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d/Root %d 0 R%s/ID[<%x><%x>]>>\nstartxref\n%d\n%%%%EOF\n",
		len(offsets)+1, root, info, id[:16], id[:16], xref)
	return b.Bytes()
}

// pages adds a page tree and the catalog.
func (p *pdfFile) pages(tree int, kids []int) int {
	refs := make([]string, len(kids))
	for i, k := range kids {
		refs[i] = fmt.Sprintf("%d 0 R", k)
	}
	p.objects[tree-1] = fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", len(kids), strings.Join(refs, " "))
	return p.add(fmt.Sprintf("<</Type/Catalog/Pages %d 0 R%s>>", tree, p.extra))
}

// writeTextPDF writes a letter as a born-digital PDF with embedded subsets of
// its fonts and maps back to Unicode.
func writeTextPDF(lay *layout, date string) ([]byte, error) {
	p := &pdfFile{}
	root, err := p.textPages(lay, pageWidth, pageHeight)
	if err != nil {
		return nil, err
	}
	return p.bytes(root, "Schreibdienst 3.2", date), nil
}

func (p *pdfFile) textPages(lay *layout, width, height float64) (root int, err error) {
	var faces []*face
	used := map[*face]map[rune]bool{}
	use := func(words []word) {
		for _, w := range words {
			if used[w.face] == nil {
				used[w.face] = map[rune]bool{' ': true}
				faces = append(faces, w.face)
			}
			for _, r := range w.text {
				used[w.face][r] = true
			}
		}
	}
	for _, pg := range lay.pages {
		use(pg.words)
		for _, m := range pg.marks {
			use(m.words)
		}
	}
	names := map[*face]string{}
	var fonts strings.Builder
	for i, fc := range faces {
		names[fc] = fmt.Sprintf("F%d", i+1)
		n, err := p.font(fc, used[fc])
		if err != nil {
			return 0, err
		}
		fmt.Fprintf(&fonts, "/F%d %d 0 R", i+1, n)
	}
	tree := p.reserve()
	var kids []int
	for _, pg := range lay.pages {
		content := p.deflated("", pageContent(pg, names, height))
		kids = append(kids, p.add(fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %s %s]/Resources<</Font<<%s>>>>/Contents %d 0 R>>",
			tree, num(width), num(height), fonts.String(), content)))
	}
	return p.pages(tree, kids), nil
}

// pageContent draws fills, then curves, then the words in reading order, then
// the marks.
func pageContent(pg *page, names map[*face]string, height float64) []byte {
	var b bytes.Buffer
	grey := func(g uint8) string { v := num(float64(g) / 255); return v + " " + v + " " + v }
	if pg.paper.A != 0 {
		paper := mark{ink: pg.paper, cover: 1}
		drawGroup(&b, []fillBox{{Rect: Rect{W: pageWidth, H: height}}}, nil, nil, nil, height, paper.colour)
	}
	drawGroup(&b, pg.fills, pg.curves, pg.words, names, height, grey)
	for _, m := range pg.marks {
		sin, cos := math.Sincos(-m.angle * math.Pi / 180) // upwards is positive in PDF
		x, y := m.x, height-m.y
		fmt.Fprintf(&b, "q %.5f %.5f %.5f %.5f %s %s cm\n", cos, sin, -sin, cos, num(x-x*cos+y*sin), num(y-x*sin-y*cos))
		drawGroup(&b, m.fills, m.curves, m.words, names, height, m.colour)
		b.WriteString("Q\n")
	}
	return b.Bytes()
}

// colour is the mark's ink on white, thinned by grey.
func (m mark) colour(grey uint8) string {
	part := m.cover * (1 - float64(grey)/255)
	on := func(c uint8) string { return num(1 - part*(1-float64(c)/255)) }
	return on(m.ink.R) + " " + on(m.ink.G) + " " + on(m.ink.B)
}

func drawGroup(b *bytes.Buffer, fills []fillBox, curves []curve, words []word, names map[*face]string, height float64, colour func(uint8) string) {
	for _, f := range fills {
		fmt.Fprintf(b, "%s rg %s %s %s %s re f\n", colour(f.grey), num(f.X), num(height-f.Y-f.H), num(f.W), num(f.H))
	}
	for _, c := range curves {
		fmt.Fprintf(b, "%s RG %s w 1 J 1 j %s %s m\n", colour(c.grey), num(c.width), num(c.points[0].x), num(height-c.points[0].y))
		for i := 1; i+2 < len(c.points); i += 3 {
			for _, q := range c.points[i : i+3] {
				fmt.Fprintf(b, "%s %s ", num(q.x), num(height-q.y))
			}
			b.WriteString("c\n")
		}
		b.WriteString("S\n")
	}
	if len(words) == 0 {
		return
	}
	b.WriteString("BT\n")
	var set string
	for _, w := range words {
		if s := fmt.Sprintf("/%s %s Tf %s rg\n", names[w.face], num(w.size), colour(w.grey)); s != set {
			b.WriteString(s)
			set = s
		}
		fmt.Fprintf(b, "1 0 0 1 %s %s Tm <", num(w.x), num(height-w.y))
		text := w.text
		if w.space {
			text += " "
		}
		for _, r := range text {
			g, _ := w.face.glyph(r)
			fmt.Fprintf(b, "%04X", uint16(g.id))
		}
		b.WriteString("> Tj\n")
	}
	b.WriteString("ET\n")
}

// font adds a composite font with the glyphs of the given characters.
func (p *pdfFile) font(fc *face, used map[rune]bool) (int, error) {
	runes := make([]rune, 0, len(used))
	for r := range used {
		runes = append(runes, r)
	}
	slices.Sort(runes)
	var widths, unicode strings.Builder
	ids := map[uint16]bool{0: true}
	lines := 0
	for _, r := range runes {
		g, ok := fc.glyph(r)
		if !ok || ids[uint16(g.id)] {
			continue
		}
		ids[uint16(g.id)] = true
		fmt.Fprintf(&widths, "%d[%s]", g.id, num(g.advance*1000/fc.upem))
		fmt.Fprintf(&unicode, "<%04X> <", uint16(g.id))
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&unicode, "%04X", u)
		}
		unicode.WriteString(">\n")
		lines++
	}
	sub, err := subset(fc.data, ids)
	if err != nil {
		return 0, fmt.Errorf("subset of %s: %w", fc.name, err)
	}
	sum := sha256.Sum256([]byte(string(runes)))
	tag := make([]byte, 6)
	for i := range tag {
		tag[i] = 'A' + sum[i]%26
	}
	name := string(tag) + "+" + fc.name
	file := p.deflated(fmt.Sprintf("/Length1 %d", len(sub)), sub)
	desc := p.add(fmt.Sprintf("<</Type/FontDescriptor/FontName/%s/Flags 4/FontBBox[-500 -300 1500 1100]/ItalicAngle 0/Ascent %s/Descent %s/CapHeight 700/StemV 80/FontFile2 %d 0 R>>",
		name, num(fc.asc*1000), num(-fc.desc*1000), file))
	cid := p.add(fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/%s/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor %d 0 R/CIDToGIDMap/Identity/W[%s]>>",
		name, desc, widths.String()))
	cmap := p.deflated("", toUnicode(unicode.String(), lines))
	return p.add(fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/%s/Encoding/Identity-H/DescendantFonts[%d 0 R]/ToUnicode %d 0 R>>", name, cid, cmap)), nil
}

// toUnicode wraps lines of "<glyph> <character>" as a CMap, a hundred a block.
func toUnicode(lines string, n int) []byte {
	var b strings.Builder
	b.WriteString("/CIDInit /ProcSet findresource begin 12 dict begin begincmap\n/CMapName /Adobe-Identity-UCS def /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n")
	all := strings.SplitAfter(lines, "\n")[:n]
	for block := range slices.Chunk(all, 100) {
		fmt.Fprintf(&b, "%d beginbfchar\n%sendbfchar\n", len(block), strings.Join(block, ""))
	}
	b.WriteString("endcmap CMapName currentdict /CMap defineresource pop end end\n")
	return []byte(b.String())
}

// writeImagePDF writes scanned pages, one image each, as scanners do.
func writeImagePDF(pages []scanned, date string) ([]byte, error) {
	p := &pdfFile{}
	tree := p.reserve()
	var kids []int
	for _, s := range pages {
		filter, decode := "", ""
		switch s.compression {
		case DCT:
			filter = "/Filter/DCTDecode"
		case Deflate:
			filter = "/Filter/FlateDecode"
		case Group4:
			filter = fmt.Sprintf("/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns %d/Rows %d>>", s.width, s.height)
		case Plain:
		default:
			return nil, fmt.Errorf("no PDF with compression %q", s.compression)
		}
		bits := 8
		if s.bilevel {
			bits = 1
			if s.compression != Group4 {
				decode = "/Decode[1 0]" // our 1 is black
			}
		}
		space := "DeviceGray"
		if s.colour {
			space = "DeviceRGB"
		}
		img := p.stream(fmt.Sprintf("/Type/XObject/Subtype/Image/Width %d/Height %d/ColorSpace/%s/BitsPerComponent %d%s%s", s.width, s.height, space, bits, decode, filter), s.data)
		w, h := num(float64(s.width)*72/float64(s.dpi)), num(float64(s.height)*72/float64(s.dpi))
		content := p.stream("", fmt.Appendf(nil, "q %s 0 0 %s 0 0 cm /I Do Q", w, h))
		kids = append(kids, p.add(fmt.Sprintf("<</Type/Page/Parent %d 0 R/MediaBox[0 0 %s %s]/Resources<</XObject<</I %d 0 R>>>>/Contents %d 0 R>>", tree, w, h, img, content)))
	}
	return p.bytes(p.pages(tree, kids), "Scanstrecke S-3", date), nil
}

// num writes a number with up to two places.
func num(v float64) string {
	s := strings.TrimRight(fmt.Sprintf("%.2f", v), "0")
	return strings.TrimSuffix(s, ".")
}
