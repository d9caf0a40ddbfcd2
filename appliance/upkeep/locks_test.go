package upkeep_test

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
	"eakte/policy/retention"
)

// fill takes in a few documents of every kind of retention, and all else that
// is locked: manifests of files and persons, a tombstone, the audit log.
func (h *house) fill(documents int) {
	h.Helper()
	short, full := h.newFile("03104//0000001", "kurz"), h.newFile("03104//0000002", "fest")
	for range documents {
		for _, file := range []record.FileID{h.file, short, full, ""} {
			d := h.take(file, record.NewID())
			h.describe(string(d.ID), d.Object, vault.DocumentPersonal{File: file})
		}
	}
	h.describe(record.NewID(), record.ObjectID(record.NewID()), vault.FilePersonal{Kind: "leistung"})
	h.describe(record.NewID(), record.ObjectID(record.NewID()), vault.PersonPersonal{})
	id := record.ObjectID(record.NewID())
	stone, err := vault.EncodeTombstone(vault.Tombstone{ID: id, Act: vault.ActErased, Kind: vault.KindDocument,
		Subject: record.NewID(), Object: record.ObjectID(record.NewID()), ProposedBy: "a", ApprovedBy: "b", At: h.clock.Now()})
	h.ok(err)
	h.ok(h.direct.PutLocked(context.Background(), vault.TombstoneName(id), int64(len(stone)), record.Sum(stone),
		bytes.NewReader(stone), h.clock.Now().AddDate(0, retention.LockAhead, 0)))
	h.log()
}

// ends gives the day with which the lock of an object may end: that of its
// document, if it is known.
func (h *house) ends() map[string]time.Time {
	h.Helper()
	out := map[string]time.Time{}
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		docs, err := tx.DocumentsAfter("", 500)
		if err != nil {
			return err
		}
		for _, d := range docs {
			end, perr := time.Parse(time.DateOnly, d.KeepUntil)
			if perr != nil {
				continue
			}
			out[vault.OriginalName(d.Object)] = end
			for _, name := range h.manifestsOf(string(d.ID)) {
				out[name] = end
			}
		}
		return nil
	}))
	return out
}

// manifestsOf follows a subject's chain.
func (h *house) manifestsOf(subject string) (names []string) {
	h.Helper()
	var head catalog.Head
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { head, err = tx.ManifestHead(subject); return err }))
	for name := head.Name; name != ""; {
		names = append(names, name)
		raw, err := h.direct.GetLocked(context.Background(), name)
		h.ok(err)
		m, err := vault.ParseManifest(raw)
		h.ok(err)
		name = m.Header.Predecessor
	}
	return names
}

// check insists that every lock is at least 18 months ahead, or reaches the day
// with which it may end; that it is not more than 24 months ahead, but for what
// locks in full; and that no lock has shrunk since before.
func (h *house) check(before map[string]time.Time, ends map[string]time.Time) map[string]time.Time {
	h.Helper()
	now, locks := h.clock.Now(), h.locks()
	for name, until := range locks {
		end, known := ends[name]
		if until.Before(now.AddDate(0, retention.LockAtLeast, 0)) && (!known || until.Before(end)) {
			h.Errorf("on %s %s is locked until %s only (kept until %s)", now.Format(time.DateOnly), name, until, end)
		}
		if until.After(now.AddDate(0, retention.LockAhead, 1)) && (!known || until.After(end.AddDate(0, 0, 1))) {
			h.Errorf("on %s %s is locked until %s (kept until %s)", now.Format(time.DateOnly), name, until, end)
		}
		if until.Before(before[name]) {
			h.Errorf("the lock of %s shrank from %s to %s", name, before[name], until)
		}
	}
	for name := range before {
		if _, ok := locks[name]; !ok {
			h.Errorf("%s is gone", name)
		}
	}
	return locks
}

// TestLocksOverYears: with one run a night no lock is ever less than 18 months
// ahead, and none goes beyond the last day of keeping.
func TestLocksOverYears(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.fill(2)
	ends, locks := h.ends(), h.locks()
	if len(locks) < 2*4*3+5 || len(ends) != 2*2*3 {
		t.Fatalf("%d objects are locked, %d with a last day", len(locks), len(ends))
	}
	total := map[string]int64{}
	for range 3 * 365 {
		h.clock.Advance(24 * time.Hour)
		r, err := h.Locks(context.Background())
		h.ok(err)
		for what, n := range r.Counts {
			total[what] += n
		}
		locks = h.check(locks, ends)
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d objects over three years: %v", len(locks), total)
	if total["originals"] == 0 || total["manifests"] == 0 || total["audit"] == 0 {
		t.Errorf("extended: %v", total)
	}
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		docs, err := tx.DocumentsAfter("", 500)
		for _, d := range docs {
			if !d.LockedUntil.Equal(locks[vault.OriginalName(d.Object)]) {
				t.Errorf("the catalog says %s, the store %s", d.LockedUntil, locks[vault.OriginalName(d.Object)])
			}
		}
		return err
	}))
}

// TestLocksAfterAStop: the first night after a stop makes up for everything,
// wherever in its round it fell.
func TestLocksAfterAStop(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.fill(1)
	ends, locks := h.ends(), h.locks()
	for _, nights := range []int{1, 12, 40} {
		for range nights {
			_, err := h.Locks(context.Background())
			h.ok(err)
			h.clock.Advance(24 * time.Hour)
		}
		h.clock.Advance(200 * 24 * time.Hour)
		_, err := h.Locks(context.Background())
		h.ok(err)
		locks = h.check(locks, ends)
	}
}

