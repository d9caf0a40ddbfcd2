package upkeep_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/ingest"
)

// timekeeper is one of a fresh process over the house's catalog. sinceStart is
// its clock that can't be set; store, if not nil, is that of another machine.
func (h *house) timekeeper(sinceStart *time.Duration, store func() time.Time) *upkeep.Timekeeper {
	k := &upkeep.Timekeeper{Catalog: h.Catalog, Clock: h.clock, Log: h.Log, Logbook: h.Logbook,
		Elapsed: func() time.Duration { return *sinceStart }}
	if store != nil {
		k.Store = func(context.Context) (time.Time, error) { return store(), nil }
	}
	return k
}

// offBy gives how a clock is off, or "" if it is believed.
func (h *house) offBy(err error) string {
	h.Helper()
	var off *upkeep.Off
	if err != nil && (!errors.As(err, &off) || !errors.Is(err, record.Unavailable)) {
		h.Fatalf("%v", err)
	}
	if off == nil {
		return ""
	}
	return off.Code
}

const day = 24 * time.Hour

// TestAgreeAtTheStart sets the clock while the appliance is off.
func TestAgreeAtTheStart(t *testing.T) {
	years2037 := time.Until(time.Date(2037, 6, 1, 0, 0, 0, 0, time.UTC))
	years1970 := time.Until(time.Date(1970, 1, 2, 0, 0, 0, 0, time.UTC))
	for _, c := range []struct {
		name         string
		by           time.Duration // the system's clock, while the appliance was off
		store        time.Duration // the store's; only asked where it is another machine
		alone, apart string        // verdict with the store in the process, and on another machine
	}{
		{"right", time.Hour, time.Hour, "", ""},
		{"four minutes off", time.Hour, time.Hour + 4*time.Minute, "", ""},
		{"six minutes before the store", time.Hour, time.Hour + 6*time.Minute, "", "store"},
		{"six minutes behind the store", time.Hour, time.Hour - 6*time.Minute, "", "store"},
		{"2037", years2037, time.Hour, "gap", "store"},
		{"2037 on both machines", years2037, years2037, "gap", ""},
		{"1970", years1970, time.Hour, "early", "store"},
		{"1970 on both machines", years1970, years1970, "early", "early"},
		{"eight days on", 8 * day, time.Hour, "gap", "store"},
		{"off for eight days", 8 * day, 8 * day, "gap", ""},
		{"six days on", 6 * day, 6 * day, "", ""},
		{"a day back", -day, 0, "checkpoint", "store"},
		{"a day back on both machines", -day, -day, "checkpoint", "checkpoint"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, apart := range []bool{false, true} {
				h := newHouse(t, catalogtest.SQLite, nil)
				var running time.Duration
				if _, err := h.timekeeper(&running, nil).Agree(t.Context()); err != nil {
					t.Fatal(err)
				}
				h.log() // a checkpoint of now
				stored := h.clock.Now().Add(c.store)
				h.clock.Advance(c.by)
				want, store := c.alone, func() time.Time { return stored }
				if !apart {
					store = nil
				} else {
					want = c.apart
				}
				k := h.timekeeper(&running, store)
				now, err := k.Agree(t.Context())
				if got := h.offBy(err); got != want || want != h.offBy(k.Verdict()) {
					t.Errorf("apart %v: %q, cached %q, want %q", apart, got, h.offBy(k.Verdict()), want)
				}
				if err == nil && !now.Equal(h.clock.Now()) {
					t.Errorf("agreed on %s", now)
				}
			}
		})
	}
}

// TestAgreedTimeAlone: without any checkpoint the time agreed on last still
// tells that a clock was set back.
func TestAgreedTimeAlone(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	var running time.Duration
	_, err := h.timekeeper(&running, nil).Agree(t.Context())
	h.ok(err)
	h.clock.Advance(-10 * time.Minute)
	if _, err := h.timekeeper(&running, nil).Agree(t.Context()); h.offBy(err) != "agreed" {
		t.Errorf("%v", err)
	}
}

