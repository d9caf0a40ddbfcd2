package archive

import (
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// The kinds of link as a reader sees them, from this document to the other.
const (
	LinkEncloses   = catalog.LinkEncloses // this is a mail or an archive, the other came in it
	LinkEnclosedIn = "enclosed_in"        // the other way round
	LinkMerges     = catalog.LinkMerges   // this was put together by hand, the other is one of what it was made of
	LinkMergedInto = "merged_into"        // the other way round
)

// addLinks names what a document came in and what came in it, in its order.
// Each is decided on its own facts: of one that the actor may not see, nothing
// is said.
func (a *Archive) addLinks(tx *catalog.Tx, actor record.Actor, v *DocumentView) error {
	links, err := tx.LinksOf(v.ID)
	if err != nil || len(links) == 0 {
		return err
	}
	ids := make([]record.DocumentID, len(links))
	for i, l := range links {
		if ids[i] = l.Other; l.Other == v.ID {
			ids[i] = l.Document
		}
	}
	facts, err := tx.FactsForDocuments(actor.User, ids)
	if err != nil {
		return err
	}
	docs, err := tx.DocumentsByID(ids)
	if err != nil {
		return err
	}
	parted, err := tx.Parted(v.ID, ids)
	if err != nil {
		return err
	}
	for i, l := range links {
		f, known := facts[ids[i]]
		if d, ok := docs[ids[i]]; ok && known && !parted[d.ID] && a.Policy.Decide(f, access.DocumentView).Allowed {
			kind := l.Kind
			if l.Other == v.ID {
				kind = LinkEnclosedIn
				switch l.Kind {
				case LinkSplits:
					kind = LinkSplitFrom
				case LinkMerges:
					kind = LinkMergedInto
				}
			}
			v.Links = append(v.Links, linkTo(d, kind, l.Place))
		}
	}
	return a.addNeighbours(tx, actor, v)
}
