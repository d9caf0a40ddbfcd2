package archive

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// SavedSearch is a search that its user keeps under a name. Nobody else sees
// it, and it opens nothing: it is asked anew each time, with the rights of then.
type SavedSearch struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	Query   string    `json:"query"` // as in the address of the search page: q=…&type=…
	SavedAt time.Time `json:"saved_at"`
}

// What a user may keep.
const (
	maxSaved     = 50
	maxSavedName = 80 // characters
)

// savedFields are what a saved search may say.
var savedFields = []string{"q", "type", "site", "team", "section", "file", "from", "to", "sort"}

// SavedSearches lists the actor's own, by name.
func (a *Archive) SavedSearches(ctx context.Context, actor record.Actor) ([]SavedSearch, error) {
	out := []SavedSearch{}
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		kept, err := tx.SavedSearches(actor.User)
		for _, s := range kept {
			out = append(out, SavedSearch{ID: s.ID, Name: s.Name, Query: s.Query, SavedAt: s.SavedAt})
		}
		return err
	})
	return out, err
}

// SaveSearch keeps a search for the actor; of two with one name the second
// takes the first one's place. It takes no right: whoever is signed in may note
// what they ask, and is answered by their rights when they ask it.
func (a *Archive) SaveSearch(ctx context.Context, actor record.Actor, s SavedSearch) (SavedSearch, error) {
	s, err := s.checked()
	if err != nil {
		return SavedSearch{}, err
	}
	leaf, err := a.seal(actor, event{action: audit.SearchSave, query: s.Query}, audit.Done)
	if err != nil {
		return SavedSearch{}, err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		have, err := tx.SavedSearches(actor.User)
		if err != nil {
			return err
		}
		if len(have) >= maxSaved && !slices.ContainsFunc(have, func(h catalog.SavedSearch) bool { return h.Name == s.Name }) {
			return &record.Error{Category: record.Conflict, Field: "name", Message: "There are 50 saved searches, which is the most.",
				Hint: "Remove one that is no longer needed."}
		}
		kept, err := tx.SaveSearch(catalog.SavedSearch{ID: record.NewID(), User: actor.User, Name: s.Name, Query: s.Query})
		if err != nil {
			return err
		}
		s.ID, s.SavedAt = kept.ID, kept.SavedAt
		return tx.Append(leaf)
	})
	return s, err
}

// checked gives the search in its one form. A query that could not be asked is
// Invalid.
func (s SavedSearch) checked() (SavedSearch, error) {
	s.Name = strings.Join(strings.Fields(s.Name), " ")
	if n := utf8.RuneCountInString(s.Name); n == 0 || n > maxSavedName {
		return s, record.Bad("name", "A saved search needs a name of at most %d characters.", maxSavedName)
	}
	values, err := url.ParseQuery(s.Query)
	if err != nil || len(s.Query) > maxText {
		return s, record.Bad("query", "The saved search has the form of the search page's address: q=…&type=….")
	}
	for k, v := range values {
		if !slices.Contains(savedFields, k) || len(v) != 1 {
			return s, record.Bad("query", "%q is nothing that a saved search may say once.", k)
		}
		if v[0] == "" {
			values.Del(k)
		}
	}
	r := SearchRequest{Q: values.Get("q"), From: values.Get("from"), To: values.Get("to"), Sort: values.Get("sort")}
	if _, err := r.query(); err != nil {
		return s, err
	}
	s.Query = values.Encode()
	return s, nil
}

// DropSearch forgets one of the actor's searches.
func (a *Archive) DropSearch(ctx context.Context, actor record.Actor, id string) error {
	leaf, err := a.seal(actor, event{action: audit.SearchSave, detail: map[string]string{"dropped": id}}, audit.Done)
	if err != nil {
		return err
	}
	return a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		there, err := tx.DropSearch(actor.User, id)
		if err != nil {
			return err
		}
		if !there {
			return record.Missing()
		}
		return tx.Append(leaf)
	})
}
