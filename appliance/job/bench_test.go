package job_test

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"eakte/appliance/job"
	"eakte/appliance/job/jobtest"
	"eakte/appliance/record"
)

// bench is a store and a runner inside a synctest bubble: time stands still
// until everybody waits, so nothing here depends on the machine's speed.
type bench struct {
	*testing.T
	*jobtest.Memory
	store job.Store // what the runner gets: Memory, or a faulty wrapper
	log   bytes.Buffer
}

func run(t *testing.T, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := jobtest.NewMemory(record.SystemClock{})
		test(&bench{T: t, Memory: m, store: m})
	})
}

func (b *bench) put(spec job.Spec) {
	b.Helper()
	if spec.Kind == "" {
		spec.Kind = "a"
	}
	if err := b.Enqueue(b.Context(), spec); err != nil {
		b.Fatal(err)
	}
}

// runner makes a runner on a node; start runs it and returns how to stop it.
func (b *bench) runner(node string) *job.Runner {
	log := slog.New(slog.NewTextHandler(&b.log, nil))
	return job.NewRunner(b.store, record.SystemClock{}, log,
		job.Config{Node: node, Lease: time.Minute, Poll: time.Hour, Grace: 10 * time.Second})
}

func (b *bench) start(r *job.Runner) (stop func() error) {
	ctx, cancel := context.WithCancel(b.Context())
	result := make(chan error, 1)
	go func() { result <- r.Run(ctx) }()
	return func() error {
		cancel()
		return <-result
	}
}

func (b *bench) stopped(stop func() error) {
	b.Helper()
	if err := stop(); err != nil {
		b.Errorf("Run: %v", err)
	}
}

// left leases what is due and gives it: nothing, if all is done.
func (b *bench) left() []job.Job {
	b.Helper()
	jobs, err := b.Lease(b.Context(), "inspector", []string{"a", "b"}, 100, time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	return jobs
}

func (b *bench) buried() []job.Job {
	b.Helper()
	jobs, err := b.Buried(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return jobs
}

// faulty lets a test put itself between runner and store.
type faulty struct {
	job.Store
	mu        sync.Mutex
	lease     func() error
	heartbeat func() error
	finish    func() error
}

func (f *faulty) before(call func() error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if call == nil {
		return nil
	}
	return call()
}

func (f *faulty) Lease(ctx context.Context, node string, kinds []string, n int, lease time.Duration) ([]job.Job, error) {
	if err := f.before(f.lease); err != nil {
		return nil, err
	}
	return f.Store.Lease(ctx, node, kinds, n, lease)
}

func (f *faulty) Heartbeat(ctx context.Context, id, node string, lease time.Duration) error {
	if err := f.before(f.heartbeat); err != nil {
		return err
	}
	return f.Store.Heartbeat(ctx, id, node, lease)
}

func (f *faulty) Finish(ctx context.Context, id, node string) error {
	if err := f.before(f.finish); err != nil {
		return err
	}
	return f.Store.Finish(ctx, id, node)
}
