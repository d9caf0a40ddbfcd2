package search

import (
	"hash/crc32"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// AnalyzerVersion changes whenever Analyze gives other terms for the same
// text. An index made by another version has to be made anew.
const AnalyzerVersion = 2

// Token is one term of a text. Several tokens may stand at one position.
type Token struct {
	Term     string
	Kind     TokenKind
	Start    int // bytes into the text
	End      int // exclusive
	Position int // 1, 2, …: that of the word in the text
}

// TokenKind says how a term came to be.
type TokenKind uint8

// The kinds of token.
const (
	TokenWord   TokenKind = iota + 1 // a word or number, folded
	TokenStem                        // the same without its ending
	TokenPart                        // a part of a compound, stemmed, after PartMark
	TokenNumber                      // a number joined from its groups, over all of them
)

// maxTerm is the longest term in bytes. Longer ones are noise and are cut.
const maxTerm = 64

// maxHyphens is how many pieces a hyphenated word is joined from.
const maxHyphens = 4

// Analyze gives the terms of text, in order of position. Every page that is
// indexed, every query and every page that is highlighted goes through it.
func Analyze(text string) []Token {
	a := analysis{text: text}
	a.fold.out = make([]byte, 0, len(text))
	a.fold.src = make([]int32, 0, len(text))
	a.runs = make([]run, 0, len(text)/6+1)
	a.scan()
	a.place()
	a.terms = make([]byte, 0, len(text)*2)
	a.marks = make([]mark, 0, len(a.runs)*5/2)
	for i := 0; i < len(a.runs); {
		i = a.emit(i)
	}
	return a.tokens()
}

type analysis struct {
	text  string
	fold  folder
	runs  []run
	terms []byte // all terms, one after the other: one allocation for the page
	marks []mark
}

// mark is a token whose term still lies in analysis.terms.
type mark struct {
	from, to   int
	kind       TokenKind
	start, end int
	position   int
}

// place gives the runs their positions: the pieces of a hyphenated word share one.
func (a *analysis) place() {
	position := 0
	for i := 0; i < len(a.runs); {
		position++
		n := a.pieces(i)
		for ; n > 0; n-- {
			a.runs[i].position = position
			i++
		}
	}
}

// pieces is the number of runs that make one hyphenated word from run i on.
func (a *analysis) pieces(i int) int {
	n := 1
	for n < maxHyphens && a.hyphenated(i+n-1) {
		n++
	}
	return n
}

// emit gives the terms that begin at run i and returns the next run.
func (a *analysis) emit(i int) int {
	first := len(a.marks)
	r := a.runs[i]
	switch r.class {
	case letters:
		n := a.pieces(i)
		for k := range n {
			q := a.runs[i+k]
			a.word(q.from, q.to, q.start, q.end, q.position, first)
		}
		if n > 1 {
			// The folded pieces lie side by side in out.
			last := a.runs[i+n-1]
			a.joinedWord(r.from, last.to, r.start, last.end, r.position, first)
		}
		a.numbers(i, first)
		return i + n
	case mixed:
		a.term(r.from, r.to, TokenWord, r.start, r.end, r.position, first)
		a.split(r, first)
	case digits:
		a.term(r.from, r.to, TokenWord, r.start, r.end, r.position, first)
	}
	a.numbers(i, first)
	return i + 1
}

// joinedWord emits a hyphenated word without its hyphens. Its parts are words
// already, unless the hyphen only broke the line.
func (a *analysis) joinedWord(from, to, start, end, position, first int) {
	if strings.Contains(a.text[start:end], "\n") {
		a.word(from, to, start, end, position, first)
		return
	}
	a.whole(from, to, start, end, position, first)
}

// whole emits a word and its stem.
func (a *analysis) whole(from, to, start, end, position, first int) {
	a.term(from, to, TokenWord, start, end, position, first)
	if s := stem(a.fold.out[from:to]); len(s) < to-from {
		a.term(from, from+len(s), TokenStem, start, end, position, first)
	}
}

// word emits a word of letters: itself, its stem, and its parts.
func (a *analysis) word(from, to, start, end, position, first int) {
	a.whole(from, to, start, end, position, first)
	w := a.fold.out[from:to]
	if len(w) < minCompound || len(w) > maxTerm {
		return
	}
	var found [maxSpans]span
	for _, p := range words().split(w, found[:0]) {
		at, till := int(a.fold.src[from+p.from]), end
		if !p.last {
			till = a.letterEnd(int(a.fold.src[from+p.to-1]))
		}
		b := len(a.terms)
		a.terms = append(a.terms, PartMark...)
		if p.from > 0 && a.swallowed(from+p.from) {
			a.terms = append(a.terms, 'e')
			at--
		}
		a.terms = append(a.terms, stem(w[p.from:p.to])...)
		a.put(b, TokenPart, at, till, position, first)
	}
}

// swallowed says whether folding took the e before a part for half of an
// umlaut, as in Kontoeröffnung: it begins the part.
func (a *analysis) swallowed(i int) bool {
	at := int(a.fold.src[i])
	return int(a.fold.src[i-1]) == at-2 && a.text[at-1]|0x20 == 'e' && strings.IndexByte("aou", a.text[at-2]|0x20) >= 0
}

// letterEnd gives the end of the letter at i, marks on it included.
func (a *analysis) letterEnd(i int) int {
	_, n := utf8.DecodeRuneInString(a.text[i:])
	for i += n; i < len(a.text); i += n {
		r, m := utf8.DecodeRuneInString(a.text[i:])
		if n = m; !unicode.Is(unicode.M, r) {
			break
		}
	}
	return i
}

// split emits the pieces of a run of letters and digits: "2026bis", "§22SGB".
func (a *analysis) split(r run, first int) {
	w := a.fold.out[r.from:r.to]
	for i := 0; i < len(w); {
		j := i + 1
		for j < len(w) && isDigit(w[j]) == isDigit(w[i]) {
			j++
		}
		if j-i >= 2 {
			end := r.end
			if j < len(w) {
				end = int(a.fold.src[r.from+j])
			}
			a.term(r.from+i, r.from+j, TokenWord, int(a.fold.src[r.from+i]), end, r.position, first)
		}
		i = j
	}
}

func (a *analysis) term(from, to int, k TokenKind, start, end, position, first int) {
	b := len(a.terms)
	a.terms = append(a.terms, a.fold.out[from:to]...)
	a.put(b, k, start, end, position, first)
}

// put ends the term that begins at b in terms. A term that stands at this
// position already is dropped again, unless it marks more of the text.
func (a *analysis) put(b int, k TokenKind, start, end, position, first int) {
	t := a.terms[b:]
	if len(t) > maxTerm {
		n := maxTerm
		for n > 0 && !utf8.RuneStart(t[n]) {
			n--
		}
		t = t[:n]
		a.terms = a.terms[:b+n]
	}
	for i := first; i < len(a.marks); i++ {
		m := &a.marks[i]
		if m.position == position && string(a.terms[m.from:m.to]) == string(t) {
			if start <= m.start && end >= m.end {
				m.start, m.end = start, end
			}
			a.terms = a.terms[:b]
			return
		}
	}
	a.marks = append(a.marks, mark{b, len(a.terms), k, start, end, position})
}

func (a *analysis) tokens() []Token {
	s := string(a.terms)
	out := make([]Token, len(a.marks))
	for i, m := range a.marks {
		out[i] = Token{Term: s[m.from:m.to], Kind: m.kind, Start: m.start, End: m.end, Position: m.position}
	}
	return out
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// AnalyzerFingerprint names the analyzer by its version and its word list.
func AnalyzerFingerprint() string {
	return strconv.Itoa(AnalyzerVersion) + "-" + strconv.FormatUint(uint64(crc32.ChecksumIEEE([]byte(wordList))), 16)
}
