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

// expand looks up the terms of a slot's Prefix and Fuzzy. Are there more than
// search.MaxExpansions, those most frequent in what may be found are taken: the
// words of other people's files take no place away from one's own.
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
		if x.prefixed, err = b.frequent(all, field); err != nil {
			return x, err
		}
	}
	var all []counted
	for _, f := range s.Fuzzy {
		if all, err = b.mistyped(s, f, field, all); err != nil {
			return x, err
		}
	}
	x.mistyped, err = b.frequent(all, field)
	return x, err
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

// maxLooked is the most terms of a beginning that are looked at, the most
// frequent of the whole index. Two letters are the beginning of more in a large
// house; then Exact is false.
const maxLooked = 20_000

// frequent keeps the terms most frequent in allowed documents, each once.
func (b *builder) frequent(all []counted, field string) ([]string, error) {
	slices.SortFunc(all, func(x, y counted) int { return cmp.Compare(x.term, y.term) })
	all = slices.CompactFunc(all, func(x, y counted) bool { return x.term == y.term })
	if len(all) > maxLooked {
		slices.SortFunc(all, byCount)
		all, b.inexact = all[:maxLooked], true
		slices.SortFunc(all, func(x, y counted) int { return cmp.Compare(x.term, y.term) })
	}
	if len(all) > search.MaxExpansions {
		if err := b.allowed.count(all, field); err != nil {
			return nil, err
		}
		slices.SortFunc(all, byCount)
		n := min(search.MaxExpansions, len(all))
		b.inexact = b.inexact || n < len(all) && all[n].count > 0
		all = all[:n]
	}
	out := make([]string, 0, len(all))
	for _, c := range all {
		out = append(out, c.term)
	}
	return out, nil
}
