package searchtest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"eakte/appliance/record"
	"eakte/search"
)

// testPartial: an index that may lack documents says so with every answer.
func testPartial(t *testing.T, f *fixture) {
	ctx := context.Background()
	partial := func(when string, want bool) {
		t.Helper()
		for _, q := range []search.Query{{Scopes: all()}, {Parsed: parse(t, "kündigung"), Scopes: all()}, {Scopes: nil}} {
			if r := f.search(q); r.Partial != want {
				t.Errorf("%s: partial is %v", when, r.Partial)
			}
		}
	}
	done := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	partial("new", true)
	f.index(entry("eins", "Kündigung"))
	partial("one indexed", true)
	done(f.engine.Rebuilt(ctx))
	partial("rebuilt", false)
	done(f.engine.Reset(ctx))
	partial("reset", true)
	done(f.engine.SetRebuild(ctx, "under way"))
	partial("under way", true)
	f.index(entry("eins", "Kündigung"))
	done(f.engine.Rebuilt(ctx))
	partial("rebuilt again", false)
	f.finds("kündigung", "eins")
}

// records are documents as a catalog has them, which change while the index
// is made anew.
type records struct {
	mu      []sync.Mutex // one a document: who indexes it has read it under this
	state   []search.Entry
	deleted []bool
}

func newRecords(n int) *records {
	r := &records{mu: make([]sync.Mutex, n), deleted: make([]bool, n)}
	for i := range n {
		e := entry(fmt.Sprintf("r%d", i), "Bescheid", fmt.Sprintf("Stand x%dx1x", i))
		e.Changed = 1
		r.state = append(r.state, e)
	}
	return r
}

// bring indexes document i as it is now.
func (r *records) bring(e search.Engine, i int) error {
	if r.deleted[i] {
		return e.Delete(context.Background(), []record.DocumentID{r.state[i].Document})
	}
	return e.Index(context.Background(), []search.Entry{r.state[i]})
}

// change gives document i another text, file and right, or takes it away.
func (r *records) change(e search.Engine, i, sequence int) error {
	r.mu[i].Lock()
	defer r.mu[i].Unlock()
	s := &r.state[i]
	s.Sequence, s.Changed = int64(sequence), int64(sequence)
	s.Pages = []string{"Bescheid", fmt.Sprintf("Stand x%dx%dx", i, sequence)}
	s.Ordinal = uint32(1 + sequence%3)
	r.deleted[i] = sequence%5 == 0
	return r.bring(e, i)
}

// testRebuildWhile rebuilds an index that is searched and changed meanwhile.
func testRebuildWhile(t *testing.T, f *fixture) {
	const n, changes = 40, 60
	r := newRecords(n)
	f.index(r.state...)
	if err := errors.Join(f.engine.Rebuilt(context.Background()), f.engine.Reset(context.Background())); err != nil {
		t.Fatal(err)
	}
	var work, readers sync.WaitGroup
	stop := make(chan struct{})
	work.Go(func() { // the rebuild
		for i := range n {
			r.mu[i].Lock()
			err := r.bring(f.engine, i)
			r.mu[i].Unlock()
			if err != nil {
				t.Errorf("rebuild: %v", err)
			}
		}
	})
	work.Go(func() {
		w := rand.New(rand.NewPCG(7, 7))
		for s := range changes {
			if err := r.change(f.engine, w.IntN(n), s+2); err != nil {
				t.Errorf("change: %v", err)
			}
		}
	})
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				f.consistent(n)
			}
		}
	})
	work.Wait()
	close(stop)
	readers.Wait()
	if err := f.engine.Rebuilt(context.Background()); err != nil {
		t.Fatal(err)
	}
	f.holds(r)
}

