package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
)

// Starts is the body of dividing a document.
type Starts struct {
	Starts []int `json:"starts"` // pages, from 2 up, at which a new document begins
}

// Together is the body of putting documents together.
type Together struct {
	Documents []record.DocumentID `json:"documents"` // in their order
}

// Merged names the undertaking, which is carried out by and by.
type Merged struct {
	ID string `json:"id"`
}

func (a *API) splitDocument(c *fiber.Ctx) error {
	var s Starts
	if err := bind(c, &s, func() error {
		_, err := a.doors.Archive.Document(c.UserContext(), actorOf(c), documentOf(c))
		return err
	}); err != nil {
		return err
	}
	if err := a.doors.Splitter.ByHand(c.UserContext(), actorOf(c), documentOf(c), s.Starts, border.Header(c, "Idempotency-Key")); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusAccepted)
}

func (a *API) mergeDocuments(c *fiber.Ctx) error {
	var t Together
	if err := bind(c, &t, func() error { return a.doors.Merger.MayMerge(c.UserContext(), actorOf(c)) }); err != nil {
		return err
	}
	id, err := a.doors.Merger.Merge(c.UserContext(), actorOf(c), t.Documents, border.Header(c, "Idempotency-Key"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusAccepted, Merged{ID: id})
}
