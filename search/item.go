package search

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// item is a stretch of a query: what stands between spaces, in quotes, or
// behind a field's name.
type item struct {
	text       string
	start, end int // in the query
	not        bool
	quoted     bool
	prefix     bool
	or         bool   // the word OR itself
	field      string // FieldType, …; then there are values and no text
	values     []item
}

// words is how many words an item counts for.
func (it *item) words() int {
	if it.field == "" {
		return positions(Analyze(it.text))
	}
	n := 0
	for i := range it.values {
		n += max(1, it.values[i].words())
	}
	return n
}

// plain says whether an item is words as they are, so that it may be a group
// of a number.
func (it *item) plain() bool {
	return !it.not && !it.quoted && !it.prefix && !it.or && it.field == ""
}

// cutQuery takes a query apart. Quotes of every make count.
func cutQuery(q string) ([]item, error) {
	var items []item
	for i := 0; i < len(q); {
		r, n := utf8.DecodeRuneInString(q[i:])
		if unicode.IsSpace(r) {
			i += n
			continue
		}
		it := item{start: i}
		if m := minus(q[i:]); m > 0 {
			it.not = true
			i += m
		}
		var err error
		if field, m := fieldName(q[i:]); m > 0 {
			it.field = field
			it.values, i, err = cutValues(q, i+m)
		} else {
			not, start := it.not, it.start
			it, i, err = cutWord(q, i, false)
			it.not, it.start = not, start
			it.or = !not && !it.quoted && !it.prefix && (it.text == "OR" || it.text == "ODER")
		}
		if err != nil {
			return nil, err
		}
		it.end = i
		items = append(items, it)
	}
	return items, nil
}

// cutWord reads what stands in quotes at i, or up to the next blank or quote,
// or comma if that ends it, and gives where it ended.
func cutWord(q string, i int, comma bool) (item, int, error) {
	it := item{start: i}
	r, n := utf8.DecodeRuneInString(q[i:])
	if isQuote(r) {
		i += n
		end := strings.IndexFunc(q[i:], isQuote)
		if end < 0 {
			return it, len(q), wrong(ReasonQuote, "A quote is not closed.", `Write a quote at both ends of the phrase: "Kosten der Unterkunft".`)
		}
		it.quoted, it.text = true, q[i:i+end]
		_, n = utf8.DecodeRuneInString(q[i+end:])
		it.end = i + end + n
		return it, it.end, nil
	}
	end := strings.IndexFunc(q[i:], func(r rune) bool { return unicode.IsSpace(r) || isQuote(r) || comma && r == ',' })
	if end < 0 {
		end = len(q) - i
	}
	it.end = i + end
	it.text, it.prefix = strings.CutSuffix(q[i:it.end], "*")
	return it, it.end, nil
}

// cutValues reads what stands behind a field's name: words or phrases with
// commas between.
func cutValues(q string, i int) ([]item, int, error) {
	var out []item
	for {
		v, end, err := cutWord(q, i, true)
		if err != nil {
			return nil, end, err
		}
		if i = end; strings.TrimSpace(v.text) != "" {
			out = append(out, v)
		}
		if !strings.HasPrefix(q[i:], ",") {
			break
		}
		i++
	}
	if len(out) == 0 {
		return nil, i, noValue()
	}
	return out, i, nil
}

func noValue() error {
	return wrong(ReasonField, "A field has no value.", `Write the value right behind the colon: type:Bescheid, from:"Stadtwerke Neustadt".`)
}

// minus gives the length of a minus that excludes what follows it.
func minus(s string) int {
	for _, m := range [...]string{"-", "\u2212"} {
		if rest, ok := strings.CutPrefix(s, m); ok {
			if r, _ := utf8.DecodeRuneInString(rest); rest != "" && !unicode.IsSpace(r) {
				return len(m)
			}
		}
	}
	return 0
}

func isQuote(r rune) bool {
	switch r {
	case '"', '\u201c', '\u201d', '\u201e', '\u201f', '\u00ab', '\u00bb':
		return true
	}
	return false
}