// consistent asks once, while others write: no document twice, none of
// another file, and the answer says that something may be missing.
func (f *fixture) consistent(most int) {
	p, err := search.Parse("bescheid stand")
	if err != nil {
		f.t.Error(err)
		return
	}
	res, err := f.engine.Search(context.Background(), search.Query{Parsed: p, Scopes: []search.Scope{scope(9, 1, 2, 3)}, Limit: search.MaxLimit})
	if err != nil {
		f.t.Errorf("Search during a rebuild: %v", err)
		return
	}
	seen := map[record.DocumentID]bool{}
	for _, h := range res.Hits {
		if seen[h.Document] {
			f.t.Errorf("%s comes twice", short(h.Document))
		}
		seen[h.Document] = true
	}
	if len(res.Hits) > most || !res.Partial {
		f.t.Errorf("%d hits of at most %d, partial: %v", len(res.Hits), most, res.Partial)
	}
}

// holds checks that the engine has exactly what the records say, as it is now.
func (f *fixture) holds(r *records) {
	f.t.Helper()
	var want []search.Held
	for i, e := range r.state {
		if r.deleted[i] {
			f.finds(fmt.Sprintf("x%dx%dx", i, e.Sequence))
			continue
		}
		want = append(want, search.Held{Document: e.Document, Ordinal: e.Ordinal, Sensitivity: e.Sensitivity, Pages: len(e.Pages), Sequence: e.Sequence})
		f.finds(fmt.Sprintf("x%dx%dx", i, e.Sequence), short(e.Document))
		r := f.search(search.Query{Parsed: parse(f.t, "bescheid"), Scopes: []search.Scope{scope(9, e.Ordinal)}, Limit: search.MaxLimit})
		if !slices.Contains(f.names(r), short(e.Document)) {
			f.t.Errorf("%s is not in its file", short(e.Document))
		}
	}
	slices.SortFunc(want, func(a, b search.Held) int {
		if a.Document < b.Document {
			return -1
		}
		return 1
	})
	f.listed(want)
	if res := f.ask("bescheid"); res.Total != len(want) || res.Partial {
		f.t.Errorf("finds %d of %d, partial: %v", res.Total, len(want), res.Partial)
	}
}

// testFailedIndex: what Index answers without an error is found, and what it
// answers with one can be repeated.
func testFailedIndex(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for i := range 5 {
		name := fmt.Sprintf("e%d", i)
		e := entry(name, fmt.Sprintf("Kündigung nummer%dx", i))
		if err := f.engine.Index(ctx, []search.Entry{e}); err != nil {
			f.index(e)
		}
		f.finds(fmt.Sprintf("nummer%dx", i), name)
		if err := f.engine.Delete(ctx, []record.DocumentID{e.Document}); err != nil {
			if err := f.engine.Delete(context.Background(), []record.DocumentID{e.Document}); err != nil {
				t.Fatal(err)
			}
		}
		f.finds(fmt.Sprintf("nummer%dx", i))
	}
}

// RunFailing holds an engine to its contract while what it stands on fails.
// Open gives an engine and a switch: while it is on, nothing can be read or
// written.
func RunFailing(t *testing.T, open func(t *testing.T) (e search.Engine, fail func(on bool))) {
	e, fail := open(t)
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	f, ctx := &fixture{t: t, engine: e}, context.Background()
	f.index(entry("vorher", "Kündigung"))
	fail(true)
	for name, call := range map[string]func() error{
		"Index":  func() error { return e.Index(ctx, []search.Entry{entry("nachher", "Kündigung")}) },
		"Delete": func() error { return e.Delete(ctx, []record.DocumentID{id("vorher")}) },
		"Search": func() error {
			_, err := e.Search(ctx, search.Query{Parsed: parse(t, "kündigung"), Scopes: all()})
			return err
		},
		"Suggest": func() error { _, err := e.Suggest(ctx, "künd", all(), nil, nil, 5); return err },
		"Count":   func() error { _, _, err := e.Count(ctx); return err },
		"List":    func() error { _, err := e.List(ctx, "", 5); return err },
	} {
		if err := call(); !errors.Is(err, record.Unavailable) && !errors.Is(err, record.Corrupt) {
			t.Errorf("%s of an engine that fails gives %v", name, err)
		}
	}
	fail(false)
	f.index(entry("nachher", "Kündigung"))
	if err := e.Delete(ctx, []record.DocumentID{id("vorher")}); err != nil {
		t.Fatal(err)
	}
	f.finds("kündigung", "nachher")
}

