package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/ui/border"
)

func (a *API) findings(c *fiber.Ctx) error {
	found, err := a.doors.Admin.Findings(c.UserContext(), actorOf(c), admin.FindingQuery{Kind: border.Query(c, "kind"),
		Resolved: border.Query(c, "state") == "resolved", Cursor: border.Query(c, "cursor"), Limit: border.QueryInt(c, "limit", 0)})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, found)
}
