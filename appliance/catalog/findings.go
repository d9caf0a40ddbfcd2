package catalog

import (
	"database/sql"
	"time"
)

// The kinds of finding.
const (
	FindingNoRow      = "object_without_row" // an object that nobody knows; it is kept
	FindingNoObject   = "row_without_object" // something that must be in the store is not
	FindingUnfinished = "unfinished_intake"  // a document has been on its way in for too long
)

// Finding is one place in which the store and the catalog differ.
type Finding struct {
	Kind       string
	Name       string // of the object
	Subject    string // id of the document, file or person it belongs to; "" if that is not known
	FoundAt    time.Time
	SeenAt     time.Time // at last
	ResolvedAt time.Time // zero while it is open
}

// PutFindings notes what was seen just now, at most 500. One that is open
// already keeps the time it was found at; a resolved one is found anew.
func (t *Tx) PutFindings(fs []Finding, at time.Time) error {
	for _, f := range fs {
		if _, err := t.exec("put finding", `INSERT INTO finding (kind, name, subject, found_at, seen_at, resolved_at)
			VALUES ($1, $2, $3, $4, $4, 0) ON CONFLICT (kind, name) DO UPDATE SET subject = excluded.subject, seen_at = excluded.seen_at,
			found_at = CASE WHEN finding.resolved_at = 0 THEN finding.found_at ELSE excluded.found_at END, resolved_at = 0`,
			f.Kind, f.Name, f.Subject, toMicros(at)); err != nil {
			return err
		}
	}
	return nil
}

// ResolveFindings closes what is open and was not seen since a time, and says
// how many that were.
func (t *Tx) ResolveFindings(since, at time.Time) (int64, error) {
	return t.exec("resolve findings", "UPDATE finding SET resolved_at = $2 WHERE resolved_at = 0 AND seen_at < $1", toMicros(since), toMicros(at))
}

// OpenFindings lists the open findings of a kind by name, from behind after.
func (t *Tx) OpenFindings(kind, after string, limit int) ([]Finding, error) {
	var out []Finding
	err := t.each("open findings", `SELECT kind, name, subject, found_at, seen_at FROM finding
		WHERE kind = $1 AND name > $2 AND resolved_at = 0 ORDER BY name LIMIT $3`, []any{kind, after, clampLimit(limit)},
		func(row *sql.Rows) error {
			var f Finding
			var found, seen int64
			if err := row.Scan(&f.Kind, &f.Name, &f.Subject, &found, &seen); err != nil {
				return err
			}
			f.FoundAt, f.SeenAt = fromMicros(found), fromMicros(seen)
			out = append(out, f)
			return nil
		})
	return out, err
}

// CountFindings counts the open findings by kind; a kind without any is absent.
func (t *Tx) CountFindings() (map[string]int64, error) {
	out := map[string]int64{}
	err := t.each("count findings", "SELECT kind, COUNT(*) FROM finding WHERE resolved_at = 0 GROUP BY kind", nil,
		func(row *sql.Rows) error {
			var kind string
			var n int64
			if err := row.Scan(&kind, &n); err != nil {
				return err
			}
			out[kind] = n
			return nil
		})
	return out, err
}

// Superseded says which of the names are manifests known to have a successor.
func (t *Tx) Superseded(names []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range chunks(names) {
		var p params
		found, err := column[string](t, "superseded", "SELECT name FROM superseded WHERE name IN ("+list(&p, part)+")", p.args...)
		if err != nil {
			return nil, err
		}
		for _, n := range found {
			out[n] = true
		}
	}
	return out, nil
}

// AddSuperseded notes manifests that have a successor, at most 500.
func (t *Tx) AddSuperseded(names []string) error {
	for _, n := range names {
		if _, err := t.exec("add superseded", "INSERT INTO superseded (name) VALUES ($1) ON CONFLICT DO NOTHING", n); err != nil {
			return err
		}
	}
	return nil
}
