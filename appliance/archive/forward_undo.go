package archive

import (
	"context"
	"errors"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// UndoForward takes back that a document was handed on, for who did it and for
// the clearing desk where it waits, as long as nobody has acted on it since: all
// that was handed on with it comes back, or nothing does.
//
// Errors: NotFound, Denied, Conflict (somebody has acted on it, or it was handed on
// with what it came in).
func (a *Archive) UndoForward(ctx context.Context, actor record.Actor, id record.DocumentID) (DocumentView, error) {
	e := event{action: audit.DocumentForward, detail: map[string]string{"change": "taken_back"}}
	var row documentRow
	var known, may bool
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if row, err = findDocument(tx, actor, id); err != nil {
			return err
		}
		_, may, err = a.mayTakeBack(tx, actor, row)
		return err
	})
	if err != nil && record.CategoryOf(err) != record.NotFound {
		return DocumentView{}, err
	}
	if err != nil || !may {
		if err == nil {
			e.objects, known = objectsOf(row.doc), a.Policy.Decide(row.facts, access.DocumentState).Allowed
		}
		return DocumentView{}, a.refuse(ctx, actor, e, known, access.ReasonNone)
	}
	last := map[record.DocumentID]before{}
	if err := a.readManifests(ctx, last, []record.DocumentID{row.doc.ID}); err != nil {
		return DocumentView{}, err
	}
	err = a.untilAll(ctx, last, func(tx *catalog.Tx) error { return a.takeAllBack(tx, actor, id, last, e) })
	if err != nil {
		return DocumentView{}, err
	}
	if err := a.Outbox.Flush(ctx); err != nil {
		return DocumentView{}, err
	}
	return a.changed(ctx, actor, id, nil)
}

// mayTakeBack says whether the actor may take back that a document was handed
// on: who clears it now, or who handed it on and still clears where it came from.
func (a *Archive) mayTakeBack(tx *catalog.Tx, actor record.Actor, row documentRow) (f catalog.Forward, may bool, err error) {
	f, ok, err := tx.ForwardOf(row.doc.ID)
	if err != nil || !ok || row.facts.Disabled {
		return f, false, err
	}
	if row.doc.File == "" && a.Policy.Decide(row.facts, access.DocumentFile).Allowed {
		return f, true, nil
	}
	roles, err := tx.Roles(actor.User)
	return f, err == nil && f.By == actor.User && a.clears(roles, f.FromSite), err
}

// stillForwarded says whether nobody has acted on a document since it was handed on.
func stillForwarded(tx *catalog.Tx, d record.Document, f catalog.Forward) (bool, error) {
	r, known, err := tx.RoutingOf(d.ID)
	if err != nil || !known || d.File != "" || !r.At.Equal(f.At) {
		return false, err
	}
	if f.ToSite == "" {
		return r.Outcome == record.OutcomeForwarded, nil
	}
	site, err := tx.WaitingSite(d.ID)
	return site == f.ToSite, err
}

// takeAllBack takes a forward back for the document and for what was handed on
// with it; what came out of it since then follows it.
func (a *Archive) takeAllBack(tx *catalog.Tx, actor record.Actor, id record.DocumentID, last map[record.DocumentID]before, e event) error {
	f, handed, err := tx.ForwardOf(id)
	if err != nil || !handed {
		return errors.Join(err, missingIf(err == nil))
	}
	parts, err := liesWith(tx, id)
	if err != nil {
		return err
	}
	if err := allRead(parts, last); err != nil {
		return err
	}
	if err := a.takeBack(tx, actor, id, last[id], e); err != nil {
		return err
	}
	for _, d := range parts {
		g, too, err := tx.ForwardOf(d)
		switch {
		case err != nil:
		case too && together(f, g):
			err = a.takeBack(tx, actor, d, last[d], e)
		case !too:
			err = tx.SetWaitingSite(d, f.FromSite)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// together says whether two documents were handed on at once.
func together(a, b catalog.Forward) bool { return a.At.Equal(b.At) && a.By == b.By }

// wentAlong says whether a document was handed on with what it came in, beside
// which it lies: it comes back with that.
func wentAlong(tx *catalog.Tx, f catalog.Forward) (bool, error) {
	beside, err := tx.LiesBeside(f.Document)
	if err != nil || !beside {
		return false, err
	}
	outer, err := tx.Enclosing(f.Document, 1)
	if err != nil || len(outer) == 0 {
		return false, err
	}
	g, handed, err := tx.ForwardOf(outer[0])
	return handed && together(f, g), err
}

func (a *Archive) takeBack(tx *catalog.Tx, actor record.Actor, id record.DocumentID, last before, e event) error {
	row, err := findDocument(tx, actor, id)
	if err != nil {
		return err
	}
	f, may, err := a.mayTakeBack(tx, actor, row)
	if err != nil {
		return err
	}
	still, err := stillForwarded(tx, row.doc, f)
	if err != nil {
		return err
	}
	along, err := wentAlong(tx, f)
	switch {
	case err != nil:
		return err
	case !may:
		return record.Missing()
	case along:
		return &record.Error{Category: record.Conflict, Message: "The document was handed on with what it came in.", Hint: "Take that back."}
	case !still:
		return &record.Error{Category: record.Conflict, Message: "Somebody has acted on the document since it was handed on.",
			Hint: "Ask the site where it lies now."}
	}
	now := a.Clock.Now()
	r := record.Routing{Outcome: record.OutcomeClearing, Site: f.FromSite, At: now, By: actor.User}
	if f.Before.Routing != nil {
		r = *f.Before.Routing
	}
	if err := tx.SetWaitingSite(id, f.FromSite); err != nil {
		return err
	}
	if err := tx.SetRouting(id, r); err != nil {
		return err
	}
	if err := tx.SetClues(id, f.Before.Clues); err != nil {
		return err
	}
	if err := tx.DropForward(id); err != nil {
		return err
	}
	e.objects = objectsOf(row.doc)
	step := catalog.Custody{At: moment(now), Event: "taken_back", By: string(actor.User), Place: f.FromSite}
	return a.forwardNoted(tx, actor, row.doc, last, r, step, e)
}
