package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/identity"
	"eakte/appliance/job"
	"eakte/appliance/metrics"
	"eakte/appliance/oversight"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/ingest"
	"eakte/ingest/delivery"
	"eakte/ingest/folder"
	"eakte/ingest/inbox"
	"eakte/ingest/malware"
	"eakte/ingest/worker"
	"eakte/policy/access"
	"eakte/search"
	bleve "eakte/search/embedded"
	"eakte/search/indexer"
	"eakte/search/meili"
)

// app is the assembled appliance. Nothing in it runs until start.
type app struct {
	cfg       config.Config
	log       *slog.Logger
	clock     record.Clock
	metrics   *metrics.Set
	tally     tally
	name      string // of the jobcenter
	serving   bool   // requests are answered beside what a command does
	catalog   *catalog.Catalog
	store     *embedded.Server // nil with an outside store
	vault     *vault.Vault
	engine    search.Engine
	outbox    *upkeep.Outbox
	logbook   *upkeep.Logbook
	time      *upkeep.Timekeeper
	pool      *worker.Pool
	scanner   *malware.Scanner // nil: documents are not looked through
	tasks     *upkeep.Tasks
	fallbacks *upkeep.Fallbacks
	runner    *job.Runner
	plan      job.Plan // what comes round
	indexer   *indexer.Indexer
	folders   []*folder.Watcher

	intake    *ingest.Intake
	splitter  *ingest.Splitter
	merger    *ingest.Merger
	router    *ingest.Router
	delivery  *delivery.Desk
	inbox     *inbox.Inbox
	archive   *archive.Archive
	identity  *identity.Identity
	house     *admin.House
	oversight *oversight.Oversight
	admin     *admin.Admin

	closers []func() error // in the order of opening
}

// The names under which facts of the archive itself lie in the catalog.
const (
	metaArchive  = admin.MetaArchive
	metaRecovery = admin.MetaRecovery
)

func newLogger(c config.Config, w interface{ Write([]byte) (int, error) }) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Log.Level)); err != nil {
		level = slog.LevelInfo
	}
	if c.Log.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}

func catalogDSN(c config.Config) string {
	if c.Catalog.DSN != "" {
		return c.Catalog.DSN
	}
	return "sqlite:" + filepath.Join(c.Data, "catalog.db")
}

// archiveIn says whether setup has been run on the data folder.
func archiveIn(cfg config.Config) error {
	path := filepath.Join(cfg.Data, "catalog.db")
	if cfg.Catalog.DSN != "" {
		path = cfg.Data
	}
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return noArchive()
	}
	return err
}

func noArchive() error {
	return &record.Error{Category: record.Unavailable, Message: "There is no archive in the data folder.",
		Hint: "Make one in the browser with eakte serve --data DIR, with eakte setup --data DIR --from FILE.json, or try eakte demo --data DIR."}
}

// assemble opens every part, the ones below first. The caller holds the
// folder's lock.
func assemble(ctx context.Context, cfg config.Config, log *slog.Logger) (_ *app, err error) {
	if err := archiveIn(cfg); err != nil {
		return nil, err
	}
	a := &app{cfg: cfg, log: log, clock: record.SystemClock{}}
	a.metrics = metrics.New(version, a.measured)
	defer func() {
		if err != nil {
			err = errors.Join(err, a.close())
		}
	}()
	if err := a.openCatalog(ctx); err != nil {
		return nil, err
	}
	if err := a.openVault(ctx); err != nil {
		return nil, err
	}
	if err := a.openEngine(ctx); err != nil {
		return nil, err
	}
	if err := a.openDoors(); err != nil {
		return nil, err
	}
	return a, a.settle(ctx)
}

func (a *app) openCatalog(ctx context.Context) (err error) {
	if a.catalog, err = catalog.Open(ctx, catalogDSN(a.cfg), a.clock); err != nil {
		return err
	}
	a.closers = append(a.closers, a.catalog.Close)
	if err := rebuilt(ctx, a.catalog); err != nil {
		return err
	}
	return dropStale(a.cfg)
}

