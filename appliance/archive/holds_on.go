package archive

import (
	"context"
	"slices"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/access"
	"eakte/policy/hold"
)

// holdable is what a hold can stand on, a file or a document, with the facts
// of one snapshot.
type holdable struct {
	subject hold.Subject // by id
	file    record.File  // of a document: the one it lies in, zero while in clearing
	doc     record.Document
	facts   record.Facts
}

func (h holdable) kind() string {
	if h.subject.Document != "" {
		return catalog.HoldsDocument
	}
	return catalog.HoldsFile
}

func (h holdable) objects() []audit.Object {
	if h.subject.Document != "" {
		return objectsOf(h.doc)
	}
	return []audit.Object{fileObject(h.file.ID)}
}

func findHoldable(tx *catalog.Tx, actor record.Actor, s hold.Subject) (holdable, error) {
	if s.Document != "" {
		row, err := findDocument(tx, actor, s.Document)
		return holdable{subject: hold.Subject{Document: row.doc.ID}, file: row.file, doc: row.doc, facts: row.facts}, err
	}
	row, err := findFile(tx, actor, string(s.File))
	return holdable{subject: hold.Subject{File: row.file.ID}, file: row.file, facts: row.facts}, err
}

// holdable reads what a hold is to stand on and decides whether one of acts is
// allowed on it. A refusal is audited as one of the last of them.
func (a *Archive) holdable(ctx context.Context, actor record.Actor, s hold.Subject, e event, acts ...access.Action) (holdable, error) {
	var at holdable
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		at, err = findHoldable(tx, actor, s)
		return err
	})
	if err == nil && slices.ContainsFunc(acts, func(act access.Action) bool { return a.Policy.Decide(at.facts, act).Allowed }) {
		return at, nil
	}
	last := acts[len(acts)-1]
	if s.Document != "" {
		row, err := a.document(ctx, actor, s.Document, last, e)
		return holdable{subject: s, file: row.file, doc: row.doc, facts: row.facts}, err
	}
	row, err := a.file(ctx, actor, string(s.File), last, e)
	return holdable{subject: hold.Subject{File: row.file.ID}, file: row.file, facts: row.facts}, err
}

func (a *Archive) holdViews(tx *catalog.Tx, rows []catalog.Hold) ([]Hold, error) {
	var ids []record.UserID
	for _, h := range rows {
		ids = append(ids, h.By, h.LiftedBy)
	}
	people, err := tx.UsersByID(ids)
	out := []Hold{}
	for _, h := range rows {
		v := Hold{ID: h.ID, On: h.SubjectKind, Kind: h.Kind, Reason: h.Reason, TakenAlong: h.Origin != "",
			PlacedBy: personOf(h.By, people), PlacedAt: h.At, LiftReason: h.LiftReason}
		if !h.Stands() {
			by := personOf(h.LiftedBy, people)
			v.LiftedBy, v.LiftedAt = &by, &h.LiftedAt
		}
		out = append(out, v)
	}
	return out, err
}

// holdStatements are the holds placed on a file or document itself, for its
// manifest: lifted ones too.
func holdStatements(tx *catalog.Tx, subject string) ([]vault.HoldStatement, error) {
	rows, err := tx.HoldsOf(subject)
	var out []vault.HoldStatement
	for _, h := range rows {
		out = append(out, vault.HoldStatement{ID: h.ID, Kind: h.Kind, Reason: h.Reason, By: h.By, From: dateOf(h.At), To: dateOf(h.LiftedAt),
			Origin: h.Origin, PlacedAt: moment(h.At), LiftedBy: h.LiftedBy, LiftedAt: moment(h.LiftedAt), LiftReason: h.LiftReason})
	}
	return out, err
}

// holdsOfFile are the holds that stand on a file, for its view.
func (a *Archive) holdsOfFile(tx *catalog.Tx, id record.FileID) ([]Hold, error) {
	rows, err := tx.HoldsOf(string(id))
	if err != nil {
		return nil, err
	}
	return a.holdViews(tx, slices.DeleteFunc(rows, func(h catalog.Hold) bool { return !h.Stands() }))
}

// addHolds shows in views what stands on each document.
func (a *Archive) addHolds(tx *catalog.Tx, views []DocumentView) error {
	ids := make([]record.DocumentID, len(views))
	for i, v := range views {
		ids[i] = v.ID
	}
	covering, err := tx.Covering(ids)
	if err != nil {
		return err
	}
	for i, v := range views {
		if views[i].Holds, err = a.holdViews(tx, covering[v.ID]); err != nil {
			return err
		}
		fromContainer(views[i].Holds, covering[v.ID], v.ID)
	}
	return nil
}

// holdsFollow keeps a document that is filed elsewhere from falling out of the
// holds of the file it leaves: it takes them along as its own. When it comes
// back to such a file, what it took along from there ends: that file's hold
// covers it again. What goes along with the mail it came in takes nothing along
// itself: the mail's holds cover it. Where something is held, before or after,
// the store is to follow.
func (a *Archive) holdsFollow(tx *catalog.Tx, was, is record.Document, by record.UserID, along bool) error {
	before, err := tx.Covering([]record.DocumentID{was.ID}) // of the file it lies in now: the new one
	if err != nil {
		return err
	}
	held := len(before[was.ID]) > 0
	if is.File != was.File {
		moved, err := a.moveHolds(tx, was, is, by, along)
		if err != nil {
			return err
		}
		held = held || moved
	}
	if !held {
		return nil
	}
	return tx.Enqueue(holdJob(hold.Subject{Document: is.ID}))
}

// moveHolds changes the document's own holds and says whether it changed any.
func (a *Archive) moveHolds(tx *catalog.Tx, was, is record.Document, by record.UserID, along bool) (changed bool, err error) {
	own, err := tx.HoldsOf(string(is.ID))
	if err != nil {
		return false, err
	}
	there, err := tx.HoldsOf(string(is.File))
	if err != nil {
		return false, err
	}
	var taken []string
	for _, h := range own {
		if h.Origin == "" || !h.Stands() {
			continue
		}
		taken = append(taken, h.Origin)
		if slices.ContainsFunc(there, func(t catalog.Hold) bool { return t.ID == h.Origin && t.Stands() }) {
			if err := tx.LiftHold(h.ID, by, a.Clock.Now(), ""); err != nil {
				return false, err
			}
			changed = true
		}
	}
	if along {
		return changed, nil
	}
	took, err := a.takeAlong(tx, was, is, taken)
	return changed || took, err
}

func (a *Archive) takeAlong(tx *catalog.Tx, was, is record.Document, taken []string) (changed bool, err error) {
	if was.File == "" {
		return false, nil
	}
	left, err := tx.HoldsOf(string(was.File))
	if err != nil {
		return false, err
	}
	standing := map[string]catalog.Hold{}
	var ids []string
	for _, h := range left {
		if h.Stands() {
			standing[h.ID], ids = h, append(ids, h.ID)
		}
	}
	for _, id := range hold.TakenAlong(ids, taken) {
		h := standing[id]
		h.ID, h.SubjectKind, h.Subject, h.Origin = record.NewID(), catalog.HoldsDocument, string(is.ID), id
		if err := tx.PutHold(h); err != nil {
			return false, err
		}
		changed = true
	}
	return changed, nil
}
