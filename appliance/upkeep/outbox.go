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
	"eakte/appliance/vault"
)

// Outbox puts committed manifests into the store. A change is answered when
// its manifest is there; what a stop left over is put by the next start.
type Outbox struct {
	Catalog *catalog.Catalog
	Vault   *vault.Vault
	Log     *slog.Logger

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
			if err := o.Vault.PutLocked(ctx, r.Name, int64(len(r.Body)), r.Digest, bytes.NewReader(r.Body), r.LockUntil); err != nil {
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
