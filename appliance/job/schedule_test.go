package job_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"eakte/appliance/job"
	"eakte/appliance/job/jobtest"
	"eakte/appliance/record"
)

var monday = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func TestPlanRefusesWhatWouldNeverRun(t *testing.T) {
	nightly := job.Schedule{Name: "locks", Cron: "15 1 * * *", Within: 7 * 24 * time.Hour}
	loose := job.Schedule{Name: "due", Cron: "0 5 * * *"}
	for name, c := range map[string]struct {
		overrides map[string]string
		field     string
	}{
		"empty":             {map[string]string{"locks": ""}, "schedules.locks"},
		"words":             {map[string]string{"locks": "every night"}, "schedules.locks"},
		"four fields":       {map[string]string{"due": "0 5 * *"}, "schedules.due"},
		"seconds":           {map[string]string{"due": "0 0 5 * * *"}, "schedules.due"},
		"every":             {map[string]string{"due": "@every 1h"}, "schedules.due"},
		"daily":             {map[string]string{"due": "@daily"}, "schedules.due"},
		"time zone":         {map[string]string{"due": "TZ=Europe/Berlin 0 5 * * *"}, "schedules.due"},
		"time zone alone":   {map[string]string{"due": "CRON_TZ=UTC"}, "schedules.due"},
		"minute 60":         {map[string]string{"due": "60 5 * * *"}, "schedules.due"},
		"backwards":         {map[string]string{"due": "0 9-5 * * *"}, "schedules.due"},
		"nothing in a list": {map[string]string{"due": "0 , * * *"}, "schedules.due"},
		"30 February":       {map[string]string{"due": "0 5 30 2 *"}, "schedules.due"},
		"unknown name":      {map[string]string{"lock": "0 5 * * *"}, "schedules.lock"},
		"required, off":     {map[string]string{"locks": "off"}, "schedules.locks"},
		"required, monthly": {map[string]string{"locks": "0 5 1 * *"}, "schedules.locks"},
		"required, June":    {map[string]string{"locks": "* * * 6 *"}, "schedules.locks"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := job.NewPlan([]job.Schedule{nightly, loose}, c.overrides, monday)
			var e *record.Error
			if !errors.As(err, &e) || !errors.Is(err, record.Invalid) || e.Field != c.field || e.Hint == "" {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestPlanTakesOverrides(t *testing.T) {
	p, err := job.NewPlan([]job.Schedule{{Name: "locks", Cron: "15 1 * * *", Within: 7 * 24 * time.Hour}, {Name: "due", Cron: "0 5 * * *"}},
		map[string]string{"locks": " 0  3 * * sun ", "due": "off"}, monday)
	if err != nil {
		t.Fatal(err)
	}
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	// Whatever zone it is asked in: the schedule is in UTC.
	if got, want := p.Next("locks", monday.In(berlin)), time.Date(2026, 3, 8, 3, 0, 0, 0, time.UTC); !got.Equal(want) {
		t.Errorf("next %s, want %s", got, want)
	}
	if got := p.Next("due", monday); !got.IsZero() {
		t.Errorf("one that is off is due at %s", got)
	}
	if got := p.Schedules(); len(got) != 2 || got[1].Cron != job.Off {
		t.Errorf("%+v", got)
	}
	if _, err := p.Spec("x", monday); !errors.Is(err, record.NotFound) {
		t.Errorf("spec of none: %v", err)
	}
}

// TestDayOfChangedClocks: in UTC, 02:30 comes once on the days on which clocks
// in Germany are changed.
func TestDayOfChangedClocks(t *testing.T) {
	p, err := job.NewPlan([]job.Schedule{{Name: "x", Cron: "30 2 * * *"}}, nil, monday)
	if err != nil {
		t.Fatal(err)
	}
	for _, day := range []time.Time{time.Date(2026, 3, 28, 12, 0, 0, 0, time.UTC), time.Date(2026, 10, 24, 12, 0, 0, 0, time.UTC)} {
		first := p.Next("x", day)
		if want := time.Date(day.Year(), day.Month(), day.Day()+1, 2, 30, 0, 0, time.UTC); !first.Equal(want) ||
			p.Next("x", first).Sub(first) != 24*time.Hour {
			t.Errorf("after %s: %s, then %s", day, first, p.Next("x", first))
		}
	}
}

func TestMemorySchedules(t *testing.T) {
	jobtest.RunSchedules(t, func(_ *testing.T, clock record.Clock) jobtest.ScheduleHarness {
		m := jobtest.NewMemory(clock)
		return jobtest.ScheduleHarness{Schedules: jobtest.NewSchedules(m), Jobs: m}
	})
}

// nights is a store with a schedule of every night at 1:15 and its clock.
type nights struct {
	*testing.T
	clock *jobtest.Clock
	store *jobtest.Schedules
	plan  job.Plan
	woken int
}

func newNights(t *testing.T) *nights {
	t.Helper()
	n := &nights{T: t, clock: jobtest.NewClock()}
	n.store = jobtest.NewSchedules(jobtest.NewMemory(n.clock))
	var err error
	if n.plan, err = job.NewPlan([]job.Schedule{{Name: "x", Cron: "15 1 * * *"}, {Name: "y", Cron: job.Off}}, nil, n.clock.Now()); err != nil {
		t.Fatal(err)
	}
	return n
}

func (n *nights) scheduler(store job.ScheduleStore, clock record.Clock) *job.Scheduler {
	return job.NewScheduler(n.plan, store, clock, slog.New(slog.DiscardHandler), func() { n.woken++ })
}

// jobs takes and finishes what waits.
func (n *nights) jobs() []job.Job {
	n.Helper()
	js, err := n.store.Lease(n.Context(), "n", []string{"schedule.x", "schedule.y"}, 100, time.Minute)
	if err != nil {
		n.Fatal(err)
	}
	for _, j := range js {
		if err := n.store.Finish(n.Context(), j.ID, "n"); err != nil {
			n.Fatal(err)
		}
	}
	return js
}

func TestSchedulerEnqueuesEachDueTimeOnce(t *testing.T) {
	n := newNights(t)
	s := n.scheduler(n.store, n.clock)
	ran := 0
	for range 10 * 24 * 4 { // ten days in quarters of an hour
		s.Look(n.Context())
		s.Look(n.Context())
		ran += len(n.jobs())
		n.clock.Advance(15 * time.Minute)
	}
	if ran != 10 || n.woken != 10 {
		t.Errorf("ran %d times, woke %d times in ten nights", ran, n.woken)
	}
}

func TestSchedulerMakesUpForMissedTimes(t *testing.T) {
	n := newNights(t)
	n.scheduler(n.store, n.clock).Look(n.Context()) // the first start: nothing was missed
	if js := n.jobs(); len(js) != 0 {
		t.Fatalf("the first start: %+v", js)
	}
	n.clock.Advance(5 * 365 * 24 * time.Hour) // off for years
	n.scheduler(n.store, n.clock).Look(n.Context())
	n.scheduler(n.store, n.clock).Look(n.Context()) // a restart
	js := n.jobs()
	if len(js) != 1 || string(js[0].Payload) != `{"due":"2031-03-01T01:15:00Z"}` {
		t.Errorf("%+v", js)
	}
}

func TestTwoSchedulersAtOnce(t *testing.T) {
	n := newNights(t)
	ahead := jobtest.NewClock()
	ahead.Advance(40 * time.Second) // clocks are never quite the same
	one, two := n.scheduler(n.store, n.clock), n.scheduler(n.store, ahead)
	ran := 0
	for range 3 * 24 * 60 * 6 { // three days in steps of ten seconds
		one.Look(n.Context())
		two.Look(n.Context())
		ran += len(n.jobs())
		n.clock.Advance(10 * time.Second)
		ahead.Advance(10 * time.Second)
	}
	if ran != 3 {
		t.Errorf("ran %d times in three nights", ran)
	}
}

// TestSchedulerAfterAWrongClock: a clock that stood in another decade for a
// moment doesn't stop the schedules for years.
func TestSchedulerAfterAWrongClock(t *testing.T) {
	n := newNights(t)
	wrong := jobtest.NewClock()
	wrong.Advance(11 * 365 * 24 * time.Hour)
	n.scheduler(n.store, wrong).Look(n.Context())
	s := n.scheduler(n.store, n.clock)
	s.Look(n.Context())
	n.clock.Advance(24 * time.Hour)
	s.Look(n.Context())
	if js := n.jobs(); len(js) != 1 {
		t.Errorf("%d jobs in the night after", len(js))
	}
}

// failing is a store whose n-th call fails.
type failing struct {
	job.ScheduleStore
	n, at int
}

var errStore = errors.New("database is down")

func (f *failing) call() error {
	if f.n++; f.n == f.at {
		return errStore
	}
	return nil
}

func (f *failing) LastDue(ctx context.Context, name string) (time.Time, error) {
	if err := f.call(); err != nil {
		return time.Time{}, err
	}
	return f.ScheduleStore.LastDue(ctx, name)
}

func (f *failing) Advance(ctx context.Context, name string, from, to time.Time, spec *job.Spec) (bool, error) {
	if err := f.call(); err != nil {
		return false, err
	}
	return f.ScheduleStore.Advance(ctx, name, from, to, spec)
}

func TestNoFailureOfTheStoreLosesARun(t *testing.T) {
	for at := 1; at <= 6; at++ {
		n := newNights(t)
		s := n.scheduler(&failing{ScheduleStore: n.store, at: at}, n.clock)
		ran := 0
		for range 5 { // five starts and looks over two nights
			s.Look(n.Context())
			ran += len(n.jobs())
			n.clock.Advance(12 * time.Hour)
		}
		if ran != 2 {
			t.Errorf("call %d failed: ran %d times in two nights", at, ran)
		}
	}
}

func TestSchedulerRunStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := jobtest.NewMemory(record.SystemClock{})
		plan, err := job.NewPlan([]job.Schedule{{Name: "x", Cron: "*/10 * * * *"}}, nil, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() {
			ended <- job.NewScheduler(plan, jobtest.NewSchedules(m), record.SystemClock{}, slog.New(slog.DiscardHandler), nil).Run(ctx)
		}()
		time.Sleep(time.Hour + time.Minute)
		js, err := m.Lease(t.Context(), "n", []string{"schedule.x"}, 100, time.Minute)
		if err != nil || len(js) != 1 { // nobody ran it: one waits for all six
			t.Errorf("%d jobs wait, %v", len(js), err)
		}
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}
