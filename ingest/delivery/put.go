package delivery

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Put takes one object of a delivery; size is -1 if it is not known. When it
// returns, the bytes lie encrypted on disk. Bytes that do not fit the manifest
// are kept too, and the Object says so, until others of the same name take
// their place; so are those that the manifest does not name. The same bytes
// again change nothing. Puts side by side do no harm: of two with the same name
// the later one counts.
//
// Errors: NotFound for who does not hand this delivery in, Invalid (name, or
// fewer bytes than size), TooLarge, Conflict (given up, or other bytes of what is
// a document already), Busy (its documents are being taken in), Unavailable.
func (k *Desk) Put(ctx context.Context, actor record.Actor, id, name string, body io.Reader, size int64) (Object, error) {
	d, err := k.mine(ctx, actor, audit.DeliveryPut, id)
	if err != nil {
		return Object{}, err
	}
	if name, err = plainName("name", name); err != nil {
		return Object{}, err
	}
	if body == nil {
		return Object{}, record.Bad("body", "is missing")
	}
	if d.State == StateDone {
		return k.putAgain(ctx, id, name, body)
	}
	if err := receives(d); err != nil {
		return Object{}, err
	}
	st, err := k.Intake.Stage(ctx, actor, body, 0)
	if err != nil {
		return Object{}, err
	}
	o, drop, err := k.staged(ctx, id, name, st, size)
	if err != nil {
		return Object{}, errors.Join(err, k.Intake.DropStaged(ctx, st))
	}
	if err := k.Intake.DropStaged(ctx, drop); err != nil { // the next start sweeps it
		k.Log.Warn("bytes that were replaced could not be dropped", "object", drop.Object, "error", err)
	}
	return object(o), nil
}

// receives says whether objects of a delivery may come.
func receives(d catalog.Delivery) error {
	switch d.State {
	case StateTaking:
		return &record.Error{Category: record.Busy, Message: "The documents of this delivery are being taken in just now.",
			Hint: "Nothing is lost. Ask again in a minute how far it is."}
	case StateWithdrawn:
		return &record.Error{Category: record.Conflict, Message: "This delivery was given up.", Hint: "To hand it over after all, send a manifest with a new created_at, then the objects."}
	}
	return nil
}

// staged writes where an object's bytes lie, and gives which are not needed any
// more: those of before, or, if they are the same, those that came now.
func (k *Desk) staged(ctx context.Context, id, name string, st catalog.Staged, size int64) (o catalog.DeliveryObject, drop catalog.Staged, err error) {
	if size >= 0 && size != st.Size {
		return o, drop, record.Bad("body", "has %d bytes and was said to have %d: it came in broken off", st.Size, size)
	}
	pages, err := k.count(ctx, name, st)
	if err != nil {
		return o, drop, err
	}
	err = k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		d, err := tx.DeliveryByID(id)
		if err != nil {
			return err
		}
		if err := receives(d); err != nil {
			return err
		}
		o, err = tx.DeliveryObject(id, name)
		if err != nil && !errors.Is(err, record.NotFound) {
			return err
		}
		switch {
		case o.Plain == st.Plain && (o.State == ObjectTaken || k.Intake.Staged(o.Staged) == nil):
			drop = st
			return nil
		case d.State == StateDone: // meanwhile
			return over()
		}
		if fixed, err := k.fixedIn(tx, o); err != nil {
			return err
		} else if fixed {
			return taken()
		}
		drop, o.Staged, o.Pages, o.ArrivedAt = o.Staged, st, pages, k.Clock.Now()
		if o.Name == "" {
			o.Delivery, o.Name, o.Kind = id, name, kindOf(name)
		}
		judge(&o, saidOf(o))
		return tx.PutDeliveryObject(o)
	})
	return o, drop, err
}

// fixedIn says whether an object is a document, or is on its way to be one with
// bytes that are there: others can't take their place any more. At another node
// that is not known here: Unavailable.
func (k *Desk) fixedIn(tx *catalog.Tx, o catalog.DeliveryObject) (bool, error) {
	if o.State == ObjectTaken || o.Object == "" {
		return o.State == ObjectTaken, nil
	}
	rows, err := tx.JournalOf([]record.ObjectID{o.Object})
	if err != nil || len(rows) == 0 {
		return false, err
	}
	err = k.Intake.Staged(o.Staged)
	if isLost(err) {
		return false, nil
	}
	return err == nil, err
}

func (k *Desk) fixed(ctx context.Context, o catalog.DeliveryObject) (fixed bool, err error) {
	err = k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		fixed, err = k.fixedIn(tx, o)
		return err
	})
	return fixed, err
}

func taken() error {
	return &record.Error{Category: record.Conflict, Message: "An object of this name is a document of the archive already, with other bytes.",
		Hint: "Hand the other one over in another delivery."}
}

func kindOf(name string) string {
	if isSignature(name) {
		return kindSignature
	}
	return kindDocument
}

// saidOf is what the manifest says of an object; empty if it does not name it.
func saidOf(o catalog.DeliveryObject) (d Document) {
	if o.Said == "" || json.Unmarshal([]byte(o.Said), &d) != nil {
		return Document{}
	}
	return d
}

// count counts the pages of staged bytes, where they have some. That it could
// not be done says nothing against them.
func (k *Desk) count(ctx context.Context, name string, st catalog.Staged) (int, error) {
	if k.Count == nil || kindOf(name) == kindSignature || st.Size == 0 {
		return 0, nil
	}
	f, err := k.Intake.OpenStaged(st)
	if err != nil {
		return 0, err
	}
	pages, err := k.Count(ctx, f, st.Size)
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err != nil && ctx.Err() == nil {
		k.Log.Warn("pages of an object could not be counted", "object", st.Object, "error", err)
		return 0, nil
	}
	return pages, err
}

// putAgain answers for an object of a delivery that is done: the same bytes are
// no news.
func (k *Desk) putAgain(ctx context.Context, id, name string, body io.Reader) (Object, error) {
	var o catalog.DeliveryObject
	err := k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		o, err = tx.DeliveryObject(id, name)
		return err
	})
	if errors.Is(err, record.NotFound) {
		return Object{}, over()
	}
	if err != nil {
		return Object{}, err
	}
	h := sha256.New()
	if _, err := io.Copy(h, body); err != nil {
		return Object{}, fmt.Errorf("delivery: put: %w", err)
	}
	if record.FromHash(h) != o.Plain {
		return Object{}, taken()
	}
	return object(o), nil
}

// object is an object as its provider sees it.
func object(o catalog.DeliveryObject) Object {
	return Object{Name: o.Name, Kind: o.Kind, State: o.State, Problem: o.Problem, SHA256: o.Plain, Size: o.Size, Pages: o.Pages, Document: o.Document}
}
