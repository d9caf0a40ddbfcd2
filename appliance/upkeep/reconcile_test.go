package upkeep_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest"
)

// plant puts an object past the appliance.
func (h *house) plant(b vault.Bucket, name string, body []byte) {
	h.Helper()
	h.ok(b.Put(context.Background(), vault.PutRequest{Name: name, Size: int64(len(body)), Digest: record.Sum(body), Body: bytes.NewReader(body),
		LockUntil: time.Now().Add(time.Hour).Truncate(time.Second)}))
}

func (h *house) reconcile() upkeep.Result {
	h.Helper()
	r, err := h.Reconcile(context.Background())
	h.ok(err)
	return r
}

// expect insists on these open findings.
func (h *house) expect(want ...string) {
	h.Helper()
	got := h.findings()
	sort.Strings(got)
	sort.Strings(want)
	if !slices.Equal(got, want) {
		h.Errorf("found\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// differ makes the store and the catalog differ in every way, and gives what
// must be found.
func (h *house) differ() []string {
	h.Helper()
	doc, keyless, described := h.take(h.file, "eins"), h.take(h.file, "zwei"), h.take("", "drei")
	head := h.describe(string(described.ID), described.Object, vault.DocumentPersonal{})
	first := h.manifestsOf(string(described.ID))[1]
	checkpoint, segment := h.vanishFromLog()
	for _, name := range []string{vault.OriginalName(doc.Object), vault.KeyName(keyless.Object), head} {
		h.vanish(name)
	}
	alien, fake := vault.OriginalName(record.ObjectID(record.NewID())), vault.ManifestName(record.ObjectID(record.NewID()))
	h.plant(h.clean.Records, alien, []byte("alien"))
	h.plant(h.clean.Records, fake, []byte("{}"))
	h.plant(h.clean.Records, "readme.txt", []byte("hello"))
	h.plant(h.clean.Keys, "k/zz/odd", []byte("odd"))
	h.plant(h.clean.Keys, vault.KeyName(record.ObjectID(record.NewID())), []byte("spare"))
	h.plant(h.clean.Audit, "2026/readme", []byte("hello"))
	h.plant(h.clean.Keys, "r/recovery-1-2.age", []byte("kept"))
	*h.store = vaulttest.Faults{From: 1, To: 1000, Category: record.Denied}
	if _, err := h.Intake.Accept(context.Background(), h.actor, ingest.Submission{Body: strings.NewReader("vier"), Size: -1}); err == nil {
		h.Fatal("a store that is down takes a document")
	}
	*h.store = vaulttest.Faults{}
	var underway []catalog.Unfinished
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) {
		underway, err = tx.UnfinishedBefore(h.clock.Now().Add(time.Hour), "")
		return err
	}))
	if len(underway) != 1 || first == head {
		h.Fatal(underway, first, head)
	}
	return []string{"row_without_object " + vault.OriginalName(doc.Object), "row_without_object " + vault.KeyName(keyless.Object),
		"row_without_object " + head, "object_without_row " + alien, "unreadable_manifest " + fake, "object_without_row readme.txt",
		"object_without_row k/zz/odd", "object_without_row 2026/readme", "row_without_object " + checkpoint, "row_without_object " + segment,
		"unfinished_intake " + vault.OriginalName(underway[0].Object)}
}

// vanishFromLog takes the last checkpoint and segment out of the audit bucket,
// and gives what must be found.
func (h *house) vanishFromLog() (checkpoint, segment string) {
	h.Helper()
	h.log() // a second segment
	h.ok(h.clean.Audit.List(context.Background(), "", "", func(o vault.ObjectInfo) error {
		if strings.Contains(o.Name, "/checkpoint/") {
			checkpoint = o.Name
		} else {
			segment = o.Name
		}
		return nil
	}))
	h.vanish(checkpoint)
	h.vanish(segment)
	lacks, _, _ := strings.Cut(segment, "-")
	return checkpoint, lacks + "-"
}

func TestReconcile(t *testing.T) {
	for name, open := range openers(t) {
		t.Run(name, func(t *testing.T) { testReconcile(newHouse(t, open, nil)) })
	}
}

func openers(t *testing.T) map[string]catalogtest.Opener {
	t.Helper()
	return map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite, "postgres": catalogtest.StartPostgres(t).Open}
}

