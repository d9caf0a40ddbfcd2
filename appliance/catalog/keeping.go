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
	Held        bool                  // a hold stands on it or on its file
}

// LastDay is the day with which extensions of its lock may end: KeepUntil, or
// "" (not known) while a hold stands, since a hold wins over every date.
func (k Keeping) LastDay() string {
	if k.Held {
		return ""
	}
	return k.KeepUntil
}

func (t *Tx) keeping(op, where string, args ...any) ([]Keeping, error) {
	var out []Keeping
	err := t.each(op, `SELECT document.id, document.object_id, document.state, document.keep_until, document.locked_until,
		COALESCE(c.class, ''), COALESCE(c.years, 0), COALESCE(c.from_event, ''), COALESCE(c.lock_mode, ''),
		CASE WHEN `+heldDocument+` THEN 1 ELSE 0 END FROM document LEFT JOIN file f ON f.id = document.file_id
		LEFT JOIN retention_class c ON c.class = f.retention_class `+where, args,
		func(row *sql.Rows) error {
			var k Keeping
			var locked int64
			err := row.Scan(&k.Document, &k.Object, &k.State, &k.KeepUntil, &locked, &k.Class.Class, &k.Class.Years, &k.Class.From, &k.Class.Lock, &k.Held)
			k.LockedUntil = fromMicros(locked)
			out = append(out, k)
			return err
		})
	return out, err
}

// KeepingOf reads how one document is kept.
func (t *Tx) KeepingOf(id record.DocumentID) (Keeping, error) {
	ks, err := t.keeping("keeping", "WHERE document.id = $1", id)
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
	return t.keeping("locks before", `WHERE document.locked_until < $1 AND document.state <> $2
		AND (document.locked_until, document.id) > ($3, $4) ORDER BY document.locked_until, document.id LIMIT `+strconv.Itoa(clampLimit(limit)),
		toMicros(end), record.StateDisposed, toMicros(after.LockedUntil), after.Document)
}

// FullLocks lists, by id from behind after, the documents whose class wants
// them locked until they are due, if that day is known.
func (t *Tx) FullLocks(after record.DocumentID, limit int) ([]Keeping, error) {
	return t.keeping("full locks", `WHERE c.lock_mode = 'full' AND document.keep_until <> '' AND document.state <> $1 AND document.id > $2
		ORDER BY document.id LIMIT `+strconv.Itoa(clampLimit(limit)), record.StateDisposed, after)
}

// DueCount is how many documents are due, and from when.
type DueCount struct {
	Due      int64
	Held     int64  // whose day has passed as well, but a hold stands: not due
	Earliest string // keep_until of those due; "" if there is none
}

// CountDue counts the documents whose keep_until lies before a day. Those that
// are held are counted apart: a hold always wins. Disposed ones are left out.
func (t *Tx) CountDue(day string) (n DueCount, err error) {
	_, err = t.one("count due", `SELECT COUNT(*) - COALESCE(SUM(held), 0), COALESCE(SUM(held), 0), COALESCE(MIN(CASE WHEN held = 0 THEN keep_until END), '')
		FROM (SELECT keep_until, CASE WHEN `+heldDocument+` THEN 1 ELSE 0 END AS held FROM document
			WHERE keep_until <> '' AND keep_until < $1 AND state <> $2) passed`,
		[]any{day, record.StateDisposed}, &n.Due, &n.Held, &n.Earliest)
	return n, err
}

// DueDocuments lists the documents that are due, the earliest first, and the
// cursor of the next page. None of them is held.
func (t *Tx) DueDocuments(day, after string, limit int) ([]record.Document, string, error) {
	limit = clampLimit(limit)
	var p params
	where := "WHERE keep_until <> '' AND keep_until < " + p.add(day) + " AND state <> " + p.add(record.StateDisposed) + " AND NOT " + heldDocument
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
