package web

import (
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	separator "eakte/ingest/sheet"
)

// sheetView is one separator sheet to print.
type sheetView struct {
	Number  string // of the file, as typed; empty: the sheet only separates
	Problem string // a key of ui/locale: what is wrong with the number
	Code    string // its QR code, a path of SVG
	Modules int    // side of the code, white round it included
}

// sheets shows the sheet that separates and nothing else.
func (w *Web) sheets(c *fiber.Ctx, s *session) error {
	return w.showSheet(c, s, fiber.StatusOK, sheetView{})
}

// sheetFor shows one that names a file. The number comes in a form's body and
// never stands in an address: addresses are logged and kept by browsers.
// Nothing is looked up, so the sheet tells nobody whether there is such a file.
func (w *Web) sheetFor(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	v := sheetView{Number: strings.TrimSpace(form.Get("number"))}
	if _, err := (separator.Separator{File: v.Number}).Text(); err != nil {
		v.Problem = "sheet.badnumber"
		return w.showSheet(c, s, fiber.StatusUnprocessableEntity, v)
	}
	return w.showSheet(c, s, fiber.StatusOK, v)
}

func (w *Web) showSheet(c *fiber.Ctx, s *session, status int, v sheetView) error {
	if !s.profile.May["upload"] {
		return &record.Error{Category: record.Denied, Message: "Your roles do not let you hand documents in."}
	}
	if v.Problem == "" {
		text, err := separator.Separator{File: v.Number}.Text()
		if err != nil {
			return err
		}
		if v.Code, v.Modules, err = separator.QR(text); err != nil {
			return err
		}
	}
	f := w.frame(c, s)
	f.Title, f.Place, f.Here = f.L.T("sheet.title"), "sheets", "/sheets"
	return w.render(c, status, sheetPage(f, v))
}

// The sheet is A4 in hundredths of an inch, the unit of patch codes.
const (
	sheetWidth  = 827
	sheetHeight = 1169
	patchIn     = 40  // from the edge to the patch
	patchLong   = 320 // of each patch along its edge
	codeSide    = 200
)

// patchAt is where a patch that lies at the upper edge is drawn at each edge.
func patchAt() []string {
	left := strconv.Itoa((sheetWidth - patchLong) / 2)
	top := strconv.Itoa((sheetHeight - patchLong) / 2)
	return []string{
		"translate(" + left + " 0)",
		"translate(" + strconv.Itoa(sheetWidth) + " " + strconv.Itoa(sheetHeight) + ") rotate(180) translate(" + left + " 0)",
		"translate(0 " + strconv.Itoa(sheetHeight) + ") rotate(-90) translate(" + top + " 0)",
		"translate(" + strconv.Itoa(sheetWidth) + " 0) rotate(90) translate(" + top + " 0)",
	}
}

func sheetProblem(f Frame, v sheetView) string {
	if v.Problem == "" {
		return ""
	}
	return f.L.T(v.Problem)
}

func sheetLabel(f Frame, v sheetView) string {
	if v.Number == "" {
		return f.L.T("sheet.heading") + ": " + f.L.T("sheet.says")
	}
	return f.L.T("sheet.heading") + ": " + v.Number
}
