package ingest

import (
	"context"
	"errors"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault/vaulttest"
)

// spooled says how many documents the spool holds.
func (d *desk) spooled() int {
	d.t.Helper()
	names, err := d.spool.Names()
	if err != nil {
		d.t.Fatal(err)
	}
	return len(names)
}

// readElsewhere reads one document back on another node, whose spool is not
// this one.
func (d *desk) readElsewhere(ok bool) {
	d.t.Helper()
	ctx := context.Background()
	jobs, err := d.cat.Lease(ctx, "other", []string{KindReadBack}, 1, time.Minute)
	if err != nil || len(jobs) != 1 {
		d.t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	if !ok {
		if err := d.cat.Bury(ctx, jobs[0].ID, "other", "other bytes"); err != nil {
			d.t.Fatal(err)
		}
		return
	}
	other := New(d.intake.Deps)
	other.Node = "other"
	if err := errors.Join(other.ReadBack(ctx, jobs[0]), d.cat.Finish(ctx, jobs[0].ID, "other")); err != nil {
		d.t.Fatal(err)
	}
}

func TestPurgeSpool(t *testing.T) {
	for name, open := range openers(t) {
		t.Run(name, func(t *testing.T) { testPurgeSpool(t, newDesk(t, open)) })
	}
}

func testPurgeSpool(t *testing.T, d *desk) {
	ctx := context.Background()
	for _, body := range []string{"eins", "zwei", "drei"} {
		if _, err := d.accept(body, body); err != nil {
			t.Fatal(err)
		}
	}
	*d.store = vaulttest.Faults{From: 1, To: 100, Category: record.Denied}
	if _, err := d.accept("vier", "vier"); err == nil {
		t.Fatal("a store that is down takes a document")
	}
	*d.store = vaulttest.Faults{}
	d.readElsewhere(true)
	d.readElsewhere(false)
	for i, want := range []Purged{{Dropped: 1, Kept: 2, Waiting: 1}, {Kept: 2, Waiting: 1}} {
		if got, err := d.intake.PurgeSpool(ctx); err != nil || got != want {
			t.Errorf("purge %d: %+v, %v, want %+v", i, got, err, want)
		}
	}
	if n := d.spooled(); n != 3 {
		t.Errorf("the spool holds %d documents", n)
	}
	if _, err := d.accept("vier", "vier"); err != nil {
		t.Errorf("the one on its way goes on: %v", err)
	}
}

// TestPurgeJournal: the way in stays repeatable for a year, without the key.
func TestPurgeJournal(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	clock := d.clock.(*catalogtest.Clock)
	first, err := d.accept("eins", "k")
	if err != nil {
		t.Fatal(err)
	}
	readBack(t, d)
	if _, err := d.intake.PurgeSpool(ctx); err != nil {
		t.Fatal(err)
	}
	jobs, err := d.cat.Lease(ctx, "test", []string{KindReadBack}, 1, time.Minute)
	if err != nil || len(jobs) != 0 {
		t.Fatal(jobs, err)
	}
	clock.Advance(2 * time.Minute) // the lease runs out: readBack does not finish its job
	d.readElsewhere(true)
	row := func() (catalog.JournalRow, error) {
		var row catalog.JournalRow
		err := d.cat.Read(ctx, func(tx *catalog.Tx) (err error) { row, err = tx.JournalByDocument(first.Document); return err })
		return row, err
	}
	for _, days := range []int{2, 397} {
		clock.Advance(time.Duration(days) * 24 * time.Hour)
		if n, err := d.intake.PurgeJournal(ctx); n != 0 || err != nil {
			t.Errorf("%d rows went, %v", n, err)
		}
		if got, err := row(); err != nil || len(got.KeySealed)+len(got.Manifest)+len(got.Submission) != 0 {
			t.Errorf("after %d days the journal has %+v, %v", days, got, err)
		}
		if again, err := d.accept("eins", "k"); err != nil || !again.Repeated || again.Document != first.Document {
			t.Errorf("repeated after %d days: %+v, %v", days, again, err)
		}
	}
	clock.Advance(2 * 24 * time.Hour)
	if n, err := d.intake.PurgeJournal(ctx); n != 1 || err != nil {
		t.Errorf("%d rows went, %v", n, err)
	}
	if _, err := row(); !errors.Is(err, record.NotFound) {
		t.Errorf("the row: %v", err)
	}
	if len(d.documents()) != 1 {
		t.Error("the document went with it")
	}
}
