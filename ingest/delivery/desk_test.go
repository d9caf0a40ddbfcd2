package delivery_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/delivery"
)

func TestDelivery(t *testing.T) {
	for name, open := range openers(t) {
		t.Run(name, func(t *testing.T) {
			t.Run("the whole way", func(t *testing.T) { testWay(t, newHouse(t, open)) })
			t.Run("resend", func(t *testing.T) { testResend(t, newHouse(t, open)) })
			t.Run("other process", func(t *testing.T) { testOtherProcess(t, newHouse(t, open)) })
			t.Run("at once", func(t *testing.T) { testAtOnce(t, newHouse(t, open)) })
		})
	}
}

func testWay(t *testing.T, h *house) {
	ctx := t.Context()
	b := newBatch("SDL-7", 3, 1)
	announced, err := h.desk.Announce(ctx, h.scan, delivery.Manifest{Version: 1, DeliveryID: "SDL-7", Provider: provider, BagSeal: "S-SDL-7",
		Documents: []delivery.Document{{Name: "0001.pdf", Barcodes: []string{"03104BG0012345"}}, {Name: "0002.pdf"}}})
	h.must(err)
	if announced.State != delivery.StateAnnounced || announced.Documents != 2 || announced.Here != 0 || len(announced.Objects) != 2 {
		t.Fatalf("announced: %+v", announced)
	}
	if n := h.inTransit(); n != 1 {
		t.Errorf("%d deliveries in transit for the customer", n)
	}
	v := h.open(b)
	if v.ID != announced.ID || v.State != delivery.StateOpen || v.Channel != "api" || v.BagSeal != b.BagSeal || v.AnnouncedAt == nil {
		t.Fatalf("open: %+v", v)
	}
	if again := h.open(b); !again.Repeated || again.ID != v.ID {
		t.Errorf("the same manifest again: %+v", again)
	}
	p7s := []byte("signature")
	h.put(v.ID, "0001.pdf.p7s", p7s)
	h.putAll(v.ID, b)
	if o := h.put(v.ID, "0001.pdf", b.bytes["0001.pdf"]); o.Pages != 3 || h.spooled() != 3 {
		t.Errorf("the same bytes again: %+v, %d in the spool", o, h.spooled())
	}
	if len(h.documents()) != 0 {
		t.Fatal("something was filed before it was complete")
	}
	h.restart("node") // its sweep must not take what waits
	r := h.complete(v.ID)
	h.holds(b, r)
	if r.Documents[0].Pages != 3 || h.get(v.ID).State != delivery.StateDone || h.inTransit() != 0 {
		t.Errorf("receipt %+v of %+v", r, h.get(v.ID))
	}
	h.testNote(r.Documents[0].Document, b)
	if again := h.complete(v.ID); !again.Repeated || len(again.Documents) != 2 || again.Documents[0] != r.Documents[0] {
		t.Errorf("the receipt again: %+v", again)
	}
	if o := h.put(v.ID, "0002.pdf", b.bytes["0002.pdf"]); o.State != delivery.ObjectTaken || o.Document != r.Documents[1].Document {
		t.Errorf("an object again when it is done: %+v", o)
	}
	if _, err := h.desk.Put(ctx, h.scan, v.ID, "0002.pdf", strings.NewReader("anders"), -1); !errors.Is(err, record.Conflict) {
		t.Errorf("other bytes when it is done: %v", err)
	}
	if again := h.open(b); !again.Repeated {
		t.Errorf("the same manifest when it is done: %+v", again)
	}
	b.Documents[0].Pages++
	if _, err := h.desk.Open(ctx, h.scan, b.Manifest, "api"); !errors.Is(err, record.Conflict) {
		t.Errorf("another manifest when it is done: %v", err)
	}
	h.readBack()
	if h.spooled() != 0 || len(h.documents()) != 2 {
		t.Errorf("%d in the spool, %d documents", h.spooled(), len(h.documents()))
	}
}

// inTransit counts the deliveries that are on their way for the customer.
func (h *house) inTransit() int {
	h.t.Helper()
	var n int
	h.must(h.cat.Read(context.Background(), func(tx *catalog.Tx) error {
		all, err := tx.InTransit([]record.Clue{{Kind: record.ClueNumber, Value: catalog.NormalizeNumber("03104//0012345")}}, 10)
		n = len(all)
		return err
	}))
	return n
}

