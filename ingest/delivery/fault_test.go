package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest/delivery"
)

// hand hands a delivery over as a provider's program does, and stops at the
// first error.
func (h *house) hand(b batch) (delivery.Receipt, error) {
	ctx := context.Background()
	v, err := h.desk.Open(ctx, h.scan, b.Manifest, "api")
	if err != nil {
		return delivery.Receipt{}, err
	}
	for _, d := range b.Documents {
		body := b.bytes[d.Name]
		if _, err := h.desk.Put(ctx, h.scan, v.ID, d.Name, bytes.NewReader(body), int64(len(body))); err != nil && !errors.Is(err, record.Busy) {
			return delivery.Receipt{}, err
		}
	}
	return h.desk.Complete(ctx, h.scan, v.ID)
}

// Whichever call of the catalog fails, in whatever step, and if the process
// ends there and begins again: the same handed over again is one document an
// object.
func TestCatalogFails(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	for n := 1; ; n++ {
		b := newBatch(fmt.Sprintf("F-%d", n), 1, 1)
		before := len(h.documents())
		h.rows.FailAt(n)
		_, err := h.hand(b)
		met := h.rows.Count() >= n
		h.rows.FailAt(0)
		if !met {
			if n < 40 {
				t.Fatalf("only %d calls: the test does not see them", n)
			}
			return
		}
		if n%3 == 0 {
			h.restart("node")
		}
		if n%5 == 0 { // the job goes on, as after a stop
			h.takeJobs()
		}
		r, again := h.hand(b)
		if again != nil {
			t.Fatalf("call %d failed (%v), and then %v", n, err, again)
		}
		h.holds(b, r)
		if got := len(h.documents()) - before; got != 2 {
			t.Fatalf("call %d failed (%v): %d documents of 2 objects", n, err, got)
		}
		n += n / 40 // the later ones are of the same kinds
	}
}

// Whichever call of the store fails: the same.
func TestStoreFails(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	for n := 1; n < 16; n++ {
		b := newBatch(fmt.Sprintf("S-%d", n), 1, 1)
		before := len(h.documents())
		*h.store = vaulttest.Faults{From: n, To: n, Category: record.Unavailable}
		_, err := h.hand(b)
		*h.store = vaulttest.Faults{}
		r, again := h.hand(b)
		if again != nil {
			t.Fatalf("call %d failed (%v), and then %v", n, err, again)
		}
		h.holds(b, r)
		if got := len(h.documents()) - before; got != 2 {
			t.Fatalf("call %d failed (%v): %d documents of 2 objects", n, err, got)
		}
	}
}

// takeJobs runs the jobs that go on with deliveries, an hour later.
func (h *house) takeJobs() {
	h.t.Helper()
	ctx := context.Background()
	h.clock.Advance(time.Hour)
	jobs, err := h.cat.Lease(ctx, "node", []string{delivery.KindTake}, 100, time.Minute)
	h.must(err)
	for _, j := range jobs {
		if err := h.desk.Take(ctx, j); err != nil {
			h.t.Errorf("%s: %v", j.Kind, err)
		}
		h.must(h.cat.Finish(ctx, j.ID, "node"))
	}
}

// The job finishes what nobody asks for again.
func TestJobFinishes(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("J-1", 1, 1, 1)
	*h.store = vaulttest.Faults{From: 4, To: 1000, Category: record.Unavailable}
	if _, err := h.hand(b); !errors.Is(err, record.Unavailable) {
		t.Fatalf("the store is down: %v", err)
	}
	*h.store = vaulttest.Faults{}
	id := h.idOf(b)
	if v := h.get(id); v.State != delivery.StateTaking {
		t.Fatalf("%+v", v)
	}
	h.restart("node")
	h.takeJobs()
	r, err := h.desk.ReceiptOf(t.Context(), h.scan, id)
	h.must(err)
	h.holds(b, r)
	if n := len(h.documents()); n != 3 {
		t.Errorf("%d documents of 3 objects", n)
	}
}

func (h *house) idOf(b batch) string {
	h.t.Helper()
	page, err := h.desk.List(context.Background(), h.scan, delivery.Query{})
	h.must(err)
	for _, v := range page.Items {
		if v.DeliveryID == b.DeliveryID {
			return v.ID
		}
	}
	h.t.Fatal("the delivery is not listed")
	return ""
}

// Bytes that are lost from the spool are wanted again, before and after the
// check; nothing that is in the archive comes twice.
func TestSpoolLoses(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("L-1", 1, 1)
	id := h.open(b).ID
	h.putAll(id, b)
	h.empty()
	if got := h.kinds(id); len(got) != 2 || got["0001.pdf"] != "missing" {
		t.Fatalf("%v", got)
	}
	h.putAll(id, b)
	*h.store = vaulttest.Faults{From: 2, To: 1000, Category: record.Unavailable} // it fits; taking in breaks off
	if _, err := h.desk.Complete(t.Context(), h.scan, id); !errors.Is(err, record.Unavailable) {
		t.Fatalf("%v", err)
	}
	*h.store = vaulttest.Faults{}
	h.empty()
	for range 3 { // each object that is lost is found out
		if _, err := h.desk.Complete(t.Context(), h.scan, id); err == nil {
			t.Fatal("it was completed without its bytes")
		}
	}
	if v := h.get(id); v.State != delivery.StateWaiting || v.Here != 0 {
		t.Fatalf("%+v", v)
	}
	h.putAll(id, b)
	h.holds(b, h.complete(id))
	if n := len(h.documents()); n != 2 {
		t.Errorf("%d documents of 2 objects", n)
	}
}

// empty loses what lies in the spool.
func (h *house) empty() {
	h.t.Helper()
	names, err := filepath.Glob(filepath.Join(h.spool, "*"))
	h.must(err)
	for _, n := range names {
		h.must(os.Remove(n))
	}
}

// What lies at another node can't be taken in here, and is not said to be
// missing; sent again, it is here.
func TestOtherNode(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("N-1", 1)
	id := h.open(b).ID
	h.putAll(id, b)
	h.restart("other") // with a spool of its own
	if _, err := h.desk.Complete(t.Context(), h.scan, id); !errors.Is(err, record.Unavailable) {
		t.Fatalf("%v", err)
	}
	h.putAll(id, b)
	h.holds(b, h.complete(id))
}
