package ocr

import (
	"regexp"
	"strings"
)

// Correct puts right what the models misread by rule. It sets Text and leaves
// Raw as it was.
func Correct(tokens []Token) []Token {
	for i := range tokens {
		tokens[i].Text = tokens[i].Raw
	}
	paragraphSigns(tokens)
	quotationMarks(tokens)
	return tokens
}

var (
	signMisread = regexp.MustCompile(`^(\(?)([8$&]{1,2})$`)
	number      = regexp.MustCompile(`^[0-9]{1,4}[a-z]{0,2}[.,;]?$`)
	listed      = regexp.MustCompile(`^([0-9]{1,4}[a-z]{0,2}[.,;]?|und|oder|sowie)$`)
	lawWord     = regexp.MustCompile(`^(Abs|Absatz|Satz|SGB|Nr|bis|SGG|BGB|ZPO|VwVfG|BKGG|WoGG|UVG|AsylbLG|AufenthG|BAföG)\b`)
)

// paragraphSigns restores "§", which the German model does not know: it says
// 8, $ or & instead. Those are taken for paragraph signs before a number that
// a word of the law follows (Abs., Satz, SGB, Nr., bis), be it after more
// numbers ("§§ 7, 9 und 11 SGB"), or behind an opening bracket.
func paragraphSigns(tokens []Token) {
	for i := range tokens {
		m := signMisread.FindStringSubmatch(tokens[i].Raw)
		if m == nil || i+1 >= len(tokens) || !number.MatchString(tokens[i+1].Raw) {
			continue
		}
		j := i + 2
		for j < len(tokens) && j < i+10 && listed.MatchString(tokens[j].Raw) {
			j++
		}
		if m[1] == "(" || j < len(tokens) && lawWord.MatchString(tokens[j].Raw) {
			tokens[i].Text = m[1] + strings.Repeat("§", len(m[2]))
		}
	}
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
