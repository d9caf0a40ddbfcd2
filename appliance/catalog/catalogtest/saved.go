package catalogtest

import (
	"fmt"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// savedSearches checks that a user's searches are the user's own, one a name.
func (s *suite) savedSearches() {
	u, v := s.user("u"), s.user("v")
	save := func(user record.UserID, name, query string) catalog.SavedSearch {
		s.Helper()
		var kept catalog.SavedSearch
		s.write(func(tx *catalog.Tx) (err error) {
			kept, err = tx.SaveSearch(catalog.SavedSearch{ID: record.NewID(), User: user, Name: name, Query: query})
			return err
		})
		return kept
	}
	first := save(u, "Mieten", "q=miete")
	save(u, "Bescheide", "q=bescheid")
	other := save(v, "Mieten", "q=mietvertrag")
	again := save(u, "Mieten", "q=miete&type=mietvertrag")
	if again.ID != first.ID || other.ID == first.ID {
		s.Errorf("ids %s, %s, %s", first.ID, again.ID, other.ID)
	}
	listed := func(user record.UserID) string {
		s.Helper()
		out := ""
		for _, k := range get(s, func(tx *catalog.Tx) ([]catalog.SavedSearch, error) { return tx.SavedSearches(user) }) {
			if k.User != user || k.SavedAt.IsZero() {
				s.Errorf("%+v", k)
			}
			out += fmt.Sprintf("%s %s; ", k.Name, k.Query)
		}
		return out
	}
	if got := listed(u); got != "Bescheide q=bescheid; Mieten q=miete&type=mietvertrag; " {
		s.Errorf("u has %s", got)
	}
	dropped := func(user record.UserID, id string) (was bool) {
		s.Helper()
		s.write(func(tx *catalog.Tx) (err error) { was, err = tx.DropSearch(user, id); return err })
		return was
	}
	if dropped(v, first.ID) || !dropped(u, first.ID) || dropped(u, first.ID) {
		s.Errorf("somebody else's search was dropped, or one's own was not")
	}
	if listed(u) != "Bescheide q=bescheid; " || listed(v) != "Mieten q=mietvertrag; " {
		s.Errorf("left are %s and %s", listed(u), listed(v))
	}
}
