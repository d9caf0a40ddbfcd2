package api

import (
	"strconv"

	"github.com/gofiber/fiber/v2"

	"eakte/ui/border"
)

// NewRules is a new version of the rules of a kind.
type NewRules struct {
	Body   string `json:"body"`   // JSON, as the version's body
	Reason string `json:"reason"` // why it is made
}

// TryRules says on which day's post rules are tried.
type TryRules struct {
	Day string `json:"day"` // YYYY-MM-DD; empty: the last day that had any, and those before it while there are too few
}

func (a *API) rules(c *fiber.Ctx) error {
	list, err := a.doors.Admin.Rules(c.UserContext(), actorOf(c), border.Param(c, "kind"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, ""))
}

// ruleVersion reads the number of a version; one that is none is no version.
func ruleVersion(c *fiber.Ctx) int64 {
	n, err := strconv.ParseInt(border.Param(c, "version"), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (a *API) ruleVersion(c *fiber.Ctx) error {
	v, err := a.doors.Admin.RuleVersion(c.UserContext(), actorOf(c), border.Param(c, "kind"), ruleVersion(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, v)
}

func (a *API) draftRules(c *fiber.Ctx) error {
	var n NewRules
	if err := bind(c, &n, a.mayRules(c)); err != nil {
		return err
	}
	v, err := a.doors.Admin.DraftRules(c.UserContext(), actorOf(c), border.Param(c, "kind"), n.Body, n.Reason, border.Header(c, "Idempotency-Key"))
	if err != nil {
		return err
	}
	return send(c, made(v.Repeated), v)
}

func (a *API) simulateRules(c *fiber.Ctx) error {
	var t TryRules
	if err := bind(c, &t, a.mayRules(c)); err != nil {
		return err
	}
	s, err := a.doors.Admin.SimulateRules(c.UserContext(), actorOf(c), border.Param(c, "kind"), ruleVersion(c), t.Day)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, s)
}

func (a *API) activateRules(c *fiber.Ctx) error {
	v, err := a.doors.Admin.ActivateRules(c.UserContext(), actorOf(c), border.Param(c, "kind"), ruleVersion(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, v)
}

func (a *API) corrections(c *fiber.Ctx) error {
	list, err := a.doors.Admin.Corrections(c.UserContext(), actorOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, ""))
}

func (a *API) documentTypes(c *fiber.Ctx) error {
	list, err := a.doors.Admin.DocumentTypes(c.UserContext(), actorOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, listOf(list, ""))
}

// mayRules asks the door whether the asker may change rules at all, before the
// body is looked at.
func (a *API) mayRules(c *fiber.Ctx) func() error {
	return func() error { return a.doors.Admin.MayChangeRules(c.UserContext(), actorOf(c)) }
}
