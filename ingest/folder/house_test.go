package folder

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
	"eakte/policy/access"
)

// house is a watched folder with a real intake behind it. Its time stands
// still unless a test moves it.
type house struct {
	t     testing.TB
	root  string
	w     *Watcher
	now   time.Duration
	clock *clock
	cat   *catalog.Catalog
	vault *vault.Vault
	ring  *vault.Keyring
	in    *tap
	desk  *deskTap
	actor record.Actor
	who   error // of asking for the actor
	log   *bytes.Buffer
}

const settle = 5 * time.Second

// tap stands before the intake: it writes down what was handed in and lets a
// test interfere before the first byte is read, in the middle, and after the
// receipt.
type tap struct {
	*ingest.Intake
	mu       sync.Mutex
	given    []ingest.Submission
	receipts []ingest.Receipt
	before   func(ingest.Submission) error
	middle   func() // after the first byte
	after    func() error
}

func (p *tap) Accept(ctx context.Context, actor record.Actor, s ingest.Submission) (ingest.Receipt, error) {
	p.mu.Lock()
	p.given = append(p.given, s)
	p.mu.Unlock()
	if p.before != nil {
		if err := p.before(s); err != nil {
			return ingest.Receipt{}, err
		}
	}
	if p.middle != nil {
		s.Body = &interrupted{r: s.Body, do: p.middle}
	}
	r, err := p.Intake.Accept(ctx, actor, s)
	if err != nil {
		return r, err
	}
	p.mu.Lock()
	p.receipts = append(p.receipts, r)
	p.mu.Unlock()
	if p.after != nil {
		err = p.after()
	}
	return r, err
}

// interrupted does something after the first byte.
type interrupted struct {
	r    io.Reader
	do   func()
	done bool
}

func (i *interrupted) Read(p []byte) (int, error) {
	if !i.done && len(p) > 1 {
		p = p[:1]
	}
	n, err := i.r.Read(p)
	if n > 0 && !i.done {
		i.done = true
		i.do()
	}
	return n, err
}

type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, root: t.TempDir(), clock: &clock{now: time.Now().UTC().Truncate(time.Microsecond)}, log: &bytes.Buffer{}}
	h.cat = catalogtest.SQLite(t, h.clock)
	h.actor = record.Actor{User: record.UserID(record.NewID()), Name: "s.scan", Via: "system"}
	err := h.cat.WithTx(context.Background(), func(tx *catalog.Tx) error {
		return errors.Join(tx.PutSite(record.Site{Code: "03104", Name: "Neustadt"}),
			tx.PutUser(catalog.User{ID: h.actor.User, Name: "s.scan", Display: "Scan"}),
			tx.PutRoles(h.actor.User, []record.RoleAt{{Role: record.RoleScan, Site: "03104"}}))
	})
	if err != nil {
		t.Fatal(err)
	}
	h.in = &tap{Intake: h.intake()}
	h.open()
	return h
}

func (h *house) intake() *ingest.Intake {
	h.t.Helper()
	dir := h.t.TempDir()
	spool, err := ingest.OpenSpool(filepath.Join(dir, "spool"))
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := vault.NewKeyFile(filepath.Join(dir, "key"), h.clock.Now()); err != nil {
		h.t.Fatal(err)
	}
	recovery, _, _, err := vault.NewRecovery(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	if h.ring, err = vault.LoadKeyring(filepath.Join(dir, "key"), recovery); err != nil {
		h.t.Fatal(err)
	}
	policy, err := access.NewPolicy(access.Default())
	if err != nil {
		h.t.Fatal(err)
	}
	h.vault = vault.New(vaulttest.NewBuckets(), h.ring, h.clock)
	return ingest.New(ingest.Deps{Catalog: h.cat, Vault: h.vault, Policy: policy, Spool: spool, Clock: h.clock,
		Log: slog.New(slog.DiscardHandler), Node: "test", MaxBytes: 1 << 20})
}

// open makes a new watcher, as after a restart.
func (h *house) open() {
	if h.w != nil {
		h.w.lock.release()
	}
	h.w = h.watcher()
	h.t.Cleanup(func() { h.w.lock.release() })
}

func (h *house) watcher() *Watcher {
	w := New(Config{Path: h.root, Name: "1", Intake: h.in, Settle: settle, Clock: h.clock, MaxBytes: 1 << 20,
		Log:   slog.New(slog.NewTextHandler(h.log, nil)),
		Actor: func(context.Context) (record.Actor, error) { return h.actor, h.who }})
	w.elapsed = func() time.Duration { return h.now }
	return w
}

// look moves the time and goes through the folder once.
func (h *house) look(d time.Duration) {
	h.t.Helper()
	h.now += d
	h.w.look(context.Background())
}

// settled looks twice, so that what lies there is taken.
func (h *house) settled() {
	h.t.Helper()
	h.look(0)
	h.look(settle)
}

func (h *house) put(name, body string) {
	h.t.Helper()
	p := h.at(name)
	if err := os.MkdirAll(filepath.Dir(p), 0o770); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(body), 0o660); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) at(name string) string { return h.root + "/" + name }

func (h *house) day() string {
	return doneName + "/" + h.clock.Now().In(record.Berlin()).Format(time.DateOnly) + "/"
}

// files are all files below the watched folder but the lock, with their bytes.
func (h *house) files() map[string]string {
	h.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(h.root, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == lockName {
			return err
		}
		body := "(no file)"
		if d.Type().IsRegular() {
			b, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			body = string(b)
		}
		out[strings.TrimPrefix(p, h.root+"/")] = body
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// lies insists on which files are where: name, bytes, name, bytes…
func (h *house) lies(want ...string) {
	h.t.Helper()
	got := h.files()
	for i := 0; i < len(want); i += 2 {
		if b, ok := got[want[i]]; !ok || b != want[i+1] {
			h.t.Errorf("%q holds %q (there: %v), want %q", want[i], b, ok, want[i+1])
		}
		delete(got, want[i])
	}
	var rest []string
	for name := range got {
		rest = append(rest, name)
	}
	sort.Strings(rest)
	if len(rest) > 0 {
		h.t.Errorf("there are also %q", rest)
	}
}

// documents are the bytes in the archive by document, as receipts named them.
func (h *house) documents() map[record.DocumentID]string {
	h.t.Helper()
	out := map[record.DocumentID]string{}
	for _, r := range h.in.receipts {
		var doc record.Document
		err := h.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentByID(r.Document); return err })
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
		out[r.Document] = string(b)
	}
	return out
}

// holds insists on the bytes of all documents, in any order.
func (h *house) holds(want ...string) {
	h.t.Helper()
	var got []string
	for _, b := range h.documents() {
		got = append(got, b)
	}
	sort.Strings(got)
	sort.Strings(want)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		h.t.Errorf("the archive holds %q, want %q", got, want)
	}
}

// says insists on what State says: all parts of the sentence, or nothing.
func (h *house) says(parts ...string) {
	h.t.Helper()
	st := h.w.State()
	if len(parts) == 0 && (st.Message != "" || st.Hint != "" || !st.Since.IsZero()) {
		h.t.Errorf("the state says %q, %q, since %v; nothing is wrong", st.Message, st.Hint, st.Since)
	}
	for _, p := range parts {
		if !strings.Contains(st.Message+" "+st.Hint, p) || st.Hint == "" || st.Since.IsZero() {
			h.t.Errorf("the state says %q, hint %q, since %v; want %q", st.Message, st.Hint, st.Since, p)
		}
	}
}
