package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
)

func (a *API) traces(c *fiber.Ctx) error {
	all, err := a.doors.Archive.Traces(c.UserContext(), actorOf(c), record.FileID(border.Param(c, "id")))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(all, ""))
}

func (a *API) trace(c *fiber.Ctx) error {
	t, err := a.doors.Archive.Trace(c.UserContext(), actorOf(c), record.FileID(border.Param(c, "id")), border.Param(c, "trace"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, t)
}

func (a *API) takeBack(c *fiber.Ctx) error {
	d, err := a.doors.Archive.TakeBack(c.UserContext(), actorOf(c), documentOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, d)
}
