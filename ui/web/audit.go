package web

import (
	"errors"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/oversight"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// mountOversight adds the officer's pages.
func (w *Web) mountOversight(app *fiber.App, in func(page) fiber.Handler) {
	app.Get("/audit", in(w.audit))
	app.Get("/audit/:id", in(w.auditEntry))
}

// auditView is a question to the log with its answer.
type auditView struct {
	At         address
	Group      string
	Entries    []oversight.EntryView
	Next       string
	Checkpoint *oversight.CheckpointView // nil: none yet, or not for this user
	Unsigned   bool                      // there is none yet
	Problem    string                    // a key of ui/locale with .title and .hint
	Field      string                    // the field that is wrong
}

// groupAll asks for every entry; without a choice the questions to the log
// itself are left out, or one would see little else.
const (
	groupAll  = "all"
	groupWork = "work"
)

func (w *Web) audit(c *fiber.Ctx, s *session) error {
	v := auditView{At: addressOf(c, "group", "outcome", "file", "document", "actor", "from", "to", "cursor")}
	if v.Group = v.At.Get("group"); v.Group == "" {
		v.Group = groupWork
	}
	f := w.auditFrame(c, s)
	q, bad := w.auditQuery(v)
	if bad != "" {
		v.Problem, v.Field = "audit.baddate", bad
		return w.render(c, fiber.StatusBadRequest, auditPage(f, v))
	}
	var err error
	v.Entries, v.Next, err = w.doors.Oversight.Entries(c.UserContext(), s.actor, q)
	if err != nil {
		if v.Problem, v.Field = auditProblem(err, s, q); v.Problem == "" {
			return err
		}
		return w.render(c, border.FaultOf(err).Status, auditPage(f, v))
	}
	if err := w.checkpoint(c, s, &v); err != nil {
		return err
	}
	return w.render(c, fiber.StatusOK, auditPage(f, v))
}

func (w *Web) auditFrame(c *fiber.Ctx, s *session) Frame {
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("audit.title"), "audit"
	return f
}

// auditQuery makes the question; a date that can't be read gives its field.
func (w *Web) auditQuery(v auditView) (q oversight.Query, bad string) {
	q = oversight.Query{Actor: strings.TrimSpace(v.At.Get("actor")), File: strings.TrimSpace(v.At.Get("file")),
		Document: strings.TrimSpace(v.At.Get("document")), Group: v.Group, Outcome: v.At.Get("outcome"), Cursor: v.At.Get("cursor")}
	if q.Group == groupAll {
		q.Group = ""
	}
	now := w.cfg.Clock.Now()
	var err error
	if q.From, err = locale.ParseDate(v.At.Get("from"), now); err != nil {
		return q, "from"
	}
	if q.To, err = locale.ParseDate(v.At.Get("to"), now); err != nil {
		return q, "to"
	}
	return q, ""
}

// auditProblem is what the page says about an error that belongs to the
// question; "" for one that gets a page of its own.
func auditProblem(err error, s *session, q oversight.Query) (key, field string) {
	if !s.profile.May["audit"] {
		return "", ""
	}
	field = border.FaultOf(err).Field
	switch {
	case field == "actor" && errors.Is(err, record.Denied):
		return "audit.employee", field
	case field == "actor":
		return "audit.nobody", field
	case errors.Is(err, record.Invalid):
		return "audit.badquestion", field
	case errors.Is(err, record.NotFound):
		return "audit.nofile", "file"
	case errors.Is(err, record.Denied) && q.File == "" && q.Document == "":
		return "audit.needfile", "file"
	}
	return "", ""
}

// checkpoint reads how far the log is sealed; an auditor who may see one file
// only is not told.
func (w *Web) checkpoint(c *fiber.Ctx, s *session, v *auditView) error {
	if v.At.Get("cursor") != "" {
		return nil
	}
	cp, err := w.doors.Oversight.Checkpoint(c.UserContext(), s.actor)
	switch {
	case err == nil:
		v.Checkpoint = &cp
	case errors.Is(err, record.NotFound):
		v.Unsigned = true
	case !errors.Is(err, record.Denied):
		return err
	}
	return nil
}

func (w *Web) auditEntry(c *fiber.Ctx, s *session) error {
	e, err := w.doors.Oversight.Entry(c.UserContext(), s.actor, border.Param(c, "id"))
	if err != nil {
		return err
	}
	f := w.auditFrame(c, s)
	f.Title = f.L.T("audit.entry")
	return w.render(c, fiber.StatusOK, auditEntryPage(f, e))
}

func groupOptions(l *locale.Lang) []option {
	o := []option{{groupAll, l.Of("audit.group", groupAll)}}
	for _, g := range oversight.Groups() {
		o = append(o, option{g.Name, l.Of("audit.group", g.Name)})
	}
	o[0], o[1] = o[1], o[0] // what one usually wants first
	return o
}

func outcomeOptions(l *locale.Lang) []option {
	o := []option{{"", l.T("audit.anyoutcome")}}
	for _, name := range oversight.Outcomes() {
		o = append(o, option{name, l.Of("audit.outcome", name)})
	}
	return o
}

// Narrowed says whether a filter is set.
func (v auditView) Narrowed() bool { return len(v.At.values) > 0 }
