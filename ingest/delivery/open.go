package delivery

import (
	"context"
	"errors"
	"strconv"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// Announce notes what is in transit: the bag, and as far as it is known the
// documents, with or without their hashes. It may come again, with more or with
// other things, as long as the delivery is not done; if the manifest is here
// already, it is held against what was announced last.
//
// Errors: Denied (audited: another provider's name), Invalid with the field,
// Conflict once the documents are being taken in, Busy.
func (k *Desk) Announce(ctx context.Context, actor record.Actor, m Manifest) (View, error) {
	e := event{action: audit.DeliveryAnnounce, delivery: catalog.DeliveryID(m.Provider, m.DeliveryID)}
	site, err := k.posted(ctx, actor, e, &m, (*Manifest).inTime)
	if err != nil {
		return View{}, err
	}
	release, err := k.claim(e.delivery)
	if err != nil {
		return View{}, err
	}
	defer release()
	was, known, err := k.found(ctx, e.delivery)
	if err != nil {
		return View{}, err
	}
	d := was
	in, err := m.encoded()
	if err != nil {
		return View{}, err
	}
	if known && (d.State == StateTaking || d.State == StateDone) {
		return View{}, over()
	}
	if known && (d.State == StateAnnounced || d.State == StateWithdrawn) && d.Digest == in.digest {
		return k.repeated(ctx, actor, e, d)
	}
	now := k.Clock.Now()
	if !known || d.State == StateWithdrawn {
		d = catalog.Delivery{ID: e.delivery, Provider: m.Provider, Number: m.DeliveryID, Actor: d.Actor, State: StateAnnounced, AnnouncedAt: now}
	}
	from(&d, actor)
	d.Site, d.Problems, d.ChangedAt = site, "[]", now
	d.AnnouncedSeal, d.AnnouncedDocuments = m.BagSeal, len(m.Documents)
	if d.State != StateAnnounced { // the manifest is here, and says more
		return k.written(ctx, actor, e, was, d, nil)
	}
	said(&d, m)
	return k.written(ctx, actor, e, was, d, &in)
}

// Open takes the manifest of a delivery, which came by channel (api, folder).
// The same again changes nothing and is Repeated, also when the delivery was
// given up: a folder that is looked at again must not undo what a person said.
// Another one, as long as the delivery is not done, takes its place: what has
// arrived and still fits stays. It opens again what was given up.
//
// Errors: as Announce; Conflict too for another manifest once it is done.
func (k *Desk) Open(ctx context.Context, actor record.Actor, m Manifest, channel string) (View, error) {
	e := event{action: audit.DeliveryCreate, delivery: catalog.DeliveryID(m.Provider, m.DeliveryID), detail: map[string]string{"channel": channel}}
	site, err := k.posted(ctx, actor, e, &m, (*Manifest).complete)
	if err != nil {
		return View{}, err
	}
	release, err := k.claim(e.delivery)
	if err != nil {
		return View{}, err
	}
	defer release()
	was, known, err := k.found(ctx, e.delivery)
	if err != nil {
		return View{}, err
	}
	d := was
	in, err := m.encoded()
	if err != nil {
		return View{}, err
	}
	now := k.Clock.Now()
	switch {
	case known && d.State == StateDone:
		return k.openDone(ctx, actor, e, d, in)
	case known && d.Digest == in.digest && d.State != StateAnnounced:
		return k.repeated(ctx, actor, e, d)
	case known && d.State == StateTaking:
		return View{}, over()
	case !known || d.State == StateWithdrawn:
		d = catalog.Delivery{ID: e.delivery, Provider: m.Provider, Number: m.DeliveryID, Actor: d.Actor, AnnouncedAt: now}
	}
	if err := k.keepsTaken(ctx, d.ID, m); err != nil {
		return View{}, err
	}
	from(&d, actor)
	d.Site, d.Channel = site, channel
	d.State, d.Problems, d.OpenedAt, d.ChangedAt = StateOpen, "[]", now, now
	said(&d, m)
	return k.written(ctx, actor, e, was, d, &in)
}

// posted checks who hands in, then what: rights come before parameters.
func (k *Desk) posted(ctx context.Context, actor record.Actor, e event, m *Manifest, check func(*Manifest, time.Time) error) (site string, err error) {
	err = k.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		s, err := k.mayPost(tx, actor, m.Provider)
		site = s.site
		return err
	})
	if err != nil {
		return "", k.answer(ctx, actor, e, err)
	}
	if err := m.normalize(); err != nil {
		return "", corrected(err)
	}
	return site, corrected(check(m, k.Clock.Now()))
}

