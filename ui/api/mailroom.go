package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest"
	"eakte/ui/border"
)

func (a *API) filePending(c *fiber.Ctx) error {
	items, err := a.doors.Archive.FilePending(c.UserContext(), actorOf(c), record.FileID(border.Param(c, "id")))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, page[archive.Pending]{Items: items})
}

func (a *API) forwardDocument(c *fiber.Ctx) error {
	var f archive.Forward
	if err := bind(c, &f, func() error {
		_, err := a.doors.Archive.ForwardSites(c.UserContext(), actorOf(c), documentOf(c))
		return err
	}); err != nil {
		return err
	}
	f.IdempotencyKey = border.Header(c, "Idempotency-Key")
	d, err := a.doors.Archive.ForwardDocument(c.UserContext(), actorOf(c), documentOf(c), f)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, d)
}

func (a *API) undoForward(c *fiber.Ctx) error {
	d, err := a.doors.Archive.UndoForward(c.UserContext(), actorOf(c), documentOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, d)
}

func (a *API) forwardedDocuments(c *fiber.Ctx) error {
	items, next, err := a.doors.Archive.ForwardedDocuments(c.UserContext(), actorOf(c), border.Query(c, "cursor"), border.QueryInt(c, "limit", 0))
	if err != nil {
		return err
	}
	if items == nil {
		items = []archive.DocumentView{}
	}
	return send(c, fiber.StatusOK, page[archive.DocumentView]{Items: items, Next: next})
}

func (a *API) mailroomRules(c *fiber.Ctx) error {
	r, err := a.doors.Intake.Mailroom(c.UserContext(), actorOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, r)
}

func (a *API) postBook(c *fiber.Ctx) error {
	b, err := a.doors.Intake.PostBook(c.UserContext(), actorOf(c), border.Query(c, "day"), border.Query(c, "cursor"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, b)
}

func (a *API) enterPost(c *fiber.Ctx) error {
	var p ingest.NewPost
	if err := bind(c, &p, func() error { return a.doors.Intake.MayEnterPost(c.UserContext(), actorOf(c)) }); err != nil {
		return err
	}
	p.IdempotencyKey = border.Header(c, "Idempotency-Key")
	got, err := a.doors.Intake.EnterPost(c.UserContext(), actorOf(c), p)
	if err != nil {
		return err
	}
	return send(c, made(got.Repeated), got)
}

func (a *API) deliveryPlans(c *fiber.Ctx) error {
	items, err := a.doors.Admin.DeliveryPlans(c.UserContext(), actorOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, page[admin.ProviderPlan]{Items: items})
}

func (a *API) setDeliveryPlan(c *fiber.Ctx) error {
	var p record.DeliveryPlan
	if err := bind(c, &p, func() error { return a.doors.Admin.MayPlanDeliveries(c.UserContext(), actorOf(c)) }); err != nil {
		return err
	}
	if err := a.doors.Admin.SetDeliveryPlan(c.UserContext(), actorOf(c), p); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}
