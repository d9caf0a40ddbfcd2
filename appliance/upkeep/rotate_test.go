package upkeep_test

import (
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
)

// allDisposals lets the house use a second key for every bucket.
func (h *house) allDisposals(b vault.Buckets) {
	disposal := func(b vault.Bucket) vault.Disposal { return h.store.Disposal(b.(vault.Disposal)) }
	h.Disposal = func(context.Context) (vault.Disposals, error) {
		return vault.Disposals{Records: disposal(b.Records), Keys: disposal(b.Keys), Derived: disposal(b.Derived)}, nil
	}
}

func (h *house) rotation() (r catalog.Rotation) {
	h.Helper()
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { r, err = tx.Rotation(); return err }))
	return r
}

// afresh is a vault with nothing in memory and the key file as it is now.
func (h *house) afresh() *vault.Vault {
	h.Helper()
	ring, err := vault.LoadKeyring(h.KeyFile, h.Vault.Keyring().RecoveryRecipient())
	h.ok(err)
	return vault.New(h.clean, ring, h.clock)
}

// reads insists that a document opens to what was taken in.
func (h *house) reads(v *vault.Vault, d record.Document, want string) {
	h.Helper()
	c, err := v.OpenOriginal(context.Background(), d.Object)
	h.ok(err)
	got, err := io.ReadAll(c.Reader())
	if h.ok(err); string(got) != want {
		h.Errorf("%s: %q, want %q", d.ID, got, want)
	}
}

// generations counts the key objects of each generation.
func (h *house) generations() map[int]int {
	h.Helper()
	out := map[int]int{}
	h.ok(h.clean.Keys.List(context.Background(), "k/", "", func(o vault.ObjectInfo) error {
		_, n, _ := vault.ParseKeyName(o.Name)
		out[n]++
		return nil
	}))
	return out
}

// TestRotateAndRetire: the whole of both, and what each says and refuses.
func TestRotateAndRetire(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.allDisposals(h.clean)
	ctx := t.Context()
	d := h.take(h.file, "letter")
	h.log() // a segment has a key as well
	if _, err := h.Retire(ctx, h.actor, nil); !errors.Is(err, record.Conflict) {
		t.Errorf("retired without a rotation: %v", err)
	}
	var told []string
	r, err := h.Rotate(ctx, h.actor, func(format string, args ...any) { told = append(told, format) })
	h.ok(err)
	if r.State != catalog.RotationDone || r.Generation != 2 || r.Done != 2 || r.Ended.IsZero() || len(told) < 2 {
		t.Errorf("%+v, told %q", r, told)
	}
	h.reads(h.Vault, d, "letter")
	h.reads(h.afresh(), d, "letter")
	if n := h.audited(audit.KeyRotate); n != 2 {
		t.Errorf("%d entries about the rotation", n)
	}
	later := h.take(h.file, "later")
	if g := h.generations(); g[1] != 2 || g[2] != 3 {
		t.Errorf("%v", g)
	}
	kept, err := h.Retire(ctx, h.actor, nil)
	h.ok(err)
	if g := h.generations(); g[1] != 0 || g[2] != 3 {
		t.Errorf("%v", g)
	}
	if b, err := os.ReadFile(kept); err != nil || strings.Count(string(b), "AGE-SECRET-KEY-") != 2 {
		t.Errorf("the key file as it was is not kept: %v", err)
	}
	if h.rotation().State != catalog.RotationRetired || h.audited(audit.KeyRetire) != 2 {
		t.Errorf("%+v, %d entries", h.rotation(), h.audited(audit.KeyRetire))
	}
	for _, v := range []*vault.Vault{h.Vault, h.afresh()} {
		h.reads(v, d, "letter")
		h.reads(v, later, "later")
	}
	if _, err := h.Retire(ctx, h.actor, nil); !errors.Is(err, record.Conflict) {
		t.Errorf("retired twice: %v", err)
	}
	if r, err := h.Rotate(ctx, h.actor, nil); err != nil || r.Generation != 3 || r.Done != 3 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestRotateCutOff: whichever call of store or catalog fails in a rotation or
// in the retiring after it, what is there is read, the same command finishes,
// and only one identity is made.
func TestRotateCutOff(t *testing.T) {
	for name, fail := range map[string]func(h *house, n int) (calls func() int){
		"store": func(h *house, n int) func() int {
			*h.store = vaulttest.Faults{From: n, Category: errors.New("unheard of")}
			return h.store.Calls
		},
		"store, answer lost": func(h *house, n int) func() int {
			*h.store = vaulttest.Faults{From: n, Late: true, Category: errors.New("unheard of")}
			return h.store.Calls
		},
		"catalog": func(h *house, n int) func() int { h.rows.FailAt(n); return h.rows.Count },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, catalogtest.SQLite, nil)
			h.allDisposals(h.clean)
			d := h.take(h.file, "letter")
			h.log()
			for n, reached := 1, true; reached; n++ {
				rotate := func() error { _, err := h.Rotate(t.Context(), h.actor, nil); return err }
				retire := func() error { _, err := h.Retire(t.Context(), h.actor, nil); return err }
				r1 := h.cutOff(fail, n, d, rotate, func() bool { r := h.rotation(); return r.State == catalog.RotationDone && r.Generation == n+1 })
				if g := h.generations(); g[n] != 2 || g[n+1] != 2 || len(g) != 2 {
					t.Fatalf("call %d: after the rotation %v", n, g)
				}
				r2 := h.cutOff(fail, n, d, retire, func() bool { return h.rotation().State == catalog.RotationRetired })
				if g := h.generations(); g[n+1] != 2 || len(g) != 1 {
					t.Fatalf("call %d: after the retiring %v", n, g)
				}
				reached = r1 || r2
			}
		})
	}
}