func over() error {
	return &record.Error{Category: record.Conflict, Message: "The documents of this delivery are in the archive, or on their way there.",
		Hint: "What is different or new goes into another delivery, with a number of its own."}
}

// openDone answers for a delivery that is done: the same again is no news.
func (k *Desk) openDone(ctx context.Context, actor record.Actor, e event, d catalog.Delivery, in kept) (View, error) {
	same := d.Digest == in.digest
	if d.Digest == "" { // it came back from its documents' manifests
		rows, err := k.objects(ctx, d.ID)
		if err != nil {
			return View{}, err
		}
		same = fitsTaken(in.Manifest, rows)
	}
	if !same {
		return View{}, over()
	}
	return k.repeated(ctx, actor, e, d)
}

// keepsTaken refuses a manifest that says other things of what is a document
// already: an object was lost on our side when others were in.
func (k *Desk) keepsTaken(ctx context.Context, id string, m Manifest) error {
	rows, err := k.objects(ctx, id)
	if err != nil {
		return err
	}
	said := map[string]string{}
	for _, doc := range m.Documents {
		said[doc.Name] = doc.SHA256
	}
	for _, o := range rows {
		if o.Kind != kindDocument || o.Object == "" || o.Plain == digestOf(said[o.Name]) {
			continue
		}
		fixed, err := k.fixed(ctx, o)
		if err != nil {
			return err
		}
		if fixed {
			return over()
		}
	}
	return nil
}

// fitsTaken says whether a manifest names just the documents that were taken.
func fitsTaken(m Manifest, rows map[string]catalog.DeliveryObject) bool {
	for _, doc := range m.Documents {
		if o, ok := rows[doc.Name]; !ok || o.Plain != digestOf(doc.SHA256) {
			return false
		}
	}
	taken := 0
	for _, o := range rows {
		if o.Kind == kindDocument {
			taken++
		}
	}
	return taken == len(m.Documents)
}

// written writes a delivery, which was read as was, with its audit entry, then
// what its manifest says of each object; nil: it says what it said. The digest
// comes last: as long as it is missing, the same manifest again does all of it
// again.
func (k *Desk) written(ctx context.Context, actor record.Actor, e event, was, d catalog.Delivery, in *kept) (View, error) {
	if e.detail == nil {
		e.detail = map[string]string{}
	}
	e.detail["documents"] = strconv.Itoa(d.Documents)
	leaf, err := k.seal(actor, e, audit.Done)
	if err != nil {
		return View{}, err
	}
	if in != nil {
		d.Digest = ""
	}
	err = k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if _, err := still(tx, was); err != nil {
			return err
		}
		if err := errors.Join(tx.PutDelivery(d), tx.Append(leaf)); err != nil || in == nil {
			return err
		}
		return tx.SetDeliveryManifest(d.ID, in.body)
	})
	if err == nil && in != nil {
		if err = k.project(ctx, d.ID, in.Manifest); err == nil {
			d, err = k.told(ctx, d, in.digest)
		}
	}
	if err != nil {
		return View{}, err
	}
	return k.view(ctx, d, true)
}

// told notes that all rows of a delivery say what its manifest does.
func (k *Desk) told(ctx context.Context, was catalog.Delivery, digest record.Digest) (d catalog.Delivery, err error) {
	was.ChangedAt = was.ChangedAt.Truncate(time.Microsecond) // as it was written
	err = k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if d, err = still(tx, was); err != nil {
			return err
		}
		d.Digest = digest
		return tx.PutDelivery(d)
	})
	return d, err
}

func (k *Desk) repeated(ctx context.Context, actor record.Actor, e event, d catalog.Delivery) (View, error) {
	if err := k.note(ctx, actor, e, audit.Allowed); err != nil {
		return View{}, err
	}
	v, err := k.view(ctx, d, true)
	v.Repeated = true
	return v, err
}

// from notes who hands it in: who did first, for good. The documents come in
// their name, which is part of what tells a transmission from another.
func from(d *catalog.Delivery, actor record.Actor) {
	if d.Actor == "" {
		d.Actor = actor.User
	}
}

// said takes over what a manifest says of the delivery as a whole.
func said(d *catalog.Delivery, m Manifest) {
	d.BagSeal, d.PaperBox, d.PaperLocation, d.MadeAt, d.Documents = m.BagSeal, m.Paper.Box, m.Paper.Location, m.CreatedAt, len(m.Documents)
}

// ID names the delivery in the archive, from its announcement on.
func (m Manifest) ID() string { return catalog.DeliveryID(m.Provider, m.DeliveryID) }
