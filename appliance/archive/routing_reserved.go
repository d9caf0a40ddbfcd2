package archive

import (
	"context"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Unreserve says no to the question whether a document belongs in a restricted
// file: it waits in the clearing of its site from then on, and nothing there
// tells for which file it was kept. To say yes is to file it (ChangeDocument).
// It takes the right to file the document.
//
// Errors: NotFound, Denied, Conflict (it is kept for nobody, or not any more).
func (a *Archive) Unreserve(ctx context.Context, actor record.Actor, id record.DocumentID) error {
	e := event{action: audit.DocumentChange, detail: map[string]string{"change": "unreserved"}}
	row, err := a.document(ctx, actor, id, access.DocumentFile, e)
	if err != nil {
		return err
	}
	last := map[record.DocumentID]before{}
	family, err := a.keptTogether(ctx, row.doc)
	if err != nil {
		return err
	}
	if err := a.readManifests(ctx, last, family); err != nil {
		return err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := findDocument(tx, actor, id)
		if err != nil {
			return err
		}
		if !a.Policy.Decide(now.facts, access.DocumentFile).Allowed {
			return record.Missing()
		}
		meant, err := tx.ReservedFor(id)
		if err != nil {
			return err
		}
		if now.doc.File != "" || meant == "" {
			return &record.Error{Category: record.Conflict, Message: "The document does not wait for this answer any more.", Hint: "Look at it again."}
		}
		for _, d := range family {
			if err := a.unreserve(tx, actor, d, meant, last[d], e); err != nil {
				return err
			}
		}
		return tx.DropItem(id, actor.User)
	})
	if err != nil {
		return err
	}
	a.Wake()
	return a.Outbox.Flush(ctx)
}

// keptTogether is a document in no file with what lies beside it.
func (a *Archive) keptTogether(ctx context.Context, d record.Document) (ids []record.DocumentID, err error) {
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		ids, err = tx.Family(d.ID, maxFamily)
		return err
	})
	return append([]record.DocumentID{d.ID}, ids...), err
}

// unreserve lets one document wait with the rest of the post. All that was said
// for the restricted file goes from the decision.
func (a *Archive) unreserve(tx *catalog.Tx, actor record.Actor, id record.DocumentID, meant record.FileID, last before, e event) error {
	doc, err := tx.DocumentByID(id)
	if err != nil {
		return err
	}
	r, _, err := tx.RoutingOf(id)
	if err != nil {
		return err
	}
	r = without(r, meant)
	r.Outcome, r.Reason, r.By, r.At = record.OutcomeClearing, reasonUnsure, actor.User, a.Clock.Now()
	if err := tx.Reserve(id, ""); err != nil {
		return err
	}
	if err := tx.Routed(id, r, nil); err != nil {
		return err
	}
	last.personal.Routing = r
	made, err := a.documentManifest(tx, last, doc, actor.User, "routed", "")
	if err != nil {
		return err
	}
	e.objects = append(objectsOf(doc), made)
	leaf, err := a.seal(actor, e, audit.Done)
	if err != nil {
		return err
	}
	return tx.Append(leaf)
}

// without is a decision that says nothing of one file.
func without(r record.Routing, file record.FileID) record.Routing {
	place := map[int]int{}
	var evidence []record.Evidence
	for i, e := range r.Evidence {
		if e.File == file {
			continue
		}
		place[i] = len(evidence)
		evidence = append(evidence, e)
	}
	var candidates []record.Candidate
	for _, c := range r.Candidates {
		if c.File == file {
			continue
		}
		var kept []int
		for _, i := range c.Evidence {
			if p, ok := place[i]; ok {
				kept = append(kept, p)
			}
		}
		c.Evidence, c.Conflict = kept, false
		candidates = append(candidates, c)
	}
	r.Evidence, r.Candidates, r.Reserved, r.File, r.Confidence, r.Rule, r.Team = evidence, candidates, "", "", 0, "", ""
	for _, c := range candidates {
		r.Confidence = max(r.Confidence, c.Confidence)
	}
	return r
}
