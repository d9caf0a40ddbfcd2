package catalog

import (
	"database/sql"
	"math"

	"eakte/appliance/record"
)

// InsertFile adds a file and gives it back with its ordinal: the next one, or
// f's own if it has one (a rebuild). It gives Conflict if an open number of it
// is an open number of another file.
func (t *Tx) InsertFile(f record.File) (record.File, error) {
	var err error
	if f.Ordinal, err = t.ordinal(f.Ordinal); err != nil {
		return record.File{}, err
	}
	if f.CreatedAt.IsZero() {
		f.CreatedAt = t.Now()
	}
	if taken, err := t.numberTaken(f); err != nil {
		return record.File{}, err
	} else if taken {
		return record.File{}, conflict("A file of this number exists already.")
	}
	if _, err := t.exec("insert file", `INSERT INTO file (id, ordinal, kind, site, team, responsible, retention_class, sensitivity,
		created_at, created_by, closed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		f.ID, f.Ordinal, f.Kind, f.Site, f.Team, f.Responsible, f.RetentionClass, f.Sensitivity,
		toMicros(f.CreatedAt), f.CreatedBy, toMicros(f.ClosedAt)); err != nil {
		return record.File{}, err
	}
	return f, t.putParts(f)
}

// UpdateFile replaces all of a file but its id, ordinal and by whom and when it
// was made. It gives Conflict as InsertFile does. What the index must learn of it is for
// the caller to say (TouchFile, AddDirty).
func (t *Tx) UpdateFile(f record.File) error {
	if taken, err := t.numberTaken(f); err != nil {
		return err
	} else if taken {
		return conflict("A file of this number exists already.")
	}
	if err := t.change("update file", "file", `UPDATE file SET kind = $2, site = $3, team = $4, responsible = $5,
		retention_class = $6, sensitivity = $7, closed_at = $8 WHERE id = $1`,
		f.ID, f.Kind, f.Site, f.Team, f.Responsible, f.RetentionClass, f.Sensitivity, toMicros(f.ClosedAt)); err != nil {
		return err
	}
	if err := t.placeItems(f); err != nil {
		return err
	}
	return t.putParts(f)
}

// ordinal takes the next ordinal, or makes sure that a given one is never
// given out again.
func (t *Tx) ordinal(own uint32) (uint32, error) {
	if own == 0 {
		n, err := t.next("file_ordinal")
		if err == nil && n > math.MaxUint32 {
			return 0, conflict("There are no ordinals left for files.")
		}
		return uint32(n), err
	}
	_, err := t.exec("file ordinal", "UPDATE counter SET value = $2 WHERE name = $1 AND value < $2", "file_ordinal", own)
	return own, err
}

// numberTaken says whether another file has one of f's open numbers.
func (t *Tx) numberTaken(f record.File) (bool, error) {
	for _, n := range f.Numbers {
		if n.To != "" {
			continue
		}
		var other int
		taken, err := t.one("file number", "SELECT 1 FROM file_number WHERE norm = $1 AND valid_to = '' AND file_id <> $2",
			[]any{NormalizeNumber(n.Number), f.ID}, &other)
		if err != nil || taken {
			return taken, err
		}
	}
	return false, nil
}

// putParts writes a file's numbers and members and by what it is found.
func (t *Tx) putParts(f record.File) error {
	for _, q := range []string{"DELETE FROM file_number WHERE file_id = $1", "DELETE FROM file_member WHERE file_id = $1"} {
		if _, err := t.exec("put file", q, f.ID); err != nil {
			return err
		}
	}
	for i, n := range f.Numbers {
		if _, err := t.exec("put file number", `INSERT INTO file_number (file_id, place, number, norm, valid_from, valid_to)
			VALUES ($1, $2, $3, $4, $5, $6)`, f.ID, i, n.Number, NormalizeNumber(n.Number), n.From, n.To); err != nil {
			return err
		}
	}
	for i, m := range f.Members {
		if _, err := t.exec("put file member", `INSERT INTO file_member (file_id, place, person_id, role, valid_from, valid_to)
			VALUES ($1, $2, $3, $4, $5, $6)`, f.ID, i, m.Person, m.Role, m.From, m.To); err != nil {
			return err
		}
	}
	return t.renewKeys(f.ID)
}

// FileByID reads a file.
func (t *Tx) FileByID(id record.FileID) (record.File, error) {
	fs, err := t.FilesByID([]record.FileID{id})
	if err != nil {
		return record.File{}, err
	}
	f, found := fs[id]
	if !found {
		return record.File{}, missing("file")
	}
	return f, nil
}

// FileByNumber reads the file that bears a number now, or else the one that
// bore it last. number may be written in any way.
func (t *Tx) FileByNumber(number string) (record.File, error) {
	norm := NormalizeNumber(number)
	if norm == "" {
		return record.File{}, missing("file")
	}
	ids, err := column[record.FileID](t, "file by number", `SELECT file_id FROM file_number WHERE norm = $1
		ORDER BY CASE WHEN valid_to = '' THEN 0 ELSE 1 END, valid_to DESC, file_id LIMIT 1`, norm)
	if err != nil {
		return record.File{}, err
	}
	if len(ids) == 0 {
		return record.File{}, missing("file")
	}
	return t.FileByID(ids[0])
}

// FilesByID reads several files; unknown ids are absent.
func (t *Tx) FilesByID(ids []record.FileID) (map[record.FileID]record.File, error) {
	out := make(map[record.FileID]record.File, len(ids))
	for part := range chunks(ids) {
		if err := t.files(part, out); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *Tx) files(ids []record.FileID, out map[record.FileID]record.File) error {
	var p params
	in := list(&p, ids)
	err := t.each("files", `SELECT id, ordinal, kind, site, team, responsible, retention_class, sensitivity, created_at, created_by, closed_at
		FROM file WHERE id IN (`+in+")", p.args, func(row *sql.Rows) error {
		var f record.File
		var created, closed int64
		if err := row.Scan(&f.ID, &f.Ordinal, &f.Kind, &f.Site, &f.Team, &f.Responsible, &f.RetentionClass, &f.Sensitivity,
			&created, &f.CreatedBy, &closed); err != nil {
			return err
		}
		f.CreatedAt, f.ClosedAt = fromMicros(created), fromMicros(closed)
		out[f.ID] = f
		return nil
	})
	if err != nil {
		return err
	}
	q := "SELECT file_id, number, valid_from, valid_to FROM file_number WHERE file_id IN (" + in + ") ORDER BY file_id, place"
	if err := t.each("file numbers", q, p.args, func(row *sql.Rows) error {
		var id record.FileID
		var n record.DatedNumber
		if err := row.Scan(&id, &n.Number, &n.From, &n.To); err != nil {
			return err
		}
		f := out[id]
		f.Numbers = append(f.Numbers, n)
		out[id] = f
		return nil
	}); err != nil {
		return err
	}
	q = "SELECT file_id, person_id, role, valid_from, valid_to FROM file_member WHERE file_id IN (" + in + ") ORDER BY file_id, place"
	return t.each("file members", q, p.args, func(row *sql.Rows) error {
		var id record.FileID
		var m record.Member
		if err := row.Scan(&id, &m.Person, &m.Role, &m.From, &m.To); err != nil {
			return err
		}
		f := out[id]
		f.Members = append(f.Members, m)
		out[id] = f
		return nil
	})
}

// FilesAfter lists files in the order of their ordinals, from the one after
// ordinal on: for what goes through all of them.
func (t *Tx) FilesAfter(ordinal uint32, limit int) ([]record.File, error) {
	ids, err := column[record.FileID](t, "files after", "SELECT id FROM file WHERE ordinal > $1 ORDER BY ordinal LIMIT $2", ordinal, clampLimit(limit))
	if err != nil {
		return nil, err
	}
	return t.filesInOrder(ids)
}

func (t *Tx) filesInOrder(ids []record.FileID) ([]record.File, error) {
	all, err := t.FilesByID(ids)
	if err != nil {
		return nil, err
	}
	out := make([]record.File, 0, len(ids))
	for _, id := range ids {
		if f, found := all[id]; found {
			out = append(out, f)
		}
	}
	return out, nil
}

// column reads a query of one column.
func column[T any](t *Tx, op, query string, args ...any) ([]T, error) {
	var out []T
	err := t.each(op, query, args, func(row *sql.Rows) error {
		var v T
		if err := row.Scan(&v); err != nil {
			return err
		}
		out = append(out, v)
		return nil
	})
	return out, err
}
