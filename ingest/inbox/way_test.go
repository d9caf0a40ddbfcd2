package inbox

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
)

// way is the house with the doors before and behind the inbox: the intake that
// lets items come into being, and the archive that re-files.
type way struct {
	*house
	in   *ingest.Intake
	arch *archive.Archive
}

func newWay(t *testing.T) *way {
	h := newHouse(t)
	key := filepath.Join(t.TempDir(), "key")
	_, err := vault.NewKeyFile(key, h.clock.Now())
	h.ok(err)
	recovery, _, _, err := vault.NewRecovery(nil)
	h.ok(err)
	ring, err := vault.LoadKeyring(key, recovery)
	h.ok(err)
	v := vault.New(vaulttest.NewBuckets(), ring, h.clock)
	spool, err := ingest.OpenSpool(filepath.Join(t.TempDir(), "spool"))
	h.ok(err)
	log := slog.New(slog.DiscardHandler)
	return &way{house: h,
		in: ingest.New(ingest.Deps{Catalog: h.Catalog, Vault: v, Policy: h.Policy, Spool: spool, Clock: h.clock, Log: log, Node: "test", MaxBytes: 1 << 20}),
		arch: archive.New(archive.Deps{Catalog: h.Catalog, Vault: v, Policy: h.Policy, Clock: h.clock, Log: log, IndexKind: "index",
			Outbox: &upkeep.Outbox{Catalog: h.Catalog, Vault: v, Log: log}})}
}

func (w *way) newFile(by, number string) archive.FileView {
	w.t.Helper()
	f, err := w.arch.CreateFile(context.Background(), w.as(by), archive.NewFile{Number: number, Kind: "leistung", Site: "03104", Team: "L1",
		Customer: &archive.NewMember{Name: "Grünwiese"}})
	w.ok(err)
	return f
}

func (w *way) post(by, file string, dir record.Direction, key string) (record.DocumentID, error) {
	r, err := w.in.Accept(context.Background(), w.as(by), ingest.Submission{File: file, Direction: dir, Received: "2026-02-27", Title: "Auszug",
		Channel: "api", IdempotencyKey: key, Body: strings.NewReader("bytes"), Size: -1})
	return r.Document, err
}

func (w *way) accept(by, file string, dir record.Direction) record.DocumentID {
	w.t.Helper()
	id, err := w.post(by, file, dir, "")
	w.ok(err)
	return id
}

func (w *way) mine(who string) []Item {
	w.t.Helper()
	p, err := w.List(context.Background(), w.as(who), Query{})
	w.ok(err)
	return p.Items
}

// TestTheWayOfALetter: it comes in and waits with who is responsible; re-filed
// it waits with the other; what goes out makes no work; from clearing it comes
// when it is filed.
func TestTheWayOfALetter(t *testing.T) {
	w := newWay(t)
	ctx := context.Background()
	f, g := w.newFile("sommer", "03104//0000001"), w.newFile("herbst", "03104//0000002")
	doc := w.accept("herbst", f.Number, record.DirectionIn)
	w.accept("herbst", f.Number, record.DirectionOut)
	w.accept("herbst", f.Number, record.DirectionInternal)
	items := w.mine("sommer")
	if len(items) != 1 || items[0].Document.ID != doc || items[0].Document.State != record.StateReceived || items[0].Waits != "2026-02-27" {
		t.Fatalf("came in: %+v", items)
	}
	w.tx(func(tx *catalog.Tx) error { return tx.SetState(doc, record.StateQuarantined, "damaged") })
	if items = w.mine("sommer"); len(items) != 1 || items[0].Document.State != record.StateQuarantined || items[0].Document.Reason != "damaged" {
		t.Errorf("unreadable: %+v", items)
	}
	day := "2026-02-20"
	_, err := w.arch.ChangeDocument(ctx, w.as("sommer"), doc, archive.DocumentChange{File: &g.Number, Received: &day})
	w.ok(err)
	if got := w.mine("sommer"); len(got) != 0 {
		t.Errorf("re-filed, and still with sommer: %+v", got)
	}
	if got := w.mine("herbst"); len(got) != 1 || got[0].ID != items[0].ID || got[0].File.ID != g.ID || got[0].Waits != day {
		t.Errorf("re-filed to herbst: %+v", got)
	}
	waiting := w.accept("scan", "", record.DirectionIn)
	if got := w.lists("clearing", Query{Queue: QueueClearing}); !slices.Equal(got, []record.ItemID{record.ItemID(waiting)}) {
		t.Errorf("in clearing: %v", got)
	}
	w.tx(func(tx *catalog.Tx) error {
		return tx.PutRoles(w.as("clearing").User, []record.RoleAt{
			{Role: record.RoleClearing, Site: "03104"}, {Role: record.RoleCaseworker, Site: "03104", Team: "L1"}})
	})
	_, err = w.arch.ChangeDocument(ctx, w.as("clearing"), waiting, archive.DocumentChange{File: &f.Number})
	w.ok(err)
	if got := w.mine("sommer"); len(got) != 1 || got[0].Document.ID != waiting || len(w.lists("clearing", Query{Queue: QueueClearing})) != 0 {
		t.Errorf("filed from clearing: %+v", got)
	}
}

// TestIntakeIsWhole: whichever call to the database fails, the document and its
// item exist both or neither, and the same transmission again makes one.
func TestIntakeIsWhole(t *testing.T) {
	w := newWay(t)
	f := w.newFile("sommer", "03104//0000001")
	failures := 0
	for n := 1; ; n++ {
		key := "k" + record.NewID()
		w.rows.FailAt(n)
		_, err := w.post("sommer", f.Number, record.DirectionIn, key)
		w.rows.FailAt(0)
		docs, items := w.inFile(f.ID), len(w.lists("sommer", Query{}))
		if docs != items {
			t.Fatalf("call %d failed with %v: %d documents, %d items", n, err, docs, items)
		}
		if _, err := w.post("sommer", f.Number, record.DirectionIn, key); err != nil && !errors.Is(err, record.Busy) {
			t.Fatalf("again after call %d: %v", n, err)
		}
		if docs, items := w.inFile(f.ID), len(w.lists("sommer", Query{})); docs != items || docs != n {
			t.Fatalf("again after call %d: %d documents, %d items", n, docs, items)
		}
		if err == nil {
			break
		}
		failures++
	}
	if failures < 10 {
		t.Errorf("only %d calls could fail", failures)
	}
}

func (w *way) inFile(id record.FileID) (n int) {
	w.t.Helper()
	w.tx(func(tx *catalog.Tx) (err error) { n, err = tx.CountDocuments(id); return err })
	return n
}
