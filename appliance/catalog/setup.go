package catalog

import (
	"database/sql"
	"encoding/json"
	"fmt"

	"eakte/appliance/record"
)

// Meta reads a fact about the appliance itself (its id, its name), or "" if
// it was never set.
func (t *Tx) Meta(name string) (string, error) {
	var v string
	_, err := t.one("meta", "SELECT value FROM meta WHERE name = $1", []any{name}, &v)
	return v, err
}

// SetMeta sets a fact about the appliance itself.
func (t *Tx) SetMeta(name, value string) error {
	_, err := t.exec("set meta", `INSERT INTO meta (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, name, value)
	return err
}

// PutSite adds a site with its teams, or changes it. A team that is no longer
// named stays: files may be in it.
func (t *Tx) PutSite(s record.Site) error {
	postcodes, err := json.Marshal(s.Postcodes)
	if err != nil {
		return fmt.Errorf("catalog: put site: %w", err)
	}
	if _, err := t.exec("put site", `INSERT INTO site (code, name, postcodes, place)
		VALUES ($1, $2, $3, (SELECT COUNT(*) FROM site))
		ON CONFLICT (code) DO UPDATE SET name = excluded.name, postcodes = excluded.postcodes`,
		s.Code, s.Name, string(postcodes)); err != nil {
		return err
	}
	for i, team := range s.Teams {
		if _, err := t.exec("put team", `INSERT INTO team (site, code, name, first_letters, place) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (site, code) DO UPDATE SET name = excluded.name, first_letters = excluded.first_letters, place = excluded.place`,
			s.Code, team.Code, team.Name, team.FirstLetters, i); err != nil {
			return err
		}
	}
	return nil
}

// Sites lists all sites with their teams, in the order they were set up.
func (t *Tx) Sites() ([]record.Site, error) {
	var sites []record.Site
	at := map[string]int{}
	err := t.each("sites", "SELECT code, name, postcodes FROM site ORDER BY place, code", nil, func(row *sql.Rows) error {
		var s record.Site
		var postcodes string
		if err := row.Scan(&s.Code, &s.Name, &postcodes); err != nil {
			return err
		}
		if err := json.Unmarshal([]byte(postcodes), &s.Postcodes); err != nil {
			return err
		}
		at[s.Code] = len(sites)
		sites = append(sites, s)
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = t.each("teams", "SELECT site, code, name, first_letters FROM team ORDER BY site, place, code", nil, func(row *sql.Rows) error {
		var site string
		var team record.Team
		if err := row.Scan(&site, &team.Code, &team.Name, &team.FirstLetters); err != nil {
			return err
		}
		sites[at[site]].Teams = append(sites[at[site]].Teams, team)
		return nil
	})
	return sites, err
}

// Site reads one site with its teams.
func (t *Tx) Site(code string) (record.Site, error) {
	sites, err := t.Sites()
	if err != nil {
		return record.Site{}, err
	}
	for _, s := range sites {
		if s.Code == code {
			return s, nil
		}
	}
	return record.Site{}, missing("site")
}

// PutRetentionClass adds a retention class or changes it.
func (t *Tx) PutRetentionClass(c record.RetentionClass) error {
	_, err := t.exec("put retention class", `INSERT INTO retention_class (class, years, from_event, lock_mode) VALUES ($1, $2, $3, $4)
		ON CONFLICT (class) DO UPDATE SET years = excluded.years, from_event = excluded.from_event, lock_mode = excluded.lock_mode`,
		c.Class, c.Years, c.From, c.Lock)
	return err
}

// RetentionClasses lists all retention classes by name.
func (t *Tx) RetentionClasses() ([]record.RetentionClass, error) {
	return t.retentionClasses("", nil)
}

// RetentionClass reads one retention class.
func (t *Tx) RetentionClass(name string) (record.RetentionClass, error) {
	cs, err := t.retentionClasses("WHERE class = $1", []any{name})
	if err != nil {
		return record.RetentionClass{}, err
	}
	if len(cs) == 0 {
		return record.RetentionClass{}, missing("retention class")
	}
	return cs[0], nil
}

func (t *Tx) retentionClasses(where string, args []any) ([]record.RetentionClass, error) {
	var out []record.RetentionClass
	err := t.each("retention classes", "SELECT class, years, from_event, lock_mode FROM retention_class "+where+" ORDER BY class", args,
		func(row *sql.Rows) error {
			var c record.RetentionClass
			if err := row.Scan(&c.Class, &c.Years, &c.From, &c.Lock); err != nil {
				return err
			}
			out = append(out, c)
			return nil
		})
	return out, err
}