// testNote looks at what is kept of what came with a document: in the catalog
// and, locked as long as the document, in its manifest.
func (h *house) testNote(id record.DocumentID, b batch) {
	h.t.Helper()
	ctx := context.Background()
	var n catalog.Note
	var head catalog.Head
	h.must(h.cat.Read(ctx, func(tx *catalog.Tx) (err error) {
		if n, err = tx.NoteOf(id); err != nil {
			return err
		}
		head, err = tx.ManifestHead(string(id))
		return err
	}))
	var events []string
	for _, c := range n.Custody {
		events = append(events, c.Event)
	}
	if strings.Join(events, " ") != "opened scanned delivered checked taken_in" || n.Transfer == nil || n.Transfer.Operator != "op-17" ||
		n.Paper == nil || n.Paper.BagSeal != b.BagSeal || len(n.Signed) != 1 || n.Barcodes[0] != "03104//0012345" {
		h.t.Errorf("note: %+v", n)
	}
	raw, err := h.vault.GetLocked(ctx, head.Name)
	h.must(err)
	m, err := vault.ParseManifest(raw)
	h.must(err)
	var p vault.DocumentPersonal
	h.must(h.vault.OpenPersonal(ctx, m, &p))
	if p.TransferNote.Statement == "" || p.Delivery.ID != b.DeliveryID || p.Delivery.Object != "0001.pdf" || p.Delivery.BagSeal != b.BagSeal ||
		len(p.Custody) != 5 || p.TypeHint != "kontoauszug" || len(p.Barcodes) != 1 {
		h.t.Errorf("manifest: %+v", p)
	}
	if len(p.Signatures) != 1 || p.Signatures[0].Kind != "cms" || p.Signatures[0].Bytes != "c2lnbmF0dXJl" || p.Signatures[0].Valid != "unknown" {
		h.t.Errorf("signatures: %+v", p.Signatures)
	}
	info, err := h.vault.Stat(ctx, head.Name)
	if err != nil || info.LockedUntil.IsZero() {
		h.t.Errorf("the manifest is not locked: %+v %v", info, err)
	}
}

