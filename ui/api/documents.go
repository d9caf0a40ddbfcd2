package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
)

func documentOf(c *fiber.Ctx) record.DocumentID { return record.DocumentID(border.Param(c, "id")) }

func (a *API) document(c *fiber.Ctx) error {
	d, err := a.doors.Archive.Document(c.UserContext(), actorOf(c), documentOf(c))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, d)
}

func (a *API) changeDocument(c *fiber.Ctx) error {
	var ch archive.DocumentChange
	if err := bind(c, &ch, func() error {
		_, err := a.doors.Archive.Document(c.UserContext(), actorOf(c), documentOf(c))
		return err
	}); err != nil {
		return err
	}
	ch.IdempotencyKey = border.Header(c, "Idempotency-Key")
	d, err := a.doors.Archive.ChangeDocument(c.UserContext(), actorOf(c), documentOf(c), ch)
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, d)
}

func (a *API) original(c *fiber.Ctx) error {
	content, err := a.doors.Archive.Original(c.UserContext(), actorOf(c), documentOf(c))
	if err != nil {
		return err
	}
	return border.SendContent(c, content)
}

func (a *API) pageImage(c *fiber.Ctx) error {
	img, err := a.doors.Archive.PageImage(c.UserContext(), actorOf(c), documentOf(c),
		border.ParamInt(c, "n"), border.QueryInt(c, "width", 0))
	if err != nil {
		return err
	}
	return border.SendImage(c, img)
}

func (a *API) pageWords(c *fiber.Ctx) error {
	words, err := a.doors.Archive.PageWords(c.UserContext(), actorOf(c), documentOf(c), border.ParamInt(c, "n"))
	if err != nil {
		return err
	}
	if words.Words == nil {
		words.Words = []record.Word{}
	}
	if words.Codes == nil { // of a page read before codes were
		words.Codes = []record.Code{}
	}
	return send(c, fiber.StatusOK, words)
}
