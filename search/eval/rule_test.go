package eval

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"unicode"

	"eakte/appliance/sample"
)

// A rule says which letters a question means, by what they truly say or are.
// It knows nothing of the analyzer. Its parts are joined by " & "; with a !
// before it, a part must not hold:
//
//	w:REGEXP  a word of the letter is this, whole (any case; a hyphen parts words)
//	t:REGEXP  this stands somewhere in the letter
//	@type=a|b, @direction=in, @received>=DAY, @received<=DAY
//	@head~REGEXP  this stands in the first 400 characters
type rule []func(judged) bool

// judged is a letter as it truly is.
type judged struct {
	letter sample.Letter
	text   string
	words  []string
}

// broken is a hyphen at the end of a line.
var broken = regexp.MustCompile(`-\n(\p{Ll})`)

func judge(l sample.Letter, truth sample.Truth) judged {
	text := broken.ReplaceAllString(truth.Text(), "$1")
	return judged{letter: l, text: text, words: strings.FieldsFunc(text, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.Is(unicode.Mn, r)
	})}
}

func readRule(t testing.TB, s string) rule {
	t.Helper()
	var r rule
	for part := range strings.SplitSeq(s, " & ") {
		part, not := strings.CutPrefix(part, "!")
		hold, err := readPart(part)
		if err != nil {
			t.Fatalf("rule %q: %v", s, err)
		}
		r = append(r, func(j judged) bool { return hold(j) != not })
	}
	return r
}

func readPart(part string) (func(judged) bool, error) {
	compiled := func(pattern string) (*regexp.Regexp, error) { return regexp.Compile(pattern) }
	if p, ok := strings.CutPrefix(part, "w:"); ok {
		re, err := compiled("(?i)^(" + p + ")$")
		return func(j judged) bool {
			for _, w := range j.words {
				if re.MatchString(w) {
					return true
				}
			}
			return false
		}, err
	}
	if p, ok := strings.CutPrefix(part, "t:"); ok {
		re, err := compiled(p)
		return func(j judged) bool { return re.MatchString(j.text) }, err
	}
	if p, ok := strings.CutPrefix(part, "@head~"); ok {
		re, err := compiled(p)
		return func(j judged) bool { r := []rune(j.text); return re.MatchString(string(r[:min(len(r), 400)])) }, err
	}
	if p, ok := strings.CutPrefix(part, "@type="); ok {
		return func(j judged) bool { return strings.Contains("|"+p+"|", "|"+string(j.letter.Type)+"|") }, nil
	}
	if p, ok := strings.CutPrefix(part, "@direction="); ok {
		return func(j judged) bool { return string(j.letter.Direction) == p }, nil
	}
	if p, ok := strings.CutPrefix(part, "@received>="); ok {
		return func(j judged) bool { return j.letter.Received != "" && j.letter.Received >= p }, nil
	}
	if p, ok := strings.CutPrefix(part, "@received<="); ok {
		return func(j judged) bool { return j.letter.Received != "" && j.letter.Received <= p }, nil
	}
	return nil, fmt.Errorf("%q is no part of a rule", part)
}

func (r rule) means(j judged) bool {
	for _, hold := range r {
		if !hold(j) {
			return false
		}
	}
	return true
}
