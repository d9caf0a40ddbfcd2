package web

import (
	"errors"
	"net/url"
	"slices"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// holdsView is the page of holds of a file, or of one document.
type holdsView struct {
	File         archive.FileView      // zero on a document's page
	Doc          *archive.DocumentView // nil on a file's page
	Holds        []archive.Hold
	Documents    []archive.DocumentView // of the file, as far as they are listed
	May          bool                   // place and lift
	Fields       url.Values             // what was entered and couldn't be taken
	Problem      string
	Field        string
	Transmission string // names this form, so that sending it twice is one hold
}

const documentsOffered = 500 // in the choice of what to hold

func (w *Web) mountHolds(app *fiber.App, in func(page) fiber.Handler) {
	app.Get("/files/:id/holds", in(w.fileHolds))
	app.Post("/files/:id/holds", in(w.placeOnFile))
	app.Post("/files/:id/holds/lift", in(w.liftOnFile))
	app.Get("/documents/:id/holds", in(w.documentHolds))
	app.Post("/documents/:id/holds", in(w.placeOnDocument))
	app.Post("/documents/:id/holds/lift", in(w.liftOnDocument))
}

func (w *Web) fileHolds(c *fiber.Ctx, s *session) error {
	return w.showFileHolds(c, s, fiber.StatusOK, holdsView{})
}

// showFileHolds shows a file's holds, and which of its documents are held on
// their own.
func (w *Web) showFileHolds(c *fiber.Ctx, s *session, status int, v holdsView) (err error) {
	ctx := c.UserContext()
	if v.File, err = w.doors.Archive.File(ctx, s.actor, border.Param(c, "id")); err != nil {
		return err
	}
	if v.Holds, err = w.doors.Archive.Holds(ctx, s.actor, archive.HoldSubject{File: v.File.ID}); err != nil {
		return err
	}
	if slices.Contains(v.File.Can, "contents") {
		docs, err := w.doors.Archive.FileDocuments(ctx, s.actor, v.File.ID, "", documentsOffered)
		if err != nil {
			return err
		}
		v.Documents = docs.Items
	}
	v.May = slices.Contains(v.File.Can, "hold")
	return w.showHolds(c, s, status, v)
}

func (w *Web) documentHolds(c *fiber.Ctx, s *session) error {
	return w.showDocumentHolds(c, s, fiber.StatusOK, holdsView{})
}

func (w *Web) showDocumentHolds(c *fiber.Ctx, s *session, status int, v holdsView) error {
	id := record.DocumentID(border.Param(c, "id"))
	d, err := w.doors.Archive.Document(c.UserContext(), s.actor, id)
	if err != nil {
		return err
	}
	if v.Holds, err = w.doors.Archive.Holds(c.UserContext(), s.actor, archive.HoldSubject{Document: id}); err != nil {
		return err
	}
	v.Doc, v.May = &d, slices.Contains(d.Can, "hold")
	return w.showHolds(c, s, status, v)
}

func (w *Web) showHolds(c *fiber.Ctx, s *session, status int, v holdsView) error {
	f := w.frame(c, s)
	f.Title, f.Place, f.Here = f.L.T("hold.title"), "holds", v.address()
	v.Transmission = record.NewID()
	return w.render(c, status, holdsPage(f, v))
}

func (w *Web) placeOnFile(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	to := archive.HoldSubject{File: record.FileID(border.Param(c, "id"))}
	if doc := form.Get("document"); doc != "" {
		to = archive.HoldSubject{Document: record.DocumentID(doc)}
	}
	return w.placeHold(c, s, form, to, w.showFileHolds)
}

func (w *Web) placeOnDocument(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	return w.placeHold(c, s, form, archive.HoldSubject{Document: record.DocumentID(border.Param(c, "id"))}, w.showDocumentHolds)
}

// showing shows the page again, with what was wrong.
type showing func(*fiber.Ctx, *session, int, holdsView) error

func (w *Web) placeHold(c *fiber.Ctx, s *session, form url.Values, to archive.HoldSubject, again showing) error {
	_, _, err := w.doors.Archive.PutHold(c.UserContext(), s.actor, to,
		archive.NewHold{Kind: form.Get("kind"), Reason: form.Get("reason"), IdempotencyKey: form.Get("transmission")})
	if errors.Is(err, record.Invalid) {
		return again(c, s, fiber.StatusBadRequest, holdsView{Fields: form, Problem: "hold.invalid", Field: border.FaultOf(err).Field})
	}
	if err != nil {
		return err
	}
	return c.Redirect(c.Path(), fiber.StatusSeeOther)
}

func (w *Web) liftOnFile(c *fiber.Ctx, s *session) error {
	return w.liftHold(c, s, archive.HoldSubject{File: record.FileID(border.Param(c, "id"))}, "/files/"+escape(border.Param(c, "id")), w.showFileHolds)
}

func (w *Web) liftOnDocument(c *fiber.Ctx, s *session) error {
	return w.liftHold(c, s, archive.HoldSubject{Document: record.DocumentID(border.Param(c, "id"))}, "/documents/"+escape(border.Param(c, "id")), w.showDocumentHolds)
}

func (w *Web) liftHold(c *fiber.Ctx, s *session, of archive.HoldSubject, at string, again showing) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	_, _, err = w.doors.Archive.LiftHold(c.UserContext(), s.actor, of,
		archive.LiftHold{Hold: form.Get("hold"), Reason: form.Get("reason"), IdempotencyKey: form.Get("transmission")})
	switch fault := border.FaultOf(err); {
	case errors.Is(err, record.Invalid):
		return again(c, s, fiber.StatusBadRequest, holdsView{Fields: form, Problem: "hold.noreason", Field: "lift " + form.Get("hold")})
	case errors.Is(err, record.NotFound) && fault.Field == "hold": // somebody was faster: the list says so
	case err != nil:
		return err
	}
	return c.Redirect(at+"/holds", fiber.StatusSeeOther)
}

