package api

import (
	"github.com/gofiber/fiber/v2"

	"eakte/ui/border"
	"eakte/ui/locale"
)

// langOf is the language asked for by lang, German if none is.
func langOf(c *fiber.Ctx) (*locale.Lang, error) {
	all, err := languages()
	if err != nil {
		return nil, err
	}
	return all.Lang(border.Query(c, "lang")), nil
}

func (a *API) receipt(c *fiber.Ctx) error {
	r, err := a.doors.Archive.Receipt(c.UserContext(), actorOf(c), documentOf(c))
	if err != nil {
		return err
	}
	r.House = a.doors.House
	return send(c, fiber.StatusOK, r)
}

func (a *API) receiptPDF(c *fiber.Ctx) error {
	r, err := a.doors.Archive.Receipt(c.UserContext(), actorOf(c), documentOf(c))
	if err != nil {
		return err
	}
	l, err := langOf(c)
	if err != nil {
		return err
	}
	pdf, err := border.ReceiptPDF(c.UserContext(), l, a.doors.House, r)
	if err != nil {
		return err
	}
	return border.SendPDF(c, pdf)
}

func (a *API) deliveryReceipt(c *fiber.Ctx) error {
	r, err := a.doors.Delivery.ReceiptOf(c.UserContext(), actorOf(c), border.Param(c, "id"))
	if err != nil {
		return err
	}
	return send(c, fiber.StatusOK, r)
}

func (a *API) deliveryReceiptPDF(c *fiber.Ctx) error {
	r, err := a.doors.Delivery.ReceiptOf(c.UserContext(), actorOf(c), border.Param(c, "id"))
	if err != nil {
		return err
	}
	l, err := langOf(c)
	if err != nil {
		return err
	}
	pdf, err := border.DeliveryPDF(c.UserContext(), l, a.doors.House, r)
	if err != nil {
		return err
	}
	return border.SendPDF(c, pdf)
}
