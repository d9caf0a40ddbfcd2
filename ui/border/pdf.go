package border

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

// PDFTexts are the words of a PDF in a language.
func PDFTexts(l *locale.Lang) archive.PDFTexts {
	return archive.PDFTexts{Heading: l.T("pdf.heading"), File: l.T("pdf.file"), Title: l.T("pdf.title"), Type: l.T("pdf.type"),
		Date: l.T("pdf.date"), Page: l.T("pdf.page"), Untitled: l.T("document.untitled"), Signed: l.T("pdf.signed"),
		Kind:    func(kind string) string { return l.Of("doctype", kind) },
		Day:     l.Day,
		Missing: func(s record.State) string { return l.Of("state", string(s)) }}
}

// SendPDF answers with a rendition, by range if asked, and says what it is.
func SendPDF(c *fiber.Ctx, pdf archive.PDF) error {
	c.Set("X-PDF-Conformance", "PDF/A-"+pdf.Level)
	if pdf.Signed {
		c.Set("X-Original-Signed", "true")
	}
	return SendContent(c, pdf.Content)
}
