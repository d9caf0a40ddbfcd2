package rendition

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"

	"eakte/appliance/record"
)

// glyphWidth is the width of every glyph, in thousandths of the font's size.
// Each word is stretched to its box, so any width would do.
const glyphWidth = 500

// text gives every character a number of its own, in the order of appearance,
// and remembers whether one of them has no known meaning.
type text struct {
	codes   map[rune]uint16
	runes   []rune // by code, from 1
	unknown bool
}

func newText() *text {
	return &text{codes: map[rune]uint16{}, runes: []rune{0}}
}

// code numbers r. ok is false for what can't be said in Unicode at all.
func (t *text) code(r rune) (code uint16, ok bool) {
	if c, ok := t.codes[r]; ok {
		return c, true
	}
	if !known(r) {
		t.unknown = true
	}
	if unsayable(r) || len(t.runes) > 0xffff {
		t.unknown = true
		return 0, false
	}
	c := uint16(len(t.runes))
	t.codes[r] = c
	t.runes = append(t.runes, r)
	return c, true
}

// unsayable says whether r can't stand in a text at all.
func unsayable(r rune) bool { return unicode.IsControl(r) || r == 0xfeff || r&0xfffe == 0xfffe }

// known says whether everybody understands r as the same character.
func known(r rune) bool {
	return r != unicode.ReplacementChar && !unicode.Is(unicode.Co, r) && !unsayable(r)
}

// Mapped says whether every character of a page's words has a known meaning,
// which PDF/A-2u asks for; a rendition with others is PDF/A-2b.
func Mapped(words []record.Word) bool {
	return !slices.ContainsFunc(words, func(w record.Word) bool {
		return strings.ContainsFunc(w.Text, func(r rune) bool { return !known(r) })
	})
}

// layer adds a page's words to what is drawn, invisibly (render mode 3), s
// points to a pixel. Words of one line have one size, so that a reader's
// selection does not jump, but each stands on its own box: scans are skewed.
func (t *text) layer(out []byte, p Page, s float64) []byte {
	if len(p.Words) == 0 {
		return out
	}
	out = append(out, "BT 3 Tr\n"...)
	size := ""
	for _, line := range lines(p.Words) {
		height := lineHeight(line) * s
		if now := number(max(height, 1)); now != size {
			size = now
			out = fmt.Appendf(out, "/T %s Tf\n", size)
		}
		for k, w := range line {
			if k+1 < len(line) {
				w.W = apart(w, line[k+1], lineHeight(line))
			}
			out = t.word(out, w, p.Height, max(height, 1), s)
		}
	}
	return append(out, "ET\n"...)
}

// word adds one word with a space behind it, which keeps it apart from the
// next one whatever a reader thinks of the gap.
func (t *text) word(out []byte, w record.Word, pageHeight int, size, s float64) []byte {
	codes := make([]byte, 0, 2*len(w.Text)+2)
	for _, r := range w.Text {
		if c, ok := t.code(r); ok {
			codes = append(codes, byte(c>>8), byte(c))
		}
	}
	n := len(codes) / 2
	if n == 0 {
		return out
	}
	if space, ok := t.code(' '); ok {
		codes = append(codes, byte(space>>8), byte(space))
	}
	stretch := 100 * float64(max(w.W, 1)) * s / (float64(n) * size * glyphWidth / 1000)
	return fmt.Appendf(out, "%s Tz 1 0 0 1 %s %s Tm <%x> Tj\n", number(max(stretch, 0.01)),
		number(float64(w.X)*s), number(float64(pageHeight-w.Y-w.H)*s), codes)
}

// apart is w's width, cut where it comes too near to the next word: readers
// that look at gaps alone would take both for one.
func apart(w, next record.Word, height float64) int {
	const gap, least = 0.2, 0.2
	room := float64(next.X-w.X) - gap*height
	return int(min(float64(w.W), max(room, least*float64(w.W))))
}

// lines cuts words into lines: a new one begins where a word does not stand
// to the right of the one before.
func lines(words []record.Word) [][]record.Word {
	var out [][]record.Word
	from := 0
	for i := 1; i <= len(words); i++ {
		if i == len(words) || !follows(words[i-1], words[i]) {
			out = append(out, words[from:i])
			from = i
		}
	}
	return out
}

func follows(a, b record.Word) bool {
	return b.X >= a.X+a.W/2 && b.Y < a.Y+a.H && a.Y < b.Y+b.H
}

// lineHeight is the median of the words' heights.
func lineHeight(line []record.Word) float64 {
	h := make([]int, len(line))
	for i, w := range line {
		h[i] = w.H
	}
	slices.Sort(h)
	return float64(h[len(h)/2])
}

// toUnicode is the CMap that says which character each code stands for.
func (t *text) toUnicode() []byte {
	var b strings.Builder
	b.WriteString(cmapHead)
	for from := 1; from < len(t.runes); from += 100 { // more a block is not allowed
		to := min(from+100, len(t.runes))
		fmt.Fprintf(&b, "%d beginbfchar\n", to-from)
		for c := from; c < to; c++ {
			fmt.Fprintf(&b, "<%04x> <", c)
			for _, u := range utf16.AppendRune(nil, t.runes[c]) {
				fmt.Fprintf(&b, "%04x", u)
			}
			b.WriteString(">\n")
		}
		b.WriteString("endbfchar\n")
	}
	b.WriteString(cmapEnd)
	return []byte(b.String())
}

const cmapHead = `/CIDInit /ProcSet findresource begin
12 dict begin
begincmap
/CIDSystemInfo <</Registry (Adobe) /Ordering (UCS) /Supplement 0>> def
/CMapName /Adobe-Identity-UCS def
/CMapType 2 def
1 begincodespacerange
<0000> <ffff>
endcodespacerange
`

const cmapEnd = `endcmap
CMapName currentdict /CMap defineresource pop
end
end
`
