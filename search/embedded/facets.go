package embedded

import (
	"cmp"
	"fmt"
	"slices"

	"eakte/search"
)

// facets count the values of what was found, by their numbers.
type facets struct {
	kind, site, section []int
	year                map[uint32]int
	values              []string
}

func newFacets(n *names) facets {
	v := n.all()
	return facets{kind: make([]int, len(v)), site: make([]int, len(v)), section: make([]int, len(v)), year: map[uint32]int{}, values: v}
}

func (f *facets) add(m *meta) {
	f.kind[m.kind]++
	f.site[m.site]++
	f.section[m.section]++
	f.year[m.date/10000]++
}

func (f *facets) result() map[string][]search.FacetCount {
	var years []search.FacetCount
	for y, n := range f.year {
		if y != 0 {
			years = append(years, search.FacetCount{Value: fmt.Sprintf("%04d", y), Count: n})
		}
	}
	return map[string][]search.FacetCount{search.FacetType: f.named(f.kind), search.FacetSite: f.named(f.site),
		search.FacetSection: f.named(f.section), search.FacetYear: most(years)}
}

// named gives the counts that are not 0. The empty value is none.
func (f *facets) named(counts []int) []search.FacetCount {
	var out []search.FacetCount
	for at, n := range counts {
		if n > 0 && at > 0 {
			out = append(out, search.FacetCount{Value: f.values[at], Count: n})
		}
	}
	return most(out)
}

// most orders counts, the most frequent first.
func most(out []search.FacetCount) []search.FacetCount {
	slices.SortFunc(out, func(a, b search.FacetCount) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Value, b.Value))
	})
	return out[:min(len(out), search.FacetSize)]
}
