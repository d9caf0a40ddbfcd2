package embedded

import (
	"cmp"
	"context"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/appliance/record"
	"eakte/search"
)

// enough documents make a word frequent.
const enough = 64

// atOnce is how many words are counted at once.
const atOnce = 64

// word is a candidate: its writings and how many documents have them.
type word struct {
	folded   string
	writings []counted
	count    uint64
}

// Suggest implements search.Engine. What is not in a document that the scopes
// open takes no part, not even in the order.
func (e *Engine) Suggest(ctx context.Context, prefix string, scopes []search.Scope, excludeDocuments []record.DocumentID,
	excludeFiles []uint32, n int) (out []string, err error) {
	begin := search.Fold(prefix)
	a := newAccess(scopes, excludeDocuments, excludeFiles)
	if len(begin) < 2 || search.HasDigit(begin) || n <= 0 || len(a.scopes) == 0 {
		return nil, nil
	}
	err = e.ask(ctx, func(r *snapshot) error {
		words, err := candidates(r, begin)
		if err != nil {
			return err
		}
		found, err := mostAllowed(&allowed{ctx: ctx, reader: r.IndexReader, rows: r.rows, access: a}, words, n)
		if err != nil {
			return err
		}
		out = nil
		for _, w := range found[:min(n, len(found))] {
			out = append(out, w.writings[0].term)
		}
		return nil
	})
	return out, err
}

// candidates gives the words that begin so, the most frequent first.
func candidates(r *snapshot, begin string) ([]word, error) {
	d, err := r.FieldDictPrefix(fieldSuggest, []byte(begin))
	if err != nil {
		return nil, failed(err)
	}
	var out []word
	err = eachTerm(d, func(e *index.DictEntry) {
		folded, written, ok := cutSuggestion(e.Term)
		if !ok {
			return
		}
		if n := len(out); n == 0 || out[n-1].folded != folded { // terms come in order
			out = append(out, word{folded: folded})
		}
		w := &out[len(out)-1]
		w.writings = append(w.writings, counted{written, e.Count})
		w.count += e.Count
	})
	slices.SortFunc(out, func(x, y word) int { return cmp.Or(cmp.Compare(y.count, x.count), cmp.Compare(x.folded, y.folded)) })
	return out, err
}

// mostAllowed keeps the words and writings that stand in allowed documents, and orders
// them by how many of those there are. It stops when n are found that none of
// the others can overtake: a word stands in no more allowed documents than in
// all.
func mostAllowed(a *allowed, words []word, n int) ([]word, error) {
	var out []word
	for len(words) > 0 {
		ahead := 0 // words that all of the rest are behind
		for _, o := range out {
			if o.count >= enough || o.count > words[0].count {
				ahead++
			}
		}
		if ahead >= n && words[0].count < enough {
			break
		}
		part := words[:min(atOnce, len(words))]
		words = words[len(part):]
		seen, err := counts(a, part)
		if err != nil {
			return nil, err
		}
		out = append(out, seen...)
	}
	slices.SortStableFunc(out, func(x, y word) int {
		return cmp.Or(cmp.Compare(min(y.count, enough), min(x.count, enough)), cmp.Compare(x.folded, y.folded))
	})
	return out, nil
}

// counts gives those of the words that stand in allowed documents.
func counts(a *allowed, words []word) ([]word, error) {
	var terms []counted
	for _, w := range words {
		for _, c := range w.writings {
			terms = append(terms, counted{term: suggestion(w.folded, c.term)})
		}
	}
	if err := a.count(terms, fieldSuggest); err != nil {
		return nil, err
	}
	var out []word
	for _, w := range words {
		seen := word{folded: w.folded}
		for _, c := range w.writings {
			if n := terms[0].count; n > 0 {
				seen.writings = append(seen.writings, counted{c.term, n})
				seen.count = max(seen.count, n)
			}
			terms = terms[1:]
		}
		if seen.count > 0 {
			slices.SortFunc(seen.writings, byCount)
			out = append(out, seen)
		}
	}
	return out, nil
}

func byCount(x, y counted) int {
	return cmp.Or(cmp.Compare(y.count, x.count), cmp.Compare(x.term, y.term))
}
