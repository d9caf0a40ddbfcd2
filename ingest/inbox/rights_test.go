package inbox

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// steps are all ways to change an item.
func (h *house) steps(who string, id record.ItemID) map[string]func() error {
	ctx, a := context.Background(), h.as(who)
	return map[string]func() error{
		audit.InboxRead:     func() error { _, err := h.Item(ctx, a, id); return err },
		audit.InboxTake:     func() error { _, err := h.Take(ctx, a, id, Step{}); return err },
		audit.InboxAssign:   func() error { _, err := h.Assign(ctx, a, id, "herbst", Step{}); return err },
		audit.InboxFollowUp: func() error { _, err := h.FollowUp(ctx, a, id, "never", "", Step{}); return err },
		audit.InboxFinish:   func() error { _, err := h.Finish(ctx, a, id, Step{}); return err },
		audit.InboxReopen:   func() error { _, err := h.Reopen(ctx, a, id, Step{}); return err },
		audit.InboxUndo:     func() error { _, err := h.Undo(ctx, a, id, Step{}); return err },
	}
}

// TestWhoSeesNothing: to whom policy opens nothing, no item exists, whatever
// they do to it and however wrong it is; each try is in the log.
func TestWhoSeesNothing(t *testing.T) {
	h := newHouse(t)
	own, team, closed := h.item("sommer", 1), h.item("", 1), h.item("sommer", 1)
	raised, restricted := h.item("sommer", 2), h.item("sommer", 3)
	h.tx(func(tx *catalog.Tx) error {
		i, err := tx.ItemByID(closed)
		if err != nil {
			return err
		}
		return errors.Join(tx.PutDenial(catalog.Grant{File: i.File, User: h.as("herbst").User}), tx.PutDenial(catalog.Grant{File: i.File, User: h.as("lead").User}),
			tx.PutDenial(catalog.Grant{File: i.File, User: h.as("sommer").User}))
	})
	hidden := map[record.ItemID][]string{
		own:        {"herbst", "kraft", "winter"}, // a colleague's own inbox
		team:       {"kraft", "winter"},
		closed:     {"sommer", "herbst", "lead", "kraft", "winter"},
		raised:     {"herbst", "kraft", "winter"},
		restricted: {"herbst", "lead", "kraft", "winter"},
	}
	for id, people := range hidden {
		for _, who := range append(people, "clearing", "reception", "records", "auditor", "dpo", "admin", "scan", "integration") {
			for action, try := range h.steps(who, id) {
				before := h.refused(action)
				if err := try(); !errors.Is(err, record.NotFound) {
					t.Errorf("%s, %s: %v", who, action, err)
				}
				if h.refused(action) != before+1 {
					t.Errorf("%s, %s: the refusal is not in the log", who, action)
				}
			}
		}
	}
	for _, who := range []string{"reception", "records", "auditor", "dpo", "admin", "scan", "integration"} {
		for _, q := range []string{QueueMine, QueueTeam, QueueClearing, "nonsense"} {
			_, err := h.List(context.Background(), h.as(who), Query{Queue: q, Limit: -1, Cursor: "x"})
			h.is(who+" lists "+q, err, record.Denied)
		}
		_, err := h.FollowUps(context.Background(), h.as(who), Query{})
		h.is(who+" lists follow-ups", err, record.Denied)
		if c, err := h.Counts(context.Background(), h.as(who)); err != nil || len(c.Queues) != 0 || c.Mine+c.Team+c.Clearing+c.FollowUpsDue != 0 {
			t.Errorf("%s counts %+v, %v", who, c, err)
		}
	}
	h.tx(func(tx *catalog.Tx) error { return tx.SetDisabled(h.as("sommer").User, true) })
	_, err := h.List(context.Background(), h.as("sommer"), Query{})
	h.is("a disabled user", err, record.Denied)
	_, err = h.Take(context.Background(), h.as("sommer"), own, Step{})
	h.is("a disabled user takes", err, record.NotFound)
}

