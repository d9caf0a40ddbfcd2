package classify

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What of a letter is read: what it is stands at its beginning.
const (
	maxPages     = 20
	maxPageBytes = 64 << 10
	maxTokens    = 6000 // of the letter
	maxToken     = 80   // bytes
)

// token is a word on a page and what it may be.
type token struct {
	line       int // in text.lines
	start, end int // in its page's text
	folded     string
	hyphen     bool // it ends in one
	found      []found
}

// found is a word of the rules; span is how many tokens it takes.
type found struct{ word, span int }

// line is one line of a page.
type line struct {
	page    int // index in text.pages
	n       int // on its page, blank ones left out
	from    int // first token
	words   int
	capital bool // it begins with a capital or a digit
	prose   bool
	colon   bool    // it ends with one
	ends    bool    // with the sign of a sentence that is over
	blank   bool    // the line before it is
	tall    float64 // its letters against those of the page's body; 0: not known
	weight  float64 // of a heading that begins here; 0: none does
	aside   bool    // it lists what is enclosed, wanted or to be ticked
}

// text is a letter taken apart.
type text struct {
	rules  *Rules
	pages  []Page
	lines  []line
	tokens []token
	memo   map[string][]int
	at     map[int][]int // word of the rules → tokens where it begins
	first  int           // index of the page that is the letter's first: the one with text on it
}

func (r *Rules) read(pages []Page) *text {
	t := &text{rules: r, pages: pages[:min(len(pages), maxPages)], memo: map[string][]int{}, at: map[int][]int{}, first: -1}
	for i := range t.pages {
		before := len(t.tokens)
		t.readPage(i)
		if t.first < 0 && len(t.tokens)-before >= 5 {
			t.first = i
		}
	}
	t.first = max(t.first, 0)
	t.weigh()
	t.lookUp()
	t.unlist()
	return t
}

func (t *text) readPage(i int) {
	s := t.pages[i].Text
	s = s[:min(len(s), maxPageBytes)]
	tall := heights(t.pages[i])
	offset, n, blank := 0, 0, true
	for row := range strings.SplitSeq(s, "\n") {
		at := offset
		offset += len(row) + 1
		l := line{page: i, n: n, from: len(t.tokens), blank: blank, tall: tall.of(at, at+len(row))}
		if blank = strings.TrimSpace(row) == ""; blank {
			continue
		}
		t.readLine(&l, row, at)
		if l.words == 0 && !boxed(row) {
			continue
		}
		l.aside = boxed(row)
		t.lines = append(t.lines, l)
		n++
	}
}

// readLine takes a line apart into its tokens.
func (t *text) readLine(l *line, row string, at int) {
	small, begun := 0, false
	for start := 0; start < len(row); {
		r, size := utf8.DecodeRuneInString(row[start:])
		if !wordRune(r) {
			start += size
			continue
		}
		end := start
		for end < len(row) {
			r, size := utf8.DecodeRuneInString(row[end:])
			if !wordRune(r) && !(r == '-' && end+1 < len(row) && row[end+1] != ' ') {
				break
			}
			end += size
		}
		if !begun {
			l.capital, begun = unicode.IsUpper(r) || unicode.IsDigit(r), true
		}
		if unicode.IsLower(r) {
			small++
		}
		l.words++
		if len(t.tokens) < maxTokens {
			t.tokens = append(t.tokens, token{line: len(t.lines), start: at + start, end: at + end,
				folded: fold(row[start:min(end, start+maxToken)]), hyphen: strings.HasPrefix(row[end:], "-")})
		}
		start = end
	}
	l.prose = l.words >= 6 && small*10 >= 3*l.words
	row = strings.TrimSpace(row)
	l.colon = strings.HasSuffix(row, ":")
	l.ends = l.colon || strings.HasSuffix(row, ".") || strings.HasSuffix(row, "!") || strings.HasSuffix(row, "?")
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '|' }

// boxed says whether a line begins with a box to tick or the point of a list.
func boxed(row string) bool {
	row = strings.TrimSpace(row)
	r, _ := utf8.DecodeRuneInString(row)
	if strings.ContainsRune("□☐☑☒■▢❏❑◻◯○●•·–—*✓✗", r) {
		return true
	}
	for _, p := range []string{"[]", "[ ]", "[x]", "[X]", "( )", "(x)", "(X)", "- ", "O ", "o ", "D ", "C] ", "LI "} {
		if strings.HasPrefix(row, p) {
			return true
		}
	}
	return false
}

