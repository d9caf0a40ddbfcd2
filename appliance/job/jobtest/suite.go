package jobtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"eakte/appliance/job"
	"eakte/appliance/record"
)

// Harness is a Store with what the suite needs besides.
type Harness struct {
	Store   job.Store
	Enqueue func(ctx context.Context, s job.Spec) error  // in a transaction of its own
	Buried  func(ctx context.Context) ([]job.Job, error) // the jobs set aside
}

const lease = time.Minute

// Run holds a Store to the contract in job.Store. open makes an empty one that
// tells the time by the clock.
func Run(t *testing.T, open func(t *testing.T, clock record.Clock) Harness) {
	for name, test := range map[string]func(*suite){
		"fields":       (*suite).fields,
		"order":        (*suite).order,
		"due":          (*suite).due,
		"lease":        (*suite).lease,
		"lost":         (*suite).lost,
		"heartbeat":    (*suite).heartbeat,
		"finish":       (*suite).finish,
		"retry":        (*suite).retry,
		"snooze":       (*suite).snooze,
		"release":      (*suite).release,
		"bury":         (*suite).bury,
		"key waiting":  (*suite).keyWaiting,
		"key running":  (*suite).keyRunning,
		"key freed":    (*suite).keyFreed,
		"key buried":   (*suite).keyBuried,
		"racing nodes": (*suite).race,
	} {
		t.Run(name, func(t *testing.T) {
			clock := NewClock()
			test(&suite{T: t, ctx: t.Context(), clock: clock, Harness: open(t, clock)})
		})
	}
}

type suite struct {
	*testing.T
	Harness
	ctx   context.Context
	clock *Clock
}

func (s *suite) put(spec job.Spec) {
	s.Helper()
	if spec.Kind == "" {
		spec.Kind = "a"
	}
	s.ok(s.Enqueue(s.ctx, spec))
}

// take leases up to n jobs of kind a.
func (s *suite) take(node string, n int) []job.Job {
	s.Helper()
	jobs, err := s.Store.Lease(s.ctx, node, []string{"a"}, n, lease)
	s.ok(err)
	return jobs
}

// one leases a job and insists that there is exactly one, on that attempt.
func (s *suite) one(node string, attempt int) job.Job {
	s.Helper()
	jobs := s.take(node, 10)
	if len(jobs) != 1 {
		s.Fatalf("leased %d jobs, want 1", len(jobs))
	}
	if jobs[0].Attempt != attempt {
		s.Fatalf("attempt %d, want %d", jobs[0].Attempt, attempt)
	}
	return jobs[0]
}

func (s *suite) none(why string) {
	s.Helper()
	if jobs := s.take("nobody", 10); len(jobs) > 0 {
		s.Fatalf("%s: leased %d jobs, want none", why, len(jobs))
	}
}

func (s *suite) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

// isLost insists that every call on the job by node is refused.
func (s *suite) isLost(id, node string) {
	s.Helper()
	at := s.clock.Now()
	for what, err := range map[string]error{
		"heartbeat": s.Store.Heartbeat(s.ctx, id, node, lease),
		"finish":    s.Store.Finish(s.ctx, id, node),
		"retry":     s.Store.Retry(s.ctx, id, node, at, "late"),
		"snooze":    s.Store.Snooze(s.ctx, id, node, at, "late"),
		"bury":      s.Store.Bury(s.ctx, id, node, "late"),
		"release":   s.Store.Release(s.ctx, id, node),
	} {
		if !errors.Is(err, job.ErrLost) {
			s.Errorf("%s without the lease: %v, want ErrLost", what, err)
		}
	}
}

func (s *suite) fields() {
	s.put(job.Spec{Key: "k", Payload: map[string]string{"document": "d1"}, Priority: 3, MaxAttempts: 7})
	j := s.one("n", 1)
	var p struct{ Document string }
	s.ok(json.Unmarshal(j.Payload, &p))
	if j.ID == "" || j.Kind != "a" || j.Key != "k" || p.Document != "d1" || j.Priority != 3 || j.MaxAttempts != 7 ||
		j.LastCause != "" || !j.EnqueuedAt.Equal(s.clock.Now()) || !j.At.Equal(s.clock.Now()) {
		s.Errorf("leased %+v", j)
	}
	s.put(job.Spec{})
	if j := s.one("n", 1); j.MaxAttempts != job.DefaultMaxAttempts || string(j.Payload) != "null" {
		s.Errorf("defaults: %+v", j)
	}
}

