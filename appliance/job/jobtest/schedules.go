package jobtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"eakte/appliance/job"
	"eakte/appliance/record"
)

// Schedules is a job.ScheduleStore that enqueues in a Memory.
type Schedules struct {
	*Memory
	mu  sync.Mutex
	due map[string]time.Time
}

// NewSchedules makes one that knows no schedule.
func NewSchedules(m *Memory) *Schedules { return &Schedules{Memory: m, due: map[string]time.Time{}} }

// LastDue implements job.ScheduleStore.
func (s *Schedules) LastDue(_ context.Context, name string) (time.Time, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.due[name], nil
}

// Advance implements job.ScheduleStore.
func (s *Schedules) Advance(ctx context.Context, name string, from, to time.Time, spec *job.Spec) (bool, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.due[name].Equal(from) {
		return false, nil
	}
	if spec != nil {
		if err := s.Enqueue(ctx, *spec); err != nil {
			return false, err
		}
	}
	s.due[name] = to
	return true, nil
}

// ScheduleHarness is a ScheduleStore with the Store its jobs land in.
type ScheduleHarness struct {
	Schedules job.ScheduleStore
	Jobs      job.Store
}

// RunSchedules holds a ScheduleStore to its contract. open makes an empty one
// that tells the time by the clock.
func RunSchedules(t *testing.T, open func(t *testing.T, clock record.Clock) ScheduleHarness) {
	for name, test := range map[string]func(*scheduleSuite){
		"unknown": (*scheduleSuite).unknown,
		"advance": (*scheduleSuite).advance,
		"faster":  (*scheduleSuite).faster,
		"refused": (*scheduleSuite).refused,
		"race":    (*scheduleSuite).race,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(&scheduleSuite{T: t, clock: clock, ScheduleHarness: open(t, clock)})
		})
	}
}

type scheduleSuite struct {
	*testing.T
	ScheduleHarness
	clock *Clock
}

func (s *scheduleSuite) move(name string, from, to time.Time, spec *job.Spec) bool {
	s.Helper()
	moved, err := s.Schedules.Advance(s.Context(), name, from, to, spec)
	if err != nil {
		s.Fatal(err)
	}
	return moved
}

func (s *scheduleSuite) stands(name string, at time.Time) {
	s.Helper()
	if last, err := s.Schedules.LastDue(s.Context(), name); err != nil || !last.Equal(at) {
		s.Errorf("%s stands at %s, %v, want %s", name, last, err, at)
	}
}

func (s *scheduleSuite) jobs() int {
	s.Helper()
	js, err := s.Jobs.Lease(s.Context(), record.NewID(), []string{"a"}, 10, time.Minute)
	if err != nil {
		s.Fatal(err)
	}
	return len(js)
}

func (s *scheduleSuite) unknown() { s.stands("x", time.Time{}) }

func (s *scheduleSuite) advance() {
	now := s.clock.Now()
	if !s.move("x", time.Time{}, now, nil) || s.jobs() != 0 {
		s.Error("the first step: a job, or not done")
	}
	s.stands("x", now)
	s.stands("y", time.Time{})
	later := now.Add(time.Microsecond)
	if !s.move("x", now, later, &job.Spec{Kind: "a", Key: "k"}) || s.jobs() != 1 {
		s.Error("the second step: no job, or not done")
	}
	s.stands("x", later)
	if !s.move("x", later, now, nil) { // a clock was wrong
		s.Error("back: not done")
	}
	s.stands("x", now)
}

func (s *scheduleSuite) faster() {
	now := s.clock.Now()
	s.move("x", time.Time{}, now, nil)
	for _, from := range []time.Time{{}, now.Add(-time.Hour), now.Add(time.Microsecond)} {
		if s.move("x", from, now.Add(time.Hour), &job.Spec{Kind: "a"}) {
			s.Errorf("moved from %s", from)
		}
	}
	if s.move("y", now, now.Add(time.Hour), &job.Spec{Kind: "a"}) {
		s.Error("one that is not known moved from a time")
	}
	if n := s.jobs(); n != 0 {
		s.Errorf("%d jobs", n)
	}
	s.stands("x", now)
}

func (s *scheduleSuite) refused() {
	now := s.clock.Now()
	if moved, err := s.Schedules.Advance(s.Context(), "x", time.Time{}, now, &job.Spec{}); err == nil || moved {
		s.Errorf("with a job without kind: %v, %v", moved, err)
	}
	s.stands("x", time.Time{})
}

// race: of many nodes one enqueues.
func (s *scheduleSuite) race() {
	now := s.clock.Now()
	s.move("x", time.Time{}, now, nil)
	var won sync.Map
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			moved, err := s.Schedules.Advance(s.Context(), "x", now, now.Add(time.Hour), &job.Spec{Kind: "a"})
			if err != nil {
				s.Error(err)
			}
			if moved {
				won.Store(i, true)
			}
		})
	}
	all.Wait()
	n := 0
	won.Range(func(any, any) bool { n++; return true })
	if jobs := s.jobs(); n != 1 || jobs != 1 {
		s.Errorf("%d won, %d jobs", n, jobs)
	}
}
