package catalog

import (
	"database/sql"
	"time"

	"eakte/appliance/record"
)

// SavedSearch is a search that a user keeps under a name.
type SavedSearch struct {
	ID      string
	User    record.UserID
	Name    string // one of a user's
	Query   string // the search page's values, as in its address
	SavedAt time.Time
}

// SavedSearches lists a user's, by name.
func (t *Tx) SavedSearches(user record.UserID) ([]SavedSearch, error) {
	var out []SavedSearch
	err := t.each("saved searches", "SELECT id, name, query, saved_at FROM saved_search WHERE user_id = $1 ORDER BY name, id", []any{user},
		func(row *sql.Rows) error {
			s := SavedSearch{User: user}
			var at int64
			err := row.Scan(&s.ID, &s.Name, &s.Query, &at)
			s.SavedAt = fromMicros(at)
			out = append(out, s)
			return err
		})
	return out, err
}

// SaveSearch keeps a search; one of the same user and name gives way to it, and
// the one that is kept is returned.
func (t *Tx) SaveSearch(s SavedSearch) (SavedSearch, error) {
	s.SavedAt = t.Now()
	_, err := t.exec("save search", `INSERT INTO saved_search (id, user_id, name, query, saved_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, name) DO UPDATE SET query = excluded.query, saved_at = excluded.saved_at`, s.ID, s.User, s.Name, s.Query, toMicros(s.SavedAt))
	if err != nil {
		return s, err
	}
	_, err = t.one("save search", "SELECT id FROM saved_search WHERE user_id = $1 AND name = $2", []any{s.User, s.Name}, &s.ID)
	return s, err
}

// DropSearch forgets one of a user's searches, and says whether there was one.
func (t *Tx) DropSearch(user record.UserID, id string) (bool, error) {
	n, err := t.exec("drop search", "DELETE FROM saved_search WHERE user_id = $1 AND id = $2", user, id)
	return n > 0, err
}
