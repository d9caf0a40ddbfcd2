package eval

import (
	"fmt"
	"strings"
	"testing"

	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/standard"
	"github.com/blevesearch/bleve/v2/search/query"

	"eakte/search"
)

// plainAsked is search as it comes with a library: words by Unicode's rules,
// in lower case, all of which have to be there; quotes make a phrase.
func plainAsked(t testing.TB, entries []search.Entry) asked {
	t.Helper()
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = standard.Name
	idx, err := bleve.NewMemOnly(m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := idx.Close(); err != nil {
			t.Error(err)
		}
	})
	for n, e := range entries {
		if err := idx.Index(fmt.Sprint(n), map[string]string{"text": e.Title + "\n" + strings.Join(e.Pages, "\n")}); err != nil {
			t.Fatal(err)
		}
	}
	return func(t testing.TB, q question) (first []int, total int) {
		t.Helper()
		var asked query.Query
		if p := strings.Trim(q.q, `"`); len(p) < len(q.q) && q.kind == "phrase" {
			asked = bleve.NewMatchPhraseQuery(p)
		} else {
			w := bleve.NewMatchQuery(q.q)
			w.SetOperator(query.MatchQueryOperatorAnd)
			asked = w
		}
		r, err := idx.Search(bleve.NewSearchRequestOptions(asked, 10, 0, false))
		if err != nil {
			t.Fatalf("%q: %v", q.q, err)
		}
		for _, h := range r.Hits {
			var n int
			if _, err := fmt.Sscan(h.ID, &n); err != nil {
				t.Fatal(err)
			}
			first = append(first, n)
		}
		return first, int(r.Total)
	}
}
