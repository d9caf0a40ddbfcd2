package catalog

import (
	"errors"

	"eakte/appliance/record"
)

// RouteItem sees to it that an incoming document in a file waits for somebody:
// its open item, or a new one if it has none, goes to the file's responsible
// user, or to the file's team if there is none, or none who may see the
// document; that of a restricted file always to a named person. may decides that from the user's facts about it. by is who filed
// the document. Documents that did not come in, or lie in no file, get no item;
// nor do attachments that lie beside their mail, whose item stands for them.
//
// It is called in the transaction that put the document into the file.
func (t *Tx) RouteItem(id record.DocumentID, by record.UserID, may func(record.Facts) bool) error {
	d, err := t.DocumentByID(id)
	if err != nil || d.Direction != record.DirectionIn || d.File == "" {
		return err
	}
	f, err := t.FileByID(d.File)
	if err != nil {
		return err
	}
	if err := t.moveFollowUps(d, f, by); err != nil {
		return err
	}
	to, err := t.worksOn(d.ID, f, may)
	if err != nil {
		return err
	}
	queue := QueueUser
	if to == "" {
		queue = QueueTeam
	}
	place := ItemPlace{Holder: to, HeldAt: t.Now(), State: ItemOpen, Waits: d.Received}
	i, err := t.OpenItemOf(d.ID)
	if errors.Is(err, record.NotFound) {
		if beside, err := t.LiesBeside(d.ID); err != nil || beside {
			return err
		}
		return t.InsertItem(Item{ID: record.ItemID(record.NewID()), Kind: ItemDocument, Document: d.ID, File: f.ID, Queue: queue,
			ItemPlace: place, CreatedBy: by})
	}
	if err != nil {
		return err
	}
	i.File, i.Queue, i.ItemPlace = f.ID, queue, place
	_, err = t.changeItem(i, i, by, "")
	return err
}

func (t *Tx) responsibleFor(id record.DocumentID, user record.UserID, may func(record.Facts) bool) (record.UserID, error) {
	if user == "" {
		return "", nil
	}
	facts, err := t.FactsForDocuments(user, []record.DocumentID{id})
	if f, ok := facts[id]; err == nil && ok && may(f) {
		return user, nil
	}
	return "", err
}

// moveFollowUps keeps follow-ups on a document with the document: who wanted
// to look again still does, if they may.
func (t *Tx) moveFollowUps(d record.Document, f record.File, by record.UserID) error {
	_, err := t.exec("move follow-ups", `UPDATE item SET file_id = $2, site = $5, team = $6, changed_at = $3, changed_by = $4, version = version + 1, former = ''
		WHERE document_id = $1 AND state = 'open' AND kind = 'followup' AND file_id <> $2`, d.ID, f.ID, toMicros(t.Now()), by, f.Site, f.Team)
	return err
}

// DateItem lets the open item of a document count from another day of receipt.
func (t *Tx) DateItem(id record.DocumentID, received string) error {
	_, err := t.exec("date item", "UPDATE item SET waits = $2 WHERE document_id = $1 AND state = 'open' AND kind = 'document'", id, received)
	return err
}

// placeItems lets the open items of a file lie where the file lies.
func (t *Tx) placeItems(f record.File) error {
	_, err := t.exec("place items", "UPDATE item SET site = $2, team = $3 WHERE file_id = $1 AND state = 'open'", f.ID, f.Site, f.Team)
	return err
}
