package catalog

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

const maxWord = 40 // runes of a word of a name that count

// nameWords cuts a name into words as they are compared: lower case, without
// accents, umlauts written out (ä = ae, ß = ss), cut at spaces and hyphens.
func nameWords(s string) []string {
	s = norm.NFC.String(s)
	var words []string
	var b strings.Builder
	flush := func() {
		if b.Len() > 0 {
			words = append(words, cut(b.String()))
			b.Reset()
		}
	}
	for _, r := range s {
		r = unicode.ToLower(r)
		switch {
		case r == '\'' || r == '’' || r == '`' || r == '´': // O'Neill is one word
		case unicode.IsLetter(r), unicode.IsDigit(r):
			b.WriteString(foldLetter(r))
		case unicode.Is(unicode.Mn, r):
		default:
			flush()
		}
	}
	flush()
	return words
}

func cut(s string) string {
	if r := []rune(s); len(r) > maxWord {
		return string(r[:maxWord])
	}
	return s
}

func foldLetter(r rune) string {
	switch r {
	case 'ä', 'æ':
		return "ae"
	case 'ö', 'œ':
		return "oe"
	case 'ü':
		return "ue"
	case 'ß':
		return "ss"
	case 'ø':
		return "o"
	case 'ł':
		return "l"
	case 'đ', 'ð':
		return "d"
	case 'þ':
		return "th"
	case 'ı':
		return "i"
	}
	var b strings.Builder
	for _, d := range norm.NFD.String(string(r)) {
		if !unicode.Is(unicode.Mn, d) {
			b.WriteRune(d)
		}
	}
	return b.String()
}

// sound is the Kölner Phonetik of a folded word: words that sound alike in
// German have the same. "" if nothing of the word has a sound.
func sound(word string) string {
	codes := make([]byte, 0, len(word)+2)
	for i := 0; i < len(word); i++ {
		codes = append(codes, letterSound(word, i)...)
	}
	out := make([]byte, 0, len(codes))
	for i, c := range codes {
		if i > 0 && c == codes[i-1] {
			continue // the same sound twice is heard once
		}
		if c == '0' && i > 0 {
			continue // vowels count at the beginning only
		}
		out = append(out, c)
	}
	return string(out)
}

// letterSound gives the code of one letter, which depends on its neighbours.
func letterSound(word string, i int) string {
	at := func(j int) byte {
		if j < 0 || j >= len(word) {
			return 0
		}
		return word[j]
	}
	before, after := at(i-1), at(i+1)
	oneOf := func(c byte, set string) bool { return c != 0 && strings.IndexByte(set, c) >= 0 }
	switch c := word[i]; c {
	case 'a', 'e', 'i', 'j', 'o', 'u', 'y':
		return "0"
	case 'b':
		return "1"
	case 'p':
		if after == 'h' {
			return "3"
		}
		return "1"
	case 'd', 't':
		if oneOf(after, "csz") {
			return "8"
		}
		return "2"
	case 'f', 'v', 'w':
		return "3"
	case 'g', 'k', 'q':
		return "4"
	case 'c':
		switch {
		case i == 0 && oneOf(after, "ahkloqrux"):
			return "4"
		case i > 0 && !oneOf(before, "sz") && oneOf(after, "ahkoqux"):
			return "4"
		}
		return "8"
	case 'x':
		if oneOf(before, "ckq") {
			return "8"
		}
		return "48"
	case 'l':
		return "5"
	case 'm', 'n':
		return "6"
	case 'r':
		return "7"
	case 's', 'z':
		return "8"
	}
	return "" // h, digits, and letters that this rule doesn't know
}

// rests gives a word with any one letter left out, and the word itself. Two
// words that are one slip apart have a rest in common.
func rests(word string) []string {
	r := []rune(word)
	out := []string{word}
	if len(r) < 3 {
		return out
	}
	seen := map[string]bool{word: true}
	for i := range r {
		s := string(r[:i]) + string(r[i+1:])
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}

// distance counts the slips between two words: a letter that is wrong, missing
// or too much, or two neighbours swapped. What is beyond limit is limit + 1.
func distance(a, b string, limit int) int {
	x, y := []rune(a), []rune(b)
	if len(x)-len(y) > limit || len(y)-len(x) > limit {
		return limit + 1
	}
	before, last, row := make([]int, len(y)+1), make([]int, len(y)+1), make([]int, len(y)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(x); i++ {
		row[0] = i
		for j := 1; j <= len(y); j++ {
			cost := 1
			if x[i-1] == y[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && x[i-1] == y[j-2] && x[i-2] == y[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return min(last[len(y)], limit+1)
}
