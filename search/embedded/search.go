package embedded

import (
	"cmp"
	"context"
	"errors"
	"slices"

	bleve "github.com/blevesearch/bleve/v2/search"

	"eakte/appliance/record"
	"eakte/search"
)

// checkEvery is how many candidates pass between two looks at the context.
const checkEvery = 1024

// Search implements search.Engine. Where the index that is asked turns out to be
// damaged and another is made beside it, that one answers.
func (e *Engine) Search(ctx context.Context, q search.Query) (search.Result, error) {
	q.Limit = min(q.Limit, search.MaxLimit)
	if q.Limit <= 0 {
		q.Limit = search.DefaultLimit
	}
	after, err := e.cursors.read(q)
	if err != nil {
		return search.Result{}, err
	}
	var res search.Result
	err = e.ask(ctx, func(s *snapshot) (err error) {
		res, err = e.find(ctx, s, q, after)
		return err
	})
	if err != nil {
		return search.Result{}, err
	}
	return res, nil
}

// ask runs fn over the index that is asked.
func (e *Engine) ask(ctx context.Context, fn func(*snapshot) error) error {
	for {
		used, err := e.try(fn)
		if err == nil {
			return nil
		}
		if err = unavailable(ctx, err); used == nil || !errors.Is(err, record.Corrupt) {
			return err
		}
		again, failed := e.another(used)
		if !again {
			return errors.Join(err, failed)
		}
	}
}

func (e *Engine) try(fn func(*snapshot) error) (used *shelf, err error) {
	defer guard(&err)()
	s, err := e.asked()
	if err != nil {
		if s != nil {
			used = s.shelf
		}
		return used, err
	}
	defer func() { err = errors.Join(err, s.release()) }()
	used = s.shelf // fn may panic
	return used, fn(s)
}

// unavailable gives an error without a category one.
func unavailable(ctx context.Context, err error) error {
	if ctx.Err() != nil || record.CategoryOf(err) != nil {
		return err
	}
	return record.Down("The search index", err)
}

// find answers a query from one snapshot.
func (e *Engine) find(ctx context.Context, s *snapshot, q search.Query, after *mark) (search.Result, error) {
	b := &builder{ctx: ctx, reader: s.IndexReader, known: map[wanted]expansion{}}
	if q.Sort == search.SortDate || len(q.Parsed.Must) == 0 {
		b.options.Score = "none"
	}
	c := newCollector(s.rows, q, after)
	b.allowed = &allowed{ctx: ctx, reader: s.IndexReader, rows: s.rows, access: c.access}
	if len(c.access.scopes) > 0 {
		if err := c.run(b, q); err != nil {
			return search.Result{}, err
		}
	}
	res := search.Result{Total: c.total, Exact: !b.inexact, Partial: s.partial, Facets: c.facets.result()}
	found := c.top()
	if len(found) > q.Limit {
		found = found[:q.Limit]
		res.Next = e.cursors.write(q, found[q.Limit-1])
	}
	pages, err := b.pages(q.Parsed, found)
	if err != nil {
		return search.Result{}, err
	}
	for i, h := range found {
		hit := search.Hit{Document: record.DocumentID(h.meta.document), Page: pages[i], Score: h.score}
		if err := s.kept(h.internal, &hit); err != nil {
			return search.Result{}, err
		}
		res.Hits = append(res.Hits, hit)
	}
	return res, nil
}

// hit is a candidate for the answer.
type hit struct {
	internal uint64
	meta     *meta
	score    float64
}

func (h *hit) mark() mark { return mark{score: h.score, date: h.meta.date, document: h.meta.document} }

// mark is the place of a hit in the order of an answer.
type mark struct {
	score    float64
	date     uint32
	document string
}

// collector meets every match once: it checks access and filters, counts, makes
// facets and keeps the best.
type collector struct {
	access  *access
	filters []filter
	rows    *rows
	facets  facets
	byDate  bool
	scored  bool
	after   *mark // the last one of the page before
	keep    int
	total   int
	hits    []hit
	worst   *mark // of the kept ones, once there are enough
}

func newCollector(r *rows, q search.Query, after *mark) *collector {
	byDate := q.Sort == search.SortDate
	return &collector{access: newAccess(q.Scopes, q.ExcludeDocuments, q.ExcludeFiles), filters: filters(q, r.names), rows: r,
		facets: newFacets(r.names), byDate: byDate, scored: !byDate && len(q.Parsed.Must) > 0, after: after, keep: q.Limit + 1}
}

func (c *collector) run(b *builder, q search.Query) (err error) {
	s, err := b.build(q, c.filters)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	sctx := &bleve.SearchContext{IndexReader: b.reader, DocumentMatchPool: bleve.NewDocumentMatchPool(s.DocumentMatchPoolSize()+1, 0)}
	for n := 0; ; n++ {
		if n%checkEvery == 0 && b.ctx.Err() != nil {
			return b.ctx.Err()
		}
		m, err := s.Next(sctx)
		if err != nil {
			return failed(err)
		}
		if m == nil {
			return nil
		}
		row, err := c.rows.row(m.IndexInternalID)
		if err != nil {
			return err
		}
		if c.access.allows(row) && c.passes(row) {
			h := hit{internal: m.IndexInternalID.Value(), meta: row}
			if c.scored {
				h.score = m.Score
			}
			c.add(h)
		}
		sctx.DocumentMatchPool.Put(m)
	}
}

func (c *collector) passes(m *meta) bool {
	for i := range c.filters {
		if !c.filters[i].passes(m) {
			return false
		}
	}
	return true
}

func (c *collector) add(h hit) {
	c.total++
	c.facets.add(h.meta)
	if c.after != nil && c.compare(&h, c.after) <= 0 || c.worst != nil && c.compare(&h, c.worst) >= 0 {
		return
	}
	c.hits = append(c.hits, h)
	if len(c.hits) >= 2*c.keep {
		c.prune()
	}
}

// compare orders a hit before (-) or behind (+) a mark.
func (c *collector) compare(h *hit, m *mark) int {
	if c.byDate {
		if n := cmp.Compare(m.date, h.meta.date); n != 0 {
			return n
		}
	} else if n := cmp.Compare(m.score, h.score); n != 0 {
		return n
	}
	return cmp.Compare(h.meta.document, m.document)
}

func (c *collector) prune() {
	slices.SortFunc(c.hits, func(x, y hit) int {
		m := y.mark()
		return c.compare(&x, &m)
	})
	if len(c.hits) >= c.keep {
		c.hits = c.hits[:c.keep]
		m := c.hits[c.keep-1].mark()
		c.worst = &m
	}
}

// top gives the kept hits in order, one more than was asked for if there is one.
func (c *collector) top() []hit {
	c.prune()
	return c.hits
}
