package archive

import (
	"context"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/access"
)

func vaultCustody(c catalog.Custody) vault.CustodyEvent {
	return vault.CustodyEvent{At: c.At, Event: c.Event, Actor: c.By, Place: c.Place, Note: c.Note}
}

// ForwardedDocuments lists what was handed on to another authority, newest
// first, for the clearing desk of the sites that it was handed on from.
func (a *Archive) ForwardedDocuments(ctx context.Context, actor record.Actor, cursor string, limit int) ([]DocumentView, string, error) {
	e := event{action: audit.DocumentState, detail: map[string]string{"list": "forwarded"}}
	limit, err := pageSize(limit)
	if err != nil {
		return nil, "", err
	}
	var items []DocumentView
	var next string
	allowed := false
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		roles, err := tx.Roles(actor.User)
		if err != nil {
			return err
		}
		var sites []string
		for _, r := range roles {
			if a.clears(roles, r.Site) {
				sites, allowed = append(sites, r.Site), true
			}
		}
		var docs []record.Document
		if docs, next, err = tx.ForwardedDocuments(sites, cursor, limit); err != nil {
			return err
		}
		items, err = a.forwardedViews(tx, actor, docs)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	if !allowed {
		return nil, "", a.refuse(ctx, actor, e, true, access.ReasonNone)
	}
	for _, v := range items {
		e.objects = append(e.objects, documentObject(v.ID))
	}
	return items, next, a.shown(ctx, actor, e)
}

// clears says whether policy lets the roles file what is in no file at a site.
func (a *Archive) clears(roles []record.RoleAt, site string) bool {
	return a.Policy.Decide(access.Unfiled(roles, site), access.DocumentFile).Allowed
}

// forwardedViews describes what was handed on, each document decided on its own
// facts.
func (a *Archive) forwardedViews(tx *catalog.Tx, actor record.Actor, docs []record.Document) ([]DocumentView, error) {
	views, err := a.stateViews(tx, actor, docs)
	if err != nil {
		return nil, err
	}
	facts, err := tx.FactsForDocuments(actor.User, idsOf(docs))
	if err != nil {
		return nil, err
	}
	rows := map[record.DocumentID]record.Document{}
	for _, d := range docs {
		rows[d.ID] = d
	}
	for i, v := range views {
		if err := a.addForward(tx, actor, documentRow{doc: rows[v.ID], facts: facts[v.ID]}, &views[i]); err != nil {
			return nil, err
		}
	}
	return views, nil
}

// ForwardSites lists to which sites of the house a document may be handed on, for
// who may hand it on.
func (a *Archive) ForwardSites(ctx context.Context, actor record.Actor, id record.DocumentID) ([]record.Site, error) {
	e := event{action: audit.DocumentState, detail: map[string]string{"list": "sites"}}
	row, err := a.document(ctx, actor, id, access.DocumentFile, e)
	if err != nil {
		return nil, err
	}
	var out []record.Site
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		sites, err := tx.Sites()
		if err != nil {
			return err
		}
		here, err := tx.WaitingSite(id)
		for _, s := range sites {
			if s.Code != here {
				out = append(out, s)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	e.objects = objectsOf(row.doc)
	return out, a.shown(ctx, actor, e)
}