func (s *suite) order() {
	now := s.clock.Now()
	for _, spec := range []job.Spec{
		{Payload: 4, At: now.Add(3 * time.Second)},
		{Payload: 3, At: now.Add(2 * time.Second)},
		{Payload: 1, At: now.Add(4 * time.Second), Priority: 1},
		{Payload: 5, At: now.Add(3 * time.Second)},
		{Payload: 2, At: now.Add(time.Second)},
		{Payload: 6, At: now, Priority: -1},
		{Payload: 9, Kind: "other", Priority: 9},
	} {
		s.put(spec)
	}
	s.clock.Advance(time.Minute)
	got := ""
	for _, n := range []int{2, 3, 9} {
		for _, j := range s.take("n", n) {
			got += string(j.Payload)
		}
		got += " "
	}
	if got != "12 345 6 " {
		s.Errorf("leased in the order %q", got)
	}
	jobs, err := s.Store.Lease(s.ctx, "n", []string{"x", "other", "a"}, 5, lease)
	s.ok(err)
	if len(jobs) != 1 || jobs[0].Kind != "other" {
		s.Errorf("of several kinds: %+v", jobs)
	}
}

func (s *suite) due() {
	s.put(job.Spec{At: s.clock.Now().Add(time.Hour)})
	s.none("not yet due")
	s.clock.Advance(time.Hour)
	s.one("n", 1)
}

func (s *suite) lease() {
	s.put(job.Spec{})
	first := s.one("n1", 1)
	s.none("leased to another")
	s.clock.Advance(lease - time.Second)
	s.none("the lease still stands")
	s.clock.Advance(time.Second)
	again := s.one("n2", 2)
	if again.ID != first.ID {
		s.Errorf("another job: %s, want %s", again.ID, first.ID)
	}
}

func (s *suite) lost() {
	s.put(job.Spec{})
	j := s.one("n1", 1)
	s.isLost(j.ID, "n2")
	s.isLost(record.NewID(), "n1")
	s.clock.Advance(lease)
	s.one("n2", 2)
	s.isLost(j.ID, "n1")
	s.none("a refused call must change nothing")
	s.ok(s.Store.Finish(s.ctx, j.ID, "n2"))
	s.isLost(j.ID, "n2")
}

func (s *suite) heartbeat() {
	s.put(job.Spec{})
	j := s.one("n", 1)
	for range 3 {
		s.clock.Advance(lease - time.Second)
		s.ok(s.Store.Heartbeat(s.ctx, j.ID, "n", lease))
	}
	s.clock.Advance(lease - time.Second)
	s.none("kept by heartbeats")
	s.clock.Advance(time.Second)
	s.one("n2", 2)
}

func (s *suite) finish() {
	s.put(job.Spec{})
	j := s.one("n", 1)
	s.ok(s.Store.Finish(s.ctx, j.ID, "n"))
	s.clock.Advance(24 * time.Hour)
	s.none("finished")
	if buried, err := s.Buried(s.ctx); err != nil || len(buried) != 0 {
		s.Errorf("a finished job is buried: %v, %v", buried, err)
	}
}

func (s *suite) retry() {
	s.put(job.Spec{Payload: "p"})
	j := s.one("n", 1)
	s.ok(s.Store.Retry(s.ctx, j.ID, "n", s.clock.Now().Add(time.Minute), "disk full"))
	s.isLost(j.ID, "n")
	s.none("waits for its retry")
	s.clock.Advance(time.Minute)
	j = s.one("n2", 2)
	if j.LastCause != "disk full" || string(j.Payload) != `"p"` {
		s.Errorf("retried job: %+v", j)
	}
}

func (s *suite) snooze() {
	s.put(job.Spec{})
	j := s.one("n", 1)
	s.ok(s.Store.Snooze(s.ctx, j.ID, "n", s.clock.Now().Add(time.Minute), "too early"))
	s.isLost(j.ID, "n")
	s.none("snoozes")
	s.clock.Advance(time.Minute)
	s.one("n", 1)
}

func (s *suite) release() {
	s.put(job.Spec{})
	j := s.one("n", 1)
	s.ok(s.Store.Retry(s.ctx, j.ID, "n", s.clock.Now(), "once"))
	s.one("n", 2)
	s.ok(s.Store.Release(s.ctx, j.ID, "n"))
	s.isLost(j.ID, "n")
	s.one("n2", 2)
}

