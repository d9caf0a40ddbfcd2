package delivery_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

// What waits for others was received when it came, not when they did.
func TestReceivedWhenItCame(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("W-1", 1, 1)
	came := h.cat.Today()
	id := h.open(b).ID
	b.Documents[0].Received, b.Documents[1].Received = "", ""
	h.open(b)
	h.put(id, "0001.pdf", b.bytes["0001.pdf"])
	h.clock.Advance(72 * time.Hour)
	h.put(id, "0002.pdf", b.bytes["0002.pdf"])
	r := h.complete(id)
	b.Documents[0].Received, b.Documents[1].Received = came, h.cat.Today()
	h.holds(b, r)
}

// A signature belongs to one document, also where its name would do for another.
func TestSignatureOfOne(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("Z-1", 1, 1)
	b.Documents[1].Signatures = []string{"0001.pdf.p7s"}
	id := h.open(b).ID
	h.putAll(id, b)
	h.put(id, "0001.pdf.p7s", []byte("signature"))
	h.put(id, "0001.pdf.tsr", []byte("time stamp"))
	r := h.complete(id)
	for i, want := range []string{"0001.pdf.tsr", "0001.pdf.p7s"} {
		var n catalog.Note
		h.must(h.cat.Read(t.Context(), func(tx *catalog.Tx) (err error) { n, err = tx.NoteOf(r.Documents[i].Document); return err }))
		if len(n.Signed) != 1 || n.Signed[0].Name != want {
			t.Errorf("beside %s: %+v", r.Documents[i].Name, n.Signed)
		}
	}
}

// A surplus object goes by the name that it was put under, and what was taken in
// stays.
func TestRemove(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("R-1", 1)
	id := h.open(b).ID
	h.putAll(id, b)
	h.put(id, "u\u0308ber.pdf", []byte("x")) // kept in composed form
	if err := h.desk.Remove(t.Context(), h.scan, id, "../x"); !errors.Is(err, record.Invalid) {
		t.Errorf("a name that is none: %v", err)
	}
	h.must(h.desk.Remove(t.Context(), h.scan, id, "u\u0308ber.pdf"))
	if h.spooled() != 1 || h.get(id).Total != 1 {
		t.Errorf("%d in the spool, %d objects", h.spooled(), h.get(id).Total)
	}
	h.must(h.cat.Read(t.Context(), func(tx *catalog.Tx) error {
		es, _, err := tx.AuditEntries(catalog.AuditQuery{Action: audit.DeliveryRemove, Outcome: audit.Done, Limit: 10})
		if len(es) != 1 {
			t.Errorf("%d entries", len(es))
		}
		return err
	}))
	h.complete(id)
	var e *record.Error
	if err := h.desk.Remove(t.Context(), h.scan, id, "0001.pdf"); !errors.As(err, &e) || !errors.Is(err, record.Conflict) || !strings.Contains(e.Message, "archive") {
		t.Errorf("when it is done: %v", err)
	}
}

// What somebody has to do something about is never cut off by what is in order.
func TestManyObjects(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("V-1")
	for i := range 5100 {
		b.Documents = append(b.Documents, delivery.Document{Name: fmt.Sprintf("%05d.pdf", i+1), SHA256: hash})
	}
	v := h.open(b)
	if len(v.Objects) != 5000 || v.Total != 5100 || v.Documents != 5100 {
		t.Errorf("%d of %d objects", len(v.Objects), v.Total)
	}
	all, err := h.desk.Objects(t.Context(), h.scan, v.ID)
	if err != nil || len(all) != 5100 || all[5099].Name != "05100.pdf" {
		t.Errorf("%d objects, %v", len(all), err)
	}
	h.must(h.cat.WithTx(t.Context(), func(tx *catalog.Tx) error { // all but the last are here
		for after := ""; ; {
			rows, err := tx.DeliveryObjects(v.ID, after, 1000)
			if err != nil || len(rows) == 0 {
				return err
			}
			for _, o := range rows {
				if after = o.Name; o.Place == 5100 {
					return nil
				}
				o.State = delivery.ObjectHere
				if err := tx.PutDeliveryObject(o); err != nil {
					return err
				}
			}
		}
	}))
	if v := h.get(v.ID); v.Objects[0].Name != "05100.pdf" || len(v.Objects) != 5000 {
		t.Errorf("first of %d: %+v", len(v.Objects), v.Objects[0])
	}
}

// What was taken as a manifest is read again, however long it is when all stands
// in it.
func TestLongManifestKept(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("K-1")
	for i := range 720 {
		b.Documents = append(b.Documents, delivery.Document{Name: fmt.Sprint(i), SHA256: hash,
			TransferNote: &record.TransferNote{Statement: strings.Repeat("<", 4000)}}) // six bytes each in JSON
	}
	id := h.open(b).ID
	_, err := h.desk.Complete(context.Background(), h.scan, id)
	var u *delivery.Unreconciled
	if !errors.As(err, &u) || len(u.Problems) != 720 {
		t.Errorf("%v", err)
	}
}
