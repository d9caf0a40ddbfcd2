package meili

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"

	"eakte/appliance/record"
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
	Date        int      `json:"date"` // YYYYMMDD, 0 if undated
	Year        string   `json:"year,omitempty"`
	Pages       int      `json:"pages"`
	Size        int      `json:"size"` // how long it is: the number of bits of the number of words
	Sequence    int64    `json:"sequence"`
	Words       []string `json:"words"`   // terms without a digit
	Numbers     []string `json:"numbers"` // terms with one
	Pairs       []string `json:"pairs"`   // see pair
	Title       []string `json:"title"`   // terms of the title, parts left out
	Suggest     []string `json:"suggest"` // see suggestion
	Body        string   `json:"body"`    // see body
}

// The attributes that are asked about, as document has them.
const (
	words       = "words"
	numbers     = "numbers"
	pairs       = "pairs"
	titleTerms  = "title"
	suggestions = "suggest"
)

// attribute names where a term stands.
func attribute(term string) string {
	if search.HasDigit(term) {
		return numbers
	}
	return words
}

func newDocument(n search.Entry) (document, error) {
	d := document{ID: string(n.Document), File: n.Ordinal, Sensitivity: uint8(n.Sensitivity), Site: escape(n.Site), Team: escape(n.Team),
		Type: escape(n.Type), Pages: len(n.Pages), Sequence: n.Sequence, Words: []string{}, Numbers: []string{}, Pairs: []string{}, Title: []string{}, Suggest: []string{}}
	if date, ok := day(n.Date); ok {
		d.Date, d.Year = date, n.Date[:4]
	}
	c := collector{seen: map[string]bool{}, document: &d}
	b := body{c.element(n.Title, true)}
	for _, p := range n.Pages {
		b = append(b, c.element(p, false))
	}
	d.Size = bits.Len(uint(c.size))
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

// element takes the terms of a title or page and gives them by position.
func (c *collector) element(text string, title bool) element {
	var out element
	for _, t := range search.Analyze(text) {
		for len(out) < t.Position {
			out = append(out, nil)
		}
		out[t.Position-1] = append(out[t.Position-1], t.Term)
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
	c.pairs(out)
	c.size += len(out)
	return out
}

// pair is the value for two terms that stand side by side.
func pair(first, second string) string { return first + termSpace + second }

// pairs takes the pairs of an element. Parts of compounds stand in no phrase.
func (c *collector) pairs(e element) {
	for i := 1; i < len(e); i++ {
		for _, first := range e[i-1] {
			for _, second := range e[i] {
				if strings.HasPrefix(first, search.PartMark) || strings.HasPrefix(second, search.PartMark) {
					continue
				}
				if v := pair(first, second); c.once('p', v) {
					c.document.Pairs = append(c.document.Pairs, v)
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

// element is a title or page: the terms at each of its positions.
type element [][]string

// body is the title and the pages of a document.
type body []element

// What parts the elements, the positions and the terms of an encoded body. No
// term has any of them.
const (
	elementEnd  = "\f"
	positionEnd = "\n"
	termSpace   = " "
)

// encode packs a body into base64 of deflate: a third of its length.
func (b body) encode() (string, error) {
	var out bytes.Buffer
	to64 := base64.NewEncoder(base64.StdEncoding, &out)
	deflate, err := flate.NewWriter(to64, flate.DefaultCompression)
	if err != nil {
		return "", fmt.Errorf("pack terms: %w", err)
	}
	for i, e := range b {
		if i > 0 {
			_, err = io.WriteString(deflate, elementEnd)
		}
		for _, terms := range e {
			_, werr := io.WriteString(deflate, strings.Join(terms, termSpace)+positionEnd)
			err = errors.Join(err, werr)
		}
	}
	if err = errors.Join(err, deflate.Close(), to64.Close()); err != nil {
		return "", fmt.Errorf("pack terms: %w", err)
	}
	return out.String(), nil
}

// maxBody is the most bytes that an encoded body is unpacked to.
const maxBody = 1 << 30

func decodeBody(s string) (body, error) {
	r := flate.NewReader(base64.NewDecoder(base64.StdEncoding, strings.NewReader(s)))
	raw, err := io.ReadAll(io.LimitReader(r, maxBody))
	if err != nil {
		return nil, &record.Error{Category: record.Corrupt, Message: "The search index is damaged.",
			Hint: "Have the index made anew; files and documents can be read meanwhile.", Cause: err}
	}
	var b body
	for _, part := range strings.Split(string(raw), elementEnd) {
		var e element
		for _, p := range strings.SplitAfter(part, positionEnd) {
			if line, ok := strings.CutSuffix(p, positionEnd); ok {
				e = append(e, strings.Fields(line))
			}
		}
		b = append(b, e)
	}
	return b, nil
}
