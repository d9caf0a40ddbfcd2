package api

import "github.com/gofiber/fiber/v2"

func (a *API) health(c *fiber.Ctx) error {
	h, err := a.doors.Admin.Health(c.UserContext(), actorOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, h)
}

func (a *API) openapi(c *fiber.Ctx) error {
	c.Set(fiber.HeaderContentType, "application/json; charset=utf-8")
	return c.Send(a.described)
}
