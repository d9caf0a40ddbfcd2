package embedded

import (
	"context"
	"errors"
	"fmt"

	bleve "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"eakte/search"
)

// How much a match counts, by how it came about. The floors are the scores of
// what is found through many terms, which are not scored each.
const (
	boostWord   = 1.0
	boostForm   = 0.8 // another inflection
	boostPart   = 0.4 // part of a compound
	floorPrefix = 0.01
	floorTypo   = 0.001
)

// builder turns a parsed query into Bleve's searchers.
type builder struct {
	ctx     context.Context
	reader  index.IndexReader
	options bleve.SearcherOptions
	inexact bool // some Prefix or Fuzzy stands for more terms than are looked at
}

// build gives the searcher of a whole query, without access.
func (b *builder) build(q search.Query) (bleve.Searcher, error) {
	var must []bleve.Searcher
	for i := range q.Parsed.Must {
		s, err := b.clause(&q.Parsed.Must[i])
		if err != nil {
			return nil, errors.Join(err, closeAll(must))
		}
		must = append(must, s)
	}
	filters, err := b.filters(q)
	must = append(must, filters...)
	if err == nil && len(q.Parsed.Must) == 0 {
		var all bleve.Searcher
		all, err = searcher.NewMatchAllSearcher(b.ctx, b.reader, 1, b.options)
		must = append(must, all)
	}
	if err != nil {
		return nil, errors.Join(err, closeAll(must))
	}
	s, err := b.all(must)
	if err != nil || len(q.Parsed.Not) == 0 {
		return s, err
	}
	return b.without(s, q.Parsed.Not)
}

// all needs every one of its children.
func (b *builder) all(in []bleve.Searcher) (bleve.Searcher, error) {
	if len(in) == 1 {
		return in[0], nil
	}
	s, err := searcher.NewConjunctionSearcher(b.ctx, b.reader, in, b.options)
	if err != nil {
		return nil, errors.Join(failed(err), closeAll(in))
	}
	return s, nil
}

// without takes away what any of the clauses finds.
func (b *builder) without(s bleve.Searcher, not []search.Clause) (bleve.Searcher, error) {
	silent := *b
	silent.options.Score = "none"
	var out []child
	for i := range not {
		n, err := silent.clause(&not[i])
		if err != nil {
			return nil, errors.Join(err, s.Close(), closeChildren(out))
		}
		out = append(out, child{Searcher: n})
	}
	b.inexact = b.inexact || silent.inexact
	bs, err := searcher.NewBooleanSearcher(b.ctx, b.reader, s, nil, newBest(out), b.options)
	if err != nil {
		return nil, errors.Join(failed(err), s.Close(), closeChildren(out))
	}
	return bs, nil
}

// filters narrow without counting in the score.
func (b *builder) filters(q search.Query) ([]bleve.Searcher, error) {
	var out []bleve.Searcher
	file := ""
	if q.File != 0 {
		file = ordinalTerm(q.File)
	}
	for _, f := range [...]struct{ field, value string }{{fieldFile, file}, {fieldSite, q.Site}, {fieldTeam, q.Team}, {fieldType, q.Type}} {
		if f.value == "" {
			continue
		}
		s, err := searcher.NewTermSearcher(b.ctx, b.reader, clean(f.value), f.field, 0, b.options)
		if err != nil {
			return out, failed(err)
		}
		out = append(out, s)
	}
	return out, nil
}

// clause gives the searcher of one clause: the best of its alternatives.
func (b *builder) clause(c *search.Clause) (bleve.Searcher, error) {
	var in []child
	var err error
	if len(c.Slots) == 1 {
		in, err = b.slot(&c.Slots[0], c.Kind)
	} else {
		in, err = b.phrase(c.Slots)
	}
	if err == nil && len(c.Also) > 0 {
		var together bleve.Searcher
		if together, err = b.together(c.Also); err == nil {
			in = append(in, child{Searcher: together})
		}
	}
	if err != nil {
		return nil, errors.Join(err, closeChildren(in))
	}
	if len(in) == 0 {
		return searcher.NewMatchNoneSearcher(b.reader)
	}
	return newBest(in), nil
}

func (b *builder) together(clauses []search.Clause) (bleve.Searcher, error) {
	var in []bleve.Searcher
	for i := range clauses {
		s, err := b.clause(&clauses[i])
		if err != nil {
			return nil, errors.Join(err, closeAll(in))
		}
		in = append(in, s)
	}
	return b.all(in)
}

// slot gives the alternatives of one word. A phrase of one word is found in
// the text only as it stands there.
func (b *builder) slot(s *search.Slot, kind search.Kind) ([]child, error) {
	var in []child
	add := func(field, term string, boost float64) error {
		t, err := searcher.NewTermSearcher(b.ctx, b.reader, term, field, boost, b.options)
		if err != nil {
			return failed(err)
		}
		in = append(in, child{Searcher: t})
		return nil
	}
	for i, t := range s.Terms {
		boost := boostWord
		if i > 0 && kind == search.KindWord {
			boost = boostForm
		}
		if err := errors.Join(add(fieldText, t, boost), add(fieldTitle, t, boost)); err != nil {
			return in, err
		}
	}
	for _, t := range s.Parts {
		if err := errors.Join(add(fieldText, t, boostPart), add(fieldTitle, t, boostPart)); err != nil {
			return in, err
		}
	}
	x, err := b.expand(s)
	if err != nil {
		return in, err
	}
	for _, g := range [...]struct {
		terms []string
		floor float64
	}{{x.prefixed, floorPrefix}, {x.mistyped, floorTypo}} {
		if len(g.terms) == 0 {
			continue
		}
		u, err := b.unscored(g.terms)
		if err != nil {
			return in, err
		}
		in = append(in, child{Searcher: u, floor: g.floor})
	}
	return in, nil
}

// unscored finds any of many terms: without scores Bleve joins their postings
// as bitmaps before the search begins.
func (b *builder) unscored(terms []string) (bleve.Searcher, error) {
	s, err := searcher.NewMultiTermSearcher(b.ctx, b.reader, terms, fieldText, 1, bleve.SearcherOptions{Score: "none"}, false)
	if err != nil {
		return nil, failed(err)
	}
	return s, nil
}

func closeAll(in []bleve.Searcher) error {
	var err error
	for _, s := range in {
		err = errors.Join(err, s.Close())
	}
	return err
}

func closeChildren(in []child) error {
	var err error
	for _, c := range in {
		err = errors.Join(err, c.Close())
	}
	return err
}

// failed names where an error came from. Bleve's messages may hold terms of
// the query, which no log may: only the kind of error is kept.
func failed(err error) error { return fmt.Errorf("search index: search failed (%T)", err) }
