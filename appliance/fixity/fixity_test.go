package fixity

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
)

func TestSoundArchive(t *testing.T) {
	a := newArchive(t)
	stages := map[string]int64{}
	a.cfg.Progress = func(p Progress) {
		if p.Done < stages[p.Stage] && p.Stage != "audit" {
			t.Errorf("%s went back from %d to %d", p.Stage, stages[p.Stage], p.Done)
		}
		stages[p.Stage] = p.Done
	}
	found, r, err := a.verify()
	if err != nil || len(found) > 0 {
		t.Fatalf("%v\n%s", err, strings.Join(found, "\n"))
	}
	size := int64(0)
	for _, d := range a.catalog.docs {
		size += d.CipherSize
	}
	// 3 originals, 6+2+1 manifests, 1 probe; 3+2 keys, 3 of segments.
	if r.Documents != 3 || r.Manifests != 9 || r.Objects != 13+8 || r.Bytes != size {
		t.Errorf("result %+v, want %d bytes", r, size)
	}
	want := []Log{{2025, 7, 2, 7}, {2026, 20, 3, 18}}
	if !slices.Equal(r.Logs, want) {
		t.Errorf("logs %+v, want %+v", r.Logs, want)
	}
	for _, stage := range []string{"documents", "manifests", "objects", "audit"} {
		if stages[stage] == 0 {
			t.Errorf("no progress on %s", stage)
		}
	}
}

// fault is one thing planted in a sound archive, and all that must be found:
// each line is the beginning of a finding, and there is no other one.
type fault struct {
	plant func(a *archive)
	want  []string
}

func tryFaults(t *testing.T, faults map[string]fault) {
	t.Helper()
	sound := newArchive(t)
	for name, f := range faults {
		t.Run(name, func(t *testing.T) {
			a := sound.clone(t)
			f.plant(a)
			found, _, err := a.verify()
			if err != nil {
				t.Fatal(err)
			}
			left := slices.Clone(found)
			for _, want := range f.want {
				i := slices.IndexFunc(left, func(s string) bool { return strings.HasPrefix(s, want) })
				if i < 0 {
					t.Errorf("not found: %s", want)
					continue
				}
				left = slices.Delete(left, i, i+1)
			}
			for _, s := range left {
				t.Errorf("found as well: %s", s)
			}
		})
	}
}

func flip(b []byte) []byte {
	b[len(b)/2] ^= 1
	return b
}

// endsIn30Days adds a document that is kept for so many days and locked for 30.
func endsIn30Days(a *archive, kept int) {
	until := now.AddDate(0, 0, 30)
	a.addDocument("d4", 1, now.AddDate(0, 0, kept).Format(time.DateOnly))
	a.doc("d4").LockedUntil, a.records.objects[a.object("original of d4")].LockedUntil = until, until
}

