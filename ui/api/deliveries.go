package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/ingest/delivery"
	"eakte/ui/border"
)

// Withdrawal is the body of giving a delivery up.
type Withdrawal struct {
	Reason string `json:"reason"`
}

// openDelivery takes a manifest. Until its objects and the word that it is
// complete have come, the delivery is in transit.
func (a *API) openDelivery(c *fiber.Ctx) error {
	if err := a.doors.Delivery.MayPost(c.UserContext(), actorOf(c)); err != nil {
		return err
	}
	body, err := border.BodyOf(c, a.maxUpload) // ParseManifest has a bound of its own, and says which
	if err != nil {
		return err
	}
	m, err := delivery.ParseManifest(body)
	if err != nil {
		return err
	}
	v, err := a.doors.Delivery.Open(c.UserContext(), actorOf(c), m, "api")
	if err != nil {
		return err
	}
	c.Location(Prefix + "/deliveries/" + v.ID)
	return send(c, made(v.Repeated), v)
}

func (a *API) putObject(c *fiber.Ctx) error {
	body, err := border.BodyOf(c, a.maxUpload)
	if err != nil {
		return err
	}
	o, err := a.doors.Delivery.Put(c.UserContext(), actorOf(c), border.Param(c, "id"), border.Param(c, "name"), body, body.Size())
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, o)
}

// removeObject drops what was sent under a name that the manifest does not have.
func (a *API) removeObject(c *fiber.Ctx) error {
	if err := a.doors.Delivery.Remove(c.UserContext(), actorOf(c), border.Param(c, "id"), border.Param(c, "name")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *API) completeDelivery(c *fiber.Ctx) error {
	r, err := a.doors.Delivery.Complete(c.UserContext(), actorOf(c), border.Param(c, "id"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, r)
}

func (a *API) delivery(c *fiber.Ctx) error {
	v, err := a.doors.Delivery.Get(c.UserContext(), actorOf(c), border.Param(c, "id"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, v)
}

func (a *API) deliveries(c *fiber.Ctx) error {
	p, err := a.doors.Delivery.List(c.UserContext(), actorOf(c), delivery.Query{State: border.Query(c, "state"),
		Provider: border.Query(c, "provider"), Cursor: border.Query(c, "cursor"), Limit: border.QueryInt(c, "limit", 0)})
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(p.Items, p.Next))
}

func (a *API) withdrawDelivery(c *fiber.Ctx) error {
	var body Withdrawal
	if err := bind(c, &body, func() error {
		_, err := a.doors.Delivery.Get(c.UserContext(), actorOf(c), border.Param(c, "id"))
		return err
	}); err != nil {
		return err
	}
	v, err := a.doors.Delivery.Withdraw(c.UserContext(), actorOf(c), border.Param(c, "id"), body.Reason)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, v)
}
