package archive

import (
	"context"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Forward hands a document that lies in no file on: misdirected post. Either
// Site (one of the house's) or Addressee (another authority) is given. The first
// date of receipt stays what it is (§ 16 SGB I).
type Forward struct {
	Site           string `json:"site"`      // code of another site of the house
	Addressee      string `json:"addressee"` // another authority, with its address
	Reason         string `json:"reason"`
	IdempotencyKey string `json:"-"` // per user; the same again changes nothing
}

// Forwarded says that a document was handed on, where to and why.
type Forwarded struct {
	Site      string    `json:"site"` // empty: to another authority
	SiteName  string    `json:"site_name"`
	FromSite  string    `json:"from_site"` // its name
	Addressee string    `json:"addressee"`
	Reason    string    `json:"reason"`
	Received  string    `json:"received"` // the first date of receipt
	At        time.Time `json:"at"`
	By        Person    `json:"by"`
	Undo      bool      `json:"undo"` // the asker may still take it back
}

// forwardChange is what a manifest calls it.
const forwardChange = "forwarded"

// ForwardDocument hands a document on, with what came in it and lies beside it: all
// or nothing. To another site: it waits there now. To another authority: it leaves
// the clearing list, and stays kept and can be found by the clearing desk.
//
// Errors: NotFound, Denied, Invalid, Conflict (it lies in a file, is being read, is
// kept for a restricted file, or was handed on already).
func (a *Archive) ForwardDocument(ctx context.Context, actor record.Actor, id record.DocumentID, f Forward) (DocumentView, error) {
	e := event{action: audit.DocumentForward}
	row, err := a.document(ctx, actor, id, access.DocumentFile, e)
	if err != nil {
		return DocumentView{}, err
	}
	if err := f.validate(); err != nil {
		return DocumentView{}, err
	}
	o, err := newOnce(f.IdempotencyKey, "forward", id, f)
	if err != nil {
		return DocumentView{}, err
	}
	if _, done, err := a.answered(ctx, actor, o); done || err != nil {
		if err != nil {
			return DocumentView{}, err
		}
		return a.changed(ctx, actor, id, nil)
	}
	last := map[record.DocumentID]before{}
	if err := a.readManifests(ctx, last, []record.DocumentID{row.doc.ID}); err != nil {
		return DocumentView{}, err
	}
	err = a.untilAll(ctx, last, func(tx *catalog.Tx) error {
		if err := a.forwardAll(tx, actor, id, last, f, e); err != nil {
			return err
		}
		return o.answer(tx, actor, 200, "")
	})
	if err := a.partRefused(ctx, actor, id, e, err); err != nil {
		return DocumentView{}, err
	}
	if err := a.Outbox.Flush(ctx); err != nil {
		return DocumentView{}, err
	}
	return a.changed(ctx, actor, id, nil)
}

func (f *Forward) validate() error {
	f.Site, f.Addressee, f.Reason = strings.TrimSpace(f.Site), record.CleanText(f.Addressee), record.CleanText(f.Reason)
	switch {
	case (f.Site == "") == (f.Addressee == ""):
		return record.Bad("addressee", "is needed, or a site of the house: one of both")
	case len(f.Addressee) > maxText:
		return record.Bad("addressee", "is longer than %d bytes", maxText)
	case f.Reason == "":
		return record.Bad("reason", "is missing")
	case len(f.Reason) > maxText:
		return record.Bad("reason", "is longer than %d bytes", maxText)
	}
	return nil
}

// forwardAll makes the change inside its transaction, at one moment for all that
// lies together. What went to another authority before stays there.
func (a *Archive) forwardAll(tx *catalog.Tx, actor record.Actor, id record.DocumentID, last map[record.DocumentID]before, f Forward, e event) error {
	parts, err := liesWith(tx, id)
	if err != nil {
		return err
	}
	if err := allRead(parts, last); err != nil {
		return err
	}
	now := a.Clock.Now().Truncate(time.Microsecond)
	for _, d := range append([]record.DocumentID{id}, parts...) {
		row, err := findDocument(tx, actor, d)
		if err != nil {
			return err
		}
		decided := a.Policy.Decide(row.facts, access.DocumentFile)
		gone, err := wentAway(tx, d)
		switch {
		case err != nil:
			return err
		case !decided.Allowed && d != id:
			return &partRefused{d, decided.Reason}
		case !decided.Allowed:
			return record.Missing()
		case gone && d != id:
			continue
		}
		if err := mayGo(tx, row.doc, f.Site, gone); err != nil {
			return err
		}
		if err := a.forward(tx, actor, row, last[d], f, e, now); err != nil {
			return err
		}
	}
	return nil
}

// wentAway says whether a document was handed on to another authority.
func wentAway(tx *catalog.Tx, id record.DocumentID) (bool, error) {
	r, known, err := tx.RoutingOf(id)
	return known && r.Outcome == record.OutcomeForwarded, err
}

func (a *Archive) forward(tx *catalog.Tx, actor record.Actor, row documentRow, last before, f Forward, e event, now time.Time) error {
	id := row.doc.ID
	from, err := tx.WaitingSite(id)
	if err != nil {
		return err
	}
	made := catalog.Forward{Document: id, FromSite: from, ToSite: f.Site, Addressee: f.Addressee, Reason: f.Reason, By: actor.User, At: now}
	if made.Before.Clues, err = tx.CluesOn(id); err != nil {
		return err
	}
	r, known, err := tx.RoutingOf(id)
	if err != nil {
		return err
	}
	if known {
		was := r
		made.Before.Routing = &was
	}
	r.At, r.By, r.File, r.Rule = now, actor.User, "", ""
	r.Outcome, r.Reason = record.OutcomeForwarded, record.ReasonForwarded
	if f.Site != "" {
		r.Outcome, r.Site = record.OutcomeClearing, f.Site
		err = tx.SetWaitingSite(id, f.Site)
	} else {
		err = tx.ForgetClues(id)
	}
	if err != nil {
		return err
	}
	if err := tx.SetRouting(id, r); err != nil {
		return err
	}
	if err := tx.SetForward(made); err != nil {
		return err
	}
	e.reason = f.Reason
	e.objects = objectsOf(row.doc)
	e.detail = map[string]string{"change": forwardChange, "site": f.Site, "addressee": f.Addressee}
	step := catalog.Custody{At: moment(now), Event: forwardChange, By: string(actor.User), Place: f.Site + f.Addressee, Note: f.Reason}
	return a.forwardNoted(tx, actor, row.doc, last, r, step, e)
}

// mayGo says whether a document can be handed on, and whether the site is one.
// gone: it went to another authority.
func mayGo(tx *catalog.Tx, d record.Document, site string, gone bool) error {
	meant, err := tx.ReservedFor(d.ID)
	switch {
	case err != nil:
		return err
	case d.File != "":
		return &record.Error{Category: record.Conflict, Message: "The document lies in a file.", Hint: "Only what lies in no file can be handed on."}
	case d.State != record.StateClearing && d.State != record.StateQuarantined:
		return &record.Error{Category: record.Conflict, Message: "The document is still being read.", Hint: "Try again in a moment."}
	case meant != "": // who is asked would never be asked again
		return &record.Error{Category: record.Conflict, Message: "The document is kept for a restricted file.", Hint: "Say first whether it belongs there."}
	case gone:
		return &record.Error{Category: record.Conflict, Message: "The document was handed on already.", Hint: "Take that back first."}
	case site == "":
		return nil
	}
	if here, err := tx.WaitingSite(d.ID); err != nil || here == site {
		if err != nil {
			return err
		}
		return record.Bad("site", "is where the document waits already")
	}
	if _, err := tx.Site(site); err != nil {
		return record.Bad("site", "is no site of this house")
	}
	return nil
}

// forwardNoted writes down what was done: custody, manifest, audit entry.
func (a *Archive) forwardNoted(tx *catalog.Tx, actor record.Actor, d record.Document, last before, r record.Routing, step catalog.Custody, e event) error {
	note, err := tx.NoteOf(d.ID)
	if err != nil {
		return err
	}
	note.Custody = append(note.Custody, step)
	if err := tx.SetNote(d.ID, note); err != nil {
		return err
	}
	last.personal.Routing, last.personal.ChangeReason = r, step.Note
	last.personal.Custody = append(last.personal.Custody, vaultCustody(step))
	made, err := a.documentManifest(tx, last, d, actor.User, step.Event, "")
	if err != nil {
		return err
	}
	e.objects = append(e.objects, made)
	leaf, err := a.seal(actor, e, audit.Done)
	if err != nil {
		return err
	}
	return tx.Append(leaf)
}

// addForward says that a document was handed on, for who may see the document.
func (a *Archive) addForward(tx *catalog.Tx, actor record.Actor, row documentRow, v *DocumentView) error {
	f, ok, err := tx.ForwardOf(v.ID)
	if err != nil || !ok {
		return err
	}
	still, err := stillForwarded(tx, row.doc, f)
	if err != nil || !still && f.ToSite == "" {
		return err
	}
	people, err := tx.UsersByID([]record.UserID{f.By})
	if err != nil {
		return err
	}
	v.Forwarded = &Forwarded{Site: f.ToSite, SiteName: siteNameOf(tx, f.ToSite), FromSite: siteNameOf(tx, f.FromSite), Addressee: f.Addressee,
		Reason: f.Reason, Received: v.Received, At: f.At, By: personOf(f.By, people)}
	_, may, err := a.mayTakeBack(tx, actor, row)
	if err != nil || !may || !still {
		return err
	}
	along, err := wentAlong(tx, f)
	v.Forwarded.Undo = !along
	return err
}

// siteNameOf is a site's name, or its code if it has none.
func siteNameOf(tx *catalog.Tx, code string) string {
	if s, err := tx.Site(code); err == nil && s.Name != "" {
		return s.Name
	}
	return code
}
