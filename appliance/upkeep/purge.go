package upkeep

import (
	"context"
	"fmt"
	"time"

	"eakte/appliance/catalog"
)

// How long what is of no more use stays. Failed sign-ins count for a quarter of
// an hour; a day leaves room for clocks that differ.
const (
	expiredKept = 24 * time.Hour
	answersKept = 30 * 24 * time.Hour // an idempotency key is good for that long, for all but documents
	minutesKept = 48 * time.Hour      // of the throughput; then its days
	daysKept    = 366 * 24 * time.Hour
)

// Purge removes what is over: spool items that were read back, keys and old
// rows of the intake journal, expired sessions and tokens, failed sign-ins, old
// answers to idempotency keys.
func (t *Tasks) Purge(ctx context.Context) (Result, error) {
	spool, err := t.Intake.PurgeSpool(ctx)
	if err != nil {
		return Result{}, err
	}
	journal, err := t.Intake.PurgeJournal(ctx)
	if err != nil {
		return Result{}, err
	}
	now := t.Clock.Now()
	expired, err := t.Catalog.InSteps(ctx, func(tx *catalog.Tx) (int64, error) { return tx.PurgeExpired(now.Add(-expiredKept)) })
	if err != nil {
		return Result{}, err
	}
	answers, err := t.Catalog.InSteps(ctx, func(tx *catalog.Tx) (int64, error) { return tx.PurgeAnswers(now.Add(-answersKept)) })
	if err != nil {
		return Result{}, err
	}
	counts, err := t.purgeCounts(ctx, now)
	if err != nil {
		return Result{}, err
	}
	return Result{Text: fmt.Sprintf("Removed: %d spool items, %d expired sessions, tokens and failed sign-ins, %d old answers, %d old journal rows, %d old counts of the throughput. "+
		"%d spool items wait for their read-back.", spool.Dropped, expired, answers, journal, counts, spool.Kept),
		Counts: map[string]int64{"spool": int64(spool.Dropped), "spool_kept": int64(spool.Kept), "expired": expired, "answers": answers, "journal": journal, "counts": counts}}, nil
}

// purgeCounts makes days of old minutes of the throughput, and removes old days.
func (t *Tasks) purgeCounts(ctx context.Context, now time.Time) (int64, error) {
	before := now.Add(-minutesKept).Truncate(time.Minute)
	folded, err := t.Catalog.InSteps(ctx, func(tx *catalog.Tx) (int64, error) { return tx.FoldCounts(before) })
	if err != nil {
		return 0, err
	}
	removed, err := t.Catalog.InSteps(ctx, func(tx *catalog.Tx) (int64, error) { return tx.PurgeCounts(now.Add(-daysKept)) })
	return folded + removed, err
}
