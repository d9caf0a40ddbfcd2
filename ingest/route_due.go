package ingest

import (
	"errors"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// toRoute hands a document that was read on: one that came in and lies in no
// file is in work until it is routed; one that somebody filed without saying
// what it is until the rules have named it: what is ready is found by search from
// then on, and does not change once more. A part of a mail asks for the mail's.
func (r *Reader) toRoute(tx *catalog.Tx, doc record.Document) error {
	if r.Route == nil || doc.File != "" && doc.Type != "" || doc.File == "" && doc.Direction != record.DirectionIn {
		return arrive(tx, doc, r.Index)
	}
	if doc.File != "" && doc.State == record.StateReady { // read again: it stays there meanwhile
		return errors.Join(arrive(tx, doc, r.Index), tx.Enqueue(r.Route(doc.ID)))
	}
	if doc.File != "" {
		return r.inWork(tx, doc)
	}
	outer, err := outermost(tx, doc.ID)
	if err != nil {
		return err
	}
	if outer != doc.ID {
		return errors.Join(arrive(tx, doc, r.Index), tx.Enqueue(r.Route(outer)))
	}
	return r.inWork(tx, doc)
}

func (r *Reader) inWork(tx *catalog.Tx, doc record.Document) error {
	if doc.State == record.StateQuarantined { // it could be read after all
		doc.State = record.StateProcessing
	}
	route := r.Route(doc.ID)
	route.Priority = priority(doc.Channel)
	return errors.Join(tx.UpdateDocument(doc), tx.Enqueue(route))
}

// unread is for a document that can't be read: the mail that it came in may be
// routed without it.
func (r *Reader) unread(tx *catalog.Tx, doc record.Document) error {
	outer, err := outermost(tx, doc.ID)
	if err != nil || outer == doc.ID || r.Route == nil {
		return err
	}
	return tx.Enqueue(r.Route(outer))
}

// expect notes, in the transaction that makes it a document, for whom it is by
// what came with it and by what it came in: so it shows as on its way in the file
// that is named, and those who clear never see what is for a restricted one. The
// person whom the restricted file names is asked. Nothing is filed by it.
func (d Deps) expect(tx *catalog.Tx, doc record.Document) error {
	if doc.File != "" {
		return nil
	}
	numbers, kept, err := tx.Expected(doc.ID)
	if err != nil {
		return err
	}
	if doc.Direction == record.DirectionIn {
		if err := expectFor(tx, doc.ID, numbers, kept); err != nil {
			return err
		}
	}
	if kept == "" {
		return nil
	}
	if err := errors.Join(tx.Reserve(doc.ID, kept), d.shut(tx, doc.ID)); err != nil {
		return err
	}
	if beside, err := tx.LiesBeside(doc.ID); err != nil || beside { // its mail's item stands for it
		return err
	}
	return tx.AskItem(doc.ID, record.System("").User, d.mayRead)
}

// expectFor notes for which customers a document is by the numbers that came with
// it: if it is kept for a restricted file, only for that file's.
func expectFor(tx *catalog.Tx, id record.DocumentID, numbers []string, kept record.FileID) error {
	var clues []record.Clue
	for _, n := range numbers {
		clues = append(clues, record.Clue{Kind: record.ClueNumber, Value: n})
	}
	if len(clues) == 0 {
		return nil
	}
	if kept != "" {
		theirs, err := tx.CluesOf(kept)
		if err != nil && !errors.Is(err, record.NotFound) {
			return err
		}
		clues = common(clues, theirs)
	}
	return tx.SetClues(id, clues)
}

// shut closes what holds the pages of a document for a restricted file (see
// catalog.Shut), and has asked about what waits of it.
func (d Deps) shut(tx *catalog.Tx, id record.DocumentID) error {
	waiting, err := tx.Shut(id)
	for _, w := range waiting {
		err = errors.Join(err, tx.AskItem(w, record.System("").User, d.mayRead))
	}
	return err
}
