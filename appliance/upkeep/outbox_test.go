package upkeep_test

import (
	"errors"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// TestStuckManifest: a manifest under whose name other bytes lie keeps back
// what follows of its own subject, and nothing else.
func TestStuckManifest(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.ok(h.outbox.Drain(t.Context()))
	leave := func(subject string, sequence int) catalog.OutboxRow {
		body := []byte(subject + string(rune('0'+sequence)))
		row := catalog.OutboxRow{Name: vault.ManifestName(record.ObjectID(record.NewID())), Subject: subject, Sequence: sequence, Body: body,
			Digest: record.Sum(body), LockUntil: h.clock.Now().AddDate(2, 0, 0).Truncate(time.Second)}
		h.write(func(tx *catalog.Tx) error { return tx.InsertOutbox(row) })
		return row
	}
	there := func(what string, row catalog.OutboxRow, want bool) {
		t.Helper()
		info, err := h.clean.Records.Stat(t.Context(), row.Name)
		if got := err == nil && info.Digest == row.Digest; got != want {
			t.Errorf("%s: put is %v, want %v (%v)", what, got, want, err)
		}
	}
	one, two := record.NewID(), record.NewID()
	poisoned, behind, other := leave(one, 1), leave(one, 2), leave(two, 1)
	h.plant(h.clean.Records, poisoned.Name, []byte("somebody else's"))
	if err := h.outbox.Flush(t.Context()); !errors.Is(err, record.Conflict) {
		t.Fatalf("who finds it is told nothing: %v", err)
	}
	there("of the same subject", behind, false)
	there("of another", other, true)
	if h.outbox.Stuck() != 1 {
		t.Errorf("%d are stuck", h.outbox.Stuck())
	}
	later := leave(two, 2)
	if err := h.outbox.Flush(t.Context()); err != nil { // a change that has nothing to do with it
		t.Errorf("%v", err)
	}
	there("later, of another", later, true)
	if err := h.outbox.Drain(t.Context()); !errors.Is(err, record.Conflict) {
		t.Errorf("who asks for everything is told nothing: %v", err)
	}
	h.vanish(poisoned.Name)
	h.ok(h.outbox.Drain(t.Context()))
	there("the one itself", poisoned, true)
	there("and what waited for it", behind, true)
	if h.outbox.Stuck() != 0 {
		t.Error("still stuck")
	}
}
