package searchtest

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"

	"eakte/appliance/record"
	"eakte/search"
)

// oracle answers by looking at every document. It knows nothing of an index.
type oracle map[record.DocumentID]search.Entry

func (o oracle) allowed(q search.Query) []search.Entry {
	var out []search.Entry
	for _, e := range o {
		open := slices.ContainsFunc(q.Scopes, func(s search.Scope) bool {
			return s.Files != nil && s.Files.Contains(e.Ordinal) && e.Sensitivity <= s.MaxSensitivity
		})
		if open && !slices.Contains(q.ExcludeDocuments, e.Document) && !slices.Contains(q.ExcludeFiles, e.Ordinal) {
			out = append(out, e)
		}
	}
	return out
}

func (o oracle) search(q search.Query) []search.Entry {
	var out []search.Entry
	for _, e := range o.allowed(q) {
		switch {
		case q.File != 0 && e.Ordinal != q.File, q.Site != "" && e.Site != q.Site, q.Type != "" && e.Type != q.Type, q.Team != "" && e.Team != q.Team,
			q.Section != "" && e.Section != q.Section, q.From != "" && e.Date < q.From, q.To != "" && (e.Date > q.To || e.Date == ""):
		default:
			if matches(e, q.Parsed) && !slices.ContainsFunc(q.Filters, func(x search.Filter) bool { return !passes(e, x) }) {
				out = append(out, e)
			}
		}
	}
	slices.SortFunc(out, func(a, b search.Entry) int {
		return cmp.Or(cmp.Compare(b.Date, a.Date), cmp.Compare(a.Document, b.Document))
	})
	return out
}

func matches(e search.Entry, p search.Parsed) bool {
	for i := range p.Must {
		if !clauseIn(e, &p.Must[i]) {
			return false
		}
	}
	for i := range p.Not {
		if clauseIn(e, &p.Not[i]) {
			return false
		}
	}
	return true
}

func passes(e search.Entry, f search.Filter) bool {
	if f.Field == search.FieldReceived {
		in := e.Received != "" && e.Received >= f.From && (f.To == "" || e.Received <= f.To)
		return in != f.Not
	}
	value := map[string]string{search.FieldType: e.Type, search.FieldSite: e.Site, search.FieldSection: e.Section,
		search.FieldFile: strconv.FormatUint(uint64(e.Ordinal), 10)}[f.Field]
	return slices.Contains(f.Values, value) != f.Not
}

// element gives what stands on element n of a document, as far as a clause
// asks for it: 0 is the title, n page n. The sender belongs to page 1.
func element(e search.Entry, n int, in string) string {
	switch {
	case in == search.FieldSender && n == 1:
		return e.Sender
	case in == search.FieldSender:
		return ""
	case n == 0:
		return e.Title
	case n <= len(e.Pages):
		return e.Pages[n-1]
	}
	return ""
}

// clauseIn says whether a clause matches somewhere: its slots, all of Also, or
// one of Or.
func clauseIn(e search.Entry, c *search.Clause) bool {
	for n := range max(1, len(e.Pages)) + 1 {
		if slotsOn(element(e, n, c.In), c.Slots) > search.RankNone {
			return true
		}
	}
	also := len(c.Also) > 0
	for i := range c.Also {
		also = also && clauseIn(e, &c.Also[i])
	}
	for i := range c.Or {
		also = also || clauseIn(e, &c.Or[i])
	}
	return also
}

// clausesOn counts the clauses that match on page n; with a typing error only
// those that match nowhere better in the document.
func clausesOn(e search.Entry, n int, p search.Parsed) int {
	if n < 1 || n > len(e.Pages) {
		return 0
	}
	count := 0
	for i := range p.Must {
		best := search.RankNone
		for k := range len(e.Pages) + 1 {
			best = max(best, rankOn(e, k, &p.Must[i]))
		}
		if r := rankOn(e, n, &p.Must[i]); r > search.RankNone && (r > search.RankTypo || best == search.RankTypo) {
			count++
		}
	}
	return count
}

// rankOn says how well a clause stands on an element. One of Also is taken for
// a part of what was asked for.
func rankOn(e search.Entry, n int, c *search.Clause) search.Rank {
	best := slotsOn(element(e, n, c.In), c.Slots)
	for i := range c.Also {
		best = max(best, min(rankOn(e, n, &c.Also[i]), search.RankPart))
	}
	for i := range c.Or {
		best = max(best, rankOn(e, n, &c.Or[i]))
	}
	return best
}

// slotsOn says how well slots stand side by side in a text: as well as the
// worst of them, at the best place.
func slotsOn(text string, slots []search.Slot) search.Rank {
	at := map[int][]string{}
	for _, t := range search.Analyze(text) {
		at[t.Position] = append(at[t.Position], t.Term)
	}
	best := search.RankNone
	for p := range at {
		worst := search.RankWhole
		for k := range slots {
			here := search.RankNone
			for _, term := range at[p+k] {
				here = max(here, slots[k].Rank(term))
			}
			worst = min(worst, here)
		}
		best = max(best, worst)
	}
	return best
}

