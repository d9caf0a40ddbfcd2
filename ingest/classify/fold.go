package classify

import (
	"math/bits"
	"strings"
	"unicode"
)

// fold makes a word comparable: small letters, no umlauts in either writing, no
// marks. Digits that stand among letters become the letters they are taken for.
func fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	letters := 0
	for _, r := range s {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	for _, r := range s {
		switch r = unicode.ToLower(r); {
		case r == 'ß':
			b.WriteString("ss")
		case 'a' <= r && r <= 'z':
			b.WriteRune(r)
		case '0' <= r && r <= '9':
			if letters > 2 && unreadDigit[r-'0'] != 0 {
				r = rune(unreadDigit[r-'0'])
			}
			b.WriteRune(r)
		default:
			b.WriteString(plain[r])
		}
	}
	out := b.String()
	if !strings.Contains(out, "e") {
		return out
	}
	return withoutE.Replace(out)
}

// withoutE takes "ae", "oe" and "ue" for the umlaut that they may stand for:
// on both sides alike, so that it does no harm where they don't.
var withoutE = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

var unreadDigit = [10]byte{0: 'o', 1: 'l', 5: 's', 8: 'b'}

var plain = func() map[rune]string {
	m := map[rune]string{}
	for to, from := range map[string]string{"a": "äáàâãå", "o": "öóòôõø", "u": "üúùûů", "e": "éèêëęě", "i": "íìîïı|", "c": "çćč", "n": "ñńň", "s": "śšş", "z": "źżž", "l": "ł", "y": "ýÿ"} {
		for _, r := range from {
			m[r] = to
		}
	}
	m['ﬁ'], m['ﬂ'], m['æ'], m['œ'] = "fi", "fl", "a", "o"
	return m
}()

// flat is a hint or a title folded, its words parted by single spaces.
func flat(s string) string {
	var out []string
	for _, w := range strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		if w = fold(w); w != "" {
			out = append(out, w)
		}
	}
	return strings.Join(out, " ")
}

// misread is how many letters of a word of so many may be wrong.
func misread(length int) int {
	switch {
	case length < 6:
		return 0
	case length < 10:
		return 1
	case length < 16:
		return 2
	}
	return 3
}

// mask has a bit for each letter of a folded word.
func mask(s string) (m uint64) {
	for i := 0; i < len(s); i++ {
		m |= 1 << (s[i] & 63)
	}
	return m
}

// near says whether two folded words differ in at most limit letters. Two
// masks that differ in more than twice as many bits can't be.
func near(a, b string, maskA, maskB uint64, limit int) bool {
	if d := len(a) - len(b); d > limit || -d > limit || bits.OnesCount64(maskA^maskB) > 2*limit {
		return false
	}
	return distance(a, b, limit) <= limit
}

// maxLetters bounds the words that are compared letter by letter.
const maxLetters = 60

// distance counts inserted, lost and changed letters; more than limit is given
// as limit+1. Words are at most maxLetters long.
func distance(a, b string, limit int) int {
	var rows [2][maxLetters + 4]int
	if len(a) > maxLetters || len(b) > maxLetters {
		return limit + 1
	}
	last, row := &rows[0], &rows[1]
	for j := 0; j <= len(b); j++ {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		least := i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			least = min(least, row[j])
		}
		if least > limit {
			return limit + 1
		}
		last, row = row, last
	}
	return last[len(b)]
}
