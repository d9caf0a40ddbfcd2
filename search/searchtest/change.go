package searchtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"eakte/appliance/record"
	"eakte/search"
)

// dated gives n documents on few dates, so that many are of the same day.
func dated(n int) []search.Entry {
	out := make([]search.Entry, n)
	for i := range out {
		out[i] = entry(fmt.Sprintf("d%03d", i), fmt.Sprintf("Bescheid über Leistungen, Blatt %d %s", i, longer(i%5)))
		out[i].Date = fmt.Sprintf("2026-%02d-%02d", i%3+1, i%4+1)
		if i%7 == 0 {
			out[i].Date = ""
		}
	}
	return out
}

func longer(n int) (s string) {
	for range n {
		s += "und weiter nichts "
	}
	return s
}

func testDateOrder(t *testing.T, f *fixture) {
	in := dated(40)
	f.index(in...)
	dates := map[record.DocumentID]string{}
	for _, e := range in {
		dates[e.Document] = e.Date
	}
	r := f.search(search.Query{Parsed: parse(t, "bescheid"), Scopes: all(), Sort: search.SortDate})
	if r.Total != 40 || len(r.Hits) != 40 {
		t.Fatalf("total %d, hits %d", r.Total, len(r.Hits))
	}
	for i := 1; i < len(r.Hits); i++ {
		if a, b := dates[r.Hits[i-1].Document], dates[r.Hits[i].Document]; a < b {
			t.Fatalf("%q comes before %q", a, b)
		}
	}
}

func testCursor(t *testing.T, f *fixture) {
	f.index(dated(40)...)
	for _, sort := range []string{"", search.SortRelevance, search.SortDate} {
		for _, text := range []string{"bescheid", "", "leistung*"} {
			q := search.Query{Scopes: all(), Sort: sort, Limit: search.MaxLimit}
			if text != "" {
				q.Parsed = parse(t, text)
			}
			whole := f.names(f.search(q))
			q.Limit = 7
			var got []string
			for range 10 {
				r := f.search(q)
				if r.Total != 40 {
					t.Errorf("sort %q: total %d on a later page", sort, r.Total)
				}
				got = append(got, f.names(r)...)
				if q.Cursor = r.Next; r.Next == "" {
					break
				}
			}
			if len(whole) != 40 || !slices.Equal(got, whole) {
				t.Errorf("sort %q, %q: pages give %v, all at once %v", sort, text, got, whole)
			}
		}
	}
	q := search.Query{Parsed: parse(t, "bescheid"), Scopes: all(), Limit: 7}
	q.Cursor = f.search(q).Next
	for name, change := range map[string]func(*search.Query){
		"other words": func(q *search.Query) { q.Parsed = parse(t, "leistungen") },
		"other sort":  func(q *search.Query) { q.Sort = search.SortDate },
		"other site":  func(q *search.Query) { q.Site = "03104" },
		"no cursor":   func(q *search.Query) { q.Cursor = "nonsense" },
		"empty base":  func(q *search.Query) { q.Cursor = "AAAA" },
	} {
		other := q
		change(&other)
		if _, err := f.engine.Search(context.Background(), other); !errors.Is(err, record.Invalid) {
			t.Errorf("%s: the cursor is answered by %v", name, err)
		}
	}
	// A document that comes in between moves nothing on later pages by date.
	q = search.Query{Parsed: parse(t, "bescheid"), Scopes: all(), Sort: search.SortDate, Limit: search.MaxLimit}
	whole := f.names(f.search(q))
	q.Limit = 10
	first := f.search(q)
	late := entry("neu", "Bescheid")
	late.Date = "2027-01-01"
	f.index(late)
	q.Cursor, q.Limit = first.Next, search.MaxLimit
	if got := f.names(f.search(q)); !slices.Equal(got, whole[10:]) {
		t.Errorf("after a new document page 2 is %v, was %v", got, whole[10:])
	}
}

func testDelete(t *testing.T, f *fixture) {
	f.index(entry("eins", "Kündigung", "Seite 2"), entry("zwei", "Kündigung"))
	f.counts(2, 3)
	if err := f.engine.Delete(context.Background(), []record.DocumentID{id("eins"), id("unbekannt"), id("eins")}); err != nil {
		t.Fatal(err)
	}
	f.finds("kündigung", "zwei")
	f.counts(1, 1)
	if err := f.engine.Delete(context.Background(), []record.DocumentID{id("zwei")}); err != nil {
		t.Fatal(err)
	}
	f.finds("kündigung")
	f.counts(0, 0)
	if s := f.suggest("künd", all(), 5); len(s) != 0 {
		t.Errorf("a deleted document suggests %v", s)
	}
	if err := f.engine.Delete(context.Background(), nil); err != nil {
		t.Errorf("deleting nothing: %v", err)
	}
	f.index(entry("eins", "Kündigung"))
	f.finds("kündigung", "eins")
}

