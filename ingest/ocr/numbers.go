package ocr

import (
	"regexp"
	"strings"
)

const (
	digit       = `[0-9OoIl|SB]` // and what digits are misread as
	labelWithin = 3              // words before a number: "Kundennummer des Partners: …"
	siteDigits  = 5              // before the strokes
)

var (
	fileNumber  = regexp.MustCompile(`^(\D{0,2})(` + digit + `{5})//(` + digit + `{7})([.,;:)]*)$`)
	oneSlash    = regexp.MustCompile(`^(\D{0,2})([0-9]{5})[/47]([0-9]{7})([.,;:)]*)$`)
	firstDigits = regexp.MustCompile(`^\(?[0-9]{1,4}$`)
	otherDigits = regexp.MustCompile(`^[0-9]{1,4}//[0-9]{7}[.,;:)]*$`)
	fileLabel   = regexp.MustCompile(`^\(?BG(-?Nummer|-?Nr|\b)`)
	customer    = regexp.MustCompile(`^(\D?)([0-9]{3})([D0OQ])([0-9]{6})([.,;:)]*)$`)
	clientLabel = regexp.MustCompile(`^\(?(Kunden-?[Nn]ummer|Kunden-?[Nn]r|Kd\.-?Nr)`)
	asDigits    = strings.NewReplacer("O", "0", "o", "0", "I", "1", "l", "1", "|", "1", "S", "5", "B", "8")
)

// fileNumbers puts right the numbers of files, 03104//0012345. Behind their
// two strokes there is nothing else they could be: letters become the digits
// they look like, and two halves become one word. Where the strokes were read
// as one, or as a digit, "BG-Nummer" must stand before it, for a telephone
// number looks alike.
func fileNumbers(tokens []Token) []Token {
	out := tokens[:0]
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		if i+1 < len(tokens) && halves(t, tokens[i+1]) {
			next := tokens[i+1]
			t.Raw, t.Text = t.Raw+" "+next.Raw, t.Text+next.Text
			t.Box, t.Confidence = t.Box.Union(next.Box), min(t.Confidence, next.Confidence)
			i++
		}
		if m := fileNumber.FindStringSubmatch(t.Text); m != nil {
			t.Text = m[1] + asDigits.Replace(m[2]) + "//" + asDigits.Replace(m[3]) + m[4]
		} else if m := oneSlash.FindStringSubmatch(t.Text); m != nil && labelled(out, t, fileLabel) {
			t.Text = m[1] + m[2] + "//" + m[3] + m[4]
		}
		out = append(out, t)
	}
	return out
}

// halves says whether a and b are one file number, torn within its first five digits.
func halves(a, b Token) bool {
	if !sameLine(a, b) || !firstDigits.MatchString(a.Raw) || !otherDigits.MatchString(b.Raw) || b.Box.Min.X-a.Box.Max.X > a.Box.Dy() {
		return false
	}
	return len(strings.TrimPrefix(a.Raw, "("))+strings.Index(b.Raw, "/") == siteDigits
}

// labelled says whether one of the last words before t, in its block, is the label.
func labelled(before []Token, t Token, label *regexp.Regexp) bool {
	for i := len(before) - 1; i >= 0 && i >= len(before)-labelWithin; i-- {
		if before[i].Block == t.Block && label.MatchString(before[i].Text) {
			return true
		}
	}
	return false
}

// customerNumbers puts right the letter of a Kundennummer, 031D123456: a letter
// that looks like D is one, a 0 only where the number is called by its name.
func customerNumbers(tokens []Token) {
	for i, t := range tokens {
		m := customer.FindStringSubmatch(t.Text)
		if m == nil || m[3] == "0" && !labelled(tokens[:i], t, clientLabel) {
			continue
		}
		tokens[i].Text = m[1] + m[2] + "D" + m[4] + m[5]
	}
}
