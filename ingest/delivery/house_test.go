package delivery_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
	"eakte/ingest/delivery"
	"eakte/ingest/worker"
	"eakte/policy/access"
)

// TestMain lets the test binary be the worker's child, which counts the pages.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(worker.Main(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

const provider = "Scandienst Nord"

// house is a desk with all that lies behind it.
type house struct {
	t      testing.TB
	desk   *delivery.Desk
	intake *ingest.Intake
	cat    *catalog.Catalog
	vault  *vault.Vault
	rows   *catalogtest.Faults
	store  *vaulttest.Faults
	clean  vault.Buckets
	ring   *vault.Keyring
	clock  *catalogtest.Clock
	spool  string // the nodes share it here; none takes the others' items
	node   string
	pool   *worker.Pool
	policy *access.Policy

	scan, other, clear, clerk, disabled record.Actor
}

func newHouse(t testing.TB, open catalogtest.Opener) *house {
	t.Helper()
	h := &house{t: t, rows: &catalogtest.Faults{}, store: &vaulttest.Faults{}, clock: catalogtest.NewClock(), clean: vaulttest.NewBuckets()}
	h.cat = open(t, h.clock, catalog.WithConnector(h.rows.Wrap))
	dir := t.TempDir()
	h.spool = filepath.Join(dir, "spool")
	keyFile := filepath.Join(dir, "key")
	_, err := vault.NewKeyFile(keyFile, h.clock.Now())
	h.must(err)
	recovery, _, _, err := vault.NewRecovery(nil)
	h.must(err)
	h.ring, err = vault.LoadKeyring(keyFile, recovery)
	h.must(err)
	h.policy, err = access.NewPolicy(access.Default())
	h.must(err)
	h.pool = worker.NewPool(worker.Config{Workers: 2})
	t.Cleanup(h.pool.Close)
	h.furnish()
	h.restart("node")
	return h
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) furnish() {
	h.t.Helper()
	providers, err := json.Marshal([]admin.Provider{{Name: provider, User: "sdn"}, {Name: "Scan Süd", User: "sued"}, {Name: provider, User: "fort"}})
	h.must(err)
	h.must(h.cat.WithTx(h.t.Context(), func(tx *catalog.Tx) error {
		if err := errors.Join(tx.SetMeta(admin.MetaProviders, string(providers)), tx.PutSite(record.Site{Code: "03104", Name: "Neustadt"})); err != nil {
			return err
		}
		for _, u := range []struct {
			actor *record.Actor
			name  string
			role  string
		}{{&h.scan, "sdn", record.RoleScan}, {&h.other, "sued", record.RoleScan}, {&h.clear, "k.klein", record.RoleClearing},
			{&h.clerk, "k.sommer", record.RoleCaseworker}, {&h.disabled, "fort", record.RoleScan}} {
			*u.actor = record.Actor{User: record.UserID(record.NewID()), Name: u.name, Via: "api", Request: record.NewID()}
			if err := errors.Join(tx.PutUser(catalog.User{ID: u.actor.User, Name: u.name, Display: u.name, Disabled: u.name == "fort"}),
				tx.PutRoles(u.actor.User, []record.RoleAt{{Role: u.role, Site: "03104"}})); err != nil {
				return err
			}
		}
		return nil
	}))
}

// restart makes intake and desk anew on what is on disk and in the store, and
// finishes what a stop interrupted, as the appliance does.
func (h *house) restart(node string) {
	h.t.Helper()
	h.node = node
	h.desk, h.intake = h.newDesk()
	_, err := h.intake.Recover(context.Background())
	h.must(err)
}

// newDesk is a desk as another process at the same node has it.
func (h *house) newDesk() (*delivery.Desk, *ingest.Intake) {
	h.t.Helper()
	spool, err := ingest.OpenSpool(h.spool)
	h.must(err)
	log := slog.New(slog.DiscardHandler)
	h.vault = vault.New(h.store.Wrap(h.clean), h.ring, h.clock)
	in := ingest.New(ingest.Deps{Catalog: h.cat, Vault: h.vault, Policy: h.policy, Spool: spool, Clock: h.clock, Log: log, Node: h.node, MaxBytes: 8 << 20})
	return delivery.New(delivery.Deps{Catalog: h.cat, Policy: h.policy, Intake: in, Clock: h.clock, Log: log,
		Count: func(ctx context.Context, body io.Reader, size int64) (int, error) {
			return h.pool.Count(ctx, worker.Document{Open: func() io.Reader { return body }, Size: size})
		}}), in
}

func openers(t *testing.T) map[string]catalogtest.Opener {
	t.Helper()
	all := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		all["postgres"] = pg.Open
	}
	return all
}

