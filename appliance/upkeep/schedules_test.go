package upkeep_test

import (
	"context"
	"errors"
	"log/slog"
	"reflect"
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

// TestEveryScheduleRunsByItself: through scheduler and runner, as the
// appliance does it.
func TestEveryScheduleRunsByItself(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.fill(1)
	plan, err := job.NewPlan(upkeep.Schedules(), nil, h.clock.Now())
	h.ok(err)
	runner := job.NewRunner(h.Catalog, h.clock, slog.New(slog.DiscardHandler), job.Config{Node: "n", Poll: 10 * time.Millisecond})
	ran := make(chan string, 100)
	handlers := h.Handlers()
	for kind, handler := range handlers {
		runner.Handle(kind, 1, func(ctx context.Context, j job.Job) error {
			defer func() { ran <- kind }()
			return handler(ctx, j)
		}, nil)
	}
	s := job.NewScheduler(plan, h.Catalog, h.clock, slog.New(slog.DiscardHandler), runner.Wake)
	s.Look(t.Context())
	h.clock.Advance(24 * time.Hour)
	s.Look(t.Context())
	s.Look(t.Context())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- runner.Run(ctx) }()
	for range plan.Schedules() {
		<-ran
	}
	stop()
	h.ok(<-ended)
	for _, sched := range plan.Schedules() {
		if handlers[sched.Kind()] == nil {
			t.Errorf("%s has no handler", sched.Name)
		}
	}
	for _, sched := range plan.Schedules() {
		row := h.schedule(sched.Name)
		if row.Outcome != catalog.OutcomeOK || row.Result == "" || len(row.Counts) == 0 || row.EndedAt.IsZero() || row.Due.IsZero() {
			t.Errorf("%+v", row)
		}
		t.Logf("%s: %s", sched.Name, row.Result)
	}
	var left []catalog.JobCount
	h.ok(h.Catalog.Read(t.Context(), func(tx *catalog.Tx) (err error) { left, err = tx.JobStats(); return err }))
	for _, j := range left {
		if strings.HasPrefix(j.Kind, job.SchedulePrefix) {
			t.Errorf("left over: %+v", j)
		}
	}
}

// TestFailedRunIsKeptAndTriedAgain: what may work later is tried again, and not
// buried in the end: the next due time does the same work.
func TestFailedRunIsKeptAndTriedAgain(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.fill(1)
	h.clock.Advance(200 * 24 * time.Hour)
	*h.store = vaulttest.Faults{From: 1, To: 1 << 30, Category: errors.New("unheard of")}
	if err := h.job(upkeep.ScheduleLocks, 1); err == nil {
		t.Error("the first attempt is not tried again")
	}
	if err := h.job(upkeep.ScheduleLocks, 12); err != nil {
		t.Errorf("the last attempt would be buried: %v", err)
	}
	if row := h.schedule(upkeep.ScheduleLocks); row.Outcome != catalog.OutcomeFailed || row.Result == "" || strings.Contains(row.Result, "injected") {
		t.Errorf("%+v", row)
	}
	*h.store = vaulttest.Faults{}
	h.ok(h.job(upkeep.ScheduleLocks, 1))
	if row := h.schedule(upkeep.ScheduleLocks); row.Outcome != catalog.OutcomeOK || row.Counts["originals"] == 0 {
		t.Errorf("%+v", row)
	}
}

// TestRunThatIsCutOff leaves no outcome: it goes on when it is leased again.
func TestRunThatIsCutOff(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancelled := h.Handlers()[job.SchedulePrefix+upkeep.ScheduleReconcile]
	h.clean.Records = cutter{h.clean.Records, cancel}
	h.Tasks.Vault = vault.New(h.clean, h.direct.Keyring(), h.clock)
	if err := cancelled(ctx, job.Job{Attempt: 1, MaxAttempts: 12}); !errors.Is(err, context.Canceled) {
		t.Errorf("cut off: %v", err)
	}
	if row := h.schedule(upkeep.ScheduleReconcile); row.Outcome != "" || row.StartedAt.IsZero() || !row.EndedAt.IsZero() {
		t.Errorf("%+v", row)
	}
}

// cutter ends the run when the store is listed.
type cutter struct {
	vault.Bucket
	cut context.CancelFunc
}

func (c cutter) Versions(ctx context.Context, prefix, after string, fn func(vault.ObjectInfo) error) error {
	c.cut()
	return ctx.Err()
}

func TestDue(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	short := h.newFile("03104//0000001", "kurz")
	h.take(short, "eins")
	h.take(h.file, "zwei")
	for _, c := range []struct {
		after time.Duration
		due   int64
	}{{0, 0}, {400 * 24 * time.Hour, 1}} {
		h.clock.Advance(c.after)
		r, err := h.Due(t.Context())
		h.ok(err)
		if !reflect.DeepEqual(r.Counts, map[string]int64{"due": c.due, "due_held": 0}) || r.Text == "" {
			t.Errorf("after %s: %+v", c.after, r)
		}
	}
}

func TestCheckpoint(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.take(h.file, "eins")
	r, err := h.Checkpoint(t.Context())
	h.ok(err)
	if r.Counts["entries"] != 1 || r.Counts["logs"] != 1 {
		t.Errorf("%+v", r)
	}
}

func TestPurge(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite, nil)
	h.take(h.file, "eins")
	now := h.clock.Now()
	h.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.PutSession(catalog.Session{Hash: "old", User: h.actor.User, ExpiresAt: now}),
			tx.PutSession(catalog.Session{Hash: "new", User: h.actor.User, ExpiresAt: now.Add(12 * time.Hour)}),
			tx.PutSignInFailure("x", now), tx.PutSignInFailure("x", now.Add(12*time.Hour)),
			tx.IdempotentPut(h.actor.User, "k", "r", 201, nil),
			tx.AddCounts("n", []catalog.Count{{At: now, Kind: catalog.CountPages, N: 1}, {At: now.Add(time.Minute), Kind: catalog.CountPages, N: 2},
				{At: now, Kind: catalog.CountReady, N: 1}}))
	})
	h.clock.Advance(25 * time.Hour)
	want := []map[string]int64{
		{"spool": 0, "spool_kept": 0, "expired": 2, "answers": 0, "journal": 0, "counts": 0},
		{"spool": 0, "spool_kept": 0, "expired": 0, "answers": 0, "journal": 0, "counts": 0},
		{"spool": 0, "spool_kept": 0, "expired": 2, "answers": 1, "journal": 1, "counts": 5}, // three minutes become two days, which are too old by then
	}
	for i, w := range want {
		r, err := h.Purge(t.Context())
		h.ok(err)
		if !reflect.DeepEqual(r.Counts, w) {
			t.Errorf("run %d: %v, want %v", i, r.Counts, w)
		}
		if i == 1 {
			h.clock.Advance(400 * 24 * time.Hour)
		}
	}
	h.ok(h.Catalog.Read(t.Context(), func(tx *catalog.Tx) error {
		_, err := tx.JournalUnfinished("test")
		return err
	}))
	if d := h.document(h.take(h.file, "zwei").ID); d.State == record.StateDisposed {
		t.Error(d)
	}
}
