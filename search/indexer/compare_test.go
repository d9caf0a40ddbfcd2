package indexer_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/search"
	"eakte/search/indexer"
)

// compared gives what a comparison names, by document.
func (b *bench) compared(documents int64) map[record.DocumentID]string {
	b.Helper()
	out := map[record.DocumentID]string{}
	c, err := b.indexer.Compare(context.Background(), func(d indexer.Difference) { out[d.Document] = d.What })
	b.ok(err)
	if c.Documents != documents || c.Differences != int64(len(out)) {
		b.Errorf("compared %+v, want %d documents and %d differences", c, documents, len(out))
	}
	return out
}

// filled is a bench with n indexed documents of two pages each.
func filled(t *testing.T, n int) (*bench, []record.Document) {
	b := newBench(t)
	var all []record.Document
	for i := range n {
		all = append(all, b.document(fmt.Sprintf("Kündigung %d", i), "Seite 2"))
	}
	b.ok(b.indexer.Rebuild(context.Background(), nil))
	return b, all
}

// TestCompareNamesEveryDifference spoils the index in every way and has each
// named; a rebuild then leaves none, and search answers all the while.
func TestCompareNamesEveryDifference(t *testing.T) {
	const n = 620 // more than a page of the comparison
	b, all := filled(t, n)
	ctx := context.Background()
	if got := b.compared(n); len(got) > 0 {
		t.Fatalf("a fresh index differs: %v", got)
	}
	held := func(d record.Document) search.Entry {
		h, err := b.engine.List(ctx, d.ID[:len(d.ID)-1], 1)
		b.ok(err)
		return search.Entry{Document: d.ID, File: b.file.ID, Ordinal: h[0].Ordinal, Sensitivity: h[0].Sensitivity, Title: "Kündigung",
			Pages: []string{"Kündigung", "Seite 2"}, Sequence: h[0].Sequence}
	}
	want := map[record.DocumentID]string{}
	spoil := func(d record.Document, what string, change func(*search.Entry)) {
		e := held(d)
		change(&e)
		b.ok(b.engine.Engine.Delete(ctx, []record.DocumentID{d.ID}))
		if e.Document != "" {
			b.ok(b.engine.Engine.Index(ctx, []search.Entry{e}))
		}
		want[d.ID] = what
	}
	spoil(all[3], "not in the index", func(e *search.Entry) { e.Document = "" })
	spoil(all[50], "pages", func(e *search.Entry) { e.Pages = e.Pages[:1] })
	spoil(all[100], "as of change", func(e *search.Entry) { e.Sequence = 1 })
	spoil(all[200], "for others", func(e *search.Entry) { e.Ordinal++ })
	spoil(all[300], "for others", func(e *search.Entry) { e.Sensitivity++ })
	for _, id := range []record.DocumentID{"00000000000000000000000000000000", "ffffffffffffffffffffffffffffffff"} {
		b.ok(b.engine.Engine.Index(ctx, []search.Entry{{Document: id, Ordinal: b.file.Ordinal, Pages: []string{"Geist"}, Sequence: 1 << 40}}))
		want[id] = "must not be"
	}
	taken := all[400]
	taken.File, taken.State = "", record.StateClearing
	e := held(taken)
	b.change(taken)
	b.ok(b.run(taken))
	b.ok(b.engine.Engine.Index(ctx, []search.Entry{e}))
	want[taken.ID] = "must not be"

	got := b.compared(n - 1)
	for id, what := range want {
		if !strings.Contains(got[id], what) {
			t.Errorf("%s: %q, want %q", id, got[id], what)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d differences, want %d: %v", len(got), len(want), maps.Clone(got))
	}

	b.engine.before = func() error { b.atLeast(n - 4); return nil }
	b.ok(b.indexer.Rebuild(ctx, nil))
	b.engine.before = nil
	if got := b.compared(n - 1); len(got) > 0 {
		t.Errorf("a rebuilt index differs: %v", got)
	}
	b.finds("kündigung", n-1)
	b.finds("geist", 0)
}

func (b *bench) atLeast(n int) {
	b.Helper()
	if got := b.total("kündigung", b.file); got < n {
		b.Errorf("while it is made anew search finds %d, want at least %d", got, n)
	}
}

// TestRebuildInPlaceGoesOn cuts a rebuild of a whole index off: what was done is
// not done again, and nothing is missing from search in between.
func TestRebuildInPlaceGoesOn(t *testing.T) {
	b, _ := filled(t, 410)
	ctx := context.Background()
	writes := 0
	b.engine.before = func() error {
		if writes++; writes == 2 {
			return record.Down("The search index", nil)
		}
		return nil
	}
	if err := b.indexer.Rebuild(ctx, nil); !errors.Is(err, record.Unavailable) {
		t.Fatalf("cut off, and the rebuild says %v", err)
	}
	b.finds("kündigung", 410)
	b.ok(b.indexer.Empty(ctx)) // one is under way: it must not begin again
	b.finds("kündigung", 410)
	writes = 10
	b.ok(b.indexer.Rebuild(ctx, nil))
	if writes != 12 {
		t.Errorf("going on took %d writes, want 2", writes-10)
	}
	b.ok(b.indexer.Empty(ctx))
	b.finds("kündigung", 0)
	b.ok(b.indexer.Rebuild(ctx, nil))
	b.finds("kündigung", 410)
}

// TestCompareBringsWhatWaits: a change whose job has not run yet is none.
func TestCompareBringsWhatWaits(t *testing.T) {
	b, all := filled(t, 3)
	all[1].Title = "neu"
	b.change(all[1])
	late := b.document("Kündigung")
	if got := b.compared(4); len(got) > 0 {
		t.Errorf("what waits for its job differs: %v", got)
	}
	b.finds("neu", 1)
	if !b.indexed(late) {
		t.Error("a document that came late is not indexed")
	}
	b.ok(b.catalog.WithTx(context.Background(), func(tx *catalog.Tx) error { return tx.SetState(all[0].ID, record.StateDisposed, "") }))
	if got := b.compared(3); len(got) > 0 {
		t.Errorf("%v", got)
	}
	b.finds("kündigung", 3)
}
