package ocr

import (
	"regexp"
	"strings"
)

// Correct puts right what the models misread by rule. It sets Text and leaves
// Raw as it was; a number that was read as two words becomes one.
func Correct(tokens []Token) []Token {
	for i := range tokens {
		tokens[i].Text = tokens[i].Raw
	}
	paragraphSigns(tokens)
	headings(tokens)
	numerals(tokens)
	spellings(tokens)
	tokens = fileNumbers(tokens)
	customerNumbers(tokens)
	quotationMarks(tokens)
	return tokens
}

var (
	doubled = regexp.MustCompile(`^(\(?)(,,|‚‚|,„|„,|,‚)`)
	single  = regexp.MustCompile(`^(\(?)[,‚]([\p{L}\p{N}])`)
	ending  = regexp.MustCompile(`(”|"|''|’’|‘‘|‘“|“|‘|’)([.,;:!?)]*)$`)
	double  = regexp.MustCompile(`[”“"]([.,;:!?)]*)$`)
)

// quotationMarks makes German quotation marks („…“) of what stands in their
// place: two commas in front, an English or a straight mark behind. Straight
// marks on both sides are meant so, and stay.
func quotationMarks(tokens []Token) {
	open, paragraph := false, [2]int{}
	for i := range tokens {
		t := &tokens[i]
		if here := [2]int{t.Block, t.Paragraph}; here != paragraph {
			open, paragraph = false, here
		}
		t.Text = doubled.ReplaceAllString(t.Text, "$1„")
		if !open && single.MatchString(t.Text) && closesSoon(tokens[i:]) {
			t.Text = single.ReplaceAllString(t.Text, "$1„$2")
		}
		open = open || strings.Contains(t.Text, "„")
		if open && ending.MatchString(t.Text) {
			t.Text = ending.ReplaceAllString(t.Text, "“$2")
			open = false
		}
	}
}

// closesSoon says whether a double mark closes what begins with the first
// token, in the same paragraph and before another one opens.
func closesSoon(tokens []Token) bool {
	for i, t := range tokens[:min(len(tokens), 8)] {
		if t.Block != tokens[0].Block || t.Paragraph != tokens[0].Paragraph || i > 0 && strings.Contains(t.Raw, "„") {
			return false
		}
		if double.MatchString(t.Raw) {
			return !strings.HasPrefix(t.Raw, `"`)
		}
	}
	return false
}