func TestDocumentFaults(t *testing.T) {
	tryFaults(t, map[string]fault{
		"flipped byte": {func(a *archive) { a.records.rewrite(a.object("original of d1"), flip) },
			[]string{"changed document d1: The original's bytes"}},
		"cut off": {func(a *archive) {
			a.records.rewrite(a.object("original of d1"), func(b []byte) []byte { return b[:len(b)-1] })
		}, []string{"changed document d1: The original's bytes"}},
		"store gives another size": {func(a *archive) { a.records.objects[a.object("original of d1")].Size++ },
			[]string{"changed document d1: The original's bytes"}},
		"missing original": {func(a *archive) { delete(a.records.objects, a.object("original of d1")) },
			[]string{"missing document d1: The original"}},
		"missing key": {func(a *archive) { delete(a.keys.objects, a.object("key of d1")) },
			[]string{"missing document d1: The document's sealed key"}},
		"key of another": {func(a *archive) {
			other := a.keys.objects[a.object("key of d2")].body
			a.keys.rewrite(a.object("key of d1"), func([]byte) []byte { return bytes.Clone(other) })
		}, []string{"changed document d1: The original is unchanged, but", "mismatch document d1: The sealed key", "changed document d1: The personal part"}},
		"key sealed anew": {func(a *archive) {
			// The right key, in other bytes: a trailing byte that age refuses shows as a key that doesn't open.
			a.keys.rewrite(a.object("key of d1"), func(b []byte) []byte { return append(b, 0) })
		}, []string{"changed document d1: The original is unchanged, but", "mismatch document d1: The sealed key", "changed document d1: The personal part"}},
		"key damaged on the disk": {func(a *archive) { flip(a.keys.objects[a.object("key of d1")].body) },
			[]string{"changed document d1: The document's sealed key is damaged"}},
		"row speaks of other plain bytes": {func(a *archive) { a.doc("d1").Plain = record.Sum(nil) },
			[]string{"mismatch document d1: The decrypted document", "mismatch document d1: Manifest 1 (m1 of d1) and the catalog differ in: plain."}},
		"row speaks of another size": {func(a *archive) { a.doc("d1").Size++ },
			[]string{"mismatch document d1: The decrypted document", "mismatch document d1: Manifest 1 (m1 of d1) and the catalog differ in: size."}},
		"row speaks of another cipher": {func(a *archive) { a.doc("d1").Cipher = record.Sum(nil) },
			[]string{"changed document d1: The original's bytes", "mismatch document d1: Manifest 1 (m1 of d1) speaks"}},
		"file changed in the row": {func(a *archive) { a.doc("d2").File, a.doc("d2").Title = "other", "x" },
			[]string{"mismatch document d2: Manifest 2 (m2 of d2) and the catalog differ in: file, title."}},
		"sensitivity lowered in the row": {func(a *archive) { a.doc("d2").Sensitivity = 0 },
			[]string{"mismatch document d2: Manifest 2 (m2 of d2) and the catalog differ in: sensitivity."}},
		"everything else in the row": {func(a *archive) {
			d := a.doc("d2")
			d.Type, d.Direction, d.Section, d.Dated, d.Received, d.Name = "x", "x", "x", "x", "x", "x"
		}, []string{"mismatch document d2: Manifest 2 (m2 of d2) and the catalog differ in: type, direction, section, dated, received, name."}},
		"no lock": {func(a *archive) { o := a.records.objects[a.object("original of d1")]; o.Mode = "GOVERNANCE" },
			[]string{"lock document d1: The original has no COMPLIANCE"}},
		"lock short of the catalog": {func(a *archive) { a.doc("d1").LockedUntil = lockDate().Add(time.Second) },
			[]string{"lock document d1: The original is locked until 2028-05-15T03:00:00Z, the catalog says"}},
		"lock short of today": {func(a *archive) {
			until := now.AddDate(0, 0, aheadDays-1)
			a.doc("d1").LockedUntil, a.records.objects[a.object("original of d1")].LockedUntil = until, until
		}, []string{"lock document d1: The original is locked until 2027-11-16T03:00:00Z, today it must"}},
		"lock may end at keep_until": {func(a *archive) { endsIn30Days(a, 30) }, nil},
		"lock ends before keep_until": {func(a *archive) { endsIn30Days(a, 33) },
			[]string{"lock document d4: The original is locked until 2026-07-15T03:00:00Z, today it must"}},
		"kept for less time, by the row": {func(a *archive) { a.doc("d1").KeepUntil = "2036-01-01" },
			[]string{"mismatch document d1: Manifest 1 (m1 of d1) and the catalog differ in: keep_until."}},
		"unreadable original": {func(a *archive) { a.records.fail[a.object("original of d1")] = errDisk },
			[]string{"unreadable document d1: The original could not be read"}},
		"row removed": {func(a *archive) {
			id := a.doc("d2").ID
			a.catalog.docs = slices.DeleteFunc(a.catalog.docs, func(d Document) bool { return d.ID == id })
		}, []string{"missing document d2: The store has the document", "alien object original of d2: It looks like an original"}},
		"row and head removed": {func(a *archive) {
			id := a.doc("d1").ID
			a.catalog.docs = slices.DeleteFunc(a.catalog.docs, func(d Document) bool { return d.ID == id })
			delete(a.catalog.heads, string(id))
		}, []string{"alien object original of d1", "alien object m1 of d1", "missing audit entry 2026/5: The log names a manifest"}},
		"disposed without a tombstone": {func(a *archive) { a.doc("d1").State = record.StateDisposed },
			[]string{"erasure document d1: The catalog says"}},
	})
}

func TestSpareKeysAreCounted(t *testing.T) {
	a := newArchive(t)
	a.newKey("nothing")
	found, r, err := a.verify()
	if err != nil || len(found) != 0 || r.SpareKeys != 1 {
		t.Errorf("%v, %q, %d spare keys", err, found, r.SpareKeys)
	}
}

func TestWithoutOutboxAllMustBeThere(t *testing.T) {
	a := newArchive(t)
	name := a.object("m1 of d1")
	a.catalog.known[name] = true
	delete(a.records.objects, name)
	src := a.sources()
	src.Outbox = nil
	r, err := Run(t.Context(), src, a.cfg)
	if err != nil || r.Findings != 1 {
		t.Errorf("%v, %+v", err, r)
	}
}

func TestCannotFinish(t *testing.T) {
	a := newArchive(t)
	for range unreadableLimit {
		a.addDocument("more", 1)
	}
	for name := range a.records.objects {
		a.records.fail[name] = errDisk
	}
	if _, _, err := a.verify(); !errors.Is(err, record.Unavailable) {
		t.Errorf("a store that gives nothing: %v", err)
	}
	a = newArchive(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	a.keys.down = context.Canceled
	if _, err := Run(ctx, a.sources(), a.cfg); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	for name, change := range map[string]func(*Config){
		"archive": func(c *Config) { c.Archive = "x" }, "key": func(c *Config) { c.AuditKey = nil }, "clock": func(c *Config) { c.Clock = nil },
	} {
		cfg := a.cfg
		change(&cfg)
		if _, err := Run(t.Context(), a.sources(), cfg); !errors.Is(err, record.Invalid) {
			t.Errorf("no %s: %v", name, err)
		}
	}
}

// A few objects that can't be read don't stop the rest from being checked.
func TestUnreadableIsNotAbsent(t *testing.T) {
	a := newArchive(t)
	a.records.fail[a.object("original of d1")] = errDisk
	a.records.rewrite(a.object("original of d3"), flip)
	found, r, err := a.verify()
	if err != nil || len(found) != 2 || r.Sound() {
		t.Errorf("%v, %q", err, found)
	}
	for _, f := range found {
		if strings.HasPrefix(f, "missing") {
			t.Errorf("unknown is taken for absent: %s", f)
		}
	}
}
