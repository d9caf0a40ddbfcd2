package catalog

import (
	"database/sql"
	"time"

	"eakte/appliance/record"
)

const documentColumns = `id, object_id, COALESCE(file_id, ''), type, direction, title, section, sensitivity, dated, received,
	state, reason, pages, name, content_type, size, plain, cipher, cipher_size, channel, created_at, created_by,
	keep_until, locked_until, CASE WHEN indexed_seq >= change_seq THEN 1 ELSE 0 END`

// scanDocument reads documentColumns, and what follows them into more.
func scanDocument(row *sql.Rows, more ...any) (record.Document, error) {
	var d record.Document
	var created, locked int64
	err := row.Scan(append([]any{&d.ID, &d.Object, &d.File, &d.Type, &d.Direction, &d.Title, &d.Section, &d.Sensitivity, &d.Dated, &d.Received,
		&d.State, &d.Reason, &d.Pages, &d.Name, &d.ContentType, &d.Size, &d.Plain, &d.Cipher, &d.CipherSize, &d.Channel, &created, &d.CreatedBy,
		&d.KeepUntil, &locked, &d.Indexed}, more...)...)
	d.CreatedAt, d.LockedUntil = fromMicros(created), fromMicros(locked)
	return d, err
}

func documentFile(d record.Document) sql.NullString {
	return sql.NullString{String: string(d.File), Valid: d.File != ""}
}

// InsertDocument adds a document. site is where it waits while it is in no
// file: the site of who handed it in, or ""; it counts only as long. A
// document starts with a change that the index hasn't seen; d.Indexed is
// ignored.
func (t *Tx) InsertDocument(d record.Document, site string) error {
	seq, err := t.next("change")
	if err != nil {
		return err
	}
	if d.CreatedAt.IsZero() {
		d.CreatedAt = t.Now()
	}
	_, err = t.exec("insert document", `INSERT INTO document (id, object_id, file_id, site, type, direction, title, section, sensitivity,
		dated, received, state, reason, pages, name, content_type, size, plain, cipher, cipher_size, channel, created_at, created_by,
		keep_until, locked_until, change_seq, indexed_seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, 0)`,
		d.ID, d.Object, documentFile(d), site, d.Type, d.Direction, d.Title, d.Section, d.Sensitivity,
		d.Dated, d.Received, d.State, d.Reason, d.Pages, d.Name, d.ContentType, d.Size, d.Plain, d.Cipher, d.CipherSize, d.Channel,
		toMicros(d.CreatedAt), d.CreatedBy, d.KeepUntil, toMicros(d.LockedUntil), seq)
	return err
}

// UpdateDocument replaces what may change of a document: filing, description,
// state, pages, content type and dates. Its ids, bytes, hashes and origin stay.
// LockedUntil only grows: an earlier one is ignored. The change gets the next
// change number; what must be left out of search until the index has seen it
// is for the caller to say (AddDirty).
func (t *Tx) UpdateDocument(d record.Document) error {
	seq, err := t.next("change")
	if err != nil {
		return err
	}
	locked := toMicros(d.LockedUntil)
	return t.change("update document", "document", `UPDATE document SET file_id = $2, type = $3, direction = $4, title = $5, section = $6,
		sensitivity = $7, dated = $8, received = $9, state = $10, reason = $11, pages = $12, content_type = $13, keep_until = $14,
		locked_until = CASE WHEN locked_until < $15 THEN $15 ELSE locked_until END, change_seq = $16 WHERE id = $1`,
		d.ID, documentFile(d), d.Type, d.Direction, d.Title, d.Section, d.Sensitivity, d.Dated, d.Received, d.State, d.Reason, d.Pages,
		d.ContentType, d.KeepUntil, locked, seq)
}

// SetState sets a document's state and, when quarantined, why.
func (t *Tx) SetState(id record.DocumentID, state record.State, reason string) error {
	seq, err := t.next("change")
	if err != nil {
		return err
	}
	return t.change("set state", "document", "UPDATE document SET state = $2, reason = $3, change_seq = $4 WHERE id = $1",
		id, state, reason, seq)
}

// SetLockedUntil notes that the store's lock has grown; it never shrinks.
// The index needn't know.
func (t *Tx) SetLockedUntil(id record.DocumentID, until time.Time) error {
	return t.change("set locked until", "document", `UPDATE document
		SET locked_until = CASE WHEN locked_until < $2 THEN $2 ELSE locked_until END WHERE id = $1`, id, toMicros(until))
}

// SetWaitingSite sets at which site a document waits while it is in no file.
func (t *Tx) SetWaitingSite(id record.DocumentID, site string) error {
	return t.change("set waiting site", "document", "UPDATE document SET site = $2 WHERE id = $1", id, site)
}

// WaitingSite reads at which site a document waits while it is in no file.
func (t *Tx) WaitingSite(id record.DocumentID) (string, error) {
	var site string
	found, err := t.one("waiting site", "SELECT site FROM document WHERE id = $1", []any{id}, &site)
	if err == nil && !found {
		err = missing("document")
	}
	return site, err
}

// DocumentByID reads a document.
func (t *Tx) DocumentByID(id record.DocumentID) (record.Document, error) {
	ds, err := t.DocumentsByID([]record.DocumentID{id})
	if err != nil {
		return record.Document{}, err
	}
	d, found := ds[id]
	if !found {
		return record.Document{}, missing("document")
	}
	return d, nil
}

// DocumentsByID reads several documents; unknown ids are absent.
func (t *Tx) DocumentsByID(ids []record.DocumentID) (map[record.DocumentID]record.Document, error) {
	out := make(map[record.DocumentID]record.Document, len(ids))
	for part := range chunks(ids) {
		var p params
		ds, err := t.documents("WHERE id IN ("+list(&p, part)+")", p.args...)
		if err != nil {
			return nil, err
		}
		for _, d := range ds {
			out[d.ID] = d
		}
	}
	return out, nil
}

// DocumentByObject reads the document that an object in the store belongs to.
func (t *Tx) DocumentByObject(id record.ObjectID) (record.Document, error) {
	ds, err := t.documents("WHERE object_id = $1", id)
	if err != nil {
		return record.Document{}, err
	}
	if len(ds) == 0 {
		return record.Document{}, missing("document")
	}
	return ds[0], nil
}

// IdenticalTo lists the documents whose plain bytes have this digest, oldest
// first. Which of them the asker may see is for the caller to decide.
func (t *Tx) IdenticalTo(plain record.Digest) ([]record.DocumentID, error) {
	return column[record.DocumentID](t, "identical documents",
		"SELECT id FROM document WHERE plain = $1 AND plain <> '' ORDER BY created_at, id LIMIT 500", plain)
}

func (t *Tx) documents(where string, args ...any) ([]record.Document, error) {
	var out []record.Document
	err := t.each("documents", "SELECT "+documentColumns+" FROM document "+where, args, func(row *sql.Rows) error {
		d, err := scanDocument(row)
		if err != nil {
			return err
		}
		out = append(out, d)
		return nil
	})
	return out, err
}