// meta reads what the archive knows of itself; "" if it does not.
func (a *app) meta(ctx context.Context, name string) (value string, err error) {
	err = a.catalog.Read(ctx, func(tx *catalog.Tx) error {
		value, err = tx.Meta(name)
		return err
	})
	return value, err
}

func (a *app) openVault(ctx context.Context) error {
	recovery, err := a.meta(ctx, metaRecovery)
	if err != nil {
		return fmt.Errorf("the archive's recovery recipient: %w", err)
	}
	if a.name, err = a.meta(ctx, admin.MetaName); err != nil {
		return err
	}
	ring, err := vault.LoadKeyring(a.cfg.KeyFile, recovery)
	if err != nil {
		return err
	}
	if err := a.checkKeyFile(ctx, ring); err != nil {
		return err
	}
	buckets, err := a.openStore(ctx)
	if err != nil {
		return err
	}
	a.vault = vault.New(a.metrics.Buckets(buckets), ring, a.clock)
	if err := a.useReplica(); err != nil {
		return err
	}
	return atStart(a.vault.Probe(ctx))
}

// openStore starts the embedded store or connects to the configured one, and
// makes the buckets that are missing where it has the right to.
func (a *app) openStore(ctx context.Context) (vault.Buckets, error) {
	st := a.cfg.Store
	if st.Kind == "s3" {
		return openS3(ctx, s3Config(st), a.clock)
	}
	var err error
	a.store, err = embedded.Start(ctx, embedded.Config{Dir: filepath.Join(a.cfg.Data, "store"), Prefix: st.Prefix})
	if err != nil {
		return vault.Buckets{}, err
	}
	a.closers = append(a.closers, a.store.Close)
	if err := s3.Create(ctx, a.embeddedConfig(a.store.RootCredentials())); err != nil {
		return vault.Buckets{}, err
	}
	return s3.Open(a.embeddedConfig(a.store.Credentials()))
}

// embeddedConfig is how the embedded store is reached with one of its keys.
func (a *app) embeddedConfig(c embedded.Credentials) s3.Config {
	return s3.Config{Endpoint: a.store.Endpoint(), Region: a.cfg.Store.Region, AccessKey: c.AccessKey, SecretKey: c.SecretKey, Prefix: a.cfg.Store.Prefix}
}

// s3Config is how an outside store is reached.
func s3Config(st config.Store) s3.Config {
	host, tls := strings.CutPrefix(st.Endpoint, "https://")
	if !tls {
		host = strings.TrimPrefix(st.Endpoint, "http://")
	}
	return s3.Config{Endpoint: host, Region: st.Region, AccessKey: st.AccessKey, SecretKey: string(st.SecretKey), TLS: tls, Prefix: st.Prefix}
}

// openEngine opens the index in the data folder, or that of Meilisearch.
func (a *app) openEngine(ctx context.Context) (err error) {
	var e search.Engine
	if a.cfg.Search.Kind == "meili" {
		e, err = meili.Open(ctx, meiliConfig(a.cfg.Search, a.log))
	} else {
		e, err = bleve.Open(filepath.Join(a.cfg.Data, "index"))
	}
	if err != nil {
		return err
	}
	a.engine = a.metrics.Engine(e)
	a.closers = append(a.closers, e.Close)
	return nil
}

// meiliConfig is how Meilisearch is reached.
func meiliConfig(s config.Search, log *slog.Logger) meili.Config {
	return meili.Config{URL: s.URL, Prefix: s.Prefix, SearchKey: string(s.SearchKey), DocumentKey: string(s.DocumentKey),
		AdminKey: string(s.AdminKey), Log: log}
}

