package delivery

import (
	"context"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Remove drops an object that the manifest does not name, as one that was sent
// under a wrong name: it would keep the delivery from being complete. What the
// manifest names can only be replaced.
//
// Errors: NotFound for who does not hand this delivery in, and where no such
// object is here; Invalid (name); Conflict if the manifest names it, or the
// delivery is given up or done; Busy.
func (k *Desk) Remove(ctx context.Context, actor record.Actor, id, name string) error {
	if _, err := k.mine(ctx, actor, audit.DeliveryRemove, id); err != nil {
		return err
	}
	name, err := plainName("name", name)
	if err != nil {
		return err
	}
	release, err := k.claim(id)
	if err != nil {
		return err
	}
	defer release()
	leaf, err := k.seal(actor, event{action: audit.DeliveryRemove, delivery: id, detail: map[string]string{"name": name}}, audit.Done)
	if err != nil {
		return err
	}
	var drop catalog.Staged
	err = k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		d, err := tx.DeliveryByID(id)
		if err != nil {
			return err
		}
		if d.State == StateDone {
			return over()
		}
		if err := receives(d); err != nil {
			return err
		}
		o, err := tx.DeliveryObject(id, name)
		if err != nil {
			return err
		}
		if o.Place != 0 {
			return &record.Error{Category: record.Conflict, Message: "The manifest names this object, so it can't be left out.",
				Hint: "Send other bytes in its place, or a manifest that does not name it."}
		}
		drop = o.Staged
		if err := tx.DeleteDeliveryObject(id, name); err != nil {
			return err
		}
		return tx.Append(leaf)
	})
	if err != nil {
		return err
	}
	if err := k.Intake.DropStaged(ctx, drop); err != nil { // the next start sweeps it
		k.Log.Warn("bytes that were taken back could not be dropped", "object", drop.Object, "error", err)
	}
	return nil
}
