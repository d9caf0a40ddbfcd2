package inbox

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestTakers: of two who take at once one gets it, the other learns who, and
// when; on both databases.
func TestTakers(t *testing.T) {
	all := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		all["postgres"] = pg.Open
	}
	for name, open := range all {
		t.Run(name, func(t *testing.T) {
			h := newHouseOn(t, open)
			for range 10 {
				h.race(h.item("", 1))
			}
		})
	}
}

func (h *house) race(id record.ItemID) {
	h.t.Helper()
	people := []string{"sommer", "herbst"}
	got, errs := make([]Item, 2), make([]error, 2)
	var wg sync.WaitGroup
	for n, who := range people {
		wg.Go(func() { got[n], errs[n] = h.Take(context.Background(), h.as(who), id, Step{}) })
	}
	wg.Wait()
	for n, who := range people {
		var faster *Faster
		switch other := errs[1-n]; {
		case errs[n] == nil && (got[n].Holder.Name != who || !errors.As(other, &faster) || !errors.Is(other, record.Conflict) ||
			faster.By.Display != "Display of "+who || !faster.At.Equal(h.clock.Now()) || faster.What != "holds"):
			h.t.Errorf("%s has it, the other gets %v", who, other)
		case errs[n] != nil && other != nil:
			h.t.Errorf("nobody got it: %v, %v", errs[n], other)
		case errs[n] != nil && strings.Contains(errs[n].Error(), people[1-n]):
			h.t.Errorf("the error's text names somebody: %v", errs[n])
		}
	}
	if n := h.entries(catalog.AuditQuery{Action: audit.InboxTake, Outcome: audit.Done, Limit: 500}); n == 0 {
		h.t.Error("nothing in the log")
	}
}

