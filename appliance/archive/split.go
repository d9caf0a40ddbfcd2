package archive

import (
	"errors"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// The kinds of link between a batch and its letters, as those of Link.
const (
	LinkSplits    = catalog.LinkSplits // this is a batch, the other was taken out of it
	LinkSplitFrom = "split_from"       // the other way round
)

// Split is what became of a batch with separator sheets.
type Split struct {
	Parts  int    `json:"parts"`  // documents made of it; 0: it could not be split and waits whole
	Reason string `json:"reason"` // why not; a key, as that of a quarantine
}

// addSplit adds to one document what became of it as a batch, and the number
// that the separator sheet before it names: for who may know that file, since
// to all others its number says that it exists.
func (a *Archive) addSplit(tx *catalog.Tx, actor record.Actor, v *DocumentView) error {
	s, ok, err := tx.SplitOf(v.ID)
	if err != nil {
		return err
	}
	if ok {
		v.Split = &Split{s.Parts, s.Reason}
	}
	cut, _, err := tx.CutOf(v.ID)
	if err != nil || cut.Sheet == "" {
		return err
	}
	f, err := tx.FileByNumber(cut.Sheet)
	if errors.Is(err, record.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	known, err := a.known(tx, actor, []record.FileID{f.ID})
	if _, ok := known[f.ID]; ok {
		v.Sheet = &FileRef{ID: f.ID, Number: f.Number()}
	}
	return err
}