// sizes are the heights of a page's words by where they begin in its text.
type sizes struct {
	starts, heights []int
	body            float64
}

func heights(p Page) (s sizes) {
	var all []int
	for _, w := range p.Words.Words {
		if utf8.RuneCountInString(w.Text) >= 4 && w.H > 0 && len(all) < maxTokens {
			s.starts, s.heights, all = append(s.starts, w.Start), append(s.heights, w.H), append(all, w.H)
		}
	}
	if len(all) < 20 || !slices.IsSorted(s.starts) {
		return sizes{}
	}
	slices.Sort(all)
	s.body = float64(all[len(all)/2])
	return s
}

// of is how tall the words of a piece of the text are against the body's.
func (s sizes) of(from, to int) float64 {
	i, _ := slices.BinarySearch(s.starts, from)
	tallest := 0
	for ; i < len(s.starts) && s.starts[i] < to; i++ {
		tallest = max(tallest, s.heights[i])
	}
	if s.body == 0 {
		return 0
	}
	return float64(tallest) / s.body
}

// lookUp finds the words of the rules. Where a word may have been torn apart
// (by a hyphen, in a heading, letter by letter), its pieces are tried as one.
func (t *text) lookUp() {
	for i := range t.tokens {
		k := &t.tokens[i]
		t.find(i, k.folded, 1)
		if i+1 >= len(t.tokens) {
			break
		}
		next := &t.tokens[i+1]
		sameLine := next.line == k.line
		torn := k.hyphen && next.line <= k.line+1
		if torn || sameLine && t.lines[k.line].weight > 0 && len(k.folded)+len(next.folded) >= 8 && !everyday[k.folded] && !everyday[next.folded] {
			t.find(i, k.folded+next.folded, 2)
		}
		if len(k.folded) == 1 && sameLine && (i == 0 || t.tokens[i-1].line != k.line || len(t.tokens[i-1].folded) > 1) {
			t.findSpaced(i)
		}
	}
}

// findSpaced tries letters that stand apart as one word: M I E T V E R T R A G.
func (t *text) findSpaced(i int) {
	word, n := "", 0
	for j := i; j < len(t.tokens) && t.tokens[j].line == t.tokens[i].line && len(t.tokens[j].folded) == 1 && n < maxLetters; j++ {
		word += t.tokens[j].folded
		n++
	}
	if n >= 5 {
		t.find(i, fold(word), n)
	}
}

func (t *text) find(i int, word string, span int) {
	if len(word) < 2 {
		return
	}
	words, known := t.memo[word]
	if !known {
		words = t.rules.words.find(word)
		t.memo[word] = words
	}
	for _, w := range words {
		t.tokens[i].found = append(t.tokens[i].found, found{w, span})
		if at := t.at[w]; len(at) == 0 || at[len(at)-1] != i {
			t.at[w] = append(at, i)
		}
	}
}

// span says how many tokens a phrase takes from token i on; 0: it isn't there.
func (t *text) span(p phrase, i int) int {
	if len(p) == 0 || i >= len(t.tokens) {
		return 0
	}
	for _, f := range t.tokens[i].found {
		if f.word != p[0] {
			continue
		}
		if len(p) == 1 {
			return f.span
		}
		if rest := t.span(p[1:], i+f.span); rest > 0 && t.together(i, i+f.span) {
			return f.span + rest
		}
	}
	return 0
}

// together says whether two tokens can belong to one phrase.
func (t *text) together(i, j int) bool {
	a, b := t.lines[t.tokens[i].line], t.lines[t.tokens[j].line]
	return a.page == b.page && b.n <= a.n+2
}

// read gives what stands there, as it was read.
func (t *text) read(i, span int) string {
	a, b := t.tokens[i], t.tokens[min(i+span, len(t.tokens))-1]
	s := t.pages[t.lines[a.line].page].Text[a.start:max(a.end, b.end)]
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > 2*maxPhrase {
		s = strings.ToValidUTF8(s[:2*maxPhrase], "")
	}
	return s
}