func (s *suite) bury() {
	s.put(job.Spec{Payload: "p"})
	j := s.one("n", 1)
	s.ok(s.Store.Bury(s.ctx, j.ID, "n", "no use"))
	s.isLost(j.ID, "n")
	s.clock.Advance(24 * time.Hour)
	s.none("buried")
	buried, err := s.Buried(s.ctx)
	s.ok(err)
	if len(buried) != 1 || buried[0].ID != j.ID || buried[0].LastCause != "no use" || string(buried[0].Payload) != `"p"` {
		s.Errorf("buried: %+v", buried)
	}
}

func (s *suite) keyWaiting() {
	s.put(job.Spec{Key: "k", Payload: 1})
	s.put(job.Spec{Key: "k", Payload: 2})
	s.put(job.Spec{Key: "k", Kind: "other"})
	if j := s.one("n", 1); string(j.Payload) != "1" {
		s.Errorf("payload %s, want the first", j.Payload)
	}
	s.put(job.Spec{})
	s.put(job.Spec{})
	if jobs := s.take("n", 9); len(jobs) != 2 {
		s.Errorf("%d jobs without a key, want 2", len(jobs))
	}
}

func (s *suite) keyRunning() {
	s.put(job.Spec{Key: "k"})
	j := s.one("n", 1)
	s.ok(s.Store.Retry(s.ctx, j.ID, "n", s.clock.Now(), "once"))
	j = s.one("n", 2)
	s.put(job.Spec{Key: "k"})
	s.put(job.Spec{Key: "k"})
	s.none("the same work runs already")
	s.ok(s.Store.Finish(s.ctx, j.ID, "n"))
	j = s.one("n", 1)
	if j.LastCause != "" {
		s.Errorf("cause %q of the run before", j.LastCause)
	}
	s.ok(s.Store.Finish(s.ctx, j.ID, "n"))
	s.none("ran once more already")
}

func (s *suite) keyFreed() {
	end := map[string]func(id string) error{
		"finish": func(id string) error { return s.Store.Finish(s.ctx, id, "n") },
		"bury":   func(id string) error { return s.Store.Bury(s.ctx, id, "n", "no use") },
	}
	for what, end := range end {
		s.put(job.Spec{Key: "k"})
		j := s.one("n", 1)
		s.ok(end(j.ID))
		s.put(job.Spec{Key: "k"})
		next := s.one("n", 1)
		if next.ID == j.ID {
			s.Errorf("after %s the old job came back", what)
		}
		s.ok(s.Store.Finish(s.ctx, next.ID, "n"))
	}
}

func (s *suite) keyBuried() {
	s.put(job.Spec{Key: "k", Payload: "p", MaxAttempts: 3})
	j := s.one("n", 1)
	s.put(job.Spec{Key: "k"})
	s.ok(s.Store.Bury(s.ctx, j.ID, "n", "no use"))
	next := s.one("n", 1)
	if next.ID == j.ID || string(next.Payload) != `"p"` || next.MaxAttempts != 3 || next.LastCause != "" {
		s.Errorf("what was enqueued while the buried job ran: %+v", next)
	}
	if buried, err := s.Buried(s.ctx); err != nil || len(buried) != 1 || buried[0].ID != j.ID {
		s.Errorf("buried: %+v, %v", buried, err)
	}
}

func (s *suite) race() {
	const jobs, nodes = 60, 6
	for i := range jobs {
		s.put(job.Spec{Payload: i})
	}
	var mu sync.Mutex
	seen := map[string]int{}
	var all sync.WaitGroup
	for n := range nodes {
		all.Go(func() {
			node := fmt.Sprint("n", n)
			for {
				got, err := s.Store.Lease(s.ctx, node, []string{"a"}, 4, lease)
				if err != nil {
					s.Error(err)
					return
				}
				if len(got) == 0 {
					return
				}
				for _, j := range got {
					mu.Lock()
					seen[j.ID]++
					mu.Unlock()
					if err := s.Store.Finish(s.ctx, j.ID, node); err != nil {
						s.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	for id, n := range seen {
		if n != 1 {
			s.Errorf("job %s was leased %d times", id, n)
		}
	}
	if len(seen) != jobs {
		s.Errorf("%d jobs ran, want %d", len(seen), jobs)
	}
}
