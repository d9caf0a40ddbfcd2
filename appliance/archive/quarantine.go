package archive

import (
	"context"
	"errors"
	"slices"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// QuarantinePage is a page of the documents that could not be read, newest
// first. Total counts all that the asker may see, up to a thousand; More says
// that there are others.
type QuarantinePage struct {
	Items []DocumentView `json:"items"`
	Next  string         `json:"next"`
	Total int            `json:"total"`
	More  bool           `json:"more"`
}

// How much of the quarantine is looked through for one answer.
const (
	quarantineRounds = 40
	quarantineCount  = 1000
)

// Quarantined lists the documents that could not be read and whose state the
// actor may follow: what they handed in, and what lies in files they may list.
// Title, type and file are there only where the actor may list the document.
// Who never sees contents is refused.
func (a *Archive) Quarantined(ctx context.Context, actor record.Actor, cursor string, limit int) (QuarantinePage, error) {
	e := event{action: audit.DocumentState, detail: map[string]string{"list": "quarantine"}}
	if err := a.handsIn(ctx, actor, e); err != nil {
		return QuarantinePage{}, err
	}
	limit, err := pageSize(limit)
	if err != nil {
		return QuarantinePage{}, err
	}
	out := QuarantinePage{Items: []DocumentView{}}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		list := func(after string, n int) ([]record.Document, string, error) {
			return tx.DocumentsByState(record.StateQuarantined, after, n)
		}
		if out.Items, out.Next, err = a.followed(tx, actor, list, cursor, limit); err != nil || cursor != "" {
			return err
		}
		out.Total, out.More, err = a.count(tx, actor, list)
		return err
	})
	if err != nil {
		return QuarantinePage{}, err
	}
	for _, v := range out.Items {
		e.objects = append(e.objects, documentObject(v.ID))
	}
	return out, a.shown(ctx, actor, e)
}

// HandedIn lists what the actor handed in, newest first, with its state: a
// receipt for each, and what is in it only where they may list it.
func (a *Archive) HandedIn(ctx context.Context, actor record.Actor, cursor string, limit int) ([]DocumentView, string, error) {
	e := event{action: audit.DocumentState, detail: map[string]string{"list": "handed_in"}}
	if err := a.handsIn(ctx, actor, e); err != nil {
		return nil, "", err
	}
	limit, err := pageSize(limit)
	if err != nil {
		return nil, "", err
	}
	var items []DocumentView
	var next string
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		items, next, err = a.followed(tx, actor, func(after string, n int) ([]record.Document, string, error) {
			return tx.DocumentsBy(actor.User, after, n)
		}, cursor, limit)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	for _, v := range items {
		e.objects = append(e.objects, documentObject(v.ID))
	}
	return items, next, a.shown(ctx, actor, e)
}

// handsIn refuses those whom separation of duties keeps from every document.
// Everybody else may ask; what they see is decided document by document.
func (a *Archive) handsIn(ctx context.Context, actor record.Actor, e event) error {
	var d access.Decision
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		u, err := tx.UserByID(actor.User)
		if errors.Is(err, record.NotFound) || err == nil && u.Disabled {
			d.Reason = access.ReasonDisabled
			return nil
		}
		if err != nil {
			return err
		}
		roles, err := tx.Roles(actor.User)
		d = a.Policy.DecideAt(roles, "", "", access.DocumentState)
		return err
	})
	if err != nil {
		return err
	}
	if !d.Allowed && d.Reason != access.ReasonNone {
		return a.refuse(ctx, actor, e, true, d.Reason)
	}
	return nil
}

// source pages through documents.
type source func(after string, n int) ([]record.Document, string, error)

// followed collects a page of what the actor may follow.
func (a *Archive) followed(tx *catalog.Tx, actor record.Actor, list source, cursor string, limit int) ([]DocumentView, string, error) {
	out := []DocumentView{}
	for range quarantineRounds {
		docs, next, err := list(cursor, limit-len(out))
		if err != nil {
			return nil, "", err
		}
		views, err := a.stateViews(tx, actor, docs)
		if err != nil {
			return nil, "", err
		}
		out = append(out, views...)
		if cursor = next; next == "" || len(out) >= limit {
			break
		}
	}
	return out, cursor, a.notYetFound(tx, out)
}

