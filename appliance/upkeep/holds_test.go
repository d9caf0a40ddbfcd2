package upkeep_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	"eakte/policy/hold"
)

// secondKey lets the house release holds; the calls count among the store's.
func (h *house) secondKey(records vault.Disposal) {
	h.Disposal = func(context.Context) (vault.Disposals, error) {
		return vault.Disposals{Records: h.store.Disposal(records)}, nil
	}
}

// place puts a hold into the catalog, as the door does, and leaves its job.
func (h *house) place(s hold.Subject) (id string) {
	h.Helper()
	id = record.NewID()
	kind := catalog.HoldsFile
	if s.Document != "" {
		kind = catalog.HoldsDocument
	}
	h.write(func(tx *catalog.Tx) error {
		err := tx.PutHold(catalog.Hold{ID: id, SubjectKind: kind, Subject: s.Key(), Kind: hold.Audit, Reason: "x", By: h.actor.User})
		return errors.Join(err, tx.Enqueue(job.Spec{Kind: hold.JobKind, Key: s.Key(), Payload: s}))
	})
	return id
}

func (h *house) lift(id string, s hold.Subject) {
	h.Helper()
	h.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.LiftHold(id, h.actor.User, h.clock.Now(), "x"), tx.Enqueue(job.Spec{Kind: hold.JobKind, Key: s.Key(), Payload: s}))
	})
}

// follow runs the job of a subject as the runner does.
func (h *house) follow(s hold.Subject) error {
	payload, err := json.Marshal(s)
	h.ok(err)
	return h.Handlers()[hold.JobKind](context.Background(), job.Job{Kind: hold.JobKind, Payload: payload, Attempt: 1, MaxAttempts: 20})
}

// objectsOf are all that belongs to a document in records.
func (h *house) objectsOf(d record.Document) []string {
	h.Helper()
	return append(h.manifestsOf(string(d.ID)), vault.OriginalName(d.Object))
}

// heldInStore insists that the store's hold stands on all objects of these
// documents and on nothing else, and that the catalog lists what is held.
func (h *house) heldInStore(ds ...record.Document) {
	h.Helper()
	want := map[string]bool{}
	for _, d := range ds {
		for _, name := range h.objectsOf(d) {
			want[name] = true
		}
	}
	h.ok(h.clean.Records.List(context.Background(), "", "", func(o vault.ObjectInfo) error {
		info, err := h.clean.Records.Stat(context.Background(), o.Name)
		if err == nil && info.Hold != want[o.Name] {
			h.Errorf("the store's hold on %s: %v", o.Name, info.Hold)
		}
		return err
	}))
	h.listedAsHeld()
}

// listedAsHeld insists that what the catalog calls confirmed is held, and that
// nothing is held that it doesn't list.
func (h *house) listedAsHeld() {
	h.Helper()
	listed := map[string]bool{}
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		docs, err := tx.DocumentsAfter("", 500)
		for _, d := range docs {
			rows, err := tx.HeldObjects(d.ID)
			h.ok(err)
			for _, r := range rows {
				listed[r.Name] = true
				info, err := h.clean.Records.Stat(context.Background(), r.Name)
				h.ok(err)
				if !r.SetAt.IsZero() && !info.Hold {
					h.Errorf("the catalog says that %s is held, the store doesn't hold it", r.Name)
				}
			}
		}
		return err
	}))
	h.ok(h.clean.Records.List(context.Background(), "", "", func(o vault.ObjectInfo) error {
		info, err := h.clean.Records.Stat(context.Background(), o.Name)
		if err == nil && info.Hold && !listed[o.Name] {
			h.Errorf("%s is held and nobody knows", o.Name)
		}
		return err
	}))
}

// changed gives a document one more manifest.
func (h *house) changed(d record.Document) {
	h.describe(string(d.ID), d.Object, vault.DocumentPersonal{File: d.File})
}

// testHolds goes through the life of holds on any store.
func testHolds(h *house, records vault.Disposal) {
	held, other, loose := h.take(h.file, "eins"), h.take(h.newFile("03104//0000007", "leistung"), "zwei"), h.take("", "drei")
	h.changed(held)
	file, doc := hold.Subject{File: h.file}, hold.Subject{Document: held.ID}
	onFile := h.place(file)
	h.ok(h.follow(file))
	h.heldInStore(held)

	later := h.take(h.file, "vier") // filed into a held file: the intake leaves the job
	h.changed(later)
	h.ok(h.follow(hold.Subject{Document: later.ID}))
	h.heldInStore(held, later)
	h.changed(held) // a new manifest
	h.ok(h.job(upkeep.ScheduleHolds, 1))
	h.heldInStore(held, later)

	own := h.place(doc)
	h.ok(h.follow(doc))
	h.lift(onFile, file)
	h.ok(h.follow(file)) // without the second key
	h.heldInStore(held, later)
	if n := h.counts(); n.Waiting != 1 || n.Standing != 1 || n.Documents != 1 || n.Missing != 0 {
		h.Errorf("without the second key: %+v", n)
	}
	h.secondKey(records)
	r, err := h.Holds(context.Background())
	h.ok(err)
	if r.Counts["holds_lifted"] != 3 || r.Counts["holds_waiting"] != 0 {
		h.Errorf("with the second key: %+v", r)
	}
	h.heldInStore(held) // its own hold stands
	h.lift(own, doc)
	h.ok(h.follow(doc))
	h.heldInStore()
	if n := h.counts(); n != (catalog.HoldCount{}) {
		h.Errorf("in the end: %+v", n)
	}
	_, _ = other, loose
}

