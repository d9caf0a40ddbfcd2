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
		File: border.Query(c, "file"), Type: border.Query(c, "type"),
		From: border.Query(c, "from"), To: border.Query(c, "to"), Sort: border.Query(c, "sort"),
		Cursor: border.Query(c, "cursor"), Limit: border.QueryInt(c, "limit", 0)})
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
