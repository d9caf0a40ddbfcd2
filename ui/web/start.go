package web

import (
	"errors"
	"slices"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest/inbox"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// startView is what somebody does next, by what they may: the sum for who has
// several roles. A part that is nil is not theirs.
type startView struct {
	Items      []inbox.Item // the first of their inbox
	Handed     []archive.DocumentView
	Quarantine *archive.QuarantinePage
	Health     *healthView
	Saved      []archive.SavedSearch
	Gone       bool   // one of them was just removed
	Samples    string // how far the demonstration is filled; empty: wholly, or there is none
}

const startRows = 5 // of each list

// start is the first page after signing in.
func (w *Web) start(c *fiber.Ctx, s *session) error {
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("start.title"), "start"
	v, err := w.startView(c, s, f)
	if err != nil {
		return err
	}
	if v.Samples, err = w.samples(c, f.L); err != nil {
		return err
	}
	return w.render(c, fiber.StatusOK, startPage(f, v))
}

// samples says how many of the sample letters have been read while they come.
func (w *Web) samples(c *fiber.Ctx, l *locale.Lang) (string, error) {
	if w.cfg.DemoProgress == nil {
		return "", nil
	}
	read, total, err := w.cfg.DemoProgress(c.UserContext())
	if err != nil || read == total {
		return "", err
	}
	return l.T("start.samples", "read", l.Number(read), "total", l.Number(total)), nil
}

func (w *Web) startView(c *fiber.Ctx, s *session, f Frame) (v startView, err error) {
	ctx := c.UserContext()
	if f.hasQueue(inbox.QueueMine) && f.Inbox.Mine > 0 {
		page, err := w.doors.Inbox.List(ctx, s.actor, inbox.Query{Limit: startRows})
		if err != nil {
			return v, err
		}
		v.Items = page.Items
	}
	if f.May["search"] {
		v.Gone = border.Query(c, "kept") == keptGone
		if v.Saved, err = w.doors.Archive.SavedSearches(ctx, s.actor); err != nil {
			return v, err
		}
	}
	if f.May["upload"] {
		v.Handed, _, err = w.doors.Archive.HandedIn(ctx, s.actor, "", startRows)
		if err == nil {
			var q archive.QuarantinePage
			q, err = w.doors.Archive.Quarantined(ctx, s.actor, "", startRows)
			v.Quarantine = &q
		}
		if errors.Is(err, record.Denied) { // another role of theirs keeps them from documents
			v.Handed, v.Quarantine, err = nil, nil, nil
		}
		if err != nil {
			return v, err
		}
	}
	if f.May["health"] {
		h, err := w.doors.Admin.Health(ctx, s.actor)
		if err != nil {
			return v, err
		}
		v.Health = &healthView{worstFirst(h.Parts), ""}
	}
	return v, nil
}

// hasQueue says whether somebody has this list of the inbox.
func (f Frame) hasQueue(queue string) bool {
	return f.Inbox != nil && slices.Contains(f.Inbox.Queues, queue)
}

// waiting is how much the bar says is waiting: one's own work, or for who has
// none the clearing.
func (f Frame) waiting() int {
	if f.hasQueue(inbox.QueueMine) {
		return f.Inbox.Mine
	}
	return f.Inbox.Clearing
}

// scans says whether somebody's work is handing in: they have no files of
// their own to look into.
func (f Frame) scans() bool { return f.May["upload"] && !f.May["search"] && !f.May["files"] }

// troubled says whether the quarantine belongs into the bar: for who hands in
// or clears, it is daily work; others find it on the start page.
func (f Frame) troubled() bool {
	return f.May["upload"] && !f.May["search"] && (f.scans() || f.May["clearing"])
}

// itemTitle is what an item of the inbox is called.
func itemTitle(l *locale.Lang, it inbox.Item) string {
	switch {
	case it.Document != nil:
		return title(l, archive.DocumentView{Title: it.Document.Title, Type: it.Document.Type})
	case it.Note != "":
		return it.Note
	}
	return l.T("start.followup")
}
