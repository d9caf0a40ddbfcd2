package catalog

import (
	"errors"

	"eakte/appliance/record"
)

// reservedSeveral stands in place of a restricted file for what has pages for
// several of them: nobody may open it.
const reservedSeveral record.FileID = "several"

// mostShut bounds how many documents one filing closes.
const mostShut = 500

// Expected gives the numbers that came with a document, as they are looked for,
// and the restricted file for which it is therefore kept until somebody has
// decided about it: one that these numbers name, or for which that is kept which
// it came in, was taken out of or was put together from; "" for none. What came
// with it counts first: it waits with one person, who can say no. A batch passes
// on only what is known of itself, not what one of its letters has brought upon it.
func (t *Tx) Expected(id record.DocumentID) (numbers []string, kept record.FileID, err error) {
	if numbers, kept, err = t.named(id); err != nil {
		return nil, "", err
	}
	links, err := t.LinksOf(id)
	if err != nil {
		return nil, "", err
	}
	for _, l := range links {
		if kept != "" {
			break
		}
		switch {
		case l.Kind == LinkEncloses && l.Other == id:
			kept, err = t.keptAt(l.Document)
		case l.Kind == LinkMerges && l.Document == id:
			kept, err = t.keptAt(l.Other)
		case l.Kind == LinkSplits && l.Other == id:
			kept, err = t.ownKept(l.Document)
		}
		if err != nil {
			return nil, "", err
		}
	}
	return numbers, kept, nil
}

// together is for which file something is kept that has pages for both, and is no
// work any more: what waits must stay with somebody.
func together(a, b record.FileID) record.FileID {
	switch {
	case a == "" || a == b:
		return b
	case b == "":
		return a
	}
	return reservedSeveral
}

// named gives the numbers that came with a document, and the restricted file
// that one of them names.
func (t *Tx) named(id record.DocumentID) (numbers []string, file record.FileID, err error) {
	note, err := t.NoteOf(id)
	if err != nil {
		return nil, "", err
	}
	cut, _, err := t.CutOf(id)
	if err != nil {
		return nil, "", err
	}
	for _, n := range append(note.Barcodes, cut.Sheet) {
		norm := NormalizeNumber(n)
		if norm == "" {
			continue
		}
		numbers = append(numbers, norm)
		f, err := t.FileByNumber(n)
		if errors.Is(err, record.NotFound) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		if file == "" && f.Sensitivity >= record.SensitivityRestricted { // of several the first is asked
			file = f.ID
		}
	}
	return numbers, file, nil
}

// keptAt is the restricted file that a document lies in or is kept for.
func (t *Tx) keptAt(id record.DocumentID) (file record.FileID, err error) {
	_, err = t.one("kept at", `SELECT CASE WHEN d.file_id IS NULL THEN d.meant_for WHEN f.sensitivity >= $2 THEN f.id ELSE '' END
		FROM document d LEFT JOIN file f ON f.id = d.file_id WHERE d.id = $1`, []any{id, int(record.SensitivityRestricted)}, &file)
	return file, err
}

// ownKept is the restricted file for which a batch is kept by what is known of
// itself.
func (t *Tx) ownKept(batch record.DocumentID) (record.FileID, error) {
	r, decided, err := t.RoutingOf(batch)
	if err != nil || decided {
		return r.Reserved, err
	}
	_, file, err := t.named(batch)
	return file, err
}

// Shut closes what holds the pages of a document that lies in a restricted file,
// or is kept for one, and lies in no file itself: the batch that it was taken out
// of, what it was put together from, what it was put into. It does nothing for
// other documents. Given are those of them that are work still: their item is to
// be asked for (AskItem). It is called in the transaction that decided, and may
// be called again.
func (t *Tx) Shut(id record.DocumentID) (waiting []record.DocumentID, err error) {
	file, err := t.keptAt(id)
	if err != nil || file == "" {
		return nil, err
	}
	holds, err := column[record.DocumentID](t, "shut", `WITH RECURSIVE made (id, depth) AS (SELECT id, 0 FROM document WHERE id = $1
			UNION SELECT l.other_id, m.depth + 1 FROM made m JOIN document_link l ON l.document_id = m.id AND l.kind = $2 WHERE m.depth < 8),
		holding (id, depth) AS (SELECT id, 0 FROM made
			UNION SELECT l.document_id, h.depth + 1 FROM holding h JOIN document_link l ON l.other_id = h.id AND l.kind IN ($2, $3) WHERE h.depth < 8)
		SELECT d.id FROM document d WHERE d.id IN (SELECT id FROM holding) AND d.id <> $1 AND d.file_id IS NULL AND d.state <> $4
		AND d.meant_for <> $5 ORDER BY d.id LIMIT $6`, id, LinkMerges, LinkSplits, record.StateDisposed, file, mostShut)
	if err != nil {
		return nil, err
	}
	for _, h := range holds {
		asked, err := t.shutOne(h, file)
		if err != nil {
			return nil, err
		}
		if asked {
			waiting = append(waiting, h)
		}
	}
	return waiting, nil
}

// shutOne keeps a document for a restricted file too. One that waits stays with
// who is asked about it already.
func (t *Tx) shutOne(id record.DocumentID, file record.FileID) (waits bool, err error) {
	before, err := t.ReservedFor(id)
	if err != nil {
		return false, err
	}
	if waits, err = t.Waits(id); err != nil || waits && before != "" {
		return false, err
	}
	return waits, t.Reserve(id, together(before, file))
}

// shutSplit closes a batch that is no work any more with all of its letters: until
// then it was kept for one file.
func (t *Tx) shutSplit(batch record.DocumentID) error {
	files, err := column[record.FileID](t, "shut split", `SELECT DISTINCT CASE WHEN d.file_id IS NULL THEN d.meant_for WHEN f.sensitivity >= $3 THEN f.id ELSE '' END
		FROM document_link l JOIN document d ON d.id = l.other_id LEFT JOIN file f ON f.id = d.file_id
		WHERE l.document_id = $1 AND l.kind = $2`, batch, LinkSplits, int(record.SensitivityRestricted))
	if err != nil {
		return err
	}
	kept, err := t.ReservedFor(batch)
	if err != nil {
		return err
	}
	for _, f := range files {
		kept = together(kept, f)
	}
	if kept == "" {
		return nil
	}
	_, err = t.exec("shut split", "UPDATE document SET meant_for = $2 WHERE id = $1 AND file_id IS NULL AND state <> $3", batch, kept, record.StateDisposed)
	return err
}
