package searchtest

import (
	"context"
	"slices"
	"testing"

	"eakte/appliance/record"
	"eakte/search"
)

// guarded is three files at two sites, some of it held closely.
func guarded() []search.Entry {
	in := func(name string, file uint32, s record.Sensitivity, site, kind, date, text string) search.Entry {
		e := entry(name, text)
		e.Ordinal, e.Sensitivity, e.Site, e.Type, e.Date = file, s, site, kind, date
		return e
	}
	return []search.Entry{
		in("offen1", 1, 1, "03104", "antrag", "2024-01-01", "Geheimwort Normalfall"),
		in("krank1", 1, 2, "03104", "attest", "2025-01-01", "Geheimwort Schwindelanfall"),
		in("schutz2", 2, 3, "03104", "adresse", "2026-01-01", "Geheimwort Frauenhausadresse"),
		in("offen3", 3, 1, "03105", "bescheid", "2023-01-01", "Geheimwort Sonderfall"),
	}
}

func testAccess(t *testing.T, f *fixture) {
	f.index(guarded()...)
	for _, c := range []struct {
		name   string
		scopes []search.Scope
		want   []string
	}{
		{"no scope", nil, nil}, // the empty access value opens nothing
		{"a scope without files", []search.Scope{{MaxSensitivity: 9}}, nil},
		{"no file", []search.Scope{scope(9)}, nil},
		{"sensitivity 0", []search.Scope{scope(0, 1, 2, 3)}, nil},
		{"normal", []search.Scope{scope(1, 1, 2)}, []string{"offen1"}},
		{"raised", []search.Scope{scope(2, 1, 2)}, []string{"offen1", "krank1"}},
		{"two scopes", []search.Scope{scope(1, 1), scope(3, 2)}, []string{"offen1", "schutz2"}},
		{"overlapping", []search.Scope{scope(1, 1, 3), scope(2, 1)}, []string{"offen1", "krank1", "offen3"}},
		{"other files", []search.Scope{scope(9, 7, 4_000_000_000)}, nil},
	} {
		for _, sort := range []string{search.SortRelevance, search.SortDate} {
			for _, q := range []string{"geheimwort", "geheimw*", "geheimwert"} {
				r := f.search(search.Query{Parsed: parse(t, q), Scopes: c.scopes, Sort: sort})
				f.same(c.name+" "+q, r, c.want...)
				facets(t, c.name, r, len(c.want))
			}
		}
		var words []string
		for _, w := range []string{"Normalfall", "Schwindelanfall", "Frauenhausadresse", "Sonderfall"} {
			if got := f.suggest(w[:5], c.scopes, 10); slices.Contains(got, w) {
				words = append(words, w)
			} else if len(got) > 0 {
				t.Errorf("%s: %q suggests %v", c.name, w[:5], got)
			}
		}
		if len(words) != len(c.want) {
			t.Errorf("%s: suggests %v, finds %v", c.name, words, c.want)
		}
	}
	if s, err := f.engine.Suggest(context.Background(), "geh", []search.Scope{scope(1, 1)},
		[]record.DocumentID{id("offen1")}, nil, 5); err != nil || len(s) != 0 {
		t.Errorf("suggests %v, %v from an excluded document", s, err)
	}
	if s, err := f.engine.Suggest(context.Background(), "geh", []search.Scope{scope(1, 1)}, nil, []uint32{1}, 5); err != nil || len(s) != 0 {
		t.Errorf("suggests %v, %v from an excluded file", s, err)
	}
}

// facets checks that each facet counts every one of n documents once.
func facets(t *testing.T, what string, r search.Result, n int) {
	t.Helper()
	for _, name := range []string{search.FacetType, search.FacetSite, search.FacetYear} {
		sum := 0
		for _, c := range r.Facets[name] {
			sum += c.Count
		}
		if sum != n {
			t.Errorf("%s: facet %s counts %d documents, %d were found", what, name, sum, n)
		}
	}
}

