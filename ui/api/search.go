package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/search"
	"eakte/ui/border"
)

func (a *API) search(c *fiber.Ctx) error {
	res, err := a.doors.Archive.Search(c.UserContext(), actorOf(c), archive.SearchRequest{
		Q: border.Query(c, "q"), Site: border.Query(c, "site"), Team: border.Query(c, "team"),
		File: border.Query(c, "file"), Type: border.Query(c, "type"), Section: border.Query(c, "section"),
		From: border.Query(c, "from"), To: border.Query(c, "to"), Sort: border.Query(c, "sort"),
		Cursor: border.Query(c, "cursor"), Limit: border.QueryInt(c, "limit", 0), TypeCodes: border.TypeCodes(c, a.doors)})
	if err != nil {
		return err
	}
	if res.Items == nil {
		res.Items = []archive.SearchHit{}
	}
	for i := range res.Items {
		if res.Items[i].Hits == nil {
			res.Items[i].Hits = []record.Box{}
		}
	}
	if res.Facets == nil {
		res.Facets = map[string][]search.FacetCount{}
	}
	return send(c, fiber.StatusOK, res)
}

func (a *API) suggest(c *fiber.Ctx) error {
	list, err := a.doors.Archive.Suggest(c.UserContext(), actorOf(c), border.Query(c, "q"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, ""))
}

// NewSearch is a search to be kept.
type NewSearch struct {
	Name  string `json:"name"`
	Query string `json:"query"` // as in the address of the search page: q=…&type=…
}

func (a *API) savedSearches(c *fiber.Ctx) error {
	list, err := a.doors.Archive.SavedSearches(c.UserContext(), actorOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, ""))
}

func (a *API) saveSearch(c *fiber.Ctx) error {
	var n NewSearch
	if err := decode(c, &n); err != nil {
		return err
	}
	s, err := a.doors.Archive.SaveSearch(c.UserContext(), actorOf(c), archive.SavedSearch{Name: n.Name, Query: n.Query})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, s)
}

func (a *API) dropSearch(c *fiber.Ctx) error {
	if err := a.doors.Archive.DropSearch(c.UserContext(), actorOf(c), border.Param(c, "id")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
