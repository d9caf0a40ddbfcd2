package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
)

// KindTake is the job that goes on with a delivery whose taking in a stop
// interrupted.
const KindTake = "delivery.take"

// takeJob is the payload of KindTake.
type takeJob struct {
	Delivery string `json:"delivery"`
}

// takeAfter is when the job looks whether somebody still takes the delivery in.
const takeAfter = time.Minute

// Complete is the provider's word that all of a delivery was sent. It is held
// against the manifest before anything of it is taken in: if it does not fit,
// it waits, the problems are kept, and *Unreconciled (a Conflict) lists them. If
// it fits, every object becomes a document, and the Receipt says that each is
// stored, verified, locked and in the catalog. Called again, after whatever
// interruption, it gives the same Receipt as Repeated; a job finishes what was
// begun even if it isn't.
//
// Errors: NotFound for who does not hand this delivery in, *Unreconciled,
// Conflict (no manifest yet, or given up), Busy (somebody completes it just
// now), Unavailable (nothing was lost: try again).
func (k *Desk) Complete(ctx context.Context, actor record.Actor, id string) (Receipt, error) {
	d, err := k.mine(ctx, actor, audit.DeliveryComplete, id)
	if err != nil {
		return Receipt{}, err
	}
	release, err := k.claim(id)
	if err != nil {
		return Receipt{}, err
	}
	defer release()
	if d, _, err = k.found(ctx, id); err != nil { // it may have been done meanwhile
		return Receipt{}, err
	}
	e := event{action: audit.DeliveryComplete, delivery: id, detail: map[string]string{"documents": strconv.Itoa(d.Documents)}}
	switch d.State {
	case StateDone:
		if err := k.note(ctx, actor, e, audit.Allowed); err != nil {
			return Receipt{}, err
		}
		r, err := k.receipt(ctx, d)
		r.Repeated = true
		return r, err
	case StateAnnounced:
		return Receipt{}, &record.Error{Category: record.Conflict, Message: "The manifest of this delivery is not here yet.", Hint: "Hand the manifest over first."}
	case StateWithdrawn:
		return Receipt{}, receives(d)
	case StateOpen, StateWaiting:
		if d, err = k.check(ctx, actor, e, d); err != nil {
			return Receipt{}, err
		}
	}
	return k.finish(ctx, actor, d)
}

// check reconciles a delivery and, if it fits, begins to take it in.
func (k *Desk) check(ctx context.Context, actor record.Actor, e event, d catalog.Delivery) (catalog.Delivery, error) {
	m, err := k.manifest(ctx, d)
	if err != nil {
		return d, err
	}
	if err := k.lost(ctx, d.ID); err != nil {
		return d, err
	}
	if err := k.project(ctx, d.ID, m); err != nil {
		return d, err
	}
	problems, d, err := k.verdict(ctx, actor, e, d, m)
	if err != nil {
		return d, err
	}
	if len(problems) > 0 {
		return d, &Unreconciled{Problems: problems}
	}
	k.Wake()
	return d, nil
}

func (k *Desk) manifest(ctx context.Context, d catalog.Delivery) (Manifest, error) {
	var body string
	err := k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		body, err = tx.DeliveryManifest(d.ID)
		return err
	})
	if err != nil {
		return Manifest{}, err
	}
	if body == "" {
		return Manifest{}, &record.Error{Category: record.Conflict, Message: "The manifest of this delivery is not here.", Hint: "Hand the manifest over again."}
	}
	m, err := parse([]byte(body))
	if err != nil {
		return m, fmt.Errorf("delivery: manifest of %s: %w", d.ID, err)
	}
	return m, nil
}

