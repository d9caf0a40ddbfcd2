package upkeep_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// scrubAll reads everything at least once.
func (h *house) scrubAll() (counts map[string]int64) {
	h.Helper()
	counts, h.ScrubPlan.Days = map[string]int64{}, 1
	for range 2 {
		h.clock.Advance(24 * time.Hour)
		r, err := h.Scrub(context.Background())
		h.ok(err)
		for what, n := range r.Counts {
			counts[what] += n
		}
	}
	return counts
}

// kept lists everything that the scrub has to read.
func (h *house) kept() (names []string) {
	h.Helper()
	for _, b := range []vault.Bucket{h.clean.Records, h.clean.Keys, h.clean.Audit} {
		h.ok(b.List(context.Background(), "", "", func(o vault.ObjectInfo) error {
			names = append(names, o.Name)
			return nil
		}))
	}
	return names
}

func (h *house) damaged() (names []string) {
	h.Helper()
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		fs, err := tx.OpenFindings(catalog.FindingDamaged, "", 500)
		for _, f := range fs {
			names = append(names, f.Name)
		}
		return err
	}))
	return names
}

func (h *house) memory(name string) *vaulttest.Memory {
	for _, b := range []vault.Bucket{h.clean.Records, h.clean.Keys, h.clean.Audit} {
		if _, err := b.Stat(context.Background(), name); err == nil {
			return b.(*vaulttest.Memory)
		}
	}
	h.Fatalf("there is no %s", name)
	return nil
}

// TestScrubReadsEverything: at the planned pace all is read within the days and
// no more than that, and the coverage says so.
func TestScrubReadsEverything(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.fill(5)
	all := int64(len(h.kept()))
	c, err := h.ScrubCoverage(t.Context())
	if err != nil || c.Percent != 0 || c.Behind {
		t.Errorf("at first: %+v, %v", c, err)
	}
	var read int64
	for day := range 91 {
		r, err := h.Scrub(t.Context())
		h.ok(err)
		if read += r.Counts["objects"]; day == 40 && (read < all/4 || read > all*3/4) {
			t.Errorf("after 40 days %d of %d are read", read, all)
		}
		if r.Counts["damaged"]+r.Counts["gone"] != 0 {
			t.Errorf("%+v", r)
		}
		h.clock.Advance(24 * time.Hour)
	}
	if read < all || read > all+all/2 {
		t.Errorf("%d of %d are read", read, all)
	}
	c, err = h.ScrubCoverage(t.Context())
	if err != nil || c.Percent < 99 || c.Behind || c.Objects < all || h.clock.Now().Sub(c.Oldest) > 91*24*time.Hour {
		t.Errorf("%+v, %v", c, err)
	}
	h.clock.Advance(60 * 24 * time.Hour)
	if c, err = h.ScrubCoverage(t.Context()); err != nil || !c.Behind || c.Percent > 50 {
		t.Errorf("after a stop: %+v, %v", c, err)
	}
	if r, err := h.Scrub(t.Context()); err != nil || r.Counts["objects"] < all/2 {
		t.Errorf("it doesn't catch up: %+v, %v", r, err)
	}
}

// TestScrubFindsDamage flips one bit in each kind of object in turn; it is
// named, stays a finding over the nightly comparison, and is closed when a
// later reading finds it sound.
func TestScrubFindsDamage(t *testing.T) {
	for _, prefix := range []string{"o/", "m/", "t/", "k/", "20"} {
		h := newHouse(t, catalogtest.SQLite, nil)
		h.fill(1)
		all := h.kept()
		i := slices.IndexFunc(all, func(n string) bool { return strings.HasPrefix(n, prefix) })
		h.memory(all[i]).Damage(all[i], 30)
		if n := h.scrubAll()["damaged"]; n < 1 || !slices.Equal(h.damaged(), all[i:i+1]) {
			t.Errorf("%s: %d, %v", all[i], n, h.damaged())
		}
		h.clock.Advance(time.Hour)
		_, err := h.Reconcile(t.Context())
		h.ok(err)
		if len(h.damaged()) != 1 {
			t.Errorf("%s: the comparison of listings closed it", all[i])
		}
		h.memory(all[i]).Damage(all[i], 30)
		if h.scrubAll(); len(h.damaged()) != 0 {
			t.Errorf("%s: sound again, but %v", all[i], h.damaged())
		}
	}
}

// TestScrubKnowsBetterThanTheStore: other bytes under a name, with a checksum
// that fits them, are found out by what the catalog knows: the hash of an
// original, of the newest manifest, and of the ones before it.
func TestScrubKnowsBetterThanTheStore(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	d := h.take(h.file, "eins")
	for range 3 {
		h.describe(string(d.ID), d.Object, vault.DocumentPersonal{File: h.file})
	}
	names := append(h.manifestsOf(string(d.ID)), vault.OriginalName(d.Object))
	for range 4 { // a round learns of one manifest from the one behind it
		h.scrubAll()
	}
	for _, name := range names {
		m := h.memory(name)
		m.Lax.Overwrites = true
		h.ok(m.Overwrite(t.Context(), name, []byte("something else")))
	}
	h.scrubAll()
	slices.Sort(names)
	if got := h.damaged(); !slices.Equal(got, names) {
		t.Errorf("found %v, of %v", got, names)
	}
}

