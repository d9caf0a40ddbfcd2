package job_test

import (
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"eakte/appliance/job"
	"eakte/appliance/record"
)

func TestWakeRunsAtOnce(t *testing.T) {
	run(t, func(b *bench) {
		var payload string
		r := b.runner("n")
		r.Handle("a", 1, func(_ context.Context, j job.Job) error { payload = string(j.Payload); return nil }, nil)
		stop := b.start(r)
		synctest.Wait()
		started := time.Now()
		b.put(job.Spec{Payload: "p"})
		r.Wake()
		synctest.Wait()
		if payload != `"p"` || !time.Now().Equal(started) {
			b.Errorf("payload %s after %v", payload, time.Since(started))
		}
		b.stopped(stop)
		if jobs := b.left(); len(jobs) != 0 {
			b.Errorf("left over: %+v", jobs)
		}
	})
}

func TestPollFindsWhatNobodyToldOf(t *testing.T) {
	run(t, func(b *bench) {
		var ran int
		r := b.runner("n")
		r.Handle("a", 1, func(context.Context, job.Job) error { ran++; return nil }, nil)
		stop := b.start(r)
		synctest.Wait()
		b.put(job.Spec{})
		time.Sleep(time.Hour)
		synctest.Wait()
		if ran != 1 {
			b.Errorf("ran %d times", ran)
		}
		b.stopped(stop)
	})
}

func TestBacklogRunsWithoutPolling(t *testing.T) {
	run(t, func(b *bench) {
		for range 20 {
			b.put(job.Spec{})
		}
		var ran, now, most atomic.Int32
		r := b.runner("n")
		r.Handle("a", 3, func(context.Context, job.Job) error {
			most.Store(max(most.Load(), now.Add(1)))
			time.Sleep(time.Second)
			now.Add(-1)
			ran.Add(1)
			return nil
		}, nil)
		stop := b.start(r)
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if ran.Load() != 20 || most.Load() != 3 {
			b.Errorf("ran %d, at most %d at a time; want 20 and 3", ran.Load(), most.Load())
		}
		b.stopped(stop)
	})
}

func TestSlowKindHoldsUpNoOther(t *testing.T) {
	run(t, func(b *bench) {
		var quick bool
		r := b.runner("n")
		r.Handle("a", 1, func(ctx context.Context, _ job.Job) error { <-ctx.Done(); return ctx.Err() }, nil)
		r.Handle("b", 1, func(context.Context, job.Job) error { quick = true; return nil }, nil)
		b.put(job.Spec{Kind: "a", Priority: 9})
		b.put(job.Spec{Kind: "a", Priority: 9})
		b.put(job.Spec{Kind: "b"})
		b.put(job.Spec{Kind: "c"})
		stop := b.start(r)
		synctest.Wait()
		if !quick {
			b.Error("a job waits for one of another kind")
		}
		b.stopped(stop)
		if jobs, err := b.Lease(b.Context(), "x", []string{"c"}, 9, time.Hour); err != nil || len(jobs) != 1 || jobs[0].Attempt != 1 {
			b.Errorf("a kind without handler was touched: %+v, %v", jobs, err)
		}
	})
}

func TestRetryPausesGrow(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{MaxAttempts: 6})
		var at []time.Time
		var causes []string
		r := job.NewRunner(b.store, record.SystemClock{}, slog.New(slog.DiscardHandler),
			job.Config{Node: "n", Poll: 100 * time.Millisecond})
		r.Handle("a", 1, func(_ context.Context, j job.Job) error {
			at, causes = append(at, time.Now()), append(causes, j.LastCause)
			if j.Attempt != len(at) {
				b.Errorf("attempt %d, want %d", j.Attempt, len(at))
			}
			if len(at) == 5 {
				return nil
			}
			return errors.New("disk full")
		}, nil)
		stop := b.start(r)
		time.Sleep(time.Hour)
		b.stopped(stop)
		if len(at) != 5 || causes[0] != "" || causes[4] != "disk full" {
			b.Fatalf("ran %d times, causes %q", len(at), causes)
		}
		for i, full := 0, 5*time.Second; i < 4; i, full = i+1, 2*full {
			if d := at[i+1].Sub(at[i]); d < full/2 || d > full+200*time.Millisecond {
				b.Errorf("pause %d is %v, want %v to %v", i+1, d, full/2, full)
			}
		}
	})
}

