package render

import (
	"context"
	"image"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// TextLine is one paragraph of a text that has no pages of its own. Text may
// hold newlines. A Label stands before it in bold, in a column of its own.
type TextLine struct {
	Label, Text string
	Bold        bool
	Rule        bool // a line across the page instead of text
}

// What a text is laid out on: A4 with margins, pixels at textDPI.
const (
	textDPI    = 200
	textPoints = 10.5
	textWidth  = 1654
	textHeight = 2339
	textMargin = 160
	textLead   = 40  // from line to line
	labelWidth = 230 // of the column of labels
)

// textDoc is a text laid out on pages.
type textDoc struct {
	typ   string
	pages [][]textRow
}

// textRow is one line on a page.
type textRow struct {
	y     int
	rule  bool
	words []textWord
}

type textWord struct {
	text        string
	x, w        int
	bold        bool
	block, line int
}

// LayOut sets a text on A4 pages, with its own words: nothing is recognised.
// Letters that the typeface lacks are drawn as boxes; the words have them all
// the same. More than maxPages pages are a Fault.
func LayOut(contentType string, lines []TextLine, maxPages int) (Document, error) {
	faces, err := textFaces()
	if err != nil {
		return nil, err
	}
	s := setter{faces: faces, y: textMargin}
	for _, l := range lines {
		s.paragraph(l)
		if len(s.pages) >= maxPages {
			return nil, fault(ReasonTooManyPages, 0, "a text too long for its pages")
		}
	}
	return &textDoc{typ: contentType, pages: append(s.pages, s.page)}, nil
}

func (d *textDoc) ContentType() string { return d.typ }

func (d *textDoc) Pages() int { return len(d.pages) }

func (d *textDoc) Close() error { return nil }

// Page draws page n.
func (d *textDoc) Page(_ context.Context, n int) (Page, error) {
	faces, err := textFaces()
	if err != nil {
		return Page{}, err
	}
	g := newGray(textWidth, textHeight)
	for i := range g.Pix {
		g.Pix[i] = 0xff
	}
	p := Page{Raster: Raster{Y: g, DPI: textDPI}, Digital: true}
	for _, row := range d.pages[n-1] {
		if row.rule {
			for x := textMargin; x < textWidth-textMargin; x++ {
				g.Pix[(row.y+textLead/2)*g.Stride+x] = 0x80
			}
		}
		for _, w := range row.words {
			faces[w.face()].draw(g, w.text, w.x, row.y+textLead*3/4)
			box := image.Rect(w.x, row.y+4, max(w.x+w.w, w.x+1), row.y+textLead-2)
			p.Words = append(p.Words, Word{Text: w.text, Box: box, Block: w.block, Line: w.line})
		}
	}
	return p, nil
}

func (w textWord) face() int {
	if w.bold {
		return 1
	}
	return 0
}

// setter breaks paragraphs into rows and rows into pages.
type setter struct {
	faces       [2]*textFace
	pages       [][]textRow
	page        []textRow
	y           int
	block, line int
	last        TextLine
}

func (s *setter) paragraph(l TextLine) {
	if l.Rule || s.last.Rule || l.Bold || s.last.Bold || (l.Label == "") != (s.last.Label == "") {
		s.block++
	}
	s.last = l
	if l.Rule {
		s.row(textRow{rule: true})
		return
	}
	left := textMargin
	var label []textWord
	if l.Label != "" {
		left += labelWidth
		label, _ = s.words(l.Label+":", true, textMargin, left-10)
	}
	for _, text := range strings.Split(l.Text, "\n") {
		if strings.TrimSpace(text) == "" && l.Label == "" {
			s.block++ // an empty line parts paragraphs
		}
		for first := true; first || text != ""; first = false {
			var words []textWord
			words, text = s.words(text, l.Bold, left, textWidth-textMargin)
			s.row(textRow{words: append(label, words...)})
			label = nil
		}
	}
}

// row puts a row on the page, or begins a new one.
func (s *setter) row(r textRow) {
	if s.y+textLead > textHeight-textMargin {
		s.pages, s.page, s.y = append(s.pages, s.page), nil, textMargin
	}
	s.line++
	for i := range r.words {
		r.words[i].block, r.words[i].line = s.block, s.line
	}
	r.y = s.y
	s.y += textLead
	if r.rule || len(r.words) > 0 {
		s.page = append(s.page, r)
	}
}

// words sets as much of text as fits between left and right and gives the
// rest. A word longer than the line is broken.
func (s *setter) words(text string, bold bool, left, right int) (out []textWord, rest string) {
	face := s.faces[textWord{bold: bold}.face()]
	x := left
	for text != "" {
		if text[0] == ' ' {
			x, text = x+face.advance(' '), text[1:]
			continue
		}
		n, w, whole := face.fit(text, right-x)
		if !whole && len(out) > 0 || x >= right && len(out) > 0 {
			return out, text // the word begins the next line
		}
		if n == 0 || x >= right {
			if x > left { // too far in for a single letter
				x = left
				continue
			}
			_, n = utf8.DecodeRuneInString(text)
			w = right - left
		}
		out = append(out, textWord{text: text[:n], x: x, w: w, bold: bold})
		x, text = x+w, text[n:]
		if !whole {
			return out, text
		}
	}
	return out, ""
}

// textFace is a typeface with the pictures of the letters that were used.
type textFace struct {
	mu     sync.Mutex
	face   font.Face
	glyphs map[rune]textGlyph
}

type textGlyph struct {
	at      image.Rectangle // from the point that the letter is drawn at
	alpha   []byte
	advance int
}

// mostGlyphs bounds what is kept: a text can use every letter there is.
const mostGlyphs = 4000

var textFaces = sync.OnceValues(func() (out [2]*textFace, err error) {
	for i, ttf := range [][]byte{goregular.TTF, gobold.TTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			return out, err
		}
		face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: textPoints, DPI: textDPI, Hinting: font.HintingFull})
		if err != nil {
			return out, err
		}
		out[i] = &textFace{face: face, glyphs: map[rune]textGlyph{}}
	}
	return out, nil
})

