package searchtest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// testSecret asks an engine that holds a secret for it, in every way, and an
// engine that does not: nothing tells them apart.
func testSecret(t *testing.T, f *fixture) {
	var open []search.Entry
	for i := range 6 {
		e := withWords(fmt.Sprintf("o%d", i), "Bescheid über Leistungen", "Anlage zum Bescheid "+longer(i))
		e.Type, e.Section, e.Date = []string{"antrag", "bescheid"}[i%2], "wohnen", fmt.Sprintf("2026-01-%02d", i+1)
		open = append(open, e)
	}
	other := withWords("fremd", "Bescheid Zufluchtsort Frauenhausplatz", "Zufluchtsorte Zufluchtsart")
	other.Ordinal, other.Sender, other.Title, other.Section = 2, "Zufluchtsort", "Zufluchtsort", "zuflucht"
	other.Type, other.Site, other.Date = "zuflucht", "zuflucht", "1999-01-01"
	close := other
	close.Document, close.Ordinal, close.Sensitivity = id("nah"), 1, record.SensitivityRestricted
	bare := &fixture{t: t, engine: f.open(t)}
	bare.index(open...)
	f.index(append([]search.Entry{other, close}, open...)...)
	scopes := []search.Scope{scope(record.SensitivityRaised, 1, 3)}
	for _, q := range []string{"zufluchtsort", "zufluchtsorte", "zufluchtsart", "zufluchtort", "zuf*", "frauenhaus", "frauenhausplats", `"bescheid zufluchtsort"`,
		"zufluchtsort OR bescheid", "bescheid OR zuf*", "bescheid -zufluchtsort", "bescheid -zuf*", "from:zufluchtsort", "from:zuf* OR anlage", "bescheid -from:zufluchtsort",
		"type:zuflucht", "site:zuflucht", "section:zuflucht", "-type:zuflucht", "received:1999", "file:2", "file:1,2", "-file:2"} {
		p := parse(t, q)
		for _, limit := range []int{search.MaxLimit, 3} {
			ask := search.Query{Parsed: p, Filters: p.Filters, Scopes: scopes, Sort: search.SortDate, Limit: limit}
			got, want := f.search(ask), bare.search(ask)
			if got.Total != want.Total || got.Exact != want.Exact || (got.Next == "") != (want.Next == "") || !reflect.DeepEqual(got.Hits, want.Hits) || !sameFacets(got, want) {
				t.Errorf("%q is answered by %+v where there is a secret, by %+v where there is none", q, got, want)
			}
		}
	}
	for _, word := range []string{"zufluchtsort", "frauenhausplatz", "leistungen", "bescheid"} {
		for n := 2; n <= len(word); n++ {
			if got, want := f.suggest(word[:n], scopes, 10), bare.suggest(word[:n], scopes, 10); !slices.Equal(got, want) {
				t.Errorf("%s suggests %v where there is a secret, %v where there is none", word[:n], got, want)
			}
		}
	}
}

// testNoAccess: where nothing is opened there is nothing, however one asks.
func testNoAccess(t *testing.T, f *fixture) {
	e := withWords("eins", "Kündigung 03104//0012345")
	e.Sender, e.Section, e.Received = "Stadtwerke", "wohnen", "2026-01-01"
	zero := e
	zero.Document, zero.Sensitivity = id("null"), 0
	f.index(e, zero)
	for name, scopes := range map[string][]search.Scope{
		"none": nil, "empty": {}, "the empty value": {{}}, "two empty values": {{}, {}}, "no files": {{MaxSensitivity: record.SensitivityRestricted}},
		"an empty list": {scope(record.SensitivityRestricted)}, "file 0": {scope(record.SensitivityRestricted, 0)},
	} {
		for _, q := range []string{"", "kündigung", "künd*", "kündigumg", `"kündigung 03104"`, "03104 BG 0012345", "kündigung OR mahnung", "von:stadtwerke",
			"type:bescheid", "-type:antrag", "section:wohnen", "received:2026", "kündigung -mahnung"} {
			ask := search.Query{Scopes: scopes}
			if q != "" {
				ask.Parsed = parse(t, q)
				ask.Filters = ask.Parsed.Filters
			}
			for _, ask.Sort = range []string{search.SortRelevance, search.SortDate} {
				r := f.search(ask)
				f.same(name+" "+q, r)
				for facet, counts := range r.Facets {
					if len(counts) > 0 {
						t.Errorf("%s %q: facet %s counts %v", name, q, facet, counts)
					}
				}
			}
		}
		if got := f.suggest("künd", scopes, 10); len(got) != 0 {
			t.Errorf("%s suggests %v", name, got)
		}
	}
}

