package searchtest

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
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
		case q.File != 0 && e.Ordinal != q.File, q.Site != "" && e.Site != q.Site, q.Type != "" && e.Type != q.Type,
			q.From != "" && e.Date < q.From, q.To != "" && (e.Date > q.To || e.Date == ""):
		default:
			if matches(e, q.Parsed) {
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

func clauseIn(e search.Entry, c *search.Clause) bool {
	if onElement(e.Title, c) || slices.ContainsFunc(e.Pages, func(p string) bool { return onElement(p, c) }) {
		return true
	}
	if len(c.Also) == 0 {
		return false
	}
	for i := range c.Also {
		if !clauseIn(e, &c.Also[i]) {
			return false
		}
	}
	return true
}

// onElement says whether the clause itself stands on a page or in a title.
func onElement(text string, c *search.Clause) bool {
	itself := search.Clause{Kind: c.Kind, Slots: c.Slots}
	return rankOn(text, &itself) > search.RankNone
}

// clausesOn counts the clauses that match on page n; with a typing error only
// those that match nowhere better in the document.
func clausesOn(e search.Entry, n int, p search.Parsed) int {
	if n < 1 || n > len(e.Pages) {
		return 0
	}
	count := 0
	for i := range p.Must {
		best := rankOn(e.Title, &p.Must[i])
		for _, page := range e.Pages {
			best = max(best, rankOn(page, &p.Must[i]))
		}
		if r := rankOn(e.Pages[n-1], &p.Must[i]); r > search.RankNone && (r > search.RankTypo || best == search.RankTypo) {
			count++
		}
	}
	return count
}

// rankOn says how well a clause stands on a page: as well as the worst of its
// slots, at the best place.
func rankOn(text string, c *search.Clause) search.Rank {
	at := map[int][]string{}
	for _, t := range search.Analyze(text) {
		at[t.Position] = append(at[t.Position], t.Term)
	}
	best := search.RankNone
	for p := range at {
		worst := search.RankWhole
		for k := range c.Slots {
			here := search.RankNone
			for _, term := range at[p+k] {
				here = max(here, c.Slots[k].Rank(term))
			}
			worst = min(worst, here)
		}
		best = max(best, worst)
	}
	for i := range c.Also {
		best = max(best, min(rankOn(text, &c.Also[i]), search.RankPart))
	}
	return best
}

// world makes documents and questions at random, from few words, so that they
// meet often.
type world struct {
	*rand.Rand
	next int
}

func (w *world) pick(in []string) string { return in[w.IntN(len(in))] }

func (w *world) vocabulary() []string {
	return strings.Fields(`Heizkostenabrechnung Heizkosten Kosten Abrechnung Mietvertrag Miete Mieter Vermieter Bescheid Bescheide Widerspruch
		Widerspruchsbescheid Antrag Anträge Weiterbewilligungsantrag Müller Mueller Muller Übernahme Kostenübernahme Straße Strasse Unterkunft
		Unterkunftskosten und der die Heizkostcn Abrechnumg Kontoauszug Kontoauszüge Bedarfsgemeinschaft 03104//0012345 03104BG0012345
		031D123456 18.11.2026 2026-11-18 1.234,56 1234,56 563,00 Nord-Süd Heizkosten-Abrechnung`)
}

func (w *world) text() string {
	v := w.vocabulary()
	var b strings.Builder
	for range w.IntN(12) {
		b.WriteString(w.pick(v))
		b.WriteString(w.pick([]string{" ", " ", " ", ", ", ".\n"}))
	}
	return b.String()
}

func (w *world) entry(name string) search.Entry {
	w.next++
	e := search.Entry{Document: id(name), File: "f", Ordinal: uint32(1 + w.IntN(12)), Sensitivity: record.Sensitivity(1 + w.IntN(3)),
		Site: w.pick([]string{"03104", "03105"}), Team: w.pick([]string{"L1", "L2"}), Type: w.pick([]string{"antrag", "bescheid", "", "attest"}),
		Title: w.text(), Date: w.pick([]string{"", "2024-05-01", "2025-01-31", "2025-02-01", "2026-11-18"}), Sequence: int64(w.next)}
	for range w.IntN(4) {
		e.Pages = append(e.Pages, w.text())
	}
	return e
}

func (w *world) scopes() []search.Scope {
	var out []search.Scope
	for range w.IntN(3) {
		s := scope(record.Sensitivity(w.IntN(4)))
		for range w.IntN(9) {
			s.Files.Add(uint32(1 + w.IntN(12)))
		}
		out = append(out, s)
	}
	if w.IntN(8) == 0 {
		out = append(out, all()...)
	}
	return out
}

func (w *world) text2query() string {
	v := append(w.vocabulary(), "mieten", "kost*", "heiz*", "wider*", "unterkumft", "abrechnug", "kontoauszog", "mülller", "antrags")
	var parts []string
	for range 1 + w.IntN(3) {
		parts = append(parts, w.pick(v))
	}
	if w.IntN(4) == 0 {
		parts = append(parts, `"`+w.pick(v[:30])+" "+w.pick(v[:30])+`"`)
	}
	if w.IntN(3) == 0 {
		parts = append(parts, "-"+w.pick(v))
	}
	return strings.Join(parts, " ")
}

func (w *world) query(t *testing.T) (search.Query, string) {
	text := w.text2query()
	q := search.Query{Parsed: parse(t, text), Scopes: w.scopes(), Limit: search.MaxLimit}
	if w.IntN(10) == 0 {
		q.Parsed, text = search.Parsed{}, ""
	}
	if w.IntN(3) == 0 {
		q.Sort = search.SortDate
	}
	if w.IntN(4) == 0 {
		q.Site = w.pick([]string{"03104", "03105"})
	}
	if w.IntN(4) == 0 {
		q.Type = "bescheid"
	}
	if w.IntN(4) == 0 {
		q.From, q.To = "2025-01-31", "2025-12-31"
	}
	if w.IntN(5) == 0 {
		q.File = uint32(1 + w.IntN(12))
	}
	for range w.IntN(4) {
		q.ExcludeDocuments = append(q.ExcludeDocuments, id(fmt.Sprintf("r%d", w.IntN(300))))
	}
	for range w.IntN(2) {
		q.ExcludeFiles = append(q.ExcludeFiles, uint32(1+w.IntN(12)))
	}
	return q, text
}

// build indexes documents at random, changes and deletes some, and keeps the
// oracle in step.
func (w *world) build(t *testing.T, f *fixture) oracle {
	o := oracle{}
	for range 4 {
		var batch []search.Entry
		for range 100 {
			e := w.entry(fmt.Sprintf("r%d", w.IntN(300)))
			batch = append(batch, e)
			o[e.Document] = e
		}
		f.index(batch...)
		var gone []record.DocumentID
		for range 5 {
			d := id(fmt.Sprintf("r%d", w.IntN(300)))
			gone = append(gone, d)
			delete(o, d)
		}
		if err := f.engine.Delete(context.Background(), gone); err != nil {
			t.Fatal(err)
		}
	}
	return o
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
		}
	}
	if found < 1000 {
		t.Errorf("only %d hits in all: the questions test little", found)
	}
}

func checkFacets(t *testing.T, text string, r search.Result, want []search.Entry) {
	t.Helper()
	count := map[string]map[string]int{search.FacetType: {}, search.FacetSite: {}, search.FacetYear: {}}
	for _, e := range want {
		count[search.FacetType][e.Type]++
		count[search.FacetSite][e.Site]++
		if e.Date != "" {
			count[search.FacetYear][e.Date[:4]]++
		}
	}
	delete(count[search.FacetType], "")
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
