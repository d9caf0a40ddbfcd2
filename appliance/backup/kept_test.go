package backup_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
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

// TestRebuildKeeps: what holds the pages of a document in a restricted file stays
// closed, in whichever order they come back, and so does what nobody has read yet
// and a restricted file's number came with.
func TestRebuildKeeps(t *testing.T) {
	for name, open := range map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite, "postgres": catalogtest.StartPostgres(t).Open} {
		t.Run(name, func(t *testing.T) { rebuildKeeps(t, open) })
	}
}

func rebuildKeeps(t *testing.T, open catalogtest.Opener) {
	h := newHouse(t, catalogtest.SQLite, memory())
	ctx := context.Background()
	h.newFile("secret", "03104//0000001", record.SensitivityRestricted, "Geheim")
	h.newFile("b", "03104//0000002", 0, "Müller")
	closed := []string{"early"}
	for _, n := range []string{"1", "2", "3"} {
		h.merged("whole"+n, "one"+n, "two"+n)
		h.takenTo("whole"+n, "secret")
		closed = append(closed, "one"+n, "two"+n)
	}
	h.merged("plain", "left", "right")
	h.takenTo("plain", "b")
	got, err := h.in.Accept(ctx, h.users["scan"], ingest.Submission{Name: "frueh.pdf", Channel: "api", Body: strings.NewReader("%PDF-1.4 früh"), Size: -1,
		Note: &catalog.Note{Barcodes: []string{"03104//0000001"}}})
	h.ok(err)
	h.docs["early"] = got.Document
	h.ok(h.outbox.Drain(ctx))
	h.ok(h.logbook.Seal(ctx))
	cat := open(t, h.clock)
	d := h.deps(vault.New(h.store, h.ring, h.clock), cat)
	d.RouteAgain = func(tx *catalog.Tx, id record.DocumentID) error { return tx.Enqueue(ingest.RouteAgain(id)) }
	report, err := backup.Rebuild(ctx, d)
	h.ok(err)
	if !report.Sound() {
		t.Errorf("%+v", report)
	}
	h.ok(cat.Read(ctx, func(tx *catalog.Tx) error {
		for _, doc := range closed {
			if meant, err := tx.ReservedFor(h.docs[doc]); err != nil || meant != h.files["secret"] {
				t.Errorf("%s is kept for %q, %v", doc, meant, err)
			}
		}
		for _, doc := range []string{"left", "right"} {
			if meant, err := tx.ReservedFor(h.docs[doc]); err != nil || meant != "" {
				t.Errorf("%s is kept for %q, %v", doc, meant, err)
			}
		}
		open, err := tx.OpenJobs(ingest.KindRoute, []string{string(h.docs["early"])})
		if !open[string(h.docs["early"])] {
			t.Error("nobody will be asked about what was not read yet")
		}
		return err
	}))
}

