package inbox

import (
	"context"
	"errors"
	"slices"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

const (
	defaultLimit = 50
	maxLimit     = 500
)

// List gives a page of an inbox. Who has no such inbox gets Denied; the inbox
// of a colleague whom the actor does not stand in for today, or who does not
// exist, is NotFound.
func (in *Inbox) List(ctx context.Context, actor record.Actor, q Query) (Page, error) {
	if q.Queue == "" {
		q.Queue = QueueMine
	}
	return in.list(ctx, actor, q, catalog.ItemsNow)
}

// FollowUps gives a page of what was put off, or wanted again, in an inbox:
// the next to come first, those that have come among them.
func (in *Inbox) FollowUps(ctx context.Context, actor record.Actor, q Query) (Page, error) {
	q.Queue = QueueMine
	return in.list(ctx, actor, q, catalog.ItemsPutOff)
}

func (in *Inbox) list(ctx context.Context, actor record.Actor, q Query, day catalog.ItemDay) (Page, error) {
	e := event{action: audit.InboxRead, query: q.User, detail: map[string]string{"queue": q.Queue}}
	if day == catalog.ItemsPutOff {
		e.detail["queue"] = "follow-ups"
	}
	page := Page{Items: []Item{}}
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		d, err := in.desk(tx, actor)
		if err != nil {
			return err
		}
		rows, next, err := d.page(tx, q, day)
		if err != nil {
			return err
		}
		page.Next = next
		for _, r := range rows {
			e.objects = append(e.objects, r.objects()...)
		}
		page.Items, err = d.views(tx, rows)
		return err
	})
	if err != nil {
		e.objects = nil
		return Page{}, in.answer(ctx, actor, e, err)
	}
	return page, in.note(ctx, actor, e, audit.Allowed)
}

// page reads a page of a queue: rights first, then what was asked.
func (d desk) page(tx *catalog.Tx, q Query, day catalog.ItemDay) ([]row, string, error) {
	has := d.queues()
	known := slices.Contains([]string{QueueMine, QueueTeam, QueueClearing}, q.Queue)
	if len(has) == 0 || known && !slices.Contains(has, q.Queue) {
		return nil, "", denied()
	}
	if !known {
		return nil, "", record.Bad("queue", "is none of mine, team, clearing")
	}
	if q.User != "" && q.Queue != QueueMine {
		return nil, "", record.Bad("user", "goes with the queue mine only")
	}
	owner, err := d.owner(tx, q.User)
	if err != nil {
		return nil, "", err
	}
	switch {
	case q.Limit == 0:
		q.Limit = defaultLimit
	case q.Limit < 0 || q.Limit > maxLimit:
		return nil, "", record.Bad("limit", "is not between 1 and %d", maxLimit)
	}
	if q.Queue == QueueClearing {
		return d.unfiled(tx, q)
	}
	ask := d.query(owner, day)
	if q.Queue == QueueTeam {
		ask = d.teamQuery()
	}
	ask.After, ask.Cursor, ask.Limit = q.After, q.Cursor, q.Limit
	items, next, err := tx.Items(ask)
	if err != nil {
		return nil, "", err
	}
	rows, err := d.rows(tx, items)
	return slices.DeleteFunc(rows, func(r row) bool { return d.standing(r) == stranger }), next, err
}

// owner finds whose inbox is asked for.
func (d desk) owner(tx *catalog.Tx, name string) (record.UserID, error) {
	if name == "" {
		return d.user, nil
	}
	u, err := tx.UserByName(name)
	if err != nil && !errors.Is(err, record.NotFound) {
		return "", err
	}
	if err == nil && (u.ID == d.user || d.standsIn(u.ID)) {
		return u.ID, nil
	}
	return "", &record.Error{Category: record.NotFound, Message: "There is no inbox of this user that you may see.",
		Hint: "A colleague's inbox is open to who substitutes for them, from the first to the last day of it."}
}

func (d desk) query(owner record.UserID, day catalog.ItemDay) catalog.ItemQuery {
	return catalog.ItemQuery{Actor: d.user, Open: d.open, Holder: owner, Day: day}
}

func (d desk) teamQuery() catalog.ItemQuery {
	return catalog.ItemQuery{Actor: d.user, Open: d.open, Team: d.team, Distribute: d.distribute}
}

// unfiled lists what lies in clearing. There is no item: the document waits.
func (d desk) unfiled(tx *catalog.Tx, q Query) ([]row, string, error) {
	docs, next, err := tx.UnfiledDocuments(d.clearing, q.Cursor, q.Limit)
	if err != nil {
		return nil, "", err
	}
	ids := make([]record.DocumentID, len(docs))
	for n, doc := range docs {
		ids[n] = doc.ID
	}
	facts, err := tx.FactsForDocuments(d.user, ids)
	var out []row
	for _, doc := range docs {
		if f, ok := facts[doc.ID]; ok && d.allows(f, access.DocumentFile) && d.allows(f, access.DocumentList) {
			out = append(out, row{item: catalog.Item{Kind: catalog.ItemDocument, CreatedAt: doc.CreatedAt, ChangedAt: doc.CreatedAt,
				ItemPlace: catalog.ItemPlace{State: catalog.ItemOpen, Waits: doc.Received}}, doc: doc, facts: f})
		}
	}
	return out, next, err
}

// Item gives one item, open or done, and who may be given it.
func (in *Inbox) Item(ctx context.Context, actor record.Actor, id record.ItemID) (Item, error) {
	e := event{action: audit.InboxRead}
	var v Item
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		d, err := in.desk(tx, actor)
		if err != nil {
			return err
		}
		r, _, err := d.row(tx, id)
		e.objects = r.objects()
		if err != nil {
			return err
		}
		views, err := d.views(tx, []row{r})
		if err != nil {
			return err
		}
		v = views[0]
		if slices.Contains(v.Can, "assign") {
			v.Assignable, err = d.assignable(tx, r)
		}
		return err
	})
	if err != nil {
		return Item{}, in.answer(ctx, actor, e, err)
	}
	return v, in.note(ctx, actor, e, audit.Allowed)
}

// Counts tells how much waits in each list, for the bar of every page. It
// names nothing that the lists would name and so writes no entry.
func (in *Inbox) Counts(ctx context.Context, actor record.Actor) (Counts, error) {
	var c Counts
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		d, err := in.desk(tx, actor)
		if err != nil {
			return err
		}
		c = Counts{Queues: d.queues()}
		if c.Clearing, err = tx.CountUnfiled(d.clearing); err != nil {
			return err
		}
		if c.Late, err = in.late(tx, d); err != nil || !d.works {
			return err
		}
		if c.Team, err = tx.CountItems(d.teamQuery()); err != nil {
			return err
		}
		if c.FollowUpsDue, err = tx.CountItems(d.query(d.user, catalog.ItemsComeBack)); err != nil {
			return err
		}
		for _, a := range d.absent {
			n, err := tx.CountItems(d.query(a.ID, catalog.ItemsNow))
			if err != nil {
				return err
			}
			c.Substituted = append(c.Substituted, Substituted{Colleague{a.Name, a.Display}, n})
		}
		c.Mine, err = tx.CountItems(d.query(d.user, catalog.ItemsNow))
		return err
	})
	return c, err
}
