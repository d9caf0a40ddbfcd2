package ui

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/ui/api"
	"eakte/ui/border"
)

// fail is the one place where an error becomes an answer: JSON below /api and
// for machines, a page for people. What the error itself says goes to the log.
func (a *App) fail(c *fiber.Ctx, err error) error {
	f := border.FaultOf(err)
	if border.RequestID(c) == "" { // refused by the server before any handler ran: what was asked is not known
		secure(c, border.Begin(c))
		c.Context().SetConnectionClose()
		return api.Fail(c, f)
	}
	c.Response().ResetBody()
	for _, h := range []string{fiber.HeaderETag, fiber.HeaderContentRange, fiber.HeaderAcceptRanges, fiber.HeaderContentDisposition} {
		c.Response().Header.Del(h)
	}
	if forMachines(c.Path()) {
		return api.Fail(c, f)
	}
	return a.web.Fail(c, f)
}

// forMachines says whether a path is asked by programs.
func forMachines(path string) bool {
	switch path {
	case "/livez", "/readyz", "/metrics":
		return true
	}
	return path == "/api" || strings.HasPrefix(path, "/api/")
}
