package search

// maxSpaced is how many items of a query one number may be written in: an
// IBAN of 34 characters has nine groups.
const maxSpaced = 9

// spacedNumber looks for a number that the first items are written out of:
// 18. November 2026, DE12 3456 …. It gives the clause and how many items it
// takes, 0 if there is none. All those items, each by itself, do as well, for
// two numbers may only look like one; a date or an amount is nothing else.
func spacedNumber(q string, items []item) (Clause, int) {
	plain := 0
	for plain < len(items) && plain < maxSpaced && items[plain].plain() {
		plain++
	}
	if plain < 2 {
		return Clause{}, 0
	}
	at := items[0].start
	tokens := Analyze(q[at:items[plain-1].end])
	taken := 0
	var terms []string
	for _, t := range tokens {
		if t.Kind != TokenNumber || t.Start != tokens[0].Start {
			continue
		}
		k := itemsOf(t, tokens, items[:plain], at)
		if k > taken {
			taken, terms = k, nil
		}
		if k == taken && k > 0 {
			terms = append(terms, t.Term)
		}
	}
	if taken == 0 {
		return Clause{}, 0
	}
	c := Clause{Kind: KindNumber, Slots: []Slot{{Terms: terms}}}
	if marked(terms) {
		return c, taken
	}
	for _, it := range items[:taken] {
		if each, err := it.clauses(); err == nil {
			c.Also = append(c.Also, each...)
		}
	}
	return c, taken
}

// itemsOf gives the number of items that t is written in, 0 if that is only
// one or if something else stands in the last of them.
func itemsOf(t Token, tokens []Token, items []item, at int) int {
	k := 0
	for k < len(items) && items[k].start-at < t.End {
		k++
	}
	if k < 2 {
		return 0
	}
	for _, o := range tokens {
		if o.Start >= t.End && o.Start < items[k-1].end-at {
			return 0
		}
	}
	return k
}
