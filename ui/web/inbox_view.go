package web

import (
	"slices"
	"strconv"
	"time"

	"eakte/appliance/record"
	"eakte/ingest/inbox"
	"eakte/ui/locale"
)

// FollowUps says whether the list is the one of follow-ups.
func (v inboxView) FollowUps() bool { return v.At.path == pathFollowUps }

// tab is one list to choose.
type tab struct {
	Text  string
	Count int
	To    string
	Here  bool
}

// tabs are the lists that somebody has: their own, the team's, those of absent
// colleagues, clearing.
func (v inboxView) tabs(f Frame) []tab {
	if f.Inbox == nil {
		return nil
	}
	var out []tab
	add := func(text string, n int, queue, user string) {
		to := address{path: pathInbox, values: nil}.With("queue", queue, "user", user)
		out = append(out, tab{text, n, to, v.Queue == or(queue, inbox.QueueMine) && v.User == user})
	}
	for _, q := range f.Inbox.Queues {
		switch q {
		case inbox.QueueMine:
			add(f.L.T("inbox.mine"), f.Inbox.Mine, "", "")
			for _, s := range f.Inbox.Substituted {
				add(f.L.T("inbox.for", "who", s.Display), s.Waiting, "", s.Name)
			}
		case inbox.QueueTeam:
			add(f.L.T("inbox.team"), f.Inbox.Team, q, "")
		case inbox.QueueClearing:
			add(f.L.T("inbox.clearing"), f.Inbox.Clearing, q, "")
			out[len(out)-1].To = pathClearing
		}
	}
	return out
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

// heading says whose list it is.
func (v inboxView) heading(f Frame) string {
	switch {
	case v.FollowUps():
		return f.L.T("inbox.followups")
	case v.Queue == inbox.QueueTeam:
		return f.L.T("inbox.teamtitle")
	case v.Queue == inbox.QueueClearing:
		return f.L.T("inbox.clearingtitle")
	}
	if f.Inbox != nil {
		for _, s := range f.Inbox.Substituted {
			if s.Name == v.User {
				return f.L.T("inbox.fortitle", "who", s.Display)
			}
		}
	}
	return f.L.T("inbox.minetitle")
}

// empty teaches what would stand here.
func (v inboxView) empty(l *locale.Lang) string {
	switch {
	case v.FollowUps():
		return l.T("inbox.empty.followups")
	case v.Queue == inbox.QueueTeam:
		return l.T("inbox.empty.team")
	case v.Queue == inbox.QueueClearing:
		return l.T("inbox.empty.clearing")
	case v.User != "":
		return l.T("inbox.empty.user")
	}
	return l.T("inbox.empty.mine")
}

// key names a row of the list: by its item, in clearing by its document.
func itemKey(i inbox.Item) string {
	if i.ID == "" && i.Document != nil {
		return string(i.Document.ID)
	}
	return string(i.ID)
}

// link opens a row beside the list.
func (v inboxView) link(i inbox.Item) string {
	if i.ID == "" {
		return v.At.withoutPane("doc", itemKey(i))
	}
	return v.At.withoutPane("item", itemKey(i))
}

// open is the key of what is open.
func (v inboxView) open() string {
	switch {
	case v.Item != nil:
		return itemKey(*v.Item)
	case v.Pane != nil:
		return string(v.Pane.Doc.ID)
	}
	return ""
}

// focused says which row has the focus when the page comes: what is open, else
// the first.
func (v inboxView) focused(n int) bool {
	if at := slices.IndexFunc(v.List.Items, func(i inbox.Item) bool { return itemKey(i) == v.open() }); at >= 0 {
		return n == at
	}
	return n == 0 && v.open() == ""
}

// back is the list as its forms name it.
func (v inboxView) back() string { return v.At.withoutPane() }

func (v inboxView) can(what string) bool {
	return v.Item != nil && slices.Contains(v.Item.Can, what)
}

// waiting says since when something waits, as people say it.
func waiting(f Frame, day string) string {
	then, err := time.Parse(time.DateOnly, day)
	now, err2 := time.Parse(time.DateOnly, f.Now)
	if err != nil || err2 != nil {
		return ""
	}
	switch n := int(now.Sub(then).Hours() / 24); {
	case n == 0:
		return f.L.T("inbox.today")
	case n == 1:
		return f.L.T("inbox.yesterday")
	case n > 1:
		return f.L.N("inbox.days", n)
	default:
		return f.L.N("inbox.ahead", -n)
	}
}

// overdue says whether the day of a follow-up has come.
func overdue(f Frame, i inbox.Item) bool { return i.Due != "" && i.Due <= f.Now }

// handed says how an item came to its holder.
func handed(l *locale.Lang, i inbox.Item) string {
	switch {
	case i.Holder == nil:
		return l.T("inbox.nobody")
	case i.HeldBy == nil || i.HeldSince == nil:
		return l.T("inbox.with", "who", i.Holder.Display)
	case i.HeldBy.Name == i.Holder.Name:
		return l.T("inbox.taken", "who", i.Holder.Display, "when", l.Time(*i.HeldSince))
	}
	return l.T("inbox.assigned", "who", i.Holder.Display, "by", i.HeldBy.Display, "when", l.Time(*i.HeldSince))
}

// fasterTitle says who was faster, and when.
func fasterTitle(l *locale.Lang, f inbox.Faster) string {
	key := map[string]string{"holds": "inbox.faster.holds", "done": "inbox.faster.done", "changed": "inbox.faster.changed"}[f.What]
	return l.T(key, "who", or(f.By.Display, f.By.Name), "when", l.Time(f.At))
}

func version(i inbox.Item) string { return strconv.FormatInt(i.Version, 10) }

// unread says why a document has no pages to show, if it hasn't.
func unread(p *inbox.Paper) bool {
	return p != nil && (p.State == record.StateReceived || p.State == record.StateProcessing)
}

func (v inboxView) problem(l *locale.Lang, field string) string {
	return problem(l, v.Problem, v.Field, field)
}

// assignees are the colleagues who may be given the open item.
func (v inboxView) assignees() []option {
	var o []option
	for _, c := range v.Item.Assignable {
		o = append(o, option{c.Name, or(c.Display, c.Name)})
	}
	return o
}

// withBar is the open document with what can be done about its item above it.
func (v inboxView) withBar(f Frame) paneView {
	p := *v.Pane
	p.Row = v.open()
	switch {
	case v.Item != nil:
		p.Bar = itemBar(f, v)
	case p.Doc.File == nil:
		p.Bar = clearingBar(f, v)
	}
	return p
}

// titled is the frame of a pane: its title is what is open.
func titled(f Frame, v inboxView) Frame {
	f.Title = title(f.L, v.Pane.Doc)
	return f
}
