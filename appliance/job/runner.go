package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eakte/appliance/record"
)

// Config says how a Runner works. Zero values take the defaults.
type Config struct {
	Node  string        // names this process in leases; must differ between processes (required)
	Lease time.Duration // how long a job is ours without a heartbeat; default 60 s
	Poll  time.Duration // how often to look without being woken; default 2 s
	Grace time.Duration // how long Run waits for handlers after its ctx ended; default 30 s
}

// Runner leases jobs and runs them with the handlers it was given.
type Runner struct {
	store  Store
	clock  record.Clock
	log    *slog.Logger
	cfg    Config
	random func() float64 // in [0,1), for the pauses
	lanes  map[string]*lane
	wrong  error // what is wrong about the registered handlers; Run returns it
}

// lane is one kind of job with its own workers: a slow kind never holds up
// another one.
type lane struct {
	kind    string
	workers int
	handler Handler
	onBury  func(ctx context.Context, j Job, cause string)
	wake    chan struct{} // holds at most one poke
	slots   chan struct{} // one token for each free worker
}

// NewRunner makes a runner. It does nothing before Run.
func NewRunner(store Store, clock record.Clock, log *slog.Logger, cfg Config) *Runner {
	if cfg.Lease <= 0 {
		cfg.Lease = time.Minute
	}
	if cfg.Poll <= 0 {
		cfg.Poll = 2 * time.Second
	}
	if cfg.Grace <= 0 {
		cfg.Grace = 30 * time.Second
	}
	r := &Runner{store: store, clock: clock, log: log, cfg: cfg, random: randomFraction, lanes: map[string]*lane{}}
	if cfg.Node == "" {
		r.wrong = record.Bad("node", "A job runner needs the name of its node.")
	}
	return r
}

// Handle gives a kind its handler, and the number of jobs of this kind that
// may run at a time on this node. onBury may be nil; it is told of a job that
// is about to be buried, at least once for each (so twice if the node dies in
// between). All handlers are given before Run.
func (r *Runner) Handle(kind string, workers int, h Handler, onBury func(ctx context.Context, j Job, cause string)) {
	switch {
	case kind == "" || h == nil || workers < 1:
		r.wrong = record.Bad("kind", "The jobs %q need a handler and at least one worker.", kind)
	case r.lanes[kind] != nil:
		r.wrong = record.Bad("kind", "The jobs %q have two handlers.", kind)
	default:
		l := &lane{kind: kind, workers: workers, handler: h, onBury: onBury,
			wake: make(chan struct{}, 1), slots: make(chan struct{}, workers)}
		for range workers {
			l.slots <- struct{}{}
		}
		r.lanes[kind] = l
	}
}

// Wake makes the runner look for jobs now. Call it after the transaction that
// enqueued one has committed. It never blocks.
func (r *Runner) Wake() {
	for _, l := range r.lanes {
		select {
		case l.wake <- struct{}{}:
		default: // one poke waits already, and it will see this job too
		}
	}
}

// Run leases and runs jobs until ctx ends. Then the handlers' context ends,
// and what they had not finished is given back without counting the attempt.
// Run returns nil when every handler has returned; an error if one had not
// after the grace time. That job's lease is left to run out, since the work
// may still be going on.
func (r *Runner) Run(ctx context.Context) error {
	if r.wrong != nil {
		return r.wrong
	}
	var lanes, jobs sync.WaitGroup
	for _, l := range r.lanes {
		lanes.Go(func() { r.serve(ctx, l, &jobs) })
	}
	lanes.Wait()
	done := make(chan struct{})
	go func() {
		jobs.Wait()
		close(done)
	}()
	grace := time.NewTimer(r.cfg.Grace)
	defer grace.Stop()
	select {
	case <-done:
		return nil
	case <-grace.C:
		return fmt.Errorf("job: handlers still ran %v after the end", r.cfg.Grace)
	}
}

// serve leases jobs of one kind as workers are free, until ctx ends.
func (r *Runner) serve(ctx context.Context, l *lane, running *sync.WaitGroup) {
	poll := time.NewTicker(r.cfg.Poll)
	defer poll.Stop()
	for {
		free := takeSlots(ctx, l.slots)
		if free == 0 {
			return
		}
		jobs, err := r.lease(ctx, l.kind, free)
		if err != nil {
			r.log.Error("jobs can't be leased", "kind", l.kind, "error", err)
		}
		for _, j := range jobs {
			running.Go(func() {
				defer func() { l.slots <- struct{}{} }()
				r.one(ctx, l, j)
			})
		}
		for range free - len(jobs) {
			l.slots <- struct{}{}
		}
		if err == nil && len(jobs) == free {
			continue // there may be more: go on as soon as a worker is free
		}
		select {
		case <-ctx.Done():
			return
		case <-l.wake:
		case <-poll.C:
		}
	}
}

// lease asks the store for jobs. The call outlives the end of ctx: cut off in
// between it could leave jobs leased that nobody here knows of.
func (r *Runner) lease(ctx context.Context, kind string, n int) ([]Job, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.cfg.Lease/2)
	defer cancel()
	return r.store.Lease(ctx, r.cfg.Node, []string{kind}, n, r.cfg.Lease)
}

// takeSlots waits for a free worker and takes all that are free. It gives 0
// when ctx has ended.
func takeSlots(ctx context.Context, slots chan struct{}) int {
	if ctx.Err() != nil {
		return 0
	}
	select {
	case <-ctx.Done():
		return 0
	case <-slots:
	}
	for n := 1; ; n++ {
		select {
		case <-slots:
		default:
			return n
		}
	}
}

// one runs a leased job to its verdict and tells the store.
func (r *Runner) one(ctx context.Context, l *lane, j Job) {
	log := r.log.With("kind", j.Kind, "job", j.ID, "attempt", j.Attempt)
	work, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	beating := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		r.beat(ctx, j, log, cancel, beating)
	}()

	var err error
	switch {
	case ctx.Err() != nil: // leased just as the node was told to stop
		err = ctx.Err()
	case j.Attempt > j.MaxAttempts: // every run before ended with its node
		err = Permanent(fmt.Errorf("the lease ran out on the last of %d attempts", j.MaxAttempts))
	default:
		err = call(work, l.handler, j, log)
	}
	if errors.Is(context.Cause(work), ErrLost) {
		log.Warn("job is lost to another node", "error", err)
	} else {
		r.settle(ctx, l, j, err, log)
	}
	close(beating)
	<-stopped
}

// beat keeps the lease until done is closed. When the lease is lost it ends
// the handler's context with ErrLost.
func (r *Runner) beat(ctx context.Context, j Job, log *slog.Logger, cancel context.CancelCauseFunc, done <-chan struct{}) {
	tick := time.NewTicker(r.cfg.Lease / 3)
	defer tick.Stop()
	ctx = context.WithoutCancel(ctx) // the lease must live until the handler has returned
	until := time.Now().Add(r.cfg.Lease)
	for {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		start := time.Now()
		try, stop := context.WithTimeout(ctx, r.cfg.Lease/3)
		err := r.store.Heartbeat(try, j.ID, r.cfg.Node, r.cfg.Lease)
		stop()
		switch {
		case err == nil:
			until = start.Add(r.cfg.Lease)
		case errors.Is(err, ErrLost), time.Now().After(until):
			cancel(ErrLost)
			return
		default:
			log.Warn("heartbeat failed", "error", err)
		}
	}
}