// TestConflicts: what somebody else has, has finished or has changed is theirs.
func TestConflicts(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	id := h.item("", 1)
	seen, err := h.Item(ctx, h.as("herbst"), id)
	h.ok(err)
	_, err = h.Take(ctx, h.as("sommer"), id, Step{})
	h.ok(err)
	faster := func(what string, err error) {
		t.Helper()
		var f *Faster
		if !errors.As(err, &f) || f.What != what || f.By.Name != "sommer" || f.At.IsZero() {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err = h.Finish(ctx, h.as("herbst"), id, Step{})
	faster("holds", err)
	_, err = h.FollowUp(ctx, h.as("herbst"), id, "2026-04-01", "", Step{})
	faster("holds", err)
	_, err = h.Assign(ctx, h.as("lead"), id, "herbst", Step{Version: seen.Version})
	faster("holds", err) // seen before it was taken
	_, err = h.Finish(ctx, h.as("sommer"), id, Step{})
	h.ok(err)
	for _, who := range []string{"herbst", "lead"} {
		_, err = h.Finish(ctx, h.as(who), id, Step{})
		faster("done", err)
		_, err = h.Take(ctx, h.as(who), id, Step{})
		faster("done", err)
	}
	_, err = h.Finish(ctx, h.as("sommer"), id, Step{}) // again: nothing changes
	h.ok(err)
	_, err = h.Reopen(ctx, h.as("herbst"), id, Step{})
	h.is("a colleague reopens", err, record.Denied)
	_, err = h.Assign(ctx, h.as("sommer"), id, "herbst", Step{})
	h.is("a caseworker assigns", err, record.Denied)
}

// TestUndo: the last step of each kind can be taken back, once, by who made
// it, and not any more when somebody else was there.
func TestUndo(t *testing.T) {
	h := newHouse(t)
	ctx, me := context.Background(), h.as("lead")
	for name, step := range map[string]func(id record.ItemID) error{
		"take":      func(id record.ItemID) error { _, err := h.Take(ctx, me, id, Step{}); return err },
		"assign":    func(id record.ItemID) error { _, err := h.Assign(ctx, me, id, "herbst", Step{}); return err },
		"follow-up": func(id record.ItemID) error { _, err := h.FollowUp(ctx, me, id, "2026-04-01", "x", Step{}); return err },
		"finish":    func(id record.ItemID) error { _, err := h.Finish(ctx, me, id, Step{}); return err },
	} {
		id := h.item("", 1)
		before, err := h.Item(ctx, me, id)
		h.ok(err)
		if err := step(id); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		_, err = h.Undo(ctx, h.as("sommer"), id, Step{})
		h.is("somebody else undoes "+name, err, record.Conflict)
		after, err := h.Undo(ctx, me, id, Step{})
		if h.ok(err); after.State != before.State || after.Holder != nil || after.Due != "" || after.Note != "" || !slices.Equal(after.Can, before.Can) {
			t.Errorf("%s taken back: %+v", name, after)
		}
		_, err = h.Undo(ctx, me, id, Step{})
		h.is("twice "+name, err, record.Conflict)
	}
	id := h.item("", 1)
	_, err := h.Assign(ctx, me, id, "herbst", Step{})
	h.ok(err)
	_, err = h.Finish(ctx, h.as("herbst"), id, Step{})
	h.ok(err)
	_, err = h.Undo(ctx, me, id, Step{})
	h.is("somebody was there since", err, record.Conflict)
	back, err := h.Reopen(ctx, h.as("herbst"), id, Step{})
	if h.ok(err); back.State != catalog.ItemOpen || back.Holder.Name != "herbst" || back.DoneBy != nil {
		t.Errorf("reopened: %+v", back)
	}
}

// TestFollowUps: what is put off leaves the inbox and comes back on its day.
func TestFollowUps(t *testing.T) {
	h := newHouse(t)
	ctx, me := context.Background(), h.as("sommer")
	f := h.file("sommer", 1)
	id, doc := h.letter(f.ID)
	for date, want := range map[string]error{"": record.Invalid, "bald": record.Invalid, "2026-03-01": record.Invalid, "2099-01-01": record.Invalid} {
		_, err := h.FollowUp(ctx, me, id, date, "", Step{})
		h.is("date "+date, err, want)
	}
	_, err := h.FollowUp(ctx, me, id, "2026-03-05", strings.Repeat("x", maxNote+1), Step{})
	h.is("a long note", err, record.Invalid)
	v, err := h.FollowUp(ctx, me, id, "2026-03-05", " Miete nachfragen ", Step{})
	if h.ok(err); v.Due != "2026-03-05" || v.Note != "Miete nachfragen" {
		t.Errorf("put off: %+v", v)
	}
	onFile, _, err := h.AddFollowUp(ctx, me, NewFollowUp{File: f.Number(), Date: "2026-03-02", Note: "heute"})
	if h.ok(err); onFile.Kind != "followup" || onFile.Document != nil || onFile.File.ID != f.ID {
		t.Errorf("on a file: %+v", onFile)
	}
	onDoc, _, err := h.AddFollowUp(ctx, me, NewFollowUp{Document: doc, Date: "2026-03-04"})
	h.ok(err)
	if got := h.lists("sommer", Query{}); !slices.Equal(got, []record.ItemID{onFile.ID}) {
		t.Errorf("today: %v", got)
	}
	p, err := h.FollowUps(ctx, me, Query{})
	if h.ok(err); len(p.Items) != 3 || p.Items[0].ID != onFile.ID || p.Items[1].ID != onDoc.ID || p.Items[2].ID != id {
		t.Errorf("follow-ups: %+v", p.Items)
	}
	if c, err := h.Counts(ctx, me); err != nil || c.FollowUpsDue != 1 {
		t.Errorf("counts %+v %v", c, err)
	}
	h.clock.Advance(72 * time.Hour)
	if got := h.lists("sommer", Query{}); !slices.Equal(got, []record.ItemID{id, onFile.ID, onDoc.ID}) {
		t.Errorf("on its day: %v", got)
	}
	if c, err := h.Counts(ctx, me); err != nil || c.FollowUpsDue != 3 {
		t.Errorf("counts on the day %+v %v", c, err)
	}
	_, err = h.Finish(ctx, me, onDoc.ID, Step{})
	h.ok(err)
}

// TestAddFollowUpRights: who may not see it, and who has no inbox, can't.
func TestAddFollowUpRights(t *testing.T) {
	h := newHouse(t)
	f := h.file("sommer", 2)
	_, doc := h.letter(f.ID)
	_, unfiled := h.letter("")
	h.tx(func(tx *catalog.Tx) error { return tx.PutGrant(catalog.Grant{File: f.ID, User: h.as("auditor").User}) })
	for _, c := range []struct {
		who  string
		n    NewFollowUp
		want error
	}{
		{"herbst", NewFollowUp{File: string(f.ID), Date: "never"}, record.NotFound}, {"winter", NewFollowUp{Document: doc, Date: "never"}, record.NotFound},
		{"admin", NewFollowUp{File: f.Number()}, record.NotFound}, {"dpo", NewFollowUp{Document: doc}, record.NotFound},
		{"reception", NewFollowUp{File: f.Number()}, record.Denied}, {"auditor", NewFollowUp{File: f.Number()}, record.Denied},
		{"sommer", NewFollowUp{File: "03104//7777777"}, record.NotFound}, {"sommer", NewFollowUp{Document: "x"}, record.NotFound},
		{"sommer", NewFollowUp{File: f.Number(), Date: "never"}, record.Invalid}, {"clearing", NewFollowUp{Document: unfiled, Date: "2026-04-01"}, record.Denied},
	} {
		before := h.refused(audit.InboxFollowUp)
		_, _, err := h.AddFollowUp(context.Background(), h.as(c.who), c.n)
		h.is(c.who, err, c.want)
		if refusal := errors.Is(c.want, record.NotFound) || errors.Is(c.want, record.Denied); refusal != (h.refused(audit.InboxFollowUp) == before+1) {
			t.Errorf("%s, %+v: the log does not fit", c.who, c.n)
		}
	}
}

// TestOnce: the same transmission changes once.
func TestOnce(t *testing.T) {
	h := newHouse(t)
	ctx, me := context.Background(), h.as("sommer")
	f := h.file("sommer", 1)
	id, _ := h.letter(f.ID)
	for range 3 {
		v, err := h.FollowUp(ctx, me, id, "2026-03-05", "x", Step{IdempotencyKey: "k"})
		if h.ok(err); v.Version != 2 {
			t.Errorf("version %d", v.Version)
		}
	}
	_, err := h.FollowUp(ctx, me, id, "2026-03-06", "x", Step{IdempotencyKey: "k"})
	h.is("another request", err, record.Conflict)
	first, repeated, err := h.AddFollowUp(ctx, me, NewFollowUp{File: string(f.ID), Date: "2026-03-05", IdempotencyKey: "n"})
	if h.ok(err); repeated {
		t.Error("the first is said to be repeated")
	}
	again, repeated, err := h.AddFollowUp(ctx, me, NewFollowUp{File: string(f.ID), Date: "2026-03-05", IdempotencyKey: "n"})
	if h.ok(err); !repeated || again.ID != first.ID {
		t.Errorf("the same again: %v %+v", repeated, again)
	}
}

// TestChangesAreWhole: whichever call to the database fails, a change is there
// with its entry in the log, or neither is.
func TestChangesAreWhole(t *testing.T) {
	h := newHouse(t)
	ctx, me := context.Background(), h.as("lead")
	ids := []record.ItemID{h.item("", 1), h.item("", 1), h.item("", 1), h.item("", 1)}
	for name, step := range map[string]func() error{
		audit.InboxTake:   func() error { _, err := h.Take(ctx, me, ids[0], Step{IdempotencyKey: "t"}); return err },
		audit.InboxAssign: func() error { _, err := h.Assign(ctx, me, ids[1], "herbst", Step{IdempotencyKey: "a"}); return err },
		audit.InboxFinish: func() error { _, err := h.Finish(ctx, me, ids[2], Step{IdempotencyKey: "f"}); return err },
		audit.InboxFollowUp: func() error {
			_, err := h.FollowUp(ctx, me, ids[3], "2026-04-01", "", Step{IdempotencyKey: "w"})
			return err
		},
	} {
		failures := 0
		for n := 1; ; n++ {
			h.rows.FailAt(n)
			err := step()
			h.rows.FailAt(0)
			entries := h.entries(catalog.AuditQuery{Action: name, Outcome: audit.Done})
			if err == nil {
				if entries != 1 {
					t.Errorf("%s: %d entries", name, entries)
				}
				break
			}
			if failures++; entries != 0 {
				t.Fatalf("%s, call %d failed: %v, and there are %d entries", name, n, err, entries)
			}
		}
		if failures < 10 {
			t.Errorf("%s: only %d calls could fail: the test does not see the database any more", name, failures)
		}
	}
}