func TestBuriedAfterTheLastAttempt(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{MaxAttempts: 3, Payload: "p"})
		var ran int
		var told []string
		r := job.NewRunner(b.store, record.SystemClock{}, slog.New(slog.DiscardHandler), job.Config{Node: "n"})
		r.Handle("a", 1, func(context.Context, job.Job) error { ran++; return errors.New("no disk") },
			func(_ context.Context, j job.Job, cause string) {
				if len(b.buried()) != 0 {
					b.Error("buried before the callback: it would never come again")
				}
				told = append(told, string(j.Payload)+cause)
			})
		stop := b.start(r)
		time.Sleep(time.Hour)
		b.stopped(stop)
		if ran != 3 || len(told) != 1 || told[0] != `"p"no disk` {
			b.Errorf("ran %d times, told %q", ran, told)
		}
		if jobs := b.buried(); len(jobs) != 1 || jobs[0].LastCause != "no disk" || jobs[0].Attempt != 3 {
			b.Errorf("buried %+v", jobs)
		}
	})
}

func TestPermanentIsBuriedAtOnce(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{})
		cause := errors.New("damaged")
		var told int
		r := b.runner("n")
		r.Handle("a", 1, func(context.Context, job.Job) error { return job.Permanent(cause) },
			func(context.Context, job.Job, string) { told++; panic("in the callback") })
		stop := b.start(r)
		synctest.Wait()
		b.stopped(stop)
		if jobs := b.buried(); len(jobs) != 1 || jobs[0].LastCause != "damaged" || told != 1 {
			b.Errorf("buried %+v, told %d times", jobs, told)
		}
		if job.Permanent(nil) != nil || !errors.Is(job.Permanent(cause), cause) || !errors.Is(job.After(cause, 1), cause) {
			b.Error("the verdicts hide their cause")
		}
	})
}

func TestAfterIsNoAttempt(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{MaxAttempts: 2})
		var at []time.Time
		r := job.NewRunner(b.store, record.SystemClock{}, slog.New(slog.DiscardHandler), job.Config{Node: "n", Poll: time.Second})
		r.Handle("a", 1, func(_ context.Context, j job.Job) error {
			at = append(at, time.Now())
			if j.Attempt != 1 {
				b.Errorf("attempt %d", j.Attempt)
			}
			if len(at) < 5 {
				return job.After(errors.New("the worker is busy"), 10*time.Second)
			}
			return nil
		}, nil)
		stop := b.start(r)
		time.Sleep(time.Hour)
		b.stopped(stop)
		if len(at) != 5 || at[1].Sub(at[0]) < 10*time.Second || len(b.buried()) != 0 {
			b.Errorf("ran at %v, buried %v", at, b.buried())
		}
	})
}

func TestPanicIsAFailure(t *testing.T) {
	for name, bad := range map[string]func(){
		"panic":   func() { panic("Erika Mustermann") },
		"runtime": func() { m := map[string][]int{}; _ = m["x"][len(m)] },
		"goexit":  runtime.Goexit,
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(b *bench) {
				b.put(job.Spec{MaxAttempts: 1})
				b.put(job.Spec{Payload: "good"})
				var good bool
				r := b.runner("n")
				r.Handle("a", 1, func(_ context.Context, j job.Job) error {
					if string(j.Payload) != `"good"` {
						bad()
					}
					good = true
					return nil
				}, nil)
				stop := b.start(r)
				synctest.Wait()
				b.stopped(stop)
				jobs := b.buried()
				if len(jobs) != 1 || !strings.Contains(jobs[0].LastCause, "panicked") || !good {
					b.Errorf("buried %+v; the next job ran: %v", jobs, good)
				}
				if s := b.log.String(); strings.Contains(s, "Mustermann") || !strings.Contains(s, "stack") {
					b.Errorf("the log has what the panic said, or no stack:\n%s", s)
				}
			})
		})
	}
}

