package embedded

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	bleve "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"eakte/search"
)

// How much a match counts, by how it came about.
const (
	boostWord = 1.0
	boostForm = 0.8 // another inflection
	boostPart = 0.4 // part of a compound
)

// The steps of a clause. They are so far apart that the worst clause decides,
// as in Meilisearch: who asks for Kindes is not after Kindergeld, however often
// it occurs, and what is misspelled comes last.
const (
	stepPart   = -1e3
	stepPrefix = -1e3 - 1
	stepTypo   = -1e6
	stepSlip   = -1e6 - 1 // a typing error in a part of a compound
)

// builder turns a parsed query into Bleve's searchers.
type builder struct {
	ctx     context.Context
	reader  index.IndexReader
	options bleve.SearcherOptions
	allowed *allowed
	inexact bool // some Prefix or Fuzzy stands for more terms than are looked at
	known   map[wanted]expansion
}

// silent says that scores are not asked for: then Bleve joins whole postings as
// bitmaps, before the search begins.
func (b *builder) silent() bool { return b.options.Score == "none" }

// build gives the searcher of a whole query, without access. Of the filters it
// takes those that leave little; the others are looked at document by document.
func (b *builder) build(q search.Query, narrow []filter) (bleve.Searcher, error) {
	must, err := b.narrowing(narrow)
	for i := range q.Parsed.Must {
		var s bleve.Searcher
		if err == nil {
			s, err = b.clause(&q.Parsed.Must[i])
		}
		if err == nil {
			must = append(must, s)
		}
	}
	if err == nil && len(must) == 0 {
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
	any, err := silent.any(out)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	bs, err := searcher.NewBooleanSearcher(b.ctx, b.reader, s, nil, any, b.options)
	if err != nil {
		return nil, errors.Join(failed(err), s.Close(), any.Close())
	}
	return bs, nil
}

// A filter that leaves at most one document in narrowShare, by at most
// narrowTerms values, is worth a searcher of its own.
const (
	narrowShare = 8
	narrowTerms = 32
)

// narrowing gives the searchers of those filters. They don't count in the score.
func (b *builder) narrowing(narrow []filter) ([]bleve.Searcher, error) {
	documents, err := b.reader.DocCount()
	if err != nil {
		return nil, failed(err)
	}
	var out []bleve.Searcher
	for _, f := range narrow {
		if f.field == "" || f.not || len(f.terms) > narrowTerms {
			continue
		}
		in, left, err := b.values(f)
		if err == nil && left*narrowShare > documents {
			err = closeChildren(in)
		} else if err == nil {
			var s bleve.Searcher
			if s, err = b.any(in); err == nil {
				out = append(out, s)
			}
		}
		if err != nil {
			return nil, errors.Join(err, closeAll(out))
		}
	}
	return out, nil
}

// values gives the searchers of a filter's values, and how many documents they
// leave.
func (b *builder) values(f filter) (in []child, left uint64, err error) {
	for _, t := range f.terms {
		s, err := searcher.NewTermSearcher(b.ctx, b.reader, t, f.field, 1, bleve.SearcherOptions{Score: "none"}) // with a boost of 0 its score is no number
		if err != nil {
			return nil, 0, errors.Join(failed(err), closeChildren(in))
		}
		in = append(in, child{Searcher: s})
		left += s.Count()
	}
	return in, left, nil
}

// any needs one of its children. After an error they are closed.
func (b *builder) any(in []child) (bleve.Searcher, error) {
	if len(in) == 0 {
		return searcher.NewMatchNoneSearcher(b.reader)
	}
	if !b.silent() || len(in) == 1 {
		return newBest(in), nil
	}
	plain := make([]bleve.Searcher, len(in))
	for i := range in {
		plain[i] = in[i].Searcher
	}
	s, err := searcher.NewDisjunctionSearcher(b.ctx, b.reader, plain, 0, b.options)
	if err != nil {
		return nil, errors.Join(failed(err), closeAll(plain))
	}
	return s, nil
}

// clause gives the searcher of one clause: the best of its slots, all of Also,
// and each of Or.
func (b *builder) clause(c *search.Clause) (bleve.Searcher, error) {
	var in []child
	var err error
	switch len(c.Slots) {
	case 0:
	case 1:
		in, err = b.slot(&c.Slots[0], c)
	default:
		in, err = b.phrase(c.Slots, textField(c))
	}
	if err == nil && len(c.Also) > 0 {
		var together bleve.Searcher
		if together, err = b.together(c.Also); err == nil {
			in = append(in, child{Searcher: together, step: stepPart})
		}
	}
	for i := range c.Or {
		var one bleve.Searcher
		if err == nil {
			one, err = b.clause(&c.Or[i])
		}
		if err == nil {
			in = append(in, child{Searcher: one})
		}
	}
	if err != nil {
		return nil, errors.Join(err, closeChildren(in))
	}
	return b.any(in)
}

// textField is where a clause's words stand.
func textField(c *search.Clause) string {
	if c.In == search.FieldSender {
		return fieldSender
	}
	return fieldText
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

// slot gives the alternatives of one word. Of those that are not scored each,
// and of all if none is, one searcher has the postings of all terms.
func (b *builder) slot(s *search.Slot, c *search.Clause) ([]child, error) {
	field := textField(c)
	x, err := b.expand(s, field)
	if err != nil {
		return nil, err
	}
	if b.silent() {
		return b.unscored(nil, field, 0, slices.Concat(s.Terms, s.Parts, x.prefixed, x.mistyped))
	}
	var in []child
	for i, t := range s.Terms {
		boost := boostWord
		if i > 0 && c.Kind == search.KindWord {
			boost = boostForm
		}
		if in, err = b.scored(in, field, t, boost, 0); err != nil {
			return in, err
		}
	}
	for _, t := range s.Parts {
		if in, err = b.scored(in, field, t, boostPart, stepPart); err != nil {
			return in, err
		}
	}
	if in, err = b.unscored(in, field, stepPrefix, x.prefixed); err != nil {
		return in, err
	}
	var words, parts []string
	for _, t := range x.mistyped {
		if strings.HasPrefix(t, search.PartMark) {
			parts = append(parts, t)
		} else {
			words = append(words, t)
		}
	}
	if in, err = b.unscored(in, field, stepTypo, words); err != nil {
		return in, err
	}
	return b.unscored(in, field, stepSlip, parts)
}

// scored appends the searchers of one term: in the text, and once more in the
// title. (A title is part of the text: only its score is asked for.) A title
// says what a letter is: who asks for Heizkosten means the Heizkostenabrechnung
// rather than a contract that mentions them.
func (b *builder) scored(in []child, field, term string, boost, step float64) ([]child, error) {
	fields := [...]string{field, fieldTitle}
	n := len(fields)
	if field == fieldSender {
		n = 1
	}
	for _, f := range fields[:n] {
		t, err := searcher.NewTermSearcher(b.ctx, b.reader, term, f, boost, b.options)
		if err != nil {
			return in, failed(err)
		}
		if t.Count() == 0 {
			if err := t.Close(); err != nil {
				return in, failed(err)
			}
			continue
		}
		own := child{Searcher: t, step: step}
		if f == fieldTitle {
			own.step = 0
		}
		in = append(in, own)
	}
	return in, nil
}

// unscored appends what finds any of many terms: without scores Bleve joins
// their postings as bitmaps before the search begins.
func (b *builder) unscored(in []child, field string, step float64, terms []string) ([]child, error) {
	if len(terms) == 0 {
		return in, nil
	}
	s, err := searcher.NewMultiTermSearcher(b.ctx, b.reader, terms, field, 1, bleve.SearcherOptions{Score: "none"}, false)
	if err != nil {
		return in, failed(err)
	}
	return append(in, child{Searcher: s, flat: true, step: step}), nil
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