func (a *app) openDoors() error {
	policy, err := access.NewPolicy(access.Default())
	if err != nil {
		return err
	}
	spool, err := ingest.OpenSpool(filepath.Join(a.cfg.Data, "spool"))
	if err != nil {
		return err
	}
	if m := a.cfg.Malware; m.Address != "" {
		if a.scanner, err = malware.New(m.Address, m.MaxBytes); err != nil {
			return err
		}
	}
	a.outbox = &upkeep.Outbox{Catalog: a.catalog, Vault: a.vault, Log: a.log}
	a.logbook = &upkeep.Logbook{Catalog: a.catalog, Vault: a.vault, Clock: a.clock, Log: a.log, Node: a.cfg.Node}
	a.time = a.newTimekeeper()
	a.logbook.Believed, a.outbox.Believed = a.time, a.time
	a.runner = job.NewRunner(a.catalog, a.clock, a.log, job.Config{Node: a.cfg.Node})
	deps := ingest.Deps{Catalog: a.catalog, Vault: a.vault, Policy: policy, Spool: spool, Clock: a.clock, Log: a.log,
		Node: a.cfg.Node, MaxBytes: a.cfg.Upload.MaxBytes, Wake: a.runner.Wake, Believe: a.time.Verdict}
	a.intake = ingest.New(deps)
	a.router = &ingest.Router{Deps: deps, Index: job.Spec{Kind: indexer.Kind}}
	a.archive = archive.New(archive.Deps{Catalog: a.catalog, Vault: a.vault, Engine: a.engine, Drawer: a.openDrawing(), Policy: policy, Outbox: a.outbox,
		Clock: a.clock, Log: a.log, IndexKind: indexer.Kind, ReadKind: ingest.KindRead, RouteAgain: ingest.RouteAgain, Wake: a.runner.Wake, Checked: a.scanner != nil})
	a.house = &admin.House{Vault: a.vault, Clock: a.clock}
	a.identity = identity.New(a.catalog, policy, a.clock, identity.Config{Log: a.log, Describe: a.house.Describe, Described: a.outbox.Flush,
		Idle:     time.Duration(a.cfg.Session.IdleSeconds) * time.Second,
		Absolute: time.Duration(a.cfg.Session.AbsoluteSeconds) * time.Second})
	a.oversight = oversight.New(a.catalog, policy, a.clock)
	a.delivery = a.openDeliveries(policy)
	a.archive.Count = a.delivery.Count
	a.inbox = inbox.New(inbox.Deps{Catalog: a.catalog, Policy: policy, Clock: a.clock})
	a.folders = a.watchFolders()
	if a.plan, err = job.NewPlan(upkeep.Schedules(), a.cfg.Schedules, a.clock.Now()); err != nil {
		return err
	}
	a.admin = admin.New(admin.Deps{Catalog: a.catalog, Policy: policy, Clock: a.clock, Checks: append(a.checks(), a.folderChecks()...),
		House: a.house, Outbox: a.outbox, Plan: a.plan, Wake: a.runner.Wake, Simulator: a.router,
		Hash: func(p string) string { return identity.HashPassword(p, identity.DefaultHash()) }})
	a.indexer = indexer.New(a.catalog, a.vault, a.engine)
	a.indexer.Node = a.cfg.Node
	return a.handleJobs(deps)
}

// Somebody waits for what is drawn: it has workers of its own, in every process,
// and is given up sooner than reading.
const (
	drawWorkers = 2
	drawSeconds = 30
)

func (a *app) openDrawing() *worker.Pool {
	w := a.cfg.Worker
	pool := worker.NewPool(worker.Config{Workers: drawWorkers, Logger: a.log, Limits: worker.Limits{MemoryBytes: w.MemoryBytes,
		MaxBytes: a.cfg.Upload.MaxBytes, MaxPixels: w.MaxPixels, PageSeconds: drawSeconds, DocumentSeconds: 2 * drawSeconds, MaxPages: w.MaxPages}})
	a.closers = append(a.closers, func() error { pool.Close(); return nil })
	return pool
}

// routeWorkers route side by side: each waits for the store more than it works.
const routeWorkers = 2

