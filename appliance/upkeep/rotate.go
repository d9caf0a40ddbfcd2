package upkeep

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// KindRotate is the kind of job that goes on with a rotation that was cut off.
const KindRotate = "key.rotate"

// When a rotation is looked after by its job: the command that began it has a
// minute's start, and what waits is looked at again every five.
const (
	rotateStart = time.Minute
	rotateAgain = 5 * time.Minute
)

// Say is told in a sentence how far something is; it may be nil.
type Say func(format string, args ...any)

func (s Say) tell(format string, args ...any) {
	if s != nil {
		s(format, args...)
	}
}

// Rotate gives the appliance a new identity that keys are sealed to, and puts
// every key under it. One that was cut off is gone on with: only after it has
// ended does another call make another identity. It ends in one of the states
// of catalog.Rotation; RotationWaiting and RotationIncomplete are no errors.
//
// Errors: Busy while another rotation or an erasure goes on, Unavailable where
// key file or store can't be written; what is done stays done.
func (t *Tasks) Rotate(ctx context.Context, actor record.Actor, say Say) (catalog.Rotation, error) {
	if !t.rotating.TryLock() {
		return catalog.Rotation{}, &record.Error{Category: record.Busy, Message: "A rotation is under way in this process.",
			Hint: "See how far it is: eakte key --data DIR status"}
	}
	defer t.rotating.Unlock()
	r, err := t.beginRotation(ctx, actor, say)
	if err != nil {
		return r, err
	}
	return t.resealAll(ctx, actor, r, say)
}

// goOnRotating is the handler of KindRotate. It never makes an identity.
func (t *Tasks) goOnRotating(ctx context.Context, _ job.Job) error {
	r, err := t.rotation(ctx)
	if err != nil || r.State != catalog.RotationRunning && r.State != catalog.RotationWaiting {
		return err
	}
	r, err = t.Rotate(ctx, system(), nil)
	switch {
	case errors.Is(err, record.Busy):
		return job.After(err, rotateStart)
	case err == nil && r.State == catalog.RotationWaiting:
		return job.After(errors.New("documents on their way in carry keys sealed by an older identity"), rotateAgain)
	}
	return err
}

func system() record.Actor { return record.System(record.NewID()) }

func (t *Tasks) rotation(ctx context.Context) (r catalog.Rotation, err error) {
	err = t.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		r, err = tx.Rotation()
		return err
	})
	return r, err
}

// beginRotation makes a new identity, unless the last rotation has not ended.
// The key file comes first, then the catalog: a stop in between leaves a key
// file that is ahead, which the next call takes for begun.
func (t *Tasks) beginRotation(ctx context.Context, actor record.Actor, say Say) (catalog.Rotation, error) {
	r, err := t.rotation(ctx)
	if err != nil {
		return r, err
	}
	ring := t.Vault.Keyring()
	if err := CheckKeyFile(r, ring); err != nil {
		return r, err
	}
	if err := t.Catalog.Read(ctx, noErasure); err != nil { // before the key file is touched
		return r, err
	}
	begun := r.Generation < ring.Generation() && ring.Generation() > 1
	if !begun && !r.Unfinished() {
		if ring, err = vault.RotateKeyFile(t.KeyFile, ring, t.Clock.Now()); err != nil {
			return r, err
		}
		t.Vault.SetKeyring(ring)
		begun = true
		say.tell("A new identity is in %s, generation %d. Copy the file to where its copies are kept, and to every other machine that runs the appliance.",
			t.KeyFile, ring.Generation())
	}
	if begun {
		r = catalog.Rotation{Generation: ring.Generation(), Recipient: ring.Recipient(), Began: t.Clock.Now()}
	}
	r.State, r.Ended = catalog.RotationRunning, time.Time{}
	leaf, err := t.keyEntry(actor, audit.KeyRotate, r, "begun")
	if err != nil {
		return r, err
	}
	return r, t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if err := noErasure(tx); err != nil {
			return err
		}
		if begun {
			if err := tx.Append(leaf); err != nil {
				return err
			}
		}
		if err := tx.Enqueue(job.Spec{Kind: KindRotate, Key: "rotate", At: t.Clock.Now().Add(rotateStart)}); err != nil {
			return err
		}
		return tx.SetRotation(r)
	})
}

// noErasure says Busy while a key is being destroyed: a rotation that has read
// it would bring it back.
func noErasure(tx *catalog.Tx) error {
	open, err := tx.OpenErasures()
	if err == nil && len(open) > 0 {
		err = &record.Error{Category: record.Busy, Message: "A key is being destroyed; until that has ended the sealing key can't be changed.",
			Hint: "Try again in a few minutes. If it stays so, look at the jobs that were given up."}
	}
	return err
}

