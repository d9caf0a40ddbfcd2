package ui

import (
	"bytes"
	"crypto/subtle"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
)

// assetPath is where the built assets lie.
const assetPath = "/assets/"

// machines mounts what a supervisor asks, without sign-in and without detail:
// livez says that the process answers, readyz that it can serve.
func (a *App) machines() {
	a.fiber.Get("/livez", func(c *fiber.Ctx) error { return plain(c, "ok\n") })
	a.fiber.Get("/readyz", func(c *fiber.Ctx) error {
		if err := a.admin.Ready(c.UserContext()); err != nil {
			if record.CategoryOf(err) != nil {
				return err
			}
			return record.Down("The appliance", err)
		}
		return plain(c, "ready\n")
	})
	if a.count != nil {
		a.fiber.Get("/metrics", a.metrics)
	}
}

// metrics are for programs on this machine and for who brings the token. What
// a proxy on this machine forwards comes from elsewhere.
func (a *App) metrics(c *fiber.Ctx) error {
	near := c.Context().RemoteIP().IsLoopback() && c.Get(fiber.HeaderXForwardedFor) == "" && c.Get(fiber.HeaderForwarded) == ""
	if !near && !a.bearsToken(c) {
		return &record.Error{Category: record.Unauthenticated, Message: "Only programs on this machine may read this without a token.",
			Hint: "Set metrics.token (EAKTE_METRICS_TOKEN_FILE) and send it as Authorization: Bearer."}
	}
	var b bytes.Buffer
	if err := a.count.Write(&b); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/plain; version=0.0.4; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.Send(b.Bytes())
}

func (a *App) bearsToken(c *fiber.Ctx) bool {
	given, ok := strings.CutPrefix(c.Get(fiber.HeaderAuthorization), "Bearer ")
	return ok && a.token != "" && subtle.ConstantTimeCompare([]byte(given), []byte(a.token)) == 1
}

func plain(c *fiber.Ctx, text string) error {
	c.Set(fiber.HeaderContentType, "text/plain; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "no-store")
	return c.SendString(text)
}

// asset sends a built asset. Its name holds a hash of its content.
func (a *App) asset(c *fiber.Ctx) error {
	file, ok := a.assets.Open(border.Param(c, "name"))
	if !ok {
		return fiber.ErrNotFound
	}
	c.Set(fiber.HeaderContentType, file.Type)
	c.Set(fiber.HeaderCacheControl, "public, max-age=31536000, immutable")
	if file.Gzip != nil {
		c.Vary(fiber.HeaderAcceptEncoding)
		if c.Get(fiber.HeaderAcceptEncoding) != "" && c.AcceptsEncodings("gzip") == "gzip" {
			c.Set(fiber.HeaderContentEncoding, "gzip")
			return c.Send(file.Gzip)
		}
	}
	return c.Send(file.Body)
}
