package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/ui/border"
)

func (a *API) schedules(c *fiber.Ctx) error {
	list, err := a.doors.Admin.Schedules(c.UserContext(), actorOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, ""))
}

func (a *API) runSchedule(c *fiber.Ctx) error {
	if err := a.doors.Admin.RunNow(c.UserContext(), actorOf(c), border.Param(c, "name")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
