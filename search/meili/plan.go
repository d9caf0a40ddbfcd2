package meili

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/meilisearch/meilisearch-go"

	"eakte/search"
)

// plan is a parsed query as conditions.
type plan struct {
	possible condition // every document that matches, and perhaps others
	certain  condition // only documents that match
	guess    condition // those that match if pairs of words are as good as rows
	tiers    []condition
	inexact  bool // a word has more misspellings than are looked for
}

// exact says whether a condition tells alone what matches.
func (p *plan) exact() bool { return p.possible == p.certain }

// newPlan turns a query into conditions. Base is what it may find, whatever
// its words.
func (e *Engine) newPlan(ctx context.Context, q search.Parsed, base condition) (*plan, error) {
	t, err := e.mistyped(ctx, q, base)
	if err != nil {
		return nil, err
	}
	p := &plan{inexact: t.more}
	possible, certain := []condition{base}, []condition{base}
	for i := range q.Must {
		c := t.clause(&q.Must[i])
		possible, certain = append(possible, c.possible), append(certain, c.certain)
	}
	var surely, perhaps []condition
	for i := range q.Not {
		c := t.clause(&q.Not[i])
		surely, perhaps = append(surely, c.certain), append(perhaps, c.possible)
	}
	p.possible = except(allOf(possible...), anyOf(surely...))
	p.certain = except(allOf(certain...), anyOf(perhaps...))
	p.guess = except(allOf(possible...), anyOf(perhaps...))
	p.tiers = tiers(q)
	return p, nil
}

// matching is a clause: what may match it, and what does for sure.
type matching struct{ possible, certain condition }

