package api

import (
	"strings"
	"sync"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// Selection names documents of a file, in the order wanted; none means all.
type Selection struct {
	Documents []record.DocumentID `json:"documents"`
}

// languages are loaded with the first PDF that needs words.
var languages = sync.OnceValues(locale.Load)

// pdfTexts are in the language asked for by lang, German if none is.
func pdfTexts(c *fiber.Ctx) (archive.PDFTexts, error) {
	all, err := languages()
	if err != nil {
		return archive.PDFTexts{}, err
	}
	lang := border.Query(c, "lang")
	if lang != locale.English {
		lang = locale.German
	}
	return border.PDFTexts(all.Lang(lang)), nil
}

func (a *API) documentPDF(c *fiber.Ctx) error {
	texts, err := pdfTexts(c)
	if err != nil {
		return err
	}
	pdf, err := a.doors.Archive.PDF(c.UserContext(), actorOf(c), documentOf(c), texts)
	if err != nil {
		return err
	}
	return border.SendPDF(c, pdf)
}

// filePDF takes the selection from the address.
func (a *API) filePDF(c *fiber.Ctx) error {
	var s Selection
	for _, id := range strings.Split(border.Query(c, "documents"), ",") {
		if id = strings.TrimSpace(id); id != "" {
			s.Documents = append(s.Documents, record.DocumentID(id))
		}
	}
	return a.sendFilePDF(c, s)
}

// chosenPDF takes the selection from the body, which may be longer.
func (a *API) chosenPDF(c *fiber.Ctx) error {
	var s Selection
	if err := bind(c, &s, func() error {
		_, err := a.doors.Archive.File(c.UserContext(), actorOf(c), border.Param(c, "id"))
		return err
	}); err != nil {
		return err
	}
	return a.sendFilePDF(c, s)
}

func (a *API) sendFilePDF(c *fiber.Ctx, s Selection) error {
	texts, err := pdfTexts(c)
	if err != nil {
		return err
	}
	pdf, err := a.doors.Archive.FilePDF(c.UserContext(), actorOf(c), record.FileID(border.Param(c, "id")), s.Documents, texts)
	if err != nil {
		return err
	}
	return border.SendPDF(c, pdf)
}