// glyph draws a letter, or finds it drawn.
func (f *textFace) glyph(r rune) textGlyph {
	f.mu.Lock()
	defer f.mu.Unlock()
	if g, ok := f.glyphs[r]; ok {
		return g
	}
	if len(f.glyphs) >= mostGlyphs {
		clear(f.glyphs)
	}
	var g textGlyph
	rect, mask, at, advance, ok := f.face.Glyph(fixed.Point26_6{}, r)
	if alpha, is := mask.(*image.Alpha); ok && is {
		g.at, g.advance = rect, max(1, advance.Round())
		for y := range rect.Dy() {
			row := alpha.Pix[alpha.PixOffset(at.X, at.Y+y):]
			g.alpha = append(g.alpha, row[:rect.Dx()]...)
		}
	} else {
		g.advance = textLead / 3
	}
	f.glyphs[r] = g
	return g
}

func (f *textFace) advance(r rune) int { return f.glyph(r).advance }

// fit says how many bytes of the word that text begins with fit into width,
// how wide they are, and whether that is the whole word.
func (f *textFace) fit(text string, width int) (n, w int, whole bool) {
	for i, r := range text {
		if r == ' ' {
			return i, w, true
		}
		a := f.advance(r)
		if w+a > width {
			return i, w, false
		}
		n, w = i+utf8.RuneLen(r), w+a
	}
	return n, w, true
}

// draw writes a word at the base line y.
func (f *textFace) draw(dst *image.Gray, text string, x, y int) {
	for _, r := range text {
		g := f.glyph(r)
		at := g.at.Add(image.Pt(x, y))
		for row := range at.Dy() {
			py := at.Min.Y + row
			if py < 0 || py >= dst.Rect.Dy() {
				continue
			}
			for col, a := range g.alpha[row*at.Dx() : (row+1)*at.Dx()] {
				if px := at.Min.X + col; a > 0 && px >= 0 && px < dst.Rect.Dx() {
					p := &dst.Pix[py*dst.Stride+px]
					*p = min(*p, 255-a)
				}
			}
		}
		x += g.advance
	}
}

// PlainText makes lines of a text, paragraph by paragraph, so that a long one
// is laid out in pieces.
func PlainText(text string) []TextLine {
	var out []TextLine
	for p := range strings.SplitSeq(strings.TrimRight(text, "\n"), "\n") {
		out = append(out, TextLine{Text: p})
	}
	return out
}
