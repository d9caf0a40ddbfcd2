package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"eakte/appliance/catalog"
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

// Bytes that are damaged in the spool after the check, or a signature that is
// lost there, are wanted again too: nothing waits for ever.
func TestSpoolDamaged(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("D-1", 1)
	b.Documents[0].Signatures = []string{"siegel.p7s"}
	sign := func(id string) {
		h.put(id, "siegel.p7s", []byte("signature"))
		h.put(id, "0001.pdf.tsr", []byte("time stamp")) // which the manifest does not name
	}
	id := h.open(b).ID
	h.putAll(id, b)
	sign(id)
	for _, harm := range []struct {
		size int64 // of the items
		do   func(name string) error
		want map[string]string
	}{
		{h.itemSize(int64(len(b.bytes["0001.pdf"]))), flip, map[string]string{"0001.pdf": "missing"}},
		{h.itemSize(int64(len("signature"))), os.Remove, map[string]string{"siegel.p7s": "signature"}},
		{h.itemSize(int64(len("time stamp"))), flip, map[string]string{"0001.pdf.tsr": "signature"}},
	} {
		*h.store = vaulttest.Faults{From: 1, To: 1000, Category: record.Unavailable} // it fits; taking in breaks off
		if _, err := h.desk.Complete(t.Context(), h.scan, id); !errors.Is(err, record.Unavailable) {
			t.Fatalf("%v", err)
		}
		*h.store = vaulttest.Faults{}
		h.items(harm.size, harm.do)
		if _, err := h.desk.Complete(t.Context(), h.scan, id); !errors.Is(err, record.Conflict) {
			t.Fatalf("%v: %v", harm.want, err)
		}
		if got := h.kinds(id); !maps.Equal(got, harm.want) {
			t.Fatalf("%v instead of %v", got, harm.want)
		}
		h.putAll(id, b)
		sign(id)
	}
	r := h.complete(id)
	h.holds(b, r)
	if n := h.signed(r.Documents[0].Document); n != 2 || len(h.documents()) != 1 {
		t.Errorf("%d signatures, %d documents", n, len(h.documents()))
	}
}

// signed counts the signatures that came with a document.
func (h *house) signed(id record.DocumentID) int {
	h.t.Helper()
	var n catalog.Note
	h.must(h.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) { n, err = tx.NoteOf(id); return err }))
	return len(n.Signed)
}

// itemSize is how large an item of the spool is for this many bytes.
func (h *house) itemSize(plain int64) int64 {
	h.t.Helper()
	st, err := h.intake.Stage(context.Background(), h.scan, bytes.NewReader(make([]byte, plain)), 0)
	h.must(errors.Join(err, h.intake.DropStaged(context.Background(), st)))
	return st.CipherSize
}

// items does something to the items of the spool that have a size.
func (h *house) items(size int64, do func(name string) error) {
	h.t.Helper()
	names, err := filepath.Glob(filepath.Join(h.spool, "*"))
	h.must(err)
	n := 0
	for _, name := range names {
		if at, err := os.Stat(name); err == nil && at.Size() == size {
			h.must(do(name))
			n++
		}
	}
	if n == 0 {
		h.t.Fatalf("no item has %d bytes", size)
	}
}

// flip changes the last byte of a file.
func flip(name string) error {
	b, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	b[len(b)-1] ^= 1
	return os.WriteFile(name, b, 0o600)
}

