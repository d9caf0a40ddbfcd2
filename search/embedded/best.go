package embedded

import (
	"errors"

	bleve "github.com/blevesearch/bleve/v2/search"
	index "github.com/blevesearch/bleve_index_api"
)

// best finds what any of its children finds, scored by the one that scores
// highest. (Bleve's disjunction multiplies by the share of children that
// match: with forty misspellings of a word as children, a document that spells
// it rightly would come last.)
type best struct {
	children []child
	started  bool
}

// child is an alternative: its own score, if it has one, and step on top of it.
type child struct {
	bleve.Searcher
	flat bool // it has no score of its own
	step float64
	at   *bleve.DocumentMatch // its next match, nil after the last
}

func newBest(children []child) bleve.Searcher {
	if len(children) == 1 && !children[0].flat && children[0].step == 0 {
		return children[0].Searcher
	}
	return &best{children: children}
}

// Next implements search.Searcher.
func (b *best) Next(ctx *bleve.SearchContext) (*bleve.DocumentMatch, error) {
	if !b.started {
		b.started = true
		for i := range b.children {
			if err := b.children[i].next(ctx); err != nil {
				return nil, err
			}
		}
	}
	var first index.IndexInternalID
	for i := range b.children {
		if m := b.children[i].at; m != nil && (first == nil || m.IndexInternalID.Compare(first) < 0) {
			first = m.IndexInternalID
		}
	}
	if first == nil {
		return nil, nil
	}
	var won *bleve.DocumentMatch
	for i := range b.children {
		c := &b.children[i]
		if c.at == nil || !c.at.IndexInternalID.Equals(first) {
			continue
		}
		m := c.at
		if c.flat {
			m.Score = 0
		}
		m.Score += c.step
		switch {
		case won == nil:
			won = m
		case m.Score > won.Score:
			m.Score, won.Score = won.Score, m.Score
			fallthrough
		default:
			ctx.DocumentMatchPool.Put(m)
		}
		if err := c.next(ctx); err != nil {
			return nil, err
		}
	}
	return won, nil
}

func (c *child) next(ctx *bleve.SearchContext) (err error) {
	c.at, err = c.Next(ctx)
	return err
}

// Advance implements search.Searcher.
func (b *best) Advance(ctx *bleve.SearchContext, id index.IndexInternalID) (*bleve.DocumentMatch, error) {
	for i := range b.children {
		c := &b.children[i]
		if b.started && (c.at == nil || c.at.IndexInternalID.Compare(id) >= 0) {
			continue
		}
		if c.at != nil {
			ctx.DocumentMatchPool.Put(c.at)
		}
		var err error
		if c.at, err = c.Advance(ctx, id); err != nil {
			return nil, err
		}
	}
	b.started = true
	return b.Next(ctx)
}

// Close implements search.Searcher.
func (b *best) Close() error {
	var err error
	for _, c := range b.children {
		err = errors.Join(err, c.Close())
	}
	return err
}

// Weight implements search.Searcher.
func (b *best) Weight() float64 {
	sum := 0.0
	for _, c := range b.children {
		sum += c.Weight()
	}
	return sum
}

// SetQueryNorm implements search.Searcher.
func (b *best) SetQueryNorm(n float64) {
	for _, c := range b.children {
		c.SetQueryNorm(n)
	}
}

// Count implements search.Searcher: at most so many match.
func (b *best) Count() uint64 {
	var sum uint64
	for _, c := range b.children {
		sum += c.Searcher.Count()
	}
	return sum
}

// Min implements search.Searcher.
func (b *best) Min() int { return 0 }

// Size implements search.Searcher.
func (b *best) Size() int {
	sum := 0
	for _, c := range b.children {
		sum += c.Size()
	}
	return sum
}

// DocumentMatchPoolSize implements search.Searcher.
func (b *best) DocumentMatchPoolSize() int {
	sum := len(b.children)
	for _, c := range b.children {
		sum += c.DocumentMatchPoolSize()
	}
	return sum
}
