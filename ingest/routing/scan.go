package routing

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"eakte/appliance/record"
)

// The bounds of what is read of a letter. What is behind them is not looked at,
// and might speak against what is before them: such a letter is for a person.
const (
	maxText   = 4 << 20 // bytes in which numbers and dates are looked for
	maxTokens = 60_000  // words that are held against names
	maxNames  = 6_000   // different words that may be misspelled names: 10 kB each
)

// token is one word of a letter as it is compared.
type token struct {
	page       int // place in reading.pages
	start, end int // bytes of the page's text
	word       string
	capital    bool
}

// reading is a letter taken apart.
type reading struct {
	Letter
	pages  []Page
	tokens []token
	first  []int            // of each page: its first token
	places map[string][]int // tokens by word
	rests  map[string][]string
	known  map[string][]hit // words already looked up
	over   bool             // a bound was reached
}

// read takes a letter apart. A mail's sender is one more page, numbered 0.
func read(l Letter) *reading {
	r := &reading{Letter: l, places: map[string][]int{}, known: map[string][]hit{}}
	left := maxText
	for _, p := range l.Pages {
		if len(p.Text) > left {
			r.over = true
			p.Text = strings.ToValidUTF8(p.Text[:left], "")
		}
		left -= len(p.Text)
		r.pages = append(r.pages, p)
	}
	if l.From != "" {
		r.pages = append(r.pages, Page{Text: l.From})
	}
	for i := range r.pages {
		r.first = append(r.first, len(r.tokens))
		r.split(i)
	}
	for i, t := range r.tokens {
		r.places[t.word] = append(r.places[t.word], i)
	}
	return r
}

// split cuts a page into words. A word that is divided at the end of a line is
// one word.
func (r *reading) split(page int) {
	text, start := r.pages[page].Text, -1
	joined := false
	for i := 0; i <= len(text); {
		c, size := rune(0), 1
		if i < len(text) {
			c, size = utf8.DecodeRuneInString(text[i:])
		}
		switch {
		case partOfWord(c):
			if start < 0 {
				start = i
			}
		case c == '-' && start >= 0 && divided(text[i+1:]):
			joined = true
			size = 2
		case start >= 0:
			r.add(page, start, i, joined)
			start, joined = -1, false
		}
		if len(r.tokens) >= maxTokens {
			r.over = true
			return
		}
		i += size
	}
}

func partOfWord(c rune) bool {
	if c < utf8.RuneSelf {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '\'' || c == '`'
	}
	return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.Is(unicode.Mn, c) || c == '’' || c == '´'
}

// divided says whether what follows a hyphen is the rest of a word on the next line.
func divided(rest string) bool {
	if len(rest) < 2 || rest[0] != '\n' {
		return false
	}
	c, _ := utf8.DecodeRuneInString(rest[1:])
	return unicode.IsLower(c)
}

func (r *reading) add(page, start, end int, joined bool) {
	s := r.pages[page].Text[start:end]
	c, _ := utf8.DecodeRuneInString(s)
	if joined {
		s = strings.ReplaceAll(s, "-\n", "")
	}
	if w := comparable(s); w != "" {
		r.tokens = append(r.tokens, token{page: page, start: start, end: end, word: w, capital: unicode.IsUpper(c)})
	}
}

// comparable folds one word, and puts right what recognition makes of letters
// among letters: B for ß, 0 for o, 1 for l, 5 for s.
func comparable(s string) string {
	plain, letters, digits := true, 0, 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= 'a' && c <= 'z':
			letters++
		case c >= '0' && c <= '9':
			digits++
		default:
			plain = false
			letters++
		}
	}
	if plain && digits == 0 || letters == 0 {
		return s
	}
	if digits > 0 && letters >= 3 && letters > 2*digits {
		s = letterLike.Replace(s)
	}
	if !plain && strings.IndexByte(s[1:], 'B') >= 0 && strings.ToUpper(s) != s {
		s = s[:1] + strings.ReplaceAll(s[1:], "B", "ß")
	}
	return strings.Join(fold(s), "")
}

var letterLike = strings.NewReplacer("0", "o", "1", "l", "5", "s")

// at gives where a piece of a page's text stands: its box, and how sure
// recognition was of it, 0 to 1; 0 where the page's words are not known.
func (r *reading) at(page, start, end int) (box record.Box, sure float64) {
	words := r.pages[page].Words.Words
	low, found := 100.0, false
	for _, w := range words {
		if w.Start >= end || w.Start+w.Len <= start {
			continue
		}
		b := record.Box{X: w.X, Y: w.Y, W: w.W, H: w.H}
		if found {
			b = union(box, b)
		}
		box, found = b, true
		low = min(low, float64(w.Confidence))
	}
	if !found {
		return record.Box{}, 0
	}
	return box, low / 100
}

func union(a, b record.Box) record.Box {
	x, y := min(a.X, b.X), min(a.Y, b.Y)
	return record.Box{X: x, Y: y, W: max(a.X+a.W, b.X+b.W) - x, H: max(a.Y+a.H, b.Y+b.H) - y}
}

// tokenAt gives the token of a page that holds, or follows, a byte of its text.
func (r *reading) tokenAt(page, offset int) int {
	low, high := r.first[page], len(r.tokens)
	if page+1 < len(r.first) {
		high = r.first[page+1]
	}
	for low < high {
		if mid := (low + high) / 2; r.tokens[mid].end <= offset {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low
}

// numbered gives the stretches of a text in which numbers may stand: lines with
// digits, neighbouring ones together, for a number may be broken over two.
func numbered(text string) [][2]int {
	var out [][2]int
	from := -1
	for start := 0; start < len(text); {
		end := strings.IndexByte(text[start:], '\n')
		if end < 0 {
			end = len(text)
		} else {
			end += start + 1
		}
		if digitsIn(text[start:end]) >= 4 {
			if from < 0 {
				from = start
			}
		} else if from >= 0 {
			out = append(out, [2]int{from, start})
			from = -1
		}
		start = end
	}
	if from >= 0 {
		out = append(out, [2]int{from, len(text)})
	}
	return out
}

func digitsIn(s string) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}
