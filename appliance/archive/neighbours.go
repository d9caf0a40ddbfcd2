package archive

import (
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// From one attachment to the one before and the one behind it, of those that
// the actor may see.
const (
	LinkPrevious = "previous"
	LinkNext     = "next"
)

func linkTo(d record.Document, kind string, place int) Link {
	return Link{Kind: kind, Document: d.ID, Place: place, Title: d.Title, Type: d.Type, Name: d.Name, State: d.State, Reason: d.Reason,
		Pages: d.Pages, ContentType: d.ContentType}
}

// addNeighbours adds what came before and behind a document in the same mail
// or archive, if the actor may see that one.
func (a *Archive) addNeighbours(tx *catalog.Tx, actor record.Actor, v *DocumentView) error {
	for _, in := range v.Links {
		if in.Kind != LinkEnclosedIn {
			continue
		}
		links, err := tx.LinksOf(in.Document)
		if err != nil {
			return err
		}
		seen, err := a.visible(tx, actor, enclosedIn(links, in.Document))
		if err != nil {
			return err
		}
		var before, behind []Link // at most one
		for _, l := range links { // by place
			d, ok := seen[l.Other]
			switch {
			case l.Document != in.Document || l.Kind != LinkEncloses || !ok:
			case l.Place < in.Place:
				before = []Link{linkTo(d, LinkPrevious, l.Place)}
			case l.Place > in.Place && behind == nil:
				behind = []Link{linkTo(d, LinkNext, l.Place)}
			}
		}
		v.Links = append(append(v.Links, before...), behind...)
	}
	return nil
}

func enclosedIn(links []catalog.Link, container record.DocumentID) []record.DocumentID {
	var ids []record.DocumentID
	for _, l := range links {
		if l.Document == container && l.Kind == LinkEncloses {
			ids = append(ids, l.Other)
		}
	}
	return ids
}

// visible gives of these documents those that the actor may open.
func (a *Archive) visible(tx *catalog.Tx, actor record.Actor, ids []record.DocumentID) (map[record.DocumentID]record.Document, error) {
	facts, err := tx.FactsForDocuments(actor.User, ids)
	if err != nil {
		return nil, err
	}
	docs, err := tx.DocumentsByID(ids)
	for id := range docs {
		if f, ok := facts[id]; !ok || !a.Policy.Decide(f, access.DocumentView).Allowed {
			delete(docs, id)
		}
	}
	return docs, err
}

// addEnclosures adds to a list in which mail or archive its documents came,
// where the actor may open that.
func (a *Archive) addEnclosures(tx *catalog.Tx, actor record.Actor, views []DocumentView) error {
	links, err := tx.EnclosuresOf(idsOfViews(views))
	if err != nil || len(links) == 0 {
		return err
	}
	var containers []record.DocumentID
	for _, l := range links {
		containers = append(containers, l.Document)
	}
	seen, err := a.visible(tx, actor, containers)
	if err != nil {
		return err
	}
	parted, err := tx.PartedFrom(idsOfViews(views))
	if err != nil {
		return err
	}
	for i, v := range views {
		l, came := links[v.ID]
		if d, ok := seen[l.Document]; came && ok && !parted[v.ID] {
			views[i].Links = append(v.Links, linkTo(d, LinkEnclosedIn, l.Place))
		}
	}
	return nil
}
