package archive

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/policy/access"
	"eakte/policy/retention"
)

// maxText bounds a title, type or section, in bytes.
const maxText = 1000

// ChangeDocument files, re-files or re-describes a document. The change, its
// manifest, its audit entry and the dirty list's row commit together; it is
// answered when the manifest is in the store. Re-filing leaves a trace in both
// files and needs the right to take it out of the one and to hand it into the
// other. What came in a mail or an archive and lies beside it is filed with it,
// all or nothing; the answer names it.
func (a *Archive) ChangeDocument(ctx context.Context, actor record.Actor, id record.DocumentID, c DocumentChange) (DocumentView, error) {
	act, e := access.DocumentChange, event{action: audit.DocumentChange}
	if c.File != nil {
		act, e.action = access.DocumentFile, audit.DocumentFile
	}
	row, err := a.document(ctx, actor, id, act, e)
	if err != nil {
		return DocumentView{}, err
	}
	if err := c.validate(); err != nil {
		return DocumentView{}, err
	}
	o, err := newOnce(c.IdempotencyKey, "document", id, c)
	if err != nil {
		return DocumentView{}, err
	}
	if body, done, err := a.answered(ctx, actor, o); done || err != nil {
		if err != nil {
			return DocumentView{}, err
		}
		return a.changed(ctx, actor, id, splitIDs(body))
	}
	var target fileRow
	if c.File != nil {
		if target, err = a.file(ctx, actor, *c.File, access.DocumentPost, e); err != nil {
			return DocumentView{}, err
		}
	}
	if c.Why != nil && *c.Why != "" {
		e.detail = map[string]string{"why": *c.Why}
	}
	moved, err := a.fileAll(ctx, actor, filing{id: row.doc.ID, act: act, change: c, target: target.file.ID, event: e}, o)
	if err != nil {
		return DocumentView{}, err
	}
	a.Wake()
	if err := a.Outbox.Flush(ctx); err != nil {
		return DocumentView{}, err
	}
	return a.changed(ctx, actor, id, moved)
}

// changed shows a document that the actor has just changed, and what went
// along. Where it lies now they may see nothing of it any more: then it is a
// receipt for what they did, which is in the log already.
func (a *Archive) changed(ctx context.Context, actor record.Actor, id record.DocumentID, moved []record.DocumentID) (v DocumentView, err error) {
	defer func() { v.Moved = moved }()
	var row documentRow
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		row, err = findDocument(tx, actor, id)
		return err
	})
	if err != nil {
		return DocumentView{}, err
	}
	if a.Policy.Decide(row.facts, access.DocumentState).Allowed {
		return a.Document(ctx, actor, id)
	}
	v, err = a.describe(ctx, actor, row)
	return v.receiptOnly(), err
}

// changeDocument changes one document of a filing: the one that was named, or
// one that goes along. It decides once more inside the transaction: what was
// allowed a moment ago may not be any more.
func (a *Archive) changeDocument(tx *catalog.Tx, actor record.Actor, f filing, id record.DocumentID, c DocumentChange) error {
	row, err := findDocument(tx, actor, id)
	if err != nil {
		return err
	}
	e, along := f.event, id != f.id
	if along {
		e.detail = map[string]string{"change": "along"}
	}
	switch d := a.Policy.Decide(row.facts, f.act); {
	case f.back != nil: // who filed it takes that back: mayUnfile decides
	case !d.Allowed && along:
		return &partRefused{id, d.Reason}
	case !d.Allowed:
		return record.Missing()
	}
	doc, file := row.doc, row.file
	if f.target != "" {
		if err := mayMove(tx, doc); err != nil {
			return err
		}
		to, err := findFile(tx, actor, string(f.target))
		if err != nil {
			return err
		}
		if !a.Policy.Decide(to.facts, access.DocumentPost).Allowed {
			return record.Missing()
		}
		file = to.file
	} else if f.back != nil {
		file, doc.KeepUntil = record.File{}, ""
	}
	c.apply(&doc, file)
	class, err := a.keepUntil(tx, &doc, file)
	if err != nil {
		return err
	}
	if err := tx.UpdateDocument(doc); err != nil {
		return err
	}
	if err := a.holdsFollow(tx, row.doc, doc, actor.User, along || f.back != nil); err != nil {
		return err
	}
	if err := errors.Join(a.moveItem(tx, row.doc, doc, actor), a.back(tx, doc, actor.User)); err != nil {
		return err
	}
	if _, err := tx.AddDirty(doc.ID, ""); err != nil {
		return err
	}
	if doc.State == record.StateReady || f.back != nil {
		if err := tx.Enqueue(a.indexJob(doc.ID)); err != nil {
			return err
		}
	}
	e.objects = objectsOf(row.doc)
	if doc.File != row.doc.File && doc.File != "" {
		e.objects = append(e.objects, fileObject(doc.File))
	}
	last := f.last[id]
	if err := a.leaveTrace(tx, actor, f, row.doc, doc, &last); err != nil {
		return err
	}
	if err := errors.Join(a.typeCorrected(tx, row.doc, doc, actor), a.routedBy(tx, actor, row.doc, doc, &last)); err != nil {
		return err
	}
	made, err := a.documentManifest(tx, last, doc, actor.User, c.what(), class)
	if err != nil {
		return err
	}
	e.objects = append(e.objects, made)
	leaf, err := a.seal(actor, e, audit.Done)
	if err != nil {
		return err
	}
	return tx.Append(leaf)
}

