package delivery

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest"
	"eakte/policy/access"
)

// Deps are the parts that a Desk works with.
type Deps struct {
	Catalog *catalog.Catalog
	Policy  *access.Policy
	Intake  *ingest.Intake // takes the documents in, and keeps what waits for the others
	Clock   record.Clock
	Log     *slog.Logger
	// Count counts the pages of an object, in the worker process: 0 if it is of a
	// kind that has none or can't be read. nil: nothing is counted.
	Count func(ctx context.Context, body io.Reader, size int64) (pages int, err error)
	Wake  func() // tells the job runner that something was enqueued; may be nil
}

// Desk is where scan providers hand their deliveries over: the door to them.
//
// A provider sees its own deliveries only; other people's are NotFound. Who
// files what is in clearing at the site, or sees how reading goes there, sees
// the site's deliveries without the names and numbers in them. It is safe for
// concurrent use: what changes a delivery as a whole goes one at a time, and
// Busy is the answer to who comes second, in this process or another.
type Desk struct {
	Deps
	flight sync.Map // ids of the deliveries that somebody in this process changes
}

// New makes a Desk.
func New(d Deps) *Desk {
	if d.Wake == nil {
		d.Wake = func() {}
	}
	if d.Log == nil {
		d.Log = slog.New(slog.DiscardHandler)
	}
	return &Desk{Deps: d}
}

// claim makes the caller the only one in this process that changes a delivery.
func (k *Desk) claim(id string) (release func(), err error) {
	if _, taken := k.flight.LoadOrStore(id, true); taken {
		return nil, busy()
	}
	return func() { k.flight.Delete(id) }, nil
}

func busy() error {
	return &record.Error{Category: record.Busy, Message: "This delivery is being worked on just now.",
		Hint: "Nothing is lost. Ask again in a minute how far it is."}
}

// still reads a delivery in the transaction that changes it: Busy if another
// process has changed it since it was read.
func still(tx *catalog.Tx, was catalog.Delivery) (catalog.Delivery, error) {
	d, err := tx.DeliveryByID(was.ID)
	if errors.Is(err, record.NotFound) && was.State == "" { // and there was none
		return was, nil
	}
	if err == nil && (d.State != was.State || !d.ChangedAt.Equal(was.ChangedAt)) {
		err = busy()
	}
	return d, err
}

// perTx bounds the objects that one transaction writes.
const perTx = 200

// objects reads all objects of a delivery, by name.
func (k *Desk) objects(ctx context.Context, id string) (map[string]catalog.DeliveryObject, error) {
	out := map[string]catalog.DeliveryObject{}
	for after := ""; ; {
		var rows []catalog.DeliveryObject
		err := k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.DeliveryObjects(id, after, 1000)
			return err
		})
		if err != nil || len(rows) == 0 {
			return out, err
		}
		for _, o := range rows {
			out[o.Name] = o
			after = o.Name
		}
	}
}

// found reads a delivery, if there is one; else it has only its id.
func (k *Desk) found(ctx context.Context, id string) (d catalog.Delivery, ok bool, err error) {
	err = k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		d, err = tx.DeliveryByID(id)
		return err
	})
	if errors.Is(err, record.NotFound) {
		return catalog.Delivery{ID: id}, false, nil
	}
	return d, err == nil, err
}
