package web

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// uploadView is the form to hand documents in, and what became of them.
type uploadView struct {
	File         archive.FileView // without an id: into no file, or one whose number is typed
	Fields       url.Values       // as typed
	Problem      string           // a key of ui/locale
	Field        string           // the field that is wrong
	Transmission string           // names this form, so that sending it twice is one transmission
	Receipts     []receiptView
}

// receiptView is one document handed in, or why it was not.
type receiptView struct {
	Name    string
	Receipt ingest.Receipt
	Problem string // a key of ui/locale, empty if it is in
	To      string // where the document leads
	Request string // the reference, if nobody here knows what was wrong
}

// address is where the form lies: in a file, or for itself.
func (v uploadView) address() string {
	if v.File.ID == "" {
		return "/upload"
	}
	return "/files/" + string(v.File.ID) + "/upload"
}

func (w *Web) uploadPage(c *fiber.Ctx, s *session) error {
	file, err := w.uploadTo(c, s)
	if err != nil {
		return err
	}
	return w.showUpload(c, s, fiber.StatusOK, uploadView{File: file, Fields: url.Values{}})
}

// uploadTo is the file of the address, or none. Whether somebody may hand in
// is asked again by the intake.
func (w *Web) uploadTo(c *fiber.Ctx, s *session) (archive.FileView, error) {
	id := border.Param(c, "id")
	if id != "" {
		return w.doors.Archive.File(c.UserContext(), s.actor, id)
	}
	if !s.profile.May["upload"] {
		return archive.FileView{}, &record.Error{Category: record.Denied, Message: "Your roles do not let you hand documents in."}
	}
	return archive.FileView{}, nil
}

func (w *Web) showUpload(c *fiber.Ctx, s *session, status int, v uploadView) error {
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("upload.title"), "upload"
	if f.Here = v.address(); v.File.ID == "" {
		f.Title = f.L.T("upload.nofiletitle")
	}
	v.Transmission = record.NewID()
	return w.render(c, status, uploadPage(f, v))
}

// fieldLimit is the largest plain field of the form, in bytes.
const fieldLimit = 4 << 10

// formOverhead is what a form may be larger than its documents, and
// documentsAtOnce how many it may carry.
const (
	formOverhead    = 1 << 20
	documentsAtOnce = 50
)

// upload reads the form part by part while it arrives: the fields first, then
// each document straight into the intake. Nothing of it touches a disk here.
// A script sends one document a request and gets its line of the table, also
// when it was refused.
func (w *Web) upload(c *fiber.Ctx, s *session) error {
	err := w.takeUpload(c, s)
	if err == nil || c.Get("X-Upload") == "" || errors.Is(err, record.Unauthenticated) {
		return err
	}
	f := border.FaultOf(err)
	if f.Status >= fiber.StatusInternalServerError {
		w.cfg.Logger.Error("an upload failed", "request", border.RequestID(c), "error", err)
	}
	return w.render(c, f.Status, receiptRow(w.frame(c, s), receiptView{Problem: uploadRefusal(f), Request: border.RequestID(c)}))
}

// uploadRefusal is the key of what to do about a document that was refused.
func uploadRefusal(f border.Fault) string {
	if f.Field == "csrf" {
		return "error.csrf"
	}
	if key, known := map[string]string{"denied": "upload.refused.denied", "not_found": "upload.nofile", "too_large": "upload.large",
		"busy": "upload.busy", "unavailable": "upload.refused.unavailable", "invalid": "upload.refused.invalid"}[f.Code]; known {
		return key
	}
	return "upload.refused.internal"
}

func (w *Web) takeUpload(c *fiber.Ctx, s *session) error {
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
	file, err := w.uploadTo(c, s)
	if err != nil {
		return err
	}
	v := uploadView{File: file, Fields: fields}
	fields.Set("type", typeNamed(w.bare(c).L, fields.Get("type")))
	sub, problem, field := w.submission(fields, file)
	if problem != "" || part == nil {
		if v.Problem, v.Field = problem, field; problem == "" {
			v.Problem, v.Field = "upload.nothing", "document"
		}
		if c.Get("X-Upload") != "" {
			return w.render(c, fiber.StatusBadRequest, receiptRow(w.frame(c, s), receiptView{Problem: v.Problem}))
		}
		return w.showUpload(c, s, fiber.StatusBadRequest, v)
	}
	for n := 0; part != nil; n++ {
		if n == documentsAtOnce {
			return &record.Error{Category: record.TooLarge, Message: "This form carries too many documents.", Hint: "Send them in several goes."}
		}
		r, err := w.accept(c, s, sub, part, n)
		if file.ID == "" && sub.File != "" && n == 0 && errors.Is(err, record.NotFound) && c.Get("X-Upload") == "" {
			v.Problem, v.Field = "upload.nofile", "file"
			return w.showUpload(c, s, fiber.StatusNotFound, v)
		}
		if err != nil {
			return err
		}
		if r != nil {
			v.Receipts = append(v.Receipts, *r)
		}
		if part, err = parts.NextPart(); err != nil && !errors.Is(err, io.EOF) {
			return broken(err)
		}
	}
	if _, err := io.Copy(io.Discard, body); err != nil {
		return broken(err)
	}
	return w.taken(c, s, v)
}

