package web

import (
	"errors"
	"net/url"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ingest/inbox"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// followUpView is the form that wants a file or a document back on a day.
type followUpView struct {
	About   string // what it is about, in words
	Back    string // the address it is about
	Fields  url.Values
	Problem string
	Field   string
}

func (w *Web) newFollowUpPage(c *fiber.Ctx, s *session) error {
	return w.showFollowUp(c, s, fiber.StatusOK, followUpView{Fields: url.Values{"file": {border.Query(c, "file")},
		"document": {border.Query(c, "document")}, "transmission": {record.NewID()}}})
}

// showFollowUp asks for the file or document first: who may not see it gets
// no form about it.
func (w *Web) showFollowUp(c *fiber.Ctx, s *session, status int, v followUpView) error {
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("inbox.newtitle"), "newfollowup"
	if id := v.Fields.Get("document"); id != "" {
		d, err := w.doors.Archive.Document(c.UserContext(), s.actor, record.DocumentID(id))
		if err != nil {
			return err
		}
		v.About, v.Back = title(f.L, d), "/documents/"+id
		f.Here = pathFollowUps + "/new?document=" + escape(id)
	} else {
		file, err := w.doors.Archive.File(c.UserContext(), s.actor, v.Fields.Get("file"))
		if err != nil {
			return err
		}
		v.About, v.Back = fileTitle(file.Members, file.Number), "/files/"+string(file.ID)
		f.Here = pathFollowUps + "/new?file=" + escape(string(file.ID))
	}
	return w.render(c, status, newFollowUpPage(f, v))
}

func (w *Web) newFollowUp(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	v := followUpView{Fields: form}
	day, err := followUpDay(form.Get("date"), w.cfg.Clock.Now())
	var made inbox.Item
	if err == nil {
		made, _, err = w.doors.Inbox.AddFollowUp(c.UserContext(), s.actor, inbox.NewFollowUp{File: form.Get("file"),
			Document: record.DocumentID(form.Get("document")), Date: day, Note: form.Get("note"), IdempotencyKey: form.Get("transmission")})
	}
	switch {
	case err == nil:
		return c.Redirect(address{path: pathFollowUps, values: url.Values{}}.With("item", string(made.ID)), fiber.StatusSeeOther)
	case errors.Is(err, locale.ErrNoDate):
		v.Problem, v.Field = "inbox.nodate", "date"
	case errors.Is(err, record.Invalid):
		v.Field, v.Problem = border.FaultOf(err).Field, "inbox.baddate"
		if v.Field == "note" {
			v.Problem = "inbox.badnote"
		}
		if v.Field == "document" {
			v.Problem, v.Field = "inbox.unfiled", "date"
		}
	default:
		return err
	}
	return w.showFollowUp(c, s, fiber.StatusBadRequest, v)
}

func (v followUpView) problem(l *locale.Lang, field string) string {
	return problem(l, v.Problem, v.Field, field)
}
