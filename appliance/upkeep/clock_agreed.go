package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// metaAgreed is where the catalog keeps the time that was agreed on last.
const metaAgreed = "clock.agreed"

// agreed is the time agreed on last, and the checkpoints that a person has
// overruled since: they were signed while a clock was ahead.
type agreed struct {
	At   time.Time `json:"at"`
	Over overruled `json:"over"`
}

// overruled names, by its log's year, the size of a checkpoint whose time does
// not count.
type overruled map[int]uint64

func (k *Timekeeper) agreed(ctx context.Context) (a agreed, err error) {
	var text string
	err = k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { text, err = tx.Meta(metaAgreed); return err })
	if err != nil || text == "" {
		return a, err
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return a, &record.Error{Category: record.Corrupt, Message: "The time agreed on last can't be read in the catalog.",
			Hint: "Confirm the time: eakte clock --data DIR confirm.", Cause: err}
	}
	return a, nil
}

func (k *Timekeeper) keep(ctx context.Context, a agreed) error {
	return k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return setAgreed(tx, a) })
}

func setAgreed(tx *catalog.Tx, a agreed) error {
	b, err := json.Marshal(a)
	if err != nil {
		return fmt.Errorf("upkeep: %w", err)
	}
	return tx.SetMeta(metaAgreed, string(b))
}

// Confirm takes a person's word that the clock is right as it is now: for a
// stop that nobody else witnesses, and for checkpoints that were signed while
// the clock was ahead. It can't make a clock right that differs from the
// store's. The entry in the audit log names who, and the time that was
// believed before.
func (k *Timekeeper) Confirm(ctx context.Context, actor record.Actor) (time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	before, err := k.agreed(ctx)
	if err != nil && !errors.Is(err, record.Corrupt) { // what can't be read is what this is for
		return time.Time{}, err
	}
	now := k.Clock.Now()
	t := Times{System: now}
	if k.Store != nil {
		if t.Store, err = k.Store(ctx); err != nil {
			return time.Time{}, err
		}
	}
	if err := t.judge(); err != nil {
		return time.Time{}, err
	}
	over, err := k.Logbook.signedAfter(ctx, now)
	if err != nil {
		return time.Time{}, err
	}
	leaf, err := audit.Seal(audit.Entry{At: now, Action: audit.ClockConfirm, Outcome: audit.Done, Actor: actor.User, Via: actor.Via,
		Request: actor.Request, Personal: audit.Personal{ActorName: actor.Name,
			Detail: map[string]string{"before": stamp(before.At), "now": stamp(now)}}})
	if err != nil {
		return time.Time{}, err
	}
	err = k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return errors.Join(tx.Append(leaf), setAgreed(tx, agreed{At: now, Over: over}))
	})
	if err != nil {
		return time.Time{}, err
	}
	k.anchor, k.last, k.verdict = &anchor{now, k.elapsed()}, now, nil
	return now, nil
}

// lastSigned is the time of the newest checkpoint that no person has
// overruled, as its signed text says; zero if there is none.
func (l *Logbook) lastSigned(ctx context.Context, over overruled) (newest time.Time, err error) {
	err = l.eachLast(ctx, func(c audit.Checkpoint, year int) {
		if over[year] != c.Size && c.At.After(newest) {
			newest = c.At
		}
	})
	return newest, err
}

// signedAfter names the checkpoints that bear a time more than clockSlack after
// one.
func (l *Logbook) signedAfter(ctx context.Context, at time.Time) (overruled, error) {
	out := overruled{}
	err := l.eachLast(ctx, func(c audit.Checkpoint, year int) {
		if c.At.After(at.Add(clockSlack)) {
			out[year] = c.Size
		}
	})
	return out, err
}

// eachLast gives the last checkpoint of every log. One that this archive has
// not signed is record.Corrupt.
func (l *Logbook) eachLast(ctx context.Context, fn func(c audit.Checkpoint, year int)) error {
	var notes []catalog.Checkpoint
	err := l.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		notes = notes[:0]
		years, err := tx.AuditLogs()
		if err != nil {
			return err
		}
		for _, year := range years {
			c, err := tx.LastCheckpoint(year)
			if errors.Is(err, record.NotFound) {
				continue
			}
			if err != nil {
				return err
			}
			notes = append(notes, c)
		}
		return nil
	})
	for _, n := range notes {
		c, oerr := l.openCheckpoint(n)
		if err = errors.Join(err, oerr); err == nil {
			fn(c, n.Log)
		}
	}
	return err
}

func (l *Logbook) openCheckpoint(n catalog.Checkpoint) (audit.Checkpoint, error) {
	origin, err := audit.Origin(l.Archive, n.Log)
	if err != nil {
		return audit.Checkpoint{}, err
	}
	signer, err := audit.NewSigner(origin, l.Vault.Keyring().AuditSeed())
	if err != nil {
		return audit.Checkpoint{}, err
	}
	c, err := audit.OpenCheckpoint(n.Note, signer.Verifier())
	if err != nil {
		return c, &record.Error{Category: record.Corrupt, Message: "A checkpoint of the audit log is not signed by this archive.",
			Hint: "Run eakte verify; somebody may have changed the log.", Cause: err}
	}
	return c, nil
}
