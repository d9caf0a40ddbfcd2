package inbox

import (
	"context"
	"errors"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

const (
	maxNote  = 1000 // bytes of a note
	maxYears = 10   // ahead of today
)

// anybody who knows the item may try; who has it says the rest.
func anybody(desk, row, standing) bool { return true }

// Take gives an item to the actor: one that nobody has, or that of a colleague
// the actor stands in for. Taking what one has changes nothing. If somebody
// else has it, the error is *Faster.
func (in *Inbox) Take(ctx context.Context, actor record.Actor, id record.ItemID, s Step) (Item, error) {
	return in.change(ctx, actor, id, change{action: audit.InboxTake, step: s, may: anybody,
		do: func(tx *catalog.Tx, d desk, r row, at standing) (catalog.Item, map[string]string, error) {
			if r.item.State == catalog.ItemDone || r.item.Holder != "" && at != holder && at != substitute {
				return r.item, nil, d.faster(tx, r.item)
			}
			if at == holder {
				return r.item, nil, nil
			}
			return held(r.item, d.user, d.user, tx.Now()), nil, nil
		}})
}

// Assign gives an item to a colleague who may see it, named by sign-in name.
// It takes the right to assign the file.
func (in *Inbox) Assign(ctx context.Context, actor record.Actor, id record.ItemID, to string, s Step) (Item, error) {
	return in.change(ctx, actor, id, change{action: audit.InboxAssign, step: s, of: to,
		may: func(d desk, r row, _ standing) bool { return d.assigns(r.facts) },
		do: func(tx *catalog.Tx, d desk, r row, _ standing) (catalog.Item, map[string]string, error) {
			if r.item.State == catalog.ItemDone {
				return r.item, nil, d.faster(tx, r.item)
			}
			u, err := tx.UserByName(to)
			if errors.Is(err, record.NotFound) {
				return r.item, nil, record.Bad("user", "there is no user of this name who may see this")
			}
			if err != nil {
				return r.item, nil, err
			}
			may, err := d.mayWork(tx, u, r)
			if err == nil && !may {
				err = record.Bad("user", "there is no user of this name who may see this")
			}
			if err != nil || r.item.Holder == u.ID {
				return r.item, nil, err
			}
			return held(r.item, u.ID, d.user, tx.Now()), map[string]string{"user": u.Name}, nil
		}})
}

// FollowUp puts an item off until a day, YYYY-MM-DD, with a note. What nobody
// had is then the actor's.
func (in *Inbox) FollowUp(ctx context.Context, actor record.Actor, id record.ItemID, date, note string, s Step) (Item, error) {
	return in.change(ctx, actor, id, change{action: audit.InboxFollowUp, step: s, of: []string{date, note}, may: anybody,
		do: func(tx *catalog.Tx, d desk, r row, at standing) (catalog.Item, map[string]string, error) {
			next, err := d.handle(tx, r, at)
			if err != nil {
				return r.item, nil, err
			}
			if err := in.validFollowUp(date, note); err != nil {
				return r.item, nil, err
			}
			if next.Kind == catalog.ItemFollowUp {
				next.Waits = date
			}
			next.Due, next.Note = date, strings.TrimSpace(note)
			return next, map[string]string{"date": date}, nil
		}})
}

// Finish ends the work on an item. Finishing again what one has finished
// changes nothing.
func (in *Inbox) Finish(ctx context.Context, actor record.Actor, id record.ItemID, s Step) (Item, error) {
	return in.change(ctx, actor, id, change{action: audit.InboxFinish, step: s, may: anybody,
		do: func(tx *catalog.Tx, d desk, r row, at standing) (catalog.Item, map[string]string, error) {
			if r.item.State == catalog.ItemDone && r.item.DoneBy == d.user {
				return r.item, nil, nil
			}
			if r.doc.ID != "" && r.doc.File == "" { // else nobody would be asked about it any more
				return r.item, nil, &record.Error{Category: record.Conflict, Message: "Somebody has to say first whether this document belongs in the file.",
					Hint: "Open it, and file it or say that it does not belong there."}
			}
			next, err := d.handle(tx, r, at)
			next.State, next.DoneAt, next.DoneBy = catalog.ItemDone, tx.Now(), d.user
			return next, nil, err
		}})
}

// Reopen brings a finished item back to whom it belonged: for who finished it,
// its holder and who stands in, and who may assign it.
func (in *Inbox) Reopen(ctx context.Context, actor record.Actor, id record.ItemID, s Step) (Item, error) {
	return in.change(ctx, actor, id, change{action: audit.InboxReopen, step: s,
		may: func(_ desk, _ row, at standing) bool { return at >= finisher },
		do: func(_ *catalog.Tx, _ desk, r row, _ standing) (catalog.Item, map[string]string, error) {
			next := r.item
			next.State, next.DoneAt, next.DoneBy = catalog.ItemOpen, time.Time{}, ""
			return next, nil, nil
		}})
}

// Undo takes the last change to an item back, whatever it was, for who made
// it. If somebody else has changed it since, the error is *Faster.
func (in *Inbox) Undo(ctx context.Context, actor record.Actor, id record.ItemID, s Step) (Item, error) {
	return in.change(ctx, actor, id, change{action: audit.InboxUndo, step: s, may: anybody, undo: true,
		do: func(tx *catalog.Tx, d desk, _ row, _ standing) (catalog.Item, map[string]string, error) {
			next, err := tx.UndoItem(id, d.user)
			return next, nil, err
		}})
}

// handle gives the item to work on, or *Faster if it is somebody else's: what
// nobody has becomes the actor's by working on it.
func (d desk) handle(tx *catalog.Tx, r row, at standing) (catalog.Item, error) {
	if r.item.State == catalog.ItemDone || r.item.Holder != "" && at < lead {
		return r.item, d.faster(tx, r.item)
	}
	if r.item.Holder == "" {
		return held(r.item, d.user, d.user, tx.Now()), nil
	}
	return r.item, nil
}

// held gives an item to a user.
func held(i catalog.Item, to, by record.UserID, at time.Time) catalog.Item {
	i.Holder, i.HeldBy, i.HeldAt = to, by, at
	return i
}

func (in *Inbox) validFollowUp(date, note string) error {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return record.Bad("date", "is not a date of the form YYYY-MM-DD")
	}
	if today := in.Catalog.Today(); date < today {
		return record.Bad("date", "lies in the past")
	} else if t, err := time.Parse(time.DateOnly, today); err != nil || day.After(t.AddDate(maxYears, 0, 0)) {
		return record.Bad("date", "lies more than %d years ahead", maxYears)
	}
	if len(note) > maxNote {
		return record.Bad("note", "is longer than %d bytes", maxNote)
	}
	return nil
}
