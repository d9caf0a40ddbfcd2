package archive

import (
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// typeCorrected keeps that a person gave a document another type than the rules
// of types did: the ground truth by which rules are judged. A document that the
// rules never saw is none.
func (a *Archive) typeCorrected(tx *catalog.Tx, was, is record.Document, actor record.Actor) error {
	if was.Type == is.Type {
		return nil
	}
	r, decided, err := tx.RoutingOf(is.ID)
	if err != nil || !decided || r.Type.Reasons == nil {
		return err
	}
	return tx.CorrectType(catalog.TypeCorrection{Document: is.ID, Was: r.Type.Type, Became: is.Type, Rules: r.Type.Rules, By: actor.User, At: a.Clock.Now()})
}