// TestLocksInFull: a document of a class that locks in full is locked to its
// last day as soon as that is known, its manifests with the next round.
func TestLocksInFull(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	d := h.take("", "eins")
	full := h.newFile("03104//0000002", "fest")
	d.File, d.KeepUntil = full, "2090-12-31"
	h.write(func(tx *catalog.Tx) error { return tx.UpdateDocument(d) })
	r, err := h.Locks(context.Background())
	h.ok(err)
	want := time.Date(2091, 1, 1, 0, 0, 0, 0, time.UTC)
	if got := h.locks()[vault.OriginalName(d.Object)]; r.Counts["originals"] != 1 || !got.Equal(want) || !h.document(d.ID).LockedUntil.Equal(want) {
		t.Errorf("locked until %s: %+v", got, r)
	}
}

// TestLocksWithFailures lets calls of store and catalog fail, among them each
// of the first, which are those about originals: nothing shrinks or is lost,
// the catalog never says more than the store has, and the next run mends it.
func TestLocksWithFailures(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.fill(1)
	for name, fail := range map[string]func(n int) (calls func() int){
		"store": func(n int) func() int {
			*h.store = vaulttest.Faults{From: n, Category: errors.New("unheard of")}
			return h.store.Calls
		},
		"store, answer lost": func(n int) func() int {
			*h.store = vaulttest.Faults{From: n, Late: true, Category: errors.New("unheard of")}
			return h.store.Calls
		},
		"store, refused": func(n int) func() int {
			*h.store = vaulttest.Faults{From: n, Category: record.Denied}
			return h.store.Calls
		},
		"catalog": func(n int) func() int { h.rows.FailAt(n); return h.rows.Count },
	} {
		t.Run(name, func(t *testing.T) {
			for n := 1; ; n += 1 + n/16*16 {
				h.T = t
				if !h.locksWithFailure(fail, n) {
					break
				}
			}
		})
	}
}

// locksWithFailure lets the n-th call of a run fail, and says whether there
// was an n-th.
func (h *house) locksWithFailure(fail func(n int) (calls func() int), n int) (reached bool) {
	h.Helper()
	h.clock.Advance(200 * 24 * time.Hour) // all is due again
	before, ends := h.locks(), h.ends()
	calls := fail(n)
	_, err := h.Locks(context.Background())
	reached = calls() >= n
	*h.store = vaulttest.Faults{}
	h.rows.FailAt(0)
	if reached && err == nil {
		h.Errorf("call %d failed and nobody says so", n)
	}
	h.promised()
	_, err = h.Locks(context.Background())
	h.ok(err)
	h.check(before, ends)
	return reached
}

// promised insists that the store has what the catalog says.
func (h *house) promised() {
	h.Helper()
	locks := h.locks()
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		docs, err := tx.DocumentsAfter("", 500)
		for _, d := range docs {
			if d.LockedUntil.After(locks[vault.OriginalName(d.Object)]) {
				h.Errorf("the catalog says %s, the store %s", d.LockedUntil, locks[vault.OriginalName(d.Object)])
			}
		}
		return err
	}))
}

// TestLocksGoOnPastOneObject: an object that is gone fails the run, for a
// person to look, but the others get their locks.
func TestLocksGoOnPastOneObject(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	gone := h.take(h.file, "gone")
	for range 3 {
		h.take(h.file, record.NewID())
	}
	h.vanish(vault.OriginalName(gone.Object))
	h.clock.Advance(200 * 24 * time.Hour)
	if err := h.job(upkeep.ScheduleLocks, 1); err != nil {
		t.Errorf("it is tried again, though that can't help: %v", err)
	}
	row := h.schedule(upkeep.ScheduleLocks)
	if row.Outcome != catalog.OutcomeFailed || row.Counts["originals"] != 3 || row.Counts["failed"] != 1 || !strings.Contains(row.Result, "1 lock") {
		t.Errorf("%+v", row)
	}
	h.check(nil, h.ends())
}

// vanish takes an object away behind the store's back.
func (h *house) vanish(name string) {
	h.Helper()
	for _, b := range []vault.Bucket{h.clean.Records, h.clean.Keys, h.clean.Audit} {
		m := b.(*vaulttest.Memory)
		m.Lax.Deletes = true
		if err := m.Delete(context.Background(), name); err != nil && !errors.Is(err, record.NotFound) {
			h.Fatal(err)
		}
		m.Lax.Deletes = false
	}
}

// TestLocksOnTheEmbeddedStore does the same over S3.
func TestLocksOnTheEmbeddedStore(t *testing.T) {
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
	buckets, err := s3.Open(conn(s.Credentials()))
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, catalogtest.SQLite, &buckets)
	h.fill(1)
	ends, locks := h.ends(), h.locks()
	for range 12 { // a year in months, in which each lock grows twice
		h.clock.Advance(31 * 24 * time.Hour)
		if _, err := h.Locks(t.Context()); err != nil {
			t.Fatal(err)
		}
		locks = h.check(locks, ends)
	}
	if r, err := h.Reconcile(t.Context()); err != nil || r.Counts["objects"] == 0 || len(h.findings()) != 0 {
		t.Errorf("%+v, %v, %v", r, err, h.findings())
	}
}
