package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest"
	"eakte/ui/border"
)

// counterView is the counter: the customer who stands there, and what they hand
// in.
type counterView struct {
	At           address
	Q            string
	Found        archive.FilePage
	Searched     bool
	File         archive.FileView // chosen; without an id: nobody yet
	Fields       url.Values
	Problem      string // a key of ui/locale
	Field        string // the field that is wrong
	Transmission string
	Receipts     []receiptView // if one of several was refused
	Printed      string        // where the receipts of the others are
}

func (w *Web) mountCounter(app *fiber.App, in func(page) fiber.Handler) {
	app.Get("/counter", in(w.counter))
	app.Post("/counter", in(w.handOver))
	app.Get("/counter/receipt", in(w.counterReceipt))
	app.Get("/counter/receipt.pdf", in(w.counterPDF))
}

// counts says whether the counter is for them: who finds files and hands in.
func (f Frame) counts() bool { return f.May["upload"] && f.May["files"] }

func (w *Web) counter(c *fiber.Ctx, s *session) error {
	if err := mayCounter(s); err != nil {
		return err
	}
	v := counterView{At: addressOf(c, "q", "cursor"), Fields: url.Values{}}
	v.Q = strings.TrimSpace(v.At.Get("q"))
	var err error
	switch file := border.Query(c, "file"); {
	case file != "":
		v.File, err = w.doors.Archive.File(c.UserContext(), s.actor, file)
	case v.Q != "":
		v.Found, err = w.doors.Archive.FindFiles(c.UserContext(), s.actor, archive.FileQuery{Q: v.Q, Cursor: v.At.Get("cursor")})
		v.Searched = true
		if errors.Is(err, record.Invalid) {
			v.Problem, err = "files.invalid", nil
		}
	}
	if err != nil {
		return err
	}
	return w.showCounter(c, s, fiber.StatusOK, v)
}

func mayCounter(s *session) error {
	if s.profile.May["upload"] && s.profile.May["files"] {
		return nil
	}
	return &record.Error{Category: record.Denied, Message: "Your roles do not let you hand documents in for customers."}
}

func (w *Web) showCounter(c *fiber.Ctx, s *session, status int, v counterView) error {
	f := w.frame(c, s)
	f.Title, f.Place, f.Here = f.L.T("counter.title"), "counter", "/counter"
	if v.File.ID != "" {
		f.Here = counterFor(v.File.ID)
	}
	v.Transmission = record.NewID()
	return w.render(c, status, counterPage(f, v))
}

func counterFor(file record.FileID) string { return "/counter?file=" + string(file) }

// handOver takes what the customer hands in: into the file if who sits there may
// post into it, else to be routed, with the file's number as evidence.
func (w *Web) handOver(c *fiber.Ctx, s *session) error {
	if err := mayCounter(s); err != nil {
		return err
	}
	body, err := border.BodyOf(c, documentsAtOnce*w.cfg.MaxUpload+formOverhead)
	if err != nil {
		return err
	}
	parts, err := partsOf(c, body)
	if err != nil {
		return err
	}
	fields, part, err := w.fields(c, s, parts)
	if err != nil {
		return err
	}
	v := counterView{Fields: fields}
	if v.File, err = w.doors.Archive.File(c.UserContext(), s.actor, fields.Get("file")); err != nil {
		return err
	}
	sub, problem, field := w.submission(fields, v.File)
	if v.Problem, v.Field = problem, field; problem != "" {
		return w.showCounter(c, s, fiber.StatusBadRequest, v)
	}
	sub.Channel = ingest.ChannelCounter
	if !slices.Contains(v.File.Can, "post") {
		sub.File = ""
		sub = sub.Given(v.File.Number)
	}
	if v.Receipts, err = w.acceptAll(c, s, sub, parts, part); err != nil {
		return err
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return broken(err)
	}
	return w.handedOver(c, s, v)
}

// acceptAll hands in every document of a form. A form has two fields for them,
// one of which may be empty.
func (w *Web) acceptAll(c *fiber.Ctx, s *session, sub ingest.Submission, parts *multipart.Reader, part *multipart.Part) ([]receiptView, error) {
	var out []receiptView
	for part != nil {
		if part.FileName() != "" {
			if len(out) == documentsAtOnce {
				return nil, &record.Error{Category: record.TooLarge, Message: "This form carries too many documents.", Hint: "Send them in several goes."}
			}
			r, err := w.accept(c, s, sub, part, len(out))
			if err != nil {
				return nil, err
			}
			if r != nil {
				out = append(out, *r)
			}
		}
		var err error
		if part, err = parts.NextPart(); err != nil && !errors.Is(err, io.EOF) {
			return nil, broken(err)
		}
	}
	return out, nil
}

// handedOver leads to the receipts, unless something was refused: then the form
// says so.
func (w *Web) handedOver(c *fiber.Ctx, s *session, v counterView) error {
	var ids []string
	for _, r := range v.Receipts {
		if r.Problem == "" {
			ids = append(ids, string(r.Receipt.Document))
		}
	}
	to := "/counter/receipt?file=" + string(v.File.ID) + "&documents=" + strings.Join(ids, ",")
	switch {
	case len(v.Receipts) == 0:
		v.Problem, v.Field = "upload.nothing", "document"
		return w.showCounter(c, s, fiber.StatusBadRequest, v)
	case len(ids) == len(v.Receipts):
		return c.Redirect(to, fiber.StatusSeeOther)
	case len(ids) > 0:
		v.Printed = to
	}
	v.Problem = "counter.refused"
	return w.showCounter(c, s, fiber.StatusOK, v)
}

func (w *Web) counterReceipt(c *fiber.Ctx, s *session) error {
	all, err := w.receiptsOf(c, s)
	if err != nil {
		return err
	}
	return w.showHanded(c, s, handedView{Receipts: all, PDF: "/counter/receipt.pdf?documents=" + escape(border.Query(c, "documents")),
		Back: "/counter", BackText: "counter.next"})
}

func (w *Web) counterPDF(c *fiber.Ctx, s *session) error {
	all, err := w.receiptsOf(c, s)
	if err != nil {
		return err
	}
	return w.sendReceipts(c, all...)
}

// problem is what is wrong with a field, in words.
func (v counterView) problem(f Frame, field string) string {
	if v.Field != field || v.Problem == "" {
		return ""
	}
	return f.L.T(v.Problem)
}
