package backup_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"

	"eakte/appliance/archive"
	"eakte/appliance/backup"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest"
)

// TestRebuildRouting: why a document lies where it does comes back, what waits
// for a restricted file stays out of sight, and what waits is routed again.
func TestRebuildRouting(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, memory())
	ctx := context.Background()
	h.newFile("secret", "03104//0000001", record.SensitivityRestricted, "Geheim")
	h.newFile("b", "03104//0000002", 0, "Müller")
	h.post("kept", "", "Seite")
	h.post("filed", "", "Seite")
	h.tx(func(tx *catalog.Tx) error {
		return tx.SetNote(h.docs["kept"], catalog.Note{Barcodes: []string{"03104//0000001", "03104//0000002"}})
	})
	router := &ingest.Router{Deps: ingest.Deps{Catalog: h.Catalog, Vault: h.Vault, Policy: h.Policy, Clock: h.clock, Log: slog.New(slog.DiscardHandler), Wake: func() {}},
		Index: job.Spec{Kind: "index"}}
	j, err := job.New(ingest.RouteAgain(h.docs["kept"]), h.clock.Now())
	h.ok(err)
	h.ok(router.Route(ctx, j))
	_, err = h.ChangeDocument(ctx, h.users["clearing"], h.docs["filed"], archive.DocumentChange{File: ptr(string(h.files["b"]))})
	h.ok(err)
	h.ok(h.outbox.Drain(ctx))
	h.ok(h.logbook.Seal(ctx))
	cat := catalogtest.SQLite(t, h.clock)
	d := h.deps(vault.New(h.store, h.ring, h.clock), cat)
	d.RouteAgain = func(tx *catalog.Tx, id record.DocumentID) error { return tx.Enqueue(ingest.RouteAgain(id)) }
	report, err := backup.Rebuild(ctx, d)
	h.ok(err)
	if !report.Sound() {
		t.Errorf("%+v", report)
	}
	h.ok(cat.Read(ctx, func(tx *catalog.Tx) error {
		meant, err := tx.ReservedFor(h.docs["kept"])
		waiting, _, err2 := tx.UnfiledDocuments([]string{"*"}, "", 50)
		if meant != h.files["secret"] || len(waiting) != 0 {
			t.Errorf("kept for %q, %d in clearing", meant, len(waiting))
		}
		why, _, err3 := tx.RoutingOf(h.docs["filed"])
		if why.Outcome != record.OutcomeAccepted || why.File != h.files["b"] || why.By != h.users["clearing"].User {
			t.Errorf("filed: %+v", why)
		}
		open, err4 := tx.OpenJobs(ingest.KindRoute, []string{string(h.docs["kept"]), string(h.docs["filed"])})
		if !open[string(h.docs["kept"])] || open[string(h.docs["filed"])] {
			t.Errorf("jobs %v", open)
		}
		return errors.Join(err, err2, err3, err4)
	}))
}
