package upkeep

import (
	"context"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// free releases every document that is held no more, of one file or of all.
// Without the second key they wait, and are counted.
func (h *holder) free(ctx context.Context, file record.FileID) error {
	for after := record.DocumentID(""); ; {
		var rows []record.DocumentID
		err := h.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.DocumentsToRelease(file, after, batch)
			return err
		})
		if err != nil {
			return err
		}
		for _, id := range rows {
			if err := h.one(ctx, id, h.release(ctx, id)); err != nil {
				return err
			}
			after = id
		}
		if len(rows) < batch {
			return nil
		}
	}
}

// open gives the bucket of the second key; nil if there is none.
func (h *holder) open(ctx context.Context) vault.Disposal {
	if h.second != nil || h.Disposal == nil {
		return h.second
	}
	d, err := h.Disposal(ctx)
	if err != nil {
		h.Log.Warn("holds are lifted in the catalog only: the second key can't be used", "error", err)
		return nil
	}
	h.second = d.Records
	return h.second
}

// release takes the store's hold off all objects of a document. If somebody
// has placed a hold meanwhile, it is put on again.
func (h *holder) release(ctx context.Context, id record.DocumentID) error {
	listed, err := h.listed(ctx, id)
	if err != nil || len(listed) == 0 {
		return err
	}
	second := h.open(ctx)
	if second == nil {
		h.counts["holds_waiting"]++
		return nil
	}
	for name := range listed {
		held, err := h.off(ctx, second, id, name)
		if err != nil {
			return err
		}
		if held {
			return h.document(ctx, id)
		}
	}
	return nil
}

// off takes the hold off one object, unless the document is held again. Before
// the store is asked the catalog forgets that the object was confirmed, so that
// a hold that comes in between is put on the object anew.
func (h *holder) off(ctx context.Context, second vault.Disposal, id record.DocumentID, name string) (held bool, err error) {
	if held, err = h.unconfirm(ctx, id, name, false); err != nil || held {
		return held, err
	}
	failed := h.Vault.Release(ctx, second, name)
	if held, err = h.unconfirm(ctx, id, name, failed == nil); err != nil || held {
		return held, err // if it is held again, that the store still holds it is no failure
	}
	if failed != nil {
		return false, fmt.Errorf("release %s: %w", name, failed)
	}
	h.counts["holds_lifted"]++
	return false, nil
}

// unconfirm notes that it isn't known whether the store holds an object, or, if
// it is known that it doesn't and the document is free, takes it off the list.
func (h *holder) unconfirm(ctx context.Context, id record.DocumentID, name string, isOff bool) (held bool, err error) {
	err = h.Catalog.WithTx(ctx, func(tx *catalog.Tx) (err error) {
		if held, err = tx.Held(id); err != nil {
			return err
		}
		if isOff && !held {
			return tx.DropHeldObject(name)
		}
		if err = tx.ConfirmHeld(name, time.Time{}); errors.Is(err, record.NotFound) { // another node was faster
			err = nil
		}
		return err
	})
	return held, err
}