func (h *house) counts() (n catalog.HoldCount) {
	h.Helper()
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) { n, err = tx.CountHolds(); return err }))
	return n
}

func TestHolds(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	testHolds(h, h.clean.Records.(*vaulttest.Memory))
}

// TestHoldsOfAFamily: the store follows a hold on a mail for what came in it
// too, wherever that lies, and lets go of it again.
func TestHoldsOfAFamily(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	mail, part, inner := h.take(h.file, "eins"), h.take(h.newFile("03104//0000007", "leistung"), "zwei"), h.take("", "drei")
	other := h.take(h.file, "vier")
	h.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.InsertLink(catalog.Link{Document: mail.ID, Kind: catalog.LinkEncloses, Other: part.ID, Place: 1}),
			tx.InsertLink(catalog.Link{Document: part.ID, Kind: catalog.LinkEncloses, Other: inner.ID, Place: 1}))
	})
	s := hold.Subject{Document: mail.ID}
	placed := h.place(s)
	h.ok(h.follow(s))
	h.heldInStore(mail, part, inner)
	if n := h.counts(); n.Standing != 1 || n.Documents != 3 || n.Missing != 0 {
		t.Errorf("%+v", n)
	}
	h.secondKey(h.clean.Records.(*vaulttest.Memory))
	h.lift(placed, s)
	h.ok(h.follow(s))
	h.heldInStore()
	if n := h.counts(); n != (catalog.HoldCount{}) {
		t.Errorf("in the end: %+v", n)
	}
	_ = other
}

// TestHoldsPutBack: the nightly comparison asks the store afresh, and puts back
// a hold that somebody took off past the appliance.
func TestHoldsPutBack(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	d := h.take(h.file, "eins")
	s := hold.Subject{Document: d.ID}
	h.place(s)
	h.ok(h.follow(s))
	h.ok(h.clean.Records.(*vaulttest.Memory).Release(context.Background(), vault.OriginalName(d.Object)))
	h.ok(h.follow(s)) // trusts what was confirmed
	r, err := h.Holds(context.Background())
	h.ok(err)
	if r.Counts["holds_set"] != 1 {
		t.Errorf("%+v", r)
	}
	h.heldInStore(d)
}

// TestHoldsWaitForTheOutbox: a manifest that is not in the store yet is no
// failure; the job comes again soon, and what is there is held at once.
func TestHoldsWaitForTheOutbox(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	d := h.take(h.file, "eins")
	s := hold.Subject{Document: d.ID}
	h.place(s)
	h.write(func(tx *catalog.Tx) error {
		return tx.InsertOutbox(catalog.OutboxRow{Name: vault.ManifestName(record.ObjectID(record.NewID())), Subject: string(d.ID), Sequence: 2,
			Body: []byte("{}"), Digest: record.Sum([]byte("{}")), LockUntil: h.clock.Now()})
	})
	for _, s := range []hold.Subject{s, {File: h.file}} {
		err := h.follow(s)
		if again := job.After(errors.New("x"), time.Second); err == nil || fmt.Sprintf("%T", err) != fmt.Sprintf("%T", again) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	info, err := h.clean.Records.Stat(context.Background(), vault.OriginalName(d.Object))
	if err != nil || !info.Hold {
		t.Errorf("the original is not held: %v", err)
	}
}

// TestHoldsGoOnPastOneObject: a document whose original is gone fails the run,
// for a person to look; the others are held.
func TestHoldsGoOnPastOneObject(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	gone := h.take(h.file, "gone")
	var rest []record.Document
	for range 3 {
		rest = append(rest, h.take(h.file, record.NewID()))
	}
	h.vanish(vault.OriginalName(gone.Object))
	h.place(hold.Subject{File: h.file})
	if err := h.follow(hold.Subject{File: h.file}); !errors.Is(err, record.Corrupt) {
		t.Errorf("the job: %v", err)
	}
	h.ok(h.job(upkeep.ScheduleHolds, 1))
	row := h.schedule(upkeep.ScheduleHolds)
	if row.Outcome != catalog.OutcomeFailed || row.Counts["failed"] != 1 || !strings.Contains(row.Result, "1 documents") {
		t.Errorf("%+v", row)
	}
	for _, d := range rest {
		for _, name := range h.objectsOf(d) {
			if info, err := h.clean.Records.Stat(context.Background(), name); err != nil || !info.Hold {
				t.Errorf("%s is not held: %v", name, err)
			}
		}
	}
	if err := h.follow(hold.Subject{Document: "00000000000000000000000000000000"}); !errors.Is(err, record.NotFound) {
		t.Errorf("an unknown document: %v", err)
	}
	if err := h.Handlers()[hold.JobKind](context.Background(), job.Job{Payload: []byte("{}")}); !errors.Is(err, record.Invalid) {
		t.Errorf("an empty payload: %v", err)
	}
}

// TestHoldsWithFailures lets the n-th call of store or catalog fail, for every
// n until a whole life of a hold runs through: at every moment the catalog
// knows what is held, nothing that is held in the catalog is released, and the
// next run ends where it should.
func TestHoldsWithFailures(t *testing.T) {
	for name, fail := range map[string]func(h *house, n int) (calls func() int){
		"store": func(h *house, n int) func() int {
			*h.store = vaulttest.Faults{From: n, Category: errors.New("unheard of")}
			return h.store.Calls
		},
		"store, answer lost": func(h *house, n int) func() int {
			*h.store = vaulttest.Faults{From: n, Late: true, Category: errors.New("unheard of")}
			return h.store.Calls
		},
		"store, refused": func(h *house, n int) func() int {
			*h.store = vaulttest.Faults{From: n, Category: record.Denied}
			return h.store.Calls
		},
		"catalog": func(h *house, n int) func() int { h.rows.FailAt(n); return h.rows.Count },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, catalogtest.SQLite, nil)
			h.secondKey(h.clean.Records.(*vaulttest.Memory))
			stays, goes := h.take(h.file, "eins"), h.take(h.file, "zwei")
			h.changed(goes)
			alone := hold.Subject{Document: stays.ID}
			h.place(alone)
			h.ok(h.follow(alone))
			for n := 1; h.holdsWithFailure(fail, n, stays, goes); n++ {
			}
		})
	}
}

