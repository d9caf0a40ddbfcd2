package meili

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"eakte/search"
)

// plan is a parsed query as conditions, without those of who asks and where.
type plan struct {
	possible condition // every document that matches, and perhaps others
	certain  condition // only documents that match
	guess    condition // those that match if pairs of words are as good as rows
	not      condition // what must not be, if possible is exact
	tiers    []condition
	inexact  bool // a word has more misspellings than are looked for
}

// exact says whether a condition tells alone what matches.
func (p *plan) exact() bool { return p.possible == p.certain }

// plan turns the words of a question into conditions.
func (k *question) plan(ctx context.Context) (*plan, error) {
	q := k.query.Parsed
	t, err := k.mistyped(ctx)
	if err != nil {
		return nil, err
	}
	p := &plan{inexact: t.more, tiers: tiers(q)}
	var possible, certain, surely, perhaps []condition
	for i := range q.Must {
		c := t.clause(&q.Must[i])
		possible, certain = append(possible, c.possible), append(certain, c.certain)
	}
	for i := range q.Not {
		c := t.clause(&q.Not[i])
		surely, perhaps = append(surely, c.certain), append(perhaps, c.possible)
	}
	p.not = anyOf(surely...)
	p.possible = except(allOf(possible...), p.not)
	p.certain = except(allOf(certain...), anyOf(perhaps...))
	p.guess = except(allOf(possible...), anyOf(perhaps...))
	return p, nil
}

// tier is the documents of whole that a tier holds: the tier alone says so, if
// no other documents than matching ones can be in it.
func (p *plan) tier(whole, tier condition) condition {
	if p.exact() {
		return except(tier, p.not)
	}
	return allOf(whole, tier)
}

// matching is a clause: what may match it, and what does for sure.
type matching struct{ possible, certain condition }

// clause gives the conditions of a clause. Two words side by side are a pair;
// of more, each pair has to be there, which they may be in different places.
func (t *typos) clause(c *search.Clause) matching {
	var m matching
	switch len(c.Slots) {
	case 0:
	case 1:
		m.possible = t.slot(&c.Slots[0], c.In)
		m.certain = m.possible
	case 2:
		m.possible = sideBySide(c)
		if !restemmed(c) {
			m.certain = m.possible
		}
	default:
		m.possible = sideBySide(c)
	}
	if len(c.Also) > 0 {
		var possible, certain []condition
		for i := range c.Also {
			a := t.clause(&c.Also[i])
			possible, certain = append(possible, a.possible), append(certain, a.certain)
		}
		m.possible = anyOf(m.possible, allOf(possible...))
		m.certain = anyOf(m.certain, allOf(certain...))
	}
	for i := range c.Or {
		o := t.clause(&c.Or[i])
		m.possible, m.certain = anyOf(m.possible, o.possible), anyOf(m.certain, o.certain)
	}
	return m
}

func (t *typos) slot(s *search.Slot, in string) condition {
	return anyOf(anyTerm(s.Terms, in), anyTerm(s.Parts, in), begins(s.Prefix, in), anyTerm(t.of(s, in), in))
}

// attribute names where a term stands.
func attribute(term, in string) string {
	switch {
	case in == search.FieldSender:
		return senderTerms
	case search.HasDigit(term):
		return numbers
	}
	return words
}

// anyTerm is true where one of the terms stands.
func anyTerm(terms []string, in string) condition {
	by := map[string][]string{}
	for _, t := range terms {
		by[attribute(t, in)] = append(by[attribute(t, in)], t+termEnd)
	}
	return anyOf(oneOf(senderTerms, by[senderTerms]), oneOf(words, by[words]), oneOf(numbers, by[numbers]))
}

// sideBySide is true where the terms of a clause's slots stand, each two of them
// next to each other.
func sideBySide(c *search.Clause) condition {
	switch len(c.Slots) {
	case 0:
		return never
	case 1:
		return anyTerm(c.Slots[0].Terms, c.In)
	}
	var all []condition
	for i := 1; i < len(c.Slots); i++ {
		first, second := c.Slots[i-1].Terms, c.Slots[i].Terms
		if c.In == "" {
			first, second = withStems(first), withStems(second)
		}
		var values []string
		for _, a := range first {
			for _, b := range second {
				values = append(values, pair(a, b))
			}
		}
		if c.In == search.FieldSender {
			all = append(all, oneOf(senderTerms, values))
		} else {
			all = append(all, numbered(values))
		}
	}
	return allOf(all...)
}

// numbered is true where one of the pairs stands in a title or page.
func numbered(values []string) condition {
	list := make([]string, len(values))
	for i, v := range values {
		list[i] = strconv.FormatInt(pairNumber(v), 10)
	}
	if len(list) == 0 {
		return never
	}
	return condition(pairs + " IN [" + strings.Join(list, ",") + "]")
}

// withStems adds the stems of terms that are stems and have one again: a text's
// word that is such a term stands among pairs by its own stem.
func withStems(terms []string) []string {
	out := slices.Clone(terms)
	for _, t := range terms {
		for _, k := range search.Analyze(t) {
			if k.Kind == search.TokenStem && k.Start == 0 && k.End == len(t) && !slices.Contains(out, k.Term) {
				out = append(out, k.Term)
			}
		}
	}
	return out
}

// restemmed says whether pairs alone can't tell if a clause's words stand side
// by side: other words have the stem that was added.
func restemmed(c *search.Clause) bool {
	return c.In == "" && slices.ContainsFunc(c.Slots, func(s search.Slot) bool { return len(withStems(s.Terms)) > len(s.Terms) })
}

// begins is true where a term, or a part of one, begins so.
func begins(prefix, in string) condition {
	if prefix == "" {
		return never
	}
	begin := func(attribute, s string) condition { return condition(attribute + " STARTS WITH " + quote(s)) }
	switch {
	case in == search.FieldSender:
		return anyOf(begin(senderTerms, prefix), begin(senderTerms, search.PartMark+prefix))
	case search.HasDigit(prefix):
		return begin(numbers, prefix)
	}
	return anyOf(begin(words, prefix), begin(words, search.PartMark+prefix), begin(numbers, prefix))
}
