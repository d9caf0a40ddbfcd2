package web

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ingest/inbox"
	"eakte/ui/border"
	"eakte/ui/locale"
)

func (w *Web) mountInbox(app *fiber.App, in func(page) fiber.Handler) {
	app.Get("/inbox", in(w.inbox))
	app.Get("/inbox/:id", in(w.inboxItem))
	app.Get("/follow-ups", in(w.inbox))
	app.Get("/follow-ups/new", in(w.newFollowUpPage))
	app.Post("/follow-ups/new", in(w.newFollowUp))
	app.Post("/inbox/:id/take", in(w.takeItem))
	app.Post("/inbox/:id/assign", in(w.assignItem))
	app.Post("/inbox/:id/follow-up", in(w.putOffItem))
	app.Post("/inbox/:id/finish", in(w.finishItem))
	app.Post("/inbox/:id/reopen", in(w.reopenItem))
	app.Post("/inbox/:id/undo", in(w.undoItem))
}

const (
	pathInbox     = "/inbox"
	pathFollowUps = "/follow-ups"
)

// inboxView is a list of what waits, with what is open beside it.
type inboxView struct {
	At      address
	Queue   string
	User    string // whose inbox, if it is a colleague's
	List    inbox.Page
	Item    *inbox.Item // what is open, if it is an item
	Pane    *paneView   // its document, if it has one
	Gone    bool        // what was asked for is not there
	Faster  *inbox.Faster
	Undo    *itemUndo
	Problem string // a key of ui/locale: why the form was not taken
	Field   string
	Fields  url.Values
}

// inboxValues is the state of the list.
func inboxValues() []string { return []string{"queue", "user", "cursor"} }

// inbox is the page of an inbox, and of the follow-ups.
func (w *Web) inbox(c *fiber.Ctx, s *session) error {
	v := inboxView{At: addressOf(c, append(inboxValues(), paneValues()...)...)}
	v.Undo = w.takeItemUndo(c, v.At.path)
	return w.showInbox(c, s, fiber.StatusOK, v)
}

// inboxItem leads from an item to its place in the inbox.
func (w *Web) inboxItem(c *fiber.Ctx, _ *session) error {
	return c.Redirect(address{path: pathInbox, values: url.Values{}}.With("item", border.Param(c, "id")), fiber.StatusSeeOther)
}

// showInbox shows the list at v.At and what is open there. What is not there
// (any more) does not hide the list.
func (w *Web) showInbox(c *fiber.Ctx, s *session, status int, v inboxView) error {
	f := w.frame(c, s)
	f.Here = v.At.With()
	f.Place, f.Title = "inbox", f.L.T("inbox.title")
	if v.FollowUps() {
		f.Place, f.Title = "follow-ups", f.L.T("inbox.followups")
	}
	err := w.openItem(c.UserContext(), s.actor, &v)
	if errors.Is(err, record.NotFound) && !onlyPane(c) {
		v.Gone, status, err = true, fiber.StatusNotFound, nil
	}
	if err != nil {
		return err
	}
	if onlyPane(c) {
		return w.render(c, status, inboxPane(f, v))
	}
	v.Queue, v.User = v.At.Get("queue"), v.At.Get("user")
	if v.Queue == "" && f.Inbox != nil && !v.FollowUps() {
		v.Queue = f.Inbox.Queues[0]
	}
	if v.List, err = w.listOf(c.UserContext(), s.actor, v.At, inbox.Query{Queue: v.Queue, Cursor: v.At.Get("cursor"), Limit: itemsShown}); err != nil {
		return err
	}
	return w.render(c, status, inboxPage(f, v))
}

const itemsShown = 100 // of a list, at once

// listOf asks for the list that an address names.
func (w *Web) listOf(ctx context.Context, actor record.Actor, at address, q inbox.Query) (inbox.Page, error) {
	q.User = at.Get("user")
	if q.Queue == "" {
		q.Queue = at.Get("queue")
	}
	if at.path == pathFollowUps {
		return w.doors.Inbox.FollowUps(ctx, actor, q)
	}
	return w.doors.Inbox.List(ctx, actor, q)
}

// openItem reads what the address says is open: an item with its document, or
// a document alone.
func (w *Web) openItem(ctx context.Context, actor record.Actor, v *inboxView) error {
	doc := record.DocumentID(v.At.Get("doc"))
	if id := v.At.Get("item"); id != "" {
		i, err := w.doors.Inbox.Item(ctx, actor, record.ItemID(id))
		if err != nil {
			return err
		}
		v.Item, doc = &i, ""
		if i.Document != nil {
			doc = i.Document.ID
		}
	}
	if doc == "" {
		return nil
	}
	p, err := w.pane(ctx, actor, v.At, doc)
	v.Pane = &p
	return err
}

