// Package searchtest holds every search.Engine to its contract.
package searchtest

import (
	"context"
	"fmt"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// Run runs the whole suite. Open gives a new, empty engine each time; the
// suite closes it.
func Run(t *testing.T, open func(t *testing.T) search.Engine) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			opened := func(t *testing.T) search.Engine {
				e := open(t)
				t.Cleanup(func() {
					if err := e.Close(); err != nil {
						t.Errorf("Close: %v", err)
					}
				})
				return e
			}
			c.test(t, &fixture{t: t, engine: opened(t), open: opened})
		})
	}
}

var cases = []struct {
	name string
	test func(*testing.T, *fixture)
}{
	// What is found.
	{"Words", testWords},
	{"UmlautsAndSharpS", testUmlauts},
	{"Compounds", testCompounds},
	{"Inflections", testInflections},
	{"MisreadLetter", testMisread},
	{"Numbers", testNumbers},
	{"HouseholdNumber", testHousehold},
	{"DatesAcrossYearEnds", testYears},
	{"PhrasesAndNot", testPhrases},
	{"PhraseNotAcrossPages", testPhrasePages},
	{"Or", testOr},
	{"OrRank", testOrRank},
	{"Sender", testSender},
	{"MoreThanTenWords", testManyWords},
	{"NothingIndexed", testNothing},
	// What is shown of it.
	{"Pages", testPages},
	{"KeptPages", testKept},
	{"OffsetsAfterUmlautsAndEmoji", testOffsets},
	{"Relevance", testRelevance},
	{"WorstWordDecides", testSteps},
	{"DateOrder", testDateOrder},
	{"Cursor", testCursor},
	{"TotalsOverThousand", testTotals},
	{"Facets", testFacets},
	{"SectionFacet", testSection},
	{"Suggest", testSuggest},
	// Who may find it.
	{"NothingForEmptyAccess", testNoAccess},
	{"Access", testAccess},
	{"OthersWordsCrowdNothingOut", testCrowd},
	{"SecretWordSilent", testSecret},
	{"FilterInjection", testInjection},
	{"OddValues", testOddValues},
	{"ManyFiles", testManyFiles},
	{"Excluded", testExcluded},
	// What narrows.
	{"Filters", testFilters},
	{"Fields", testFields},
	{"Received", testReceived},
	// How the index changes.
	{"VisibleAtOnce", testVisible},
	{"Again", testAgain},
	{"OlderSequence", testOlderSequence},
	{"Delete", testDelete},
	{"DeleteByPageDocumentFile", testDeleteBy},
	{"FailedIndexIsAnError", testFailedIndex},
	{"Cancelled", testCancelled},
	{"SideBySide", testSideBySide},
	{"List", testList},
	{"Reset", testReset},
	{"Partial", testPartial},
	{"RebuildWhileSearched", testRebuildWhile},
	// All of it at random: hits, totals, order, facets, pages by brute force.
	{"Oracle", testOracle},
	{"OracleOfSuggest", testSuggestOracle},
}

// fixture is an engine with short ways to ask it.
type fixture struct {
	t      *testing.T
	engine search.Engine
	open   func(t *testing.T) search.Engine // another one, empty
}

// id makes a document's id from a short name.
func id(name string) record.DocumentID { return record.DocumentID(fmt.Sprintf("%032s", name)) }

// all opens every file up to 1,000.
func all() []search.Scope {
	b := roaring.New()
	b.AddRange(1, 1001)
	return []search.Scope{{Files: b, MaxSensitivity: record.SensitivityRestricted}}
}

func scope(max record.Sensitivity, files ...uint32) search.Scope {
	return search.Scope{Files: roaring.BitmapOf(files...), MaxSensitivity: max}
}

// entry is a document in file 1 with these pages.
func entry(name string, pages ...string) search.Entry {
	return search.Entry{Document: id(name), File: "file1", Ordinal: 1, Sensitivity: record.SensitivityNormal, Site: "03104", Team: "L1",
		Type: "bescheid", Date: "2026-11-18", Direction: "in", Pages: pages, Sequence: 1}
}

func (f *fixture) index(entries ...search.Entry) {
	f.t.Helper()
	if err := f.engine.Index(context.Background(), entries); err != nil {
		f.t.Fatalf("Index: %v", err)
	}
}

func parse(t *testing.T, q string) search.Parsed {
	t.Helper()
	p, err := search.Parse(q)
	if err != nil {
		t.Fatalf("Parse(%q): %v", q, err)
	}
	return p
}

func (f *fixture) search(q search.Query) search.Result {
	f.t.Helper()
	r, err := f.engine.Search(context.Background(), q)
	if err != nil {
		f.t.Fatalf("Search: %v", err)
	}
	return r
}

// ask searches everything for a query.
func (f *fixture) ask(q string) search.Result {
	f.t.Helper()
	return f.search(search.Query{Parsed: parse(f.t, q), Scopes: all(), Limit: search.MaxLimit})
}

// finds checks that q finds exactly the named documents, in any order.
func (f *fixture) finds(q string, names ...string) {
	f.t.Helper()
	r := f.ask(q)
	f.same(fmt.Sprintf("%q", q), r, names...)
	if !r.Exact {
		f.t.Errorf("%q: the total of a small index is not exact", q)
	}
}

func (f *fixture) same(what string, r search.Result, names ...string) {
	f.t.Helper()
	want := map[record.DocumentID]bool{}
	for _, n := range names {
		want[id(n)] = true
	}
	for _, h := range r.Hits {
		if !want[h.Document] {
			f.t.Errorf("%s finds %s", what, short(h.Document))
		}
		delete(want, h.Document)
	}
	for d := range want {
		f.t.Errorf("%s does not find %s", what, short(d))
	}
	if r.Total != len(names) {
		f.t.Errorf("%s: total %d, want %d", what, r.Total, len(names))
	}
}

func short(d record.DocumentID) string {
	for len(d) > 1 && d[0] == '0' {
		d = d[1:]
	}
	return string(d)
}

func (f *fixture) names(r search.Result) []string {
	var out []string
	for _, h := range r.Hits {
		out = append(out, short(h.Document))
	}
	return out
}

func (f *fixture) suggest(prefix string, scopes []search.Scope, n int) []string {
	f.t.Helper()
	s, err := f.engine.Suggest(context.Background(), prefix, scopes, nil, nil, n)
	if err != nil {
		f.t.Fatalf("Suggest: %v", err)
	}
	return s
}

func (f *fixture) counts(documents, pages uint64) {
	f.t.Helper()
	d, p, err := f.engine.Count(context.Background())
	if err != nil || d != documents || p != pages {
		f.t.Errorf("Count: %d documents, %d pages, %v; want %d, %d", d, p, err, documents, pages)
	}
}
