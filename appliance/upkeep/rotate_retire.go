package upkeep

import (
	"context"
	"errors"
	"fmt"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// Retire ends a rotation: what older identities have sealed is removed from the
// store, all its versions, and they are taken out of the key file. Before that
// every copy of every key is opened, and compared with the newest. It says
// where the key file as it was is kept. Cut off, it is to be called again.
//
// Errors: Conflict while the rotation has not ended or a key is not proven,
// Busy while something else goes on with the keys, Unavailable without the
// second key.
func (t *Tasks) Retire(ctx context.Context, actor record.Actor, say Say) (kept string, err error) {
	if !t.rotating.TryLock() {
		return "", &record.Error{Category: record.Busy, Message: "A rotation is under way in this process."}
	}
	defer t.rotating.Unlock()
	r, err := t.mayRetire(ctx)
	if err != nil {
		return "", err
	}
	if len(t.Vault.Keyring().Generations()) == 1 { // only the catalog was not told any more
		return vault.RetiredKeyFile(t.KeyFile, r.Generation), t.endRetiring(ctx, actor, r)
	}
	if err := t.proveKeys(ctx, say); err != nil {
		return "", err
	}
	if t.Disposal == nil {
		return "", &record.Error{Category: record.Unavailable, Message: "There is no second key to remove anything with."}
	}
	second, err := t.Disposal(ctx)
	if err != nil {
		return "", err
	}
	leaf, err := t.keyEntry(actor, audit.KeyRetire, r, "begun")
	if err == nil {
		err = t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.Append(leaf) })
	}
	if err != nil {
		return "", err
	}
	_, err = t.Vault.RemoveOlderKeys(ctx, second, func(c vault.KeyCounts) error {
		say.tell("%d keys looked at, %d older copies removed", c.Seen, c.Done)
		return nil
	})
	if err != nil {
		return "", err
	}
	ring, kept, err := vault.RetireKeyFile(t.KeyFile, t.Vault.Keyring())
	if err != nil {
		return "", err
	}
	t.Vault.SetKeyring(ring)
	return kept, t.endRetiring(ctx, actor, r)
}

func (t *Tasks) endRetiring(ctx context.Context, actor record.Actor, r catalog.Rotation) error {
	r.State = catalog.RotationRetired
	leaf, err := t.keyEntry(actor, audit.KeyRetire, r, r.State)
	if err != nil {
		return err
	}
	return t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return errors.Join(tx.Append(leaf), tx.SetRotation(r)) })
}

// mayRetire says whether there is anything to retire, and nothing that would
// need it.
func (t *Tasks) mayRetire(ctx context.Context) (catalog.Rotation, error) {
	r, err := t.rotation(ctx)
	if err != nil {
		return r, err
	}
	ring := t.Vault.Keyring()
	if err := CheckKeyFile(r, ring); err != nil {
		return r, err
	}
	switch {
	case r.Generation != ring.Generation() && ring.Generation() > 1, r.Unfinished():
		return r, &record.Error{Category: record.Conflict, Message: "The rotation has not ended: keys are, or may be, sealed by an older identity only.",
			Hint: "Finish it first: eakte key --data DIR rotate"}
	case len(ring.Generations()) == 1 && r.State == catalog.RotationDone:
		return r, nil
	case len(ring.Generations()) == 1:
		return r, &record.Error{Category: record.Conflict, Message: "The key file holds one generation only; there is nothing to retire."}
	}
	waiting, err := t.olderInJournal(ctx)
	if err == nil && waiting > 0 {
		err = &record.Error{Category: record.Conflict, Message: fmt.Sprintf("%d documents on their way in carry keys sealed by an older identity.", waiting),
			Hint: "Wait until they have come in, run the rotation again, then retire."}
	}
	return r, err
}

// proveKeys opens every copy of every key.
func (t *Tasks) proveKeys(ctx context.Context, say Say) error {
	c, err := t.Vault.ProveKeys(ctx, "", vault.KeyPass{Broken: t.brokenKey(say), Note: func(_ string, c vault.KeyCounts) error {
		say.tell("%d keys opened", c.Seen)
		return nil
	}})
	if err == nil && c.Missing+c.Broken > 0 {
		err = &record.Error{Category: record.Conflict,
			Message: fmt.Sprintf("Of %d keys, %d lack a copy sealed by the newest identity and %d don't open. Nothing was removed.", c.Seen, c.Missing, c.Broken),
			Hint:    "Run the rotation again; what does not open is named in the log."}
	}
	return err
}