func testReconcile(h *house) {
	h.fill(1)
	before := h.reconcile()
	h.expect()
	found := h.differ()
	h.reconcile()
	h.expect(slices.DeleteFunc(slices.Clone(found), func(f string) bool { // young ones may be on their way
		return strings.HasPrefix(f, "object_") || strings.HasPrefix(f, "unreadable_") || strings.HasPrefix(f, "unfinished_")
	})...)
	h.clock.Advance(25 * time.Hour)
	r := h.reconcile()
	h.expect(found...)
	// a document is a key, an original and a manifest
	// and of the log's second part, a checkpoint and a segment, only its key is left
	if want := before.Counts["objects"] + 3*3 + 1 - 3 + 7 + 1; r.Counts["objects"] != want || r.Counts[catalog.FindingNoRow] != 4 ||
		r.Counts[catalog.FindingNoObject] != 5 || r.Counts[catalog.FindingUnreadable] != 1 || r.Counts[catalog.FindingUnfinished] != 1 {
		h.Errorf("%+v, want %d objects", r, want)
	}
	locks := h.locks()
	if _, err := h.Intake.Redo(context.Background()); err != nil { // the one on its way arrives
		h.Fatal(err)
	}
	h.clock.Advance(time.Minute)
	h.reconcile()
	h.expect(slices.DeleteFunc(found, func(f string) bool { return strings.HasPrefix(f, "unfinished_") })...)
	for name := range locks {
		if _, ok := h.locks()[name]; !ok {
			h.Errorf("%s was deleted", name)
		}
	}
}

// TestReconcileReadsEachOldManifestOnce: what has a successor is learned.
func TestReconcileReadsEachOldManifestOnce(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	d := h.take(h.file, "eins")
	for range 3 {
		h.describe(string(d.ID), d.Object, vault.DocumentPersonal{})
	}
	h.clock.Advance(401 * 24 * time.Hour) // the journal has forgotten the first one
	if _, err := h.Purge(context.Background()); err != nil {
		t.Fatal(err)
	}
	records := h.clean.Records.(*vaulttest.Memory)
	for i, want := range []int{3, 0} {
		gets := records.Gets()
		h.clock.Advance(24 * time.Hour)
		h.reconcile()
		if got := records.Gets() - gets; got != want {
			t.Errorf("night %d: %d manifests were read, want %d", i, got, want)
		}
		h.expect()
	}
}

// TestReconcileWhileDocumentsComeIn: what comes and changes while the listing
// is read is no finding.
func TestReconcileWhileDocumentsComeIn(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.fill(1)
	h.clock.Advance(25 * time.Hour) // whatever is there is old enough
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			_, err := h.Intake.Accept(context.Background(), h.actor, ingest.Submission{Body: strings.NewReader(fmt.Sprint(i)), Size: -1})
			if err != nil {
				t.Error(err)
				return
			}
		}
	}()
	for range 20 {
		h.reconcile()
	}
	close(stop)
	<-ended
	h.expect()
}

// TestReconcileWithFailures lets calls of store and catalog fail: a run never
// takes what it could not read for absent, and the one after it finds all.
func TestReconcileWithFailures(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.fill(1)
	found := h.differ()
	h.clock.Advance(25 * time.Hour)
	for name, fail := range map[string]func(n int) (calls func() int){
		"store": func(n int) func() int {
			*h.store = vaulttest.Faults{From: n, Category: errors.New("unheard of")}
			return h.store.Calls
		},
		"store, refused": func(n int) func() int {
			*h.store = vaulttest.Faults{From: n, Category: record.Denied}
			return h.store.Calls
		},
		"catalog": func(n int) func() int { h.rows.FailAt(n); return h.rows.Count },
	} {
		t.Run(name, func(t *testing.T) {
			h.T = t
			for n := 1; ; n++ {
				calls := fail(n)
				_, err := h.Reconcile(context.Background())
				reached := calls() >= n
				*h.store = vaulttest.Faults{}
				h.rows.FailAt(0)
				if !reached && err != nil {
					t.Errorf("no call failed: %v", err)
				}
				if err == nil { // or what failed was read once more: then nothing may be left out
					h.expect(found...)
				}
				for _, f := range h.findings() {
					if !slices.Contains(found, f) {
						t.Errorf("call %d failed and this was found: %s", n, f)
					}
				}
				h.reconcile()
				h.expect(found...)
				if !reached {
					break
				}
			}
		})
	}
}