// pdf is a PDF of empty pages; mark tells it from others.
func pdf(pages int, mark string) []byte {
	var b bytes.Buffer
	var at []int
	object := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n"+format+"\nendobj\n", append([]any{len(at)}, args...)...)
	}
	fmt.Fprintf(&b, "%%PDF-1.4\n%%%s\n", mark)
	object("<</Type/Catalog/Pages 2 0 R>>")
	kids := ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 3+i)
	}
	object("<</Type/Pages/Kids[%s]/Count %d>>", kids, pages)
	for range pages {
		object("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>")
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

// batch is a manifest with the bytes of its objects.
type batch struct {
	delivery.Manifest
	bytes map[string][]byte
}

func newBatch(number string, pages ...int) batch {
	b := batch{Manifest: delivery.Manifest{Version: 1, DeliveryID: number, Provider: provider, CreatedAt: "2026-03-01T16:02:11Z",
		BagSeal: "S-" + number, Paper: delivery.Paper{Box: "K-1", Location: "Halle 2"}}, bytes: map[string][]byte{}}
	for i, n := range pages {
		name := fmt.Sprintf("%04d.pdf", i+1)
		body := pdf(n, number+name)
		b.bytes[name] = body
		b.Documents = append(b.Documents, delivery.Document{Name: name, SHA256: hexOf(body), Size: int64(len(body)), Pages: n, Received: "2026-02-27",
			Barcodes: []string{"03104//0012345"}, TypeHint: "kontoauszug", PaperPosition: i + 1, OpenedAt: "2026-02-27", OpenedBy: "op-3",
			TransferNote: &record.TransferNote{Operator: "op-17", Scanner: "S-3", Software: "scan 4.2", ScannedAt: "2026-02-28T09:00:00Z",
				Quality: "ok", Statement: "Bild und Inhalt stimmen mit dem Papier überein."}})
	}
	return b
}

func hexOf(b []byte) string { return strings.TrimPrefix(string(record.Sum(b)), "sha256-") }

func (h *house) open(b batch) delivery.View {
	h.t.Helper()
	v, err := h.desk.Open(context.Background(), h.scan, b.Manifest, "api")
	h.must(err)
	return v
}

func (h *house) put(id, name string, body []byte) delivery.Object {
	h.t.Helper()
	o, err := h.desk.Put(context.Background(), h.scan, id, name, bytes.NewReader(body), int64(len(body)))
	h.must(err)
	return o
}

func (h *house) putAll(id string, b batch) {
	h.t.Helper()
	for name, body := range b.bytes {
		if o := h.put(id, name, body); o.State != delivery.ObjectHere && o.State != delivery.ObjectTaken {
			h.t.Fatalf("%s: %+v", name, o)
		}
	}
}

func (h *house) complete(id string) delivery.Receipt {
	h.t.Helper()
	r, err := h.desk.Complete(context.Background(), h.scan, id)
	h.must(err)
	return r
}

// kinds completes a delivery that doesn't fit and gives the problems' kinds by
// the names of their objects.
func (h *house) kinds(id string) map[string]string {
	h.t.Helper()
	_, err := h.desk.Complete(context.Background(), h.scan, id)
	var u *delivery.Unreconciled
	if !errors.As(err, &u) || !errors.Is(err, record.Conflict) {
		h.t.Fatalf("it does not fit, and the answer is %v", err)
	}
	out := map[string]string{}
	for _, p := range u.Problems {
		out[p.Name] = p.Kind
	}
	v := h.get(id)
	if v.State != delivery.StateWaiting || len(v.Problems) != len(u.Problems) || v.WaitsSince == nil {
		h.t.Fatalf("it waits visibly? %+v", v)
	}
	return out
}

func (h *house) get(id string) delivery.View {
	h.t.Helper()
	v, err := h.desk.Get(context.Background(), h.scan, id)
	h.must(err)
	return v
}

// documents are all documents of the archive.
func (h *house) documents() []record.Document {
	h.t.Helper()
	var docs []record.Document
	h.must(h.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) {
		docs, err = tx.DocumentsAfter("", 500)
		return err
	}))
	return docs
}

// spooled counts what lies in the spool.
func (h *house) spooled() int {
	h.t.Helper()
	names, err := os.ReadDir(h.spool)
	h.must(err)
	return len(names)
}

// readBack runs the jobs that empty the spool.
func (h *house) readBack() {
	h.t.Helper()
	ctx := context.Background()
	for {
		jobs, err := h.cat.Lease(ctx, "node", []string{ingest.KindReadBack}, 100, time.Minute)
		h.must(err)
		if len(jobs) == 0 {
			return
		}
		for _, j := range jobs {
			h.must(errors.Join(h.intake.ReadBack(ctx, j), h.cat.Finish(ctx, j.ID, "node")))
		}
	}
}

// holds insists that each object is one document with its bytes, and what came
// with it.
func (h *house) holds(b batch, r delivery.Receipt) {
	h.t.Helper()
	ctx := context.Background()
	if len(r.Documents) != len(b.Documents) || len(h.documents()) < len(b.Documents) {
		h.t.Fatalf("%d documents, the receipt names %d", len(b.Documents), len(r.Documents))
	}
	for i, e := range r.Documents {
		want := b.Documents[i]
		var doc record.Document
		h.must(h.cat.Read(ctx, func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentByID(e.Document); return err }))
		c, err := h.vault.OpenOriginal(ctx, doc.Object)
		h.must(err)
		got, err := io.ReadAll(c.Reader())
		h.must(err)
		if e.Name != want.Name || !bytes.Equal(got, b.bytes[want.Name]) || hexOf(got) != strings.TrimPrefix(string(e.SHA256), "sha256-") {
			h.t.Fatalf("%s became other bytes: %+v", want.Name, e)
		}
		if doc.Received != want.Received || doc.Channel != "delivery" || doc.CreatedBy != h.scan.User || doc.File != "" || doc.Type != "" {
			h.t.Fatalf("the document of %s: %+v", want.Name, doc)
		}
	}
}
