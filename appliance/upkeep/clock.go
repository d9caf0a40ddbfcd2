package upkeep

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// How far clocks may differ, how long the appliance may have been off without
// anybody being asked, and how often the clock is looked at.
const (
	clockSlack   = 5 * time.Minute
	clockGap     = 7 * 24 * time.Hour
	clockEvery   = time.Minute
	agreedEvery  = time.Hour
	anchorEvery  = 24 * time.Hour
	earliestYear = 2026 // this program is not older
)

// Timekeeper says whether this machine's clock is to be believed. Locks can't
// be taken back and what was destroyed doesn't return, so before either the
// system's time, the store's and the last checkpoint's have to agree:
//
//   - the system's clock is within five minutes of the store's, where the store
//     is another machine;
//   - it is not before the last signed checkpoint, nor before the time that was
//     agreed on last, which the catalog keeps;
//   - while this process runs, it moves as a clock does that nobody can set;
//   - after a stop it is not more than a week later than the time agreed on
//     last. A store on another machine is a witness for a longer stop;
//     otherwise a person confirms the time (eakte clock confirm).
//
// What only has to have some date that is not too late takes it from Now, which
// gives the time as it must be while the clock is off.
type Timekeeper struct {
	Catalog *catalog.Catalog
	Clock   record.Clock
	Log     *slog.Logger
	Logbook *Logbook // whose checkpoints count
	// Store reads the store's clock; nil where the store is in this process and
	// so no witness.
	Store func(ctx context.Context) (time.Time, error)
	// Elapsed is the time since a fixed moment, by a clock that can't be set and
	// goes on while the machine sleeps. nil: the process's monotonic clock,
	// which stands still meanwhile.
	Elapsed func() time.Duration

	mu      sync.Mutex
	anchor  *anchor   // a moment of this process at which all agreed
	last    time.Time // agreed on or signed last, as the catalog had it
	verdict error     // of the last look
}

// anchor ties the clock to the one that can't be set.
type anchor struct {
	wall    time.Time
	elapsed time.Duration
}

// Times are the witnesses. A zero time is one that there is not.
type Times struct {
	System     time.Time
	Store      time.Time // zero: the store has this machine's clock
	Checkpoint time.Time // of the newest signed checkpoint
	Agreed     time.Time // on which all agreed last
	Expected   time.Time // by the clock that can't be set, since this process knew the time
}

// Off is the cause of an error when the times do not agree. Code says how:
// store, checkpoint, agreed, jump, gap or early.
type Off struct {
	Code string
	Times
}

