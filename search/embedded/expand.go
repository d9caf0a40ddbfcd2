package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	index "github.com/blevesearch/bleve_index_api"

	"eakte/search"
)

// expansion is what a slot's Prefix and Fuzzy stand for in this index.
type expansion struct{ prefixed, mistyped []string }

type counted struct {
	term  string
	count uint64
}

// wanted is a slot and the field that its words stand in.
type wanted struct {
	slot  *search.Slot
	field string
}

// expand looks up the terms of a slot's Prefix and Fuzzy, at most
// search.MaxExpansions each, the most frequent ones.
func (b *builder) expand(s *search.Slot, field string) (expansion, error) {
	if x, known := b.known[wanted{s, field}]; known {
		return x, nil
	}
	x, err := b.lookUp(s, field)
	if err == nil && b.known != nil {
		b.known[wanted{s, field}] = x
	}
	return x, err
}

func (b *builder) lookUp(s *search.Slot, field string) (x expansion, err error) {
	if s.Prefix != "" {
		var all []counted
		for _, p := range [...]string{s.Prefix, search.PartMark + s.Prefix} {
			if all, err = b.beginning(p, field, all); err != nil {
				return x, err
			}
		}
		x.prefixed = b.frequent(all)
	}
	var all []counted
	for _, f := range s.Fuzzy {
		if all, err = b.mistyped(s, f, field, all); err != nil {
			return x, err
		}
	}
	if len(all) > search.MaxExpansions {
		for i := range all {
			if all[i].count, err = b.count(all[i].term, field); err != nil {
				return x, err
			}
		}
	}
	x.mistyped = b.frequent(all)
	return x, nil
}

// beginning appends the terms that begin with prefix.
func (b *builder) beginning(prefix, field string, out []counted) ([]counted, error) {
	d, err := b.reader.FieldDictPrefix(field, []byte(prefix))
	if err != nil {
		return out, failed(err)
	}
	err = eachTerm(d, func(e *index.DictEntry) { out = append(out, counted{e.Term, e.Count}) })
	return out, err
}

// mistyped appends the terms one typing error away from f.
func (b *builder) mistyped(s *search.Slot, f, field string, out []counted) ([]counted, error) {
	r, ok := b.reader.(index.IndexReaderFuzzy)
	if !ok {
		return out, fmt.Errorf("search index: this reader finds no typing errors")
	}
	d, _, err := r.FieldDictFuzzyAutomaton(field, f, 1, search.Start(f))
	if err != nil {
		return out, failed(err)
	}
	err = eachTerm(d, func(e *index.DictEntry) {
		if s.Rank(e.Term) == search.RankTypo {
			out = append(out, counted{e.Term, 0})
		}
	})
	return out, err
}

func eachTerm(d index.FieldDict, fn func(*index.DictEntry)) error {
	e, err := d.Next()
	for err == nil && e != nil {
		fn(e)
		e, err = d.Next()
	}
	if err = errors.Join(err, d.Close()); err != nil {
		return failed(err)
	}
	return nil
}

// count says in how many documents a term stands.
func (b *builder) count(term, field string) (uint64, error) {
	r, err := b.reader.TermFieldReader(b.ctx, []byte(term), field, false, false, false)
	if err != nil {
		return 0, failed(err)
	}
	n := r.Count()
	if err := r.Close(); err != nil {
		return 0, failed(err)
	}
	return n, nil
}

// frequent keeps the most frequent terms, each once.
func (b *builder) frequent(all []counted) []string {
	slices.SortFunc(all, func(x, y counted) int {
		return cmp.Or(cmp.Compare(y.count, x.count), cmp.Compare(x.term, y.term))
	})
	all = slices.CompactFunc(all, func(x, y counted) bool { return x.term == y.term })
	if len(all) > search.MaxExpansions {
		all, b.inexact = all[:search.MaxExpansions], true
	}
	out := make([]string, len(all))
	for i, c := range all {
		out[i] = c.term
	}
	return out
}