// holdsWithFailure holds the file and lifts that hold again; in each of the
// two runs the n-th call fails. It says whether there was an n-th.
func (h *house) holdsWithFailure(fail func(h *house, n int) (calls func() int), n int, stays, goes record.Document) (reached bool) {
	h.Helper()
	s := hold.Subject{File: h.file}
	run := func(what string) {
		calls := fail(h, n)
		err := h.follow(s)
		hit := calls() >= n
		*h.store = vaulttest.Faults{}
		h.rows.FailAt(0)
		if hit && err == nil {
			h.Errorf("%s: call %d failed and nobody says so", what, n)
		}
		reached = reached || hit
		h.listedAsHeld()
		if info, err := h.clean.Records.Stat(context.Background(), vault.OriginalName(stays.Object)); err != nil || !info.Hold {
			h.Errorf("%s: call %d: the document that is held otherwise is not: %v", what, n, err)
		}
		h.ok(h.follow(s))
	}
	id := h.place(s)
	run("hold")
	h.heldInStore(stays, goes)
	h.lift(id, s)
	run("release")
	h.heldInStore(stays)
	return reached
}

// placing lets somebody place a hold between the store's answer to a release
// and what follows.
type placing struct {
	vault.Disposal
	before, after func()
}

func (p placing) Release(ctx context.Context, name string) error {
	p.before()
	err := p.Disposal.Release(ctx, name)
	p.after()
	return err
}

// TestHoldsPlacedWhileReleasing: a hold that comes while the store releases
// wins, whether its own job ran before the store's answer or not.
func TestHoldsPlacedWhileReleasing(t *testing.T) {
	for _, when := range []string{"before", "after"} {
		t.Run(when, func(t *testing.T) {
			h := newHouse(t, catalogtest.SQLite, nil)
			d := h.take(h.file, "eins")
			h.changed(d)
			s := hold.Subject{Document: d.ID}
			id := h.place(s)
			h.ok(h.follow(s))
			h.lift(id, s)
			placed := false
			act := func() {
				if !placed {
					placed = true
					h.place(s)
					h.ok(h.follow(s)) // as another node would
				}
			}
			p := placing{Disposal: h.clean.Records.(*vaulttest.Memory), before: func() {}, after: func() {}}
			if p.before = act; when == "after" {
				p.before, p.after = func() {}, act
			}
			h.Disposal = func(context.Context) (vault.Disposals, error) { return vault.Disposals{Records: p}, nil }
			h.ok(h.follow(s))
			h.heldInStore(d)
		})
	}
}

// TestHeldLocksRollOn: while a hold stands, the lock goes on past the last day
// of keeping.
func TestHeldLocksRollOn(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	short := h.newFile("03104//0000001", "kurz")
	held, free := h.take(short, "eins"), h.take(short, "zwei")
	h.place(hold.Subject{Document: held.ID})
	for range 4 * 12 {
		h.clock.Advance(30 * 24 * time.Hour)
		_, err := h.Locks(context.Background())
		h.ok(err)
	}
	locks, now := h.locks(), h.clock.Now()
	for _, name := range h.objectsOf(held) {
		if locks[name].Before(now.AddDate(0, 17, 0)) {
			t.Errorf("%s of the held document is locked until %s", name, locks[name])
		}
	}
	if until := locks[vault.OriginalName(free.Object)]; until.After(now) {
		t.Errorf("the free document is locked until %s", until)
	}
}