// TestReconcileTheWrongStore: an empty store is not ten thousand alarms and
// more, it is the wrong store; and nothing is tried again for it.
func TestReconcileTheWrongStore(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	for range 21 {
		h.write(func(tx *catalog.Tx) error {
			for range 500 {
				err := tx.InsertDocument(record.Document{ID: record.DocumentID(record.NewID()), Object: record.ObjectID(record.NewID()),
					State: record.StateReady, Direction: record.DirectionIn, CreatedBy: h.actor.User}, "")
				if err != nil {
					return err
				}
			}
			return nil
		})
	}
	if err := h.job(upkeep.ScheduleReconcile, 1); err != nil {
		t.Error(err)
	}
	if row := h.schedule(upkeep.ScheduleReconcile); row.Outcome != catalog.OutcomeFailed || !strings.Contains(row.Result, "10000") {
		t.Errorf("%+v", row)
	}
}

// TestReconcileMissesAnOldManifest: one with a successor was learned by name, so
// that its loss is an alarm as well.
func TestReconcileMissesAnOldManifest(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	d := h.take(h.file, "eins")
	for range 3 {
		h.describe(string(d.ID), d.Object, vault.DocumentPersonal{})
	}
	h.clock.Advance(401 * 24 * time.Hour) // the journal has forgotten the first one
	if _, err := h.Purge(context.Background()); err != nil {
		t.Fatal(err)
	}
	h.reconcile()
	h.expect()
	old := h.manifestsOf(string(d.ID))[2]
	h.vanish(old)
	h.reconcile()
	h.expect("row_without_object " + old)
	h.write(func(tx *catalog.Tx) error { return tx.DropSuperseded(old) }) // as the end of a document's life does
	h.clock.Advance(time.Hour)
	h.reconcile()
	h.expect()
}

// TestReconcileSealedAnew: a key may lie under any of its sealings.
func TestReconcileSealedAnew(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	both, newest, none := h.take(h.file, "eins"), h.take(h.file, "zwei"), h.take(h.file, "drei")
	for _, d := range []record.Document{both, newest} {
		h.plant(h.clean.Keys, vault.KeyNameOf(d.Object, 2), []byte("sealed anew"))
	}
	h.vanish(vault.KeyName(newest.Object))
	h.vanish(vault.KeyName(none.Object))
	h.clock.Advance(25 * time.Hour)
	h.reconcile()
	h.expect("row_without_object " + vault.KeyName(none.Object))
}

// TestReconcileFindsVersions: on a store that lets a name be written over or
// hidden, each such name is found; the document is not missing by it.
func TestReconcileFindsVersions(t *testing.T) {
	m := vaulttest.StartMinIO(t)
	root, err := s3.Open(s3.Config{Endpoint: m.URL(), AccessKey: m.Root.Access, SecretKey: m.Root.Secret})
	if err != nil {
		t.Fatal(err)
	}
	running, err := s3.Open(s3.Config{Endpoint: m.URL(), AccessKey: m.Running.Access, SecretKey: m.Running.Secret})
	if err != nil {
		t.Fatal(err)
	}
	h := newHouse(t, catalogtest.SQLite, &running)
	d := h.take(h.file, "eins")
	h.log()
	var manifest, segment string
	h.ok(root.Records.List(t.Context(), "m/", "", func(o vault.ObjectInfo) error { manifest = o.Name; return nil }))
	h.ok(root.Audit.List(t.Context(), "", "", func(o vault.ObjectInfo) error { segment = o.Name; return nil }))
	h.reconcile()
	h.expect()
	h.ok(root.Records.(vault.LockTester).Overwrite(t.Context(), vault.OriginalName(d.Object), []byte("forged")))
	h.ok(root.Records.(vault.LockTester).Delete(t.Context(), manifest))
	h.ok(running.Keys.(vault.LockTester).Overwrite(t.Context(), vault.KeyName(d.Object), []byte("forged")))
	h.ok(root.Audit.(vault.LockTester).Delete(t.Context(), segment))
	h.reconcile()
	h.expect("second_version "+vault.OriginalName(d.Object), "second_version "+manifest, "second_version "+vault.KeyName(d.Object), "second_version "+segment)
}
