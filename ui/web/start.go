package web

import "github.com/gofiber/fiber/v2"

// start is the first page: search, since nobody has an inbox yet.
func (w *Web) start(c *fiber.Ctx, s *session) error {
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("start.title"), "start"
	return w.render(c, fiber.StatusOK, startPage(f))
}