func TestHeartbeatKeepsALongJob(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{})
		var ran atomic.Int32
		long := func(context.Context, job.Job) error { ran.Add(1); time.Sleep(20 * time.Minute); return nil }
		r1, r2 := b.runner("n1"), b.runner("n2")
		r1.Handle("a", 1, long, nil)
		r2.Handle("a", 1, long, nil)
		stop1 := b.start(r1)
		synctest.Wait()
		stop2 := b.start(r2)
		for range 25 {
			time.Sleep(time.Minute)
			r2.Wake()
		}
		if ran.Load() != 1 {
			b.Errorf("ran %d times", ran.Load())
		}
		b.stopped(stop1)
		b.stopped(stop2)
	})
}

func TestShutdownGivesJobsBack(t *testing.T) {
	for name, end := range map[string]func(error) error{
		"error":     func(err error) error { return err },
		"permanent": job.Permanent,
		"panic":     func(err error) error { panic(err) },
	} {
		t.Run(name, func(t *testing.T) {
			run(t, func(b *bench) {
				b.put(job.Spec{MaxAttempts: 1})
				r := b.runner("n")
				r.Handle("a", 1, func(ctx context.Context, _ job.Job) error { <-ctx.Done(); return end(ctx.Err()) }, nil)
				stop := b.start(r)
				synctest.Wait()
				b.stopped(stop)
				if jobs := b.left(); len(jobs) != 1 || jobs[0].Attempt != 1 {
					b.Errorf("given back: %+v, buried %+v", jobs, b.buried())
				}
			})
		})
	}
}

func TestShutdownKeepsWhatIsDone(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{})
		r := b.runner("n")
		r.Handle("a", 1, func(ctx context.Context, _ job.Job) error { <-ctx.Done(); time.Sleep(time.Second); return nil }, nil)
		stop := b.start(r)
		synctest.Wait()
		b.stopped(stop)
		if jobs := b.left(); len(jobs) != 0 {
			b.Errorf("finished work is given back: %+v", jobs)
		}
	})
}

func TestShutdownLeavesAStubbornJobLeased(t *testing.T) {
	run(t, func(b *bench) {
		b.put(job.Spec{})
		r := b.runner("n")
		r.Handle("a", 1, func(context.Context, job.Job) error { time.Sleep(time.Minute / 2); return nil }, nil)
		stop := b.start(r)
		synctest.Wait()
		if err := stop(); err == nil {
			b.Error("Run says all is well")
		}
		if jobs := b.left(); len(jobs) != 0 {
			b.Error("a job that still runs is given to another node")
		}
		time.Sleep(time.Minute)
	})
}

func TestWrongSetupIsRefused(t *testing.T) {
	h := func(context.Context, job.Job) error { return nil }
	for name, f := range map[string]func(r *job.Runner){
		"twice":      func(r *job.Runner) { r.Handle("a", 1, h, nil); r.Handle("a", 1, h, nil) },
		"no kind":    func(r *job.Runner) { r.Handle("", 1, h, nil) },
		"no workers": func(r *job.Runner) { r.Handle("a", 0, h, nil) },
		"no handler": func(r *job.Runner) { r.Handle("a", 1, nil, nil) },
	} {
		r := job.NewRunner(nil, record.SystemClock{}, slog.New(slog.DiscardHandler), job.Config{Node: "n"})
		f(r)
		if err := r.Run(t.Context()); !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := job.NewRunner(nil, record.SystemClock{}, slog.New(slog.DiscardHandler), job.Config{}).Run(t.Context()); !errors.Is(err, record.Invalid) {
		t.Errorf("no node: %v", err)
	}
}

func TestNew(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, s := range []job.Spec{{}, {Kind: "a", Payload: func() {}}} {
		if _, err := job.New(s, now); !errors.Is(err, record.Invalid) {
			t.Errorf("%+v: %v", s, err)
		}
	}
	a, err := job.New(job.Spec{Kind: "a"}, now)
	if err != nil || !record.ValidID(a.ID) || !a.At.Equal(now) || a.MaxAttempts != job.DefaultMaxAttempts || a.Attempt != 0 {
		t.Errorf("job %+v, %v", a, err)
	}
}
