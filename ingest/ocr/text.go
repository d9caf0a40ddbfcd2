package ocr

import (
	"image"
	"strings"
	"unicode"

	"eakte/appliance/record"
)

// Token is one word with its place on the page and in the text: tokens of the
// same block, paragraph and line stand in one line.
type Token struct {
	Raw, Text              string // Text is the corrected one; empty means as Raw
	Box                    image.Rectangle
	Confidence             float32
	Block, Paragraph, Line int
}

// text is the corrected text of t.
func (t Token) text() string {
	if t.Text == "" {
		return t.Raw
	}
	return t.Text
}

// Assemble makes a page's texts of its words, in the order given. Tokens
// without a visible character or without a box are left out.
func Assemble(tokens []Token) Page {
	var p Page
	var text, raw strings.Builder
	var sum, weight float64
	var last Token
	for _, t := range tokens {
		t.Raw, t.Text = strings.Join(strings.Fields(clean(t.Raw, ' ')), " "), clean(t.text(), -1)
		if t.Text == "" || t.Box.Empty() {
			continue
		}
		if len(p.Words) > 0 {
			gap := " "
			switch {
			case t.Block != last.Block || t.Paragraph != last.Paragraph:
				gap = "\n\n"
			case t.Line != last.Line:
				gap = "\n"
			}
			text.WriteString(gap)
			raw.WriteString(gap)
		}
		p.Words = append(p.Words, record.Word{Text: t.Text, Raw: t.Raw, Confidence: t.Confidence,
			X: t.Box.Min.X, Y: t.Box.Min.Y, W: t.Box.Dx(), H: t.Box.Dy(), Start: text.Len(), Len: len(t.Text)})
		text.WriteString(t.Text)
		raw.WriteString(t.Raw)
		sum += float64(t.Confidence) * float64(len(t.Text))
		weight += float64(len(t.Text))
		last = t
	}
	if weight > 0 {
		p.Confidence = float32(sum / weight)
		text.WriteByte('\n')
		raw.WriteByte('\n')
	}
	p.Text, p.Raw = text.String(), raw.String()
	return p
}

// clean makes valid UTF-8 without control characters; space stands in the place
// of spaces inside a word, -1 is none. Only raw words have any, read as two.
func clean(s string, space rune) string {
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return space
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
}
