package indexer_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/search"
	"eakte/search/indexer"
)

func TestDocumentComesAndGoes(t *testing.T) {
	b := newBench(t)
	d := b.document("Mietbescheinigung der Vermieterin", "zweite Seite")
	b.ok(b.run(d))
	b.ok(b.run(d)) // a job may run twice
	b.finds("mietbescheinigung seite", 1)
	if !b.indexed(d) {
		t.Error("it is not marked as indexed")
	}

	other := b.newFile("03104//0000002")
	d.File = other.ID
	b.change(d)
	if b.dirty() != 1 || b.indexed(d) {
		t.Error("a change leaves it in search")
	}
	b.ok(b.run(d))
	if b.total("mietbescheinigung", b.file) != 0 || b.total("mietbescheinigung", other) != 1 || b.dirty() != 0 {
		t.Errorf("after re-filing: old file %d, new file %d, dirty %d", b.total("mietbescheinigung", b.file),
			b.total("mietbescheinigung", other), b.dirty())
	}

	for state, file := range map[record.State]record.FileID{record.StateClearing: "", record.StateQuarantined: b.file.ID, record.StateDisposed: b.file.ID} {
		d.State, d.File = record.StateReady, b.file.ID
		b.change(d)
		b.ok(b.run(d))
		b.finds("mietbescheinigung", 1)
		d.State, d.File = state, file
		b.change(d)
		b.ok(b.run(d))
		b.finds("mietbescheinigung", 0)
		if b.dirty() != 0 {
			t.Errorf("%s: it stays on the dirty list", state)
		}
	}
}

func TestUnknownDocumentIsTakenOut(t *testing.T) {
	b := newBench(t)
	ghost := record.Document{ID: record.DocumentID(record.NewID())}
	b.ok(b.engine.Engine.Index(context.Background(), []search.Entry{{Document: ghost.ID, Ordinal: b.file.Ordinal, Pages: []string{"Geist"}}}))
	b.ok(b.run(ghost))
	b.finds("geist", 0)
}

// TestIndexingIsCounted: for a node, and only what was indexed.
func TestIndexingIsCounted(t *testing.T) {
	b := newBench(t)
	counts := func() (n int) {
		b.ok(b.catalog.Read(context.Background(), func(tx *catalog.Tx) error {
			all, err := tx.Counts(tx.Now().Add(-time.Hour), time.Minute)
			n = len(all)
			return err
		}))
		return n
	}
	b.ok(b.run(b.document("Kündigung")))
	if n := counts(); n != 0 {
		t.Errorf("%d counts without a node", n)
	}
	b.indexer.Node = "n1"
	b.ok(b.run(b.document("Mahnung")))
	if n := counts(); n != 1 {
		t.Errorf("%d counts, want one", n)
	}
}

func TestBadPayloadIsBuried(t *testing.T) {
	b := newBench(t)
	for _, payload := range []string{`{}`, `{"document":"../x"}`, `nonsense`} {
		err := b.indexer.Handle(context.Background(), job.Job{Kind: indexer.Kind, Payload: []byte(payload)})
		if err == nil {
			t.Errorf("%s is taken", payload)
		}
	}
}

func TestEngineDownKeepsItDirty(t *testing.T) {
	b := newBench(t)
	d := b.document("Kündigung")
	b.ok(b.run(d))
	d.Title = "Kündigung vom Vermieter"
	b.change(d)
	b.engine.before = func() error { return record.Down("The search index", nil) }
	if err := b.run(d); !errors.Is(err, record.Unavailable) {
		t.Errorf("the engine is down, and the job says %v", err)
	}
	if b.dirty() != 1 || b.indexed(d) {
		t.Error("a failed run takes it off the dirty list")
	}
	b.engine.before = nil
	if n, err := b.indexer.CatchUp(context.Background(), 100); n != 1 || err != nil {
		t.Errorf("caught up with %d, %v", n, err)
	}
	b.finds("vermieter", 1)
	if b.dirty() != 0 {
		t.Error("it is still on the dirty list")
	}
}

// TestUnfiledWhileReading takes a document out of its file while its pages are
// read for the index, and has that indexed first.
func TestUnfiledWhileReading(t *testing.T) {
	b := newBench(t)
	d := b.document("Kündigung")
	var once sync.Once
	b.derived.read = func() {
		once.Do(func() {
			d.File, d.State = "", record.StateClearing
			b.change(d)
			b.ok(b.run(d))
		})
	}
	b.ok(b.run(d))
	b.finds("kündigung", 0)
	if b.dirty() != 0 {
		t.Error("it is still on the dirty list")
	}
}

