package catalogtest

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
)

// jobsCommit: a job is there exactly when the transaction that causes it is.
func (s *suite) jobsCommit() {
	cancelled := errors.New("cancelled")
	err := s.c.WithTx(s.Context(), func(tx *catalog.Tx) error {
		if err := tx.Enqueue(job.Spec{Kind: "a", Key: "k"}); err != nil {
			return err
		}
		return cancelled
	})
	if !errors.Is(err, cancelled) {
		s.Errorf("error %v", err)
	}
	lease := func() []job.Job {
		js, err := s.c.Lease(s.Context(), "n", []string{"a"}, 5, time.Minute)
		s.ok(err)
		return js
	}
	if js := lease(); len(js) != 0 {
		s.Errorf("a job of a transaction that was rolled back: %+v", js)
	}
	s.write(func(tx *catalog.Tx) error { return tx.Enqueue(job.Spec{Kind: "a", Key: "k"}) })
	if js := lease(); len(js) != 1 {
		s.Errorf("%d jobs", len(js))
	}
	s.is(s.c.Enqueue(s.Context(), job.Spec{}), record.Invalid)
	if js, err := s.c.Lease(s.Context(), "n", nil, 5, time.Minute); err != nil || js != nil {
		s.Errorf("lease of no kind: %v, %v", js, err)
	}
}

// jobsBury: a buried job stays, is counted, and may be revived.
func (s *suite) jobsBury() {
	s.ok(s.c.Enqueue(s.Context(), job.Spec{Kind: "a", Key: "k", Payload: 1}))
	s.ok(s.c.Enqueue(s.Context(), job.Spec{Kind: "b", At: s.clock.Now().Add(time.Hour)}))
	lease := func() job.Job {
		s.Helper()
		js, err := s.c.Lease(s.Context(), "n", []string{"a"}, 5, time.Minute)
		s.ok(err)
		if len(js) != 1 {
			s.Fatalf("leased %d jobs", len(js))
		}
		return js[0]
	}
	first := lease()
	s.ok(s.c.Enqueue(s.Context(), job.Spec{Kind: "a", Key: "k", Payload: 1})) // changed while it ran
	s.ok(s.c.Bury(s.Context(), first.ID, "n", "no use"))
	stats := get(s, (*catalog.Tx).JobStats)
	if want := []catalog.JobCount{{Kind: "a", Waiting: 1, Buried: 1, OldestDue: s.clock.Now()}, {Kind: "b", Waiting: 1}}; fmt.Sprint(stats) != fmt.Sprint(want) {
		s.Errorf("stats %+v, want %+v", stats, want)
	}
	revive := func(id string) error {
		return s.c.WithTx(s.Context(), func(tx *catalog.Tx) error { return tx.ReviveJob(id) })
	}
	s.is(revive(first.ID), record.Conflict)
	second := lease()
	if second.ID == first.ID || second.Attempt != 1 || string(second.Payload) != "1" {
		s.Errorf("the work that was enqueued while it ran: %+v", second)
	}
	s.ok(s.c.Finish(s.Context(), second.ID, "n"))
	s.ok(revive(first.ID))
	s.is(revive(first.ID), record.NotFound)
	if j := lease(); j.ID != first.ID || j.Attempt != 1 || j.LastCause != "" {
		s.Errorf("revived: %+v", j)
	}
}

// jobsRace: many nodes lease what many transactions enqueue; each job runs
// once.
func (s *suite) jobsRace() {
	const producers, each, nodes = 4, 25, 4
	var all sync.WaitGroup
	var mu sync.Mutex
	ran := map[string]int{}
	count := func() int {
		mu.Lock()
		defer mu.Unlock()
		return len(ran)
	}
	for p := range producers {
		all.Go(func() {
			for i := range each {
				if err := s.c.Enqueue(s.Context(), job.Spec{Kind: "a", Key: fmt.Sprint(p, "-", i)}); err != nil {
					s.Error(err)
				}
			}
		})
	}
	for n := range nodes {
		all.Go(func() {
			node := fmt.Sprint("n", n)
			for count() < producers*each && !s.Failed() {
				js, err := s.c.Lease(s.Context(), node, []string{"a"}, 3, time.Minute)
				if err != nil {
					s.Error(err)
				}
				for _, j := range js {
					mu.Lock()
					ran[j.Key]++
					mu.Unlock()
					if err := s.c.Finish(s.Context(), j.ID, node); err != nil {
						s.Error(err)
					}
				}
			}
		})
	}
	all.Wait()
	for key, n := range ran {
		if n != 1 {
			s.Errorf("job %s ran %d times", key, n)
		}
	}
}
