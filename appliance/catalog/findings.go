package catalog

import (
	"database/sql"
	"time"
)

// The kinds of finding.
const (
	FindingNoRow      = "object_without_row"  // an object that nobody knows; it is kept
	FindingNoObject   = "row_without_object"  // something that must be in the store is not
	FindingUnfinished = "unfinished_intake"   // a document has been on its way in for too long
	FindingDamaged    = "damaged"             // an object's bytes can't be read or are not what was put; the scrub's
	FindingVersion    = "second_version"      // somebody wrote over an object, or hid it
	FindingUnreadable = "unreadable_manifest" // a manifest that nobody can make sense of
)

// FindingKinds are all of them, the gravest first.
var FindingKinds = []string{FindingNoObject, FindingDamaged, FindingVersion, FindingUnreadable, FindingUnfinished, FindingNoRow}

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

// ResolveFindings closes what is open and was not seen since a time (but what is
// damaged, which another reading closes), and says
// how many that were.
func (t *Tx) ResolveFindings(since, at time.Time) (int64, error) {
	return t.exec("resolve findings", "UPDATE finding SET resolved_at = $2 WHERE resolved_at = 0 AND seen_at < $1 AND kind <> $3", toMicros(since), toMicros(at), FindingDamaged)
}

// OpenFindings lists the open findings of a kind by name, from behind after.
func (t *Tx) OpenFindings(kind, after string, limit int) ([]Finding, error) {
	return t.findings("open findings", `SELECT kind, name, subject, found_at, seen_at, resolved_at FROM finding
		WHERE kind = $1 AND name > $2 AND resolved_at = 0 ORDER BY name LIMIT $3`, kind, after, clampLimit(limit))
}

// ResolvedFindings lists findings of a kind that were resolved since a time, by
// name from behind after.
func (t *Tx) ResolvedFindings(kind string, since time.Time, after string, limit int) ([]Finding, error) {
	return t.findings("resolved findings", `SELECT kind, name, subject, found_at, seen_at, resolved_at FROM finding
		WHERE kind = $1 AND name > $2 AND resolved_at >= $4 AND resolved_at > 0 ORDER BY name LIMIT $3`, kind, after, clampLimit(limit), toMicros(since))
}

func (t *Tx) findings(op, query string, args ...any) ([]Finding, error) {
	var out []Finding
	err := t.each(op, query, args, func(row *sql.Rows) error {
		var f Finding
		var found, seen, resolved int64
		err := row.Scan(&f.Kind, &f.Name, &f.Subject, &found, &seen, &resolved)
		f.FoundAt, f.SeenAt, f.ResolvedAt = fromMicros(found), fromMicros(seen), fromMicros(resolved)
		out = append(out, f)
		return err
	})
	return out, err
}

// FindingSum is how many findings of a kind are open, and since when.
type FindingSum struct {
	Open   int64
	Oldest time.Time // found_at of the oldest
}

// SumFindings sums the open findings up, by kind; a kind without any is absent.
func (t *Tx) SumFindings() (map[string]FindingSum, error) {
	out := map[string]FindingSum{}
	err := t.each("sum findings", "SELECT kind, COUNT(*), MIN(found_at) FROM finding WHERE resolved_at = 0 GROUP BY kind", nil,
		func(row *sql.Rows) error {
			var kind string
			var s FindingSum
			var oldest int64
			err := row.Scan(&kind, &s.Open, &oldest)
			s.Oldest = fromMicros(oldest)
			out[kind] = s
			return err
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

// DescribedBefore lists the manifests known to have a successor, by name from
// behind after. Who removes one from the store at the end of its subject's life
// takes it off with DropSuperseded.
func (t *Tx) DescribedBefore(after string, limit int) ([]string, error) {
	return column[string](t, "described before", "SELECT name FROM superseded WHERE name > $1 ORDER BY name LIMIT $2", after, clampLimit(limit))
}

// DropSuperseded forgets a manifest that had a successor.
func (t *Tx) DropSuperseded(name string) error {
	_, err := t.exec("drop superseded", "DELETE FROM superseded WHERE name = $1", name)
	return err
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

// Undescribed lists, by id from behind after, the files and persons that have
// no manifest: a rebuilt catalog would not have them.
func (t *Tx) Undescribed(after string, limit int) ([]string, error) {
	return column[string](t, "undescribed", `SELECT id FROM (SELECT id FROM file UNION ALL SELECT id FROM person) s WHERE id > $1
		AND NOT EXISTS (SELECT 1 FROM manifest_head WHERE subject = s.id) ORDER BY id LIMIT $2`, after, clampLimit(limit))
}