func sameFacets(a, b search.Result) bool {
	for _, name := range []string{search.FacetType, search.FacetSite, search.FacetYear, search.FacetSection} {
		if !slices.Equal(a.Facets[name], b.Facets[name]) {
			return false
		}
	}
	return true
}

// hostile are values made to break out of a filter.
var hostile = []string{`"`, `'`, `\`, `\"`, `03104" OR site = "03105`, `x' OR '1'='1`, `x) OR (site EXISTS`, `[03104]`, `{"a":1}`, `03104,03105`,
	`03104 OR 03105`, `*`, `0310*`, `%`, `%41`, `_`, `$`, `.*`, `NOT x`, `x -- y`, `x /* y`, `03104` + "\u00a0", `ſite`, "a\x1fb", "ÄÖ", strings.Repeat("x", 400)}

// testInjection gives hostile values wherever a question takes one: each means
// itself and nothing else.
func testInjection(t *testing.T, f *fixture) {
	f.index(guarded()...)
	narrow := []search.Scope{scope(1, 1)}
	for i, h := range append(slices.Clone(hostile), "a\nb", "a\x00b", "a\xffb") {
		for name, q := range map[string]search.Query{
			"site": {Site: h}, "team": {Team: h}, "type": {Type: h}, "section": {Section: h},
			"site filter": filtered(search.FieldSite, h), "type filter": filtered(search.FieldType, h), "section filter": filtered(search.FieldSection, h),
			"file filter": filtered(search.FieldFile, h), "mixed filter": filtered(search.FieldType, h, "nothing", h),
		} {
			for _, q.Scopes = range [][]search.Scope{all(), narrow} {
				if r := f.search(q); r.Total != 0 || len(r.Hits) != 0 {
					t.Errorf("%s %d finds %v", name, i, f.names(r))
				}
			}
		}
		excluded := search.Query{Scopes: narrow, ExcludeDocuments: []record.DocumentID{record.DocumentID(h), id("offen1")}}
		if r := f.search(excluded); r.Total != 0 {
			t.Errorf("excluding %d finds %v", i, f.names(r))
		}
		for _, q := range []string{h, h + " geheimwort", "geheimwort OR " + h, "geheimwort " + h} {
			if p, err := search.Parse(q); err == nil {
				f.within(search.Query{Parsed: p, Filters: p.Filters, Scopes: narrow}, "offen1")
			}
		}
		for _, s := range f.suggest(h+"schwind", narrow, 10) {
			t.Errorf("prefix %d suggests %s", i, s)
		}
		bad := search.Query{Parsed: parse(t, "geheimwort"), Scopes: narrow, Cursor: h}
		if _, err := f.engine.Search(context.Background(), bad); !errors.Is(err, record.Invalid) {
			t.Errorf("cursor %d is answered by %v", i, err)
		}
	}
	q := search.Query{Parsed: parse(t, "geheimwort"), Scopes: all(), Sort: search.SortDate, Limit: 1}
	q.Cursor, q.Scopes, q.Limit = f.search(q).Next, narrow, 10
	if r, err := f.engine.Search(context.Background(), q); err == nil {
		f.narrow("a cursor of wider scopes", r, "offen1")
	}
}

