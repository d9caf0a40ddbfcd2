package upkeep

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"slices"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/retention"
)

// The locks of manifests, tombstones, segments and checkpoints stand in the
// store only. They are cut into 256 shares, and each night some are looked at,
// so that a round through all of them takes thirty days. Who looks at an object
// once in that time extends what would be too short by the next look: so no
// lock is less than 18 months ahead although only a thirtieth is asked for.
//
// Cost: of five million manifests a night lists and HEADs 170,000; one whose
// lock has to grow (each about every five months) costs four requests more.
// After a stop of the appliance the night after it does the shares that were
// left out, after one of more than four days all there are.
const (
	shares     = 256
	roundTakes = 30 * 24 * time.Hour
	longStop   = 4 * 24 * time.Hour
	lookAhead  = roundTakes + longStop + 24*time.Hour
)

// round is where the way through the shares stands.
type round struct {
	Began time.Time `json:"began"`
	Last  time.Time `json:"last"`  // run
	Done  int       `json:"done"`  // shares
	Again []int     `json:"again"` // shares in which an object failed: looked at each night until none does
}

// target is how many shares of the round should be done now.
func (r round) target(now time.Time) int {
	passed := now.Sub(r.Began)
	if r.Began.IsZero() || passed >= roundTakes-24*time.Hour {
		return shares
	}
	return max(1, int(shares*(passed+24*time.Hour)/roundTakes)) // tonight's are for the day that comes
}

// tonight are the shares to look at now: those that failed, then the next ones.
func (r round) tonight(now time.Time) []int {
	out := slices.Clone(r.Again)
	for s := r.Done; s < r.target(now); s++ {
		if !slices.Contains(r.Again, s) {
			out = append(out, s)
		}
	}
	return out
}

// noteShares is after how many shares a run notes where it stands.
const noteShares = 16

// round does tonight's shares. A round begins when the one before has ended;
// one before which nothing is known is done in one night.
func (k *keeper) round(ctx context.Context) error {
	var r round
	if err := k.progress(ctx, ScheduleLocks, &r); err != nil {
		return err
	}
	if k.now.Sub(r.Last) > longStop || r.Last.After(k.now) { // or a clock was wrong
		r = round{}
	}
	r.Last = k.now
	todo := r.tonight(k.now)
	if err := k.auditShares(ctx, todo); err != nil {
		return err
	}
	for i, s := range todo {
		for _, letter := range []string{"m", "t"} {
			if err := k.share(ctx, s, fmt.Sprintf("%s/%02x/", letter, s)); err != nil {
				return err
			}
		}
		if i < len(r.Again) {
			continue
		}
		r.Done = s + 1
		if i%noteShares == noteShares-1 {
			if err := k.noteRound(ctx, r, r.Again); err != nil {
				return err
			}
		}
	}
	r.Done = max(r.Done, r.target(k.now))
	return k.noteRound(ctx, r, nil)
}

// noteRound keeps where the round stands; again are shares that failed before
// and may not have been looked at since.
func (k *keeper) noteRound(ctx context.Context, r round, again []int) error {
	r.Again = slices.Compact(slices.Sorted(slices.Values(append(slices.Collect(maps.Keys(k.again)), again...))))
	if r.Done >= shares {
		r.Began, r.Done = k.now, 0
	}
	return k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return k.note(tx, ScheduleLocks, r) })
}

// share looks at every object of records below a prefix.
func (k *keeper) share(ctx context.Context, share int, prefix string) error {
	return k.Vault.Buckets().Records.List(ctx, prefix, "", func(o vault.ObjectInfo) error {
		info, err := k.Vault.Stat(ctx, o.Name)
		if err != nil {
			return k.failedIn(ctx, share, o.Name, err)
		}
		if k.counts["looked_at"]++; !k.short(info) {
			return nil
		}
		until, err := k.until(ctx, info)
		if err == nil && !until.After(info.LockedUntil) {
			return nil
		}
		if err == nil {
			err = k.Vault.ExtendLock(ctx, o.Name, until)
		}
		if err != nil {
			return k.failedIn(ctx, share, o.Name, err)
		}
		k.row = 0
		k.counts["manifests"]++
		return nil
	})
}

// failedIn is failed for an object of a share, which is then looked at again.
func (k *keeper) failedIn(ctx context.Context, share int, name string, err error) error {
	k.again[share] = true
	return k.failed(ctx, name, err)
}

// short says whether a lock would be too short by the next look.
func (k *keeper) short(o vault.ObjectInfo) bool {
	return o.Mode != vault.Compliance || o.LockedUntil.Before(k.now.Add(lookAhead).AddDate(0, retention.LockAtLeast, 0))
}

// until is how far a manifest or tombstone is locked. A document's manifest
// says of which document it is, and goes with it; all else rolls on, what can't
// be read as well: it is evidence.
func (k *keeper) until(ctx context.Context, info vault.ObjectInfo) (time.Time, error) {
	next := k.now.Add(lookAhead)
	rolling := retention.LockUntilNext(record.RetentionClass{}, "", k.now, next, info.LockedUntil)
	if letter, _, _ := vault.ParseName(info.Name); letter != "m" {
		return rolling, nil
	}
	m, err := k.manifest(ctx, info.Name)
	if errors.Is(err, record.Corrupt) {
		return rolling, nil
	}
	if err != nil || m.Kind != vault.KindDocument {
		return rolling, err
	}
	var kept catalog.Keeping
	err = k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		kept, err = tx.KeepingOf(record.DocumentID(m.Header.Subject))
		return err
	})
	switch {
	case errors.Is(err, record.NotFound):
		return rolling, nil
	case err != nil:
		return time.Time{}, err
	case kept.State == record.StateDisposed:
		return info.LockedUntil, nil
	}
	return retention.LockUntilNext(kept.Class, kept.LastDay(), k.now, next, info.LockedUntil), nil
}

// manifest reads a manifest's clear part.
func (t *Tasks) manifest(ctx context.Context, name string) (vault.Manifest, error) {
	raw, err := t.Vault.GetLocked(ctx, name)
	if err != nil {
		return vault.Manifest{}, err
	}
	return vault.ParseManifest(raw)
}

// auditShares looks at the objects of the audit log that fall into some
// shares. Their names are in order of time, so that a share is picked by a
// hash of the name; the listing is read whole.
func (k *keeper) auditShares(ctx context.Context, todo []int) error {
	return k.Vault.ListAudit(ctx, "", "", func(o vault.ObjectInfo) error {
		share := shareOf(o.Name)
		if !slices.Contains(todo, share) || isProbe(o.Name) {
			return nil
		}
		info, err := k.Vault.Buckets().Audit.Stat(ctx, o.Name)
		if err != nil {
			return k.failedIn(ctx, share, o.Name, err)
		}
		if k.counts["looked_at"]++; !k.short(info) {
			return nil
		}
		until := retention.LockUntilNext(record.RetentionClass{}, "", k.now, k.now.Add(lookAhead), info.LockedUntil)
		if err := k.Vault.ExtendAuditLock(ctx, o.Name, until); err != nil {
			return k.failedIn(ctx, share, o.Name, err)
		}
		k.row = 0
		k.counts["audit"]++
		return nil
	})
}

func shareOf(name string) int {
	h := fnv.New32a()
	h.Write([]byte(name)) // never fails (hash.Hash)
	return int(h.Sum32() % shares)
}

// isProbe says whether an object is one by which the lock was tried at a
// start: its lock lasts an hour.
func isProbe(name string) bool {
	letter, _, ok := vault.ParseName(name)
	return ok && letter == "p"
}
