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
	"eakte/appliance/vault"
)

// Free space below which the health page warns, and below which it alarms.
const (
	lowSpace  = 5 << 30
	noSpace   = 500 << 20
	manyTasks = 20
)

// checks are the parts that the health page shows.
func (a *app) checks() []admin.Check {
	return []admin.Check{
		{Name: "catalog", Vital: true, Look: func(ctx context.Context) (string, string, string) {
			if err := a.catalog.Ping(ctx); err != nil {
				return admin.Down, "The catalog does not answer.", "Check the disk, or the database server and its address."
			}
			return admin.OK, "answers", ""
		}},
		{Name: "store", Vital: true, Look: func(ctx context.Context) (string, string, string) {
			done := errors.New("one is enough")
			err := a.vault.Buckets().Records.List(ctx, "p/", "", func(vault.ObjectInfo) error { return done })
			if err != nil && !errors.Is(err, done) {
				return admin.Down, "The object store does not answer.", "Check that it runs and that its address and key are right."
			}
			return admin.OK, "answers; its lock was proven at the start", ""
		}},
		{Name: "search", Look: func(ctx context.Context) (string, string, string) {
			docs, pages, err := a.engine.Count(ctx)
			if err != nil {
				return admin.Degraded, "Search does not answer; files and documents can still be opened.", "Stop the appliance, move the folder index out of the data folder and start it: the index is made anew."
			}
			return admin.OK, fmt.Sprintf("%d documents, %d pages", docs, pages), ""
		}},
		{Name: "jobs", Look: a.lookAtJobs},
		{Name: "outbox", Look: func(ctx context.Context) (string, string, string) {
			var n int
			err := a.catalog.Read(ctx, func(tx *catalog.Tx) (err error) { n, err = tx.OutboxSize(); return err })
			if err != nil || n > manyTasks {
				return admin.Degraded, fmt.Sprintf("%d manifests wait to be stored.", n), "They are stored by themselves when the object store answers."
			}
			return admin.OK, fmt.Sprintf("%d manifests wait", n), ""
		}},
		{Name: "disk", Look: func(context.Context) (string, string, string) { return lookAtDisk(a.cfg.Data) }},
		{Name: "recovery", Look: func(context.Context) (string, string, string) {
			return lookAtRecovery(recoveryDir(a.cfg))
		}},
		{Name: "key", Look: func(context.Context) (string, string, string) {
			if rel, err := filepath.Rel(a.cfg.Data, a.cfg.KeyFile); err == nil && !strings.HasPrefix(rel, "..") {
				return admin.Degraded, "The appliance's key lies inside the data folder.", "Move it elsewhere and set EAKTE_KEY_FILE."
			}
			return admin.OK, "lies outside the data folder", ""
		}},
	}
}

func (a *app) lookAtJobs(ctx context.Context) (string, string, string) {
	var waiting, buried int
	err := a.catalog.Read(ctx, func(tx *catalog.Tx) error {
		stats, err := tx.JobStats()
		for _, s := range stats {
			waiting, buried = waiting+s.Waiting+s.Leased, buried+s.Buried
		}
		return err
	})
	switch {
	case err != nil:
		return admin.Degraded, "The jobs can't be counted.", ""
	case buried > 0:
		return admin.Degraded, fmt.Sprintf("%d jobs were given up, %d wait.", buried, waiting), "The log names them; nothing is lost."
	}
	return admin.OK, fmt.Sprintf("%d wait", waiting), ""
}

func lookAtDisk(dir string) (string, string, string) {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return admin.Degraded, "The free space can't be read.", ""
	}
	free := int64(st.Bavail) * st.Bsize
	say := fmt.Sprintf("%.1f GB free", float64(free)/(1<<30))
	switch {
	case free < noSpace:
		return admin.Down, say, "Make room: soon nothing can be taken in. Reading goes on."
	case free < lowSpace:
		return admin.Degraded, say, "Make room or add a disk."
	}
	return admin.OK, say, ""
}

// lookAtRecovery warns while the custodians' identities that setup made still
// lie on this machine.
func lookAtRecovery(dir string) (string, string, string) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return admin.OK, "no custodian's identity lies on this machine", ""
	}
	return admin.Degraded, "The custodians' identities still lie beside the key file.",
		"Hand each of the three to another person and delete the folder " + filepath.Base(dir) + "."
}
