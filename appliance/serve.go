package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"eakte/appliance/config"
	"eakte/appliance/job"
	"eakte/ingest/worker"
	"eakte/ui"
)

// config reads the configuration with this command's flags laid over it.
func (c *cli) config(file, data, listen string) (config.Config, error) {
	cfg, err := config.Load(file, data, c.env)
	if err != nil {
		return cfg, err
	}
	if data != "" {
		cfg.Data = data
	}
	if listen != "" {
		cfg.Listen = listen
	}
	return cfg, cfg.Validate()
}

func runServe(ctx context.Context, c *cli) int {
	fs := c.flags()
	data, listen := fs.String("data", "", "folder of the archive"), fs.String("listen", "", "address, 127.0.0.1:8080 by default")
	file, roles := fs.String("config", "", "configuration file (JSON)"), fs.String("roles", "", "what this process does: web,worker,scheduler")
	if fs.Parse(c.args) != nil {
		return exitUsage
	}
	cfg, err := c.config(*file, *data, *listen)
	if err == nil && *roles != "" {
		cfg.Roles = strings.Split(*roles, ",")
		err = cfg.Validate()
	}
	if err != nil {
		return c.wrong("%v", err)
	}
	if err := serve(ctx, c, cfg, nil); err != nil {
		return c.fail(err)
	}
	return exitDone
}

// gcPercent trades a little time for a smaller idle process: most of its
// memory is short-lived buffers of documents.
const gcPercent = 50

// serve assembles and runs the appliance until ctx ends. background, if given,
// runs beside it once requests are answered.
func serve(ctx context.Context, c *cli, cfg config.Config, background func(context.Context, *app)) (err error) {
	debug.SetGCPercent(gcPercent)
	pending, err := setupPending(ctx, cfg)
	if err != nil {
		return err
	}
	release, err := lockData(cfg)
	if errors.Is(err, errServed) {
		return fmt.Errorf("%s: %w; stop it first", cfg.Data, err)
	}
	if err != nil {
		return err
	}
	defer release()
	log := newLogger(cfg, c.stderr)
	var a *app
	var l net.Listener // the address that the setup answered on
	if pending {
		a, l, err = firstRun(ctx, c, cfg, log)
	} else {
		a, err = assemble(ctx, cfg, log)
	}
	if err != nil || a == nil { // no error: ended during the setup
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	cfg = a.cfg

	a.serving = true
	running, stop := context.WithCancel(ctx)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer stop()
	failed := make(chan error, 3)
	begin := func(f func(context.Context) error) {
		wg.Go(func() {
			if err := f(running); err != nil && running.Err() == nil {
				failed <- err
			}
		})
	}
	if cfg.Has("worker") {
		begin(a.runner.Run)
	}
	begin(func(ctx context.Context) error { a.time.Run(ctx); return nil })
	begin(func(ctx context.Context) error { a.fallbacks.Run(ctx); return nil })
	begin(func(ctx context.Context) error { a.outbox.Run(ctx); return nil })
	begin(func(ctx context.Context) error { a.logbook.Run(ctx); return nil })
	begin(func(ctx context.Context) error { a.renewIndex(ctx); return nil })
	begin(func(ctx context.Context) error { a.redoIntake(ctx); return nil })
	if cfg.Has("scheduler") {
		scheduler := job.NewScheduler(a.plan, a.catalog, a.clock, log, a.runner.Wake)
		begin(scheduler.Run)
		for _, w := range a.folders {
			begin(w.Run)
		}
	}
	stopControl, err := serveControl(running, a, log)
	if err != nil {
		return err
	}
	defer stopControl()
	if cfg.Has("web") {
		if err := a.listen(begin, l, c.stdout); err != nil {
			return err
		}
	}
	if background != nil {
		begin(func(ctx context.Context) error { background(ctx, a); return nil })
	}
	select {
	case <-ctx.Done():
		return nil
	case err := <-failed:
		return err
	}
}

// redoEvery is how soon documents go on that the store could not take.
const redoEvery = 30 * time.Second

func (a *app) redoIntake(ctx context.Context) {
	tick := time.NewTicker(redoEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if _, err := a.intake.Redo(ctx); err != nil && ctx.Err() == nil {
			a.log.Warn("documents wait in the spool", "error", err)
		}
	}
}

// How often what the index is behind with is looked for (sooner while the
// engine fails), and how much is caught up at once. Jobs do the daily work;
// this is for what no job stands for any more.
const (
	catchUpEvery  = 10 * time.Minute
	catchUpFailed = time.Minute
	catchUpBatch  = 500
)

// renewIndex looks after the index again and again. Reading and taking in go on
// meanwhile, and while the engine is away.
func (a *app) renewIndex(ctx context.Context) {
	for {
		wait := catchUpEvery
		if err := a.renewOnce(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("the search index is not complete", "error", err)
			wait = catchUpFailed
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// renewOnce makes the index anew if it was lost, damaged or of another
// version, and else brings what it lacks.
func (a *app) renewOnce(ctx context.Context) error {
	why, err := a.engine.NeedsRebuild(ctx)
	if err != nil {
		return err
	}
	if why != "" {
		a.log.Info("the search index is made anew", "why", why)
		return a.indexer.Rebuild(ctx, nil)
	}
	_, err = a.indexer.CatchUp(ctx, catchUpBatch)
	return err
}

// listen begins to answer on l, or opens the address if l is nil.
func (a *app) listen(begin func(func(context.Context) error), l net.Listener, out io.Writer) error {
	web, err := ui.New(ui.Deps{Archive: a.archive, Intake: a.intake, Identity: a.identity, Oversight: a.oversight, Admin: a.admin,
		Inbox: a.inbox, Splitter: a.splitter, Merger: a.merger, Delivery: a.delivery, Logger: a.log, Clock: a.clock, Metrics: a.metrics, Config: ui.Config{Version: version, Name: a.name,
			MaxUpload: a.cfg.Upload.MaxBytes, MetricsToken: string(a.cfg.Metrics.Token), TrustedProxies: a.cfg.TrustedProxies, Demo: a.demoLine(), DemoProgress: a.demoProgress}})
	if err != nil {
		return err
	}
	if l == nil {
		if l, err = net.Listen("tcp", a.cfg.Listen); err != nil {
			return fmt.Errorf("listen: %w", err)
		}
	}
	begin(func(ctx context.Context) error { return web.Serve(ctx, l) })
	fmt.Fprintf(out, "eAkte answers on http://%s\n", l.Addr())
	return nil
}

// demoLine is what the sign-in page of a demonstration on loopback says.
func (a *app) demoLine() string {
	host, _, err := net.SplitHostPort(a.cfg.Listen)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && !ip.IsLoopback() {
		return "" // others can reach the page: they have to be told
	}
	b, err := os.ReadFile(filepath.Join(a.cfg.Data, demoPassword))
	if err != nil {
		return ""
	}
	return "Demo: " + demoUser + " / " + strings.TrimSpace(string(b))
}

// runWorker is the isolated child that reads one document after another.
func runWorker(_ context.Context, _ *cli) int { return worker.Main(os.Stdin, os.Stdout) }
