package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
)

// handedView is the receipt for what somebody handed in, to be printed.
type handedView struct {
	House    string
	Receipts []archive.Receipt
	PDF      string // where the same is as PDF
	Back     string // where to go on
	BackText string // a key of ui/locale
}

func (w *Web) mountReceipts(app *fiber.App, in func(page) fiber.Handler) {
	app.Get("/documents/:id/receipt", in(w.handed))
	app.Get("/documents/:id/receipt.pdf", in(w.handedPDF))
	app.Get("/deliveries/:id/receipt.pdf", in(w.deliveryPDF))
}

func handedReceipt(id record.DocumentID) string { return "/documents/" + string(id) + "/receipt" }

func (w *Web) handed(c *fiber.Ctx, s *session) error {
	id := record.DocumentID(border.Param(c, "id"))
	r, err := w.doors.Archive.Receipt(c.UserContext(), s.actor, id)
	if err != nil {
		return err
	}
	return w.showHanded(c, s, handedView{Receipts: []archive.Receipt{r}, PDF: handedReceipt(id) + ".pdf",
		Back: receiptAddress(id), BackText: "handed.follow"})
}

func (w *Web) showHanded(c *fiber.Ctx, s *session, v handedView) error {
	f := w.frame(c, s)
	f.Title, f.Place, v.House = f.L.T("handed.title"), "receipt", w.doors.House
	return w.render(c, fiber.StatusOK, handedPage(f, v))
}

func (w *Web) handedPDF(c *fiber.Ctx, s *session) error {
	r, err := w.doors.Archive.Receipt(c.UserContext(), s.actor, record.DocumentID(border.Param(c, "id")))
	if err != nil {
		return err
	}
	return w.sendReceipts(c, r)
}

func (w *Web) sendReceipts(c *fiber.Ctx, all ...archive.Receipt) error {
	pdf, err := border.ReceiptPDF(c.UserContext(), w.bare(c).L, w.doors.House, all...)
	if err != nil {
		return err
	}
	return border.SendPDF(c, pdf)
}

func (w *Web) deliveryPDF(c *fiber.Ctx, s *session) error {
	r, err := w.doors.Delivery.ReceiptOf(c.UserContext(), s.actor, border.Param(c, "id"))
	if err != nil {
		return err
	}
	pdf, err := border.DeliveryPDF(c.UserContext(), w.bare(c).L, w.doors.House, r)
	if err != nil {
		return err
	}
	return border.SendPDF(c, pdf)
}

// receiptsOf reads the receipts of documents that the address names, separated
// by commas.
func (w *Web) receiptsOf(c *fiber.Ctx, s *session) ([]archive.Receipt, error) {
	var all []archive.Receipt
	for _, id := range strings.Split(border.Query(c, "documents"), ",") {
		if id = strings.TrimSpace(id); id == "" {
			continue
		}
		if len(all) == documentsAtOnce {
			return nil, record.Bad("documents", "are more than %d", documentsAtOnce)
		}
		r, err := w.doors.Archive.Receipt(c.UserContext(), s.actor, record.DocumentID(id))
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	if len(all) == 0 {
		return nil, record.Missing()
	}
	return all, nil
}
