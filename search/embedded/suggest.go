package embedded

import (
	"cmp"
	"context"
	"errors"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/appliance/record"
	"eakte/search"
)

// What one question for suggestions may cost.
const (
	maxCandidates = 1500   // words that begin so, the most frequent ones
	maxPostings   = 200000 // documents looked at
	enough        = 64     // documents that make a word frequent
)

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
		s := &suggester{ctx: ctx, reader: r, access: a, left: maxPostings}
		words, err := s.candidates(begin)
		if err != nil {
			return err
		}
		allowed, err := s.allowed(words, n)
		if err != nil {
			return err
		}
		out = nil
		for _, w := range allowed[:min(n, len(allowed))] {
			out = append(out, w.writings[0].term)
		}
		return nil
	})
	return out, err
}

type suggester struct {
	ctx    context.Context
	reader *snapshot
	access *access
	left   int // documents that may still be looked at
}

// candidates gives the words that begin so, the most frequent first.
func (s *suggester) candidates(begin string) ([]word, error) {
	d, err := s.reader.FieldDictPrefix(fieldSuggest, []byte(begin))
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
	return out[:min(len(out), maxCandidates)], err
}

// allowed keeps the words and writings that stand in allowed documents, and
// orders them by how many of those there are. It stops when n are found that
// none of the others can overtake.
func (s *suggester) allowed(words []word, n int) ([]word, error) {
	var out []word
	ahead := 0 // words that all of the rest are behind
	for i, w := range words {
		if i%n == 0 {
			ahead = 0
			for _, o := range out {
				if o.count > w.count {
					ahead++
				}
			}
		}
		if s.left <= 0 || ahead >= n {
			break
		}
		seen := word{folded: w.folded}
		for _, c := range w.writings {
			n, err := s.documents(suggestion(w.folded, c.term))
			if err != nil {
				return nil, err
			}
			if n > 0 {
				seen.writings = append(seen.writings, counted{c.term, n})
				seen.count = max(seen.count, n)
			}
		}
		if seen.count > 0 {
			slices.SortFunc(seen.writings, byCount)
			out = append(out, seen)
		}
	}
	slices.SortStableFunc(out, func(x, y word) int {
		return cmp.Or(cmp.Compare(min(y.count, enough), min(x.count, enough)), cmp.Compare(x.folded, y.folded))
	})
	return out, nil
}

func byCount(x, y counted) int {
	return cmp.Or(cmp.Compare(y.count, x.count), cmp.Compare(x.term, y.term))
}

// documents counts the allowed documents with a writing, up to enough.
func (s *suggester) documents(term string) (n uint64, err error) {
	r, err := s.reader.TermFieldReader(s.ctx, []byte(term), fieldSuggest, false, false, false)
	if err != nil {
		return 0, failed(err)
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	var doc index.TermFieldDoc
	for n < enough && s.left > 0 {
		if s.left--; s.left%checkEvery == 0 && s.ctx.Err() != nil {
			return 0, s.ctx.Err()
		}
		d, err := r.Next(doc.Reset())
		if err != nil {
			return 0, failed(err)
		}
		if d == nil {
			break
		}
		m, err := s.reader.rows.row(d.ID)
		if err != nil {
			return 0, err
		}
		if s.access.allows(m) {
			n++
		}
	}
	return n, nil
}
