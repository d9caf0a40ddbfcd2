package web

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// changeView is the form that re-describes or re-files a document.
type changeView struct {
	Doc     archive.DocumentView
	Fields  url.Values
	Problem string
	Field   string
}

// changeable are the fields of the form.
func changeable() []string { return []string{"title", "type", "section", "received", "file"} }

// described is what the document says now, in the form's words.
func described(d archive.DocumentView) url.Values {
	v := url.Values{"title": {d.Title}, "type": {d.Type}, "section": {d.Section}, "received": {d.Received}, "file": {""}}
	if d.File != nil {
		v.Set("file", d.File.Number)
	}
	return v
}

func (w *Web) changePage(c *fiber.Ctx, s *session) error {
	d, err := w.doors.Archive.Document(c.UserContext(), s.actor, record.DocumentID(border.Param(c, "id")))
	if err != nil {
		return err
	}
	return w.showChange(c, s, fiber.StatusOK, changeView{Doc: d, Fields: described(d)})
}

func (w *Web) showChange(c *fiber.Ctx, s *session, status int, v changeView) error {
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("change.title"), "change"
	f.Here = "/documents/" + string(v.Doc.ID) + "/change"
	return w.render(c, status, changePage(f, v))
}

// change writes only what differs from what is there, and keeps what was there
// in a short-lived cookie so that it can be undone with one key.
func (w *Web) change(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id := record.DocumentID(border.Param(c, "id"))
	before, err := w.doors.Archive.Document(c.UserContext(), s.actor, id)
	if err != nil {
		return err
	}
	v := changeView{Doc: before, Fields: form}
	if form.Has("type") {
		form.Set("type", typeNamed(w.bare(c).L, form.Get("type")))
	}
	change, was, err := w.differences(form, described(before))
	if err != nil {
		v.Problem, v.Field = "change.date", "received"
		return w.showChange(c, s, fiber.StatusBadRequest, v)
	}
	to := "/documents/" + string(id)
	if len(was) == 0 {
		return c.Redirect(to, fiber.StatusSeeOther)
	}
	after, err := w.doors.Archive.ChangeDocument(c.UserContext(), s.actor, id, change)
	switch {
	case err == nil:
	case errors.Is(err, record.NotFound) && change.File != nil:
		v.Problem, v.Field = "change.nofile", "file"
		return w.showChange(c, s, fiber.StatusNotFound, v)
	case errors.Is(err, record.Invalid):
		v.Problem, v.Field = "change.invalid", border.FaultOf(err).Field
		return w.showChange(c, s, fiber.StatusBadRequest, v)
	default:
		return err
	}
	if form.Get("undo") == "" {
		if n := len(after.Moved); n > 0 {
			was[alongField] = strconv.Itoa(n)
		}
		if err := w.giveUndo(c, id, was); err != nil {
			return err
		}
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

// differences compares the form with what is there. A field the form does not
// carry stays.
func (w *Web) differences(form, now url.Values) (archive.DocumentChange, map[string]string, error) {
	var ch archive.DocumentChange
	was := map[string]string{}
	for _, name := range changeable() {
		if !form.Has(name) {
			continue
		}
		value := strings.TrimSpace(form.Get(name))
		if name == "received" {
			var err error
			if value, err = locale.ParseDate(value, w.cfg.Clock.Now()); err != nil || value == "" {
				return ch, nil, locale.ErrNoDate
			}
		}
		if value == now.Get(name) || (name == "file" && value == "") {
			continue
		}
		was[name] = now.Get(name)
		switch name {
		case "title":
			ch.Title = &value
		case "type":
			ch.Type = &value
		case "section":
			ch.Section = &value
		case "received":
			ch.Received = &value
		case "file":
			ch.File = &value
		}
	}
	return ch, was, nil
}

// undo is what a change can be taken back to: name and value of each field.
type undo struct {
	Fields []field
	Along  int // so many documents were filed with it
}

// alongField carries undo.Along beside the fields; no form has it.
const alongField = "along"

// says what was done.
func (u *undo) says(l *locale.Lang) string {
	if u.Along > 0 {
		return l.N("family.filed", u.Along)
	}
	return l.T("undo.done")
}

type field struct{ Name, Value string }

const undoTime = time.Minute // the page offers it for ten seconds; a slow reader may have longer

func (w *Web) giveUndo(c *fiber.Ctx, id record.DocumentID, was map[string]string) error {
	if was["file"] == "" {
		delete(was, "file") // what was in no file can't be put back into none
	}
	b, err := json.Marshal(was)
	if err != nil {
		return err
	}
	w.setCookie(c, cookieUndo, base64.RawURLEncoding.EncodeToString(b), "/documents/"+string(id), undoTime)
	return nil
}

// takeUndo reads the cookie once; what can't be read is no undo.
func (w *Web) takeUndo(c *fiber.Ctx, id record.DocumentID) *undo {
	raw := border.Cookie(c, cookieUndo)
	if raw == "" {
		return nil
	}
	w.setCookie(c, cookieUndo, "", "/documents/"+string(id), -1)
	b, err := base64.RawURLEncoding.DecodeString(raw)
	was := map[string]string{}
	if err != nil || json.Unmarshal(b, &was) != nil {
		return nil
	}
	u := &undo{}
	if n, err := strconv.Atoi(was[alongField]); err == nil {
		u.Along = n
	}
	for _, name := range changeable() {
		if v, ok := was[name]; ok && slices.Contains(changeable(), name) {
			u.Fields = append(u.Fields, field{name, v})
		}
	}
	return u
}