func testAgain(t *testing.T, f *fixture) {
	e := entry("eins", "Kündigung des Vertrags", "zweite Seite", "dritte Seite")
	f.index(e)
	first := f.ask("vertrag")
	f.index(e, e)
	again := f.ask("vertrag")
	if first.Total != 1 || again.Total != 1 || first.Hits[0].Document != again.Hits[0].Document {
		t.Errorf("first %+v, again %+v", first, again)
	}
	f.counts(1, 3)
	e.Pages, e.Sequence, e.Ordinal, e.Site = []string{"Nur noch eine Seite"}, 2, 5, "03105"
	f.index(e)
	f.counts(1, 1)
	f.finds("kündigung")
	f.finds("dritte")
	f.same("old file", f.search(search.Query{Parsed: parse(t, "seite"), Scopes: []search.Scope{scope(9, 1)}}))
	f.same("new file", f.search(search.Query{Parsed: parse(t, "seite"), Scopes: []search.Scope{scope(9, 5)}}), "eins")
	f.same("old site", f.search(search.Query{Parsed: parse(t, "seite"), Scopes: all(), Site: "03104"}))
}

func testOlderSequence(t *testing.T, f *fixture) {
	e := entry("eins", "neuer Stand")
	e.Sequence = 7
	f.index(e)
	e.Pages, e.Sequence = []string{"alter Stand"}, 6
	f.index(e)
	f.finds("neuer", "eins")
	f.finds("alter")
}

func testReset(t *testing.T, f *fixture) {
	ctx := context.Background()
	if err := f.engine.Rebuilt(ctx); err != nil {
		t.Fatal(err)
	}
	f.index(entry("eins", "Kündigung"))
	if why, err := f.engine.NeedsRebuild(ctx); why != "" || err != nil {
		t.Errorf("needs a rebuild after Rebuilt: %q, %v", why, err)
	}
	if err := f.engine.Reset(ctx); err != nil {
		t.Fatal(err)
	}
	f.counts(0, 0)
	f.finds("kündigung")
	if why, err := f.engine.NeedsRebuild(ctx); why == "" || err != nil {
		t.Errorf("needs no rebuild after Reset: %v", err)
	}
	if err := f.engine.SetRebuild(ctx, "under way"); err != nil {
		t.Fatal(err)
	}
	if why, err := f.engine.NeedsRebuild(ctx); why != "under way" || err != nil {
		t.Errorf("SetRebuild gives %q, %v", why, err)
	}
	f.index(entry("eins", "Kündigung"))
	f.finds("kündigung", "eins")
}

func testCancelled(t *testing.T, f *fixture) {
	f.index(dated(40)...)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := f.engine.Search(ctx, search.Query{Parsed: parse(t, "bescheid"), Scopes: all()}); err == nil {
		t.Error("a cancelled search answers")
	}
	f.finds("blatt leistungen 7", "d007")
}

// testSideBySide lets writers and readers meet. A reader must never see a
// document in part: each has the same word on all of its pages.
func testSideBySide(t *testing.T, f *fixture) {
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := range 8 {
				e := entry(fmt.Sprintf("w%d", w), fmt.Sprintf("Stand x%dx", i), fmt.Sprintf("Stand y%dy", i))
				e.Sequence = int64(i + 1)
				if err := f.engine.Index(context.Background(), []search.Entry{e}); err != nil {
					t.Errorf("Index: %v", err)
				}
			}
		})
		wg.Go(func() {
			for i := range 20 {
				i %= 8
				p, err := search.Parse(fmt.Sprintf("x%dx -y%dy", i, i))
				if err != nil {
					t.Errorf("Parse: %v", err)
					return
				}
				r, err := f.engine.Search(context.Background(), search.Query{Parsed: p, Scopes: all()})
				if err != nil || r.Total != 0 {
					t.Errorf("half a document: %+v, %v", r.Hits, err)
				}
			}
		})
	}
	wg.Wait()
	f.finds("x7x y7y", "w0", "w1", "w2")
	f.counts(3, 6)
}
