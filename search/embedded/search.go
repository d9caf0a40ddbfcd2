package embedded

import (
	"context"
	"errors"
	"slices"

	bleve "github.com/blevesearch/bleve/v2/search"
	index "github.com/blevesearch/bleve_index_api"

	"eakte/appliance/record"
	"eakte/search"
)

// checkEvery is how many candidates pass between two looks at the context.
const checkEvery = 1024

// Search implements search.Engine.
func (e *Engine) Search(ctx context.Context, q search.Query) (res search.Result, err error) {
	defer guard(&err)()
	if q.Limit <= 0 {
		q.Limit = search.DefaultLimit
	}
	q.Limit = min(q.Limit, search.MaxLimit)
	after, err := readCursor(q)
	if err != nil {
		return search.Result{}, err
	}
	r, release, err := e.reader()
	if err != nil {
		return search.Result{}, err
	}
	defer func() { err = errors.Join(err, release()) }()
	b := &builder{ctx: ctx, reader: r}
	if q.Sort == search.SortDate {
		b.options.Score = "none"
	}
	c, err := newCollector(r, q, after)
	if err != nil {
		return search.Result{}, err
	}
	if len(c.access.scopes) > 0 {
		if err := c.run(ctx, b, q); err != nil {
			return search.Result{}, unavailable(ctx, err)
		}
	}
	res = search.Result{Total: c.total, Exact: !b.inexact, Facets: c.facets.result()}
	found := c.top()
	if len(found) > q.Limit {
		found = found[:q.Limit]
		res.Next = writeCursor(q, found[q.Limit-1])
	}
	pages, err := b.pages(q.Parsed, found)
	if err != nil {
		return search.Result{}, unavailable(ctx, err)
	}
	for i, h := range found {
		res.Hits = append(res.Hits, search.Hit{Document: record.DocumentID(h.document), Page: pages[i], Score: h.score})
	}
	return res, nil
}

// unavailable gives an error without a category one.
func unavailable(ctx context.Context, err error) error {
	if ctx.Err() != nil || record.CategoryOf(err) != nil {
		return err
	}
	return record.Down("The search index", err)
}

// hit is a candidate for the answer.
type hit struct {
	internal uint64
	document string
	date     string
	score    float64
	pages    uint32
}

// collector meets every match once: it checks access, counts, makes facets and
// keeps the best.
type collector struct {
	access *access
	metas  *metas
	facets facets
	byDate bool
	after  *hit // the last one of the page before
	keep   int
	total  int
	hits   []hit
	worst  *hit // of the kept ones, once there are enough
}

func newCollector(r index.IndexReader, q search.Query, after *hit) (*collector, error) {
	ms, err := newMetas(r)
	if err != nil {
		return nil, err
	}
	a := newAccess(q.Scopes, q.ExcludeDocuments, q.ExcludeFiles)
	a.from, a.to = q.From, q.To
	return &collector{access: a, metas: ms, facets: newFacets(), byDate: q.Sort == search.SortDate, after: after, keep: q.Limit + 1}, nil
}

func (c *collector) run(ctx context.Context, b *builder, q search.Query) (err error) {
	s, err := b.build(q)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	sctx := &bleve.SearchContext{IndexReader: b.reader, DocumentMatchPool: bleve.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0)}
	scored := len(q.Parsed.Must) > 0 && !c.byDate
	for n := 0; ; n++ {
		if n%checkEvery == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		m, err := s.Next(sctx)
		if err != nil {
			return failed(err)
		}
		if m == nil {
			return nil
		}
		raw, err := c.metas.of(m.IndexInternalID)
		if err != nil {
			return err
		}
		if c.access.allows(raw) && c.access.inTime(raw) {
			score := 0.0
			if scored {
				score = m.Score
			}
			c.add(raw, score, m.IndexInternalID.Value())
		}
		sctx.DocumentMatchPool.Put(m)
	}
}

func (c *collector) add(raw []byte, score float64, internal uint64) {
	c.total++
	c.facets.add(raw)
	if c.after != nil && c.compare(raw, score, c.after) <= 0 || c.worst != nil && c.compare(raw, score, c.worst) >= 0 {
		return
	}
	pages, _ := hex32(raw[36:fixedPart])
	c.hits = append(c.hits, hit{internal: internal, document: string(documentOf(raw)), date: string(dateOf(raw)), score: score, pages: pages})
	if len(c.hits) >= 2*c.keep {
		c.prune()
	}
}

// compare orders a match, by its meta, before (-) or behind (+) a hit.
func (c *collector) compare(raw []byte, score float64, h *hit) int {
	if c.byDate {
		switch d := string(dateOf(raw)); {
		case d > h.date:
			return -1
		case d < h.date:
			return 1
		}
	} else if score != h.score {
		if score > h.score {
			return -1
		}
		return 1
	}
	return compareBytes(documentOf(raw), h.document)
}

func compareBytes(b []byte, s string) int {
	switch {
	case string(b) < s:
		return -1
	case string(b) > s:
		return 1
	}
	return 0
}

func (c *collector) order(x, y hit) int {
	switch {
	case c.byDate && x.date != y.date:
		return -compareBytes([]byte(x.date), y.date)
	case !c.byDate && x.score > y.score:
		return -1
	case !c.byDate && x.score < y.score:
		return 1
	}
	return compareBytes([]byte(x.document), y.document)
}

func (c *collector) prune() {
	slices.SortFunc(c.hits, c.order)
	if len(c.hits) >= c.keep {
		c.hits = c.hits[:c.keep]
		w := c.hits[c.keep-1]
		c.worst = &w
	}
}

// top gives the kept hits in order, one more than was asked for if there is one.
func (c *collector) top() []hit {
	c.prune()
	return c.hits
}
