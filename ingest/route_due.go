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

// expect notes, before a document is read, for whom it is by what came with it:
// so it shows as on its way in the file that is named, and those who clear
// don't see what is for a restricted one. If it can't be read, that is all there
// is, and the person whom the restricted file names is asked. Nothing is filed
// by it.
func (d Deps) expect(tx *catalog.Tx, doc record.Document) error {
	if doc.File != "" || doc.Direction != record.DirectionIn {
		return nil
	}
	note, err := tx.NoteOf(doc.ID)
	if err != nil {
		return err
	}
	cut, _, err := tx.CutOf(doc.ID)
	if err != nil {
		return err
	}
	var clues []record.Clue
	for _, n := range append(note.Barcodes, cut.Sheet) {
		norm := catalog.NormalizeNumber(n)
		if norm == "" {
			continue
		}
		clues = append(clues, record.Clue{Kind: record.ClueNumber, Value: norm})
		f, err := tx.FileByNumber(n)
		if errors.Is(err, record.NotFound) {
			continue
		}
		if err == nil && f.Sensitivity >= record.SensitivityRestricted {
			err = errors.Join(tx.Reserve(doc.ID, f.ID), tx.AskItem(doc.ID, record.System("").User, d.mayRead))
		}
		if err != nil {
			return err
		}
	}
	if len(clues) == 0 {
		return nil
	}
	meant, err := tx.ReservedFor(doc.ID)
	if err != nil {
		return err
	}
	if meant != "" {
		theirs, err := tx.CluesOf(meant)
		if err != nil {
			return err
		}
		clues = common(clues, theirs)
	}
	return tx.SetClues(doc.ID, clues)
}

// shut keeps the batch that a letter was taken out of from those who clear, when
// the letter is for a restricted file: its pages are in the batch as well.
func shut(tx *catalog.Tx, letter record.DocumentID, f record.File) error {
	if f.Sensitivity < record.SensitivityRestricted {
		return nil
	}
	links, err := tx.LinksOf(letter)
	if err != nil {
		return err
	}
	for _, l := range links {
		if l.Kind == catalog.LinkSplits && l.Other == letter {
			return tx.Reserve(l.Document, f.ID)
		}
	}
	return nil
}
