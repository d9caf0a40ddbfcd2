package catalog

import (
	"database/sql"

	"eakte/appliance/record"
)

// MetaIndexProgress is the Meta of how far the making of a new index is, as
// "done/total" documents; empty while none is made.
const MetaIndexProgress = "index.progress"

// Sequence is the number of the last change that this transaction sees. Every
// change with a smaller number is seen as well.
func (t *Tx) Sequence() (int64, error) { return t.counter("change") }

// AddDirty leaves a document, or a whole file if document is "", out of search
// until the index has seen this transaction. It gives the change's number.
func (t *Tx) AddDirty(document record.DocumentID, file record.FileID) (int64, error) {
	seq, err := t.next("change")
	if err != nil {
		return 0, err
	}
	var ordinal int64
	if document == "" {
		found, err := t.one("add dirty", "SELECT ordinal FROM file WHERE id = $1", []any{file}, &ordinal)
		if err != nil {
			return 0, err
		}
		if !found {
			return 0, missing("file")
		}
	}
	if _, err := t.exec("add dirty", `INSERT INTO dirty (seq, document_id, ordinal) VALUES ($1, $2, $3)
		ON CONFLICT (document_id, ordinal) DO UPDATE SET seq = excluded.seq`, seq, document, ordinal); err != nil {
		return 0, err
	}
	if document != "" {
		return seq, t.change("add dirty", "document", "UPDATE document SET change_seq = $2 WHERE id = $1", document, seq)
	}
	_, err = t.exec("add dirty", "UPDATE document SET change_seq = $2 WHERE file_id = $1", file, seq)
	return seq, err
}

// TouchFile makes all documents of a file changed, so that the index reads
// them again; they stay in search meanwhile. It gives the change's number.
func (t *Tx) TouchFile(file record.FileID) (int64, error) {
	seq, err := t.next("change")
	if err != nil {
		return 0, err
	}
	_, err = t.exec("touch file", "UPDATE document SET change_seq = $2 WHERE file_id = $1", file, seq)
	return seq, err
}

// Dirty lists what search must leave out: documents by id, files by ordinal.
func (t *Tx) Dirty() (documents []record.DocumentID, files []uint32, err error) {
	err = t.each("dirty", "SELECT document_id, ordinal FROM dirty ORDER BY document_id, ordinal", nil, func(row *sql.Rows) error {
		var id record.DocumentID
		var ordinal uint32
		if err := row.Scan(&id, &ordinal); err != nil {
			return err
		}
		if id != "" {
			documents = append(documents, id)
		} else {
			files = append(files, ordinal)
		}
		return nil
	})
	return documents, files, err
}

// ClearDirty takes off the list what was put on it up to change seq and has
// reached the index since: a document when SetIndexed said so, a file when it
// said so of each ready document in it. So an index run may report late or in
// any order, and nothing comes off too early.
func (t *Tx) ClearDirty(seq int64) error {
	_, err := t.exec("clear dirty", `DELETE FROM dirty WHERE seq <= $1 AND document_id <> '' AND NOT EXISTS
		(SELECT 1 FROM document d WHERE d.id = dirty.document_id AND d.indexed_seq < dirty.seq)`, seq)
	if err != nil {
		return err
	}
	_, err = t.exec("clear dirty", `DELETE FROM dirty WHERE seq <= $1 AND document_id = '' AND NOT EXISTS
		(SELECT 1 FROM document d JOIN file f ON f.id = d.file_id
			WHERE f.ordinal = dirty.ordinal AND d.state = $2 AND d.indexed_seq < dirty.seq)`, seq, record.StateReady)
	return err
}

// IndexRow is a document as the index has to know it, with the number of the
// last change that was seen when it was read.
type IndexRow struct {
	Document    record.Document
	File        record.FileID // "" while in no file
	Ordinal     uint32
	Site        string
	Team        string
	Sensitivity record.Sensitivity // the higher one of file and document
	Sequence    int64              // give it to SetIndexed
	Changed     int64              // the number of the document's own last change
}

// IndexRows reads documents for the index; unknown ids are absent. Sequence
// is the transaction's, so that it also covers changes of the file.
func (t *Tx) IndexRows(ids []record.DocumentID) (map[record.DocumentID]IndexRow, error) {
	seq, err := t.Sequence()
	if err != nil {
		return nil, err
	}
	ds, err := t.DocumentsByID(ids)
	if err != nil {
		return nil, err
	}
	var files []record.FileID
	for _, d := range ds {
		if d.File != "" {
			files = append(files, d.File)
		}
	}
	fs, err := t.FilesByID(files)
	if err != nil {
		return nil, err
	}
	seqs, err := t.IndexSeqs(ids)
	if err != nil {
		return nil, err
	}
	out := make(map[record.DocumentID]IndexRow, len(ds))
	for id, d := range ds {
		f := fs[d.File]
		out[id] = IndexRow{Document: d, File: d.File, Ordinal: f.Ordinal, Site: f.Site, Team: f.Team,
			Sensitivity: max(f.Sensitivity, d.Sensitivity), Sequence: seq, Changed: seqs[id].Changed}
	}
	return out, nil
}

// SetIndexed notes that the index has seen a document as it was at change seq.
func (t *Tx) SetIndexed(ids []record.DocumentID, seq int64) error {
	for part := range chunks(ids) {
		var p params
		n := p.add(seq)
		q := "UPDATE document SET indexed_seq = " + n + " WHERE indexed_seq < " + n + " AND id IN (" + list(&p, part) + ")"
		if _, err := t.exec("set indexed", q, p.args...); err != nil {
			return err
		}
	}
	return nil
}

// IndexSeq is which change of a document the index must have seen, and which
// one it has.
type IndexSeq struct{ Changed, Seen int64 }

// IndexSeqs reads the changes of several documents; unknown ids are absent.
func (t *Tx) IndexSeqs(ids []record.DocumentID) (map[record.DocumentID]IndexSeq, error) {
	out := make(map[record.DocumentID]IndexSeq, len(ids))
	for part := range chunks(ids) {
		var p params
		q := "SELECT id, change_seq, indexed_seq FROM document WHERE id IN (" + list(&p, part) + ")"
		if err := t.each("index sequences", q, p.args, func(row *sql.Rows) error {
			var id record.DocumentID
			var s IndexSeq
			err := row.Scan(&id, &s.Changed, &s.Seen)
			out[id] = s
			return err
		}); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Unindexed lists ready documents that changed since the index saw them, the
// earliest change first.
func (t *Tx) Unindexed(limit int) ([]record.DocumentID, error) {
	return column[record.DocumentID](t, "unindexed", `SELECT id FROM document WHERE change_seq > indexed_seq AND state = $1
		ORDER BY change_seq LIMIT $2`, record.StateReady, clampLimit(limit))
}

// ForgetIndex notes that the index is empty: it has to see everything again.
func (t *Tx) ForgetIndex() error {
	_, err := t.exec("forget index", "UPDATE document SET indexed_seq = 0")
	return err
}

type stateCount struct {
	state                       record.State
	documents, pages, unindexed int64
}

func (t *Tx) stateCounts() ([]stateCount, error) {
	var out []stateCount
	err := t.each("totals", `SELECT state, COUNT(*), SUM(pages), SUM(CASE WHEN change_seq > indexed_seq THEN 1 ELSE 0 END)
		FROM document GROUP BY state ORDER BY state`, nil, func(row *sql.Rows) error {
		var c stateCount
		if err := row.Scan(&c.state, &c.documents, &c.pages, &c.unindexed); err != nil {
			return err
		}
		out = append(out, c)
		return nil
	})
	return out, err
}