// cutOff lets the n-th call of an act fail, then does it again as a process
// does that was started anew, unless it is done. It says whether there was an
// n-th.
func (h *house) cutOff(fail func(h *house, n int) func() int, n int, d record.Document, act func() error, done func() bool) (reached bool) {
	h.Helper()
	calls := fail(h, n)
	err := act()
	reached = calls() >= n
	*h.store = vaulttest.Faults{}
	h.rows.FailAt(0)
	if reached && err == nil {
		h.Fatalf("call %d failed and nobody says so", n)
	}
	h.reads(h.Vault, d, "letter")
	h.Vault.SetKeyring(h.afresh().Keyring())
	h.reads(h.Vault, d, "letter")
	if !done() {
		h.ok(act())
	}
	h.reads(h.afresh(), d, "letter")
	return reached
}

// TestRotateWaitsForTheJournal: what is on its way in with an older key keeps
// the rotation open and cannot be retired under; once it is in, it is resealed.
func TestRotateWaitsForTheJournal(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.allDisposals(h.clean)
	ctx := t.Context()
	h.store.From, h.store.To = 1, 1000 // the store is down: the document waits in the spool
	if _, err := h.acceptOne("letter"); !errors.Is(err, record.Unavailable) {
		t.Fatal(err)
	}
	*h.store = vaulttest.Faults{}
	r, err := h.Rotate(ctx, h.actor, nil)
	if err != nil || r.State != catalog.RotationWaiting || r.Waiting != 1 {
		t.Fatalf("%+v, %v", r, err)
	}
	if _, err := h.Retire(ctx, h.actor, nil); !errors.Is(err, record.Conflict) {
		t.Errorf("retired under a document on its way in: %v", err)
	}
	handler := h.Handlers()[upkeep.KindRotate]
	if err := handler(ctx, job.Job{}); err == nil {
		t.Error("the job is done though a document waits")
	}
	if _, err := h.Intake.Redo(ctx); err != nil {
		t.Fatal(err)
	}
	h.ok(handler(ctx, job.Job{}))
	if r := h.rotation(); r.State != catalog.RotationDone || r.Generation != 2 || r.Done != 1 {
		t.Errorf("%+v", r)
	}
	if _, err := h.Retire(ctx, h.actor, nil); err != nil {
		t.Error(err)
	}
	h.ok(handler(ctx, job.Job{})) // late, after all is over: it makes no identity
	if g := h.Vault.Keyring().Generation(); g != 2 {
		t.Errorf("generation %d", g)
	}
}

