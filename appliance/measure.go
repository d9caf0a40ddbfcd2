package main

import (
	"context"
	"sync"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/metrics"
	"eakte/appliance/record"
)

// countEvery is how often the documents are counted, which reads all of them;
// scrapes come more often.
const countEvery = time.Minute

// tally keeps the last count of documents.
type tally struct {
	mu      sync.Mutex
	at      time.Time
	byState map[record.State]int64
}

func (t *tally) documents(tx *catalog.Tx) (map[string]int64, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); now.Sub(t.at) > countEvery {
		all, err := tx.Totals()
		if err != nil {
			return nil, err
		}
		t.at, t.byState = now, all.ByState
	}
	out := map[string]int64{}
	for state, n := range t.byState {
		out[string(state)] = n
	}
	return out, nil
}

// measured is what /metrics asks for at each scrape.
func (a *app) measured(ctx context.Context) (s metrics.State, err error) {
	err = a.catalog.Read(ctx, func(tx *catalog.Tx) error {
		var stats []catalog.JobCount
		for _, read := range []func() error{
			func() (err error) { s.Documents, err = a.tally.documents(tx); return err },
			func() (err error) { s.Outbox, err = tx.OutboxSize(); return err },
			func() (err error) { s.Pending, err = tx.AuditPending(); return err },
			func() (err error) { stats, err = tx.JobStats(); return err },
		} {
			if err := read(); err != nil {
				return err
			}
		}
		s.Jobs = a.queues(stats)
		return nil
	})
	if err != nil {
		return s, err
	}
	if s.Schedules, err = a.lastRuns(ctx); err != nil {
		return s, err
	}
	for _, w := range a.folders {
		st := w.State()
		s.Folders = append(s.Folders, metrics.Folder{Waiting: int64(st.Waiting), Taken: st.Taken, Rejected: st.Rejected, Problem: st.Code != ""})
	}
	s.Parts = map[string]int{}
	level := map[string]int{admin.Down: 0, admin.Degraded: 1, admin.OK: 2}
	for name, state := range a.admin.Levels(ctx) {
		s.Parts[name] = level[state]
	}
	return s, nil
}

// counted hands on what reading a document took, as the catalog keeps it.
func (a *app) counted(c catalog.Count) {
	switch c.Kind {
	case catalog.CountPages:
		a.metrics.Pages(c.N)
	case catalog.CountReady:
		a.metrics.Documents("ready", c.N)
	case catalog.CountQuarantined:
		a.metrics.Documents(c.Name, c.N)
	case catalog.CountRetries:
		a.metrics.Retries(c.N)
	case catalog.CountDeaths:
		a.metrics.Deaths(c.N)
	case catalog.CountStage:
		a.metrics.Stage(c.Name, time.Duration(c.N)*time.Millisecond)
	}
}

func (a *app) queues(stats []catalog.JobCount) map[string]metrics.Queue {
	out := map[string]metrics.Queue{}
	for _, j := range stats {
		q := metrics.Queue{Waiting: j.Waiting, Running: j.Leased, Buried: j.Buried}
		if !j.OldestDue.IsZero() {
			q.Oldest = a.clock.Now().Sub(j.OldestDue)
		}
		out[j.Kind] = q
	}
	return out
}

func (a *app) lastRuns(ctx context.Context) (map[string]metrics.Last, error) {
	known, _, err := a.schedules(ctx)
	out := map[string]metrics.Last{}
	for name, r := range known {
		out[name] = metrics.Last{At: r.EndedAt, Failed: r.Outcome == catalog.OutcomeFailed}
	}
	return out, err
}
