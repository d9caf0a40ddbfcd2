package oversight

import (
	"context"
	"errors"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Entry gives one entry to who may see it. One that is not there and one that
// is not the officer's business are the same.
func (o *Oversight) Entry(ctx context.Context, actor record.Actor, id string) (EntryView, error) {
	var v EntryView
	err := o.cat.Read(ctx, func(tx *catalog.Tx) error {
		of, err := o.officer(tx, actor)
		if err != nil {
			return err
		}
		v, err = of.entry(tx, id)
		return err
	})
	about := []audit.Object{}
	if record.ValidID(id) {
		about = append(about, audit.Object{Kind: audit.KindEntry, ID: id})
	}
	if err != nil {
		return EntryView{}, o.answer(ctx, actor, err, about, "entry")
	}
	return v, o.note(ctx, actor, audit.Allowed, about, "entry")
}

func (of officer) entry(tx *catalog.Tx, id string) (EntryView, error) {
	missing := record.Missing()
	if !of.at("") {
		missing = denied()
	}
	if !record.ValidID(id) {
		return EntryView{}, missing
	}
	e, err := tx.AuditEntry(id)
	if errors.Is(err, record.NotFound) {
		return EntryView{}, missing
	}
	if err != nil {
		return EntryView{}, err
	}
	views, err := of.visible(tx, []catalog.AuditEntry{e})
	if err != nil {
		return EntryView{}, err
	}
	if len(views) == 0 {
		return EntryView{}, missing
	}
	return views[0], nil
}
