package web

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
)

// refileView is the page on which a document is put into another file.
type refileView struct {
	Doc     archive.DocumentView
	Find    string
	Found   []archive.FileHit
	Why     string
	Problem string // a key of ui/locale
}

func (w *Web) refilePage(c *fiber.Ctx, s *session) error {
	return w.showRefile(c, s, fiber.StatusOK, refileView{Find: strings.TrimSpace(border.Query(c, "find")), Why: border.Query(c, "why")})
}

func (w *Web) showRefile(c *fiber.Ctx, s *session, status int, v refileView) error {
	ctx := c.UserContext()
	var err error
	if v.Doc, err = w.doors.Archive.Document(ctx, s.actor, record.DocumentID(border.Param(c, "id"))); err != nil {
		return err
	}
	if v.Why == "" {
		v.Why = archive.WhyMisfiled
	}
	if v.Find != "" {
		page, err := w.doors.Archive.FindFiles(ctx, s.actor, archive.FileQuery{Q: v.Find, Limit: filesOffered})
		if err != nil && !errors.Is(err, record.Denied) {
			return err
		}
		for _, h := range postable(page.Items) {
			if v.Doc.File == nil || h.ID != v.Doc.File.ID {
				v.Found = append(v.Found, h)
			}
		}
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("refile.title"), "refile"
	f.Here = "/documents/" + string(v.Doc.ID) + "/refile"
	return w.render(c, status, refileShown(f, v))
}

// refile puts the document into another file, and shows the one it was taken out
// of, where that can be taken back.
func (w *Web) refile(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id := record.DocumentID(border.Param(c, "id"))
	before, err := w.doors.Archive.Document(c.UserContext(), s.actor, id)
	if err != nil {
		return err
	}
	to, why := strings.TrimSpace(form.Get("file")), form.Get("why")
	change := archive.DocumentChange{File: &to, Why: &why}
	if before.File == nil {
		change.Why = nil
	}
	d, err := w.doors.Archive.ChangeDocument(c.UserContext(), s.actor, id, change)
	switch {
	case errors.Is(err, record.NotFound):
		return w.showRefile(c, s, fiber.StatusNotFound, refileView{Find: to, Why: why, Problem: "change.nofile"})
	case errors.Is(err, record.Invalid):
		return w.showRefile(c, s, fiber.StatusBadRequest, refileView{Find: to, Why: why, Problem: "change.invalid"})
	case err != nil:
		return err
	}
	back := pathClearing
	if before.File != nil {
		back = "/files/" + string(before.File.ID)
	}
	u := filedUndo{Document: id, Along: len(d.Moved)}
	if d.File != nil {
		u.File = d.File.Number
	}
	if err := w.giveFiledUndo(c, back, u); err != nil {
		return err
	}
	return c.Redirect(back, fiber.StatusSeeOther)
}

// traceView is who saw what was taken out of a file.
type traceView struct {
	File  record.FileID
	Trace archive.TraceView
	All   []archive.Trace
}

func (w *Web) tracesPage(c *fiber.Ctx, s *session) error {
	v := traceView{File: record.FileID(border.Param(c, "id"))}
	var err error
	if v.All, err = w.doors.Archive.Traces(c.UserContext(), s.actor, v.File); err != nil {
		return err
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("trace.title"), "trace"
	return w.render(c, fiber.StatusOK, tracesShown(f, v))
}

func (w *Web) tracePage(c *fiber.Ctx, s *session) error {
	v := traceView{File: record.FileID(border.Param(c, "id"))}
	var err error
	if v.Trace, err = w.doors.Archive.Trace(c.UserContext(), s.actor, v.File, border.Param(c, "trace")); err != nil {
		return err
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("trace.seen"), "trace"
	return w.render(c, fiber.StatusOK, traceShown(f, v))
}
