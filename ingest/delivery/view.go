package delivery

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// maxObjects is how many objects a View names.
const maxObjects = 5000

const (
	defaultLimit = 50
	maxLimit     = 500
)

// Get gives a delivery with its objects. Who only sees the site's deliveries
// gets it without objects, and the problems by the places of the objects.
// NotFound for everybody else.
func (k *Desk) Get(ctx context.Context, actor record.Actor, id string) (View, error) {
	e := event{action: audit.DeliveryView, delivery: id}
	d, s, err := k.visible(ctx, actor, &e, id)
	if err != nil {
		return View{}, err
	}
	if err := k.note(ctx, actor, e, audit.Allowed); err != nil {
		return View{}, err
	}
	v, err := k.view(ctx, d, s.own(d))
	v.Can = can(d, v, s)
	return v, err
}

// Objects gives all objects of a delivery, in the order of its manifest, what it
// does not name at the end: up to some 100,000. NotFound for who does not hand it
// in.
func (k *Desk) Objects(ctx context.Context, actor record.Actor, id string) ([]Object, error) {
	d, err := k.mine(ctx, actor, audit.DeliveryView, id)
	if err != nil {
		return nil, err
	}
	if err := k.note(ctx, actor, event{action: audit.DeliveryView, delivery: id}, audit.Allowed); err != nil {
		return nil, err
	}
	rows, err := k.objects(ctx, d.ID)
	if err != nil {
		return nil, err
	}
	out := make([]Object, 0, len(rows))
	for _, name := range inOrder(rows) {
		out = append(out, object(rows[name]))
	}
	return out, nil
}

// visible reads a delivery that the actor may see.
func (k *Desk) visible(ctx context.Context, actor record.Actor, e *event, id string) (d catalog.Delivery, s standing, err error) {
	if !record.ValidID(id) {
		e.delivery = ""
		return d, s, k.answer(ctx, actor, *e, record.Missing())
	}
	err = k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if s, err = k.standing(tx, actor); err != nil {
			return err
		}
		if d, err = tx.DeliveryByID(id); err == nil && !s.sees(d) {
			err = record.Missing()
		}
		return err
	})
	if errors.Is(err, record.NotFound) {
		err = record.Missing()
	}
	return d, s, k.answer(ctx, actor, *e, err)
}

// List gives a page of the deliveries that the actor may see, the one heard of
// last first, without their objects. Denied for who sees none at all.
func (k *Desk) List(ctx context.Context, actor record.Actor, q Query) (Page, error) {
	e := event{action: audit.DeliveryView, detail: map[string]string{"list": "deliveries"}}
	page := Page{Items: []View{}}
	err := k.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		s, err := k.standing(tx, actor)
		if err != nil {
			return err
		}
		if !s.posts && len(s.reads) == 0 {
			return denied("You see no deliveries.", "")
		}
		if err := q.check(); err != nil {
			return err
		}
		rows, next, err := tx.Deliveries(catalog.DeliveryQuery{Providers: s.providers, Sites: s.reads, State: q.State, Provider: q.Provider,
			Cursor: q.Cursor, Limit: q.Limit})
		if err != nil {
			return err
		}
		page, err = listed(tx, rows, s)
		page.Next = next
		return err
	})
	if err != nil {
		return Page{}, k.answer(ctx, actor, e, err)
	}
	return page, k.note(ctx, actor, e, audit.Allowed)
}

func (q *Query) check() error {
	switch q.State {
	case "", StateAnnounced, StateOpen, StateWaiting, StateTaking, StateDone, StateWithdrawn:
	default:
		return record.Bad("state", "is no state of a delivery")
	}
	if q.Limit == 0 {
		q.Limit = defaultLimit
	}
	if q.Limit < 0 || q.Limit > maxLimit {
		return record.Bad("limit", "is not between 1 and %d", maxLimit)
	}
	return nil
}

func listed(tx *catalog.Tx, rows []catalog.Delivery, s standing) (Page, error) {
	page := Page{Items: []View{}}
	var count []string
	for _, d := range rows {
		if d.State != StateDone {
			count = append(count, d.ID)
		}
	}
	counts, err := tx.CountDeliveries(count)
	if err != nil {
		return page, err
	}
	for _, d := range rows {
		v, err := bare(d, counts[d.ID])
		if err != nil {
			return page, err
		}
		if len(v.Problems) > 20 { // the delivery itself has all of them
			v.Problems = v.Problems[:20]
		}
		if !s.own(d) {
			unnamed(&v, nil)
		}
		v.Can = can(d, v, s)
		page.Items = append(page.Items, v)
	}
	return page, nil
}

