package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/policy/access"
)

// desk is an intake with all that lies behind it, each part able to fail.
type desk struct {
	t      testing.TB
	intake *Intake
	cat    *catalog.Catalog
	vault  *vault.Vault
	spool  *faultySpool
	rows   *catalogtest.Faults
	store  *vaulttest.Faults
	clean  vault.Buckets
	ring   *vault.Keyring
	clock  record.Clock
	actor  record.Actor
	other  record.Actor
	file   record.FileID
}

const number = "03104//0012345"

func newDesk(t testing.TB, open catalogtest.Opener) *desk {
	t.Helper()
	d := &desk{t: t, rows: &catalogtest.Faults{}, store: &vaulttest.Faults{}, clock: catalogtest.NewClock(), clean: vaulttest.NewBuckets()}
	d.cat = open(t, d.clock, catalog.WithConnector(d.rows.Wrap))
	dir := t.TempDir()
	disk, err := OpenSpool(filepath.Join(dir, "spool"))
	if err != nil {
		t.Fatal(err)
	}
	d.spool = &faultySpool{SpoolFS: disk}
	keyFile := filepath.Join(dir, "key")
	if _, err := vault.NewKeyFile(keyFile, d.clock.Now()); err != nil {
		t.Fatal(err)
	}
	recovery, _, _, err := vault.NewRecovery(nil)
	if err != nil {
		t.Fatal(err)
	}
	if d.ring, err = vault.LoadKeyring(keyFile, recovery); err != nil {
		t.Fatal(err)
	}
	d.furnish()
	d.restart()
	return d
}

