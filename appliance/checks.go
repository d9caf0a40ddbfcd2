package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"eakte/appliance/admin"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/search/meili"
)

// Free space below which the health page warns, and below which it alarms.
const (
	lowSpace  = 5 << 30
	noSpace   = 500 << 20
	manyTasks = 20
)

// checks are the parts that the health page shows. Each finding has a code for
// the page (ui/locale, "health.") beside its English sentence.
func (a *app) checks() []admin.Check {
	return []admin.Check{
		{Name: "catalog", Vital: true, Look: a.lookAtCatalog},
		{Name: "store", Vital: true, Look: a.lookAtStore},
		{Name: "search", Look: a.lookAtSearch},
		{Name: "jobs", Look: a.lookAtJobs},
		{Name: "isolation", Look: a.lookAtIsolation},
		{Name: "formats", Look: a.lookAtFormats},
		{Name: "malware", Look: a.lookAtMalware},
		{Name: "outbox", Look: a.lookAtOutbox},
		{Name: "schedules", Look: a.lookAtSchedules},
		{Name: "clock", Look: a.lookAtClock},
		{Name: "deliveries", Look: a.lookAtDeliveries},
		{Name: "findings", Look: a.lookAtFindings},
		{Name: "locks", Look: a.lookAtLocks},
		{Name: "scrub", Look: a.lookAtScrub},
		{Name: "replica", Look: a.lookAtReplica},
		{Name: "holds", Look: a.lookAtHolds},
		{Name: "closed", Look: a.lookAtClosed},
		{Name: "clearing", Look: a.lookAtClearing},
		{Name: "named", Look: a.lookAtNamed},
		{Name: "disk", Look: func(context.Context) admin.Finding { return lookAtDisk(a.cfg.Data) }},
		{Name: "recovery", Look: func(context.Context) admin.Finding { return lookAtRecovery(recoveryDir(a.cfg)) }},
		{Name: "keys", Look: a.lookAtKeys},
		{Name: "key", Look: func(context.Context) admin.Finding { return lookAtKey(a.cfg.Data, a.cfg.KeyFile) }},
	}
}

func (a *app) lookAtCatalog(ctx context.Context) admin.Finding {
	if err := a.catalog.Ping(ctx); err != nil {
		return admin.Finding{State: admin.Down, Code: "catalog.down", Message: "The catalog does not answer.",
			Hint: "Check the disk, or the database server and its address."}
	}
	return admin.Finding{State: admin.OK, Code: "catalog.ok", Message: "answers"}
}

func (a *app) lookAtStore(ctx context.Context) admin.Finding {
	done := errors.New("one is enough")
	err := a.vault.Buckets().Records.List(ctx, "p/", "", func(vault.ObjectInfo) error { return done })
	if err != nil && !errors.Is(err, done) {
		return admin.Finding{State: admin.Down, Code: "store.down", Message: "The object store does not answer.",
			Hint: "Check that it runs and that its address and key are right."}
	}
	return admin.Finding{State: admin.OK, Code: "store.ok", Message: "answers; its lock was proven at the start"}
}

func (a *app) lookAtSearch(ctx context.Context) admin.Finding {
	if a.cfg.Search.Kind == "meili" {
		if _, err := meili.Check(ctx, meiliConfig(a.cfg.Search, a.log)); err != nil {
			return searchServerFinding(err)
		}
	}
	docs, pages, err := a.engine.Count(ctx)
	if err != nil {
		return admin.Finding{State: admin.Degraded, Code: "search.down", Message: "Search does not answer; files and documents can still be opened.",
			Hint: "Stop the appliance, move the folder index out of the data folder and start it: the index is made anew."}
	}
	return admin.Finding{State: admin.OK, Code: "search.ok", Message: fmt.Sprintf("%d documents, %d pages", docs, pages),
		Values: map[string]string{"documents": fmt.Sprint(docs), "pages": fmt.Sprint(pages)}}
}

