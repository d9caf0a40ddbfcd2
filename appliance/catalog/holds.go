package catalog

import (
	"database/sql"
	"strconv"
	"time"

	"eakte/appliance/record"
)

// What a hold stands on.
const (
	HoldsFile     = "file"
	HoldsDocument = "document"
)

// Hold keeps a file or a document from being destroyed, whatever its dates. A
// file's hold covers whatever lies in the file at any moment; one on a mail or
// an archive covers what came in it, wherever that lies and whenever it came
// out.
type Hold struct {
	ID          string
	SubjectKind string // HoldsFile, HoldsDocument
	Subject     string // id of the file or document
	Kind        string // see policy/hold
	Reason      string
	Origin      string // id of the file's hold that a document took along when it left the file; "" = placed on the subject itself
	By          record.UserID
	At          time.Time
	LiftedBy    record.UserID
	LiftedAt    time.Time // zero while it stands
	LiftReason  string
}

// Stands says whether the hold has not been lifted.
func (h Hold) Stands() bool { return h.LiftedAt.IsZero() }

// PutHold adds a hold, a lifted one as well (a rebuild).
func (t *Tx) PutHold(h Hold) error {
	if h.At.IsZero() {
		h.At = t.Now()
	}
	_, err := t.exec("put hold", `INSERT INTO hold (id, subject_kind, subject, kind, reason, origin, placed_by, placed_at, lifted_by,
		lifted_at, lift_reason) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		h.ID, h.SubjectKind, h.Subject, h.Kind, h.Reason, h.Origin, h.By, toMicros(h.At), h.LiftedBy, toMicros(h.LiftedAt), h.LiftReason)
	return err
}

// LiftHold ends a hold; NotFound if no such hold stands.
func (t *Tx) LiftHold(id string, by record.UserID, at time.Time, reason string) error {
	return t.change("lift hold", "hold", "UPDATE hold SET lifted_by = $2, lifted_at = $3, lift_reason = $4 WHERE id = $1 AND lifted_at = 0",
		id, by, toMicros(at), reason)
}

// HoldsOf lists the holds placed on a file or on a document itself, lifted
// ones too, oldest first.
func (t *Tx) HoldsOf(subject string) ([]Hold, error) {
	return t.holds("WHERE subject = $1 ORDER BY placed_at, id", subject)
}

// HoldByID reads a hold, lifted or not.
func (t *Tx) HoldByID(id string) (Hold, error) {
	hs, err := t.holds("WHERE id = $1", id)
	if err == nil && len(hs) == 0 {
		err = missing("hold")
	}
	if err != nil {
		return Hold{}, err
	}
	return hs[0], nil
}

const holdColumns = `hold.id, hold.subject_kind, hold.subject, hold.kind, hold.reason, hold.origin, hold.placed_by, hold.placed_at,
	hold.lifted_by, hold.lifted_at, hold.lift_reason`

// scanHold reads what stands before them into first, and holdColumns.
func scanHold(row *sql.Rows, first ...any) (Hold, error) {
	var h Hold
	var placed, lifted int64
	err := row.Scan(append(first, &h.ID, &h.SubjectKind, &h.Subject, &h.Kind, &h.Reason, &h.Origin, &h.By, &placed,
		&h.LiftedBy, &lifted, &h.LiftReason)...)
	h.At, h.LiftedAt = fromMicros(placed), fromMicros(lifted)
	return h, err
}

func (t *Tx) holds(where string, args ...any) ([]Hold, error) {
	var out []Hold
	err := t.each("holds", "SELECT "+holdColumns+" FROM hold "+where, args, func(row *sql.Rows) error {
		h, err := scanHold(row)
		out = append(out, h)
		return err
	})
	return out, err
}

// containersOf are the ids of what a row of document came in.
var containersOf = `WITH RECURSIVE above (id, depth) AS (
		SELECT l.document_id, 1 FROM document_link l WHERE l.other_id = document.id AND l.kind = '` + LinkEncloses + `'
		UNION ALL SELECT l.document_id, above.depth + 1 FROM above JOIN document_link l ON l.other_id = above.id AND l.kind = '` + LinkEncloses + `'
			WHERE above.depth < ` + strconv.Itoa(familyDepth) + `)
	SELECT id FROM above`

// Covering lists the holds that stand on documents: each one's own and those
// of what it came in, then its file's, oldest first. A document without one is
// absent.
func (t *Tx) Covering(ids []record.DocumentID) (map[record.DocumentID][]Hold, error) {
	out := map[record.DocumentID][]Hold{}
	for part := range chunks(ids) {
		var p params
		err := t.each("covering holds", "SELECT document.id, "+holdColumns+` FROM document
			JOIN hold ON (hold.subject IN (document.id, document.file_id) OR hold.subject IN (`+containersOf+`))
				AND hold.lifted_at = 0
			WHERE document.id IN (`+list(&p, part)+") ORDER BY hold.subject_kind, hold.placed_at, hold.id", p.args, func(row *sql.Rows) error {
			var id record.DocumentID
			h, err := scanHold(row, &id)
			out[id] = append(out[id], h)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// heldDocument is true of a row of document on which a hold stands: its own,
// its file's, or one of what it came in.
var heldDocument = `(EXISTS (SELECT 1 FROM hold WHERE hold.lifted_at = 0 AND hold.subject IN (document.id, document.file_id))
	OR EXISTS (SELECT 1 FROM hold WHERE hold.lifted_at = 0 AND hold.subject IN (` + containersOf + ")))"

// Held says whether a hold stands on a document, its file or what it came in. A document
// that isn't there is NotFound: unknown never reads as free.
func (t *Tx) Held(id record.DocumentID) (bool, error) {
	var held bool
	found, err := t.one("held", "SELECT CASE WHEN "+heldDocument+" THEN 1 ELSE 0 END FROM document WHERE id = $1", []any{id}, &held)
	if err == nil && !found {
		err = missing("document")
	}
	return held, err
}

// HeldFile says whether a hold stands on a file.
func (t *Tx) HeldFile(id record.FileID) (bool, error) {
	return t.one("held file", "SELECT 1 FROM hold WHERE subject = $1 AND lifted_at = 0 LIMIT 1", []any{id}, new(int))
}

// HeldOf says which of these documents are held.
func (t *Tx) HeldOf(ids []record.DocumentID) (map[record.DocumentID]bool, error) {
	out := map[record.DocumentID]bool{}
	for part := range chunks(ids) {
		var p params
		held, err := column[record.DocumentID](t, "held of", "SELECT id FROM document WHERE id IN ("+list(&p, part)+") AND "+heldDocument, p.args...)
		if err != nil {
			return nil, err
		}
		for _, id := range held {
			out[id] = true
		}
	}
	return out, nil
}

// allHeld are the ids of the documents on which a hold stands; it begins at
// the holds, which are few.
var allHeld = `WITH RECURSIVE below (id, depth) AS (
		SELECT hold.subject, 1 FROM hold WHERE hold.lifted_at = 0 AND hold.subject_kind = 'document'
		UNION ALL SELECT l.other_id, below.depth + 1 FROM below JOIN document_link l ON l.document_id = below.id AND l.kind = '` + LinkEncloses + `'
			WHERE below.depth <= ` + strconv.Itoa(familyDepth) + `)
	SELECT id FROM below
	UNION SELECT inside.id FROM hold JOIN document inside ON inside.file_id = hold.subject WHERE hold.lifted_at = 0 AND hold.subject_kind = 'file'`

// HeldDocuments lists the documents that are held, by id from behind after; of
// a file only, or all if file is "". Disposed ones are left out.
func (t *Tx) HeldDocuments(file record.FileID, after record.DocumentID, limit int) ([]Stored, error) {
	var out []Stored
	err := t.each("held documents", `SELECT id, object_id FROM document WHERE id IN (`+allHeld+`) AND ($1 = '' OR file_id = $1)
		AND id > $2 AND state <> $3 ORDER BY id LIMIT $4`, []any{file, after, record.StateDisposed, clampLimit(limit)},
		func(row *sql.Rows) error {
			var s Stored
			err := row.Scan(&s.Document, &s.Object)
			out = append(out, s)
			return err
		})
	return out, err
}

// HeldObject is an object of a document on which the store's hold stands, or
// may stand.
type HeldObject struct {
	Name  string
	SetAt time.Time // when the store said so; zero: not yet
}

// AddHeldObjects lists objects before the store is asked to hold them. Those
// that are listed already stay as they are.
func (t *Tx) AddHeldObjects(id record.DocumentID, names []string) error {
	for _, n := range names {
		if _, err := t.exec("add held object", "INSERT INTO held_object (name, document_id, set_at) VALUES ($1, $2, 0) ON CONFLICT DO NOTHING",
			n, id); err != nil {
			return err
		}
	}
	return nil
}

// HeldObjects lists a document's objects on which the store's hold stands or
// may stand, by name.
func (t *Tx) HeldObjects(id record.DocumentID) ([]HeldObject, error) {
	var out []HeldObject
	err := t.each("held objects", "SELECT name, set_at FROM held_object WHERE document_id = $1 ORDER BY name", []any{id},
		func(row *sql.Rows) error {
			var o HeldObject
			var at int64
			err := row.Scan(&o.Name, &at)
			o.SetAt = fromMicros(at)
			out = append(out, o)
			return err
		})
	return out, err
}

// ConfirmHeld notes since when the store says that it holds an object; the
// zero time says that it is not known any more. NotFound if it isn't listed.
func (t *Tx) ConfirmHeld(name string, at time.Time) error {
	return t.change("confirm held", "held object", "UPDATE held_object SET set_at = $2 WHERE name = $1", name, toMicros(at))
}

// DropHeldObject takes an object off the list: the store doesn't hold it.
func (t *Tx) DropHeldObject(name string) error {
	_, err := t.exec("drop held object", "DELETE FROM held_object WHERE name = $1", name)
	return err
}

// DocumentsToRelease lists, by id from behind after, the documents that are
// not held any more and on which the store's hold stands or may stand; of a
// file only, or all if file is "".
func (t *Tx) DocumentsToRelease(file record.FileID, after record.DocumentID, limit int) ([]record.DocumentID, error) {
	return column[record.DocumentID](t, "documents to release", `SELECT id FROM document WHERE id IN (SELECT document_id FROM held_object)
		AND ($1 = '' OR file_id = $1) AND id > $2 AND NOT `+heldDocument+" ORDER BY id LIMIT $3", file, after, clampLimit(limit))
}

// HoldCount is how many holds stand and how far the store has followed.
type HoldCount struct {
	Standing  int64 // holds
	Documents int64 // that are held
	Missing   int64 // of them without the store's hold on their original
	Waiting   int64 // documents free in the catalog and not yet in the store
}

// CountHolds counts the holds that stand and what they cover.
func (t *Tx) CountHolds() (c HoldCount, err error) {
	_, err = t.one("count holds", `SELECT (SELECT COUNT(*) FROM hold WHERE lifted_at = 0),
		(SELECT COUNT(*) FROM document WHERE id IN (`+allHeld+`) AND state <> $1),
		(SELECT COUNT(*) FROM document WHERE id IN (`+allHeld+`) AND state <> $1 AND NOT EXISTS
			(SELECT 1 FROM held_object o WHERE o.document_id = document.id AND o.set_at > 0)),
		(SELECT COUNT(*) FROM document WHERE id IN (SELECT document_id FROM held_object) AND NOT `+heldDocument+")",
		[]any{record.StateDisposed}, &c.Standing, &c.Documents, &c.Missing, &c.Waiting)
	return c, err
}