func testResend(t *testing.T, h *house) {
	b := newBatch("SDL-8", 1, 2, 1, 1)
	b.Documents[3].Signatures = []string{"vier.tsr"}
	v := h.open(b)
	h.put(v.ID, "0001.pdf", []byte("%PDF-1.4 halb"))
	swapped := pdf(1, "zwei")
	if o := h.put(v.ID, "0002.pdf", swapped); o.State != delivery.ObjectWrong || o.Problem != delivery.ProblemHash {
		t.Errorf("wrong bytes: %+v", o)
	}
	h.put(v.ID, "0004.pdf", b.bytes["0004.pdf"])
	h.put(v.ID, "Thumbs.db", []byte("x"))
	got := h.kinds(v.ID)
	for name, kind := range map[string]string{"0001.pdf": "hash", "0002.pdf": "hash", "0003.pdf": "missing", "vier.tsr": "signature", "Thumbs.db": "surplus"} {
		if got[name] != kind {
			t.Errorf("%s: %q instead of %q", name, got[name], kind)
		}
	}
	if len(got) != 5 || len(h.documents()) != 0 {
		t.Fatalf("problems: %v; %d documents", got, len(h.documents()))
	}
	h.put(v.ID, "0003.PDF", b.bytes["0003.pdf"]) // under a wrong name
	if err := h.desk.Remove(context.Background(), h.scan, v.ID, "0001.pdf"); !errors.Is(err, record.Conflict) {
		t.Errorf("what the manifest names can be left out: %v", err)
	}
	h.must(h.desk.Remove(context.Background(), h.scan, v.ID, "0003.PDF"))
	if err := h.desk.Remove(context.Background(), h.scan, v.ID, "0003.PDF"); !errors.Is(err, record.NotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if got := h.kinds(v.ID); len(got) != 5 || got["0003.PDF"] != "" {
		t.Errorf("after a surplus one was removed: %v", got)
	}
	// What the manifest says wrongly, a new one puts right; what fits stays.
	b.Documents = append(b.Documents, delivery.Document{Name: "Thumbs.db", SHA256: hexOf([]byte("x"))})
	b.bytes["Thumbs.db"] = []byte("x")
	b.Documents[1].SHA256, b.Documents[1].Size, b.bytes["0002.pdf"] = hexOf(swapped), 0, swapped
	if v = h.open(b); v.State != delivery.StateOpen || v.Repeated || v.Here != 2 {
		t.Fatalf("the new manifest: %+v", v)
	}
	if got := h.kinds(v.ID); got["0002.pdf"] != "pages" {
		t.Errorf("a wrong number of pages: %v", got)
	}
	b.Documents[1].Pages = 1
	b.Documents[0].Size++ // of the right bytes, and yet a lie
	h.open(b)
	h.put(v.ID, "0001.pdf", b.bytes["0001.pdf"])
	h.put(v.ID, "0003.pdf", b.bytes["0003.pdf"])
	h.put(v.ID, "vier.tsr", []byte("time stamp"))
	if got := h.kinds(v.ID); len(got) != 1 || got["0001.pdf"] != "size" {
		t.Fatalf("a wrong size: %v", got)
	}
	b.Documents[0].Size--
	h.open(b)
	r := h.complete(v.ID)
	for i := range r.Documents {
		if r.Documents[i].Name == "Thumbs.db" {
			b.Documents[4].Received = h.clock.Now().Format(time.DateOnly)
		}
	}
	h.holds(b, r)
	h.readBack()
	if h.spooled() != 0 {
		t.Errorf("%d still in the spool", h.spooled())
	}
}

func testAtOnce(t *testing.T, h *house) {
	b := newBatch("SDL-9", 1, 1, 1, 1, 1, 1)
	id := h.open(b).ID
	var wg sync.WaitGroup
	for range 3 { // three channels send the same at once
		wg.Go(func() {
			if _, err := h.desk.Open(context.Background(), h.scan, b.Manifest, "folder"); err != nil && !errors.Is(err, record.Busy) {
				t.Error(err)
			}
			for name, body := range b.bytes {
				if _, err := h.desk.Put(context.Background(), h.scan, id, name, bytes.NewReader(body), -1); err != nil && !errors.Is(err, record.Busy) {
					t.Error(err)
				}
			}
			if _, err := h.desk.Complete(context.Background(), h.scan, id); err != nil && !errors.Is(err, record.Busy) {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	h.holds(b, h.complete(id))
	if n := len(h.documents()); n != 6 {
		t.Fatalf("%d documents of 6 objects", n)
	}
	h.readBack()
	h.restart("node")
	if h.spooled() != 0 {
		t.Errorf("%d left in the spool", h.spooled())
	}
}

// A bag that is another one than announced, or came before, is a discrepancy.
func TestSeals(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	first := newBatch("SDL-1", 1)
	id := h.open(first).ID
	h.putAll(id, first)
	h.complete(id)
	b := newBatch("SDL-2", 1)
	b.BagSeal = first.BagSeal
	announce := delivery.Manifest{Version: 1, DeliveryID: "SDL-2", Provider: provider, BagSeal: "4711", Documents: []delivery.Document{{Name: "a"}, {Name: "b"}}}
	_, err := h.desk.Announce(t.Context(), h.scan, announce)
	h.must(err)
	id = h.open(b).ID
	h.putAll(id, b)
	_, err = h.desk.Complete(t.Context(), h.scan, id)
	var u *delivery.Unreconciled
	if !errors.As(err, &u) || len(u.Problems) != 3 || u.Problems[0].Kind != delivery.ProblemCount || u.Problems[1].Kind != delivery.ProblemSeal ||
		u.Problems[2].Kind != delivery.ProblemSealUsed || u.Problems[2].Got != "SDL-1" {
		t.Fatalf("%v: %+v", err, u)
	}
	b.BagSeal = "4711"
	h.open(b)
	announce.Documents = announce.Documents[:1]
	_, err = h.desk.Announce(t.Context(), h.scan, announce)
	h.must(err)
	h.holds(b, h.complete(id))
}

// Other people's deliveries do not exist, and nobody speaks for another.
func TestRights(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	ctx := t.Context()
	b := newBatch("SDL-3", 1, 1)
	id := h.open(b).ID
	h.put(id, "0001.pdf", []byte("anders"))
	h.kinds(id)
	for who, a := range map[string]record.Actor{"another provider": h.other, "a caseworker": h.clerk, "a user who is off": h.disabled} {
		if _, err := h.desk.Open(ctx, a, b.Manifest, "api"); !errors.Is(err, record.Denied) {
			t.Errorf("%s opens it: %v", who, err)
		}
		if err := h.desk.MayPost(ctx, a); a == h.other && err != nil || a != h.other && !errors.Is(err, record.Denied) {
			t.Errorf("%s may post: %v", who, err)
		}
		for what, err := range map[string]error{
			"announces": second(h.desk.Announce(ctx, a, b.Manifest)),
			"removes":   h.desk.Remove(ctx, a, id, "x"),
			"lists":     second(h.desk.Objects(ctx, a, id)),
			"puts":      second(h.desk.Put(ctx, a, id, "x", strings.NewReader("x"), 1)),
			"completes": second(h.desk.Complete(ctx, a, id)),
			"reads":     second(h.desk.Get(ctx, a, id)),
			"withdraws": second(h.desk.Withdraw(ctx, a, id, "weg")),
			"receipt":   second(h.desk.ReceiptOf(ctx, a, id)),
		} {
			if !errors.Is(err, record.NotFound) && !errors.Is(err, record.Denied) {
				t.Errorf("%s %s: %v", who, what, err)
			}
			if a == h.other && what != "announces" && !errors.Is(err, record.NotFound) {
				t.Errorf("%s %s: it exists for them: %v", who, what, err)
			}
		}
	}
	if n := h.refusals(); n != 29 { // nine each, and two who may not hand in at all
		t.Errorf("%d refusals in the log", n)
	}
	v, err := h.desk.Get(ctx, h.clear, id)
	if err != nil || len(v.Objects) != 0 || len(v.Problems) != 2 || v.Problems[0].Name != "#1" || len(v.Can) != 1 {
		t.Errorf("who clears sees %+v, %v", v, err)
	}
	page, err := h.desk.List(ctx, h.clear, delivery.Query{})
	if err != nil || len(page.Items) != 1 || strings.Contains(page.Items[0].Problems[0].Name, "pdf") {
		t.Errorf("who clears lists %+v, %v", page, err)
	}
	if page, err := h.desk.List(ctx, h.other, delivery.Query{}); err != nil || len(page.Items) != 0 {
		t.Errorf("another provider lists %+v, %v", page, err)
	}
	if _, err := h.desk.List(ctx, h.clerk, delivery.Query{}); !errors.Is(err, record.Denied) {
		t.Errorf("a caseworker lists: %v", err)
	}
}

func second[T any](_ T, err error) error { return err }

func (h *house) refusals() int {
	h.t.Helper()
	n := 0
	for _, action := range []string{audit.DeliveryAnnounce, audit.DeliveryCreate, audit.DeliveryPut, audit.DeliveryRemove, audit.DeliveryComplete, audit.DeliveryView, audit.DeliveryWithdraw} {
		h.must(h.cat.Read(context.Background(), func(tx *catalog.Tx) error {
			es, _, err := tx.AuditEntries(catalog.AuditQuery{Action: action, Outcome: audit.Denied, Limit: 100})
			n += len(es)
			return err
		}))
	}
	return n
}

// What was given up is gone, and can be handed over again.
func TestWithdraw(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	ctx := t.Context()
	b := newBatch("SDL-4", 1, 1)
	id := h.open(b).ID
	h.putAll(id, b)
	if _, err := h.desk.Withdraw(ctx, h.scan, id, " "); !errors.Is(err, record.Invalid) {
		t.Errorf("without a reason: %v", err)
	}
	v, err := h.desk.Withdraw(ctx, h.scan, id, "falscher Kunde")
	if err != nil || v.State != delivery.StateWithdrawn || len(v.Objects) != 0 || h.spooled() != 0 || h.inTransit() != 0 {
		t.Fatalf("%+v, %v; %d in the spool", v, err, h.spooled())
	}
	if _, err := h.desk.Put(ctx, h.scan, id, "0001.pdf", strings.NewReader("x"), 1); !errors.Is(err, record.Conflict) {
		t.Errorf("put afterwards: %v", err)
	}
	if _, err := h.desk.Complete(ctx, h.scan, id); !errors.Is(err, record.Conflict) {
		t.Errorf("complete afterwards: %v", err)
	}
	if v := h.open(b); v.State != delivery.StateWithdrawn || !v.Repeated {
		t.Fatalf("the same manifest undoes it: %+v", v)
	}
	b.CreatedAt = "2026-03-01T18:00:00Z"
	if v := h.open(b); v.State != delivery.StateOpen || v.Here != 0 {
		t.Fatalf("again: %+v", v)
	}
	h.putAll(id, b)
	h.holds(b, h.complete(id))
	if _, err := h.desk.Withdraw(ctx, h.scan, id, "zu spät"); !errors.Is(err, record.Conflict) {
		t.Errorf("when it is done: %v", err)
	}
}
