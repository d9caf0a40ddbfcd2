package backup_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest"
	"eakte/ingest/worker"
	"eakte/policy/hold"
)

// TestRebuildFamilies: a mail that was filed with what came in it, one part of
// which was moved on, another came after it, comes back row by row, and a hold
// on the mail covers them as before.
func TestRebuildFamilies(t *testing.T) {
	all := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		all["postgres"] = pg.Open
	}
	for name, open := range all {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, open, memory())
			h.newFile("a", "03104//0000001", 0, "Grünwiese")
			h.newFile("b", "03104//0000002", 0, "Müller")
			h.post("mail", "", "Anbei die Unterlagen")
			parts := h.enclose("mail", "eins", "zwei")
			h.clock.Advance(time.Second)
			ctx := context.Background()
			v, err := h.ChangeDocument(ctx, h.users["clearing"], h.docs["mail"], archive.DocumentChange{File: ptr(string(h.files["a"]))})
			h.ok(err)
			if !slices.Equal(v.Moved, parts) {
				t.Errorf("went along %v, want %v", v.Moved, parts)
			}
			_, err = h.ChangeDocument(ctx, h.users["sommer"], parts[1], archive.DocumentChange{File: ptr(string(h.files["b"]))})
			h.ok(err)
			parts = h.enclose("mail", "eins", "zwei", "drei")
			_, _, err = h.PutHold(ctx, h.users["records"], hold.Subject{Document: h.docs["mail"]}, archive.NewHold{Kind: hold.Litigation, Reason: "x"})
			h.ok(err)
			h.ok(h.outbox.Drain(ctx))
			h.ok(h.logbook.Seal(ctx))
			cat, report := h.rebuilt(open)
			if d := differences(dump(t, h.Catalog), dump(t, cat)); len(d) > 0 || !report.Sound() || report.Counts.Problems != 0 {
				t.Errorf("%d rows differ, %+v:\n%s", len(d), report, strings.Join(d, "\n"))
			}
			for where, c := range map[string]*catalog.Catalog{"before": h.Catalog, "after": cat} {
				h.ok(c.Read(ctx, func(tx *catalog.Tx) error {
					beside, err := tx.Family(h.docs["mail"], 10)
					h.ok(err)
					held, err := tx.HeldOf(parts)
					if !slices.Equal(beside, []record.DocumentID{parts[0], parts[2]}) || len(held) != 3 {
						t.Errorf("%s: beside the mail lie %v of %v, held are %v", where, beside, parts, held)
					}
					return err
				}))
			}
		})
	}
}

// enclose takes in what came in a document, as the job that reads it does.
func (h *house) enclose(name string, bodies ...string) (ids []record.DocumentID) {
	h.Helper()
	for i, body := range bodies {
		h.ok(h.in.Unpack(context.Background(), h.docs[name])(worker.Part{Number: i + 1, Name: body + ".pdf", Body: strings.NewReader("%PDF " + body)}))
	}
	h.tx(func(tx *catalog.Tx) (err error) {
		ids, err = tx.Enclosed(h.docs[name], 100)
		return err
	})
	return ids
}

// TestRebuildKeepsQuarantine: what must not be opened comes back as such,
// whether it was read before or not, and what can't be read with its reason;
// where the machine was to blame it is read again.
func TestRebuildKeepsQuarantine(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, memory())
	h.newFile("a", "03104//0000001", 0, "Grünwiese")
	want := map[record.DocumentID]string{}
	for name, pages := range map[string][]string{"malware": nil, "unchecked": {"war lesbar"}, "damaged": nil, "machine": nil} {
		h.post(name, "a", pages...)
		h.tx(func(tx *catalog.Tx) error { return tx.SetState(h.docs[name], record.StateQuarantined, name) })
		h.change(name, archive.DocumentChange{Title: ptr("x")}) // leaves a manifest that says the state
		if want[h.docs[name]] = name; name == "machine" {
			want[h.docs[name]] = ""
		}
	}
	h.ok(h.logbook.Seal(context.Background()))
	cat, report := h.rebuilt(catalogtest.SQLite)
	if !report.Sound() || report.Counts.Problems != 1 { // the one that is read again
		t.Errorf("%+v", report)
	}
	h.ok(cat.Read(context.Background(), func(tx *catalog.Tx) error {
		for id, reason := range want {
			doc, err := tx.DocumentByID(id)
			h.ok(err)
			again, err := tx.UntriedJobs(ingest.KindRead, []string{string(id)})
			h.ok(err)
			if (doc.State == record.StateQuarantined) != (reason != "") || doc.Reason != reason || again[string(id)] != (reason == "") {
				t.Errorf("%s %q, to be read: %v; want %q", doc.State, doc.Reason, again, reason)
			}
		}
		return nil
	}))
}
