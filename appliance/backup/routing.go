package backup

import (
	"errors"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// routed brings back how it was decided where a document belongs. What waits in
// clearing is routed once more, by the rules in force then; what waits for a
// restricted file stays out of sight until that is done. Return slips don't come
// back: post that bears one goes by its other evidence, or to a person.
func (r *rebuild) routed(tx *catalog.Tx, doc record.Document, p *vault.DocumentPersonal) error {
	if doc.State == record.StateDisposed {
		return nil
	}
	var errs []error
	if p.Routing.Outcome != "" || p.Routing.Type.Type != "" {
		errs = append(errs, tx.SetRouting(doc.ID, p.Routing))
	}
	if doc.File != "" {
		return errors.Join(errs...)
	}
	if p.Routing.Reserved != "" && p.Routing.Outcome == record.OutcomeClearing {
		errs = append(errs, tx.Reserve(doc.ID, p.Routing.Reserved))
	}
	if p.Routing.Reason == record.ReasonForwarded { // by a person: it stays where it was handed on to
		if p.Routing.Site != "" && p.Routing.Outcome == record.OutcomeClearing {
			errs = append(errs, tx.SetWaitingSite(doc.ID, p.Routing.Site))
		}
		return errors.Join(errs...)
	}
	if doc.State == record.StateClearing && doc.Direction == record.DirectionIn && r.RouteAgain != nil {
		errs = append(errs, r.RouteAgain(tx, doc.ID))
	}
	return errors.Join(errs...)
}