func testExcluded(t *testing.T, f *fixture) {
	f.index(guarded()...)
	q := search.Query{Parsed: parse(t, "geheimwort"), Scopes: all(), ExcludeDocuments: []record.DocumentID{id("offen1"), id("unbekannt")}}
	r := f.search(q)
	f.same("without a document", r, "krank1", "schutz2", "offen3")
	facets(t, "without a document", r, 3)
	q.ExcludeFiles = []uint32{2, 3, 99}
	f.same("without files", f.search(q), "krank1")
}

func testFilters(t *testing.T, f *fixture) {
	f.index(guarded()...)
	undated := entry("undatiert", "Geheimwort")
	undated.Date, undated.Type, undated.Team = "", "", "L9"
	f.index(undated)
	for _, c := range []struct {
		name string
		q    search.Query
		want []string
	}{
		{"file", search.Query{File: 1}, []string{"offen1", "krank1", "undatiert"}},
		{"site", search.Query{Site: "03105"}, []string{"offen3"}},
		{"team", search.Query{Team: "L9"}, []string{"undatiert"}},
		{"type", search.Query{Type: "attest"}, []string{"krank1"}},
		{"from", search.Query{From: "2025-01-01"}, []string{"krank1", "schutz2"}},
		{"to", search.Query{To: "2024-12-31"}, []string{"offen1", "offen3"}},
		{"from to", search.Query{From: "2024-01-01", To: "2025-01-01"}, []string{"offen1", "krank1"}},
		{"nothing", search.Query{Site: "03105", Type: "attest"}, nil},
		{"unknown", search.Query{Site: "99999"}, nil},
	} {
		c.q.Scopes = all()
		f.same(c.name, f.search(c.q), c.want...)
		c.q.Parsed = parse(t, "geheimwort")
		f.same(c.name+" with a word", f.search(c.q), c.want...)
		c.q.Scopes = []search.Scope{scope(1, 3)}
		for _, h := range f.search(c.q).Hits {
			if h.Document != id("offen3") {
				t.Errorf("%s opens %s beyond its scope", c.name, short(h.Document))
			}
		}
	}
}

func testFacets(t *testing.T, f *fixture) {
	f.index(guarded()...)
	undated := entry("undatiert", "Geheimwort")
	undated.Date = ""
	f.index(undated)
	r := f.search(search.Query{Parsed: parse(t, "geheimwort"), Scopes: all(), Limit: 1})
	want := map[string][]search.FacetCount{
		search.FacetType: {{Value: "bescheid", Count: 2}, {Value: "adresse", Count: 1}, {Value: "antrag", Count: 1}, {Value: "attest", Count: 1}},
		search.FacetSite: {{Value: "03104", Count: 4}, {Value: "03105", Count: 1}},
		search.FacetYear: {{Value: "2023", Count: 1}, {Value: "2024", Count: 1}, {Value: "2025", Count: 1}, {Value: "2026", Count: 1}},
	}
	for name, w := range want {
		if !slices.Equal(r.Facets[name], w) {
			t.Errorf("facet %s is %v, want %v", name, r.Facets[name], w)
		}
	}
}

func testSuggest(t *testing.T, f *fixture) {
	f.index(
		entry("eins", "Heizkostenabrechnung HEIZKOSTEN heizkosten Heizung 2025 h31zung"),
		entry("zwei", "Heizkosten und Heizung, Überweisung, Heizkosten-\nabrechnung"),
		entry("drei", "Die Heizung ist kalt"),
	)
	if got := f.suggest("heiz", all(), 10); !slices.Equal(got, []string{"Heizung", "Heizkosten", "Heizkostenabrechnung"}) {
		t.Errorf("heiz suggests %v", got)
	}
	if got := f.suggest("HEIZ", all(), 1); !slices.Equal(got, []string{"Heizung"}) {
		t.Errorf("the first of HEIZ is %v", got)
	}
	for _, p := range []string{"über", "ueber", "uber"} {
		if got := f.suggest(p, all(), 10); !slices.Equal(got, []string{"Überweisung"}) {
			t.Errorf("%s suggests %v", p, got)
		}
	}
	for _, p := range []string{"", "h", " ", "20", "h31", "zz"} {
		if got := f.suggest(p, all(), 10); len(got) != 0 {
			t.Errorf("%q suggests %v", p, got)
		}
	}
}
