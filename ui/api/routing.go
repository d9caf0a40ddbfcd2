package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ingest/sheet"
	"eakte/ui/border"
)

// AlsoFile names the file in which a document is filed as well.
type AlsoFile struct {
	File string `json:"file"` // id or number
}

// NewSlip asks for a return slip.
type NewSlip struct {
	Type string `json:"type"` // of what is expected back; may be empty
}

// Slip is a return slip: Text goes into its QR code.
type Slip struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

func (a *API) fileAlso(c *fiber.Ctx) error {
	var also AlsoFile
	id := record.DocumentID(border.Param(c, "id"))
	err := bind(c, &also, func() error { _, err := a.doors.Intake.FileAlso(c.UserContext(), actorOf(c), id, "", ""); return err })
	if err != nil {
		return err
	}
	receipt, err := a.doors.Intake.FileAlso(c.UserContext(), actorOf(c), id, also.File, border.Header(c, "Idempotency-Key"))
	if err != nil {
		return err
	}
	return send(c, made(receipt.Repeated), receipt)
}

func (a *API) unreserve(c *fiber.Ctx) error {
	if err := a.doors.Archive.Unreserve(c.UserContext(), actorOf(c), record.DocumentID(border.Param(c, "id"))); err != nil {
		return err
	}
	return c.SendStatus(fiber.StatusNoContent)
}

func (a *API) newSlip(c *fiber.Ctx) error {
	var n NewSlip
	err := bind(c, &n, func() error { return a.doors.Archive.MayPost(c.UserContext(), actorOf(c), string(fileOf(c))) })
	if err != nil {
		return err
	}
	code, repeated, err := a.doors.Archive.NewSlip(c.UserContext(), actorOf(c), string(fileOf(c)), n.Type, border.Header(c, "Idempotency-Key"))
	if err != nil {
		return err
	}
	return send(c, made(repeated), Slip{Code: code, Text: sheet.SlipText(code)})
}