// acceptOne hands a document in.
func (h *house) acceptOne(body string) (ingest.Receipt, error) {
	return h.Intake.Accept(context.Background(), h.actor, ingest.Submission{File: string(h.file), Name: "x.pdf", Channel: "api",
		IdempotencyKey: record.NewID(), Body: strings.NewReader(body), Size: -1})
}

// TestRotateNamesWhatIsBroken: a key that doesn't open leaves the rotation
// incomplete, for a person to see, and nothing is retired.
func TestRotateNamesWhatIsBroken(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.allDisposals(h.clean)
	good, bad := h.take(h.file, "good"), h.take(h.file, "bad")
	h.clean.Keys.(*vaulttest.Memory).Damage(vault.KeyName(bad.Object), 100)
	r, err := h.Rotate(t.Context(), h.actor, nil)
	if err != nil || r.State != catalog.RotationIncomplete || r.Broken != 1 || r.Done != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	if _, err := h.Retire(t.Context(), h.actor, nil); !errors.Is(err, record.Conflict) {
		t.Errorf("retired: %v", err)
	}
	h.reads(h.afresh(), good, "good")
	if r, err := h.Rotate(t.Context(), h.actor, nil); err != nil || r.Generation != 2 {
		t.Errorf("another identity was made: %+v, %v", r, err)
	}
}

// TestOlderKeyFile: a machine whose key file was not changed is told so.
func TestOlderKeyFile(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	old := h.Vault.Keyring()
	_, err := h.Rotate(t.Context(), h.actor, nil)
	h.ok(err)
	d := h.take(h.file, "letter")
	if err := upkeep.CheckKeyFile(h.rotation(), old); !errors.Is(err, record.Unavailable) {
		t.Errorf("an older key file is taken: %v", err)
	}
	h.ok(upkeep.CheckKeyFile(h.rotation(), h.Vault.Keyring()))
	h.ok(upkeep.CheckKeyFile(catalog.Rotation{}, old))
	stale := vault.New(h.clean, old, h.clock)
	if _, err := stale.OpenOriginal(t.Context(), d.Object); !errors.Is(err, record.Unavailable) {
		t.Errorf("a key that the file can't open reads as %v, not as something to be mended", err)
	}
	if _, err := stale.ResealKeys(t.Context(), "", vault.KeyPass{}); !errors.Is(err, record.Unavailable) {
		t.Errorf("%v", err)
	}
}

// TestRotateWhileReceiving: a document whose bytes come in while the sealing key
// is changed is kept under the new one, so that nothing waits for it.
func TestRotateWhileReceiving(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.allDisposals(h.clean)
	r, err := h.Intake.Accept(t.Context(), h.actor, ingest.Submission{File: string(h.file), Name: "x.pdf", Channel: "api", IdempotencyKey: record.NewID(), Size: -1,
		Body: io.MultiReader(strings.NewReader("let"), &acting{act: func() error { _, err := h.Rotate(t.Context(), h.actor, nil); return err }}, strings.NewReader("ter"))})
	h.ok(err)
	if g := h.generations(); g[1] != 0 || g[2] != 1 {
		t.Errorf("%v", g)
	}
	_, err = h.Retire(t.Context(), h.actor, nil)
	h.ok(err)
	h.reads(h.afresh(), h.document(r.Document), "letter")
}

// acting does something when it is read, and is empty.
type acting struct{ act func() error }

func (a *acting) Read([]byte) (int, error) {
	if err := a.act(); err != nil {
		return 0, err
	}
	return 0, io.EOF
}