// clause gives the conditions of a clause. Two words side by side are a pair;
// of more, each pair has to be there, which they may be in different places.
func (t *typos) clause(c *search.Clause) matching {
	var m matching
	if len(c.Slots) == 1 {
		m.possible = t.slot(&c.Slots[0])
		m.certain = m.possible
	} else {
		m.possible = sideBySide(c.Slots)
		if len(c.Slots) == 2 {
			m.certain = m.possible
		}
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
	return m
}

func (t *typos) slot(s *search.Slot) condition {
	return anyOf(anyTerm(s.Terms), anyTerm(s.Parts), begins(s.Prefix), anyTerm(t.of(s)))
}

// anyTerm is true where one of the terms stands.
func anyTerm(terms []string) condition {
	by := map[string][]string{}
	for _, t := range terms {
		by[attribute(t)] = append(by[attribute(t)], t+termEnd)
	}
	return anyOf(oneOf(words, by[words]), oneOf(numbers, by[numbers]))
}

// sideBySide is true where the terms of one slot or more stand, each two of
// them next to each other.
func sideBySide(slots []search.Slot) condition {
	if len(slots) == 1 {
		return anyTerm(slots[0].Terms)
	}
	var all []condition
	for i := 1; i < len(slots); i++ {
		var values []string
		for _, first := range slots[i-1].Terms {
			for _, second := range slots[i].Terms {
				values = append(values, pair(first, second))
			}
		}
		all = append(all, oneOf(pairs, values))
	}
	return allOf(all...)
}

// begins is true where a term, or a part of one, begins so.
func begins(prefix string) condition {
	if prefix == "" {
		return never
	}
	begin := func(attribute, s string) condition { return condition(attribute + " STARTS WITH " + quote(s)) }
	if search.HasDigit(prefix) {
		return begin(numbers, prefix)
	}
	return anyOf(begin(words, prefix), begin(words, search.PartMark+prefix), begin(numbers, prefix))
}

// tiers say how well a document matches, the best first; each is true wherever
// the one before is: every word in the title, every word whole, every word at
// least as part of one. What is in none has a typing error. They only order.
func tiers(q search.Parsed) []condition {
	if len(q.Must) == 0 {
		return nil
	}
	title, whole, part := make([]condition, len(q.Must)), make([]condition, len(q.Must)), make([]condition, len(q.Must))
	for i := range q.Must {
		c := &q.Must[i]
		whole[i] = wholly(c)
		title[i] = allOf(whole[i], titled(c))
		part[i] = anyOf(whole[i], partly(c))
	}
	return []condition{allOf(title...), allOf(whole...), allOf(part...)}
}

func titled(c *search.Clause) condition {
	if p := c.Slots[0].Prefix; p != "" {
		return condition(titleTerms + " STARTS WITH " + quote(p))
	}
	all := make([]condition, len(c.Slots))
	for i := range c.Slots {
		values := make([]string, len(c.Slots[i].Terms))
		for k, t := range c.Slots[i].Terms {
			values[k] = t + termEnd
		}
		all[i] = oneOf(titleTerms, values)
	}
	return allOf(all...)
}

func wholly(c *search.Clause) condition {
	if p := c.Slots[0].Prefix; p != "" {
		return begins(p)
	}
	return sideBySide(c.Slots)
}

func partly(c *search.Clause) condition {
	var in []condition
	for i := range c.Slots {
		in = append(in, anyTerm(c.Slots[i].Parts))
	}
	if len(c.Also) > 0 {
		also := make([]condition, len(c.Also))
		for i := range c.Also {
			also[i] = anyOf(wholly(&c.Also[i]), partly(&c.Also[i]))
		}
		in = append(in, allOf(also...))
	}
	return anyOf(in...)
}

// typos are the misspellings that stand in documents which may be found.
type typos struct {
	found map[string][]counted // for each word of a Fuzzy
	more  bool                 // some were left out
}

type counted struct {
	term  string
	count int
}

// askedAtOnce is how many words are looked up at the same time.
const askedAtOnce = 4

// mistyped looks up the misspellings of every word of a query.
func (e *Engine) mistyped(ctx context.Context, q search.Parsed, base condition) (*typos, error) {
	t := &typos{found: map[string][]counted{}}
	var todo []string
	eachSlot(append(slices.Clone(q.Must), q.Not...), func(s *search.Slot) {
		for _, f := range s.Fuzzy {
			if _, known := t.found[f]; !known {
				t.found[f] = nil
				todo = append(todo, f)
			}
		}
	})
	answers, errs := make([][]counted, len(todo)), make([]error, len(todo))
	var wg sync.WaitGroup
	room := make(chan struct{}, askedAtOnce)
	for i, f := range todo {
		room <- struct{}{}
		wg.Go(func() {
			answers[i], errs[i] = e.values(ctx, words, f+termEnd, base)
			<-room
		})
	}
	wg.Wait()
	for i, f := range todo {
		if errs[i] != nil {
			return nil, errs[i]
		}
		t.found[f] = answers[i]
		t.more = t.more || len(answers[i]) >= maxValues
	}
	eachSlot(q.Must, func(s *search.Slot) { t.more = t.more || len(t.all(s)) > search.MaxExpansions })
	return t, nil
}

func eachSlot(clauses []search.Clause, do func(*search.Slot)) {
	for i := range clauses {
		for k := range clauses[i].Slots {
			do(&clauses[i].Slots[k])
		}
		eachSlot(clauses[i].Also, do)
	}
}

// of gives the misspellings that stand for a slot, the most frequent ones.
func (t *typos) of(s *search.Slot) []string {
	all := t.all(s)
	out := make([]string, min(len(all), search.MaxExpansions))
	for i := range out {
		out[i] = all[i].term
	}
	return out
}

// all gives each misspelling of a slot once, the most frequent first.
func (t *typos) all(s *search.Slot) []counted {
	var all []counted
	for _, f := range s.Fuzzy {
		for _, c := range t.found[f] {
			term := strings.TrimSuffix(c.term, termEnd)
			if s.Rank(term) == search.RankTypo {
				all = append(all, counted{term, c.count})
			}
		}
	}
	slices.SortFunc(all, func(x, y counted) int { return cmp.Or(cmp.Compare(y.count, x.count), cmp.Compare(x.term, y.term)) })
	return slices.CompactFunc(all, func(x, y counted) bool { return x.term == y.term })
}

// values gives the values of an attribute that facet search finds in documents
// of base, and in how many of them, the most frequent first, at most maxValues.
func (e *Engine) values(ctx context.Context, attribute, query string, base condition) ([]counted, error) {
	raw, err := e.searching().FacetSearchWithContext(ctx,
		&meilisearch.FacetSearchRequest{FacetName: attribute, FacetQuery: query, Filter: string(base)})
	if err != nil {
		return nil, e.lost(failed(ctx, err))
	}
	var answer struct {
		FacetHits []struct {
			Value string
			Count int
		}
	}
	if err := json.Unmarshal(*raw, &answer); err != nil {
		return nil, fmt.Errorf("search server: facet search: %w", err)
	}
	out := make([]counted, len(answer.FacetHits))
	for i, h := range answer.FacetHits {
		out[i] = counted{h.Value, h.Count}
	}
	return out, nil
}
