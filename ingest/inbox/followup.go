package inbox

import (
	"context"
	"errors"
	"strings"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// AddFollowUp wants a file, or one document of it, to come back to the actor on
// a day. It takes the right to see it and an inbox of one's own. repeated says
// that the same transmission did so before.
func (in *Inbox) AddFollowUp(ctx context.Context, actor record.Actor, n NewFollowUp) (v Item, repeated bool, err error) {
	e := event{action: audit.InboxFollowUp, query: n.File}
	digest, err := digestOf("add", n)
	if err != nil {
		return Item{}, false, err
	}
	var first string
	err = in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if _, _, err = in.subject(tx, actor, n, &e); err != nil {
			return err
		}
		first, repeated, err = tx.Answered(actor.User, n.IdempotencyKey, digest)
		return err
	})
	if err == nil && repeated {
		v, err = in.Item(ctx, actor, record.ItemID(first))
		return v, true, err
	}
	if err == nil {
		err = in.Catalog.WithTx(ctx, func(tx *catalog.Tx) (err error) {
			v, err = in.add(tx, actor, n, e, digest)
			return err
		})
	}
	return v, false, in.answer(ctx, actor, e, err)
}

// subject finds what the follow-up is about, and decides.
func (in *Inbox) subject(tx *catalog.Tx, actor record.Actor, n NewFollowUp, e *event) (desk, row, error) {
	d, err := in.desk(tx, actor)
	if err != nil {
		return d, row{}, err
	}
	var r row
	if n.Document != "" {
		r, err = d.paper(tx, n.Document)
	} else {
		r, err = d.folder(tx, n.File)
	}
	e.objects = r.objects()
	switch {
	case errors.Is(err, record.NotFound):
		return d, r, record.Missing()
	case err != nil:
		return d, r, err
	case !d.sees(r.facts) && !d.allows(r.facts, access.FileFind) && !d.allows(r.facts, access.DocumentState):
		return d, r, record.Missing()
	case !d.sees(r.facts) || !d.works:
		return d, r, denied()
	}
	return d, r, nil
}

func (d desk) paper(tx *catalog.Tx, id record.DocumentID) (r row, err error) {
	if !record.ValidID(string(id)) {
		return r, record.Missing()
	}
	facts, err := tx.FactsForDocuments(d.user, []record.DocumentID{id})
	if err != nil {
		return r, err
	}
	if r.doc, err = tx.DocumentByID(id); err != nil {
		return r, err
	}
	r.facts = facts[id]
	if r.doc.File != "" {
		r.file, err = tx.FileByID(r.doc.File)
	}
	return r, err
}

func (d desk) folder(tx *catalog.Tx, idOrNumber string) (r row, err error) {
	if r.file, err = tx.FileByIDOrNumber(idOrNumber); err != nil {
		return r, err
	}
	facts, err := tx.Facts(d.user, []record.FileID{r.file.ID})
	r.facts = facts[r.file.ID]
	return r, err
}

func (in *Inbox) add(tx *catalog.Tx, actor record.Actor, n NewFollowUp, e event, digest record.Digest) (Item, error) {
	d, r, err := in.subject(tx, actor, n, &e)
	if err != nil {
		return Item{}, err
	}
	if r.file.ID == "" {
		return Item{}, record.Bad("document", "lies in no file yet; file it first")
	}
	if err := in.validFollowUp(n.Date, n.Note); err != nil {
		return Item{}, err
	}
	r.item = catalog.Item{ID: record.ItemID(record.NewID()), Kind: catalog.ItemFollowUp, Document: n.Document, File: r.file.ID,
		Queue: catalog.QueueUser, CreatedBy: actor.User, ItemPlace: catalog.ItemPlace{Holder: actor.User, HeldAt: tx.Now(),
			Waits: n.Date, Due: n.Date, Note: strings.TrimSpace(n.Note), ActingFor: d.actingFor(r)}}
	if err := tx.InsertItem(r.item); err != nil {
		return Item{}, err
	}
	if r.item, err = tx.ItemByID(r.item.ID); err != nil {
		return Item{}, err
	}
	e.objects, e.detail = r.objects(), map[string]string{"date": n.Date}
	v, err := in.written(tx, actor, d, r, e)
	if err != nil {
		return Item{}, err
	}
	return v, tx.IdempotentPut(actor.User, n.IdempotencyKey, digest, 201, []byte(v.ID))
}
