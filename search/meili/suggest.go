package meili

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"eakte/appliance/record"
	"eakte/search"
)

// enough documents make a word frequent.
const enough = 64

// Suggest implements search.Engine. Facet search looks only through documents
// that may be found: what is in no such one takes no part, not even in the
// order.
func (e *Engine) Suggest(ctx context.Context, prefix string, scopes []search.Scope, excludeDocuments []record.DocumentID,
	excludeFiles []uint32, n int) ([]string, error) {
	begin := search.Fold(prefix)
	base := opened(scopes, excludeDocuments, excludeFiles)
	if len(begin) < 2 || search.HasDigit(begin) || n <= 0 || base == never {
		return nil, ctx.Err()
	}
	var values []counted
	err := e.onIndex(ctx, func(v *view) (err error) {
		values, err = e.values(ctx, v.answers, suggestions, begin, base)
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []string
	for _, w := range written(values) {
		if len(out) == n {
			break
		}
		plain, err := unescape(w.term)
		if err != nil {
			return nil, err
		}
		out = append(out, plain)
	}
	return out, nil
}

// written gives one writing of each folded word, the most frequent, and orders
// them by it.
func written(values []counted) []counted {
	best := map[string]counted{}
	for _, v := range values {
		folded, w, ok := strings.Cut(v.term, suggestionMark)
		if old := best[folded]; ok && (v.count > old.count || v.count == old.count && w < old.term) {
			best[folded] = counted{w, v.count}
		}
	}
	folded := make([]string, 0, len(best))
	for f := range best {
		folded = append(folded, f)
	}
	slices.SortFunc(folded, func(x, y string) int {
		return cmp.Or(cmp.Compare(min(best[y].count, enough), min(best[x].count, enough)), cmp.Compare(x, y))
	})
	out := make([]counted, len(folded))
	for i, f := range folded {
		out[i] = best[f]
	}
	return out
}
