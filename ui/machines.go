package ui

import (
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
