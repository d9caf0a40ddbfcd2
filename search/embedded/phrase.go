package embedded

import (
	"errors"
	"slices"

	bleve "github.com/blevesearch/bleve/v2/search"
	"github.com/blevesearch/bleve/v2/search/searcher"
	index "github.com/blevesearch/bleve_index_api"

	"eakte/search"
)

// phrase finds documents in which the slots stand side by side on one element
// of the text: first those that have all the words, then, by the positions of
// these, those that have them in a row. (Bleve's own phrase searcher makes
// maps of all positions of each candidate: measured, three times the CPU time.)
func (b *builder) phrase(slots []search.Slot, field string) ([]child, error) {
	p := &inARow{slots: make([][]*cursor, len(slots)), places: make([][]uint64, len(slots))}
	var words []bleve.Searcher
	for k, s := range slots {
		var in []child
		for _, t := range s.Terms {
			w, err := searcher.NewTermSearcher(b.ctx, b.reader, t, field, boostWord, b.options)
			if err != nil {
				return nil, errors.Join(failed(err), closeChildren(in), closeAll(words), p.close())
			}
			in = append(in, child{Searcher: w})
		}
		words = append(words, newBest(in))
		for _, f := range forms(s.Terms) {
			r, err := b.reader.TermFieldReader(b.ctx, []byte(f.term), field, true, true, true)
			if err != nil {
				return nil, errors.Join(failed(err), closeAll(words), p.close())
			}
			p.slots[k] = append(p.slots[k], &cursor{reader: r, ending: uint64(f.ending)})
		}
	}
	all, err := b.all(words)
	if err != nil {
		return nil, errors.Join(err, p.close())
	}
	p.Searcher = searcher.NewFilteringSearcher(b.ctx, all, p.accepts)
	return []child{{Searcher: p}}, nil
}

// inARow is a searcher that looks at positions.
type inARow struct {
	bleve.Searcher
	slots  [][]*cursor
	places [][]uint64 // of each slot in the document at hand; kept for reuse
	err    error      // a filter can't give one
}

// Next implements search.Searcher.
func (p *inARow) Next(ctx *bleve.SearchContext) (*bleve.DocumentMatch, error) {
	m, err := p.Searcher.Next(ctx)
	return m, errors.Join(err, p.err)
}

// Advance implements search.Searcher.
func (p *inARow) Advance(ctx *bleve.SearchContext, id index.IndexInternalID) (*bleve.DocumentMatch, error) {
	m, err := p.Searcher.Advance(ctx, id)
	return m, errors.Join(err, p.err)
}

// Close implements search.Searcher.
func (p *inARow) Close() error { return errors.Join(p.Searcher.Close(), p.close()) }

func (p *inARow) close() error {
	var err error
	for _, slot := range p.slots {
		for _, c := range slot {
			err = errors.Join(err, c.reader.Close())
		}
	}
	return err
}

func (p *inARow) accepts(_ *bleve.SearchContext, d *bleve.DocumentMatch) bool {
	for k := range p.slots {
		p.places[k] = p.places[k][:0]
		for _, c := range p.slots[k] {
			if p.places[k], p.err = c.append(d.IndexInternalID, p.places[k]); p.err != nil {
				return false
			}
		}
		if len(p.slots[k]) > 1 {
			slices.Sort(p.places[k])
		}
	}
	return len(rowOf(p.places)) > 0
}

// rowOf gives the places of the first slot after which the others follow.
func rowOf(places [][]uint64) []uint64 {
	first := places[0]
	n := 0
	for _, at := range first {
		row := true
		for k := 1; k < len(places) && row; k++ {
			_, row = slices.BinarySearch(places[k], at+uint64(k))
		}
		if row {
			first[n] = at
			n++
		}
	}
	return first[:n]
}

// cursor reads where a term stands, document by document, forwards.
type cursor struct {
	reader index.TermFieldReader
	ending uint64 // only places with this one; 0: all
	doc    index.TermFieldDoc
	begun  bool
	ended  bool
}

// append adds the places of the term in a document, in order: the element in
// the upper, the position in the lower half.
func (c *cursor) append(id index.IndexInternalID, places []uint64) ([]uint64, error) {
	if c.ended {
		return places, nil
	}
	if !c.begun || c.doc.ID.Compare(id) < 0 {
		d, err := c.reader.Advance(id, c.doc.Reset())
		if err != nil {
			return places, failed(err)
		}
		if c.begun, c.ended = true, d == nil; c.ended {
			return places, nil
		}
		c.doc = *d
	}
	if !c.doc.ID.Equals(id) {
		return places, nil
	}
	for _, v := range c.doc.Vectors {
		if c.ending == 0 || v.End == c.ending {
			places = append(places, v.Start<<32|v.Pos)
		}
	}
	return places, nil
}
