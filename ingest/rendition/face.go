package rendition

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
)

// face is the typeface of the table of contents: Go Regular, embedded whole.
type face struct {
	font *sfnt.Font
	buf  sfnt.Buffer
	em   fixed.Int26_6
	used map[sfnt.GlyphIndex]rune
}

func newFace() (*face, error) {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil {
		return nil, fmt.Errorf("rendition: typeface: %w", err)
	}
	return &face{font: f, em: fixed.Int26_6(f.UnitsPerEm()) << 6, used: map[sfnt.GlyphIndex]rune{}}, nil
}

// glyph finds a glyph for r: its own, else the letter it is made of, else a
// question mark. A glyph that stands for nothing must not be drawn.
func (f *face) glyph(r rune) sfnt.GlyphIndex {
	plain := []rune(norm.NFD.String(string(r)))[0]
	for _, try := range []rune{r, plain, '?'} {
		if g, err := f.font.GlyphIndex(&f.buf, try); err == nil && g != 0 {
			if _, ok := f.used[g]; !ok {
				f.used[g] = try
			}
			return g
		}
	}
	return 0 // Go Regular has a question mark
}

// width of a glyph in thousandths of the size.
func (f *face) width(g sfnt.GlyphIndex) float64 {
	a, err := f.font.GlyphAdvance(&f.buf, g, f.em, font.HintingNone)
	if err != nil {
		return 0
	}
	return float64(a) * 1000 / float64(f.em)
}

// measure gives the width of s at a size, in points.
func (f *face) measure(s string, size float64) (w float64) {
	for _, r := range s {
		w += f.width(f.glyph(r))
	}
	return w * size / 1000
}

// fit cuts s until it is no wider than width.
func (f *face) fit(s string, size, width float64) string {
	if f.measure(s, size) <= width {
		return s
	}
	runes := []rune(s)
	for len(runes) > 0 && f.measure(string(runes)+"…", size) > width {
		runes = runes[:len(runes)-1]
	}
	return string(runes) + "…"
}

// show writes s at a place.
func (f *face) show(out []byte, s string, size, x, y float64) []byte {
	out = fmt.Appendf(out, "BT /C %s Tf 1 0 0 1 %s %s Tm <", number(size), number(x), number(y))
	for _, r := range s {
		out = fmt.Appendf(out, "%04x", f.glyph(r))
	}
	return append(out, "> Tj ET\n"...)
}

// faceObjects is how many objects write adds.
const faceObjects = 5

// write adds the font as the objects from n on.
func (f *face) write(o *objects, n int) {
	glyphs := make([]int, 0, len(f.used))
	for g := range f.used {
		glyphs = append(glyphs, int(g))
	}
	slices.Sort(glyphs)
	var widths, chars strings.Builder
	for _, g := range glyphs {
		fmt.Fprintf(&widths, "%d[%s]", g, number(f.width(sfnt.GlyphIndex(g))))
	}
	for from := 0; from < len(glyphs); from += 100 {
		block := glyphs[from:min(from+100, len(glyphs))]
		fmt.Fprintf(&chars, "%d beginbfchar\n", len(block))
		for _, g := range block {
			fmt.Fprintf(&chars, "<%04x> <", g)
			for _, u := range utf16.AppendRune(nil, f.used[sfnt.GlyphIndex(g)]) {
				fmt.Fprintf(&chars, "%04x", u)
			}
			chars.WriteString(">\n")
		}
		chars.WriteString("endbfchar\n")
	}
	o.add(n, fmt.Sprintf("<</Type/Font/Subtype/Type0/BaseFont/GoRegular/Encoding/Identity-H/DescendantFonts[%s]/ToUnicode %s>>", ref(n+1), ref(n+4)))
	o.add(n+1, fmt.Sprintf("<</Type/Font/Subtype/CIDFontType2/BaseFont/GoRegular/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>"+
		"/W[%s]/FontDescriptor %s/CIDToGIDMap/Identity>>", widths.String(), ref(n+2)))
	o.add(n+2, fmt.Sprintf("<</Type/FontDescriptor/FontName/GoRegular/Flags 4/FontBBox[-440 -432 2160 2248]/ItalicAngle 0/Ascent 944/Descent -211/CapHeight 723/StemV 80/FontFile2 %s>>", ref(n+3)))
	o.stream(n+3, fmt.Sprintf("/Length1 %d", len(goregular.TTF)), goregular.TTF)
	o.stream(n+4, "", []byte(cmapHead+chars.String()+cmapEnd))
}
