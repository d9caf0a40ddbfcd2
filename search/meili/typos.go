package meili

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"eakte/search"
)

// typos are the misspellings that stand in the index.
type typos struct {
	found map[spelling][]counted
	more  bool // some were left out
}

// spelling is a word of a Fuzzy and the attribute it is looked for in.
type spelling struct{ attribute, word string }

type counted struct {
	term  string
	count int
}

// askedAtOnce is how many words are looked up at the same time.
const askedAtOnce = 8

// mistyped looks up the misspellings of every word of a question. First those
// of the whole index: Meilisearch would go through the files that may be seen
// once more for each of them, and what is asked is narrowed to those files
// anyway. Only where there are more than can be asked for are they looked up
// among what may be found: the words of other people's files take no place away
// from one's own, and nothing says that they are many.
func (k *question) mistyped(ctx context.Context) (*typos, error) {
	t := &typos{found: map[spelling][]counted{}}
	var todo []spelling
	k.eachSlot(func(s *search.Slot, in string) {
		for _, w := range spellings(s, in) {
			if _, known := t.found[w]; !known {
				t.found[w] = nil
				todo = append(todo, w)
			}
		}
	})
	if err := k.lookUp(ctx, t, todo, always); err != nil {
		return nil, err
	}
	if crowded := k.crowded(t); len(crowded) > 0 {
		if err := k.lookUp(ctx, t, crowded, k.base); err != nil {
			return nil, err
		}
		t.more = len(k.crowded(t)) > 0
	}
	return t, nil
}

// crowded gives the words of slots that have more misspellings than can be
// asked for, or than Meilisearch tells.
func (k *question) crowded(t *typos) []spelling {
	var out []spelling
	k.eachSlot(func(s *search.Slot, in string) {
		words := spellings(s, in)
		if len(t.all(s, in)) > search.MaxExpansions || slices.ContainsFunc(words, func(w spelling) bool { return len(t.found[w]) >= maxValues }) {
			out = append(out, words...)
		}
	})
	slices.SortFunc(out, func(x, y spelling) int {
		return cmp.Or(cmp.Compare(x.attribute, y.attribute), cmp.Compare(x.word, y.word))
	})
	return slices.Compact(out)
}

func spellings(s *search.Slot, in string) []spelling {
	out := make([]spelling, len(s.Fuzzy))
	for i, f := range s.Fuzzy {
		out[i] = spelling{attribute(f, in), f}
	}
	return out
}

// lookUp finds the misspellings of words in documents of base.
func (k *question) lookUp(ctx context.Context, t *typos, todo []spelling, base condition) error {
	answers, errs := make([][]counted, len(todo)), make([]error, len(todo))
	var wg sync.WaitGroup
	room := make(chan struct{}, askedAtOnce)
	for i, w := range todo {
		room <- struct{}{}
		wg.Go(func() {
			answers[i], errs[i] = k.engine.values(ctx, k.index, w.attribute, w.word+termEnd, base)
			<-room
		})
	}
	wg.Wait()
	for i, w := range todo {
		if errs[i] != nil {
			return errs[i]
		}
		t.found[w] = answers[i]
	}
	return nil
}

func (k *question) eachSlot(do func(s *search.Slot, in string)) {
	eachSlot(k.query.Parsed.Must, do)
	eachSlot(k.query.Parsed.Not, do)
}

func eachSlot(clauses []search.Clause, do func(s *search.Slot, in string)) {
	for i := range clauses {
		for k := range clauses[i].Slots {
			do(&clauses[i].Slots[k], clauses[i].In)
		}
		eachSlot(clauses[i].Also, do)
		eachSlot(clauses[i].Or, do)
	}
}

// of gives the misspellings that stand for a slot, the most frequent ones.
func (t *typos) of(s *search.Slot, in string) []string {
	all := t.all(s, in)
	out := make([]string, min(len(all), search.MaxExpansions))
	for i := range out {
		out[i] = all[i].term
	}
	return out
}

// all gives each misspelling of a slot once, the most frequent first.
func (t *typos) all(s *search.Slot, in string) []counted {
	var all []counted
	for _, w := range spellings(s, in) {
		for _, c := range t.found[w] {
			term, whole := strings.CutSuffix(c.term, termEnd)
			if whole && s.Rank(term) == search.RankTypo {
				all = append(all, counted{term, c.count})
			}
		}
	}
	slices.SortFunc(all, func(x, y counted) int { return cmp.Or(cmp.Compare(y.count, x.count), cmp.Compare(x.term, y.term)) })
	return slices.CompactFunc(all, func(x, y counted) bool { return x.term == y.term })
}

// values gives the values of an attribute that facet search finds in documents
// of base, and in how many of them, the most frequent first, at most maxValues.
func (e *Engine) values(ctx context.Context, index, attribute, query string, base condition) ([]counted, error) {
	req := map[string]string{"facetName": attribute, "facetQuery": query}
	if base != always {
		req["filter"] = string(base)
	}
	var answer struct {
		FacetHits []struct {
			Value string
			Count int
		}
	}
	if err := e.server.question(ctx, "/indexes/"+index+"/facet-search", req, &answer); err != nil {
		return nil, e.lost(err)
	}
	out := make([]counted, len(answer.FacetHits))
	for i, h := range answer.FacetHits {
		out[i] = counted{h.Value, h.Count}
	}
	return out, nil
}