// count counts what the actor may follow, up to quarantineCount looked at.
func (a *Archive) count(tx *catalog.Tx, actor record.Actor, list source) (n int, more bool, err error) {
	cursor := ""
	for looked := 0; looked < quarantineCount; {
		docs, next, err := list(cursor, maxLimit)
		if err != nil {
			return 0, false, err
		}
		facts, err := tx.FactsForDocuments(actor.User, idsOf(docs))
		if err != nil {
			return 0, false, err
		}
		for _, d := range docs {
			if f, ok := facts[d.ID]; ok && a.Policy.Decide(f, access.DocumentState).Allowed {
				n++
			}
		}
		looked += len(docs)
		if cursor = next; next == "" {
			return n, false, nil
		}
	}
	return n, true, nil
}

func idsOf(docs []record.Document) []record.DocumentID {
	ids := make([]record.DocumentID, len(docs))
	for i, d := range docs {
		ids[i] = d.ID
	}
	return ids
}

// stateViews decides each document on its own facts: the whole row where it
// may be listed, the receipt where its state may be followed, else nothing.
func (a *Archive) stateViews(tx *catalog.Tx, actor record.Actor, docs []record.Document) ([]DocumentView, error) {
	facts, err := tx.FactsForDocuments(actor.User, idsOf(docs))
	if err != nil {
		return nil, err
	}
	makers := make([]record.UserID, len(docs))
	for i, d := range docs {
		makers[i] = d.CreatedBy
	}
	people, err := tx.UsersByID(makers)
	if err != nil {
		return nil, err
	}
	var out []DocumentView
	for _, d := range docs {
		f, ok := facts[d.ID]
		if !ok || !a.Policy.Decide(f, access.DocumentState).Allowed {
			continue
		}
		row := documentRow{doc: d, facts: f}
		if d.File != "" {
			if row.file, err = tx.FileByID(d.File); err != nil {
				return nil, err
			}
		}
		v := a.view(row, people)
		if !a.Policy.Decide(f, access.DocumentList).Allowed {
			v = v.receiptOnly()
		}
		out = append(out, v)
	}
	return out, nil
}

// toBeRead makes a document ready for being read again, if that is of use.
func toBeRead(tx *catalog.Tx, d record.Document) error {
	switch d.State {
	case record.StateQuarantined:
		return tx.SetState(d.ID, record.StateReceived, "")
	case record.StateReady, record.StateClearing:
		kinds, err := tx.MarkKinds([]record.DocumentID{d.ID})
		if err != nil || slices.Contains(kinds[d.ID], record.MarkUnreadable) || slices.Contains(kinds[d.ID], record.MarkDoubtful) {
			return err
		}
	}
	return &record.Error{Category: record.Conflict, Message: "The document is not in quarantine any more, and all its pages could be read.",
		Hint: "Load the page again to see where it stands."}
}

// readAgainPriority lets what a person waits for pass what comes in bulk.
const readAgainPriority = 10

// ReadAgain has a document read once more, for who may follow its state: after
// the appliance has learned something, or had a bad moment. Its bytes are the
// same; a document that is broken is quarantined again. One that was read, but
// with pages that nobody or hardly anybody could read, stays as it is until
// its new pages are there.
func (a *Archive) ReadAgain(ctx context.Context, actor record.Actor, id record.DocumentID) error {
	e := event{action: audit.DocumentChange, detail: map[string]string{"change": "read_again"}}
	if _, err := a.document(ctx, actor, id, access.DocumentState, e); err != nil {
		return err
	}
	err := a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		row, err := findDocument(tx, actor, id)
		if err != nil {
			return err
		}
		if !a.Policy.Decide(row.facts, access.DocumentState).Allowed {
			return record.Missing()
		}
		if dangerous(row.doc) != nil && !a.Checked {
			return &record.Error{Category: record.Conflict, Message: "The document was set aside as dangerous, and no malware scanner is set up.",
				Hint: "Have the administrator set up the scanner; then it can be read again."}
		}
		if err := toBeRead(tx, row.doc); err != nil {
			return err
		}
		if err := tx.Enqueue(job.Spec{Kind: a.ReadKind, Key: string(id), Priority: readAgainPriority,
			Payload: map[string]record.DocumentID{"document": id}}); err != nil {
			return err
		}
		e.objects, e.detail = objectsOf(row.doc), map[string]string{"change": "read_again", "reason": row.doc.Reason}
		leaf, err := a.seal(actor, e, audit.Done)
		if err != nil {
			return err
		}
		return tx.Append(leaf)
	})
	if err != nil {
		return err
	}
	a.Wake()
	return nil
}