// CheckKeyFile says whether a key file is as new as the archive's last
// rotation. An older one would seal what the others can't open any more.
func CheckKeyFile(r catalog.Rotation, ring *vault.Keyring) error {
	if r.Generation < ring.Generation() || r.Generation == ring.Generation() && (r.Recipient == "" || r.Recipient == ring.Recipient()) || r.Generation == 0 {
		return nil
	}
	return &record.Error{Category: record.Unavailable, Field: "EAKTE_KEY_FILE", Message: "The key file is not the archive's newest.",
		Hint: "The sealing key was changed on another machine. Put the key file from there in its place and start the appliance again.",
		Cause: fmt.Errorf("the archive is at generation %d (%s), the key file at %d (%s)",
			r.Generation, r.Recipient, ring.Generation(), ring.Recipient())}
}

// resealAll goes through all keys until a whole pass has found nothing to do
// and nothing on its way in carries an older key.
func (t *Tasks) resealAll(ctx context.Context, actor record.Actor, r catalog.Rotation, say Say) (catalog.Rotation, error) {
	for {
		whole := r.After == ""
		did, err := t.resealOnce(ctx, &r, say)
		switch {
		case err != nil:
			return r, err
		case did > 0 || !whole:
			continue
		case r.Broken > 0:
			return t.endRotation(ctx, actor, r, catalog.RotationIncomplete)
		}
		if r.Waiting, err = t.olderInJournal(ctx); err != nil {
			return r, err
		}
		if r.Waiting > 0 {
			return t.endRotation(ctx, actor, r, catalog.RotationWaiting)
		}
		return t.endRotation(ctx, actor, r, catalog.RotationDone)
	}
}

// resealOnce is one pass, from where the last one stands.
func (t *Tasks) resealOnce(ctx context.Context, r *catalog.Rotation, say Say) (did int64, err error) {
	began := *r
	if r.After == "" {
		began.Seen, began.Broken = 0, 0
	}
	c, err := t.Vault.ResealKeys(ctx, r.After, vault.KeyPass{
		Broken: t.brokenKey(say),
		Note: func(after string, c vault.KeyCounts) error {
			r.After, r.Seen, r.Done, r.Broken = after, began.Seen+c.Seen, began.Done+c.Done, began.Broken+c.Broken
			say.tell("%d keys looked at, %d sealed anew", r.Seen, r.Done)
			return t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.SetRotation(*r) })
		},
	})
	if err != nil {
		return 0, err
	}
	r.After, r.Seen, r.Done, r.Broken = "", began.Seen+c.Seen, began.Done+c.Done, began.Broken+c.Broken
	return c.Done, t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.SetRotation(*r) })
}

func (t *Tasks) brokenKey(say Say) func(record.ObjectID, error) {
	return func(id record.ObjectID, err error) {
		t.Log.Error("a key can't be opened", "object", id, "error", err)
		say.tell("The key of object %s can't be opened; the log says why.", id)
	}
}

// olderInJournal counts what is on its way in, on any node, with a key that an
// older identity sealed.
func (t *Tasks) olderInJournal(ctx context.Context) (n int64, err error) {
	for after := ""; ; {
		var rows []catalog.SealedRow
		err := t.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.SealedUnfinished(after)
			return err
		})
		if err != nil || len(rows) == 0 {
			return n, err
		}
		for _, r := range rows {
			key, err := t.Vault.KeyFromSealed(r.Object, r.Sealed)
			if err != nil && !errors.Is(err, record.Corrupt) {
				return n, err
			}
			if err != nil || key.Generation() != t.Vault.Keyring().Generation() {
				n++
			}
			after = r.Row
		}
	}
}

func (t *Tasks) endRotation(ctx context.Context, actor record.Actor, r catalog.Rotation, state string) (catalog.Rotation, error) {
	r.State = state
	if state == catalog.RotationWaiting { // its job goes on
		return r, t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.SetRotation(r) })
	}
	r.Ended = t.Clock.Now()
	leaf, err := t.keyEntry(actor, audit.KeyRotate, r, state)
	if err != nil {
		return r, err
	}
	return r, t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return errors.Join(tx.Append(leaf), tx.SetRotation(r))
	})
}

// keyEntry is an audit entry about the sealing key.
func (t *Tasks) keyEntry(actor record.Actor, action string, r catalog.Rotation, step string) (audit.Leaf, error) {
	outcome := audit.Done
	if step == catalog.RotationIncomplete {
		outcome = audit.Failed
	}
	return audit.Seal(audit.Entry{At: t.Clock.Now(), Action: action, Outcome: outcome, Actor: actor.User, Via: actor.Via, Request: actor.Request,
		Objects: []audit.Object{{Kind: audit.KindKey, ID: strconv.Itoa(r.Generation)}},
		Personal: audit.Personal{ActorName: actor.Name, Detail: map[string]string{"step": step, "public_key": r.Recipient,
			"resealed": strconv.FormatInt(r.Done, 10), "broken": strconv.FormatInt(r.Broken, 10)}}})
}
