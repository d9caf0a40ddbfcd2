package web

import (
	"errors"
	"net/url"
	"slices"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest"
	"eakte/ingest/mailroom"
	"eakte/ui/border"
	"eakte/ui/locale"
)

func (w *Web) mountMailroom(app *fiber.App, in func(page) fiber.Handler) {
	app.Get("/mailroom", in(w.mailroom))
	app.Get("/mailroom/book", in(w.postBook))
	app.Post("/mailroom/book", in(w.enterPost))
	app.Get("/mailroom/forwarded", in(w.forwardedList))
	app.Get("/documents/:id/forward", in(w.forwardPage))
	app.Post("/documents/:id/forward", in(w.forward))
	app.Post("/documents/:id/forward/undo", in(w.undoForward))
	app.Get("/documents/:id/cover-note", in(w.coverNote))
}

// mailroom shows the rules to everybody who works here.
func (w *Web) mailroom(c *fiber.Ctx, s *session) error {
	rules, err := w.doors.Intake.Mailroom(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("mailroom.title"), "mailroom"
	return w.render(c, fiber.StatusOK, mailroomPage(f, rules))
}

// bookView is the post book of a day, and the form of a new entry.
type bookView struct {
	ingest.PostBook
	At           address
	Rules        mailroom.Rules
	Fields       url.Values
	Problem      string
	Field        string
	Transmission string
	Entered      bool
}

func (w *Web) postBook(c *fiber.Ctx, s *session) error {
	return w.showBook(c, s, fiber.StatusOK, bookView{Entered: border.Query(c, "entered") != ""})
}

func (w *Web) showBook(c *fiber.Ctx, s *session, status int, v bookView) error {
	day, err := locale.ParseDate(border.Query(c, "day"), w.cfg.Clock.Now())
	if err != nil {
		day = ""
	}
	v.At, v.Transmission = addressOf(c, "day", "cursor"), record.NewID()
	if v.PostBook, err = w.doors.Intake.PostBook(c.UserContext(), s.actor, day, v.At.Get("cursor")); err != nil {
		return err
	}
	rules, err := w.doors.Intake.Mailroom(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	v.Rules = rules.Rules
	f := w.frame(c, s)
	f.Title, f.Place, f.Here = f.L.T("mailroom.book"), "mailroom", "/mailroom/book"
	return w.render(c, status, postBookPage(f, v))
}

func (w *Web) enterPost(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	_, err = w.doors.Intake.EnterPost(c.UserContext(), s.actor, ingest.NewPost{Kind: form.Get("kind"), Sender: form.Get("sender"),
		HandedTo: form.Get("handed_to"), IdempotencyKey: form.Get("transmission")})
	if errors.Is(err, record.Invalid) {
		return w.showBook(c, s, fiber.StatusBadRequest, bookView{Fields: form, Problem: "mailroom.invalid", Field: border.FaultOf(err).Field})
	}
	if err != nil {
		return err
	}
	return c.Redirect("/mailroom/book?entered=1", fiber.StatusSeeOther)
}

// kindName is what a kind of unopened post is called.
func (v bookView) kindName(l *locale.Lang, id string) string {
	for _, r := range v.Rules.Of(mailroom.KindUnopened) {
		if r.ID == id {
			return r.In(l.Code).Name
		}
	}
	return l.Of("mailroom.kind", id)
}

func (v bookView) kinds(l *locale.Lang) []option {
	var out []option
	for _, r := range v.Rules.Of(mailroom.KindUnopened) {
		out = append(out, option{r.ID, r.In(l.Code).Name})
	}
	return append(out, option{mailroom.Other, l.Of("mailroom.kind", mailroom.Other)})
}

func (v bookView) problem(l *locale.Lang, field string) string {
	return problem(l, v.Problem, v.Field, field)
}

// forwardView is the form by which a document is handed on.
type forwardView struct {
	Doc          archive.DocumentView
	Sites        []option
	Fields       url.Values
	Problem      string
	Field        string
	Transmission string
}

func (w *Web) forwardPage(c *fiber.Ctx, s *session) error {
	return w.showForward(c, s, fiber.StatusOK, forwardView{})
}

func (w *Web) showForward(c *fiber.Ctx, s *session, status int, v forwardView) error {
	ctx, id := c.UserContext(), record.DocumentID(border.Param(c, "id"))
	d, err := w.doors.Archive.Document(ctx, s.actor, id)
	if err != nil {
		return err
	}
	if !slices.Contains(d.Can, "read") || d.File != nil {
		return record.Missing()
	}
	sites, err := w.doors.Archive.ForwardSites(ctx, s.actor, id)
	if err != nil {
		return err
	}
	f := w.frame(c, s)
	v.Doc, v.Sites, v.Transmission = d, []option{{"", f.L.T("forward.nosite")}}, record.NewID()
	for _, site := range sites {
		v.Sites = append(v.Sites, option{site.Code, site.Name})
	}
	f.Title, f.Place, f.Here = f.L.T("forward.title"), "forward", "/documents/"+string(id)+"/forward"
	return w.render(c, status, forwardFormPage(f, v))
}

func (w *Web) forward(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id := record.DocumentID(border.Param(c, "id"))
	d, err := w.doors.Archive.ForwardDocument(c.UserContext(), s.actor, id, archive.Forward{Site: form.Get("site"), Addressee: form.Get("addressee"),
		Reason: form.Get("reason"), IdempotencyKey: form.Get("transmission")})
	if errors.Is(err, record.Invalid) || errors.Is(err, record.Conflict) {
		key := "forward.invalid"
		if errors.Is(err, record.Conflict) {
			key = "forward.conflict"
		}
		return w.showForward(c, s, fiber.StatusBadRequest, forwardView{Fields: form, Problem: key, Field: border.FaultOf(err).Field})
	}
	if err != nil {
		return err
	}
	if slices.Contains(d.Can, "read") {
		return c.Redirect("/documents/"+string(id)+"/cover-note", fiber.StatusSeeOther)
	}
	return c.Redirect("/mailroom/forwarded?sent="+escape(string(id)), fiber.StatusSeeOther)
}

func (v forwardView) problem(l *locale.Lang, field string) string {
	return problem(l, v.Problem, v.Field, field)
}

func (w *Web) undoForward(c *fiber.Ctx, s *session) error {
	id := record.DocumentID(border.Param(c, "id"))
	_, err := w.doors.Archive.UndoForward(c.UserContext(), s.actor, id)
	if err != nil {
		return err
	}
	return c.Redirect("/documents/"+string(id), fiber.StatusSeeOther)
}

// forwardedView lists what was handed on to another authority.
type forwardedView struct {
	At    address
	Items []archive.DocumentView
	Next  string
	Sent  string // was just handed on to another site, by whom this is
}

func (w *Web) forwardedList(c *fiber.Ctx, s *session) error {
	v := forwardedView{At: addressOf(c, "cursor"), Sent: border.Query(c, "sent")}
	var err error
	if v.Items, v.Next, err = w.doors.Archive.ForwardedDocuments(c.UserContext(), s.actor, v.At.Get("cursor"), 0); err != nil {
		return err
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("forward.list"), "mailroom"
	return w.render(c, fiber.StatusOK, forwardedPage(f, v))
}

// coverNote is the letter that goes with what is handed on, to be printed.
func (w *Web) coverNote(c *fiber.Ctx, s *session) error {
	d, err := w.doors.Archive.Document(c.UserContext(), s.actor, record.DocumentID(border.Param(c, "id")))
	if err != nil {
		return err
	}
	if d.Forwarded == nil || !slices.Contains(d.Can, "read") {
		return record.Missing()
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("forward.covernote"), "sheet"
	return w.render(c, fiber.StatusOK, coverNotePage(f, d))
}
