package meili

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/meilisearch/meilisearch-go"

	"eakte/appliance/record"
	"eakte/search"
)

// hit is a candidate for the answer, with what it is ordered by.
type hit struct {
	ID    string `json:"id"`
	Date  int    `json:"date"`
	Size  int    `json:"size"`
	Pages int    `json:"pages"`
	tier  int    // the higher the better
}

// hitAttributes are what is read of a hit.
var hitAttributes = []string{"id", "date", "size", "pages"}

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
	if err := e.use(ctx); err != nil {
		return search.Result{}, err
	}
	if base == never {
		return search.Result{Exact: true, Facets: facets(nil)}, nil
	}
	p, err := e.newPlan(ctx, q.Parsed, base)
	if err != nil {
		return search.Result{}, err
	}
	res := search.Result{Exact: !p.inexact, Facets: facets(nil)}
	whole, all, err := e.settle(ctx, p, q.Parsed)
	if err != nil {
		return search.Result{}, err
	}
	res.Exact = res.Exact && all
	if whole == never {
		return res, nil
	}
	found, err := e.ask(ctx, q, p.tiers, whole, after, &res)
	if err != nil {
		return search.Result{}, err
	}
	if len(found) > q.Limit {
		found = found[:q.Limit]
		res.Next = writeCursor(q, found[q.Limit-1])
	}
	pages, err := e.pages(ctx, q.Parsed, base, found)
	if err != nil {
		return search.Result{}, err
	}
	for i, h := range found {
		res.Hits = append(res.Hits, search.Hit{Document: record.DocumentID(h.ID), Page: pages[i], Score: h.score(q)})
	}
	return res, nil
}

// byDate says whether a result is in the order of dates. So is what no words
// were asked of.
func byDate(q search.Query) bool { return q.Sort == search.SortDate || len(q.Parsed.Must) == 0 }

// score is in the order of tier and size.
func (h hit) score(q search.Query) float64 {
	if byDate(q) {
		return 0
	}
	return float64(h.tier) + 1/float64(1+h.Size)
}

// ask asks in one request for total and facets, and for the first hits of each
// tier, one more than the limit in all if there is one.
func (e *Engine) ask(ctx context.Context, q search.Query, tiers []condition, whole condition, after *hit, res *search.Result) ([]hit, error) {
	if byDate(q) {
		tiers = nil
	}
	none := int64(0)
	queries := []*meilisearch.SearchRequest{{IndexUID: e.index(), Filter: string(whole), HitsPerPage: &none,
		Facets: []string{search.FacetType, search.FacetSite, search.FacetYear}}}
	var at []int // the tier of each query but the first
	better := never
	for i, c := range append(slices.Clone(tiers), whole) {
		tier := len(tiers) - i
		inside := whole
		if i < len(tiers) {
			inside = allOf(whole, c)
		}
		inside = except(inside, better)
		if i < len(tiers) && c != never {
			better = c
		}
		if inside == never || after != nil && tier > after.tier {
			continue
		}
		if after != nil && tier == after.tier {
			inside = allOf(inside, behind(q, after))
		}
		queries = append(queries, &meilisearch.SearchRequest{IndexUID: e.index(), Filter: string(inside), Sort: order(q),
			Limit: int64(q.Limit) + 1, AttributesToRetrieve: hitAttributes})
		at = append(at, tier)
	}
	answer, err := e.server.search.MultiSearchWithContext(ctx, &meilisearch.MultiSearchRequest{Queries: queries})
	if err != nil {
		return nil, e.lost(failed(ctx, err))
	}
	if len(answer.Results) != len(queries) {
		return nil, record.Down("The search server", fmt.Errorf("%d answers to %d questions", len(answer.Results), len(queries)))
	}
	res.Total = int(answer.Results[0].TotalHits)
	if res.Facets, err = readFacets(answer.Results[0].FacetDistribution); err != nil {
		return nil, err
	}
	return gather(answer.Results[1:], at, q.Limit+1)
}

// gather puts the hits of the tiers one behind the other, each document once.
func gather(answers []meilisearch.SearchResponse, tiers []int, most int) ([]hit, error) {
	var out []hit
	seen := map[string]bool{}
	for i, a := range answers {
		for _, raw := range a.Hits {
			var h hit
			if err := raw.DecodeInto(&h); err != nil {
				return nil, fmt.Errorf("search server: a hit: %w", err)
			}
			if h.tier = tiers[i]; !seen[h.ID] && len(out) < most {
				seen[h.ID] = true
				out = append(out, h)
			}
		}
	}
	return out, nil
}

func order(q search.Query) []string {
	if byDate(q) {
		return []string{"date:desc", "id:asc"}
	}
	return []string{"size:asc", "date:desc", "id:asc"}
}

// behind is true for what comes after a hit in the order of its tier.
func behind(q search.Query, h *hit) condition {
	later := anyOf(compare("date", "<", h.Date), allOf(compare("date", "=", h.Date), condition("id > "+quote(h.ID))))
	if byDate(q) {
		return later
	}
	return anyOf(compare("size", ">", h.Size), allOf(compare("size", "=", h.Size), later))
}

// readFacets reads a distribution: for each attribute, of each value, how many.
func readFacets(raw json.RawMessage) (map[string][]search.FacetCount, error) {
	var in map[string]map[string]int
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &in); err != nil {
			return nil, fmt.Errorf("search server: facets: %w", err)
		}
	}
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
	for _, name := range [...]string{search.FacetType, search.FacetSite, search.FacetYear} {
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
