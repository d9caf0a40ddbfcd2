package meili

import (
	"encoding/base64"
	"errors"
	"fmt"
	"hash/fnv"
	"iter"
	"math/bits"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"eakte/search"
)

// termEnd ends every value of a term. Facet search takes what it is asked for
// as a beginning; with two more letters to match, a term that only begins so
// is more than one typing error away.
const termEnd = ".."

// document is an entry as the server keeps it. Changes of it need another
// settingsVersion.
type document struct {
	ID          string   `json:"id"`
	File        uint32   `json:"file"` // its ordinal
	Sensitivity uint8    `json:"sensitivity"`
	Site        string   `json:"site,omitempty"`
	Team        string   `json:"team,omitempty"`
	Type        string   `json:"type,omitempty"`
	Section     string   `json:"section,omitempty"`
	Date        int      `json:"date"`     // YYYYMMDD, 0 if undated
	Received    int      `json:"received"` // likewise
	Year        string   `json:"year,omitempty"`
	Pages       int      `json:"pages"`
	Size        int      `json:"size"` // how long it is: the number of bits of the number of words
	Sequence    int64    `json:"sequence"`
	Words       []string `json:"words"`   // terms without a digit
	Numbers     []string `json:"numbers"` // terms with one
	Pairs       []int64  `json:"pairs"`   // see pairNumber
	Title       []string `json:"title"`   // terms of the title, parts left out
	Sender      []string `json:"sender"`  // terms and pairs of the sender
	Suggest     []string `json:"suggest"` // see suggestion
	Body        string   `json:"body"`    // see body
	Kept        []string `json:"kept"`    // pages by search.KeepPage, in base64
}

// maxKept is how many pages of a document are kept. An answer brings all that
// are kept of each hit, so that longer documents keep only the first ones.
const maxKept = 50

// The attributes that are asked about, as document has them.
const (
	words       = "words"
	numbers     = "numbers"
	pairs       = "pairs"
	titleTerms  = "title"
	senderTerms = "sender"
	suggestions = "suggest"
)

func newDocument(n search.Entry) (document, error) {
	d := document{ID: string(n.Document), File: n.Ordinal, Sensitivity: uint8(n.Sensitivity), Site: escape(n.Site), Team: escape(n.Team),
		Type: escape(n.Type), Section: escape(n.Section), Pages: len(n.Pages), Sequence: n.Sequence,
		Words: []string{}, Numbers: []string{}, Pairs: []int64{}, Title: []string{}, Sender: []string{}, Suggest: []string{}, Kept: []string{}}
	if date, ok := day(n.Date); ok {
		d.Date, d.Year = date, n.Date[:4]
	}
	d.Received, _ = day(n.Received) // 0 is none
	c := collector{seen: map[string]bool{}, document: &d}
	b := body{sender: c.sender(n.Sender), texts: []element{c.element(n.Title, true)}}
	for _, p := range n.Pages {
		b.texts = append(b.texts, c.element(p, false))
	}
	d.Size = bits.Len(uint(c.size))
	for i := range n.Pages[:min(len(n.Pages), len(n.Words), maxKept)] {
		kept, err := search.KeepPage(n.Pages[i], n.Words[i])
		if err != nil {
			return d, err
		}
		d.Kept = append(d.Kept, base64.StdEncoding.EncodeToString(kept))
	}
	var err error
	d.Body, err = b.encode()
	return d, err
}

// collector gathers the values of a document, each once.
type collector struct {
	document *document
	seen     map[string]bool
	size     int
}

func (c *collector) once(kind byte, value string) bool {
	key := string(kind) + value
	first := !c.seen[key]
	c.seen[key] = true
	return first
}

// byPosition gives the terms of a text by position.
func byPosition(tokens []search.Token) element {
	var out element
	for _, t := range tokens {
		for len(out) < t.Position {
			out = append(out, "")
		}
		if here := &out[t.Position-1]; *here == "" {
			*here = t.Term
		} else {
			*here += termSpace + t.Term
		}
	}
	return out
}

