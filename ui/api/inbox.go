package api

import (
	"context"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ingest/inbox"
	"eakte/ui/border"
)

// Assignment is the body of assigning an item.
type Assignment struct {
	User string `json:"user"` // sign-in name
}

// FollowUp is the body of putting an item off.
type FollowUp struct {
	Date string `json:"date"` // YYYY-MM-DD
	Note string `json:"note"`
}

// step are the parameters of every change to an item.
func step() []param {
	return []param{{name: "version", about: "of the item as it was seen; 409 if it has changed since", kind: "integer"}, idempotency()}
}

func itemOf(c *fiber.Ctx) record.ItemID { return record.ItemID(border.Param(c, "id")) }

func stepOf(c *fiber.Ctx) inbox.Step {
	return inbox.Step{Version: int64(border.QueryInt(c, "version", 0)), IdempotencyKey: border.Header(c, "Idempotency-Key")}
}

func queryOf(c *fiber.Ctx) inbox.Query {
	return inbox.Query{Queue: border.Query(c, "queue"), User: border.Query(c, "user"), Cursor: border.Query(c, "cursor"),
		Limit: border.QueryInt(c, "limit", 0)}
}

func (a *API) inbox(c *fiber.Ctx) error { return a.items(c, a.doors.Inbox.List) }

func (a *API) followUps(c *fiber.Ctx) error { return a.items(c, a.doors.Inbox.FollowUps) }

func (a *API) items(c *fiber.Ctx, list func(context.Context, record.Actor, inbox.Query) (inbox.Page, error)) error {
	p, err := list(c.UserContext(), actorOf(c), queryOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(p.Items, p.Next))
}

func (a *API) takeItem(c *fiber.Ctx) error { return a.step(c, a.doors.Inbox.Take) }

func (a *API) finishItem(c *fiber.Ctx) error { return a.step(c, a.doors.Inbox.Finish) }

func (a *API) reopenItem(c *fiber.Ctx) error { return a.step(c, a.doors.Inbox.Reopen) }

func (a *API) step(c *fiber.Ctx, do func(context.Context, record.Actor, record.ItemID, inbox.Step) (inbox.Item, error)) error {
	i, err := do(c.UserContext(), actorOf(c), itemOf(c), stepOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, i)
}

func (a *API) assignItem(c *fiber.Ctx) error {
	var body Assignment
	if err := bind(c, &body, a.mayKnowItem(c)); err != nil {
		return err
	}
	i, err := a.doors.Inbox.Assign(c.UserContext(), actorOf(c), itemOf(c), body.User, stepOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, i)
}

func (a *API) putOffItem(c *fiber.Ctx) error {
	var body FollowUp
	if err := bind(c, &body, a.mayKnowItem(c)); err != nil {
		return err
	}
	i, err := a.doors.Inbox.FollowUp(c.UserContext(), actorOf(c), itemOf(c), body.Date, body.Note, stepOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, i)
}

func (a *API) mayKnowItem(c *fiber.Ctx) func() error {
	return func() error {
		_, err := a.doors.Inbox.Item(c.UserContext(), actorOf(c), itemOf(c))
		return err
	}
}

func (a *API) addFollowUp(c *fiber.Ctx) error {
	var n inbox.NewFollowUp
	actor := actorOf(c)
	if err := bind(c, &n, func() error {
		_, err := a.doors.Inbox.FollowUps(c.UserContext(), actor, inbox.Query{Limit: 1})
		return err
	}); err != nil {
		return err
	}
	n.IdempotencyKey = border.Header(c, "Idempotency-Key")
	i, repeated, err := a.doors.Inbox.AddFollowUp(c.UserContext(), actor, n)
	if err != nil {
		return err
	}
	return send(c, made(repeated), i)
}