func (o *Off) Error() string {
	return fmt.Sprintf("clock (%s): system %s, store %s, checkpoint %s, agreed %s, expected %s", o.Code, stamp(o.System), stamp(o.Store),
		stamp(o.Checkpoint), stamp(o.Agreed), stamp(o.Expected))
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

var processStart = time.Now()

func (k *Timekeeper) elapsed() time.Duration {
	if k.Elapsed != nil {
		return k.Elapsed()
	}
	return time.Since(processStart)
}

// Agree gives the time on which the system's clock, the store's and the last
// checkpoint agree. Where they don't, the error is record.Unavailable with an
// Off as its cause; where one of them can't be asked it has no Off. It writes
// to the catalog: no transaction of the caller's may be open.
func (k *Timekeeper) Agree(ctx context.Context) (time.Time, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, over, err := k.times(ctx)
	if err != nil {
		return time.Time{}, err
	}
	k.last = t.Last()
	err = t.judge()
	k.notice(err)
	if k.verdict = err; err != nil {
		return time.Time{}, err
	}
	if k.anchor == nil || t.far() || k.elapsed()-k.anchor.elapsed >= anchorEvery {
		k.anchor = &anchor{t.System, k.elapsed()}
	}
	if t.System.Sub(t.Agreed) >= agreedEvery {
		if err := k.keep(ctx, agreed{At: t.System, Over: over}); err != nil {
			return time.Time{}, err
		}
	}
	return t.System, nil
}

// notice logs when the verdict changes.
func (k *Timekeeper) notice(err error) {
	switch {
	case err != nil && k.verdict == nil:
		k.Log.Error("the clock of this machine is not believed", "error", err)
	case err == nil && k.verdict != nil:
		k.Log.Info("the clock of this machine is believed again")
	}
}

// Times asks all witnesses, for a person to look at.
func (k *Timekeeper) Times(ctx context.Context) (Times, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	t, _, err := k.times(ctx)
	return t, err
}

// times asks the store between two looks at the clock, so that a slow answer
// doesn't count as a difference.
func (k *Timekeeper) times(ctx context.Context) (t Times, over overruled, err error) {
	a, err := k.agreed(ctx)
	if err != nil {
		return t, nil, err
	}
	t.Agreed = a.At
	if t.Checkpoint, err = k.Logbook.lastSigned(ctx, a.Over); err != nil {
		return t, nil, err
	}
	if k.Store != nil {
		if t.Store, err = k.Store(ctx); err != nil {
			return t, nil, err
		}
	}
	t.System, t.Expected = k.Clock.Now(), k.expected()
	return t, a.Over, nil
}

// expected is what the clock should say; zero if this process never knew.
func (k *Timekeeper) expected() time.Time {
	if k.anchor == nil {
		return time.Time{}
	}
	return k.anchor.wall.Add(k.elapsed() - k.anchor.elapsed)
}

// Last is the latest time that was certain before: a rebuilt catalog knows only
// the checkpoint.
func (t Times) Last() time.Time {
	if t.Checkpoint.After(t.Agreed) {
		return t.Checkpoint
	}
	return t.Agreed
}

// far says whether the clock is not where it is expected.
func (t Times) far() bool {
	return !t.Expected.IsZero() && t.System.Sub(t.Expected).Abs() > clockSlack
}

// judge says whether the times agree.
func (t Times) judge() error {
	apart := !t.Store.IsZero()
	switch {
	case apart && t.System.Sub(t.Store).Abs() > clockSlack:
		return t.off("store", "This machine's clock and the object store's differ: %s here, %s there.", t.System, t.Store)
	case t.System.Year() < earliestYear:
		return t.off("early", "This machine's clock says %s.", t.System)
	case t.System.Before(t.Checkpoint.Add(-clockSlack)):
		return t.off("checkpoint", "This machine's clock says %s; the audit log was signed at %s already.", t.System, t.Checkpoint)
	case t.System.Before(t.Agreed.Add(-clockSlack)):
		return t.off("agreed", "This machine's clock says %s; it was %s already.", t.System, t.Agreed)
	case apart:
		return nil
	case t.far():
		return t.off("jump", "This machine's clock has jumped: it says %s and should say %s.", t.System, t.Expected)
	case t.Expected.IsZero() && !t.Last().IsZero() && t.System.Sub(t.Last()) > clockGap:
		return t.off("gap", "This machine's clock says %s; the appliance last ran on %s, and nothing else tells the time.", t.System, t.Last())
	}
	return nil
}

func (t Times) off(code, message string, a ...time.Time) error {
	var shown []any
	for _, at := range a {
		shown = append(shown, stamp(at))
	}
	return &record.Error{Category: record.Unavailable, Field: "clock", Message: fmt.Sprintf(message, shown...),
		Hint:  "Set the clock by a time server. If it is right as it is, confirm it: eakte clock --data DIR confirm. Until then nothing is taken in, no lock is lengthened and nothing is destroyed.",
		Cause: &Off{code, t}}
}

// Verdict is Agree's last answer, without asking anybody: nil, or an error with
// an Off as its cause. A clock that has just jumped is noticed at once.
func (k *Timekeeper) Verdict() error {
	k.mu.Lock()
	defer k.mu.Unlock()
	t := Times{System: k.Clock.Now(), Agreed: k.last, Expected: k.expected()}
	if k.verdict == nil && t.far() {
		return t.judge()
	}
	return k.verdict
}

// Now is the time as it must be, for a lock's date: the system's while it is
// believed, otherwise what a clock that can't be set makes of the time agreed
// on last, or that time itself. It implements record.Clock.
func (k *Timekeeper) Now() time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.Clock.Now()
	t := Times{System: now, Expected: k.expected()}
	switch {
	case k.anchor != nil && (t.far() || k.verdict != nil):
		return t.Expected
	case k.verdict != nil && !k.last.IsZero():
		return k.last
	}
	return now
}

// Run looks at the clock each minute until ctx ends.
func (k *Timekeeper) Run(ctx context.Context) {
	tick := time.NewTicker(clockEvery)
	defer tick.Stop()
	for {
		_, err := k.Agree(ctx)
		var off *Off
		if err != nil && !errors.As(err, &off) && ctx.Err() == nil {
			k.Log.Warn("the clock can't be compared", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// Agree is the time for what can't be taken back; see Timekeeper. An error is
// record.Unavailable, and then nothing of the kind may be done.
func (t *Tasks) Agree(ctx context.Context) (now time.Time, err error) {
	return t.timekeeper().Agree(ctx)
}

// timekeeper is the one that was given, or one that has nothing but the clock
// to go by: it notices steps back and long stops only.
func (t *Tasks) timekeeper() *Timekeeper {
	t.once.Do(func() {
		if t.Time == nil {
			began := t.Clock.Now()
			t.Time = &Timekeeper{Catalog: t.Catalog, Clock: t.Clock, Log: t.Log, Logbook: t.Logbook,
				Elapsed: func() time.Duration { return t.Clock.Now().Sub(began) }}
		}
	})
	return t.Time
}
