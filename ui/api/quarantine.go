package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
)

func (a *API) quarantine(c *fiber.Ctx) error {
	page, err := a.doors.Archive.Quarantined(c.UserContext(), actorOf(c), border.Query(c, "cursor"), border.QueryInt(c, "limit", 0))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, page)
}

func (a *API) readAgain(c *fiber.Ctx) error {
	if err := a.doors.Archive.ReadAgain(c.UserContext(), actorOf(c), record.DocumentID(border.Param(c, "id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
