package job_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"eakte/appliance/job"
)

func TestLostLeaseEndsTheHandler(t *testing.T) {
	down := errors.New("database is down")
	for name, c := range map[string]struct {
		err    error
		within time.Duration
	}{"taken by another": {job.ErrLost, 21 * time.Second}, "store unreachable": {down, 81 * time.Second}} {
		t.Run(name, func(t *testing.T) {
			run(t, func(b *bench) {
				b.put(job.Spec{})
				b.store = &faulty{Store: b.Memory, heartbeat: func() error { return c.err }}
				var ended time.Duration
				started := time.Now()
				r := b.runner("n")
				r.Handle("a", 1, func(ctx context.Context, _ job.Job) error {
					<-ctx.Done()
					if ended > 0 { // leased again, when the lease had run out
						return ctx.Err()
					}
					ended = time.Since(started)
					if !errors.Is(context.Cause(ctx), job.ErrLost) {
						b.Errorf("ended by %v", context.Cause(ctx))
					}
					return job.Permanent(errors.New("must not be told to the store"))
				}, nil)
				stop := b.start(r)
				time.Sleep(10 * time.Minute)
				b.stopped(stop)
				if ended == 0 || ended > c.within || len(b.buried()) != 0 {
					b.Errorf("handler ended after %v, buried %+v", ended, b.buried())
				}
				if jobs := b.left(); len(jobs) != 1 || jobs[0].Attempt < 2 {
					b.Errorf("for another node: %+v", jobs)
				}
			})
		})
	}
}

func TestOneFailedHeartbeatEndsNothing(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{})
		n := 0
		b.store = &faulty{Store: b.Memory, heartbeat: func() error {
			if n++; n%2 == 1 {
				return errors.New("busy")
			}
			return nil
		}}
		var result error
		r := b.runner("n")
		r.Handle("a", 1, func(ctx context.Context, _ job.Job) error {
			time.Sleep(10 * time.Minute)
			result = ctx.Err()
			return nil
		}, nil)
		stop := b.start(r)
		time.Sleep(11 * time.Minute)
		b.stopped(stop)
		if result != nil || len(b.left()) != 0 {
			b.Errorf("handler's context: %v", result)
		}
	})
}

func TestFinishIsTriedAgain(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{})
		n, ran := 0, 0
		b.store = &faulty{Store: b.Memory, finish: func() error {
			if n++; n <= 5 {
				return errors.New("busy")
			}
			return nil
		}}
		r := b.runner("n")
		r.Handle("a", 1, func(context.Context, job.Job) error { ran++; return nil }, nil)
		stop := b.start(r)
		time.Sleep(10 * time.Minute)
		b.stopped(stop)
		if ran != 1 || n != 6 || len(b.left()) != 0 {
			b.Errorf("ran %d times, finish called %d times", ran, n)
		}
	})
}

func TestUnfinishedWorkRunsAgain(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{})
		until := time.Now().Add(3 * time.Minute)
		b.store = &faulty{Store: b.Memory, finish: func() error {
			if time.Now().Before(until) {
				return errors.New("database is down")
			}
			return nil
		}}
		ran := 0
		r := b.runner("n")
		r.Handle("a", 1, func(context.Context, job.Job) error { ran++; return nil }, nil)
		stop := b.start(r)
		time.Sleep(3 * time.Hour)
		b.stopped(stop)
		if ran != 2 || len(b.left()) != 0 || len(b.buried()) != 0 {
			b.Errorf("ran %d times", ran)
		}
	})
}

func TestFailedLeaseIsTriedAgain(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{})
		n, ran := 0, 0
		b.store = &faulty{Store: b.Memory, lease: func() error {
			if n++; n <= 2 {
				return errors.New("database is down")
			}
			return nil
		}}
		r := b.runner("n")
		r.Handle("a", 2, func(context.Context, job.Job) error { ran++; return nil }, nil)
		stop := b.start(r)
		time.Sleep(3 * time.Hour)
		synctest.Wait()
		b.stopped(stop)
		if ran != 1 {
			b.Errorf("ran %d times after %d leases", ran, n)
		}
	})
}

func TestLeasedWhileStoppingIsGivenBack(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{MaxAttempts: 1})
		ctx, cancel := context.WithCancel(b.Context())
		b.store = &faulty{Store: b.Memory, lease: func() error { cancel(); return nil }}
		r := b.runner("n")
		r.Handle("a", 1, func(context.Context, job.Job) error {
			b.Error("started after the end")
			return nil
		}, nil)
		if err := r.Run(ctx); err != nil {
			b.Error(err)
		}
		if jobs := b.left(); len(jobs) != 1 || jobs[0].Attempt != 1 {
			b.Errorf("given back: %+v", jobs)
		}
	})
}

// A job that kills its node is not leased for ever.
func TestJobThatKillsItsNodesIsBuried(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{MaxAttempts: 2})
		for range 2 { // two nodes take it and are never heard of again
			if jobs, err := b.Lease(b.Context(), "dead", []string{"a"}, 1, time.Minute); err != nil || len(jobs) != 1 {
				b.Fatal(jobs, err)
			}
			time.Sleep(time.Minute)
		}
		r := b.runner("n")
		var told int
		r.Handle("a", 1, func(context.Context, job.Job) error {
			b.Error("runs a third time")
			return nil
		}, func(context.Context, job.Job, string) { told++ })
		stop := b.start(r)
		synctest.Wait()
		b.stopped(stop)
		if jobs := b.buried(); len(jobs) != 1 || told != 1 {
			b.Errorf("buried %+v, told %d times", jobs, told)
		}
	})
}
