package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/oversight"
	"eakte/ui/border"
)

func (a *API) auditEntries(c *fiber.Ctx) error {
	list, next, err := a.doors.Oversight.Entries(c.UserContext(), actorOf(c), oversight.Query{
		Actor: border.Query(c, "actor"), File: border.Query(c, "file"), Document: border.Query(c, "document"),
		Action: border.Query(c, "action"), Outcome: border.Query(c, "outcome"), From: border.Query(c, "from"), To: border.Query(c, "to"),
		Cursor: border.Query(c, "cursor"), Limit: border.QueryInt(c, "limit", 0)})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, next))
}

func (a *API) auditCheckpoint(c *fiber.Ctx) error {
	cp, err := a.doors.Oversight.Checkpoint(c.UserContext(), actorOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, cp)
}
