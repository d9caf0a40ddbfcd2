package search

import (
	"strings"
	"unicode/utf8"
)

// What a query may be at most.
const (
	MaxQueryChars = 1000
	MaxQueryWords = 64
)

// MinFuzzy is the fewest letters of a word that is also found with a typing
// error in it; MinFuzzyStem is the same without its ending, as a word and as a
// part of one.
const (
	MinFuzzy     = 4
	MinFuzzyStem = 6
)

// minPrefix is the fewest letters or digits before a *.
const minPrefix = 2

// Parse reads a query. Words are ANDed and found in every inflection, as part
// of a compound and with one typing error; "a phrase" stands so on one page;
// -word and -"a phrase" must not occur as such (a compound with the word in it
// may); prefix* begins a word or a part of one; a number is found in any
// writing, and only exactly. OR (or ODER) joins its two neighbours, before AND.
//
// type:, site:, file:, section: and received: become Filters, from: a clause
// about the sender; each has a German name as well, takes quotes, several
// values with commas between, and a minus before it. Any other word: is a word.
//
// Errors are record.Invalid on the field "q", with a hint and a Reason.
func Parse(q string) (Parsed, error) {
	q = strings.ToValidUTF8(q, " ")
	if utf8.RuneCountInString(q) > MaxQueryChars {
		return Parsed{}, wrong(ReasonLong, "The search text is too long.", "Use at most 1,000 characters; a few words that stand in the document are enough.")
	}
	items, err := cutQuery(q)
	if err != nil {
		return Parsed{}, err
	}
	var p Parsed
	words := 0
	for _, it := range items {
		words += it.words()
	}
	for len(items) > 0 && err == nil {
		var c chain
		if c, err = cutChain(q, items); err == nil {
			err = c.into(&p)
		}
		items = items[c.length:]
	}
	switch {
	case err != nil:
		return Parsed{}, err
	case words > MaxQueryWords:
		return Parsed{}, wrong(ReasonWords, "The search text has too many words.", "Use at most 64 words; each of them must occur in the document.")
	case len(p.Must) > 0 || len(p.Filters) > 0:
		return p, nil
	case len(p.Not) > 0:
		return Parsed{}, wrong(ReasonOnlyNot, "The search text only says what must not occur.", "Add at least one word without a minus before it.")
	}
	return Parsed{}, wrong(ReasonNothing, "There is no word or number to search for.", "Type a word, a number or a phrase in quotes.")
}

// clauses gives what an item asks for: none if nothing in it can be searched.
func (it *item) clauses() ([]Clause, error) {
	tokens := Analyze(it.text)
	switch {
	case len(tokens) == 0:
		return nil, nil
	case it.quoted:
		return []Clause{phrase(tokens)}, nil
	case it.prefix:
		return prefix(tokens)
	case hasDigit(tokens):
		if c, ok := number(tokens); ok {
			return []Clause{c}, nil
		}
	}
	if it.not && positions(tokens) > 1 {
		return []Clause{phrase(tokens)}, nil
	}
	var out []Clause
	for _, g := range groups(tokens) {
		out = append(out, single(g, it.not))
	}
	return out, nil
}

// single is the clause of one word or number that stands by itself.
func single(g []Token, not bool) Clause {
	if hasDigit(g) {
		return Clause{Kind: KindNumber, Slots: []Slot{{Terms: widest(g)}}}
	}
	terms := widest(g)
	c := Clause{Kind: KindWord, Slots: []Slot{{Terms: terms}}}
	if not {
		return c
	}
	s := &c.Slots[0]
	part := PartMark + string(stem([]byte(terms[0])))
	s.Parts = []string{part}
	if utf8.RuneCountInString(terms[0]) >= MinFuzzy {
		s.Fuzzy = append(s.Fuzzy, terms[0])
	}
	if stemmed := part[len(PartMark):]; utf8.RuneCountInString(stemmed) >= MinFuzzyStem {
		if stemmed != terms[0] {
			s.Fuzzy = append(s.Fuzzy, stemmed)
		}
		s.Fuzzy = append(s.Fuzzy, part)
	}
	if p := pieces(g); len(p) > 1 {
		c.Also = []Clause{{Kind: KindPhrase, Slots: p}}
	}
	return c
}

// pieces are the slots of a hyphenated word's pieces, for texts that write
// them apart.
func pieces(g []Token) []Slot {
	start, end := extent(g)
	var out []Slot
	at := -1
	for _, t := range g {
		if t.Kind == TokenPart || t.Start == start && t.End == end {
			continue
		}
		if t.Start != at {
			out, at = append(out, Slot{}), t.Start
		}
		s := &out[len(out)-1]
		s.Terms = append(s.Terms, t.Term)
	}
	return out
}

// phrase is the clause of words side by side. If they are one number as well,
// that does, too.
func phrase(tokens []Token) Clause {
	c := Clause{Kind: KindPhrase}
	for _, g := range groups(tokens) {
		c.Slots = append(c.Slots, Slot{Terms: widest(g)})
	}
	if n := spanning(tokens); len(n) > 0 && len(c.Slots) > 1 {
		c.Also = []Clause{{Kind: KindNumber, Slots: []Slot{{Terms: n}}}}
	}
	return c
}

// prefix is the clause of a beginning: of the last word, the words before it
// stand for themselves.
func prefix(tokens []Token) ([]Clause, error) {
	g := groups(tokens)
	var out []Clause
	for _, w := range g[:len(g)-1] {
		out = append(out, single(w, false))
	}
	begin := widest(g[len(g)-1])[0]
	if utf8.RuneCountInString(begin) < minPrefix {
		return nil, wrong(ReasonNothing, "There are too few letters before the *.", "Write at least two letters before a *.")
	}
	return append(out, Clause{Kind: KindPrefix, Slots: []Slot{{Prefix: begin}}}), nil
}

// number is the clause of a number: its joined form. Where the joined form is
// made of groups only (no date, no amount), the groups side by side do as well.
func number(tokens []Token) (Clause, bool) {
	joined := spanning(tokens)
	n := positions(tokens)
	if len(joined) == 0 && n > 1 {
		return Clause{}, false
	}
	c := Clause{Kind: KindNumber, Slots: []Slot{{Terms: joined}}}
	if n == 1 {
		c.Slots[0].Terms = append(c.Slots[0].Terms, widest(tokens)...)
		return c, true
	}
	if !marked(joined) {
		p := phrase(tokens)
		p.Also = nil
		c.Also = []Clause{p}
	}
	return c, true
}

// marked says whether one of the terms is a date or an amount.
func marked(terms []string) bool {
	for _, t := range terms {
		if strings.HasPrefix(t, dateMark) || strings.HasPrefix(t, amountMark) {
			return true
		}
	}
	return false
}
