package job

import (
	"context"
	"log/slog"
	"time"

	"eakte/appliance/record"
)

// ScheduleStore remembers up to which due time each schedule was enqueued. The
// catalog is one; jobtest holds every ScheduleStore to the same suite.
type ScheduleStore interface {
	// LastDue gives the time a schedule stands at; zero if it is not known yet.
	LastDue(ctx context.Context, name string) (time.Time, error)
	// Advance moves a schedule from the time it stands at to another one and,
	// if spec is given, enqueues that job, both in one transaction. If it does
	// not stand at from any more, another node was faster: Advance gives false
	// and changes nothing. Times are whole microseconds.
	Advance(ctx context.Context, name string, from, to time.Time, spec *Spec) (moved bool, err error)
}

// Scheduler enqueues jobs when they are due; it runs none. Any number of nodes
// may run one over the same store: each due time is enqueued once. A time that
// passed while none ran is made up for at the start, and of several that were
// missed only the last.
//
// It looks at the clock itself, by cron's tables: a runner that sleeps until a
// time forgets what a restart missed, and sleeps on when a machine is suspended
// or its clock is set.
type Scheduler struct {
	plan  Plan
	store ScheduleStore
	clock record.Clock
	log   *slog.Logger
	wake  func()
}

// lookEvery is how long a due time may go unnoticed.
const lookEvery = 20 * time.Second

// NewScheduler makes a scheduler. wake is told after something was enqueued;
// it may be nil.
func NewScheduler(plan Plan, store ScheduleStore, clock record.Clock, log *slog.Logger, wake func()) *Scheduler {
	if wake == nil {
		wake = func() {}
	}
	return &Scheduler{plan: plan, store: store, clock: clock, log: log, wake: wake}
}

// Run looks at once and then again and again until ctx ends. What can't be
// enqueued because the store fails is logged and tried at the next look.
func (s *Scheduler) Run(ctx context.Context) error {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		s.Look(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// Look enqueues what is due now.
func (s *Scheduler) Look(ctx context.Context) {
	enqueued := false
	for _, e := range s.plan.entries {
		did, err := s.look(ctx, e)
		if err != nil && ctx.Err() == nil {
			s.log.Error("a schedule can't be enqueued and waits", "schedule", e.Name, "error", err)
		}
		enqueued = enqueued || did
	}
	if enqueued {
		s.wake()
	}
}

// look enqueues one schedule if it is due. One that was never seen counts from
// now on: nothing was missed. One that is off stays where it is and is not made
// up for by more than one run when it is switched on.
func (s *Scheduler) look(ctx context.Context, e entry) (enqueued bool, err error) {
	if e.times == nil {
		return false, nil
	}
	now := s.clock.Now().UTC().Truncate(time.Microsecond)
	last, err := s.store.LastDue(ctx, e.Name)
	if err != nil {
		return false, err
	}
	// A node whose clock is ahead may have enqueued the next due time already.
	// Anything later was written by a clock that was wrong by far; to wait for
	// it could be to wait for years.
	if last.IsZero() || last.After(e.times.Next(now)) {
		_, err := s.store.Advance(ctx, e.Name, last, now, nil)
		return false, err
	}
	due := e.latest(last, now)
	if due.IsZero() {
		return false, nil
	}
	spec := e.spec(due)
	enqueued, err = s.store.Advance(ctx, e.Name, last, due, &spec)
	if enqueued && err == nil {
		s.log.Info("a schedule is due", "schedule", e.Name, "due", due)
	}
	return enqueued, err
}
