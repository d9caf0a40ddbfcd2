package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/ui/border"
)

func (a *API) throughput(c *fiber.Ctx) error {
	t, err := a.doors.Intake.Throughput(c.UserContext(), actorOf(c), border.Query(c, "range"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, t)
}
