package ingest

import (
	"context"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// again answers the repetition of a transmission: the first answer once there
// is one, going on with a first try that failed, Conflict if it is another
// document, Busy if the first is still on its way.
func (in *Intake) again(ctx context.Context, actor record.Actor, s Submission, it item) (Receipt, error) {
	for deadline := time.Now().Add(busyWait); ; {
		var row catalog.JournalRow
		var doc record.Document
		err := in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			if row, err = tx.JournalByKey(actor.User, s.IdempotencyKey); err != nil || row.State == catalog.JournalSpooled {
				return err
			}
			doc, err = tx.DocumentByID(row.Document)
			return err
		})
		switch {
		case err != nil:
			return Receipt{}, err
		case row.RequestDigest != s.digest(it.plain):
			return Receipt{}, &record.Error{Category: record.Conflict, Field: "Idempotency-Key",
				Message: "This idempotency key was used for another document.", Hint: "Use a new key for each document."}
		case row.State != catalog.JournalSpooled:
			return in.receipt(ctx, actor, doc, true)
		}
		// The first try may have failed, as when the store was down: go on with it.
		if tried, err := in.redo(ctx, row); err != nil {
			return Receipt{}, err
		} else if tried {
			continue
		}
		if time.Now().After(deadline) {
			return Receipt{}, &record.Error{Category: record.Busy, Message: "The same document is being taken in just now.",
				Hint: "Send it again in a minute, with the same key."}
		}
		select {
		case <-ctx.Done():
			return Receipt{}, ctx.Err()
		case <-time.After(busyPoll):
		}
	}
}

// receipt names the document and those of the same bytes that the actor may see.
func (in *Intake) receipt(ctx context.Context, actor record.Actor, d record.Document, repeated bool) (Receipt, error) {
	r := Receipt{Document: d.ID, SHA256: d.Plain, Size: d.Size, ReceivedAt: d.CreatedAt, Repeated: repeated,
		IdenticalTo: []record.DocumentID{}}
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		same, err := tx.IdenticalTo(d.Plain)
		if err != nil {
			return err
		}
		facts, err := tx.FactsForDocuments(actor.User, same)
		if err != nil {
			return err
		}
		for _, id := range same {
			if f, ok := facts[id]; ok && id != d.ID && in.Policy.Decide(f, access.DocumentView).Allowed {
				r.IdenticalTo = append(r.IdenticalTo, id)
			}
		}
		return nil
	})
	if err != nil { // the document is in; only the list of its likes is not known
		in.Log.Warn("receipt without identical documents", "document", d.ID, "error", err)
	}
	return r, nil
}
