package upkeep_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
	"eakte/policy/hold"
)

// due takes a document in that has been read and whose last day has passed.
func (h *house) due(body string) record.Document {
	h.Helper()
	d := h.take(h.file, body)
	d.KeepUntil, d.State, d.Title = "2020-12-31", record.StateReady, "Bescheid Sommer"
	h.write(func(tx *catalog.Tx) error { return tx.UpdateDocument(d) })
	return h.document(d.ID)
}

func (h *house) erasure(d record.Document, act string) upkeep.Erasure {
	e := upkeep.Erasure{Document: d.ID, Act: act, Basis: "art17", ProposedBy: record.UserID(record.NewID()), ApprovedBy: record.UserID(record.NewID())}
	if act == vault.ActDisposed {
		e.Disposition = record.NewID()
	}
	return e
}

// erase runs the job as the runner does.
func (h *house) erase(e upkeep.Erasure) error {
	h.Helper()
	spec, err := upkeep.EraseJob(e)
	h.ok(err)
	payload, err := json.Marshal(spec.Payload)
	h.ok(err)
	return h.Handlers()[spec.Kind](context.Background(), job.Job{Kind: spec.Kind, Key: spec.Key, Payload: payload, Attempt: 1, MaxAttempts: 20})
}

func (h *house) erasureOf(d record.Document) (e catalog.Erasure, found bool) {
	h.Helper()
	err := h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { e, err = tx.ErasureOf(d.ID); return err })
	if !errors.Is(err, record.NotFound) {
		h.ok(err)
	}
	return e, err == nil
}

// gone insists that nothing opens the document any more and that everything
// says so.
func (h *house) gone(d record.Document, act string) {
	h.Helper()
	ctx := context.Background()
	for _, b := range []struct {
		bucket vault.Bucket
		prefix string
	}{{h.clean.Keys, vault.KeyName(d.Object)}, {h.clean.Derived, vault.PackName(d.Object)}} {
		h.ok(b.bucket.Versions(ctx, b.prefix, "", func(o vault.ObjectInfo) error {
			h.Errorf("%s, version %s, is still there", o.Name, o.Version)
			return nil
		}))
	}
	for _, v := range []*vault.Vault{h.Vault, h.afresh()} {
		if _, err := v.OpenOriginal(ctx, d.Object); !errors.Is(err, record.NotFound) {
			h.Errorf("the original opens: %v", err)
		}
	}
	if _, err := h.clean.Records.Stat(ctx, vault.OriginalName(d.Object)); err != nil {
		h.Errorf("the locked original is gone: %v", err)
	}
	now := h.document(d.ID)
	if now.State != record.StateDisposed || now.Title != "" || now.Name != "" || now.Indexed {
		h.Errorf("%+v", now)
	}
	e, found := h.erasureOf(d)
	if !found || e.DestroyedAt.IsZero() || e.Act != act || e.CopiesUntil != h.Catalog.Day(e.DestroyedAt.AddDate(0, 0, 35)) {
		h.Errorf("%+v", e)
	}
	h.ok(h.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		row, err := tx.JournalByDocument(d.ID)
		if err == nil && (len(row.KeySealed) > 0 || row.Submission != "" || len(row.Manifest) > 0) {
			h.Error("the journal still holds the key or what it opens")
		}
		dirty, _, derr := tx.Dirty()
		if !strings.Contains(string(join(dirty)), string(d.ID)) {
			h.Error("search doesn't leave the document out")
		}
		return errors.Join(err, derr)
	}))
	info, err := h.clean.Records.Stat(ctx, e.Tombstone)
	h.ok(err)
	if info.Mode != vault.Compliance || info.LockedUntil.Before(h.clock.Now().AddDate(1, 6, 0)) {
		h.Errorf("the tombstone's lock: %+v", info)
	}
	body, err := h.direct.GetLocked(ctx, e.Tombstone)
	h.ok(err)
	stone, err := vault.ParseTombstone(body)
	h.ok(err)
	for _, name := range append(h.manifestsOf(string(d.ID)), vault.OriginalName(d.Object), vault.KeyName(d.Object), vault.PackName(d.Object)) {
		if !strings.Contains(strings.Join(stone.Names, " "), name) {
			h.Errorf("the tombstone doesn't name %s", name)
		}
	}
	if stone.Act != act || stone.Subject != string(d.ID) || stone.ProposedBy == stone.ApprovedBy {
		h.Errorf("%+v", stone)
	}
}

func join(ids []record.DocumentID) (out string) {
	for _, id := range ids {
		out += string(id) + " "
	}
	return out
}