// What lies at another node can't be taken in here, and is not said to be
// missing; sent again, it is here. What that node has begun to take in stays its
// own.
func TestOtherNode(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	b := newBatch("N-1", 1, 9)
	id := h.open(b).ID
	h.putAll(id, b)
	h.restart("other")
	if _, err := h.desk.Complete(t.Context(), h.scan, id); !errors.Is(err, record.Unavailable) {
		t.Fatalf("%v", err)
	}
	h.putAll(id, b)
	*h.store = vaulttest.Faults{From: 1, To: 100_000, Category: record.Unavailable}
	for h.journalled() < 2 { // it fits, and taking in breaks off; one that fails may stop the other
		if _, err := h.desk.Complete(t.Context(), h.scan, id); !errors.Is(err, record.Unavailable) {
			t.Fatalf("%v", err)
		}
	}
	*h.store = vaulttest.Faults{}
	h.restart("third")
	if _, err := h.desk.Complete(t.Context(), h.scan, id); !errors.Is(err, record.Unavailable) || len(h.documents()) != 0 {
		t.Fatalf("taken in by a node that has no bytes: %v, %d documents", err, len(h.documents()))
	}
	h.items(h.itemSize(int64(len(b.bytes["0002.pdf"]))), os.Remove)
	*h.store = vaulttest.Faults{From: 1, To: 1000, Category: record.Unavailable}
	h.node = "other" // without what a start does
	h.desk, h.intake = h.newDesk()
	if _, err := h.desk.Complete(t.Context(), h.scan, id); !errors.Is(err, record.Conflict) {
		t.Fatalf("an item is lost: %v", err)
	}
	*h.store = vaulttest.Faults{}
	h.restart("third")
	if _, err := h.desk.Put(t.Context(), h.scan, id, "0001.pdf", strings.NewReader("anders"), -1); !errors.Is(err, record.Unavailable) {
		t.Errorf("others take the place of what is on its way in: %v", err)
	}
	h.restart("other")
	h.put(id, "0002.pdf", b.bytes["0002.pdf"])
	h.holds(b, h.complete(id))
	if n := len(h.documents()); n != 2 {
		t.Errorf("%d documents of 2 objects", n)
	}
}

// journalled counts what is on its way into the archive at the node other.
func (h *house) journalled() int {
	h.t.Helper()
	var rows []catalog.JournalRow
	h.must(h.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) { rows, err = tx.JournalUnfinished("other"); return err }))
	return len(rows)
}

// Two processes at one delivery: whoever comes second finds it changed, and
// nobody writes over what the other did.
func testOtherProcess(t *testing.T, h *house) {
	other, _ := h.newDesk()
	complete := func(desk *delivery.Desk, _ batch, id string) error {
		_, err := desk.Complete(t.Context(), h.scan, id)
		return err
	}
	open := func(desk *delivery.Desk, b batch, _ string) error {
		b.CreatedAt = "2026-03-01T20:00:00Z"
		_, err := desk.Open(t.Context(), h.scan, b.Manifest, "api")
		return err
	}
	withdraw := func(desk *delivery.Desk, _ batch, id string) error {
		_, err := desk.Withdraw(t.Context(), h.scan, id, "falsch")
		return err
	}
	for _, c := range []struct {
		name        string
		first, then func(*delivery.Desk, batch, string) error
		at          int32 // how often it is read before the other comes in
		given       bool  // up before that
		want        string
	}{
		{"given up while it is completed", complete, withdraw, 4, false, delivery.StateWithdrawn},
		{"completed while it is opened", open, complete, 3, false, delivery.StateDone},
		{"opened again while it is dropped", withdraw, open, 3, true, delivery.StateOpen},
	} {
		b := newBatch(c.name, 1, 1)
		id := h.open(b).ID
		h.putAll(id, b)
		if c.given {
			h.must(withdraw(h.desk, b, id))
		}
		h.clock.Advance(time.Second)
		var begun atomic.Int32 // what is taken in is begun side by side
		h.rows.Meet = func(_ context.Context, kind string) (before, after error) {
			if kind == "begin" && begun.Add(1) == c.at {
				h.must(c.then(other, b, id))
			}
			return nil, nil
		}
		err := c.first(h.desk, b, id)
		h.rows.Meet = nil
		v := h.get(id)
		if !errors.Is(err, record.Busy) || v.State != c.want || c.given && len(v.Objects) != 2 {
			t.Errorf("%s: %v; %s with %d objects", c.name, err, v.State, len(v.Objects))
		}
	}
}
