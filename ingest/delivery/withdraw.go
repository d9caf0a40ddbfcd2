package delivery

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// withdrawable says whether a delivery may still be given up.
func withdrawable(d catalog.Delivery) bool {
	return d.State == StateAnnounced || d.State == StateOpen || d.State == StateWaiting
}

// Withdraw gives a delivery up that is not done: what has arrived is dropped, and
// was never filed. Its provider may, and who files what is in clearing at its
// site, with a reason. A manifest that says something else, if only another
// created_at, opens it again.
//
// Errors: NotFound, Denied (both audited), Invalid without a reason, Conflict
// when one of its documents is in the archive already, Busy.
func (k *Desk) Withdraw(ctx context.Context, actor record.Actor, id, reason string) (View, error) {
	e := event{action: audit.DeliveryWithdraw, delivery: id}
	d, s, err := k.visible(ctx, actor, &e, id)
	if err == nil && !s.mayGiveUp(d) {
		err = k.answer(ctx, actor, e, denied("You may not give this delivery up.", ""))
	}
	if err != nil {
		return View{}, err
	}
	if err := tidy("reason", &reason, maxStatement); err != nil {
		return View{}, err
	}
	if reason == "" {
		return View{}, record.Bad("reason", "is missing")
	}
	release, err := k.claim(id)
	if err != nil {
		return View{}, err
	}
	defer release()
	e.detail = map[string]string{"reason": reason}
	if d, _, err = k.found(ctx, id); err != nil { // it may have been opened again meanwhile
		return View{}, err
	}
	if d.State != StateWithdrawn { // else a stop may have left some of it
		if d, err = k.giveUp(ctx, actor, e); err != nil {
			return View{}, err
		}
	}
	rows, err := k.objects(ctx, id)
	if err != nil {
		return View{}, err
	}
	if err := k.forget(ctx, d.ID, rows); err != nil {
		return View{}, err
	}
	return k.view(ctx, d, s.own(d))
}

// giveUp sets the state, unless something of it is in the archive.
func (k *Desk) giveUp(ctx context.Context, actor record.Actor, e event) (d catalog.Delivery, err error) {
	leaf, err := k.seal(actor, e, audit.Done)
	if err != nil {
		return d, err
	}
	err = k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if d, err = tx.DeliveryByID(e.delivery); err != nil {
			return err
		}
		counts, err := tx.CountDeliveries([]string{d.ID})
		if err != nil {
			return err
		}
		begun, err := begun(tx, d)
		if err != nil {
			return err
		}
		if !withdrawable(d) || counts[d.ID].Taken > 0 || begun {
			return &record.Error{Category: record.Conflict, Message: "Documents of this delivery are in the archive, or on their way there.",
				Hint: "What was filed can be found by its receipt; it is not taken back by giving the delivery up."}
		}
		d.State, d.Problems, d.WaitsSince, d.ChangedAt = StateWithdrawn, "[]", time.Time{}, k.Clock.Now()
		return errors.Join(tx.PutDelivery(d), tx.SetDeliveryManifest(d.ID, ""), tx.Append(leaf))
	})
	return d, err
}

// begun says whether an object of a delivery is on its way into the archive.
func begun(tx *catalog.Tx, d catalog.Delivery) (bool, error) {
	if d.State != StateWaiting {
		return false, nil
	}
	rows, err := allObjects(tx, d.ID)
	if err != nil {
		return false, err
	}
	var ids []record.ObjectID
	for _, o := range rows {
		if o.Object != "" {
			ids = append(ids, o.Object)
		}
	}
	journal, err := tx.JournalOf(ids)
	return len(journal) > 0, err
}

// forget drops what had arrived of a delivery that was given up. What a stop
// leaves of it goes when it is given up once more, or counts for the next
// manifest.
func (k *Desk) forget(ctx context.Context, id string, rows map[string]catalog.DeliveryObject) error {
	if err := k.unclue(ctx, id, StateWithdrawn); err != nil {
		return err
	}
	for part := range slices.Chunk(slices.Sorted(maps.Keys(rows)), perTx) {
		err := k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
			if err := in(tx, id, StateWithdrawn); err != nil {
				return err
			}
			for _, name := range part {
				if err := tx.DeleteDeliveryObject(id, name); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, name := range part {
			if err := k.Intake.DropStaged(ctx, rows[name].Staged); err != nil {
				return err
			}
		}
	}
	return nil
}

// in is Busy for a delivery that another process has brought into another state.
func in(tx *catalog.Tx, id, state string) error {
	d, err := tx.DeliveryByID(id)
	if err == nil && d.State != state {
		err = busy()
	}
	return err
}

// unclue forgets for whom something was on its way in a delivery that is over.
func (k *Desk) unclue(ctx context.Context, id, state string) error {
	for {
		var n int64
		err := k.Catalog.WithTx(ctx, func(tx *catalog.Tx) (err error) {
			if err := in(tx, id, state); err != nil {
				return err
			}
			n, err = tx.ForgetDeliveryClues(id)
			return err
		})
		if err != nil || n == 0 {
			return err
		}
	}
}