// TestQueues: each sees what the role opens, counts are the lengths of lists.
func TestQueues(t *testing.T) {
	h := newHouse(t)
	mine, other, team := h.item("sommer", 1), h.item("herbst", 1), h.item("", 1)
	raised, restricted := h.item("", 2), h.item("sommer", 3)
	unseen := h.item("winter", 1) // responsible, and may not see the file: so it is the team's
	_, waiting := h.letter("")
	for name, c := range map[string]struct {
		who  string
		q    Query
		want []record.ItemID
	}{
		"own":                       {"sommer", Query{}, []record.ItemID{mine, restricted}},
		"a colleague":               {"herbst", Query{Queue: QueueMine}, []record.ItemID{other}},
		"team, normal":              {"sommer", Query{Queue: QueueTeam}, []record.ItemID{team, unseen}},
		"who assigns sees the team": {"lead", Query{Queue: QueueTeam}, []record.ItemID{mine, other, team, raised, unseen}},
		"another team":              {"kraft", Query{Queue: QueueTeam}, nil},
		"another site":              {"winter", Query{Queue: QueueTeam}, nil},
		"nothing own there":         {"winter", Query{}, nil},
		"clearing":                  {"clearing", Query{Queue: QueueClearing}, []record.ItemID{record.ItemID(waiting)}},
	} {
		if got := h.lists(c.who, c.q); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
	for who, q := range map[string]string{"sommer": QueueClearing, "lead": QueueClearing, "clearing": QueueMine} {
		_, err := h.List(context.Background(), h.as(who), Query{Queue: q})
		h.is(who+" lists "+q, err, record.Denied)
	}
	for what, q := range map[string]Query{"queue": {Queue: "x"}, "limit": {Limit: 501}, "cursor": {Cursor: "x"}, "user": {Queue: QueueTeam, User: "herbst"}} {
		_, err := h.List(context.Background(), h.as("sommer"), q)
		h.is(what, err, record.Invalid)
	}
	if _, err := h.Item(context.Background(), h.as("lead"), restricted); !errors.Is(err, record.NotFound) {
		t.Errorf("a restricted file's item: %v", err)
	}
	page, err := h.List(context.Background(), h.as("sommer"), Query{})
	h.ok(err)
	if i := page.Items[0]; i.File.Customer != "Grünwiese, Sabine" || i.Document.Title != "Auszug" || i.Waits != "2026-02-27" || i.Holder.Name != "sommer" || i.HeldBy != nil {
		t.Errorf("an item: %+v", i)
	}
}

// TestSubstitution: a colleague's inbox is open from the first to the last day
// of a substitution, and what is done there is marked.
func TestSubstitution(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	first, second := h.item("sommer", 3), h.item("sommer", 1)
	other := Query{User: "sommer"}
	for _, name := range []string{"sommer", "nobody"} {
		_, err := h.List(ctx, h.as("herbst"), Query{User: name})
		h.is("the inbox of "+name, err, record.NotFound)
	}
	h.substitution("sommer", "herbst", "2026-03-03", "2026-03-05") // from tomorrow, two days
	_, err := h.List(ctx, h.as("herbst"), other)
	h.is("the day before", err, record.NotFound)
	h.clock.Advance(24 * time.Hour)
	if got := h.lists("herbst", other); !slices.Equal(got, []record.ItemID{first, second}) {
		t.Errorf("in substitution: %v", got)
	}
	done, err := h.Finish(ctx, h.as("herbst"), first, Step{})
	if h.ok(err); done.ActingFor == nil || done.ActingFor.Name != "sommer" || done.DoneBy.Name != "herbst" || done.Holder.Name != "sommer" {
		t.Errorf("done in substitution: %+v", done)
	}
	taken, err := h.Take(ctx, h.as("herbst"), second, Step{})
	if h.ok(err); taken.Holder.Name != "herbst" || taken.ActingFor.Name != "sommer" {
		t.Errorf("taken in substitution: %+v", taken)
	}
	if got := h.lists("herbst", Query{}); !slices.Equal(got, []record.ItemID{second}) {
		t.Errorf("then it is in the substitute's own inbox: %v", got)
	}
	third := h.item("sommer", 1)
	h.clock.Advance(48 * time.Hour)
	_, err = h.List(ctx, h.as("herbst"), other)
	h.is("the day after", err, record.NotFound)
	_, err = h.Take(ctx, h.as("herbst"), third, Step{})
	h.is("taking the day after", err, record.NotFound)
	if c, err := h.Counts(ctx, h.as("herbst")); err != nil || len(c.Substituted) != 0 {
		t.Errorf("counts after: %+v %v", c, err)
	}
}

// TestGrants: a grant opens to read. It makes nobody a worker, but who holds a
// grant may be given an item.
func TestGrants(t *testing.T) {
	h := newHouse(t)
	ctx := context.Background()
	f := h.file("", 2)
	id, _ := h.letter(f.ID)
	for _, who := range []string{"winter", "auditor"} {
		h.tx(func(tx *catalog.Tx) error { return tx.PutGrant(catalog.Grant{File: f.ID, User: h.as(who).User}) })
		_, err := h.Take(ctx, h.as(who), id, Step{})
		h.is(who+" takes by a grant", err, record.NotFound)
	}
	if got := h.lists("winter", Query{Queue: QueueTeam}); len(got) != 0 {
		t.Errorf("the team's queue by a grant: %v", got)
	}
	for user, want := range map[string]error{"herbst": record.Invalid, "nobody": record.Invalid, "dpo": record.Invalid, "winter": nil} {
		if _, err := h.Assign(ctx, h.as("lead"), id, user, Step{}); !errors.Is(err, want) {
			t.Errorf("assigned to %s: %v, want %v", user, err, want)
		}
	}
	if got := h.lists("winter", Query{}); !slices.Equal(got, []record.ItemID{id}) {
		t.Errorf("what was assigned: %v", got)
	}
	_, err := h.Finish(ctx, h.as("winter"), id, Step{})
	h.ok(err)
}

// TestNothingIsShownWithoutTheLog: invariant 5.
func TestNothingIsShownWithoutTheLog(t *testing.T) {
	h := newHouse(t)
	ctx, a, id := context.Background(), h.as("sommer"), h.item("sommer", 1)
	for name, read := range map[string]func() (int, error){
		"list":       func() (int, error) { p, err := h.List(ctx, a, Query{}); return len(p.Items), err },
		"follow-ups": func() (int, error) { p, err := h.FollowUps(ctx, a, Query{}); return len(p.Items), err },
		"item":       func() (int, error) { i, err := h.Item(ctx, a, id); return len(i.ID), err },
	} {
		if _, err := read(); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		h.rows.FailNext("exec")
		if _, err := read(); err == nil {
			t.Errorf("%s is shown although its entry could not be written", name)
		}
		h.rows.FailAt(0)
	}
	var doc record.DocumentID
	h.tx(func(tx *catalog.Tx) error { i, err := tx.ItemByID(id); doc = i.Document; return err })
	if n := h.entries(catalog.AuditQuery{Document: doc, Action: audit.InboxRead}); n != 2 {
		t.Errorf("%d entries name the document that a list and an item showed", n)
	}
}
