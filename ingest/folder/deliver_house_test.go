package folder

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sort"
	"strings"
	"sync"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/delivery"
)

// deskTap stands before the desk and lets a test interfere: it is told the step
// and whether that is still to come, and may let it fail.
type deskTap struct {
	*delivery.Desk
	step func(name string, before bool) error
	mu   sync.Mutex
	puts []string
}

func (d *deskTap) at(name string, before bool) error {
	if d.step == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.step(name, before)
}

func around[T any](d *deskTap, name string, do func() (T, error)) (T, error) {
	var none T
	if err := d.at(name, true); err != nil {
		return none, err
	}
	v, err := do()
	if err == nil {
		err = d.at(name, false)
	}
	if err != nil {
		return none, err
	}
	return v, nil
}

func (d *deskTap) Announce(ctx context.Context, a record.Actor, m delivery.Manifest) (delivery.View, error) {
	return around(d, "announce", func() (delivery.View, error) { return d.Desk.Announce(ctx, a, m) })
}

func (d *deskTap) Open(ctx context.Context, a record.Actor, m delivery.Manifest, channel string) (delivery.View, error) {
	return around(d, "open", func() (delivery.View, error) { return d.Desk.Open(ctx, a, m, channel) })
}

func (d *deskTap) Put(ctx context.Context, a record.Actor, id, name string, body io.Reader, size int64) (delivery.Object, error) {
	d.mu.Lock()
	d.puts = append(d.puts, name)
	d.mu.Unlock()
	return around(d, "put", func() (delivery.Object, error) { return d.Desk.Put(ctx, a, id, name, body, size) })
}

func (d *deskTap) Complete(ctx context.Context, a record.Actor, id string) (delivery.Receipt, error) {
	return around(d, "complete", func() (delivery.Receipt, error) { return d.Desk.Complete(ctx, a, id) })
}

const provider = "Scandienst Nord"

// deliveries gives the house a desk, and s.scan a provider to hand in for.
func (h *house) deliveries() *deskTap {
	h.t.Helper()
	err := h.cat.WithTx(context.Background(), func(tx *catalog.Tx) error {
		return tx.SetMeta("providers", `[{"name":"`+provider+`","user":"s.scan"},{"name":"Andere","user":"s.other"}]`)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	d := &deskTap{Desk: delivery.New(delivery.Deps{Catalog: h.cat, Policy: h.in.Policy, Intake: h.in.Intake, Clock: h.clock})}
	h.desk = d
	h.w.Desk = d
	return d
}

// docs are names and bytes of a delivery's documents.
type docs map[string]string

// manifestOf is the manifest of a delivery that has these documents.
func manifestOf(number, provider string, of docs) string {
	m := delivery.Manifest{Version: 1, DeliveryID: number, Provider: provider}
	for name, body := range of {
		m.Documents = append(m.Documents, delivery.Document{Name: name, SHA256: digestHex(body)})
	}
	sort.Slice(m.Documents, func(i, j int) bool { return m.Documents[i].Name < m.Documents[j].Name })
	b, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func digestHex(body string) string {
	return strings.TrimPrefix(string(record.Sum([]byte(body))), "sha256-")
}

// deliver puts documents and, last, their manifest into a folder.
func (h *house) deliver(folder, number string, of docs) {
	h.t.Helper()
	for name, body := range of {
		h.put(folder+"/"+name, body)
	}
	h.put(folder+"/manifest.json", manifestOf(number, provider, of))
}

// got gives the deliveries as the desk has them, by number.
func (h *house) got() map[string]delivery.View {
	h.t.Helper()
	p, err := h.desk.List(context.Background(), h.actor, delivery.Query{})
	if err != nil {
		h.t.Fatal(err)
	}
	out := map[string]delivery.View{}
	for _, v := range p.Items {
		out[v.DeliveryID] = v
	}
	return out
}

// archived gives the bytes of all documents, read back from the store.
func (h *house) archived() []string {
	h.t.Helper()
	var out []string
	for number, v := range h.got() {
		if v.State != delivery.StateDone {
			continue
		}
		r, err := h.desk.ReceiptOf(context.Background(), h.actor, v.ID)
		if err != nil {
			h.t.Fatalf("%s: %v", number, err)
		}
		for _, e := range r.Documents {
			out = append(out, h.original(e.Document))
		}
	}
	sort.Strings(out)
	return out
}

func (h *house) original(id record.DocumentID) string {
	h.t.Helper()
	var doc record.Document
	err := h.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentByID(id); return err })
	if err != nil {
		h.t.Fatal(err)
	}
	c, err := h.vault.OpenOriginal(context.Background(), doc.Object)
	if err != nil {
		h.t.Fatal(err)
	}
	b, err := io.ReadAll(c.Reader())
	if err != nil {
		h.t.Fatal(err)
	}
	return string(b)
}

// delivered insists that the archive has these documents out of deliveries and
// no others.
func (h *house) delivered(want ...string) {
	h.t.Helper()
	sort.Strings(want)
	if got := h.archived(); fmt.Sprint(got) != fmt.Sprint(want) {
		h.t.Errorf("the archive has %q of deliveries, want %q", got, want)
	}
	var n int
	err := h.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) {
		for _, body := range want {
			same, err := tx.IdenticalTo(record.Sum([]byte(body)))
			if err != nil {
				return err
			}
			if len(same) > n {
				n = len(same)
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if n > 1 {
		h.t.Errorf("a document is %d times in the archive", n)
	}
}

// tells insists on what the status beside a manifest says; no parts: there is
// none.
func (h *house) tells(folder string, parts ...string) {
	h.t.Helper()
	b, err := os.ReadFile(h.at(folder + "/" + statusName))
	if len(parts) == 0 && !errors.Is(err, os.ErrNotExist) {
		h.t.Errorf("there is a status: %v\n%s", err, b)
	}
	for _, p := range parts {
		if !strings.Contains(string(b), p) {
			h.t.Errorf("the status does not say %q: %v\n%s", p, err, b)
		}
	}
}

// byAPI delivers past the folder.
func (h *house) byAPI(number string, of docs) {
	h.t.Helper()
	ctx := context.Background()
	m, err := delivery.ParseManifest(strings.NewReader(manifestOf(number, provider, of)))
	if err != nil {
		h.t.Fatal(err)
	}
	v, err := h.desk.Desk.Open(ctx, h.actor, m, "api")
	if err != nil {
		h.t.Fatal(err)
	}
	for name, body := range of {
		if _, err := h.desk.Desk.Put(ctx, h.actor, v.ID, name, strings.NewReader(body), int64(len(body))); err != nil {
			h.t.Fatal(err)
		}
	}
	if _, err := h.desk.Desk.Complete(ctx, h.actor, v.ID); err != nil {
		h.t.Fatal(err)
	}
}