// taken answers with the receipts.
func (w *Web) taken(c *fiber.Ctx, s *session, v uploadView) error {
	if len(v.Receipts) == 0 {
		v.Problem, v.Field = "upload.nothing", "document"
		return w.showUpload(c, s, fiber.StatusBadRequest, v)
	}
	if c.Get("X-Upload") != "" {
		return w.render(c, fiber.StatusOK, receiptRow(w.frame(c, s), v.Receipts[0]))
	}
	return w.showUpload(c, s, fiber.StatusOK, v)
}

func isMultipart(c *fiber.Ctx) bool {
	return strings.HasPrefix(strings.ToLower(c.Get(fiber.HeaderContentType)), fiber.MIMEMultipartForm)
}

func partsOf(c *fiber.Ctx, body io.Reader) (*multipart.Reader, error) {
	_, params, err := mime.ParseMediaType(border.Header(c, fiber.HeaderContentType))
	if err != nil || params["boundary"] == "" {
		return nil, &record.Error{Category: record.Invalid, Message: "The form can't be read.", Cause: err}
	}
	return multipart.NewReader(body, params["boundary"]), nil
}

// fields reads the plain fields up to the first document. The first of all is
// the CSRF token: without it nothing else is read.
func (w *Web) fields(c *fiber.Ctx, s *session, parts *multipart.Reader) (url.Values, *multipart.Part, error) {
	v := url.Values{}
	if border.Header(c, "X-CSRF-Token") != "" {
		if err := w.checkCSRF(c, s.token, ""); err != nil {
			return nil, nil, err
		}
		v.Set("csrf", "header")
	}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return v, nil, nil
		}
		if err != nil {
			return nil, nil, broken(err)
		}
		if part.FormName() == "document" {
			if !v.Has("csrf") {
				return nil, nil, w.checkCSRF(c, s.token, "")
			}
			return v, part, nil
		}
		b, err := io.ReadAll(io.LimitReader(part, fieldLimit+1))
		if err != nil {
			return nil, nil, broken(err)
		}
		if len(b) > fieldLimit || !utf8.Valid(b) {
			return nil, nil, record.Bad(part.FormName(), "is longer than %d bytes or not UTF-8", fieldLimit)
		}
		if part.FormName() == "csrf" {
			if err := w.checkCSRF(c, s.token, string(b)); err != nil {
				return nil, nil, err
			}
		}
		v.Set(part.FormName(), string(b))
	}
}

// submission turns the fields into what the intake wants; a problem is a key
// of ui/locale with the field it concerns.
func (w *Web) submission(v url.Values, file archive.FileView) (ingest.Submission, string, string) {
	now := w.cfg.Clock.Now()
	to := string(file.ID)
	if to == "" {
		to = strings.TrimSpace(v.Get("file"))
	}
	sub := ingest.Submission{File: to, Type: v.Get("type"), Direction: record.Direction(v.Get("direction")),
		Title: strings.TrimSpace(v.Get("title")), Channel: "web", IdempotencyKey: v.Get("transmission"), Size: -1}
	var err error
	if sub.Received, err = locale.ParseDate(v.Get("received"), now); err != nil {
		return sub, "upload.date", "received"
	}
	if sub.Received > now.In(locale.Berlin()).Format("2006-01-02") {
		return sub, "upload.future", "received"
	}
	if sub.Dated, err = locale.ParseDate(v.Get("dated"), now); err != nil {
		return sub, "upload.date", "dated"
	}
	return sub, "", ""
}

// accept hands one document in. What concerns only this one becomes a line of
// the answer; what concerns the whole request (rights, a part that is down) is
// an error.
func (w *Web) accept(c *fiber.Ctx, s *session, sub ingest.Submission, part *multipart.Part, n int) (*receiptView, error) {
	if part.FormName() != "document" || (part.FileName() == "" && n == 0) {
		return nil, nil //nolint:nilnil // an empty file field is no document and no error
	}
	sub.Name = strings.ToValidUTF8(part.FileName(), "\uFFFD")
	sub.Body = &capped{from: part, left: w.cfg.MaxUpload}
	if n > 0 {
		sub.IdempotencyKey += "/" + strconv.Itoa(n)
	}
	r := receiptView{Name: sub.Name}
	var err error
	r.Receipt, err = w.doors.Intake.Accept(c.UserContext(), s.actor, sub)
	switch {
	case err == nil:
		r.To = "/documents/" + string(r.Receipt.Document)
		if sub.File == "" {
			r.To = receiptAddress(r.Receipt.Document)
		}
		return &r, nil
	case errors.Is(err, record.TooLarge):
		r.Problem = "upload.large"
	case errors.Is(err, record.Conflict):
		r.Problem = "upload.conflict"
	case errors.Is(err, record.Busy):
		r.Problem = "upload.busy"
	default:
		return nil, err
	}
	if _, err := io.Copy(io.Discard, part); err != nil {
		return nil, broken(err)
	}
	return &r, nil
}

// capped ends one document that is too large without ending the others.
type capped struct {
	from io.Reader
	left int64
}

func (l *capped) Read(p []byte) (int, error) {
	n, err := l.from.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, &record.Error{Category: record.TooLarge, Message: "This is larger than the appliance takes at once."}
	}
	return n, err
}

func broken(err error) error {
	if record.CategoryOf(err) != nil {
		return err
	}
	return &record.Error{Category: record.Invalid, Message: "The upload broke off or can't be read.", Hint: "Send it again.", Cause: err}
}
