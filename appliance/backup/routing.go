package backup

import (
	"errors"

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
	return errors.Join(shut(tx, doc.ID), r.keptBelow(tx, doc.ID))
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

// keptBelow keeps for the same restricted file what came in a document, was taken
// out of it or was put together from it, and came back before it.
func (r *rebuild) keptBelow(tx *catalog.Tx, id record.DocumentID) error {
	for todo := []record.DocumentID{id}; len(todo) > 0; todo = todo[1:] {
		links, err := tx.LinksOf(todo[0])
		if err != nil {
			return err
		}
		for _, l := range links {
			made := l.Other
			if l.Kind == catalog.LinkMerges {
				made = l.Document
			}
			if made == todo[0] {
				continue
			}
			kept, err := r.keptAfterAll(tx, made)
			if err != nil {
				return err
			}
			if kept {
				todo = append(todo, made)
			}
		}
	}
	return nil
}

// keptAfterAll keeps a document about which nobody has decided as it would have
// been if it had come back after what it came out of; kept is false if it is for no
// restricted file, or was kept before.
func (r *rebuild) keptAfterAll(tx *catalog.Tx, id record.DocumentID) (kept bool, err error) {
	doc, err := tx.DocumentByID(id)
	if errors.Is(err, record.NotFound) { // its turn comes
		return false, nil
	}
	if err != nil || doc.File != "" || doc.State == record.StateDisposed {
		return false, err
	}
	why, _, err := tx.RoutingOf(id)
	if err != nil || why.Outcome != "" {
		return false, err
	}
	if before, err := tx.ReservedFor(id); err != nil || before != "" {
		return false, err
	}
	_, file, err := tx.Expected(id)
	if err != nil || file == "" {
		return false, err
	}
	return true, errors.Join(r.waits(tx, doc, why), shut(tx, id))
}