// TestScrubGoesOn after each call of store and catalog that fails, without
// leaving anything out.
func TestScrubGoesOn(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.fill(1)
	var damaged []string
	for _, n := range h.kept() {
		if n[0] == 'o' {
			h.memory(n).Damage(n, 40)
			damaged = append(damaged, n)
		}
	}
	h.ScrubPlan.Days = 1
	for n := 1; n < 2000; n += 1 + n/2 {
		for _, fail := range []func(){
			func() { *h.store = vaulttest.Faults{From: n, Category: errors.New("unheard of")} },
			func() { h.rows.FailAt(n) },
		} {
			fail()
			_, err := h.Scrub(t.Context())
			*h.store = vaulttest.Faults{}
			h.rows.FailAt(0)
			if err == nil {
				continue // there was no n-th call
			}
			h.clock.Advance(24 * time.Hour)
		}
	}
	h.scrubAll()
	if got := h.damaged(); !slices.Equal(got, damaged) {
		t.Errorf("found %v, damaged are %v", got, damaged)
	}
	if c, err := h.ScrubCoverage(t.Context()); err != nil || c.Percent != 100 {
		t.Errorf("%+v, %v", c, err)
	}
}

// TestScrubGoesOnWithinAShare: what was noted is not read again.
func TestScrubGoesOnWithinAShare(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	const objects, noted = 300, 128
	for range objects {
		name := vault.OriginalName(record.ObjectID("00" + record.NewID()[2:]))
		h.ok(h.clean.Records.Put(t.Context(), vault.PutRequest{Name: name, Digest: record.Sum([]byte(name)), Size: int64(len(name)), Body: strings.NewReader(name)}))
	}
	*h.store = vaulttest.Faults{From: 1 + 2*250, To: 1 << 30, Category: errors.New("unheard of")}
	if _, err := h.Scrub(t.Context()); err == nil {
		t.Fatal("nothing failed")
	}
	*h.store = vaulttest.Faults{}
	_, err := h.Scrub(t.Context())
	h.ok(err)
	if n := h.clean.Records.(*vaulttest.Memory).Gets(); n < objects || n > objects+noted+10 {
		t.Errorf("%d readings of %d objects", n, objects)
	}
}

// replicate gives the house a replica with everything in it.
func (h *house) replicate() vault.Buckets {
	h.Helper()
	replica := vaulttest.NewBuckets()
	for _, b := range [][2]vault.Bucket{{h.clean.Records, replica.Records}, {h.clean.Keys, replica.Keys}} {
		h.ok(b[0].List(context.Background(), "", "", func(o vault.ObjectInfo) error {
			r, err := b[0].Get(context.Background(), o.Name, 0, -1)
			h.ok(err)
			body, err := io.ReadAll(r)
			h.ok(err)
			return b[1].Put(context.Background(), vault.PutRequest{Name: o.Name, Size: int64(len(body)), Digest: record.Sum(body), Body: bytes.NewReader(body)})
		}))
	}
	h.Vault.UseReplica(replica)
	h.direct.UseReplica(replica)
	return replica
}

// repair runs the jobs that the scrub left, as often as it takes.
func (h *house) repair() {
	h.Helper()
	for {
		jobs, err := h.Catalog.Lease(context.Background(), "test", []string{upkeep.KindRelocate}, 10, time.Minute)
		h.ok(err)
		if len(jobs) == 0 {
			break
		}
		for _, j := range jobs {
			h.ok(h.Relocate(context.Background(), j))
			h.ok(h.Catalog.Finish(context.Background(), j.ID, "test"))
		}
	}
	h.ok(h.outbox.Drain(context.Background()))
}

func (h *house) body(d record.Document) string {
	h.Helper()
	alone := vault.New(h.clean, h.direct.Keyring(), h.clock)
	c, err := alone.OpenOriginal(context.Background(), d.Object)
	h.ok(err)
	b, err := io.ReadAll(c.Reader())
	h.ok(err)
	return string(b)
}

