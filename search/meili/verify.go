package meili

import (
	"context"
	"fmt"

	"github.com/meilisearch/meilisearch-go"

	"eakte/search"
)

// How many documents are read for the order of their words, at most and at once.
const (
	maxChecked = 500
	readAtOnce = 50
)

// settle gives the condition of what matches: the plan's, and the documents
// that only might match and do, once their terms were looked at. If there are
// too many to look at each, all is false, and the others are taken to match if
// the plan guesses so.
func (e *Engine) settle(ctx context.Context, p *plan, q search.Parsed) (whole condition, all bool, err error) {
	if p.exact() || p.possible == never {
		return p.possible, true, nil
	}
	doubtful := except(p.possible, p.certain)
	var matching, others []string
	for read := 0; read < maxChecked && !all; read += readAtOnce {
		found, err := e.bodies(ctx, doubtful, &meilisearch.SearchRequest{Offset: int64(read), Limit: readAtOnce, Sort: []string{"date:desc", "id:asc"}})
		if err != nil {
			return never, false, err
		}
		for _, f := range found {
			if f.body.matches(q) {
				matching = append(matching, f.id)
			} else {
				others = append(others, f.id)
			}
		}
		all = len(found) < readAtOnce
	}
	in := []condition{p.certain, never, never}
	if len(matching) > 0 {
		in[1] = allOf(p.possible, oneOf("id", matching))
	}
	if !all {
		in[2] = except(p.guess, oneOf("id", others))
	}
	return anyOf(in...), all, nil
}

// found is a document with its terms in their order.
type found struct {
	id   string
	body body
}

// bodies reads documents under a condition.
func (e *Engine) bodies(ctx context.Context, c condition, how *meilisearch.SearchRequest) ([]found, error) {
	how.Filter, how.AttributesToRetrieve = string(c), []string{"id", "body"}
	answer, err := e.searching().SearchWithContext(ctx, "", how)
	if err != nil {
		return nil, e.lost(failed(ctx, err))
	}
	out := make([]found, len(answer.Hits))
	for i, h := range answer.Hits {
		var d document
		if err := h.DecodeInto(&d); err != nil {
			return nil, fmt.Errorf("search server: a document: %w", err)
		}
		out[i].id = d.ID
		if out[i].body, err = decodeBody(d.Body); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// pages gives the page to show of each hit. Base is asked once more with the
// documents: nothing is read without it.
func (e *Engine) pages(ctx context.Context, q search.Parsed, base condition, hits []hit) ([]int, error) {
	out := make([]int, len(hits))
	at := map[string]int{}
	var open []string
	for i, h := range hits {
		out[i] = min(h.Pages, 1)
		if h.Pages > 1 && len(q.Must) > 0 {
			at[h.ID] = i
			open = append(open, h.ID)
		}
	}
	for len(open) > 0 {
		n := min(len(open), readAtOnce)
		read, err := e.bodies(ctx, allOf(base, oneOf("id", open[:n])), &meilisearch.SearchRequest{Limit: readAtOnce})
		if err != nil {
			return nil, err
		}
		for _, f := range read {
			out[at[f.id]] = f.body.page(q)
		}
		open = open[n:]
	}
	return out, nil
}

// matches says whether a document matches, as search.Parsed defines it.
func (b body) matches(q search.Parsed) bool {
	for i := range q.Must {
		if !b.has(&q.Must[i]) {
			return false
		}
	}
	for i := range q.Not {
		if b.has(&q.Not[i]) {
			return false
		}
	}
	return true
}

func (b body) has(c *search.Clause) bool {
	for _, e := range b {
		if e.slots(c.Slots) > search.RankNone {
			return true
		}
	}
	for i := range c.Also {
		if !b.has(&c.Also[i]) {
			return false
		}
	}
	return len(c.Also) > 0
}

// page gives the page on which the most clauses match, each as well as
// possible; the first of equals. Misspellings count only in documents that
// have nothing better.
func (b body) page(q search.Parsed) int {
	points := make([]int, len(b))
	for i := range q.Must {
		ranks := make([]search.Rank, len(b))
		best := search.RankNone
		for n, e := range b {
			ranks[n] = e.rank(&q.Must[i])
			best = max(best, ranks[n])
		}
		for n, r := range ranks {
			if r > search.RankTypo || r == search.RankTypo && best == search.RankTypo {
				// One clause more outweighs how well the others match.
				points[n] += int(search.RankWhole)*len(q.Must) + int(r)
			}
		}
	}
	page := 1
	for n := 2; n < len(b); n++ {
		if points[n] > points[page] {
			page = n
		}
	}
	return min(page, len(b)-1)
}

// rank says how well a clause matches on a title or page.
func (e element) rank(c *search.Clause) search.Rank {
	best := e.slots(c.Slots)
	for i := range c.Also {
		best = max(best, min(e.rank(&c.Also[i]), search.RankPart))
	}
	return best
}

// slots says how well slots stand side by side: as well as the worst of them,
// at the best place.
func (e element) slots(slots []search.Slot) search.Rank {
	best := search.RankNone
	for at := 0; at+len(slots) <= len(e) && best < search.RankWhole; at++ {
		worst := search.RankWhole
		for k := 0; k < len(slots) && worst > best; k++ {
			here := search.RankNone
			for _, term := range e[at+k] {
				here = max(here, slots[k].Rank(term))
			}
			worst = min(worst, here)
		}
		best = max(best, worst)
	}
	return best
}