// lost looks whether the bytes that should be here are: those that are gone or
// damaged are wanted again. Those that lie at another node can't be taken in
// here, and nobody says that they are missing: Unavailable.
func (k *Desk) lost(ctx context.Context, id string) error {
	rows, err := k.objects(ctx, id)
	if err != nil {
		return err
	}
	for _, o := range rows {
		if o.Object == "" || o.State == ObjectTaken {
			continue
		}
		err := k.Intake.Staged(o.Staged)
		if isLost(err) {
			err = k.wantAgain(ctx, o, err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// isLost says whether bytes that were here are not any more. That they can't be
// read, or lie elsewhere, does not.
func isLost(err error) bool { return errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) }

// wantAgain forgets an object's bytes, unless others came meanwhile. What the
// manifest does not name goes, but not a signature: its document would be taken
// in without.
func (k *Desk) wantAgain(ctx context.Context, o catalog.DeliveryObject, why error) error {
	k.Log.Error("an object of a delivery is gone from the spool; it is wanted again", "delivery", o.Delivery, "object", o.Object, "error", why)
	return k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := tx.DeliveryObject(o.Delivery, o.Name)
		if err != nil || now.Object != o.Object || now.State == ObjectTaken {
			return err
		}
		if now.Place == 0 && now.Kind != kindSignature {
			return tx.DeleteDeliveryObject(o.Delivery, o.Name)
		}
		now.Staged, now.Pages, now.ArrivedAt = catalog.Staged{}, 0, time.Time{}
		judge(&now, saidOf(now))
		return tx.PutDeliveryObject(now)
	})
}

// verdict decides, on what is there at this moment and in one transaction with
// its audit entry, whether a delivery fits; was is what m was read of.
func (k *Desk) verdict(ctx context.Context, actor record.Actor, e event, was catalog.Delivery, m Manifest) (problems []Problem, d catalog.Delivery, err error) {
	err = k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if d, err = still(tx, was); err != nil {
			return err
		}
		rows, err := allObjects(tx, d.ID)
		if err != nil {
			return err
		}
		if problems, err = reconcile(tx, d, m, rows); err != nil {
			return err
		}
		now := k.Clock.Now()
		said, err := json.Marshal(problems)
		if err != nil {
			return fmt.Errorf("delivery: %w", err)
		}
		d.Problems, d.ChangedAt = string(said), now
		if len(problems) > 0 {
			if d.State = StateWaiting; d.WaitsSince.IsZero() {
				d.WaitsSince = now
			}
			return errors.Join(tx.PutDelivery(d), k.refused(tx, actor, e, problems))
		}
		d.State, d.WaitsSince = StateTaking, time.Time{}
		return errors.Join(tx.PutDelivery(d),
			tx.Enqueue(job.Spec{Kind: KindTake, Key: d.ID, Payload: takeJob{d.ID}, At: now.Add(takeAfter)}))
	})
	return problems, d, err
}

func (k *Desk) refused(tx *catalog.Tx, actor record.Actor, e event, problems []Problem) error {
	detail := map[string]string{"documents": e.detail["documents"], "problems": strconv.Itoa(len(problems))}
	leaf, err := k.seal(actor, event{action: e.action, delivery: e.delivery, detail: detail}, audit.Failed)
	if err != nil {
		return err
	}
	return tx.Append(leaf)
}

// allObjects reads all objects of a delivery on one snapshot.
func allObjects(tx *catalog.Tx, id string) (map[string]catalog.DeliveryObject, error) {
	out := map[string]catalog.DeliveryObject{}
	for after := ""; ; {
		rows, err := tx.DeliveryObjects(id, after, 1000)
		if err != nil || len(rows) == 0 {
			return out, err
		}
		for _, o := range rows {
			out[o.Name] = o
			after = o.Name
		}
	}
}

// Take is the handler of KindTake.
func (k *Desk) Take(ctx context.Context, j job.Job) error {
	var p takeJob
	if err := json.Unmarshal(j.Payload, &p); err != nil || !record.ValidID(p.Delivery) {
		return job.Permanent(fmt.Errorf("%s: the payload names no delivery", j.Kind))
	}
	release, err := k.claim(p.Delivery)
	if err != nil {
		return job.After(err, takeAfter)
	}
	defer release()
	d, known, err := k.found(ctx, p.Delivery)
	if err != nil || !known || d.State != StateTaking {
		return err
	}
	_, err = k.finish(ctx, record.System(j.ID), d)
	if errors.Is(err, record.Conflict) { // an object was lost: it waits for its provider
		return nil
	}
	if errors.Is(err, record.Unavailable) || errors.Is(err, record.Busy) {
		return job.After(err, takeAfter)
	}
	return err
}
