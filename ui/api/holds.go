package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
)

// holdsOn makes the handlers of the holds of files or of documents, which
// differ only in what the id names.
type holdsOn struct {
	*API
	subject func(c *fiber.Ctx) archive.HoldSubject
}

func (a *API) fileHolds() holdsOn {
	return holdsOn{a, func(c *fiber.Ctx) archive.HoldSubject { return archive.HoldSubject{File: fileOf(c)} }}
}

func (a *API) documentHolds() holdsOn {
	return holdsOn{a, func(c *fiber.Ctx) archive.HoldSubject {
		return archive.HoldSubject{Document: record.DocumentID(border.Param(c, "id"))}
	}}
}

func (h holdsOn) list(c *fiber.Ctx) error {
	list, err := h.doors.Archive.Holds(c.UserContext(), actorOf(c), h.subject(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, ""))
}

func (h holdsOn) put(c *fiber.Ctx) error {
	var n archive.NewHold
	if err := bind(c, &n, h.mayKnow(c)); err != nil {
		return err
	}
	n.IdempotencyKey = border.Header(c, "Idempotency-Key")
	hold, repeated, err := h.doors.Archive.PutHold(c.UserContext(), actorOf(c), h.subject(c), n)
	if err != nil {
		return err
	}
	return send(c, made(repeated), hold)
}

func (h holdsOn) lift(c *fiber.Ctx) error {
	var l archive.LiftHold
	if err := bind(c, &l, h.mayKnow(c)); err != nil {
		return err
	}
	l.IdempotencyKey = border.Header(c, "Idempotency-Key")
	hold, _, err := h.doors.Archive.LiftHold(c.UserContext(), actorOf(c), h.subject(c), l)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, hold)
}

// mayKnow asks the door whether the asker may change holds at all: who may not
// learns nothing about what is wrong with the body.
func (h holdsOn) mayKnow(c *fiber.Ctx) func() error {
	return func() error {
		return h.doors.Archive.MayHold(c.UserContext(), actorOf(c), h.subject(c))
	}
}
