package catalog

import (
	"database/sql"
	"strconv"
	"time"

	"eakte/appliance/record"
)

// What follows is read by what keeps documents safe: their locks, when they
// are due, and what the store must hold. Lists go on from behind a row and are
// at most 500 long.

// Keeping is how long a document is kept and locked, and by which rule.
type Keeping struct {
	Document    record.DocumentID
	Object      record.ObjectID
	State       record.State
	KeepUntil   string // YYYY-MM-DD; "" while the event is open
	LockedUntil time.Time
	Class       record.RetentionClass // its file's; zero while it is in no file
}

func (t *Tx) keeping(op, where string, args ...any) ([]Keeping, error) {
	var out []Keeping
	err := t.each(op, `SELECT d.id, d.object_id, d.state, d.keep_until, d.locked_until, COALESCE(c.class, ''), COALESCE(c.years, 0),
		COALESCE(c.from_event, ''), COALESCE(c.lock_mode, '') FROM document d
		LEFT JOIN file f ON f.id = d.file_id LEFT JOIN retention_class c ON c.class = f.retention_class `+where, args,
		func(row *sql.Rows) error {
			var k Keeping
			var locked int64
			err := row.Scan(&k.Document, &k.Object, &k.State, &k.KeepUntil, &locked, &k.Class.Class, &k.Class.Years, &k.Class.From, &k.Class.Lock)
			k.LockedUntil = fromMicros(locked)
			out = append(out, k)
			return err
		})
	return out, err
}

// KeepingOf reads how one document is kept.
func (t *Tx) KeepingOf(id record.DocumentID) (Keeping, error) {
	ks, err := t.keeping("keeping", "WHERE d.id = $1", id)
	if err == nil && len(ks) == 0 {
		err = missing("document")
	}
	if err != nil {
		return Keeping{}, err
	}
	return ks[0], nil
}

// LocksBefore lists documents whose lock ends before a time, the earliest
// first, from behind after. Disposed ones are left out.
func (t *Tx) LocksBefore(end time.Time, after Keeping, limit int) ([]Keeping, error) {
	return t.keeping("locks before", `WHERE d.locked_until < $1 AND d.state <> $2 AND (d.locked_until, d.id) > ($3, $4)
		ORDER BY d.locked_until, d.id LIMIT `+strconv.Itoa(clampLimit(limit)),
		toMicros(end), record.StateDisposed, toMicros(after.LockedUntil), after.Document)
}

// FullLocks lists, by id from behind after, the documents whose class wants
// them locked until they are due, if that day is known.
func (t *Tx) FullLocks(after record.DocumentID, limit int) ([]Keeping, error) {
	return t.keeping("full locks", `WHERE c.lock_mode = 'full' AND d.keep_until <> '' AND d.state <> $1 AND d.id > $2
		ORDER BY d.id LIMIT `+strconv.Itoa(clampLimit(limit)), record.StateDisposed, after)
}

// CountDue counts the documents whose keep_until lies before a day, and gives
// the earliest keep_until of them ("" if there is none). Disposed ones are left
// out.
func (t *Tx) CountDue(day string) (n int64, earliest string, err error) {
	_, err = t.one("count due", `SELECT COUNT(*), COALESCE(MIN(keep_until), '') FROM document
		WHERE keep_until <> '' AND keep_until < $1 AND state <> $2`, []any{day, record.StateDisposed}, &n, &earliest)
	return n, earliest, err
}

// DueDocuments lists the documents that CountDue counts, the earliest first,
// and the cursor of the next page.
func (t *Tx) DueDocuments(day, after string, limit int) ([]record.Document, string, error) {
	limit = clampLimit(limit)
	var p params
	where := "WHERE keep_until <> '' AND keep_until < " + p.add(day) + " AND state <> " + p.add(record.StateDisposed)
	c, err := parseCursor(after, 2)
	if err != nil {
		return nil, "", err
	}
	if c != nil {
		where += " AND (keep_until, id) > (" + p.add(c[0]) + ", " + p.add(c[1]) + ")"
	}
	ds, err := t.documents(where+" ORDER BY keep_until, id LIMIT "+strconv.Itoa(limit+1), p.args...)
	return page(ds, err, limit, func(d record.Document) string { return cursor(d.KeepUntil, string(d.ID)) })
}

// Stored is a document and the object that must be in the store for it.
type Stored struct {
	Document record.DocumentID
	Object   record.ObjectID
}

// StoredObjects lists the objects of all documents but disposed ones, by
// object from behind after.
func (t *Tx) StoredObjects(after record.ObjectID, limit int) ([]Stored, error) {
	var out []Stored
	err := t.each("stored objects", "SELECT id, object_id FROM document WHERE object_id > $1 AND state <> $2 ORDER BY object_id LIMIT $3",
		[]any{after, record.StateDisposed, clampLimit(limit)}, func(row *sql.Rows) error {
			var s Stored
			err := row.Scan(&s.Document, &s.Object)
			out = append(out, s)
			return err
		})
	return out, err
}

// HeadsByName lists the newest manifests by their names, from behind after.
func (t *Tx) HeadsByName(after string, limit int) ([]Head, error) {
	var out []Head
	err := t.each("heads by name", "SELECT subject, name, sequence, digest FROM manifest_head WHERE name > $1 ORDER BY name LIMIT $2",
		[]any{after, clampLimit(limit)}, func(row *sql.Rows) error {
			var h Head
			err := row.Scan(&h.Subject, &h.Name, &h.Sequence, &h.Digest)
			out = append(out, h)
			return err
		})
	return out, err
}