// testErase goes the way of erasing and disposing on any store.
func testErase(h *house, second vault.Buckets) {
	h.Helper()
	h.allDisposals(second)
	ctx := context.Background()
	erased, disposed, stays := h.due("eins"), h.due("zwei"), h.due("drei")
	_, err := h.Rotate(ctx, h.actor, nil) // so that there are two generations
	h.ok(err)
	h.pack(erased)
	h.ok(h.erase(h.erasure(erased, vault.ActErased)))
	h.gone(erased, vault.ActErased)
	e := h.erasure(disposed, vault.ActDisposed)
	h.ok(h.erase(e))
	h.gone(disposed, vault.ActDisposed)
	before := h.audited(audit.DocumentErase)
	h.ok(h.erase(e)) // a second time
	if n := h.audited(audit.DocumentErase); n != before || n != 2 {
		h.Errorf("%d entries, then %d", before, n)
	}
	h.reads(h.afresh(), stays, "drei")
	if _, err := h.Reconcile(ctx); err != nil || len(h.findings()) > 0 {
		h.Errorf("%v, %v", err, h.findings())
	}
	_, err = h.Locks(ctx)
	h.ok(err)
	_, err = h.Retire(ctx, h.actor, nil)
	h.ok(err)
	h.reads(h.afresh(), stays, "drei")
}

// pack keeps something derived of a document.
func (h *house) pack(d record.Document) {
	h.Helper()
	key, err := h.direct.OpenKey(context.Background(), d.Object)
	h.ok(err)
	h.ok(h.direct.PutPack(context.Background(), key, func(w io.Writer) error { _, err := w.Write([]byte("pages")); return err }))
}

func TestErase(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	testErase(h, h.clean)
}

func TestEraseOnTheEmbeddedStore(t *testing.T) {
	running, second := embeddedStore(t)
	testErase(newHouse(t, catalogtest.SQLite, &running), second)
}

func TestEraseOnMinIO(t *testing.T) {
	m := vaulttest.StartMinIO(t)
	open := func(k vaulttest.Key) s3.Config {
		return s3.Config{Endpoint: m.Host, AccessKey: k.Access, SecretKey: k.Secret, Prefix: "eakte"}
	}
	running, err := s3.Open(open(m.Running))
	if err != nil {
		t.Fatal(err)
	}
	d, err := s3.OpenDisposal(open(m.Disposition))
	if err != nil {
		t.Fatal(err)
	}
	testErase(newHouse(t, catalogtest.SQLite, &running), vault.Buckets{Records: d.Records, Keys: d.Keys, Derived: d.Derived})
}

// TestEraseRefuses: nothing held and nothing not yet due is destroyed, whoever
// has approved it, and each refusal is in the log.
func TestEraseRefuses(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.allDisposals(h.clean)
	held, fresh, open := h.due("held"), h.due("fresh"), h.due("open")
	later := func(d record.Document, until string) {
		h.Helper()
		d.KeepUntil = until
		h.write(func(tx *catalog.Tx) error { return tx.UpdateDocument(d) })
	}
	later(fresh, h.Catalog.Today()) // its last day: kept until its end
	later(open, "")
	id := h.place(hold.Subject{Document: held.ID})
	for name, c := range map[string]struct {
		e    upkeep.Erasure
		want error
	}{
		"held, erased":   {h.erasure(held, vault.ActErased), record.Held},
		"held, disposed": {h.erasure(held, vault.ActDisposed), record.Held},
		"not due":        {h.erasure(fresh, vault.ActDisposed), record.Retained},
		"no day known":   {h.erasure(open, vault.ActDisposed), record.Retained},
		"unknown":        {h.erasure(record.Document{ID: record.DocumentID(record.NewID())}, vault.ActErased), record.NotFound},
	} {
		before := h.audited(audit.DocumentErase)
		if err := h.erase(c.e); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if h.audited(audit.DocumentErase) != before+1 {
			t.Errorf("%s: the refusal is not in the log", name)
		}
	}
	for _, d := range []record.Document{held, fresh, open} {
		if _, err := h.afresh().OpenOriginal(t.Context(), d.Object); err != nil {
			t.Errorf("%v", err)
		}
	}
	h.lift(id, hold.Subject{Document: held.ID})
	h.ok(h.erase(h.erasure(held, vault.ActErased)))
	h.gone(held, vault.ActErased)
	h.ok(h.erase(h.erasure(fresh, vault.ActErased))) // an erasure by law needs no last day
	h.gone(fresh, vault.ActErased)

	e := h.erasure(open, vault.ActErased)
	for name, spoil := range map[string]func(*upkeep.Erasure){
		"one person":   func(e *upkeep.Erasure) { e.ApprovedBy = e.ProposedBy },
		"nobody":       func(e *upkeep.Erasure) { e.ApprovedBy = "" },
		"another act":  func(e *upkeep.Erasure) { e.Act = "lost" },
		"no document":  func(e *upkeep.Erasure) { e.Document = "x" },
		"without list": func(e *upkeep.Erasure) { e.Act = vault.ActDisposed },
	} {
		bad := e
		spoil(&bad)
		if _, err := upkeep.EraseJob(bad); !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
		payload, err := json.Marshal(bad)
		h.ok(err)
		if err := h.Erase(t.Context(), job.Job{Payload: payload}); !errors.Is(err, record.Invalid) {
			t.Errorf("%s, as a job: %v", name, err)
		}
	}
	h.Disposal = nil
	if err := h.erase(e); !errors.Is(err, record.Unavailable) {
		t.Errorf("without a second key: %v", err)
	}
	h.reads(h.afresh(), open, "open")
}

