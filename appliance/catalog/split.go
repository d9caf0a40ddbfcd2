package catalog

import "eakte/appliance/record"

// LinkSplits is the kind of link from a batch to each letter that was taken out
// of it, in their order.
const LinkSplits = "splits"

// Split is what became of a batch.
type Split struct {
	Parts  int    // documents made of it; 0: it was not split
	Reason string // why not, one of the reasons of quarantine
}

// SetSplit notes what became of a batch. One that was split waits no longer for
// who clears, and is closed as all of its letters are (Shut).
func (t *Tx) SetSplit(batch record.DocumentID, s Split) error {
	_, err := t.exec("set split", `INSERT INTO document_split (document_id, parts, reason) VALUES ($1, $2, $3)
		ON CONFLICT (document_id) DO UPDATE SET parts = excluded.parts, reason = excluded.reason`, batch, s.Parts, s.Reason)
	if err != nil || s.Parts == 0 {
		return err
	}
	return t.shutSplit(batch)
}

// SplitOf says what became of a batch; ok is false for a document that is none,
// or was not dealt with yet.
func (t *Tx) SplitOf(batch record.DocumentID) (s Split, ok bool, err error) {
	ok, err = t.one("split of", "SELECT parts, reason FROM document_split WHERE document_id = $1", []any{batch}, &s.Parts, &s.Reason)
	return s, ok, err
}

// Cut is where in its batch a letter stood.
type Cut struct {
	First, Last int    // pages of the batch, from 1
	Sheet       string // number of a file that the separator sheet before it names; may be empty
}

// SetCut keeps where in its batch a letter stood. It is said once.
func (t *Tx) SetCut(letter record.DocumentID, c Cut) error {
	_, err := t.exec("set cut", `INSERT INTO document_cut (document_id, first_page, last_page, file_number) VALUES ($1, $2, $3, $4)
		ON CONFLICT (document_id) DO NOTHING`, letter, c.First, c.Last, c.Sheet)
	return err
}

// CutOf says where in its batch a letter stood; ok is false for a document that
// was no part of one.
func (t *Tx) CutOf(letter record.DocumentID) (c Cut, ok bool, err error) {
	ok, err = t.one("cut of", "SELECT first_page, last_page, file_number FROM document_cut WHERE document_id = $1",
		[]any{letter}, &c.First, &c.Last, &c.Sheet)
	return c, ok, err
}

// forgetCut is for a letter that is erased.
func (t *Tx) forgetCut(letter record.DocumentID) error {
	_, err := t.exec("forget cut", "DELETE FROM document_cut WHERE document_id = $1", letter)
	return err
}

// LinkMerges is the kind of link from a document that was put together by hand to
// each of those that it was made of, in their order.
const LinkMerges = "merges"

// splitAway is the condition that a document row is that of a batch which was
// split, or of one that was put together with others: it is no work any more.
const splitAway = "(EXISTS (SELECT 1 FROM document_split s WHERE s.document_id = document.id AND s.parts > 0)" +
	" OR EXISTS (SELECT 1 FROM document_link m WHERE m.other_id = document.id AND m.kind = '" + LinkMerges + "'))"