// element takes the terms of a title or page and gives them by position.
func (c *collector) element(text string, title bool) element {
	tokens := search.Analyze(text)
	for _, t := range tokens {
		value := t.Term + termEnd
		if c.once('w', value) {
			if search.HasDigit(t.Term) {
				c.document.Numbers = append(c.document.Numbers, value)
			} else {
				c.document.Words = append(c.document.Words, value)
			}
		}
		if title && t.Kind != search.TokenPart && c.once('t', value) {
			c.document.Title = append(c.document.Title, value)
		}
		if s, ok := suggestion(t, text); ok && c.once('s', s) {
			c.document.Suggest = append(c.document.Suggest, s)
		}
	}
	for v := range byPosition(stemmed(tokens)).pairs() {
		if c.once('p', v) {
			c.document.Pairs = append(c.document.Pairs, pairNumber(v))
		}
	}
	out := byPosition(tokens)
	c.size += len(out)
	return out
}

// stemmed leaves out the words that have a stem beside them: whoever asks for
// such a word asks for its stem as well, and pairs are half of an index.
func stemmed(tokens []search.Token) []search.Token {
	return slices.DeleteFunc(slices.Clone(tokens), func(w search.Token) bool {
		return w.Kind == search.TokenWord && slices.ContainsFunc(tokens, func(s search.Token) bool {
			return s.Kind == search.TokenStem && s.Position == w.Position && s.Start == w.Start && s.End == w.End
		})
	})
}

// sender takes the terms and pairs of the sender: both are values of one
// attribute, told apart by how they end.
func (c *collector) sender(text string) element {
	tokens := search.Analyze(text)
	out := byPosition(tokens)
	add := func(v string) {
		if c.once('f', v) {
			c.document.Sender = append(c.document.Sender, v)
		}
	}
	for _, t := range tokens {
		add(t.Term + termEnd)
	}
	for v := range out.pairs() {
		add(v)
	}
	return out
}

// pair is two terms that stand side by side.
func pair(first, second string) string { return first + termSpace + second }

// pairNumber is the value for a pair in a title or page: 52 bits of a hash, for
// which the server needs half of what it needs for the words. That two pairs of
// a hundred million have the same one, and a phrase is found where it isn't,
// happens to one question in millions.
func pairNumber(pair string) int64 {
	h := fnv.New64a()
	h.Write([]byte(pair))
	return int64(h.Sum64() >> 12)
}

// pairs gives the pairs of an element, some of them more than once. Parts of
// compounds stand in no phrase.
func (e element) pairs() iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := 1; i < len(e); i++ {
			for first := range strings.FieldsSeq(e[i-1]) {
				for second := range strings.FieldsSeq(e[i]) {
					part := strings.HasPrefix(first, search.PartMark) || strings.HasPrefix(second, search.PartMark)
					if !part && !yield(pair(first, second)) {
						return
					}
				}
			}
		}
	}
}

// day gives a date as a number that is in the order of dates.
func day(date string) (int, bool) {
	digits := strings.ReplaceAll(date, "-", "")
	n, err := strconv.Atoi(digits)
	return n, err == nil && len(date) == 10 && len(digits) == 8 && n > 0
}

// escape writes a value so that Meilisearch, which compares without regard to
// case, accents and outer blanks, keeps apart what is not the same.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if c := s[i]; 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	return b.String()
}

// unescape reads what escape wrote.
func unescape(s string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '%' {
			b.WriteByte(s[i])
			continue
		}
		if i+3 > len(s) {
			return "", errors.New("search server: a value is malformed")
		}
		n, err := strconv.ParseUint(s[i+1:i+3], 16, 8)
		if err != nil {
			return "", errors.New("search server: a value is malformed")
		}
		b.WriteByte(byte(n))
		i += 2
	}
	return b.String(), nil
}

// What is worth suggesting: whole words, neither abbreviations nor debris.
const (
	minSuggest = 4
	maxSuggest = 40
)

// suggestionMark parts the folded from the written form in a suggestion.
const suggestionMark = "/"

// suggestion is a word of a text, folded and as it is written there.
func suggestion(t search.Token, text string) (string, bool) {
	if t.Kind != search.TokenWord {
		return "", false
	}
	written := text[t.Start:t.End]
	n := utf8.RuneCountInString(written)
	if n < minSuggest || n > maxSuggest || search.HasDigit(t.Term) || strings.ContainsAny(written, " \n\r\t\u00ad") {
		return "", false
	}
	return t.Term + suggestionMark + escape(evenCase(written)), true
}

// evenCase writes a word in lower case, but for a capital at its beginning and
// after a hyphen: HEIZKOSTEN and Heizkosten are one suggestion.
func evenCase(w string) string {
	var b strings.Builder
	begin := true
	for _, r := range w {
		if begin {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.ToLower(string(r)))
		}
		begin = r == '-'
	}
	return b.String()
}
