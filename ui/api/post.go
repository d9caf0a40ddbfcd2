package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ingest"
	"eakte/ui/border"
)

// post takes one document in. Its bytes go from the connection straight into
// the intake's spool; the answer is given when they are stored and verified.
func (a *API) post(c *fiber.Ctx) error {
	body, err := border.BodyOf(c, a.maxUpload)
	if err != nil {
		return err
	}
	receipt, err := a.doors.Intake.Accept(c.UserContext(), actorOf(c), ingest.Submission{
		File:           border.Query(c, "file"),
		Type:           border.Query(c, "type"),
		Direction:      record.Direction(border.Query(c, "direction")),
		Received:       border.Query(c, "received"),
		Dated:          border.Query(c, "dated"),
		Title:          border.Query(c, "title"),
		Name:           border.NameOf(border.Header(c, fiber.HeaderContentDisposition)),
		IdempotencyKey: border.Header(c, "Idempotency-Key"),
		Event:          border.Query(c, "event"),
		Channel:        "api",
		Body:           body,
		Size:           body.Size(),
	})
	if err != nil {
		return err
	}
	if receipt.IdenticalTo == nil {
		receipt.IdenticalTo = []record.DocumentID{}
	}
	c.Location(Prefix + "/documents/" + string(receipt.Document))
	return send(c, made(receipt.Repeated), receipt)
}
