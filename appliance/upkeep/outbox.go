// Package upkeep does what nobody asks for: it puts the manifests that changes
// left in the outbox, numbers and seals the audit log, and finishes at a start
// what a stop interrupted.
package upkeep

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/retention"
)

// Outbox puts committed manifests into the store. A change is answered when
// its manifest is there; what a stop left over is put by the next start.
type Outbox struct {
	Catalog *catalog.Catalog
	Vault   *vault.Vault
	Log     *slog.Logger
	// Believed tells how far ahead a lock may be dated, as Timekeeper; nil: as
	// far as the change says. So a clock that is off leaves no lock of years.
	Believed record.Clock

	mu    sync.Mutex      // one drain at a time keeps the order of the commits
	stuck map[string]bool // names under which other bytes lie: see drain
}

const (
	outboxBatch = 100
	outboxEvery = 5 * time.Second // a manifest that could not be put is tried again
)

// Flush puts what lies in the outbox. It goes on when the asker has gone away:
// the change is committed.
func (o *Outbox) Flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	if err := o.drain(ctx, false); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// Drain puts everything that lies in the outbox, in the order of the commits.
// A manifest that can never be put as things are, because other bytes lie under
// its name, is record.Conflict or record.Corrupt; all others are put.
func (o *Outbox) Drain(ctx context.Context) error { return o.drain(ctx, true) }

// Stuck is how many manifests can't be put because other bytes lie under their
// names.
func (o *Outbox) Stuck() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.stuck)
}

// drain puts batch after batch. A manifest that can't be put keeps back those
// after it of the same subject, whose order counts, and no others. Who finds it
// is told; afterwards only those are who ask for everything.
func (o *Outbox) drain(ctx context.Context, all bool) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	var told error
	if all {
		o.stuck = nil
	}
	for {
		var rows []catalog.OutboxRow
		err := o.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.OutboxPending(outboxBatch + len(o.stuck))
			return err
		})
		if err != nil {
			return err
		}
		put, found, err := o.putAll(ctx, rows)
		told = errors.Join(told, found)
		if err != nil || len(put) == 0 && found == nil {
			return errors.Join(err, told)
		}
		err = o.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
			for _, name := range put {
				if err := tx.DeleteOutbox(name); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}

// putAll puts what can be put of some rows. found names what was found not to
// be; err is what ended it.
func (o *Outbox) putAll(ctx context.Context, rows []catalog.OutboxRow) (put []string, found, err error) {
	back := map[string]bool{} // subjects
	for _, r := range rows {
		if o.stuck[r.Name] || back[r.Subject] {
			back[r.Subject] = true
			continue
		}
		err := o.Vault.PutLocked(ctx, r.Name, int64(len(r.Body)), r.Digest, bytes.NewReader(r.Body), o.lockUntil(r))
		switch {
		case err == nil:
			put = append(put, r.Name)
		case errors.Is(err, record.Conflict) || errors.Is(err, record.Corrupt):
			if o.stuck == nil {
				o.stuck = map[string]bool{}
			}
			o.stuck[r.Name], back[r.Subject] = true, true
			found = errors.Join(found, err)
			o.Log.Error("a manifest can't be put: other bytes lie under its name", "manifest", r.Name, "error", err)
		default:
			return put, found, err
		}
	}
	return put, found, nil
}

// stepBack is how much more than 24 months a lock may be: a clock that was set
// back a little since the change must not make the lock shorter than the
// manifest itself says, which eakte verify would report.
const stepBack = 31 * 24 * time.Hour

// lockUntil is a new manifest's lock: about 24 months ahead at most; the nightly
// round brings it further where it has to go. One that has waited for so long
// that its date is near or past, which a store refuses, is dated anew.
func (o *Outbox) lockUntil(r catalog.OutboxRow) time.Time {
	if o.Believed == nil {
		return r.LockUntil
	}
	now := o.Believed.Now()
	until := retention.LockUntil(record.RetentionClass{}, "", now, r.LockUntil)
	if most := retention.LockUntil(record.RetentionClass{}, "", now, time.Time{}); most.Add(stepBack).Before(until) {
		return most
	}
	return until
}

// Run drains again and again until ctx ends, for what Flush could not put.
func (o *Outbox) Run(ctx context.Context) {
	tick := time.NewTicker(outboxEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := o.Drain(ctx); err != nil && ctx.Err() == nil {
			o.Log.Warn("manifests wait in the outbox", "error", err)
		}
	}
}
