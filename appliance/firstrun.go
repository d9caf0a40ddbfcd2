package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/identity"
	"eakte/appliance/install"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/folder"
	"eakte/ui"
)

// setupPending says whether the archive has to be set up in the browser first,
// because there is none or because an earlier setup was ended while it made
// one. A process without pages can't ask, and says that there is no archive.
func setupPending(ctx context.Context, cfg config.Config) (bool, error) {
	if err := unfinishedRebuild(cfg); err != nil {
		return false, err
	}
	interrupted, err := install.Interrupted(cfg.Data)
	if err != nil {
		return false, err
	}
	missing := archiveIn(cfg)
	if missing == nil && cfg.Catalog.DSN != "" { // the folder may be there and the database empty
		stage, err := setupStage(ctx, cfg)
		if err != nil {
			return false, err
		}
		if stage == install.StageNone {
			missing = noArchive()
		}
	}
	pending := interrupted || missing != nil
	if pending && !cfg.Has("web") {
		return false, noArchive()
	}
	return pending, nil
}

// setupStage looks into the catalog, if there is one.
func setupStage(ctx context.Context, cfg config.Config) (install.Stage, error) {
	_, err := os.Stat(filepath.Join(cfg.Data, "catalog.db"))
	if errors.Is(err, fs.ErrNotExist) && cfg.Catalog.DSN == "" {
		return install.StageNone, nil
	}
	cat, err := catalog.Open(ctx, catalogDSN(cfg), record.SystemClock{})
	if err != nil {
		return install.StageNone, err
	}
	var recovery, name string
	err = cat.Read(ctx, func(tx *catalog.Tx) (err error) {
		if recovery, err = tx.Meta(metaRecovery); err == nil {
			name, err = tx.Meta(admin.MetaName)
		}
		return err
	})
	stage := install.StageNone
	if recovery != "" {
		stage = install.StageRecovery
	}
	if name != "" {
		stage = install.StageApplied
	}
	return stage, errors.Join(err, cat.Close())
}

// first is a process that asks for the setup.
type first struct {
	cli *cli
	cfg config.Config
	log *slog.Logger
	app *app // the archive, once it is made
}

// firstRun serves the setup in the browser until the archive is made, and gives
// it assembled, with the listener that goes on at the same address. The app is
// nil if ctx ended before. The caller holds the folder's lock.
func firstRun(ctx context.Context, c *cli, cfg config.Config, log *slog.Logger) (*app, net.Listener, error) {
	f := &first{cli: c, cfg: cfg, log: log}
	in, token, err := install.Open(ctx, f.deps())
	if err != nil {
		return nil, nil, err
	}
	gone := make(chan struct{})
	web, err := ui.NewSetup(ui.SetupDeps{Install: in, Gone: gone, Logger: log, Config: ui.Config{Version: version}})
	if err != nil {
		return nil, nil, err
	}
	l, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, nil, fmt.Errorf("listen: %w", err)
	}
	next, err := again(l) // keeps the address while the one before is closed: who comes then waits a moment
	if err != nil {
		return nil, nil, errors.Join(err, l.Close())
	}
	fmt.Fprintf(c.stdout, "eAkte is not set up yet. Open http://%s/setup and enter this one-time token: %s\n", l.Addr(), token)
	asking, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-in.Done():
		case <-asking.Done():
		}
		stop()
	}()
	err = web.Serve(asking, &told{Listener: l, closed: gone})
	if err != nil || f.app == nil {
		return nil, nil, errors.Join(err, next.Close(), f.close())
	}
	return f.app, next, nil
}

// told is a listener that tells when it has been closed.
type told struct {
	net.Listener
	once   sync.Once
	closed chan struct{}
}

// Close closes the listener and then tells.
func (t *told) Close() error {
	err := t.Listener.Close()
	t.once.Do(func() { close(t.closed) })
	return err
}

func (f *first) close() error {
	if f.app == nil {
		return nil
	}
	return f.app.close()
}

// again gives another listener on the same socket.
func again(l net.Listener) (net.Listener, error) {
	tcp, ok := l.(*net.TCPListener)
	if !ok {
		return nil, fmt.Errorf("listen: %T has no socket", l)
	}
	file, err := tcp.File()
	if err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	next, err := net.FileListener(file)
	return next, errors.Join(err, file.Close())
}

func (f *first) deps() install.Deps {
	def := config.Default()
	_, err := os.Stat(filepath.Join(f.cfg.Data, config.OwnFile))
	ours := err == nil // what is configured comes from an interrupted setup itself
	return install.Deps{Config: f.cfg, Clock: record.SystemClock{},
		StoreGiven: !ours && f.cfg.Store != def.Store, SearchGiven: !ours && f.cfg.Search != def.Search,
		Hash:         func(p string) string { return identity.HashPassword(p, identity.DefaultHash()) },
		TestStore:    f.testStore,
		TestSearch:   f.testSearch,
		TestFolder:   folder.Check,
		TestRecovery: vault.CheckCustodian,
		Stage:        func(ctx context.Context) (install.Stage, error) { return setupStage(ctx, f.cfg) },
		Finish:       f.finish}
}

// finish makes the archive of a plan. Each part may be there already.
func (f *first) finish(ctx context.Context, p install.Plan) error {
	if err := layGround(ctx, p.Config, p.Facts.Recovery, f.cli.stderr); err != nil {
		return err
	}
	a, err := assemble(ctx, p.Config, f.log)
	if err != nil {
		return err
	}
	err = a.keepRecovery(ctx)
	if err == nil {
		actor := record.System(record.NewID())
		actor.Via = "web"
		err = a.admin.Apply(ctx, actor, p.Facts)
	}
	if err == nil {
		err = p.Settle()
	}
	if err != nil {
		return errors.Join(err, a.close())
	}
	a.name, f.app = p.Facts.Name, a
	return nil
}
