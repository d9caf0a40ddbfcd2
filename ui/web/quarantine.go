package web

import (
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
)

// quarantineView is what could not be read.
type quarantineView struct {
	At    address
	Page  archive.QuarantinePage
	Again bool // one was just sent to be read once more
}

func (w *Web) quarantine(c *fiber.Ctx, s *session) error {
	v := quarantineView{At: addressOf(c, "cursor"), Again: border.Query(c, "again") != ""}
	var err error
	if v.Page, err = w.doors.Archive.Quarantined(c.UserContext(), s.actor, v.At.Get("cursor"), 0); err != nil {
		return err
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("quarantine.title"), "quarantine"
	return w.render(c, fiber.StatusOK, quarantinePage(f, v))
}

// readAgain has a document read once more and goes back to where that was asked.
func (w *Web) readAgain(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id := record.DocumentID(border.Param(c, "id"))
	err = w.doors.Archive.ReadAgain(c.UserContext(), s.actor, id)
	if err != nil && !errors.Is(err, record.Conflict) { // somebody was faster: the list says where it stands
		return err
	}
	switch form.Get("from") {
	case "receipt":
		return c.Redirect(receiptAddress(id), fiber.StatusSeeOther)
	case "document":
		return c.Redirect("/documents/"+string(id)+"?again=1", fiber.StatusSeeOther)
	}
	return c.Redirect("/quarantine?again=1", fiber.StatusSeeOther)
}

// receipt shows a document as who handed it in may follow it: where it stands,
// never what is in it.
func (w *Web) receipt(c *fiber.Ctx, s *session) error {
	d, err := w.doors.Archive.Document(c.UserContext(), s.actor, record.DocumentID(border.Param(c, "id")))
	if err != nil {
		return err
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("receipt.title"), "receipt"
	return w.render(c, fiber.StatusOK, receiptPage(f, d))
}

func receiptAddress(id record.DocumentID) string { return "/receipts/" + string(id) }

// handedAddress is where a document that somebody handed in leads: to the
// document, or to its receipt for who may not read it.
func handedAddress(d archive.DocumentView) string {
	if slices.Contains(d.Can, "read") {
		return "/documents/" + string(d.ID)
	}
	return receiptAddress(d.ID)
}

// readAgainHelps says whether reading it once more may end otherwise: the cause
// was the machine or the moment, not the document.
func readAgainHelps(reason string) bool {
	return slices.Contains([]string{"timeout", "memory", "crashed", "machine", "malware", "unchecked"}, reason)
}
