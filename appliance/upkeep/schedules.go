package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest"
	"eakte/policy/hold"
)

// The schedules by name.
const (
	ScheduleCheckpoint = "checkpoint"
	ScheduleDeliveries = "deliveries"
	ScheduleDue        = "due"
	ScheduleHolds      = "holds"
	ScheduleLocks      = "locks"
	SchedulePurge      = "purge"
	ScheduleReconcile  = "reconcile"
	ScheduleScrub      = "scrub"
)

// Schedules are what comes round, spread over the night in Germany (times are
// UTC). What keeps documents safe must come round once a week at least and
// can't be switched off.
func Schedules() []job.Schedule {
	const week = 7 * 24 * time.Hour
	return []job.Schedule{
		{Name: ScheduleDeliveries, Cron: "5,20,35,50 * * * *"},
		{Name: ScheduleLocks, Cron: "15 0 * * *", Within: week},
		{Name: ScheduleReconcile, Cron: "15 1 * * *", Within: week},
		{Name: ScheduleScrub, Cron: "35 * * * *", Within: week},
		{Name: ScheduleHolds, Cron: "45 2 * * *", Within: week},
		{Name: ScheduleDue, Cron: "15 3 * * *"},
		{Name: SchedulePurge, Cron: "45 3 * * *"},
		{Name: ScheduleCheckpoint, Cron: "30 4 * * *", Within: week},
	}
}

// batch is the most that is read from the catalog at once, or changed in one
// transaction.
const batch = 500

// Result is what a run has to say: one or two sentences without personal
// data, and what it did, in numbers.
type Result struct {
	Text   string
	Counts map[string]int64
}

// Tasks does what the schedules stand for. Every task can be cut off at any
// moment and run again: it goes on, or does again what is harmless to do twice.
type Tasks struct {
	Catalog *catalog.Catalog
	Vault   *vault.Vault
	Intake  *ingest.Intake
	Logbook *Logbook
	Clock   record.Clock
	Log     *slog.Logger
	// Disposal opens the buckets with the second key, for the moment in which
	// something is destroyed or a hold is lifted.
	Disposal func(ctx context.Context) (vault.Disposals, error)
	// Time says whether the clock may be believed; nil: the clock alone is asked.
	Time *Timekeeper
	// ScrubPlan says how fast everything is read again.
	ScrubPlan ScrubPlan
	// KeyFile is where the appliance's identities lie, for their rotation.
	KeyFile string
	// KeepDays is how long a backup is kept (0: 35): so long a copy of a
	// destroyed key may be in one.
	KeepDays int
	// IndexKind is the kind of job that takes a destroyed document out of the
	// search index.
	IndexKind string

	once     sync.Once
	rotating sync.Mutex
}

// Handlers are the handlers of the schedules' jobs, by kind. One worker each
// is enough: a schedule's runs never overlap.
func (t *Tasks) Handlers() map[string]job.Handler {
	out := map[string]job.Handler{}
	for name, run := range map[string]func(context.Context) (Result, error){
		ScheduleCheckpoint: t.Checkpoint, ScheduleDeliveries: t.Deliveries, ScheduleDue: t.Due, ScheduleHolds: t.Holds, ScheduleLocks: t.Locks, SchedulePurge: t.Purge, ScheduleReconcile: t.Reconcile,
		ScheduleScrub: t.Scrub,
	} {
		out[job.SchedulePrefix+name] = func(ctx context.Context, j job.Job) error { return t.run(ctx, j, name, run) }
	}
	out[hold.JobKind] = t.FollowHold
	out[KindRotate] = t.goOnRotating
	out[KindErase] = t.Erase
	out[KindRelocate] = t.Relocate
	return out
}

// run runs a task and keeps what came of it. A failure is tried again while the
// job has attempts left. After the last one it isn't buried: the failure stands
// at the schedule, and the next due time does the same work.
func (t *Tasks) run(ctx context.Context, j job.Job, name string, task func(context.Context) (Result, error)) error {
	err := t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.StartSchedule(name, t.Clock.Now()) })
	if err != nil {
		return err
	}
	result, failure := task(ctx)
	if ctx.Err() != nil {
		return errors.Join(ctx.Err(), failure) // cut off: it goes on when the job is leased again
	}
	outcome := catalog.OutcomeOK
	if failure != nil {
		outcome, result.Text = catalog.OutcomeFailed, explain(failure)
		t.Log.Error("a scheduled task failed", "schedule", name, "attempt", j.Attempt, "error", failure)
	} else {
		t.Log.Info("a scheduled task is done", "schedule", name, "counts", result.Counts)
	}
	err = t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return tx.EndSchedule(name, t.Clock.Now(), outcome, result.Text, result.Counts)
	})
	if err != nil || failure != nil && j.Attempt < j.MaxAttempts && !errors.Is(failure, errFound) {
		return errors.Join(err, failure)
	}
	return nil
}

// errFound marks a failure that trying again in a minute can't mend: the task
// went through and found something wrong.
var errFound = errors.New("upkeep: a person has to look")

// found makes such a failure.
func found(message, hint string, args ...any) error {
	return &record.Error{Category: record.Corrupt, Message: fmt.Sprintf(message, args...), Hint: hint, Cause: errFound}
}

// explain says what failed, for the page; the cause is for the log.
func explain(err error) string {
	var e *record.Error
	if !errors.As(err, &e) {
		return "It failed; the log of the server says why."
	}
	if e.Hint == "" {
		return e.Message
	}
	return e.Message + " " + e.Hint
}

// progress reads where a task goes on into its struct; without any it stays as
// it is.
func (t *Tasks) progress(ctx context.Context, name string, into any) error {
	var text string
	err := t.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		text, err = tx.Progress(name)
		return err
	})
	if err != nil || text == "" {
		return err
	}
	if err := json.Unmarshal([]byte(text), into); err != nil {
		t.Log.Warn("a task begins anew, its notes can't be read", "schedule", name, "error", err)
	}
	return nil
}

// note keeps where a task goes on.
func (t *Tasks) note(tx *catalog.Tx, name string, progress any) error {
	b, err := json.Marshal(progress)
	if err != nil {
		return fmt.Errorf("upkeep: %w", err)
	}
	return tx.SetProgress(name, string(b))
}