// testOracle compares some hundred random questions with the oracle: hits,
// total, order by date, facets, and the page to show.
func testOracle(t *testing.T, f *fixture) {
	w := &world{Rand: rand.New(rand.NewPCG(2, 26))}
	o := w.build(t, f)
	pages := 0
	for _, e := range o {
		pages += len(e.Pages)
	}
	f.counts(uint64(len(o)), uint64(pages))
	found := 0
	for i := range 600 {
		q, text := w.query(t)
		r := f.search(q)
		want := o.search(q)
		found += len(want)
		var names []string
		for _, e := range want {
			names = append(names, short(e.Document))
		}
		got := f.names(r)
		if q.Sort != search.SortDate {
			got, names = slices.Sorted(slices.Values(got)), slices.Sorted(slices.Values(names))
		}
		if !slices.Equal(got, names) || r.Total != len(want) {
			t.Fatalf("question %d %q %+v: total %d, hits %v; want %d, %v", i, text, q, r.Total, got, len(want), names)
		}
		checkFacets(t, text, r, want)
		for _, h := range r.Hits {
			checkPage(t, text, h, o[h.Document], q.Parsed)
			checkKept(t, text, h, o[h.Document])
			checkMarked(t, text, h, o[h.Document], q.Parsed)
		}
	}
	if found < 1000 {
		t.Errorf("only %d hits in all: the questions test little", found)
	}
}

func checkFacets(t *testing.T, text string, r search.Result, want []search.Entry) {
	t.Helper()
	count := map[string]map[string]int{search.FacetType: {}, search.FacetSite: {}, search.FacetYear: {}, search.FacetSection: {}}
	for _, e := range want {
		count[search.FacetType][e.Type]++
		count[search.FacetSite][e.Site]++
		count[search.FacetSection][e.Section]++
		if e.Date != "" {
			count[search.FacetYear][e.Date[:4]]++
		}
	}
	delete(count[search.FacetType], "")
	delete(count[search.FacetSection], "")
	for name, w := range count {
		got := map[string]int{}
		for _, c := range r.Facets[name] {
			got[c.Value] = c.Count
		}
		if !maps.Equal(got, w) {
			t.Fatalf("%q: facet %s is %v, want %v", text, name, got, w)
		}
	}
}

func checkPage(t *testing.T, text string, h search.Hit, e search.Entry, p search.Parsed) {
	t.Helper()
	if len(e.Pages) == 0 {
		if h.Page != 0 {
			t.Fatalf("%q: page %d of a document without pages", text, h.Page)
		}
		return
	}
	most := 0
	for n := range e.Pages {
		most = max(most, clausesOn(e, n+1, p))
	}
	if got := clausesOn(e, h.Page, p); h.Page < 1 || h.Page > len(e.Pages) || got < most {
		t.Fatalf("%q: page %d of %s has %d of %d clauses that one page has", text, h.Page, short(h.Document), got, most)
	}
}

// checkMarked checks that something is marked on the page of a hit if, and only
// if, some clause matches there. The sender's words needn't stand on the page.
func checkMarked(t *testing.T, text string, h search.Hit, e search.Entry, p search.Parsed) {
	t.Helper()
	if !h.Kept {
		return
	}
	p = p.OnPage(2)
	want := slices.ContainsFunc(p.Must, func(c search.Clause) bool { return rankOn(e, h.Page, &c) > search.RankNone })
	if m := search.Highlight(h.Words, h.Text, p); (m.Count > 0) != want || (len(m.Boxes) > 0) != want {
		t.Fatalf("%q: %d stretches and %d boxes are marked on page %d of %s, a clause matches there: %v", text, m.Count, len(m.Boxes), h.Page, short(h.Document), want)
	}
}

// testSuggestOracle checks that nothing is suggested but words that stand in
// an allowed document.
func testSuggestOracle(t *testing.T, f *fixture) {
	w := &world{Rand: rand.New(rand.NewPCG(11, 26))}
	o := w.build(t, f)
	given := 0
	for range 200 {
		q, _ := w.query(t)
		prefix := w.pick([]string{"he", "ko", "mie", "ab", "wider", "mü", "str", "unter", "be"})
		got, err := f.engine.Suggest(context.Background(), prefix, q.Scopes, q.ExcludeDocuments, q.ExcludeFiles, 100)
		if err != nil {
			t.Fatal(err)
		}
		given += len(got)
		words := map[string]bool{}
		for _, e := range o.allowed(q) {
			for _, text := range append([]string{e.Title}, e.Pages...) {
				for _, k := range search.Analyze(text) {
					if k.Kind == search.TokenWord {
						words[k.Term] = true
					}
				}
			}
		}
		for _, s := range got {
			if !words[search.Fold(s)] || !strings.HasPrefix(search.Fold(s), search.Fold(prefix)) {
				t.Fatalf("%q suggests %q, which stands in no allowed document", prefix, s)
			}
		}
	}
	if given < 200 {
		t.Errorf("only %d suggestions in all: the questions test little", given)
	}
}