// can lists what the actor may do with it.
func can(d catalog.Delivery, v View, s standing) []string {
	switch {
	case s.mayGiveUp(d) && withdrawable(d) && v.Taken == 0:
		return []string{"withdraw"}
	case s.own(d) && d.State == StateDone:
		return []string{"receipt"}
	}
	return []string{}
}

// view is a delivery with its objects; own: as its provider sees it.
func (k *Desk) view(ctx context.Context, d catalog.Delivery, own bool) (View, error) {
	rows, err := k.objects(ctx, d.ID)
	if err != nil {
		return View{}, err
	}
	var c catalog.DeliveryCount
	for _, o := range rows {
		if o.Kind != kindDocument || o.Place == 0 && o.State != ObjectTaken {
			continue
		}
		if o.State == ObjectHere || o.State == ObjectTaken {
			c.Here++
		}
		if o.State == ObjectTaken {
			c.Taken++
		}
	}
	v, err := bare(d, c)
	if err != nil {
		return View{}, err
	}
	if !own {
		unnamed(&v, rows)
		return v, nil
	}
	v.Can = can(d, v, standing{posts: true, providers: []string{d.Provider}})
	v.Total, v.Objects = len(rows), shown(rows)
	return v, nil
}

// shown are the objects of a View: what somebody has to do something about is
// never cut off by what is in order.
func shown(rows map[string]catalog.DeliveryObject) []Object {
	open, rest := []Object{}, []Object{}
	for _, name := range inOrder(rows) {
		if o := object(rows[name]); o.State == ObjectWanted || o.State == ObjectWrong {
			open = append(open, o)
		} else {
			rest = append(rest, o)
		}
	}
	all := append(open, rest...)
	return all[:min(len(all), maxObjects)]
}

// bare is a delivery without its objects.
func bare(d catalog.Delivery, c catalog.DeliveryCount) (View, error) {
	v := View{ID: d.ID, DeliveryID: d.Number, Provider: d.Provider, Channel: d.Channel, Site: d.Site, State: d.State, BagSeal: d.BagSeal,
		Paper: Paper{Box: d.PaperBox, Location: d.PaperLocation}, CreatedAt: d.MadeAt, AnnouncedAt: when(d.AnnouncedAt), OpenedAt: when(d.OpenedAt),
		WaitsSince: when(d.WaitsSince), DoneAt: when(d.DoneAt), ChangedAt: d.ChangedAt, Documents: d.Documents, Here: c.Here, Taken: c.Taken,
		Problems: []Problem{}, Objects: []Object{}, Can: []string{}}
	if d.State == StateDone {
		v.Here, v.Taken = d.Documents, d.Documents
	}
	if d.Problems == "" {
		return v, nil
	}
	if err := json.Unmarshal([]byte(d.Problems), &v.Problems); err != nil {
		return v, fmt.Errorf("delivery: problems: %w", err)
	}
	return v, nil
}

// unnamed takes the names of objects out of a view: they are data of the
// provider. The place in the manifest says which one it is on the telephone.
func unnamed(v *View, rows map[string]catalog.DeliveryObject) {
	v.Objects = []Object{}
	for i := range v.Problems {
		p := &v.Problems[i]
		if p.Name == "" {
			continue
		}
		if o, ok := rows[p.Name]; ok && o.Place > 0 {
			p.Name = "#" + strconv.Itoa(o.Place)
		} else {
			p.Name = "#"
		}
	}
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// ReceiptOf gives the receipt of a delivery that is done; Conflict for one that
// is not, NotFound for who did not hand it in.
func (k *Desk) ReceiptOf(ctx context.Context, actor record.Actor, id string) (Receipt, error) {
	d, err := k.mine(ctx, actor, audit.DeliveryView, id)
	if err != nil {
		return Receipt{}, err
	}
	if d.State != StateDone {
		return Receipt{}, &record.Error{Category: record.Conflict, Message: "This delivery is not in the archive yet: there is no receipt.",
			Hint: "Ask how far it is; what is missing or wrong can be sent again."}
	}
	if err := k.note(ctx, actor, event{action: audit.DeliveryView, delivery: id}, audit.Allowed); err != nil {
		return Receipt{}, err
	}
	return k.receipt(ctx, d)
}

func (k *Desk) receipt(ctx context.Context, d catalog.Delivery) (Receipt, error) {
	r := Receipt{ID: d.ID, DeliveryID: d.Number, Provider: d.Provider, DoneAt: d.DoneAt, Documents: []ReceiptEntry{}}
	err := k.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		docs, err := tx.DeliveredDocuments(d.ID)
		for _, x := range docs {
			r.Documents = append(r.Documents, ReceiptEntry{Name: x.Name, Document: x.Document, SHA256: x.Plain, Size: x.Size, Pages: x.Pages, ReceivedAt: x.TakenAt})
		}
		return err
	})
	return r, err
}
