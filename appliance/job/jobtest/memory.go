// Package jobtest holds every job.Store to one suite, and has a Store in
// memory for the tests of handlers.
package jobtest

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"eakte/appliance/job"
	"eakte/appliance/record"
)

// Clock is a clock that a test moves by hand.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at a fixed time.
func NewClock() *Clock { return &Clock{now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)} }

// Now is the time it was moved to.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// Memory is a job.Store that forgets everything with the process.
type Memory struct {
	clock record.Clock
	mu    sync.Mutex
	rows  []*row // in the order of enqueueing
}

type row struct {
	job    job.Job
	node   string    // holds the lease; "" = waiting
	until  time.Time // the lease runs out
	again  bool      // the key was enqueued while it ran
	buried bool
}

// NewMemory makes an empty store.
func NewMemory(clock record.Clock) *Memory { return &Memory{clock: clock} }

// Enqueue adds a job, or leaves its work to the one with the same key.
func (m *Memory) Enqueue(_ context.Context, s job.Spec) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	j, err := job.New(s, m.clock.Now())
	if err != nil {
		return err
	}
	for _, r := range m.rows {
		if s.Key != "" && !r.buried && r.job.Kind == s.Kind && r.job.Key == s.Key {
			r.again = r.again || r.node != ""
			return nil
		}
	}
	m.rows = append(m.rows, &row{job: j})
	return nil
}

// Buried gives the jobs that were set aside.
func (m *Memory) Buried(context.Context) ([]job.Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var jobs []job.Job
	for _, r := range m.rows {
		if r.buried {
			jobs = append(jobs, r.job)
		}
	}
	return jobs, nil
}

// Lease implements job.Store.
func (m *Memory) Lease(_ context.Context, node string, kinds []string, n int, lease time.Duration) ([]job.Job, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock.Now()
	var due []*row
	for _, r := range m.rows {
		free := r.node == "" && !r.job.At.After(now) || r.node != "" && !r.until.After(now)
		if !r.buried && free && slices.Contains(kinds, r.job.Kind) {
			due = append(due, r)
		}
	}
	slices.SortStableFunc(due, func(a, b *row) int {
		return cmp.Or(cmp.Compare(b.job.Priority, a.job.Priority), a.job.At.Compare(b.job.At))
	})
	var jobs []job.Job
	for _, r := range due[:min(n, len(due))] {
		r.node, r.until = node, now.Add(lease)
		r.job.Attempt++
		jobs = append(jobs, r.job)
	}
	return jobs, nil
}

// held changes a row that node holds.
func (m *Memory) held(id, node string, change func(*row)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.rows {
		if r.job.ID == id && r.node == node && !r.buried {
			change(r)
			return nil
		}
	}
	return job.ErrLost
}

// Heartbeat implements job.Store.
func (m *Memory) Heartbeat(_ context.Context, id, node string, lease time.Duration) error {
	return m.held(id, node, func(r *row) { r.until = m.clock.Now().Add(lease) })
}

// Finish implements job.Store.
func (m *Memory) Finish(_ context.Context, id, node string) error {
	return m.held(id, node, func(r *row) {
		if r.again {
			r.node, r.again = "", false
			r.job.Attempt, r.job.LastCause, r.job.At = 0, "", m.clock.Now()
			return
		}
		m.rows = slices.DeleteFunc(m.rows, func(o *row) bool { return o == r })
	})
}

// Retry implements job.Store.
func (m *Memory) Retry(_ context.Context, id, node string, at time.Time, cause string) error {
	return m.held(id, node, func(r *row) {
		r.node, r.again, r.job.At, r.job.LastCause = "", false, at, cause
	})
}

// Snooze implements job.Store.
func (m *Memory) Snooze(_ context.Context, id, node string, at time.Time, cause string) error {
	return m.held(id, node, func(r *row) {
		r.node, r.again, r.job.At, r.job.LastCause = "", false, at, cause
		r.job.Attempt--
	})
}

// Bury implements job.Store.
func (m *Memory) Bury(_ context.Context, id, node, cause string) error {
	return m.held(id, node, func(r *row) {
		if r.again {
			next := r.job
			next.ID, next.Attempt, next.LastCause = record.NewID(), 0, ""
			next.At, next.EnqueuedAt = m.clock.Now(), m.clock.Now()
			m.rows = append(m.rows, &row{job: next})
		}
		r.node, r.again, r.buried, r.job.LastCause = "", false, true, cause
	})
}

// Release implements job.Store.
func (m *Memory) Release(_ context.Context, id, node string) error {
	return m.held(id, node, func(r *row) {
		r.node, r.again, r.job.At = "", false, m.clock.Now()
		r.job.Attempt--
	})
}