// TestRelocation: what the scrub finds damaged or the comparison missing is put
// anew from the replica, under a new name; afterwards nothing is found any more,
// the first store alone serves it, and the chain names the new place.
func TestRelocation(t *testing.T) {
	for name, harm := range map[string]func(h *house, d record.Document){
		"original damaged": func(h *house, d record.Document) {
			h.clean.Records.(*vaulttest.Memory).Damage(vault.OriginalName(d.Object), 100)
		},
		"key damaged": func(h *house, d record.Document) {
			h.clean.Keys.(*vaulttest.Memory).Damage(vault.KeyName(d.Object), 100)
		},
		"both, and the newest manifest": func(h *house, d record.Document) {
			h.clean.Records.(*vaulttest.Memory).Damage(vault.OriginalName(d.Object), 100)
			h.clean.Keys.(*vaulttest.Memory).Damage(vault.KeyName(d.Object), 100)
			newest := h.manifestsOf(string(d.ID))[0]
			h.clean.Records.(*vaulttest.Memory).Damage(newest, 1)
		},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, catalogtest.SQLite, nil)
			before := h.take(h.file, "the same bytes")
			h.take(h.file, "another one")
			h.replicate()
			harm(h, before)
			h.scrubAll()
			if len(h.damaged()) == 0 {
				t.Fatal("nothing was found")
			}
			h.Vault.ForgetKey(before.Object)
			h.repair()
			after := h.document(before.ID)
			if after.Object == before.Object || after.Cipher != before.Cipher {
				t.Fatalf("%+v", after)
			}
			if got := h.body(after); got != "the same bytes" {
				t.Errorf("%q", got)
			}
			h.newestNames(after)
			if lock := h.locks()[vault.OriginalName(after.Object)]; lock.Before(before.LockedUntil) {
				t.Errorf("locked until %s, before until %s", lock, before.LockedUntil)
			}
			h.scrubAll()
			for _, n := range h.damaged() {
				if n[0] != 'm' {
					t.Errorf("found again: %s", n)
				}
			}
			h.clock.Advance(48 * time.Hour)
			_, err := h.Reconcile(t.Context())
			h.ok(err)
			for _, f := range h.findings() {
				if !strings.HasPrefix(f, catalog.FindingDamaged+" m/") { // read elsewhere; a newer one says the same
					t.Errorf("found: %s", f)
				}
			}
		})
	}
}

// newestNames insists that the document's newest manifest speaks of its object.
func (h *house) newestNames(d record.Document) {
	h.Helper()
	raw, err := h.direct.GetLocked(context.Background(), h.manifestsOf(string(d.ID))[0])
	h.ok(err)
	m, err := vault.ParseManifest(raw)
	h.ok(err)
	var p vault.DocumentPersonal
	h.ok(h.direct.OpenPersonal(context.Background(), m, &p))
	if m.Header.Object != d.Object || m.Header.Change != "relocated" || m.Header.Cipher != d.Cipher || p.File != d.File {
		h.Errorf("%+v", m.Header)
	}
}

// TestNoPlaceHasIt: nothing is put, and the finding stays until somebody
// fetches it from a backup.
func TestNoPlaceHasIt(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	d := h.take(h.file, "only here")
	h.clean.Records.(*vaulttest.Memory).Damage(vault.OriginalName(d.Object), 100)
	h.scrubAll()
	all := len(h.kept())
	h.repair()
	if !slices.Equal(h.damaged(), []string{vault.OriginalName(d.Object)}) || len(h.kept()) != all || h.document(d.ID).Object != d.Object {
		t.Errorf("%v", h.damaged())
	}
}

// TestFalseAlarm: what is sound when the repair looks is left as it is.
func TestFalseAlarm(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	d := h.take(h.file, "sound")
	h.replicate()
	m := h.clean.Records.(*vaulttest.Memory)
	m.Damage(vault.OriginalName(d.Object), 100)
	h.scrubAll()
	m.Damage(vault.OriginalName(d.Object), 100)
	if h.repair(); h.document(d.ID).Object != d.Object || len(h.damaged()) != 0 {
		t.Errorf("%v", h.damaged())
	}
}

// TestRelocationWithFailures lets the n-th call of store or catalog fail, for
// every n: in the end there is one new original, and nothing else.
func TestRelocationWithFailures(t *testing.T) {
	for n := 1; ; n++ {
		h := newHouse(t, catalogtest.SQLite, nil)
		d := h.take(h.file, "the same bytes")
		h.replicate()
		h.clean.Records.(*vaulttest.Memory).Damage(vault.OriginalName(d.Object), 100)
		all := len(h.kept())
		j := job.Job{Kind: upkeep.KindRelocate, Payload: []byte(`{"object":"` + string(d.Object) + `"}`)}
		failed := false
		for _, fail := range []func(){
			func() { *h.store = vaulttest.Faults{From: n, Category: errors.New("unheard of")} },
			func() { h.rows.FailAt(n) },
			func() { *h.store = vaulttest.Faults{From: n, Late: true, Category: errors.New("unheard of")} },
		} {
			fail()
			err := h.Relocate(t.Context(), j)
			failed = failed || err != nil
			*h.store = vaulttest.Faults{}
			h.rows.FailAt(0)
		}
		h.ok(h.Relocate(t.Context(), j))
		h.ok(h.outbox.Drain(t.Context()))
		after := h.document(d.ID)
		if after.Object == d.Object || h.body(after) != "the same bytes" || len(h.kept()) != all+3 { // original, key, manifest
			t.Fatalf("call %d: %d objects, before %d", n, len(h.kept()), all)
		}
		h.newestNames(after)
		if !failed {
			return
		}
	}
}
