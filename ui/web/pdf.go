package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
)

// documentPDF is a document's pages as PDF/A.
func (w *Web) documentPDF(c *fiber.Ctx, s *session) error {
	pdf, err := w.doors.Archive.PDF(c.UserContext(), s.actor, record.DocumentID(border.Param(c, "id")), border.PDFTexts(w.frame(c, s).L))
	if err != nil {
		return err
	}
	return border.SendPDF(c, pdf)
}

// filePDF is a whole file, or the documents that the address names, as one PDF/A.
func (w *Web) filePDF(c *fiber.Ctx, s *session) error {
	var chosen []record.DocumentID
	if list := border.Query(c, "documents"); list != "" {
		for _, id := range strings.Split(list, ",") {
			chosen = append(chosen, record.DocumentID(id))
		}
	}
	pdf, err := w.doors.Archive.FilePDF(c.UserContext(), s.actor, record.FileID(border.Param(c, "id")), chosen, border.PDFTexts(w.frame(c, s).L))
	if err != nil {
		return err
	}
	return border.SendPDF(c, pdf)
}
