package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
)

func (a *API) findFiles(c *fiber.Ctx) error {
	found, err := a.doors.Archive.FindFiles(c.UserContext(), actorOf(c), archive.FileQuery{
		Number: border.Query(c, "number"), Q: border.Query(c, "q"),
		Cursor: border.Query(c, "cursor"), Limit: border.QueryInt(c, "limit", 0)})
	if err != nil {
		return err
	}
	if found.Items == nil {
		found.Items = []archive.FileHit{}
	}
	return send(c, fiber.StatusOK, found)
}

func (a *API) createFile(c *fiber.Ctx) error {
	var n archive.NewFile
	actor := actorOf(c)
	if err := bind(c, &n, func() error {
		_, err := a.doors.Archive.CreateFile(c.UserContext(), actor, archive.NewFile{}) // never created: it has no number
		return err
	}); err != nil {
		return err
	}
	n.IdempotencyKey = border.Header(c, "Idempotency-Key")
	f, err := a.doors.Archive.CreateFile(c.UserContext(), actor, n)
	if err != nil {
		return err
	}
	c.Location(Prefix + "/files/" + string(f.ID))
	return send(c, made(f.Repeated), f)
}

func (a *API) file(c *fiber.Ctx) error {
	f, err := a.doors.Archive.File(c.UserContext(), actorOf(c), border.Param(c, "id"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, f)
}

func (a *API) fileDocuments(c *fiber.Ctx) error {
	docs, err := a.doors.Archive.FileDocuments(c.UserContext(), actorOf(c), record.FileID(border.Param(c, "id")),
		border.Query(c, "cursor"), border.QueryInt(c, "limit", 0))
	if err != nil {
		return err
	}
	for _, list := range []*[]archive.DocumentView{&docs.Items, &docs.Expected} {
		if *list == nil {
			*list = []archive.DocumentView{}
		}
	}
	return send(c, fiber.StatusOK, docs)
}
