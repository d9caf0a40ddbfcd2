package ingest

import (
	"context"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// Why a document can't be read stands in its manifest, so that a rebuild of
// the catalog brings it back: above all what must not be opened, which would
// else be given to anybody by an appliance that has no scanner any more.

// settled says whether a document is to blame for its quarantine. When the
// machine was, a rebuild may try again.
func settled(state record.State, reason string) bool {
	return state == record.StateQuarantined && reason != reasonMachine
}

// barred says whether a reason keeps a document's bytes from everybody.
func barred(state record.State, reason string) bool {
	return state == record.StateQuarantined && (reason == reasonMalware || reason == reasonUnchecked)
}

// verdict is a document's newest manifest if the end of its reading has to be
// written there: it can't be read, or what said so is true no more.
func (r *Reader) verdict(ctx context.Context, id record.DocumentID, state record.State, reason string) (*written, error) {
	doc, changed, err := r.changed(ctx, id)
	if err != nil || doc.State == record.StateDisposed || !changed && !settled(state, reason) {
		return nil, err
	}
	w, err := r.written(ctx, doc)
	if err != nil {
		return nil, err
	}
	p := w.personal
	if settled(p.State, p.Reason) == settled(state, reason) && (!settled(state, reason) || p.Reason == reason) {
		return nil, nil
	}
	return &w, nil
}

// changed reads a document and whether it has more than its first manifest,
// which is of before anybody read it.
func (r *Reader) changed(ctx context.Context, id record.DocumentID) (doc record.Document, changed bool, err error) {
	err = r.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		if doc, err = tx.DocumentByID(id); err != nil {
			return err
		}
		head, err := tx.ManifestHead(string(id))
		changed = head.Sequence > 1
		return err
	})
	return doc, changed, err
}

// known sets a document aside again that was found to be harmful once, where
// nobody looks any more.
func (r *Reader) known(ctx context.Context, id record.DocumentID, m *meter) (harmful bool, err error) {
	doc, changed, err := r.changed(ctx, id)
	if err != nil || !changed {
		return false, err
	}
	w, err := r.written(ctx, doc)
	if err != nil || !barred(w.personal.State, w.personal.Reason) {
		return false, err
	}
	return true, r.quarantine(ctx, id, w.personal.Reason, nil, m)
}

// say writes the verdict into a manifest, in the transaction that sets the state.
func (r *Reader) say(tx *catalog.Tx, w *written, state record.State, reason string) ([]audit.Object, error) {
	if w == nil {
		return nil, nil
	}
	change := changeRead
	if state == record.StateQuarantined {
		change = changeQuarantined
	}
	meant, err := tx.ReservedFor(record.DocumentID(w.header.Subject))
	if err != nil {
		return nil, err
	}
	made, err := r.carryOn(tx, *w, change, func(_ *vault.Header, p *vault.DocumentPersonal) {
		if p.State, p.Reason = state, reason; meant != "" && p.File == "" { // a rebuild must not show it to those who clear
			p.Routing.Outcome, p.Routing.Reserved = record.OutcomeClearing, meant
		}
	})
	return []audit.Object{made}, err
}
