package backup

import (
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// routed brings back how it was decided where a document belongs. What waits in
// clearing is routed once more, by the rules in force then; what waits for a
// restricted file stays out of sight until that is done, and so does what holds
// its pages. Return slips don't come back: post that bears one goes by its other
// evidence, or to a person.
func (r *rebuild) routed(tx *catalog.Tx, doc record.Document, p *vault.DocumentPersonal) error {
	if doc.State == record.StateDisposed {
		return nil
	}
	if p.Routing.Outcome != "" || p.Routing.Type.Type != "" {
		if err := tx.SetRouting(doc.ID, p.Routing); err != nil {
			return err
		}
	}
	if doc.File == "" {
		if err := r.waits(tx, doc, p.Routing); err != nil {
			return err
		}
	}
	return shut(tx, doc.ID)
}

// waits lets a document in no file wait as it did.
func (r *rebuild) waits(tx *catalog.Tx, doc record.Document, why record.Routing) error {
	kept := why.Reserved
	if why.Outcome == "" { // nobody had decided yet
		var err error
		if _, kept, err = tx.Expected(doc.ID); err != nil {
			return err
		}
	}
	if kept != "" && why.Outcome != record.OutcomeForwarded {
		if err := tx.Reserve(doc.ID, kept); err != nil {
			return err
		}
	}
	if why.Reason == record.ReasonForwarded { // by a person: it stays where it was handed on to
		if why.Site == "" || why.Outcome != record.OutcomeClearing {
			return nil
		}
		return tx.SetWaitingSite(doc.ID, why.Site)
	}
	if r.RouteAgain == nil || kept == "" && (doc.State != record.StateClearing || doc.Direction != record.DirectionIn) {
		return nil
	}
	return r.RouteAgain(tx, doc.ID)
}

// shut closes what holds the pages of a document that is for a restricted file.
// Documents come back in any order: whichever comes later sees to it.
func shut(tx *catalog.Tx, id record.DocumentID) error {
	links, err := tx.LinksOf(id)
	if err != nil {
		return err
	}
	about := []record.DocumentID{id}
	for _, l := range links {
		switch {
		case l.Kind != catalog.LinkSplits && l.Kind != catalog.LinkMerges:
		case l.Document == id:
			about = append(about, l.Other)
		default:
			about = append(about, l.Document)
		}
	}
	for _, d := range about {
		if _, err := tx.Shut(d); err != nil {
			return err
		}
	}
	return nil
}