func (d *desk) furnish() {
	d.t.Helper()
	user := func(name string, roles ...record.RoleAt) record.Actor {
		return record.Actor{User: record.UserID(record.NewID()), Name: name, Via: "api", Request: record.NewID()}
	}
	d.actor, d.other = user("k.sommer"), user("b.winter")
	err := d.cat.WithTx(context.Background(), func(tx *catalog.Tx) error {
		for site, a := range map[string]record.Actor{"03104": d.actor, "03107": d.other} {
			team := record.Team{Code: "L1", Name: "Leistung 1"}
			if err := errors.Join(tx.PutSite(record.Site{Code: site, Name: site, Teams: []record.Team{team}}),
				tx.PutUser(catalog.User{ID: a.User, Name: a.Name, Display: a.Name}),
				tx.PutRoles(a.User, []record.RoleAt{{Role: record.RoleCaseworker, Site: site, Team: "L1"}})); err != nil {
				return err
			}
		}
		if err := tx.PutRetentionClass(record.RetentionClass{Class: "leistung", Years: 10, From: "end_of_year_of_closing"}); err != nil {
			return err
		}
		f, err := tx.InsertFile(record.File{ID: record.FileID(record.NewID()), Kind: "leistung", Site: "03104", Team: "L1", Responsible: d.actor.User,
			RetentionClass: "leistung", Sensitivity: record.SensitivityNormal, Numbers: []record.DatedNumber{{Number: number}}})
		d.file = f.ID
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
}

// restart makes a new intake on what is on disk and in the store.
func (d *desk) restart() {
	d.t.Helper()
	policy, err := access.NewPolicy(access.Default())
	if err != nil {
		d.t.Fatal(err)
	}
	d.vault = vault.New(d.store.Wrap(d.clean), d.ring, d.clock)
	d.intake = New(Deps{Catalog: d.cat, Vault: d.vault, Policy: policy, Spool: d.spool, Clock: d.clock, Log: slog.New(slog.DiscardHandler),
		Node: "test", MaxBytes: 1 << 20})
}

func (d *desk) accept(body, key string) (Receipt, error) {
	return d.intake.Accept(context.Background(), d.actor, Submission{File: number, Name: "../../x\n.pdf", IdempotencyKey: key,
		Channel: "api", Body: strings.NewReader(body), Size: -1})
}

// documents are all documents of the file.
func (d *desk) documents() []record.Document {
	d.t.Helper()
	var docs []record.Document
	err := d.cat.Read(context.Background(), func(tx *catalog.Tx) (err error) {
		docs, _, err = tx.DocumentsOfFile(d.file, "", 500)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return docs
}

// holds insists that a document's bytes come back as they went in, under lock
// and with the manifest that names them.
func (d *desk) holds(id record.DocumentID, body string) {
	d.t.Helper()
	ctx := context.Background()
	for _, doc := range d.documents() {
		if doc.ID != id {
			continue
		}
		c, err := d.vault.OpenOriginal(ctx, doc.Object)
		if err != nil {
			d.t.Fatal(err)
		}
		got, err := io.ReadAll(c.Reader())
		if err != nil || string(got) != body || doc.Plain != record.Sum([]byte(body)) {
			d.t.Fatalf("document %s: %q, %v", id, got, err)
		}
		info, err := d.vault.Stat(ctx, vault.OriginalName(doc.Object))
		if want := d.clock.Now().AddDate(0, 24, 0); err != nil || info.Mode != vault.Compliance || info.LockedUntil.Before(want) || doc.LockedUntil.Before(want) {
			d.t.Fatalf("lock of %s: %+v %v, want until %v", id, info, err, want)
		}
		d.manifestOf(doc)
		return
	}
	d.t.Fatalf("document %s is not in the file", id)
}

func (d *desk) manifestOf(doc record.Document) {
	d.t.Helper()
	ctx := context.Background()
	var head catalog.Head
	if err := d.cat.Read(ctx, func(tx *catalog.Tx) (err error) { head, err = tx.ManifestHead(string(doc.ID)); return err }); err != nil {
		d.t.Fatal(err)
	}
	raw, err := d.vault.GetLocked(ctx, head.Name)
	if err != nil {
		d.t.Fatal(err)
	}
	m, err := vault.ParseManifest(raw)
	if err != nil {
		d.t.Fatal(err)
	}
	var p vault.DocumentPersonal
	if err := d.vault.OpenPersonal(ctx, m, &p); err != nil {
		d.t.Fatal(err)
	}
	if head.Sequence < 1 || head.Digest != record.Sum(raw) {
		d.t.Fatalf("the catalog keeps the head %+v of a manifest with %s", head, record.Sum(raw))
	}
	if m.Header.Subject != string(doc.ID) || m.Header.Cipher != doc.Cipher || p.File != d.file || p.Plain != doc.Plain || p.Name != doc.Name {
		d.t.Fatalf("the manifest does not say what the row says: %+v %+v", m.Header, p)
	}
	if bytes.Contains(raw, []byte(doc.Name)) || bytes.Contains(raw, []byte(doc.Plain)) {
		d.t.Fatal("the manifest's clear part tells the name or the plain hash")
	}
}

func TestAccept(t *testing.T) {
	for name, open := range openers(t) {
		t.Run(name, func(t *testing.T) { testAccept(t, newDesk(t, open)) })
	}
}

func openers(t *testing.T) map[string]catalogtest.Opener {
	t.Helper()
	all := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		all["postgres"] = pg.Open
	}
	return all
}

func testAccept(t *testing.T, d *desk) {
	r, err := d.accept("eins", "k1")
	if err != nil {
		t.Fatal(err)
	}
	d.holds(r.Document, "eins")
	again, err := d.accept("eins", "k1")
	if err != nil || again.Document != r.Document || !again.Repeated {
		t.Errorf("the same transmission: %+v %v", again, err)
	}
	if _, err := d.accept("zwei", "k1"); !errors.Is(err, record.Conflict) {
		t.Errorf("the same key with other bytes: %v", err)
	}
	anew, err := d.accept("eins", "")
	if err != nil || anew.Document == r.Document || len(anew.IdenticalTo) != 1 || anew.IdenticalTo[0] != r.Document {
		t.Errorf("the same bytes anew: %+v %v", anew, err)
	}
	if docs := d.documents(); len(docs) != 2 || docs[0].Object == docs[1].Object || docs[0].Cipher == docs[1].Cipher {
		t.Errorf("%d documents, or they share a key", len(docs))
	}
	if _, err := d.accept(strings.Repeat("x", 1<<20+1), ""); !errors.Is(err, record.TooLarge) {
		t.Errorf("too large: %v", err)
	}
	if _, err := d.intake.Accept(context.Background(), d.other, Submission{File: number, Body: strings.NewReader("x")}); !errors.Is(err, record.NotFound) {
		t.Errorf("somebody of another site hands in: %v", err)
	}
	if _, err := d.intake.Accept(context.Background(), d.actor, Submission{File: number, Received: "gestern", Body: strings.NewReader("x")}); !errors.Is(err, record.Invalid) {
		t.Errorf("a bad date: %v", err)
	}
	unfiled, err := d.intake.Accept(context.Background(), d.other, Submission{Body: strings.NewReader("ohne Akte")})
	if err != nil || unfiled.Document == "" {
		t.Errorf("without a file: %v", err)
	}
	names, err := d.spool.Names()
	if err != nil || len(names) != 3 {
		t.Errorf("the spool holds %v, want the three that were not read back yet: %v", names, err)
	}
	readBack(t, d)
	if names, err := d.spool.Names(); err != nil || len(names) != 0 {
		t.Errorf("after the read-back the spool holds %v, %v", names, err)
	}
}

// readBack runs the jobs that empty the spool.
func readBack(t *testing.T, d *desk) {
	t.Helper()
	jobs, err := d.cat.Lease(context.Background(), "test", []string{KindReadBack}, 100, time.Minute)
	if err != nil || len(jobs) == 0 {
		t.Fatalf("%d jobs, %v", len(jobs), err)
	}
	for _, j := range jobs {
		if err := d.intake.ReadBack(context.Background(), j); err != nil {
			t.Fatal(err)
		}
	}
}

// A store that lost or changed the bytes keeps the spool full.
func TestReadBackKeepsSpool(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r, err := d.accept("eins", "")
	if err != nil {
		t.Fatal(err)
	}
	doc := d.documents()[0]
	err = d.cat.WithTx(context.Background(), func(tx *catalog.Tx) error { return tx.Enqueue(job.Spec{Kind: "none"}) })
	if err != nil {
		t.Fatal(err)
	}
	d.clean.Records = vaulttest.NewBuckets().Records // everything is gone
	d.restart()
	spec := jobSpec{KindReadBack, r.Document}.spec()
	j, err := job.New(spec, d.clock.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := d.intake.ReadBack(context.Background(), j); !errors.Is(err, record.NotFound) {
		t.Errorf("read-back of a lost object: %v", err)
	}
	if names, err := d.spool.Names(); err != nil || len(names) != 1 || !strings.HasPrefix(names[0], string(doc.Object)) {
		t.Errorf("the spool holds %v, %v", names, err)
	}
}

// The store was down: with no restart, the sender's second try succeeds, and
// what nobody sends again is finished by Redo.
func TestStoreComesBack(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ctx := context.Background()
	down := func(key string) {
		t.Helper()
		*d.store = vaulttest.Faults{From: 1, To: 100, Category: record.Denied}
		if _, err := d.accept("eins", key); err == nil {
			t.Fatal("a store that is down takes a document")
		}
		*d.store = vaulttest.Faults{}
	}
	down("k")
	r, err := d.accept("eins", "k")
	if err != nil {
		t.Fatalf("the second try: %v", err)
	}
	d.holds(r.Document, "eins")
	down("")
	if rec, err := d.intake.Redo(ctx); err != nil || rec.Finished != 1 {
		t.Errorf("redo: %+v %v", rec, err)
	}
	if docs := d.documents(); len(docs) != 2 {
		t.Errorf("%d documents", len(docs))
	}
	down("lost")
	names, err := d.spool.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range names {
		if err := d.spool.Remove(n); err != nil {
			t.Fatal(err)
		}
	}
	if rec, err := d.intake.Redo(ctx); err != nil || rec.Lost != 1 {
		t.Errorf("redo without spool: %+v %v", rec, err)
	}
	if r, err := d.accept("eins", "lost"); err != nil || r.Repeated {
		t.Errorf("sent again after a loss: %+v %v", r, err)
	}
}

func TestSixteenAtOnce(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	var mu sync.Mutex
	seen := map[record.DocumentID]int{}
	fresh := 0
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			r, err := d.accept("eins", "k")
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			seen[r.Document]++
			if !r.Repeated {
				fresh++
			}
		})
	}
	wg.Wait()
	if len(seen) != 1 || fresh != 1 || len(d.documents()) != 1 {
		t.Errorf("%v, %d first receipts, %d documents", seen, fresh, len(d.documents()))
	}
}

// TestFaults lets the n-th call of each part fail, for every n. Nothing that
// was acknowledged may be lost, and sending again with the same key gives one
// document.
func TestFaults(t *testing.T) {
	for part, arm := range map[string]func(d *desk, n int){
		"catalog":    func(d *desk, n int) { d.rows.FailAt(n) },
		"store":      func(d *desk, n int) { *d.store = vaulttest.Faults{From: n, Category: record.Denied} }, // the vault does not try that again
		"store late": func(d *desk, n int) { *d.store = vaulttest.Faults{From: n, Late: true} },
		"spool":      func(d *desk, n int) { d.spool.arm(n, syscall.EIO) },
		"disk full":  func(d *desk, n int) { d.spool.arm(n, syscall.ENOSPC) },
	} {
		t.Run(part, func(t *testing.T) {
			failed := 0
			for n := 1; ; n++ {
				d := newDesk(t, catalogtest.SQLite)
				arm(d, n)
				body := fmt.Sprintf("Schreiben %d", n)
				first, err := d.accept(body, "k")
				calls := d.rows.Count()
				fired := map[string]bool{"catalog": calls >= n, "store": d.store.Calls() >= n, "store late": d.store.Calls() >= n,
					"spool": d.spool.n >= n, "disk full": d.spool.n >= n}[part]
				d.rows.FailAt(0)
				*d.store = vaulttest.Faults{}
				d.spool.arm(0, nil)
				if !fired {
					if err != nil || n < 3 {
						t.Fatalf("%d calls, none failed: %v", n, err)
					}
					break
				}
				if err != nil {
					failed++
				}
				if part == "disk full" && err != nil && record.CategoryOf(err) != record.Unavailable {
					t.Errorf("call %d: a full disk is %v", n, err)
				}
				d.restart()
				if _, rerr := d.intake.Recover(context.Background()); rerr != nil {
					t.Fatalf("call %d: recover: %v", n, rerr)
				}
				second, serr := d.accept(body, "k")
				if serr != nil {
					t.Fatalf("call %d: sending again: %v (first: %v)", n, serr, err)
				}
				if err == nil && first.Document != second.Document {
					t.Errorf("call %d: acknowledged as %s, then %s", n, first.Document, second.Document)
				}
				d.holds(second.Document, body)
				if docs := d.documents(); len(docs) != 1 {
					t.Errorf("call %d: %d documents", n, len(docs))
				}
			}
			if failed == 0 && part != "store late" { // an answer that is lost is asked for again
				t.Error("no call that failed was noticed: the faults did not bite")
			}
		})
	}
}