// testVisible: what Index and Delete have done is seen by the next question.
func testVisible(t *testing.T, f *fixture) {
	for i := range 12 {
		name := fmt.Sprintf("v%d", i)
		f.index(entry(name, fmt.Sprintf("Sofort sichtbar%dx", i)))
		f.finds(fmt.Sprintf("sichtbar%dx", i), name)
		if i%3 == 0 {
			if err := f.engine.Delete(context.Background(), []record.DocumentID{id(name)}); err != nil {
				t.Fatal(err)
			}
			f.finds(fmt.Sprintf("sichtbar%dx", i))
		}
	}
	f.counts(8, 8)
}

// testDeleteBy takes away a page, a document and a whole file.
func testDeleteBy(t *testing.T, f *fixture) {
	in := func(name string, file uint32, pages ...string) search.Entry {
		e := withWords(name, pages...)
		e.Ordinal = file
		return e
	}
	a := in("a", 1, "Kündigung eins", "Mahnung zwei", "Klage drei")
	f.index(a, in("b", 1, "Mahnung"), in("c", 2, "Mahnung"), in("d", 2, "Klage"))
	a.Pages, a.Words, a.Sequence, a.Changed = slices.Delete(a.Pages, 1, 2), slices.Delete(a.Words, 1, 2), 2, 2
	f.index(a)
	f.counts(4, 5)
	f.finds("mahnung", "b", "c")
	if h := f.ask("klage eins"); h.Total != 1 {
		t.Errorf("the other pages: %+v", h)
	}
	if h := f.ask("drei"); h.Total != 1 || h.Hits[0].Page != 2 || h.Hits[0].Text != "Klage drei" {
		t.Errorf("the page behind: %+v", h)
	}
	if got := f.suggest("mahn", []search.Scope{scope(9, 7)}, 5); len(got) != 0 {
		t.Errorf("suggests %v", got)
	}
	if err := f.engine.Delete(context.Background(), []record.DocumentID{id("b")}); err != nil {
		t.Fatal(err)
	}
	f.finds("mahnung", "c")
	if err := f.engine.Delete(context.Background(), []record.DocumentID{id("c"), id("d")}); err != nil {
		t.Fatal(err)
	}
	f.same("the file", f.search(search.Query{File: 2, Scopes: all()}))
	f.finds("mahnung OR klage", "a")
	f.counts(1, 2)
}

// testTotals counts beyond a thousand, to the last document.
func testTotals(t *testing.T, f *fixture) {
	const n = 1203
	var in []search.Entry
	for i := range n {
		e := entry(fmt.Sprintf("t%04d", i), "Bescheid")
		e.Ordinal, e.Type, e.Date = uint32(1+i%2), []string{"antrag", "bescheid", "attest"}[i%3], fmt.Sprintf("20%02d-01-01", 10+i%10)
		in = append(in, e)
	}
	f.index(in...)
	for _, sort := range []string{search.SortRelevance, search.SortDate} {
		q := search.Query{Parsed: parse(t, "bescheid"), Scopes: all(), Sort: sort, Limit: search.MaxLimit}
		r := f.search(q)
		if r.Total != n || !r.Exact {
			t.Errorf("total %d, exact: %v; want %d", r.Total, r.Exact, n)
		}
		facets(t, "all", r, n)
		seen := map[record.DocumentID]bool{}
		for {
			for _, h := range r.Hits {
				seen[h.Document] = true
			}
			if q.Cursor = r.Next; r.Next == "" {
				break
			}
			r = f.search(q)
		}
		if len(seen) != n {
			t.Errorf("sort %s: the pages have %d of %d", sort, len(seen), n)
		}
	}
	if r := f.search(search.Query{Parsed: parse(t, "bescheid"), Scopes: []search.Scope{scope(9, 2)}}); r.Total != n/2 {
		t.Errorf("in one file %d, want %d", r.Total, n/2)
	}
	if r := f.search(search.Query{Parsed: parse(t, "bescheid -nirgendwo"), Scopes: all(), Type: "antrag"}); r.Total != n/3 {
		t.Errorf("of one type %d, want %d", r.Total, n/3)
	}
}
