package meili

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"

	"github.com/meilisearch/meilisearch-go"

	"eakte/appliance/record"
	"eakte/search"
)

// What is read of a hit: what orders it, what says who may see it, and what
// tells and shows its page.
var (
	orderAttributes = []string{"id", "file", "sensitivity", "date", "size", "pages"}
	wholeAttributes = append(slices.Clone(orderAttributes), "body", "kept")
)

// readAtOnce is how many documents are read whole in one request.
const readAtOnce = 50

// result is what Meilisearch answers to one of several questions.
type result struct {
	Hits              []document
	TotalHits         int
	FacetDistribution map[string]map[string]int
}

// ask asks several questions in one request.
func (k *question) ask(ctx context.Context, queries ...*meilisearch.SearchRequest) ([]result, error) {
	for _, q := range queries {
		q.IndexUID = k.index
	}
	var answer struct{ Results []result }
	if err := k.engine.server.question(ctx, "/multi-search", meilisearch.MultiSearchRequest{Queries: queries}, &answer); err != nil {
		return nil, k.engine.lost(err)
	}
	if len(answer.Results) != len(queries) {
		return nil, record.Down("The search server", fmt.Errorf("%d answers to %d questions", len(answer.Results), len(queries)))
	}
	return answer.Results, nil
}

// hits gives total and facets, and the first hits, one more than the limit if
// there is one. What one question says isn't asked again: Meilisearch goes
// through the files that may be seen for each.
func (k *question) hits(ctx context.Context, p *plan, whole condition, res *search.Result) ([]hit, error) {
	q := k.query
	tiered := !byDate(q)
	var first []*meilisearch.SearchRequest
	if k.after == nil {
		all := k.request(whole)
		n := all.Limit
		all.Limit, all.HitsPerPage, all.Page, all.Facets = 0, &n, 1, facetNames
		first = append(first, all)
	} else {
		none := int64(0)
		first = append(first, &meilisearch.SearchRequest{Filter: string(allOf(whole, k.base)), HitsPerPage: &none, Facets: facetNames})
		if !tiered {
			first = append(first, k.request(allOf(behind(q, k.after), whole)))
		}
	}
	answers, err := k.ask(ctx, first...)
	if err != nil {
		return nil, err
	}
	res.Total = answers[0].TotalHits
	if res.Facets, err = readFacets(answers[0].FacetDistribution); err != nil {
		return nil, err
	}
	found := k.found(answers[len(answers)-1].Hits)
	switch {
	case !tiered:
		return found, nil
	case k.after == nil && res.Total <= min(q.Limit, readAtOnce):
		if err := k.read(ctx, found); err != nil {
			return nil, err
		}
		return found, k.rank(found)
	}
	return k.tiers(ctx, p, whole, found)
}

// request asks for the first hits, whole if they are few.
func (k *question) request(what condition) *meilisearch.SearchRequest {
	r := &meilisearch.SearchRequest{Filter: string(allOf(what, k.base)), Sort: order(k.query), Limit: int64(k.query.Limit) + 1,
		AttributesToRetrieve: wholeAttributes}
	if k.query.Limit > readAtOnce {
		r.AttributesToRetrieve = orderAttributes
	}
	return r
}

func (k *question) found(in []document) []hit {
	out := make([]hit, len(in))
	for i, d := range in {
		out[i] = hit{document: d, read: k.query.Limit <= readAtOnce}
	}
	return out
}

// rank puts hits that were read whole into order: then no tier has to be asked
// for.
func (k *question) rank(found []hit) error {
	for i := range found {
		if !found[i].read {
			continue // gone
		}
		b, err := found[i].terms()
		if err != nil {
			return err
		}
		found[i].tier = b.tier(k.query.Parsed)
	}
	slices.SortFunc(found, inOrder)
	return nil
}

// askedTiers is how many tiers are asked for at once. The better ones are mostly
// enough.
const askedTiers = 2

// tiers gives the first hits by asking for one tier after the other. Known are
// hits that were read whole already.
func (k *question) tiers(ctx context.Context, p *plan, whole condition, known []hit) ([]hit, error) {
	var requests []*meilisearch.SearchRequest
	var of []int // the tier of each
	better := never
	for i, c := range append(slices.Clone(p.tiers), whole) {
		tier := len(p.tiers) - i
		inside := whole
		if i < len(p.tiers) {
			inside = p.tier(whole, c)
		}
		inside = except(inside, better)
		if i < len(p.tiers) && c != never {
			better = c
		}
		if inside == never || k.after != nil && tier > k.after.tier {
			continue
		}
		if k.after != nil && tier == k.after.tier {
			inside = allOf(behind(k.query, k.after), inside)
		}
		r := k.request(inside)
		r.AttributesToRetrieve = orderAttributes
		requests, of = append(requests, r), append(of, tier)
	}
	var out []hit
	seen := map[string]bool{}
	for len(requests) > 0 && len(out) <= k.query.Limit {
		n := min(askedTiers, len(requests))
		answers, err := k.ask(ctx, requests[:n]...)
		if err != nil {
			return nil, err
		}
		for i, a := range answers {
			for _, d := range a.Hits {
				if !seen[d.ID] && len(out) <= k.query.Limit {
					seen[d.ID] = true
					out = append(out, hit{document: d, tier: of[i]})
				}
			}
		}
		requests, of = requests[n:], of[n:]
	}
	reuse(out, known)
	return out, nil
}

// reuse fills hits from those that were read whole.
func reuse(hits, known []hit) {
	for i := range hits {
		at := slices.IndexFunc(known, func(h hit) bool { return h.read && h.ID == hits[i].ID })
		if at >= 0 {
			tier := hits[i].tier
			hits[i] = known[at]
			hits[i].tier = tier
		}
	}
}

// read reads those hits whole that were not yet. They are asked for by their
// ids alone and looked at here: one that nobody may see any more, or that is
// gone, stays unread.
func (k *question) read(ctx context.Context, hits []hit) error {
	at := map[string]*hit{}
	var open []string
	for i := range hits {
		if h := &hits[i]; !h.read {
			at[h.ID] = h
			open = append(open, h.ID)
		}
	}
	for len(open) > 0 {
		n := min(len(open), readAtOnce)
		answers, err := k.ask(ctx, &meilisearch.SearchRequest{Filter: string(oneOf("id", open[:n])), Limit: readAtOnce, AttributesToRetrieve: wholeAttributes})
		if err != nil {
			return err
		}
		for _, d := range answers[0].Hits {
			if h := at[d.ID]; h != nil && opens(&k.query, &d) {
				h.document, h.read = d, true
			}
		}
		open = open[n:]
	}
	return nil
}

// kept unpacks a page that is kept.
func (d *document) kept(page int) (string, record.PageWords, error) {
	b, err := base64.StdEncoding.DecodeString(d.Kept[page-1])
	if err != nil {
		return "", record.PageWords{}, damaged(err)
	}
	return search.KeptPage(b)
}
