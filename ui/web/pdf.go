package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
)

// pickForm is the id of the form that the tick boxes of a file belong to.
const pickForm = "picked"

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
	return w.sendFilePDF(c, s, chosen)
}

// chosenPDF is the ticked documents of a file as one PDF/A, in the order of
// the register. None ticked is no wish for all of them.
func (w *Web) chosenPDF(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	var chosen []record.DocumentID
	for _, id := range form["documents"] {
		chosen = append(chosen, record.DocumentID(id))
	}
	if len(chosen) == 0 {
		return c.Redirect("/files/"+border.Param(c, "id")+"?picked=none", fiber.StatusSeeOther)
	}
	return w.sendFilePDF(c, s, chosen)
}

func (w *Web) sendFilePDF(c *fiber.Ctx, s *session, chosen []record.DocumentID) error {
	pdf, err := w.doors.Archive.FilePDF(c.UserContext(), s.actor, record.FileID(border.Param(c, "id")), chosen, border.PDFTexts(w.frame(c, s).L))
	if err != nil {
		return err
	}
	return border.SendPDF(c, pdf)
}