// address is where the page lies.
func (v holdsView) address() string { return v.subject() + "/holds" }

// subject is where what is held lies.
func (v holdsView) subject() string {
	if v.Doc != nil {
		return "/documents/" + string(v.Doc.ID)
	}
	return "/files/" + string(v.File.ID)
}

// back leads to what is held. Who may not read a document goes to its file.
func (v holdsView) back(l *locale.Lang) crumb {
	switch {
	case v.Doc == nil:
		return crumb{fileTitle(v.File.Members, v.File.Number), v.subject()}
	case slices.Contains(v.Doc.Can, "read") || v.Doc.File == nil:
		return crumb{title(l, *v.Doc), v.subject()}
	}
	return crumb{l.T("viewer.file", "number", v.Doc.File.Number), "/files/" + string(v.Doc.File.ID)}
}

func (v holdsView) standing() []archive.Hold {
	return slices.DeleteFunc(slices.Clone(v.Holds), func(h archive.Hold) bool { return h.LiftedAt != nil })
}

func (v holdsView) lifted() []archive.Hold {
	return slices.DeleteFunc(slices.Clone(v.Holds), func(h archive.Hold) bool { return h.LiftedAt == nil })
}

// heldElsewhere says where a hold stands that is not the document's own.
func heldElsewhere(l *locale.Lang, h archive.Hold) string {
	if h.On == archive.HoldOnContainer {
		return l.T("family.held")
	}
	return l.T("hold.onfile")
}

// here says whether a hold stands on what the page is about.
func (v holdsView) here(h archive.Hold) bool { return (h.On == "document") == (v.Doc != nil) }

// single are the file's documents that are held on their own.
func (v holdsView) single() []archive.DocumentView {
	return slices.DeleteFunc(slices.Clone(v.Documents), func(d archive.DocumentView) bool { return len(ownHolds(d)) == 0 })
}

// ownHolds are the holds that stand on a document itself.
func ownHolds(d archive.DocumentView) []archive.Hold {
	return slices.DeleteFunc(slices.Clone(d.Holds), func(h archive.Hold) bool { return h.On != "document" })
}

func (v holdsView) problem(l *locale.Lang, field string) string {
	return problem(l, v.Problem, v.Field, field)
}

// holdLink names the way to the page of holds for who may change them, or only look.
func holdLink(can []string) string {
	if slices.Contains(can, "hold") {
		return "hold.change"
	}
	return "hold.look"
}

// placed says who placed a hold, since when.
func placed(l *locale.Lang, h archive.Hold) string {
	return l.T("hold.placed", "who", who(h.PlacedBy), "when", l.Time(h.PlacedAt))
}

// ended says who lifted a hold, when and why.
func ended(l *locale.Lang, h archive.Hold) string {
	reason := h.LiftReason
	if reason == "" && h.TakenAlong {
		reason = l.T("hold.returned")
	}
	return l.T("hold.lifted", "who", who(*h.LiftedBy), "when", l.Time(*h.LiftedAt), "reason", reason)
}

func kindsOfHold(l *locale.Lang) []option {
	out := []option{{"", l.T("hold.choose")}}
	for _, k := range archive.HoldKinds() {
		out = append(out, option{k, l.Of("hold.kind", k)})
	}
	return out
}

// holdable are the choices of what to hold: the file, or one of its documents.
func (v holdsView) holdable(l *locale.Lang) []option {
	out := []option{{"", l.T("hold.wholefile")}}
	for _, d := range v.Documents {
		out = append(out, option{string(d.ID), l.T("hold.onedocument", "title", title(l, d), "date", l.Date(d.Received))})
	}
	return out
}

func required() templ.Attributes { return templ.Attributes{"required": true, "autocomplete": "off"} }
