package backup_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"eakte/appliance/admin"
	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest"
	"eakte/ingest/delivery"
)

// TestRebuildDeliveries: what came with a document comes back, and a delivery
// that is done as done: handed over again, signatures too, it makes no second
// document. One that was half in waits for the rest, and one that was open does
// not come back: their providers hand them over again.
func TestRebuildDeliveries(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, memory())
	ctx := context.Background()
	h.tx(func(tx *catalog.Tx) error { return tx.SetMeta(admin.MetaProviders, `[{"name":"Nord","user":"scan"}]`) })
	h.tx(func(tx *catalog.Tx) error {
		_, err := h.house.Describe(ctx, tx, h.users["lead"].User)
		return err
	})
	desk := delivery.New(delivery.Deps{Catalog: h.Catalog, Policy: h.policy, Intake: h.in, Clock: h.clock})
	hand := func(desk *delivery.Desk, number string, complete bool) (delivery.Receipt, error) {
		m := delivery.Manifest{Version: 1, DeliveryID: number, Provider: "Nord", BagSeal: "S" + number, Paper: delivery.Paper{Box: "K-1", Location: "Halle 2"}}
		for i, body := range []string{"eins", "zwei"} {
			m.Documents = append(m.Documents, delivery.Document{Name: body + ".pdf", SHA256: strings.TrimPrefix(string(record.Sum([]byte(body))), "sha256-"),
				Barcodes: []string{"03104//0000001"}, TypeHint: "brief", PaperPosition: i + 1, OpenedAt: "2026-02-01",
				TransferNote: &record.TransferNote{Operator: "op-1", Statement: "stimmt überein", ScannedAt: "2026-02-02"}})
		}
		v, err := desk.Open(ctx, h.users["scan"], m, "api")
		h.ok(err)
		for name, body := range map[string]string{"eins.pdf": "eins", "zwei.pdf": "zwei", "eins.pdf.p7s": "sig"} {
			if _, err := desk.Put(ctx, h.users["scan"], v.ID, name, strings.NewReader(body), -1); err != nil {
				t.Fatal(err)
			}
		}
		if !complete {
			return delivery.Receipt{}, nil
		}
		return desk.Complete(ctx, h.users["scan"], v.ID)
	}
	r, err := hand(desk, "1", true)
	h.ok(err)
	_, err = hand(desk, "2", false)
	h.ok(err)
	var single ingest.Receipt
	single, err = h.in.Accept(ctx, h.users["scan"], ingest.Submission{Channel: "api", Event: "ereignis-7", Body: strings.NewReader("drei")})
	h.ok(err)
	half, logged := h.halfTaken("3", false), h.halfTaken("4", true)
	h.ok(h.outbox.Drain(ctx))
	h.ok(h.logbook.Seal(ctx))

	cat, report := h.rebuilt(catalogtest.SQLite)
	if !report.Sound() {
		t.Fatalf("%+v", report)
	}
	notes := func(c *catalog.Catalog) (out []catalog.Note) {
		h.ok(c.Read(ctx, func(tx *catalog.Tx) error {
			for _, id := range []record.DocumentID{r.Documents[0].Document, r.Documents[1].Document, single.Document} {
				n, err := tx.NoteOf(id)
				h.ok(err)
				out = append(out, n)
			}
			return nil
		}))
		return out
	}
	was, is := notes(h.Catalog), notes(cat)
	if asJSON(was) != asJSON(is) || len(is[0].Signed) != 1 || is[1].Transfer == nil || len(is[1].Custody) != 5 || is[2].Event != "ereignis-7" {
		t.Errorf("what came with them: %+v\nwas %+v", is, was)
	}
	deps := h.in.Deps
	deps.Catalog = cat
	again := delivery.New(delivery.Deps{Catalog: cat, Policy: h.policy, Intake: ingest.New(deps), Clock: h.clock})
	rr, err := hand(again, "1", true)
	if err != nil || !rr.Repeated || len(rr.Documents) != 2 || rr.Documents[0].Document != r.Documents[0].Document || rr.ID != r.ID ||
		rr.Documents[0].SHA256 != r.Documents[0].SHA256 {
		t.Errorf("the receipt again: %+v, %v", rr, err)
	}
	if _, err := again.Get(ctx, h.users["scan"], catalog.DeliveryID("Nord", "2")); !errors.Is(err, record.NotFound) {
		t.Errorf("the open one is back: %v", err)
	}
	if rr, err := hand(again, "2", true); err != nil || len(rr.Documents) != 2 {
		t.Errorf("the open one again: %+v %v", rr, err)
	}
	if v, err := again.Get(ctx, h.users["scan"], catalog.DeliveryID("Nord", "3")); err != nil || v.State != delivery.StateWaiting || v.Documents != 2 || v.Taken != 1 {
		t.Errorf("one of which a document is missing: %+v %v", v, err)
	}
	if rr, err := hand(again, "3", true); err != nil || len(rr.Documents) != 2 || rr.Documents[0].Document != half && rr.Documents[1].Document != half {
		t.Errorf("it again: %+v %v; %s was there", rr, err, half)
	}
	if rr, err := again.ReceiptOf(ctx, h.users["scan"], catalog.DeliveryID("Nord", "4")); err != nil || len(rr.Documents) != 1 || rr.Documents[0].Document != logged {
		t.Errorf("one of which the log says that it was done: %+v %v", rr, err)
	}
}

// halfTaken is the one document in the archive of a delivery of two; with
// logged, the log says that the delivery was done.
func (h *house) halfTaken(number string, logged bool) record.DocumentID {
	h.Helper()
	ctx := context.Background()
	d := catalog.Delivery{ID: catalog.DeliveryID("Nord", number), Provider: "Nord", Number: number, Actor: h.users["scan"].User, Site: "03104",
		State: delivery.StateTaking, Problems: "[]", Documents: 2}
	st, err := h.in.Stage(ctx, h.users["scan"], strings.NewReader("eins"), 0)
	h.ok(err)
	h.tx(func(tx *catalog.Tx) error {
		return errors.Join(tx.PutDelivery(d), tx.PutDeliveryObject(catalog.DeliveryObject{Delivery: d.ID, Name: "eins.pdf", Place: 1, Kind: "document",
			State: delivery.ObjectHere, Staged: st}))
	})
	r, err := h.in.TakeStaged(ctx, h.users["scan"], "03104", ingest.Submission{Name: "eins.pdf", Channel: ingest.ChannelDelivery, IdempotencyKey: d.ID,
		Note: &catalog.Note{Delivery: d.ID, Object: "eins.pdf"}}, st,
		ingest.Handover{Delivery: vault.Delivery{ID: number, Provider: "Nord", Object: "eins.pdf", Documents: 2}, ArrivedAt: h.clock.Now()})
	h.ok(err)
	if logged {
		leaf, err := audit.Seal(audit.Entry{At: h.clock.Now(), Action: audit.DeliveryComplete, Outcome: audit.Done, Actor: d.Actor,
			Objects: []audit.Object{{Kind: audit.KindDelivery, ID: d.ID}}})
		h.ok(err)
		h.tx(func(tx *catalog.Tx) error { return tx.Append(leaf) })
	}
	return r.Document
}

// asJSON is what the notes say; a list without entries is none.
func asJSON(notes []catalog.Note) string {
	b, err := json.Marshal(notes)
	if err != nil {
		return err.Error()
	}
	return strings.ReplaceAll(string(b), "[]", "null")
}