// TestChangeWhileIndexing changes a document after its row was read and before
// the engine has it: it must stay on the dirty list.
func TestChangeWhileIndexing(t *testing.T) {
	b := newBench(t)
	d := b.document("Kündigung")
	d.Title = "erster"
	b.change(d)
	var once sync.Once
	b.engine.before = func() error {
		once.Do(func() {
			d.Title = "zweiter"
			b.change(d)
		})
		return nil
	}
	b.ok(b.run(d))
	if b.dirty() != 1 {
		t.Error("a change that came too late for the index is off the dirty list")
	}
	b.ok(b.run(d))
	b.finds("zweiter", 1)
	b.finds("erster", 0)
	if b.dirty() != 0 {
		t.Error("it is still on the dirty list")
	}
}

func TestOlderStateNeverWins(t *testing.T) {
	b := newBench(t)
	d := b.document("Kündigung")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for k := range 5 {
				e := d
				e.Title = fmt.Sprintf("titel%dx%d", i, k)
				b.change(e)
				if err := b.run(e); err != nil && !errors.Is(err, record.Busy) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.ok(b.catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) {
		d, err = tx.DocumentByID(d.ID)
		return err
	}))
	if !d.Indexed {
		b.ok(b.run(d))
	}
	b.finds(d.Title, 1)
	if b.dirty() != 0 {
		t.Error("the dirty list isn't empty")
	}
}

func TestRebuild(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	var all []record.Document
	for i := range 25 {
		all = append(all, b.document(fmt.Sprintf("Kündigung wort%dwort", i)))
	}
	lost := b.document()
	unfiled := b.document("Kündigung")
	unfiled.File, unfiled.State = "", record.StateClearing
	b.change(unfiled)
	for _, d := range all {
		b.ok(b.run(d))
	}
	b.finds("kündigung", 25)
	var seen []int64
	err := b.indexer.Rebuild(ctx, func(done, total int64) { seen = append(seen, done, total) })
	if !errors.Is(err, record.NotFound) {
		t.Errorf("a pack is lost, and the rebuild says %v", err)
	}
	b.finds("kündigung", 25)
	if b.indexed(lost) || !b.indexed(all[3]) {
		t.Error("what is indexed is not what is marked so")
	}
	if len(seen) == 0 || !slices.IsSorted(seen) || seen[len(seen)-1] != 27 {
		t.Errorf("progress %v", seen)
	}
	if why, err := b.indexer.NeedsRebuild(ctx); why != "" || err != nil {
		t.Errorf("after a rebuild it needs one: %q, %v", why, err)
	}
}

// TestRebuildGoesOn interrupts a rebuild and lets it go on: what was done is
// not done again, and an index that was lost in between is not trusted.
func TestRebuildGoesOn(t *testing.T) {
	b := newBench(t)
	ctx := context.Background()
	for i := range 210 {
		b.document(fmt.Sprintf("Kündigung %d", i))
	}
	writes := 0
	b.engine.before = func() error {
		if writes++; writes == 2 {
			return record.Down("The search index", nil)
		}
		return nil
	}
	if err := b.indexer.Rebuild(ctx, nil); !errors.Is(err, record.Unavailable) {
		t.Fatalf("interrupted, and the rebuild says %v", err)
	}
	b.finds("kündigung", 200)
	if why, err := b.indexer.NeedsRebuild(ctx); why == "" || err != nil {
		t.Error("an interrupted rebuild is forgotten")
	}
	writes = 10
	b.ok(b.indexer.Rebuild(ctx, nil))
	if writes != 11 {
		t.Errorf("going on took %d writes, want 1", writes-10)
	}
	b.finds("kündigung", 210)

	writes = 0
	if err := b.indexer.Rebuild(ctx, nil); !errors.Is(err, record.Unavailable) {
		t.Fatalf("interrupted, and the rebuild says %v", err)
	}
	b.engine.before = nil
	b.ok(b.engine.Reset(ctx)) // as when it is found damaged at the next start
	b.ok(b.indexer.Rebuild(ctx, nil))
	b.finds("kündigung", 210)
}