// TestEraseByAWrongClock: a clock that was set forward makes nothing due.
func TestEraseByAWrongClock(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.allDisposals(h.clean)
	d := h.take(h.file, "letter")
	d.State, d.KeepUntil = record.StateReady, h.Catalog.Day(h.clock.Now().AddDate(1, 0, 0))
	h.write(func(tx *catalog.Tx) error { return tx.UpdateDocument(d) })
	store := h.clock.Now()
	h.Time = &upkeep.Timekeeper{Catalog: h.Catalog, Clock: h.clock, Log: h.Log, Logbook: h.Logbook,
		Store: func(context.Context) (time.Time, error) { return store, nil }}
	h.clock.Advance(2 * 366 * 24 * time.Hour)
	if err := h.erase(h.erasure(d, vault.ActDisposed)); !errors.Is(err, record.Unavailable) {
		t.Errorf("%v", err)
	}
	if err := h.erase(h.erasure(d, vault.ActErased)); !errors.Is(err, record.Unavailable) {
		t.Errorf("%v", err)
	}
	h.reads(h.afresh(), d, "letter")
}

// TestHoldAfterTheTombstone: a hold that comes at the last moment stops the
// erasure, and once it is lifted the same job ends it.
func TestHoldAfterTheTombstone(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	d := h.due("letter")
	h.allDisposals(h.clean)
	e := h.erasure(d, vault.ActErased)
	h.store.From, h.store.To = 0, 0
	open := h.Disposal
	var id string
	placed := &placingBucket{Bucket: h.clean.Records, after: func() {
		if id == "" {
			id = h.place(hold.Subject{Document: d.ID})
		}
	}}
	buckets := h.clean
	buckets.Records = placed
	h.Tasks.Vault = vault.New(buckets, h.Vault.Keyring(), h.clock)
	h.Disposal = open
	if err := h.erase(e); !errors.Is(err, record.Held) {
		t.Fatalf("%v", err)
	}
	h.reads(h.afresh(), d, "letter")
	if _, err := h.Rotate(t.Context(), h.actor, nil); err != nil {
		t.Errorf("a stopped erasure keeps the sealing key from being changed: %v", err)
	}
	h.lift(id, hold.Subject{Document: d.ID})
	h.ok(h.erase(e))
	h.gone(d, vault.ActErased)
}

// placingBucket does something after a tombstone was put.
type placingBucket struct {
	vault.Bucket
	after func()
}

func (p *placingBucket) Put(ctx context.Context, r vault.PutRequest) error {
	err := p.Bucket.Put(ctx, r)
	if strings.HasPrefix(r.Name, "t/") {
		p.after()
	}
	return err
}

// TestEraseCutOff: whichever call of store or catalog fails, the job done again
// ends it; there is one tombstone, and it is there before the key goes.
func TestEraseCutOff(t *testing.T) {
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
			for n, reached := 1, true; reached; n++ {
				d := h.due("letter")
				h.pack(d)
				e := h.erasure(d, vault.ActErased)
				calls := fail(h, n)
				err := h.erase(e)
				reached = calls() >= n
				*h.store = vaulttest.Faults{}
				h.rows.FailAt(0)
				if reached && err == nil {
					t.Fatalf("call %d failed and nobody says so", n)
				}
				if _, err := h.afresh().OpenKey(t.Context(), d.Object); errors.Is(err, record.NotFound) && h.tombstones(d) != 1 {
					t.Fatalf("call %d: the key is gone and no tombstone says why", n)
				}
				h.ok(h.erase(e))
				h.gone(d, vault.ActErased)
				if h.tombstones(d) != 1 {
					t.Fatalf("call %d: %d tombstones", n, h.tombstones(d))
				}
			}
		})
	}
}

func (h *house) tombstones(d record.Document) (n int) {
	h.Helper()
	h.ok(h.clean.Records.List(context.Background(), "t/", "", func(o vault.ObjectInfo) error {
		body, err := h.direct.GetLocked(context.Background(), o.Name)
		if err == nil && strings.Contains(string(body), string(d.ID)) {
			n++
		}
		return err
	}))
	return n
}

