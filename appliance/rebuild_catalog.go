package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"eakte/appliance/backup"
	"eakte/appliance/catalog"
	"eakte/appliance/config"
	"eakte/appliance/job"
	"eakte/appliance/metrics"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest"
)

// newCatalog is where a rebuild makes the catalog of an archive on SQLite,
// beside the one there is.
func newCatalog(cfg config.Config) string { return filepath.Join(cfg.Data, "catalog.db.new") }

// databaseFiles is what belongs to a SQLite database beside its own file.
var databaseFiles = []string{"", "-wal", "-shm"}

// unfinishedRebuild refuses an archive whose catalog is being made anew and
// isn't ready: nothing may be set up or taken in there before.
func unfinishedRebuild(cfg config.Config) error {
	if cfg.Catalog.DSN != "" {
		return nil // the database itself says so, see openCatalog
	}
	_, old := os.Stat(filepath.Join(cfg.Data, "catalog.db"))
	_, fresh := os.Stat(newCatalog(cfg))
	if errors.Is(old, fs.ErrNotExist) && fresh == nil {
		return rebuildFirst()
	}
	return nil
}

func rebuildFirst() error {
	return &record.Error{Category: record.Unavailable, Message: "The catalog is being made anew and is not ready.",
		Hint: "Run eakte rebuild --data DIR catalog again: it goes on where it stopped."}
}