// mayMove refuses to file a document of which others are just being made: where
// they go is settled already.
func mayMove(tx *catalog.Tx, d record.Document) error {
	busy, err := tx.BeingRemade(d.ID)
	if err == nil && busy {
		err = &record.Error{Category: record.Conflict, Message: "The document is just being divided, or put together with others.",
			Hint: "Look again in a moment: what is made of it waits in clearing."}
	}
	return err
}

// moveItem lets the work that hangs on a document follow it: into the inbox of
// who is responsible for its file now, at the day it was received.
func (a *Archive) moveItem(tx *catalog.Tx, was, is record.Document, actor record.Actor) error {
	if is.Received != was.Received {
		if err := tx.DateItem(is.ID, is.Received); err != nil {
			return err
		}
	}
	if is.File == was.File {
		return nil
	}
	return tx.RouteItem(is.ID, actor.User, a.worksWith)
}

func (a *Archive) indexJob(id record.DocumentID) job.Spec {
	return job.Spec{Kind: a.IndexKind, Key: string(id), Payload: map[string]record.DocumentID{"document": id}}
}

// keepUntil computes the law's date anew; it does not touch the lock.
func (a *Archive) keepUntil(tx *catalog.Tx, doc *record.Document, file record.File) (class string, err error) {
	if file.ID == "" {
		return "", nil
	}
	rule, err := tx.RetentionClass(file.RetentionClass)
	if err != nil {
		return "", err
	}
	doc.KeepUntil, _, err = retention.KeepUntil(rule, retention.Events{Closed: dateOf(file.ClosedAt), Received: doc.Received, Dated: doc.Dated})
	return rule.Class, err
}

func dateOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

func (c *DocumentChange) validate() error {
	if c.File == nil && c.Type == nil && c.Title == nil && c.Section == nil && c.Received == nil {
		return record.Bad("body", "names nothing to change: file, type, title, section or received")
	}
	if c.Why != nil && (c.File == nil || *c.Why != "" && !slices.Contains(Whys(), *c.Why)) {
		return record.Bad("reason", "goes with a file, and is one of %s", strings.Join(Whys(), ", "))
	}
	for _, f := range []struct {
		field string
		value *string
	}{{"type", c.Type}, {"title", c.Title}, {"section", c.Section}} {
		if f.value == nil {
			continue
		}
		*f.value = strings.ToValidUTF8(*f.value, "\uFFFD")
		if len(*f.value) > maxText {
			return record.Bad(f.field, "is longer than %d bytes", maxText)
		}
	}
	if c.Received != nil {
		if *c.Received == "" {
			return record.Bad("received", "is empty")
		}
		return validDate("received", *c.Received)
	}
	return nil
}

func (c *DocumentChange) apply(d *record.Document, file record.File) {
	for _, f := range []struct{ from, to *string }{{c.Type, &d.Type}, {c.Title, &d.Title}, {c.Section, &d.Section}, {c.Received, &d.Received}} {
		if f.from != nil {
			*f.to = *f.from
		}
	}
	if c.File == nil {
		return
	}
	d.File = file.ID
	switch {
	case d.State == record.StateClearing && d.File != "":
		d.State = record.StateReady
	case d.State == record.StateReady && d.File == "":
		d.State = record.StateClearing
	}
}

func (c *DocumentChange) what() string {
	if c.File != nil {
		return "filed"
	}
	return "classified"
}
