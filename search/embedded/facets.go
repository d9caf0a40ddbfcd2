package embedded

import (
	"cmp"
	"slices"

	"eakte/search"
)

// facets count the values of what was found.
type facets struct{ kind, site, year map[string]*int }

func newFacets() facets {
	return facets{kind: map[string]*int{}, site: map[string]*int{}, year: map[string]*int{}}
}

func (f facets) add(m []byte) {
	count(f.site, tail(m, 1))
	count(f.kind, tail(m, 3))
	if d := dateOf(m); string(d) != undated {
		count(f.year, d[:4])
	}
}

// count makes a string of the value only when it meets it first.
func count(in map[string]*int, value []byte) {
	if len(value) == 0 {
		return
	}
	n := in[string(value)]
	if n == nil {
		n = new(int)
		in[string(value)] = n
	}
	*n++
}

func (f facets) result() map[string][]search.FacetCount {
	return map[string][]search.FacetCount{search.FacetType: most(f.kind), search.FacetSite: most(f.site), search.FacetYear: most(f.year)}
}

func most(in map[string]*int) []search.FacetCount {
	out := make([]search.FacetCount, 0, len(in))
	for v, n := range in {
		out = append(out, search.FacetCount{Value: v, Count: *n})
	}
	slices.SortFunc(out, func(a, b search.FacetCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return out[:min(len(out), search.FacetSize)]
}
