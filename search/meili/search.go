package meili

import (
	"cmp"
	"context"
	"slices"

	"eakte/appliance/record"
	"eakte/search"
)

// question is a query on its way through the index that answers.
type question struct {
	engine *Engine
	query  search.Query
	index  string
	base   condition // what it may find, whatever its words
	after  *hit      // the last one of the page before
}

// hit is a document of the answer. Of some only what orders them was read.
type hit struct {
	document
	tier int
	body *body // its terms, once they were needed and read
	read bool  // with its text
}

// Search implements search.Engine.
func (e *Engine) Search(ctx context.Context, q search.Query) (search.Result, error) {
	if q.Limit <= 0 {
		q.Limit = search.DefaultLimit
	}
	q.Limit = min(q.Limit, search.MaxLimit)
	after, err := readCursor(q)
	if err != nil {
		return search.Result{}, err
	}
	base, err := asked(q)
	if err != nil {
		return search.Result{}, err
	}
	var res search.Result
	err = e.onIndex(ctx, func(v *view) error {
		res = search.Result{Exact: true, Partial: v.lacks, Facets: facets(nil)}
		if base == never {
			return nil
		}
		return (&question{e, q, v.answers, base, after}).answer(ctx, &res)
	})
	if err != nil {
		return search.Result{}, err
	}
	return res, nil
}

func (k *question) answer(ctx context.Context, res *search.Result) error {
	p, err := k.plan(ctx)
	if err != nil {
		return err
	}
	whole, all, err := k.settle(ctx, p)
	if err != nil {
		return err
	}
	res.Exact = all && !p.inexact
	if whole == never {
		return nil
	}
	found, err := k.hits(ctx, p, whole, res)
	if err != nil {
		return err
	}
	if len(found) > k.query.Limit {
		found = found[:k.query.Limit]
		res.Next = writeCursor(k.query, found[k.query.Limit-1])
	}
	if err := k.read(ctx, found); err != nil {
		return err
	}
	for i := range found {
		if h := &found[i]; h.read {
			one, err := k.hit(h)
			if err != nil {
				return err
			}
			res.Hits = append(res.Hits, one)
		}
	}
	return nil
}

// hit makes the answer's hit of one that was read.
func (k *question) hit(h *hit) (search.Hit, error) {
	out := search.Hit{Document: record.DocumentID(h.ID), Page: min(h.Pages, 1), Score: h.score(k.query)}
	if h.Pages > 1 && len(k.query.Parsed.Must) > 0 {
		b, err := h.terms()
		if err != nil {
			return out, err
		}
		out.Page = b.page(k.query.Parsed)
	}
	if out.Page == 0 || out.Page > len(h.Kept) {
		return out, nil
	}
	var err error
	out.Text, out.Words, err = h.kept(out.Page)
	out.Kept = err == nil
	return out, err
}

// terms unpacks the terms of a hit.
func (h *hit) terms() (*body, error) {
	if h.body == nil {
		b, err := decodeBody(h.Body)
		if err != nil {
			return nil, err
		}
		h.body = &b
	}
	return h.body, nil
}

// byDate says whether a result is in the order of dates. So is what no words
// were asked of.
func byDate(q search.Query) bool { return q.Sort == search.SortDate || len(q.Parsed.Must) == 0 }

// score is in the order of tier and size.
func (h *hit) score(q search.Query) float64 {
	if byDate(q) {
		return 0
	}
	return float64(h.tier) + 1/float64(1+h.Size)
}

func order(q search.Query) []string {
	if byDate(q) {
		return []string{"date:desc", "id:asc"}
	}
	return []string{"size:asc", "date:desc", "id:asc"}
}

// inOrder compares as order does.
func inOrder(a, b hit) int {
	return cmp.Or(cmp.Compare(b.tier, a.tier), cmp.Compare(a.Size, b.Size), cmp.Compare(b.Date, a.Date), cmp.Compare(a.ID, b.ID))
}

// behind is true for what comes after a hit in the order of its tier.
func behind(q search.Query, h *hit) condition {
	later := anyOf(compare("date", "<", h.Date), allOf(compare("date", "=", h.Date), condition("id > "+quote(h.ID))))
	if byDate(q) {
		return later
	}
	return anyOf(compare("size", ">", h.Size), allOf(compare("size", "=", h.Size), later))
}

// facetNames are the facets, which are called as their attributes are.
var facetNames = []string{search.FacetType, search.FacetSite, search.FacetYear, search.FacetSection}

// readFacets reads a distribution: for each attribute, of each value, how many.
func readFacets(in map[string]map[string]int) (map[string][]search.FacetCount, error) {
	plain := map[string]map[string]int{}
	for name, values := range in {
		plain[name] = map[string]int{}
		for v, n := range values {
			u, err := unescape(v)
			if err != nil {
				return nil, err
			}
			plain[name][u] = n
		}
	}
	return facets(plain), nil
}

// facets gives the most frequent values of each facet.
func facets(in map[string]map[string]int) map[string][]search.FacetCount {
	out := map[string][]search.FacetCount{}
	for _, name := range facetNames {
		all := make([]search.FacetCount, 0, len(in[name]))
		for v, n := range in[name] {
			all = append(all, search.FacetCount{Value: v, Count: n})
		}
		slices.SortFunc(all, func(a, b search.FacetCount) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
		})
		out[name] = all[:min(len(all), search.FacetSize)]
	}
	return out
}
