package catalog

import (
	"database/sql"
	"fmt"
	"time"

	"eakte/appliance/record"
)

// Grant opens a file to a user, or as a denial closes it, from day From
// ("" = at once) until before day To ("" = open), days as YYYY-MM-DD.
type Grant struct {
	File      record.FileID
	User      record.UserID
	Reason    string
	By        record.UserID
	From      string
	To        string
	EndsAt    time.Time // a grant may end within a day; zero: it doesn't
	CreatedAt time.Time
}

// PutGrant opens a file to a user, in place of a grant that user had there.
func (t *Tx) PutGrant(g Grant) error {
	if g.CreatedAt.IsZero() {
		g.CreatedAt = t.Now()
	}
	_, err := t.exec("put grant", `INSERT INTO file_grant (file_id, user_id, reason, granted_by, valid_from, valid_to, ends_at, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
		ON CONFLICT (file_id, user_id) DO UPDATE SET reason = excluded.reason, granted_by = excluded.granted_by,
			valid_from = excluded.valid_from, valid_to = excluded.valid_to, ends_at = excluded.ends_at, created_at = excluded.created_at`,
		g.File, g.User, g.Reason, g.By, g.From, g.To, toMicros(g.EndsAt), toMicros(g.CreatedAt))
	return err
}

// DeleteGrant ends a grant; NotFound if there is none.
func (t *Tx) DeleteGrant(file record.FileID, user record.UserID) error {
	return t.change("delete grant", "grant", "DELETE FROM file_grant WHERE file_id = $1 AND user_id = $2", file, user)
}

// Grants lists a file's grants, past and future ones too, oldest first.
func (t *Tx) Grants(file record.FileID) ([]Grant, error) {
	return t.grants(`SELECT user_id, reason, granted_by, valid_from, valid_to, ends_at, created_at
		FROM file_grant WHERE file_id = $1 ORDER BY created_at, user_id`, file)
}

// PutDenial closes a file to a user, in place of a denial that stood.
func (t *Tx) PutDenial(g Grant) error {
	if !g.EndsAt.IsZero() {
		return fmt.Errorf("catalog: put denial: a denial ends on a day, not at a time")
	}
	if g.CreatedAt.IsZero() {
		g.CreatedAt = t.Now()
	}
	_, err := t.exec("put denial", `INSERT INTO file_denial (file_id, user_id, reason, denied_by, valid_from, valid_to, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (file_id, user_id) DO UPDATE SET reason = excluded.reason, denied_by = excluded.denied_by,
			valid_from = excluded.valid_from, valid_to = excluded.valid_to, created_at = excluded.created_at`,
		g.File, g.User, g.Reason, g.By, g.From, g.To, toMicros(g.CreatedAt))
	return err
}

// DeleteDenial ends a denial; NotFound if there is none.
func (t *Tx) DeleteDenial(file record.FileID, user record.UserID) error {
	return t.change("delete denial", "denial", "DELETE FROM file_denial WHERE file_id = $1 AND user_id = $2", file, user)
}

// Denials lists a file's denials, past and future ones too, oldest first.
func (t *Tx) Denials(file record.FileID) ([]Grant, error) {
	return t.grants(`SELECT user_id, reason, denied_by, valid_from, valid_to, 0, created_at
		FROM file_denial WHERE file_id = $1 ORDER BY created_at, user_id`, file)
}

func (t *Tx) grants(query string, file record.FileID) ([]Grant, error) {
	var out []Grant
	err := t.each("grants", query, []any{file}, func(row *sql.Rows) error {
		g := Grant{File: file}
		var ends, created int64
		if err := row.Scan(&g.User, &g.Reason, &g.By, &g.From, &g.To, &ends, &created); err != nil {
			return err
		}
		g.EndsAt, g.CreatedAt = fromMicros(ends), fromMicros(created)
		out = append(out, g)
		return nil
	})
	return out, err
}

// Substitution says that Substitute acts for Absent from day From until before
// day To.
type Substitution struct {
	ID         string
	Absent     record.UserID
	Substitute record.UserID
	From       string
	To         string
	By         record.UserID
	CreatedAt  time.Time
}

// PutSubstitution adds a substitution.
func (t *Tx) PutSubstitution(s Substitution) error {
	if s.CreatedAt.IsZero() {
		s.CreatedAt = t.Now()
	}
	_, err := t.exec("put substitution", `INSERT INTO substitution (id, absent, substitute, valid_from, valid_to, created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7)`, s.ID, s.Absent, s.Substitute, s.From, s.To, s.By, toMicros(s.CreatedAt))
	return err
}

// DeleteSubstitution ends a substitution; NotFound if there is none.
func (t *Tx) DeleteSubstitution(id string) error {
	return t.change("delete substitution", "substitution", "DELETE FROM substitution WHERE id = $1", id)
}

// Substitutions lists the substitutions in which a user is absent or stands
// in, or all if user is "", by their first day.
func (t *Tx) Substitutions(user record.UserID) ([]Substitution, error) {
	var out []Substitution
	err := t.each("substitutions", `SELECT id, absent, substitute, valid_from, valid_to, created_by, created_at FROM substitution
		WHERE $1 = '' OR absent = $1 OR substitute = $1 ORDER BY valid_from, id`, []any{user}, func(row *sql.Rows) error {
		var s Substitution
		var created int64
		if err := row.Scan(&s.ID, &s.Absent, &s.Substitute, &s.From, &s.To, &s.By, &created); err != nil {
			return err
		}
		s.CreatedAt = fromMicros(created)
		out = append(out, s)
		return nil
	})
	return out, err
}
