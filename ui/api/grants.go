package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
)

func (a *API) grants(c *fiber.Ctx) error {
	list, err := a.doors.Archive.Grants(c.UserContext(), actorOf(c), fileOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, ""))
}

func (a *API) denials(c *fiber.Ctx) error {
	list, err := a.doors.Archive.Denials(c.UserContext(), actorOf(c), fileOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, ""))
}

func (a *API) addGrant(c *fiber.Ctx) error {
	g, err := a.grantBody(c)
	if err != nil {
		return err
	}
	repeated, err := a.doors.Archive.AddGrant(c.UserContext(), actorOf(c), fileOf(c), g)
	if err != nil {
		return err
	}
	return send(c, made(repeated), g)
}

func (a *API) addDenial(c *fiber.Ctx) error {
	g, err := a.grantBody(c)
	if err != nil {
		return err
	}
	repeated, err := a.doors.Archive.AddDenial(c.UserContext(), actorOf(c), fileOf(c), g)
	if err != nil {
		return err
	}
	return send(c, made(repeated), g)
}

func (a *API) removeGrant(c *fiber.Ctx) error {
	if err := a.doors.Archive.RemoveGrant(c.UserContext(), actorOf(c), fileOf(c), border.Query(c, "user"), border.Header(c, "Idempotency-Key")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *API) removeDenial(c *fiber.Ctx) error {
	if err := a.doors.Archive.RemoveDenial(c.UserContext(), actorOf(c), fileOf(c), border.Query(c, "user"), border.Header(c, "Idempotency-Key")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

// grantBody reads the body; who may not see the list may not learn what is wrong with it.
func (a *API) grantBody(c *fiber.Ctx) (archive.Grant, error) {
	var g archive.Grant
	err := bind(c, &g, func() error {
		_, err := a.doors.Archive.Grants(c.UserContext(), actorOf(c), fileOf(c))
		return err
	})
	g.IdempotencyKey = border.Header(c, "Idempotency-Key")
	return g, err
}

// made is 201 for what was made now, 200 for the answer to its repetition.
func made(repeated bool) int {
	if repeated {
		return fiber.StatusOK
	}
	return fiber.StatusCreated
}

func fileOf(c *fiber.Ctx) record.FileID { return record.FileID(border.Param(c, "id")) }
