package admin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// desk is the door with a user of each kind.
type desk struct {
	*testing.T
	*admin.Admin
	clock *catalogtest.Clock
	rows  *catalogtest.Faults
	woken int
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{T: t, clock: catalogtest.NewClock(), rows: &catalogtest.Faults{}}
	policy, err := access.NewPolicy(access.Default())
	d.ok(err)
	plan, err := job.NewPlan([]job.Schedule{{Name: "locks", Cron: "15 0 * * *"}, {Name: "due", Cron: job.Off}}, nil, d.clock.Now())
	d.ok(err)
	d.Admin = admin.New(admin.Deps{Catalog: catalogtest.SQLite(t, d.clock, catalog.WithConnector(d.rows.Wrap)), Policy: policy, Clock: d.clock,
		Plan: plan, Wake: func() { d.woken++ }})
	d.ok(d.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) error {
		for name, role := range map[string]string{"adm": record.RoleSiteadmin, "gone": record.RoleSiteadmin, "k.sommer": record.RoleCaseworker, "dpo": record.RoleDPO} {
			u := catalog.User{ID: record.UserID("u-" + name), Name: name, Display: name, Disabled: name == "gone"}
			if err := errors.Join(tx.PutUser(u), tx.PutRoles(u.ID, []record.RoleAt{{Role: role, Site: "03104"}})); err != nil {
				return err
			}
		}
		return nil
	}))
	return d
}

func (d *desk) ok(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func as(name string) record.Actor {
	return record.Actor{User: record.UserID("u-" + name), Name: name, Via: "api", Address: "10.0.0.9", Request: record.NewID()}
}

// entries counts what the audit log says of an action.
func (d *desk) entries(action, outcome string) (n int) {
	d.Helper()
	d.ok(d.Catalog.Read(context.Background(), func(tx *catalog.Tx) error {
		es, _, err := tx.AuditEntries(catalog.AuditQuery{Action: action, Limit: 500})
		for _, e := range es {
			h, herr := audit.ParseHeader(e.Header)
			if herr != nil {
				return herr
			}
			if h.Outcome == outcome {
				n++
			}
		}
		return err
	}))
	return n
}

func (d *desk) schedule(name string) admin.Schedule {
	d.Helper()
	all, err := d.Schedules(d.Context(), as("adm"))
	d.ok(err)
	for _, s := range all {
		if s.Name == name {
			return s
		}
	}
	d.Fatalf("there is no %s in %+v", name, all)
	return admin.Schedule{}
}

func TestSchedules(t *testing.T) {
	d := newDesk(t)
	if s := d.schedule("locks"); s.NextRun == nil || !s.NextRun.Equal(time.Date(2026, 3, 3, 0, 15, 0, 0, time.UTC)) || s.LastStart != nil ||
		s.LastEnd != nil || s.LastOutcome != "" || s.Counts == nil || s.Running+s.Waiting+s.GivenUp != 0 {
		t.Errorf("before it ever ran: %+v", s)
	}
	if s := d.schedule("due"); s.NextRun != nil || s.Cron != "off" {
		t.Errorf("one that is off: %+v", s)
	}
	at := d.clock.Now()
	d.ok(d.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) error {
		return errors.Join(tx.StartSchedule("locks", at), tx.EndSchedule("locks", at.Add(time.Minute), catalog.OutcomeFailed, "No.", map[string]int64{"x": 1}))
	}))
	d.ok(d.RunNow(t.Context(), as("adm"), "locks"))
	if s := d.schedule("locks"); !s.LastStart.Equal(at) || !s.LastEnd.Equal(at.Add(time.Minute)) || s.LastOutcome != "failed" || s.LastResult != "No." ||
		s.Counts["x"] != 1 || s.Waiting != 1 {
		t.Errorf("after a run: %+v", s)
	}
	if n := d.entries(audit.ScheduleRead, audit.Allowed); n != 3 {
		t.Errorf("%d entries about three lists", n)
	}
}

func TestSchedulesNeedTheRight(t *testing.T) {
	d := newDesk(t)
	for i, name := range []string{"k.sommer", "dpo", "gone", "nobody"} {
		if list, err := d.Schedules(t.Context(), as(name)); !errors.Is(err, record.Denied) || list != nil {
			t.Errorf("%s sees %v, %v", name, list, err)
		}
		for _, schedule := range []string{"locks", "no such"} { // whether it exists is not looked at
			if err := d.RunNow(t.Context(), as(name), schedule); !errors.Is(err, record.Denied) {
				t.Errorf("%s starts %s: %v", name, schedule, err)
			}
		}
		if n, m := d.entries(audit.ScheduleRead, audit.Denied), d.entries(audit.ScheduleRun, audit.Denied); n != i+1 || m != 2*(i+1) {
			t.Errorf("%s: %d and %d refusals are in the log", name, n, m)
		}
	}
	if d.schedule("locks").Waiting != 0 || d.woken != 0 {
		t.Error("a refused run waits")
	}
}

func TestRunNow(t *testing.T) {
	d := newDesk(t)
	if err := d.RunNow(t.Context(), as("adm"), "no such"); !errors.Is(err, record.NotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	for range 3 {
		d.ok(d.RunNow(t.Context(), as("adm"), "due")) // off, but asked for
	}
	if s := d.schedule("due"); s.Waiting != 1 || d.woken != 3 {
		t.Errorf("asked for three times: %+v, woken %d times", s, d.woken)
	}
	lease := func() job.Job {
		t.Helper()
		js, err := d.Catalog.Lease(t.Context(), "n", []string{"schedule.due"}, 9, time.Minute)
		if err != nil || len(js) != 1 {
			t.Fatalf("%d jobs, %v", len(js), err)
		}
		return js[0]
	}
	j := lease()
	d.ok(d.RunNow(t.Context(), as("adm"), "due"))
	if s := d.schedule("due"); s.Running != 1 || s.Waiting != 0 {
		t.Errorf("asked for while it runs: %+v", s)
	}
	d.ok(d.Catalog.Finish(t.Context(), j.ID, "n"))
	lease() // once more
	if n := d.entries(audit.ScheduleRun, audit.Done); n != 4 {
		t.Errorf("%d entries about four starts", n)
	}
}

// TestRunNowWithFailures: a run is enqueued exactly when the log says so.
func TestRunNowWithFailures(t *testing.T) {
	for n := 1; ; n++ {
		d := newDesk(t)
		d.rows.FailAt(n)
		err := d.RunNow(t.Context(), as("adm"), "locks")
		calls := d.rows.Count()
		d.rows.FailAt(0)
		if waiting, entries := d.schedule("locks").Waiting, d.entries(audit.ScheduleRun, audit.Done); waiting != entries || (err == nil) != (waiting == 1) {
			t.Errorf("call %d failed: %v, %d jobs, %d entries", n, err, waiting, entries)
		}
		if calls < n {
			break
		}
	}
}