// itemStep makes one change to an item, as a form says it, and leads on:
// to the item, or to the next one when this one is done with.
func (w *Web) itemStep(c *fiber.Ctx, s *session, verb string, do func(ctx context.Context, id record.ItemID, form url.Values, step inbox.Step) (inbox.Item, error)) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id, at := record.ItemID(border.Param(c, "id")), backTo(form.Get("back"))
	i, err := do(c.UserContext(), id, form, inbox.Step{Version: versionOf(form)})
	if err != nil {
		return w.stepFailed(c, s, inboxView{At: at.opened(id), Fields: form}, err)
	}
	if verb != "undo" && verb != "reopen" {
		if err := w.giveItemUndo(c, at.path, itemUndo{Item: id, Verb: verb, Day: i.Due}); err != nil {
			return err
		}
	}
	next := id
	if verb == "finish" || verb == "follow-up" {
		if next, err = w.nextItem(c.UserContext(), s.actor, at, id); err != nil {
			return err
		}
	}
	return c.Redirect(at.With("item", string(next)), fiber.StatusSeeOther)
}

// stepFailed shows the list with what stands in the way: who was faster, or
// the field that is wrong.
func (w *Web) stepFailed(c *fiber.Ctx, s *session, v inboxView, err error) error {
	switch {
	case errors.As(err, &v.Faster):
		v.Fields = nil
		return w.showInbox(c, s, fiber.StatusConflict, v)
	case errors.Is(err, locale.ErrNoDate):
		v.Problem, v.Field = "inbox.nodate", "date"
	case errors.Is(err, record.Invalid) && slices.Contains([]string{"date", "note", "user"}, border.FaultOf(err).Field):
		v.Field = border.FaultOf(err).Field
		v.Problem = map[string]string{"date": "inbox.baddate", "note": "inbox.badnote", "user": "inbox.baduser"}[v.Field]
	default:
		return err
	}
	return w.showInbox(c, s, fiber.StatusBadRequest, v)
}

// nextItem is the item that follows in the list, the first one behind the
// last, "" when nothing is left.
func (w *Web) nextItem(ctx context.Context, actor record.Actor, at address, after record.ItemID) (record.ItemID, error) {
	for _, q := range []inbox.Query{{After: after, Limit: 1}, {Limit: 1}} {
		p, err := w.listOf(ctx, actor, at, q)
		if err != nil {
			return "", err
		}
		if len(p.Items) > 0 && p.Items[0].ID != after {
			return p.Items[0].ID, nil
		}
	}
	return "", nil
}

func (w *Web) takeItem(c *fiber.Ctx, s *session) error {
	return w.itemStep(c, s, "take", func(ctx context.Context, id record.ItemID, _ url.Values, step inbox.Step) (inbox.Item, error) {
		return w.doors.Inbox.Take(ctx, s.actor, id, step)
	})
}

func (w *Web) assignItem(c *fiber.Ctx, s *session) error {
	return w.itemStep(c, s, "assign", func(ctx context.Context, id record.ItemID, form url.Values, step inbox.Step) (inbox.Item, error) {
		return w.doors.Inbox.Assign(ctx, s.actor, id, form.Get("user"), step)
	})
}

func (w *Web) putOffItem(c *fiber.Ctx, s *session) error {
	return w.itemStep(c, s, "follow-up", func(ctx context.Context, id record.ItemID, form url.Values, step inbox.Step) (inbox.Item, error) {
		day, err := followUpDay(form.Get("date"), w.cfg.Clock.Now())
		if err != nil {
			if _, refused := w.doors.Inbox.Item(ctx, s.actor, id); refused != nil { // rights come first
				err = refused
			}
			return inbox.Item{}, err
		}
		return w.doors.Inbox.FollowUp(ctx, s.actor, id, day, form.Get("note"), step)
	})
}

func (w *Web) finishItem(c *fiber.Ctx, s *session) error {
	return w.itemStep(c, s, "finish", func(ctx context.Context, id record.ItemID, _ url.Values, step inbox.Step) (inbox.Item, error) {
		return w.doors.Inbox.Finish(ctx, s.actor, id, step)
	})
}

func (w *Web) reopenItem(c *fiber.Ctx, s *session) error {
	return w.itemStep(c, s, "reopen", func(ctx context.Context, id record.ItemID, _ url.Values, step inbox.Step) (inbox.Item, error) {
		return w.doors.Inbox.Reopen(ctx, s.actor, id, step)
	})
}

func (w *Web) undoItem(c *fiber.Ctx, s *session) error {
	return w.itemStep(c, s, "undo", func(ctx context.Context, id record.ItemID, _ url.Values, step inbox.Step) (inbox.Item, error) {
		return w.doors.Inbox.Undo(ctx, s.actor, id, step)
	})
}

// backTo reads the list that a form came from; what is none is the inbox.
func backTo(raw string) address {
	at := address{path: pathInbox, values: url.Values{}}
	u, err := url.Parse(raw)
	if err != nil {
		return at
	}
	if u.Path == pathFollowUps {
		at.path = pathFollowUps
	}
	for _, name := range inboxValues() {
		if v := u.Query().Get(name); v != "" {
			at.values.Set(name, strings.Clone(v))
		}
	}
	return at
}

// opened is the address of the list with an item open.
func (a address) opened(id record.ItemID) address {
	v := url.Values{}
	for k, list := range a.values {
		v[k] = list
	}
	v.Set("item", string(id))
	return address{path: a.path, values: v}
}