// TestEraseAndRotate keep out of each other's way: a rotation that has read a
// key would bring it back.
func TestEraseAndRotate(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.allDisposals(h.clean)
	d := h.due("letter")
	h.write(func(tx *catalog.Tx) error {
		return tx.SetRotation(catalog.Rotation{Generation: 1, State: catalog.RotationRunning})
	})
	if err := h.erase(h.erasure(d, vault.ActErased)); !errors.Is(err, record.Busy) {
		t.Errorf("erased while the key is changed: %v", err)
	}
	h.reads(h.afresh(), d, "letter")
	h.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.SetRotation(catalog.Rotation{}), tx.PutErasure(catalog.Erasure{Document: d.ID, Object: d.Object, BegunAt: h.clock.Now()}))
	})
	if _, err := h.Rotate(t.Context(), h.actor, nil); !errors.Is(err, record.Busy) || h.Vault.Keyring().Generation() != 1 {
		t.Errorf("changed while a key is destroyed: %v", err)
	}
}

// embeddedStore starts one, and opens its buckets with the running key and with
// the second.
func embeddedStore(t *testing.T) (running, second vault.Buckets) {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir) // the store does so, too; this brings it back
	s, err := embedded.Start(t.Context(), embedded.Config{Dir: dir, CredentialsFile: filepath.Join(dir, "keys.json")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	conn := func(c embedded.Credentials) s3.Config {
		return s3.Config{Endpoint: s.Endpoint(), AccessKey: c.AccessKey, SecretKey: c.SecretKey}
	}
	if err := s3.Create(t.Context(), conn(s.RootCredentials())); err != nil {
		t.Fatal(err)
	}
	if running, err = s3.Open(conn(s.Credentials())); err != nil {
		t.Fatal(err)
	}
	d, err := s3.OpenDisposal(conn(s.DispositionCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	return running, vault.Buckets{Records: d.Records, Keys: d.Keys, Derived: d.Derived}
}

// TestEraseRelocated: an original that was put anew has its key under two ids,
// and what a replica still has is waited for.
func TestEraseRelocated(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.allDisposals(h.clean)
	before := h.due("twice")
	replica := h.replicate()
	h.clean.Records.(*vaulttest.Memory).Damage(vault.OriginalName(before.Object), 100)
	h.scrubAll()
	h.repair()
	after := h.document(before.ID)
	if after.Object == before.Object {
		t.Fatal("nothing was put anew")
	}
	e := h.erasure(after, vault.ActErased)
	if err := h.erase(e); !errors.Is(err, record.Unavailable) || !strings.Contains(err.Error(), "replica") {
		t.Fatalf("the replica has the key, and the erasure says %v", err)
	}
	if row, _ := h.erasureOf(after); row.FinalAt.IsZero() || !row.DestroyedAt.IsZero() {
		t.Errorf("%+v", row)
	}
	if d := h.document(after.ID); d.State != record.StateDisposed {
		t.Errorf("a document that nothing can save any more is %s", d.State)
	}
	for _, id := range []record.ObjectID{before.Object, after.Object} {
		h.ok(replica.Keys.(vault.Disposal).Remove(t.Context(), vault.KeyName(id), ""))
	}
	h.ok(h.erase(e))
	for _, id := range []record.ObjectID{before.Object, after.Object} {
		if _, err := h.clean.Keys.Stat(t.Context(), vault.KeyName(id)); !errors.Is(err, record.NotFound) {
			t.Errorf("a copy of the key is left: %v", err)
		}
	}
	if row, _ := h.erasureOf(after); row.DestroyedAt.IsZero() {
		t.Errorf("%+v", row)
	}
}

// TestEraseAndRelocate exclude each other: a key must not be put anew while it
// is being destroyed.
func TestEraseAndRelocate(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.allDisposals(h.clean)
	d := h.due("one or the other")
	h.write(func(tx *catalog.Tx) error {
		_, err := tx.BeginRelocation(catalog.Relocation{Document: d.ID, Old: d.Object, New: record.ObjectID(record.NewID()), BegunAt: h.clock.Now()})
		return err
	})
	if err := h.erase(h.erasure(d, vault.ActErased)); !errors.Is(err, record.Busy) {
		t.Errorf("erased while it is put anew: %v", err)
	}
	other := h.due("the other")
	h.ok(h.erase(h.erasure(other, vault.ActErased)))
	err := h.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) error {
		_, err := tx.BeginRelocation(catalog.Relocation{Document: other.ID, Old: other.Object, New: record.ObjectID(record.NewID()), BegunAt: h.clock.Now()})
		return err
	})
	if !errors.Is(err, record.Conflict) {
		t.Errorf("put anew after it was erased: %v", err)
	}
}
