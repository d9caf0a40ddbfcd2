package meili

import (
	"context"

	"github.com/meilisearch/meilisearch-go"
)

// maxChecked is how many documents are read for the order of their words.
const maxChecked = 500

// settle gives the condition of what matches: the plan's, and the documents
// that only might match and do, once their terms were looked at. If there are
// too many to look at each, all is false, and the others are taken to match if
// the plan guesses so.
func (k *question) settle(ctx context.Context, p *plan) (whole condition, all bool, err error) {
	if p.exact() || p.possible == never {
		return p.possible, true, nil
	}
	doubtful := allOf(except(p.possible, p.certain), k.base)
	var matching, others []string
	for read, n := 0, readAtOnce; read < maxChecked && !all; read, n = read+n, maxChecked-readAtOnce {
		answers, err := k.ask(ctx, &meilisearch.SearchRequest{Filter: string(doubtful), Offset: int64(read), Limit: int64(n),
			Sort: []string{"date:desc", "id:asc"}, AttributesToRetrieve: []string{"id", "body"}})
		if err != nil {
			return never, false, err
		}
		for _, d := range answers[0].Hits {
			b, err := decodeBody(d.Body)
			if err != nil {
				return never, false, err
			}
			if b.matches(k.query.Parsed) {
				matching = append(matching, d.ID)
			} else {
				others = append(others, d.ID)
			}
		}
		all = len(answers[0].Hits) < n
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
