package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"eakte/appliance/archive"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/policy/hold"
)

// legalHold puts a hold on a file; the store follows.
func legalHold() action {
	return action{name: "hold", prepare: takenIn, act: func(ctx context.Context, h *house) error {
		s := hold.Subject{File: h.File}
		_, _, err := h.archive.PutHold(ctx, h.Users["lead"], s, archive.NewHold{Kind: hold.Litigation, Reason: "Klage", IdempotencyKey: key})
		if err != nil {
			return err
		}
		h.promise("hold", func(h *house) error {
			holds, err := h.archive.Holds(context.Background(), h.Users["lead"], s)
			if err == nil && (len(holds) != 1 || holds[0].Reason != "Klage") {
				err = fmt.Errorf("the holds are %+v", holds)
			}
			return err
		})
		return h.work(ctx)
	}, after: func(h *house) error {
		var d record.Document
		h.read(func(tx *catalog.Tx) (err error) { d, err = tx.DocumentByID(h.document); return err })
		info, err := h.clean.Records.Stat(context.Background(), vault.OriginalName(d.Object))
		if err == nil && !info.Hold {
			err = errors.New("the store doesn't hold the original")
		}
		return err
	}}
}

// erase destroys a document's key, as two people have decided. Until it is
// destroyed everywhere it is whole; then nothing opens it, and the original and
// the tombstone stay.
func erase() action {
	var object record.ObjectID
	return action{name: "erase", prepare: func(h *house) error {
		r, err := h.accept(context.Background(), letter, "before")
		if err != nil {
			return err
		}
		h.document = r.Document
		return h.catalog.WithTx(context.Background(), func(tx *catalog.Tx) error {
			d, err := tx.DocumentByID(r.Document)
			object = d.Object
			return errors.Join(err, tx.SetState(r.Document, record.StateReady, ""))
		})
	}, act: func(ctx context.Context, h *house) error {
		h.mayGo = map[string]bool{"keys " + vault.KeyName(object): true}
		spec, err := upkeep.EraseJob(upkeep.Erasure{Document: h.document, Act: vault.ActErased, Basis: "art17",
			ProposedBy: h.Users["sommer"].User, ApprovedBy: h.Users["lead"].User})
		if err != nil {
			return err
		}
		payload, err := json.Marshal(spec.Payload)
		if err != nil {
			return err
		}
		err = h.tasks.Erase(ctx, job.Job{Kind: spec.Kind, Key: spec.Key, Payload: payload, Attempt: 1, MaxAttempts: 20})
		if errors.Is(err, record.Conflict) && h.erased() { // done before
			return nil
		}
		return err
	}, after: func(h *house) error {
		if !h.erased() {
			return errors.New("the catalog doesn't say that it is erased")
		}
		if _, err := h.clean.Keys.Stat(context.Background(), vault.KeyName(object)); !errors.Is(err, record.NotFound) {
			return fmt.Errorf("the key is still there: %v", err)
		}
		c, err := h.archive.Original(context.Background(), h.Users["sommer"], h.document)
		if err == nil {
			_, err = c.ReadAt(make([]byte, 1), 0)
		}
		if err == nil || errors.Is(err, io.EOF) {
			return errors.New("it can still be read")
		}
		return nil
	}}
}

func (h *house) erased() bool {
	var d record.Document
	h.read(func(tx *catalog.Tx) (err error) { d, err = tx.DocumentByID(h.document); return err })
	return d.State == record.StateDisposed
}

// scrub reads everything that is kept once more.
func scrub() action {
	return action{name: "scrub", prepare: takenIn, act: func(ctx context.Context, h *house) error {
		_, err := h.tasks.Scrub(ctx)
		return err
	}}
}

// second opens the buckets with the second key.
func (h *house) secondKey(context.Context) (vault.Disposals, error) {
	d := func(b vault.Bucket) vault.Disposal { return b.(*faultyBucket) }
	b := h.vault.Buckets()
	return vault.Disposals{Records: d(b.Records), Keys: d(b.Keys), Derived: d(b.Derived)}, nil
}

// Release and Remove are what the second key may do beside.
func (b *faultyBucket) Release(ctx context.Context, name string) error {
	return b.do(b.i.meet(ctx, "store", "release"), func() error { return b.Bucket.(vault.Disposal).Release(ctx, name) })
}

func (b *faultyBucket) Remove(ctx context.Context, name, version string) error {
	return b.do(b.i.meet(ctx, "store", "remove"), func() error { return b.Bucket.(vault.Disposal).Remove(ctx, name, version) })
}