// TestCheckpointAlone: a catalog that was rebuilt knows no time agreed on, but
// the checkpoints.
func TestCheckpointAlone(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	var running time.Duration
	h.log()
	h.clock.Advance(6 * day)
	_, err := h.timekeeper(&running, nil).Agree(t.Context())
	h.ok(err)
	h.write(func(tx *catalog.Tx) error { return tx.SetMeta("clock.agreed", "") })
	h.clock.Advance(2 * day)
	if _, err := h.timekeeper(&running, nil).Agree(t.Context()); h.offBy(err) != "gap" {
		t.Errorf("%v", err)
	}
}

// TestClockJumpsWhileRunning: what jumps is noticed before anybody is asked,
// what is long is not, and a witness is believed.
func TestClockJumpsWhileRunning(t *testing.T) {
	for _, by := range []time.Duration{10 * time.Minute, 8 * day, 11 * 365 * day, -10 * time.Minute, -day} {
		h := newHouse(t, catalogtest.SQLite, nil)
		var running time.Duration
		pass := func(d time.Duration) { running += d; h.clock.Advance(d) }
		k := h.timekeeper(&running, nil)
		for range 60 {
			if _, err := k.Agree(t.Context()); err != nil {
				t.Fatal(err)
			}
			pass(day) // much time, but as it passes
		}
		_, err := k.Agree(t.Context())
		h.ok(err)
		right := h.clock.Now()
		h.clock.Advance(by)
		if k.Verdict() == nil {
			t.Errorf("%s: not noticed at once", by)
		}
		if !k.Now().Equal(right) {
			t.Errorf("%s: locks would be dated by %s, it is %s", by, k.Now(), right)
		}
		if _, err := k.Agree(t.Context()); h.offBy(err) == "" {
			t.Errorf("%s: agreed", by)
		}
		pass(time.Hour)
		if !k.Now().Equal(right.Add(time.Hour)) {
			t.Errorf("%s: an hour later locks would be dated by %s", by, k.Now())
		}
		h.clock.Advance(-by)
		if _, err := k.Agree(t.Context()); err != nil || k.Verdict() != nil {
			t.Errorf("%s: it is right again: %v, %v", by, err, k.Verdict())
		}
	}
}

// TestCreepingClock: a clock that is pushed a little at a time doesn't get far.
func TestCreepingClock(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	var running time.Duration
	k := h.timekeeper(&running, nil)
	for n := range 100 {
		if _, err := k.Agree(t.Context()); err != nil {
			if n > 2 {
				t.Errorf("noticed after %d steps", n)
			}
			return
		}
		running += time.Minute
		h.clock.Advance(5 * time.Minute)
	}
	t.Error("not noticed")
}

// TestWitnessMendsAJump: a machine that stood still is right again at once where
// another one says so.
func TestWitnessMendsAJump(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	var running time.Duration
	k := h.timekeeper(&running, h.clock.Now)
	_, err := k.Agree(t.Context())
	h.ok(err)
	h.clock.Advance(30 * day)
	if k.Verdict() == nil {
		t.Error("believed before anybody was asked")
	}
	if _, err := k.Agree(t.Context()); err != nil || k.Verdict() != nil || !k.Now().Equal(h.clock.Now()) {
		t.Errorf("%v, %v", err, k.Verdict())
	}
}

// TestStoreThatDoesNotAnswer is no verdict about the clock.
func TestStoreThatDoesNotAnswer(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	var running time.Duration
	k := h.timekeeper(&running, nil)
	k.Store = func(context.Context) (time.Time, error) { return time.Time{}, record.Down("The object store", nil) }
	if _, err := k.Agree(t.Context()); !errors.Is(err, record.Unavailable) || k.Verdict() != nil {
		t.Errorf("%v, %v", err, k.Verdict())
	}
}