// TestRebuildKeepsBelow: what came in a mail that is kept for a restricted file, in
// that again, and what was taken out of a batch that is, stays closed in whichever
// order they come back; what came in another mail is open.
func TestRebuildKeepsBelow(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, memory())
	ctx := context.Background()
	h.newFile("secret", "03104//0000001", record.SensitivityRestricted, "Geheim")
	accept := func(name string, n catalog.Note) record.DocumentID {
		got, err := h.in.Accept(ctx, h.users["scan"], ingest.Submission{Name: name, Channel: "api", Body: strings.NewReader("%PDF-1.4 " + name), Size: -1, Note: &n})
		h.ok(err)
		h.docs[name] = got.Document
		return got.Document
	}
	secret := catalog.Note{Barcodes: []string{"03104//0000001"}}
	closed := []record.DocumentID{accept("mail.eml", secret), accept("stapel.pdf", secret)}
	for i, id := range h.enclose("mail.eml", "a", "b", "c", "d", "e", "f") {
		name := fmt.Sprint("part", i)
		h.docs[name], closed = id, append(closed, id)
		closed = append(closed, h.enclose(name, name+"x", name+"y")...)
	}
	plain := []record.DocumentID{accept("andere.eml", catalog.Note{})}
	plain = append(plain, h.enclose("andere.eml", "g", "h", "i")...)
	var letters []record.DocumentID
	for i := range 8 {
		letters = append(letters, accept(fmt.Sprint("brief", i), catalog.Note{}))
	}
	h.ok(h.outbox.Drain(ctx))
	for i, id := range letters {
		h.derived(id, vault.DerivedFrom{Document: h.docs["stapel.pdf"], How: vault.DerivedBySplit, Place: i + 1, Parts: len(letters), FirstPage: i + 1, LastPage: i + 1})
	}
	closed = append(closed, letters...)
	h.ok(h.logbook.Seal(ctx))
	cat := catalogtest.SQLite(t, h.clock)
	d := h.deps(vault.New(h.store, h.ring, h.clock), cat)
	d.RouteAgain = func(tx *catalog.Tx, id record.DocumentID) error { return tx.Enqueue(ingest.RouteAgain(id)) }
	_, err := backup.Rebuild(ctx, d)
	h.ok(err)
	h.ok(cat.Read(ctx, func(tx *catalog.Tx) error {
		for _, id := range closed {
			if meant, err := tx.ReservedFor(id); err != nil || meant != h.files["secret"] {
				t.Errorf("%s is kept for %q, %v", id, meant, err)
			}
			if open, err := tx.OpenJobs(ingest.KindRoute, []string{string(id)}); !open[string(id)] {
				t.Errorf("nobody will be asked about %s, %v", id, err)
			}
		}
		for _, id := range plain {
			if meant, err := tx.ReservedFor(id); err != nil || meant != "" {
				t.Errorf("%s, of the other mail, is kept for %q, %v", id, meant, err)
			}
		}
		return nil
	}))
}

// derived lets a document's newest manifest say what it was made of.
func (h *house) derived(id record.DocumentID, from vault.DerivedFrom) {
	h.Helper()
	ctx := context.Background()
	chain := h.chain(string(id))
	raw, err := h.Vault.GetLocked(ctx, chain[len(chain)-1])
	h.ok(err)
	m, err := vault.ParseManifest(raw)
	h.ok(err)
	var p vault.DocumentPersonal
	h.ok(h.Vault.OpenPersonal(ctx, m, &p))
	p.DerivedFrom = []vault.DerivedFrom{from}
	h.next(string(id), "split", p)
}

// merged puts two documents together.
func (h *house) merged(name string, parts ...string) {
	h.Helper()
	ctx := context.Background()
	var ids []record.DocumentID
	for _, p := range parts {
		h.post(p, "", "Seite")
		ids = append(ids, h.docs[p])
	}
	m := &ingest.Merger{Intake: h.in, Index: job.Spec{Kind: "index"}}
	what, err := m.Merge(ctx, h.users["clearing"], ids, "")
	h.ok(err)
	jobs, err := h.Catalog.Lease(ctx, "test", []string{ingest.KindMerge}, 10, 1<<40)
	h.ok(err)
	for _, j := range jobs {
		h.ok(m.Handle(ctx, j))
		h.ok(h.Catalog.Finish(ctx, j.ID, "test"))
	}
	h.tx(func(tx *catalog.Tx) error {
		made, err := tx.MergingByID(what)
		h.docs[name] = made.Result
		return err
	})
	if h.docs[name] == "" {
		h.Fatal("nothing was put together")
	}
}

// takenTo lets who may do so file a document that nobody has read.
func (h *house) takenTo(doc, file string) {
	h.Helper()
	h.clock.Advance(1 << 30)
	who := h.users["clearing"]
	h.tx(func(tx *catalog.Tx) error {
		return errors.Join(tx.PutGrant(catalog.Grant{File: h.files[file], User: who.User, Reason: "Test"}), tx.SetState(h.docs[doc], record.StateClearing, ""))
	})
	_, err := h.ChangeDocument(context.Background(), who, h.docs[doc], archive.DocumentChange{File: ptr(string(h.files[file]))})
	h.ok(err)
}
