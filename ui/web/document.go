package web

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
)

// document is the viewer on a page of its own.
func (w *Web) document(c *fiber.Ctx, s *session) error {
	at := addressOf(c, "q", "page", "hit", "zoom", "turn", "view")
	v, err := w.pane(c.UserContext(), s.actor, at, record.DocumentID(border.Param(c, "id")))
	if err != nil {
		return err
	}
	v.Whole, v.Again = true, border.Query(c, "again") != ""
	v.Undo = w.takeUndo(c, v.Doc.ID)
	f := w.frame(c, s)
	f.Title, f.Place, f.Query = title(f.L, v.Doc), "document", v.Q
	if onlyPane(c) {
		return w.render(c, fiber.StatusOK, panePiece(f, v))
	}
	return w.render(c, fiber.StatusOK, documentPage(f, v))
}

func (w *Web) pageImage(c *fiber.Ctx, s *session) error {
	img, err := w.doors.Archive.PageImage(c.UserContext(), s.actor, record.DocumentID(border.Param(c, "id")),
		border.ParamInt(c, "n"), border.QueryInt(c, "width", 0))
	if err != nil {
		return err
	}
	return border.SendImage(c, img)
}

func (w *Web) original(c *fiber.Ctx, s *session) error {
	content, err := w.doors.Archive.Original(c.UserContext(), s.actor, record.DocumentID(border.Param(c, "id")))
	if err != nil {
		return err
	}
	return border.SendContent(c, content)
}