// TestConfirm: a person's word makes up for a witness, is in the log, and
// overrules a checkpoint of the future, but not the store's clock.
func TestConfirm(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	var running time.Duration
	_, err := h.timekeeper(&running, nil).Agree(t.Context())
	h.ok(err)
	h.clock.Advance(11 * 365 * day)
	h.log() // a log of 2037, signed
	h.clock.Advance(-11*365*day + 8*day)
	k := h.timekeeper(&running, nil)
	if _, err := k.Agree(t.Context()); h.offBy(err) != "checkpoint" {
		t.Fatalf("%v", err)
	}
	if _, err := h.timekeeper(&running, func() time.Time { return h.clock.Now().Add(time.Hour) }).Confirm(t.Context(), h.actor); h.offBy(err) != "store" {
		t.Errorf("against the store: %v", err)
	}
	before := h.audited(audit.ClockConfirm)
	if _, err := k.Confirm(t.Context(), h.actor); err != nil || h.audited(audit.ClockConfirm) != before+1 {
		t.Errorf("%v, %d entries", err, h.audited(audit.ClockConfirm))
	}
	h.log() // more is signed
	for _, k := range []*upkeep.Timekeeper{k, h.timekeeper(&running, nil)} {
		if _, err := k.Agree(t.Context()); err != nil {
			t.Errorf("after it was confirmed: %v", err)
		}
	}
	h.clock.Advance(-day)
	if _, err := h.timekeeper(&running, nil).Agree(t.Context()); h.offBy(err) != "checkpoint" {
		t.Errorf("a day before the newest that counts: %v", err)
	}
}

// audited counts the log's entries of an action.
func (h *house) audited(action string) (n int) {
	h.Helper()
	h.ok(h.Logbook.Number(context.Background()))
	h.ok(h.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		years, err := tx.AuditLogs()
		for _, y := range years {
			rows, rerr := tx.AuditRows(y, 0, 500)
			for _, r := range rows {
				if strings.Contains(string(r.Header), `"`+action+`"`) {
					n++
				}
			}
			err = errors.Join(err, rerr)
		}
		return err
	}))
	return n
}

// TestNothingIrrevocableByAWrongClock: at any setting of the clock no lock
// moves, nothing is taken in, nothing counts as due, and what has to be locked
// all the same is locked by the right time.
func TestNothingIrrevocableByAWrongClock(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	var running time.Duration
	h.Tasks.Time = h.timekeeper(&running, nil)
	h.Logbook.Believed, h.outbox.Believed = h.Tasks.Time, h.Tasks.Time
	h.fill(1)
	_, err := h.Locks(t.Context())
	h.ok(err)
	h.Intake.Believe = h.Tasks.Time.Verdict
	before, right := h.locks(), h.clock.Now()
	for _, by := range []time.Duration{8 * day, 400 * day, 11 * 365 * day, -day, -7 * 365 * day} {
		h.clock.Advance(by)
		if _, err := h.Locks(t.Context()); h.offBy(err) == "" {
			t.Errorf("%s: locks were looked at", by)
		}
		if _, err := h.Due(t.Context()); h.offBy(err) == "" {
			t.Errorf("%s: documents count as due", by)
		}
		if err := h.job(upkeep.ScheduleLocks, 1); err == nil {
			t.Errorf("%s: it is not tried again", by)
		}
		_, err := h.Intake.Accept(t.Context(), h.actor, ingest.Submission{Name: "x.pdf", Channel: "api", IdempotencyKey: record.NewID(),
			Body: strings.NewReader("x"), Size: -1})
		if h.offBy(err) == "" {
			t.Errorf("%s: taken in", by)
		}
		h.log()
		h.describe(record.NewID(), record.ObjectID(record.NewID()), vault.FilePersonal{Kind: "leistung"}) // a change that people make
		for name, until := range h.locks() {
			switch was, old := before[name]; {
			case old && !was.Equal(until):
				t.Errorf("%s: the lock of %s moved to %s", by, name, until)
			case !old && name[0] == 'm' && until.After(right.AddDate(2, 0, 32)), // a manifest's may be a month longer
				!old && name[0] != 'm' && until.Sub(right.AddDate(2, 0, 0)).Abs() > time.Minute:
				t.Errorf("%s: %s is locked until %s", by, name, until)
			}
		}
		h.clock.Advance(-by)
	}
	if len(h.locks()) == len(before) {
		t.Error("nothing was signed meanwhile")
	}
	_, err = h.Agree(t.Context())
	h.ok(err)
	h.take(h.file, "it goes on")
}