func (a *app) handleJobs(deps ingest.Deps) error {
	workers := a.cfg.Worker.Processes
	if workers <= 0 {
		workers = runtime.NumCPU()
	}
	w := a.cfg.Worker
	a.pool = worker.NewPool(worker.Config{Workers: workers, Logger: a.log, Limits: worker.Limits{MemoryBytes: w.MemoryBytes,
		MaxBytes: a.cfg.Upload.MaxBytes, MaxPixels: w.MaxPixels, PageSeconds: w.PageSeconds, DocumentSeconds: w.DocumentSeconds, MaxPages: w.MaxPages}})
	a.closers = append(a.closers, func() error { a.pool.Close(); return nil })
	reader := &ingest.Reader{Deps: deps, Pool: a.pool, Index: job.Spec{Kind: indexer.Kind}, Unpack: a.intake.Unpack, Malware: a.scanner, Count: a.counted,
		Route: ingest.RouteAgain}
	a.handle(ingest.KindRead, workers, reader.Read, reader.Bury)
	a.handle(ingest.KindRoute, routeWorkers, a.router.Route, a.router.Bury)
	a.splitter = &ingest.Splitter{Intake: a.intake, Pool: a.pool, Index: reader.Index}
	a.handle(ingest.KindSplit, 1, a.splitter.Split, a.splitter.Bury)
	a.merger = &ingest.Merger{Intake: a.intake, Pool: a.pool, Index: reader.Index}
	a.handle(ingest.KindMerge, 1, a.merger.Handle, a.merger.Bury)
	a.handle(delivery.KindTake, 1, a.delivery.Take, a.buried)
	a.handle(ingest.KindReadBack, 1, a.intake.ReadBack, a.buried)
	a.handle(indexer.Kind, 1, a.indexer.Handle, a.buried)
	a.tasks = &upkeep.Tasks{Catalog: a.catalog, Vault: a.vault, Intake: a.intake, Logbook: a.logbook, Clock: a.clock, Log: a.log,
		Time: a.time, Disposal: a.disposal,
		KeyFile: a.cfg.KeyFile, KeepDays: a.cfg.Backup.KeepDays, IndexKind: indexer.Kind,
		ScrubPlan: upkeep.ScrubPlan{Days: a.cfg.Scrub.Days, BytesPerSecond: a.cfg.Scrub.BytesPerSecond}}
	for kind, h := range a.tasks.Handlers() {
		a.handle(kind, 1, h, a.buried)
	}
	return nil
}

func (a *app) handle(kind string, workers int, h job.Handler, onBury func(context.Context, job.Job, string)) {
	a.runner.Handle(kind, workers, a.metrics.Handler(kind, h), onBury)
}

// buried tells that a job was given up; the job itself stays for a person.
func (a *app) buried(_ context.Context, j job.Job, cause string) {
	a.log.Error("a job was given up", "kind", j.Kind, "job", j.ID, "cause", cause)
}

// settle finishes what the last stop interrupted, before anything new begins.
func (a *app) settle(ctx context.Context) error {
	id, err := a.meta(ctx, metaArchive)
	if err != nil {
		return fmt.Errorf("the archive's id: %w", err)
	}
	a.logbook.Archive = id
	a.lookAtTheClock(ctx)
	if err := a.catalog.ReleaseNode(ctx, a.cfg.Node); err != nil {
		return err
	}
	if err := a.house.Settle(ctx, a.catalog); err != nil {
		return fmt.Errorf("the house's manifest: %w", err)
	}
	if err := a.outbox.Drain(ctx); err != nil {
		return err
	}
	r, err := a.intake.Recover(ctx)
	if err != nil {
		return err
	}
	if r != (ingest.Recovered{}) {
		a.log.Info("finished what a stop interrupted", "finished", r.Finished, "lost_unacknowledged", r.Lost, "swept", r.Swept)
	}
	return nil
}

// close closes the parts, the ones opened last first.
func (a *app) close() error {
	var errs []error
	if a.logbook != nil && a.logbook.Archive != "" { // number and sign what was logged since
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		errs = append(errs, a.logbook.Seal(ctx))
	}
	for i := len(a.closers) - 1; i >= 0; i-- {
		errs = append(errs, a.closers[i]())
	}
	a.closers = nil
	return errors.Join(errs...)
}
