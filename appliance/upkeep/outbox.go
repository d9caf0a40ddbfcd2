// Package upkeep does what nobody asks for: it puts the manifests that changes
// left in the outbox, numbers and seals the audit log, and finishes at a start
// what a stop interrupted.
package upkeep

import (
	"bytes"
	"context"
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

	mu sync.Mutex // one drain at a time keeps the order of the commits
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
	if err := o.Drain(ctx); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// Drain puts everything that lies in the outbox, in the order of the commits.
func (o *Outbox) Drain(ctx context.Context) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	for {
		var rows []catalog.OutboxRow
		err := o.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.OutboxPending(outboxBatch)
			return err
		})
		if err != nil || len(rows) == 0 {
			return err
		}
		for _, r := range rows {
			if err := o.Vault.PutLocked(ctx, r.Name, int64(len(r.Body)), r.Digest, bytes.NewReader(r.Body), o.lockUntil(r)); err != nil {
				return err
			}
		}
		err = o.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
			for _, r := range rows {
				if err := tx.DeleteOutbox(r.Name); err != nil {
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
