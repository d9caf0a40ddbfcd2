package upkeep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/retention"
)

// Locks keeps the store's locks between 18 and 24 months ahead, extensions
// ending with the day until which a document is kept; where that day is not
// known, they roll on. A lock only grows.
//
// Nothing is locked by a clock that is not believed (Agree): the locks stand for
// 18 months yet, and a wrong date could never be taken back.
//
// Originals come from the catalog, which knows each one's lock: only those
// that have to grow are touched. Everything else that is locked comes from the
// store itself (see round.go).
func (t *Tasks) Locks(ctx context.Context) (Result, error) {
	now, err := t.Agree(ctx)
	if err != nil {
		return Result{}, err
	}
	k := &keeper{Tasks: t, now: now, counts: map[string]int64{}, again: map[int]bool{}}
	err = k.originals(ctx)
	if err == nil {
		err = k.fullLocks(ctx)
	}
	if err == nil {
		err = k.round(ctx)
	}
	if err == nil && k.counts["failed"] > 0 {
		err = found("%d locks could not be extended: the object store lacks the objects or refuses.",
			"The log names them. Run eakte verify; look whether the appliance's key may set retention.", k.counts["failed"])
	}
	return Result{Text: fmt.Sprintf("Locks extended of %d originals, %d manifests and tombstones, %d objects of the audit log; %d looked at.",
		k.counts["originals"], k.counts["manifests"], k.counts["audit"], k.counts["looked_at"]), Counts: k.counts}, err
}

// keeper is one run of Locks.
type keeper struct {
	*Tasks
	now    time.Time
	counts map[string]int64
	again  map[int]bool // shares in which an object failed
	row    int          // objects in a row that failed
}

// failuresInARow is how many objects may fail one after the other before it is
// the store, not the object, that is wrong.
const failuresInARow = 20

// failed decides what an object that can't be locked means: one that is
// missing, damaged or refused is named and counted, and the others go on. What
// may work later ends the run.
func (k *keeper) failed(ctx context.Context, name string, err error) error {
	one := errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) || errors.Is(err, record.Denied) || errors.Is(err, vault.ErrRefused)
	if k.row++; ctx.Err() != nil || !one || k.row >= failuresInARow {
		return fmt.Errorf("keep the lock of %s: %w", name, err)
	}
	k.counts["failed"]++
	k.Log.Error("the lock of an object can't be extended", "object", name, "error", err)
	return nil
}

// nextNight is how soon the documents' locks are looked at again, with a night
// to spare.
const nextNight = 48 * time.Hour

// originals extends the locks of documents that would end in less than 18
// months by the next look. A document whose lock has reached its last day is
// looked at each night and left alone.
func (k *keeper) originals(ctx context.Context) error {
	end := k.now.Add(nextNight).AddDate(0, retention.LockAtLeast, 0)
	var after catalog.Keeping
	for {
		var rows []catalog.Keeping
		err := k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.LocksBefore(end, after, batch)
			return err
		})
		if err == nil {
			err = k.extend(ctx, rows)
		}
		if err != nil || len(rows) < batch {
			return err
		}
		after = rows[len(rows)-1]
	}
}

// fullLocks goes through the documents of classes that lock to the last day at
// once, since that day may have become known.
func (k *keeper) fullLocks(ctx context.Context) error {
	for after := record.DocumentID(""); ; {
		var rows []catalog.Keeping
		err := k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.FullLocks(after, batch)
			return err
		})
		if err == nil {
			err = k.extend(ctx, rows)
		}
		if err != nil || len(rows) < batch {
			return err
		}
		after = rows[len(rows)-1].Document
	}
}

// extend moves what has to grow, and notes it in the catalog after the store
// has it: what the catalog says is never more than what is locked.
func (k *keeper) extend(ctx context.Context, rows []catalog.Keeping) (err error) {
	grown := map[record.DocumentID]time.Time{}
	for _, r := range rows {
		until := retention.LockUntilNext(r.Class, r.LastDay(), k.now, k.now.Add(nextNight), r.LockedUntil)
		if !until.After(r.LockedUntil) {
			continue
		}
		if lerr := k.Vault.ExtendLock(ctx, vault.OriginalName(r.Object), until); lerr != nil {
			if err = k.failed(ctx, vault.OriginalName(r.Object), lerr); err != nil {
				break
			}
			continue
		}
		k.row = 0
		grown[r.Document] = until
	}
	if len(grown) == 0 {
		return err
	}
	k.counts["originals"] += int64(len(grown))
	return errors.Join(err, k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		for id, until := range grown {
			if err := tx.SetLockedUntil(id, until); err != nil {
				return err
			}
		}
		return nil
	}))
}