// searchServerFinding says what keeps Meilisearch from being used.
func searchServerFinding(err error) admin.Finding {
	f := admin.Finding{State: admin.Degraded, Code: "search.server", Message: "The search server does not answer as it should.",
		Hint: "Check that it runs. Files and documents can still be opened."}
	var told *record.Error
	if errors.As(err, &told) {
		f.Message, f.Hint = told.Message, told.Hint
	}
	return f
}

func (a *app) lookAtJobs(ctx context.Context) admin.Finding {
	var waiting, buried int
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) error {
		stats, err := tx.JobStats()
		for _, s := range stats {
			waiting, buried = waiting+s.Waiting+s.Leased, buried+s.Buried
		}
		return err
	})
	values := map[string]string{"waiting": fmt.Sprint(waiting), "buried": fmt.Sprint(buried)}
	switch {
	case err != nil:
		return admin.Finding{State: admin.Degraded, Code: "jobs.unknown", Message: "The jobs can't be counted."}
	case buried > 0:
		return admin.Finding{State: admin.Degraded, Code: "jobs.buried", Message: fmt.Sprintf("%d jobs were given up, %d wait.", buried, waiting),
			Hint: "The log names them; nothing is lost.", Values: values}
	}
	return admin.Finding{State: admin.OK, Code: "jobs.ok", Message: fmt.Sprintf("%d wait", waiting), Values: values}
}

func (a *app) lookAtOutbox(ctx context.Context) admin.Finding {
	var n int
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) { n, err = tx.OutboxSize(); return err })
	values := map[string]string{"n": fmt.Sprint(n)}
	if err != nil || n > manyTasks {
		return admin.Finding{State: admin.Degraded, Code: "outbox.many", Message: fmt.Sprintf("%d manifests wait to be stored.", n),
			Hint: "They are stored by themselves when the object store answers.", Values: values}
	}
	return admin.Finding{State: admin.OK, Code: "outbox.ok", Message: fmt.Sprintf("%d manifests wait", n), Values: values}
}

func lookAtDisk(dir string) admin.Finding {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return admin.Finding{State: admin.Degraded, Code: "disk.unknown", Message: "The free space can't be read."}
	}
	free := int64(st.Bavail) * st.Bsize
	f := admin.Finding{State: admin.OK, Code: "disk.ok", Message: fmt.Sprintf("%.1f GB free", float64(free)/(1<<30)),
		Values: map[string]string{"bytes": fmt.Sprint(free)}}
	switch {
	case free < noSpace:
		f.State, f.Code, f.Hint = admin.Down, "disk.full", "Make room: soon nothing can be taken in. Reading goes on."
	case free < lowSpace:
		f.State, f.Code, f.Hint = admin.Degraded, "disk.low", "Make room or add a disk."
	}
	return f
}

// lookAtRecovery warns while the custodians' identities that setup made still
// lie on this machine.
func lookAtRecovery(dir string) admin.Finding {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return admin.Finding{State: admin.OK, Code: "recovery.ok", Message: "no custodian's identity lies on this machine"}
	}
	name := filepath.Base(dir)
	return admin.Finding{State: admin.Degraded, Code: "recovery.here", Message: "The custodians' identities still lie beside the key file.",
		Hint: "Hand each of the three to another person and delete the folder " + name + ".", Values: map[string]string{"folder": name}}
}

func lookAtKey(data, keyFile string) admin.Finding {
	if rel, err := filepath.Rel(data, keyFile); err == nil && !strings.HasPrefix(rel, "..") {
		return admin.Finding{State: admin.Degraded, Code: "key.inside", Message: "The appliance's key lies inside the data folder.",
			Hint: "Move it elsewhere and set EAKTE_KEY_FILE."}
	}
	return admin.Finding{State: admin.OK, Code: "key.ok", Message: "lies outside the data folder"}
}