// dropStale removes what a rebuild began beside a catalog that is in use again:
// it would go on from a state that is past.
func dropStale(cfg config.Config) error {
	if cfg.Catalog.DSN != "" {
		return nil
	}
	var errs []error
	for _, end := range databaseFiles {
		if err := os.Remove(newCatalog(cfg) + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// rebuildCatalog makes the catalog anew from the buckets alone. No server may
// hold the folder.
func (c *cli) rebuildCatalog(ctx context.Context, cfg config.Config) int {
	if _, err := os.Stat(filepath.Join(cfg.Data, "store")); cfg.Store.Kind != "s3" && err != nil {
		return c.fail(noArchive())
	}
	release, err := lockData(cfg)
	if errors.Is(err, errServed) {
		return c.fail(&record.Error{Category: record.Unavailable, Message: "A server runs on this folder.",
			Hint: "Stop it first: the catalog can't be replaced under it."})
	}
	if err != nil {
		return c.fail(err)
	}
	defer release()
	report, err := c.makeCatalog(ctx, cfg)
	if err != nil {
		return c.fail(err)
	}
	c.tell(report)
	if !report.Sound() {
		return exitNo
	}
	return exitDone
}

// remaking is a rebuild of the catalog with the parts that it needs.
type remaking struct {
	*app
	fresh, old *catalog.Catalog // old is nil where there is none that opens
}

func (c *cli) makeCatalog(ctx context.Context, cfg config.Config) (report backup.Report, err error) {
	m := &remaking{app: &app{cfg: cfg, log: newLogger(cfg, c.stderr), clock: record.SystemClock{}}}
	m.metrics = metrics.New(version, nil)
	defer func() { err = errors.Join(err, m.app.close()) }()
	if err := m.open(ctx); err != nil {
		return report, err
	}
	report, err = backup.Rebuild(ctx, backup.Deps{Vault: m.vault, Catalog: m.fresh, Old: m.old, Clock: m.clock, Log: m.log,
		Progress: c.stageProgress(), ReadAgain: readAgain, RouteAgain: routeAgain, KeepDays: cfg.Backup.KeepDays})
	if err != nil {
		return report, err
	}
	if err := m.forgetIndex(ctx); err != nil {
		return report, err
	}
	if cfg.Catalog.DSN != "" {
		return report, nil
	}
	if err := m.closeCatalogs(); err != nil {
		return report, err
	}
	return report, swapCatalogs(cfg, m.clock.Now())
}

// notRebuilt refuses a database that a rebuild has filled already.
func notRebuilt(ctx context.Context, cat *catalog.Catalog) error {
	return cat.Read(ctx, func(tx *catalog.Tx) error {
		done, err := backup.Finished(tx)
		if err != nil || !done {
			return err
		}
		return &record.Error{Category: record.Conflict, Message: "The database holds an archive that was made anew.",
			Hint: "Name an empty database in the configuration to make another one."}
	})
}

// routeAgain asks where a document in clearing belongs.
func routeAgain(tx *catalog.Tx, id record.DocumentID) error {
	return tx.Enqueue(ingest.RouteAgain(id))
}

// readAgain asks for the pages of a document whose pack is gone.
func readAgain(tx *catalog.Tx, id record.DocumentID) error {
	return tx.Enqueue(job.Spec{Kind: ingest.KindRead, Key: string(id), Payload: map[string]record.DocumentID{"document": id}})
}

// open opens the new catalog, the old one where it can be, and the store.
func (m *remaking) open(ctx context.Context) (err error) {
	dsn := m.cfg.Catalog.DSN
	if dsn == "" {
		dsn = "sqlite:" + newCatalog(m.cfg)
		if _, err := os.Stat(filepath.Join(m.cfg.Data, "catalog.db")); err == nil {
			if m.old, err = catalog.Open(ctx, catalogDSN(m.cfg), m.clock); err != nil {
				m.log.Warn("the old catalog can't be opened, so there is nothing to compare with", "error", err)
			}
		}
	}
	if m.old != nil {
		m.closers = append(m.closers, m.old.Close)
	}
	if m.fresh, err = catalog.Open(ctx, dsn, m.clock); err != nil {
		return err
	}
	m.closers = append(m.closers, m.fresh.Close)
	if m.cfg.Catalog.DSN != "" { // beside SQLite's is another file each time
		if err := notRebuilt(ctx, m.fresh); err != nil {
			return err
		}
	}
	// A rebuild seals nothing: the recovery recipient, which only the house's
	// manifest knows, is not asked for.
	nobody, _, _, err := vault.NewRecovery(nil)
	if err != nil {
		return err
	}
	ring, err := vault.LoadKeyring(m.cfg.KeyFile, nobody)
	if err != nil {
		return err
	}
	buckets, err := m.openStore(ctx)
	if err != nil {
		return err
	}
	m.vault = vault.New(buckets, ring, m.clock)
	return nil
}

// forgetIndex empties the search index: it was made from another catalog, whose
// changes were numbered otherwise.
func (m *remaking) forgetIndex(ctx context.Context) error {
	if err := m.openEngine(ctx); err != nil {
		return err
	}
	if err := m.engine.Reset(ctx); err != nil {
		return fmt.Errorf("the search index can't be emptied; start again when it can: %w", err)
	}
	return nil
}

func (m *remaking) closeCatalogs() error {
	err := m.fresh.Close()
	if m.old != nil {
		err = errors.Join(err, m.old.Close())
	}
	return err
}

// swapCatalogs puts the new catalog in the old one's place, which is kept.
func swapCatalogs(cfg config.Config, now time.Time) error {
	path := filepath.Join(cfg.Data, "catalog.db")
	kept := path + ".before-rebuild-" + now.UTC().Format("20060102T150405Z")
	for _, end := range databaseFiles {
		if err := os.Rename(path+end, kept+end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the old catalog: %w", err)
		}
	}
	for i := len(databaseFiles) - 1; i >= 0; i-- { // the database itself last: before, it is not the catalog
		if err := os.Rename(newCatalog(cfg)+databaseFiles[i], path+databaseFiles[i]); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("the new catalog: %w", err)
		}
	}
	dir, err := os.Open(cfg.Data)
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// stageProgress tells how far each stage is, a line a second at most.
func (c *cli) stageProgress() func(stage string, done, total int64) {
	last, lastStage := time.Time{}, ""
	return func(stage string, done, total int64) {
		now := time.Now()
		if stage == lastStage && done != total && now.Sub(last) < tellEvery {
			return
		}
		last, lastStage = now, stage
		if total > 0 {
			fmt.Fprintf(c.stdout, "%s: %d of %d\n", stage, done, total)
			return
		}
		fmt.Fprintf(c.stdout, "%s: %d\n", stage, done)
	}
}

// tell prints what came of a rebuild. It names ids, never persons.
func (c *cli) tell(r backup.Report) {
	for _, p := range r.Problems {
		fmt.Fprintf(c.stdout, "%s %s %s: %s\n", p.Kind, p.Name, p.Subject, p.Detail)
	}
	for kind, n := range r.ByKind {
		fmt.Fprintf(c.stdout, "problems of kind %s: %d\n", kind, n)
	}
	for _, y := range r.Years {
		fmt.Fprintf(c.stdout, "audit log %d: %d entries, signed up to %d\n", y.Year, y.Entries, y.SignedSize)
	}
	for _, s := range r.NotRebuilt {
		fmt.Fprintf(c.stdout, "not in the buckets: %s\n", s)
	}
	if r.Counts.Closed > 0 {
		fmt.Fprintf(c.stdout, "%d files are closed to everybody until a person releases them: eakte rebuild --data DIR closed\n", r.Counts.Closed)
	}
	fmt.Fprintf(c.stdout, "%d documents, %d files, %d persons from %d manifests, %d entries of the log: %d problems\n",
		r.Counts.Documents, r.Counts.Files, r.Counts.Persons, r.Counts.Manifests, r.Counts.Entries, r.Counts.Problems)
}

// rebuilt is an error unless a rebuild of the catalog has finished, or never
// touched.
func rebuilt(ctx context.Context, cat *catalog.Catalog) error {
	return cat.Read(ctx, func(tx *catalog.Tx) error {
		cut, err := backup.Unfinished(tx)
		if err == nil && cut {
			return rebuildFirst()
		}
		return err
	})
}
