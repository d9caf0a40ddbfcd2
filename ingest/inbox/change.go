package inbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// change is one change to an item.
type change struct {
	action string
	step   Step
	of     any // all that the request says, for Idempotency-Key
	may    func(desk, row, standing) bool
	do     func(*catalog.Tx, desk, row, standing) (catalog.Item, map[string]string, error)
	undo   bool // do has written already
}

// change makes a change in one transaction with its audit entry. The rights
// are decided before anything else is looked at, and once more in the
// transaction; who may know the item and may not do this to it gets Denied.
func (in *Inbox) change(ctx context.Context, actor record.Actor, id record.ItemID, c change) (Item, error) {
	e := event{action: c.action}
	digest, err := digestOf(c.action, id, c.of)
	if err != nil {
		return Item{}, err
	}
	repeated := false
	err = in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		_, _, err := in.allowed(tx, actor, id, c, &e)
		if err != nil {
			return err
		}
		_, repeated, err = tx.Answered(actor.User, c.step.IdempotencyKey, digest)
		return err
	})
	if err == nil && repeated {
		return in.Item(ctx, actor, id)
	}
	var v Item
	if err == nil {
		err = in.Catalog.WithTx(ctx, func(tx *catalog.Tx) (err error) {
			v, err = in.write(tx, actor, id, c, e)
			if err != nil {
				return err
			}
			return tx.IdempotentPut(actor.User, c.step.IdempotencyKey, digest, 200, []byte(id))
		})
	}
	return v, in.answer(ctx, actor, e, err)
}

func (in *Inbox) allowed(tx *catalog.Tx, actor record.Actor, id record.ItemID, c change, e *event) (desk, row, error) {
	d, err := in.desk(tx, actor)
	if err != nil {
		return d, row{}, err
	}
	r, s, err := d.row(tx, id)
	e.objects = r.objects()
	if err == nil && !c.may(d, r, s) {
		err = denied()
	}
	return d, r, err
}

func (in *Inbox) write(tx *catalog.Tx, actor record.Actor, id record.ItemID, c change, e event) (Item, error) {
	d, r, err := in.allowed(tx, actor, id, c, &e)
	if err != nil {
		return Item{}, err
	}
	if c.step.Version < 0 {
		return Item{}, record.Bad("version", "is not a version of the item")
	}
	// Who did the same twice, as by a double click, gets the same answer twice.
	if c.step.Version != 0 && c.step.Version != r.item.Version && r.item.ChangedBy != d.user {
		return Item{}, d.faster(tx, r.item)
	}
	next, detail, err := c.do(tx, d, r, d.standing(r))
	if err != nil {
		return Item{}, d.named(tx, err)
	}
	if !c.undo && next != r.item {
		next.ActingFor = d.actingFor(r)
		if next, err = tx.ChangeItem(next, actor.User); err != nil {
			return Item{}, d.named(tx, err)
		}
	}
	r.item, e.detail = next, detail
	return in.written(tx, actor, d, r, e)
}

// written adds the audit entry of a change to its transaction and describes
// what came of it.
func (in *Inbox) written(tx *catalog.Tx, actor record.Actor, d desk, r row, e event) (Item, error) {
	views, err := d.views(tx, []row{r})
	if err != nil {
		return Item{}, err
	}
	v := views[0]
	if v.ActingFor != nil {
		if e.detail == nil {
			e.detail = map[string]string{}
		}
		e.detail["in_substitution_for"] = v.ActingFor.Name
	}
	leaf, err := in.seal(actor, e, audit.Done)
	if err != nil {
		return Item{}, err
	}
	return v, tx.Append(leaf)
}

// named turns the catalog's Conflict into one that says who and when.
func (d desk) named(tx *catalog.Tx, err error) error {
	var changed *catalog.ItemChanged
	if errors.As(err, &changed) {
		return d.faster(tx, changed.Now)
	}
	return err
}

// faster says who has an item, has finished it, or changed it last.
func (d desk) faster(tx *catalog.Tx, i catalog.Item) error {
	f, who := &Faster{At: i.ChangedAt, What: "changed"}, i.ChangedBy
	switch {
	case i.State == catalog.ItemDone:
		f.At, f.What, who = i.DoneAt, "done", i.DoneBy
	case i.Holder != "" && i.Holder != d.user:
		f.At, f.What, who = i.HeldAt, "holds", i.Holder
	}
	people, err := tx.UsersByID([]record.UserID{who})
	if err != nil {
		return err
	}
	if by := colleagueOf(who, people); by != nil {
		f.By = *by
	}
	return f
}

// digestOf identifies a request by all that it says.
func digestOf(request ...any) (record.Digest, error) {
	b, err := json.Marshal(request)
	if err != nil {
		return "", fmt.Errorf("inbox: %w", err)
	}
	return record.Sum(b), nil
}