func filtered(field string, values ...string) search.Query {
	return search.Query{Filters: []search.Filter{{Field: field, Values: values}}}
}

// within checks that q finds nothing but the named documents.
func (f *fixture) within(q search.Query, names ...string) {
	f.t.Helper()
	f.narrow(fmt.Sprintf("%+v", q.Parsed), f.search(q), names...)
}

func (f *fixture) narrow(what string, r search.Result, names ...string) {
	f.t.Helper()
	for _, n := range f.names(r) {
		if !slices.Contains(names, n) {
			f.t.Errorf("%s finds %s", what, n)
		}
	}
	if r.Total > len(names) {
		f.t.Errorf("%s counts %d", what, r.Total)
	}
}

// testOddValues: a site, a type, a section may be called anything; each is
// found by its own name only.
func testOddValues(t *testing.T, f *fixture) {
	var in []search.Entry
	for i, h := range hostile {
		if strings.Contains(h, "\x1f") {
			continue
		}
		e := entry(fmt.Sprintf("h%d", i), "Seite")
		e.Site, e.Team, e.Type, e.Section, e.Title = h, h, h, h, h
		in = append(in, e)
	}
	f.index(in...)
	for _, e := range in {
		for name, q := range map[string]search.Query{
			"site": {Site: e.Site}, "team": {Team: e.Team}, "type": {Type: e.Type}, "section": {Section: e.Section},
			"site filter": filtered(search.FieldSite, e.Site), "type filter": filtered(search.FieldType, "nothing", e.Type),
			"section filter": filtered(search.FieldSection, e.Section),
		} {
			q.Scopes = all()
			r := f.search(q)
			f.same(fmt.Sprintf("%s %q", name, e.Site), r, short(e.Document))
			if got := r.Facets[search.FacetType]; len(got) != 1 || got[0].Value != e.Type {
				t.Errorf("%s %q: facet type is %v", name, e.Site, got)
			}
		}
	}
	q := filtered(search.FieldType, in[0].Type)
	q.Filters[0].Not, q.Scopes = true, all()
	if r := f.search(q); r.Total != len(in)-1 {
		t.Errorf("all but %q: %d of %d", in[0].Type, r.Total, len(in))
	}
}

// testManyFiles opens few, many and very many files, that lie apart.
func testManyFiles(t *testing.T, f *fixture) {
	var in []search.Entry
	for i := range 80 {
		e := entry(fmt.Sprintf("m%02d", i), "Bescheid über Leistungen")
		e.Ordinal, e.Sensitivity = uint32(i*503+1), record.Sensitivity(1+i%2) // up to 39,738
		in = append(in, e)
	}
	f.index(in...)
	for _, n := range []int{1, 2000, 20_000} {
		files := roaring.New()
		for k := range n {
			files.Add(uint32(2*k + 1)) // odd ones
		}
		for name, change := range map[string]func(*roaring.Bitmap){
			"apart": func(*roaring.Bitmap) {}, "with a gap": func(b *roaring.Bitmap) { b.Remove(1007) }, "with a run": func(b *roaring.Bitmap) { b.AddRange(5000, 9000) },
		} {
			b := files.Clone()
			change(b)
			q := search.Query{Parsed: parse(t, "bescheid"), Scopes: []search.Scope{{Files: b, MaxSensitivity: 1}}, Limit: search.MaxLimit}
			var want []string
			for _, e := range in {
				if e.Sensitivity == 1 && b.Contains(e.Ordinal) {
					want = append(want, short(e.Document))
				}
			}
			r := f.search(q)
			f.same(fmt.Sprintf("%d files %s", n, name), r, want...)
			facets(t, name, r, len(want))
			if got := f.suggest("besch", q.Scopes, 5); (len(got) > 0) != (len(want) > 0) {
				t.Errorf("%d files %s suggest %v", n, name, got)
			}
		}
	}
}
