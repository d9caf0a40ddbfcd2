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

// ForwardDocument hands a document on. To another site: it waits there now. To
// another authority: it leaves the clearing list, and stays kept and can be found
// by the clearing desk.
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
	last, err := a.newestManifest(ctx, row.doc)
	if err != nil {
		return DocumentView{}, err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		row, err := findDocument(tx, actor, id)
		if err != nil {
			return err
		}
		if !a.Policy.Decide(row.facts, access.DocumentFile).Allowed {
			return record.Missing()
		}
		if err := a.forward(tx, actor, row, last, f, e); err != nil {
			return err
		}
		return o.answer(tx, actor, 200, "")
	})
	if err != nil {
		return DocumentView{}, err
	}
	if err := a.Outbox.Flush(ctx); err != nil {
		return DocumentView{}, err
	}
	return a.changed(ctx, actor, id, nil)
}

func (f *Forward) validate() error {
	f.Site, f.Addressee, f.Reason = strings.TrimSpace(f.Site), clean(f.Addressee), clean(f.Reason)
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

func clean(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD"))
}

// forward makes the change inside its transaction.
func (a *Archive) forward(tx *catalog.Tx, actor record.Actor, row documentRow, last before, f Forward, e event) error {
	if err := mayGo(tx, row.doc, f.Site); err != nil {
		return err
	}
	id, now := row.doc.ID, a.Clock.Now().Truncate(time.Microsecond)
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
func mayGo(tx *catalog.Tx, d record.Document, site string) error {
	switch {
	case d.File != "":
		return &record.Error{Category: record.Conflict, Message: "The document lies in a file.", Hint: "Only what lies in no file can be handed on."}
	case d.State != record.StateClearing && d.State != record.StateQuarantined:
		return &record.Error{Category: record.Conflict, Message: "The document is still being read.", Hint: "Try again in a moment."}
	}
	if r, known, err := tx.RoutingOf(d.ID); err != nil || known && r.Outcome == record.OutcomeForwarded {
		if err != nil {
			return err
		}
		return &record.Error{Category: record.Conflict, Message: "The document was handed on already.", Hint: "Take that back first."}
	}
	if site == "" {
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

// UndoForward takes back that a document was handed on, for who did it and for
// the clearing desk where it waits, as long as nobody has acted on it since.
func (a *Archive) UndoForward(ctx context.Context, actor record.Actor, id record.DocumentID) (DocumentView, error) {
	e := event{action: audit.DocumentForward, detail: map[string]string{"change": "taken_back"}}
	var row documentRow
	var known, may bool
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if row, err = findDocument(tx, actor, id); err != nil {
			return err
		}
		_, may, err = a.mayTakeBack(tx, actor, row)
		return err
	})
	if err != nil && record.CategoryOf(err) != record.NotFound {
		return DocumentView{}, err
	}
	if err != nil || !may {
		if err == nil {
			e.objects, known = objectsOf(row.doc), a.Policy.Decide(row.facts, access.DocumentState).Allowed
		}
		return DocumentView{}, a.refuse(ctx, actor, e, known, access.ReasonNone)
	}
	last, err := a.newestManifest(ctx, row.doc)
	if err != nil {
		return DocumentView{}, err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return a.takeBack(tx, actor, id, last, e) })
	if err != nil {
		return DocumentView{}, err
	}
	if err := a.Outbox.Flush(ctx); err != nil {
		return DocumentView{}, err
	}
	return a.changed(ctx, actor, id, nil)
}

// mayTakeBack says whether the actor may take back that a document was handed
// on: who clears it now, or who handed it on and still clears where it came from.
func (a *Archive) mayTakeBack(tx *catalog.Tx, actor record.Actor, row documentRow) (f catalog.Forward, may bool, err error) {
	f, ok, err := tx.ForwardOf(row.doc.ID)
	if err != nil || !ok || row.facts.Disabled {
		return f, false, err
	}
	if row.doc.File == "" && a.Policy.Decide(row.facts, access.DocumentFile).Allowed {
		return f, true, nil
	}
	roles, err := tx.Roles(actor.User)
	return f, err == nil && f.By == actor.User && a.clears(roles, f.FromSite), err
}

// stillForwarded says whether nobody has acted on a document since it was handed on.
func stillForwarded(tx *catalog.Tx, d record.Document, f catalog.Forward) (bool, error) {
	r, known, err := tx.RoutingOf(d.ID)
	if err != nil || !known || d.File != "" || !r.At.Equal(f.At) {
		return false, err
	}
	if f.ToSite == "" {
		return r.Outcome == record.OutcomeForwarded, nil
	}
	site, err := tx.WaitingSite(d.ID)
	return site == f.ToSite, err
}

func (a *Archive) takeBack(tx *catalog.Tx, actor record.Actor, id record.DocumentID, last before, e event) error {
	row, err := findDocument(tx, actor, id)
	if err != nil {
		return err
	}
	f, may, err := a.mayTakeBack(tx, actor, row)
	if err != nil {
		return err
	}
	still, err := stillForwarded(tx, row.doc, f)
	switch {
	case err != nil:
		return err
	case !may:
		return record.Missing()
	case !still:
		return &record.Error{Category: record.Conflict, Message: "Somebody has acted on the document since it was handed on.",
			Hint: "Ask the site where it lies now."}
	}
	now := a.Clock.Now()
	r := record.Routing{Outcome: record.OutcomeClearing, Site: f.FromSite, At: now, By: actor.User}
	if f.Before.Routing != nil {
		r = *f.Before.Routing
	}
	if err := tx.SetWaitingSite(id, f.FromSite); err != nil {
		return err
	}
	if err := tx.SetRouting(id, r); err != nil {
		return err
	}
	if err := tx.SetClues(id, f.Before.Clues); err != nil {
		return err
	}
	if err := tx.DropForward(id); err != nil {
		return err
	}
	e.objects = objectsOf(row.doc)
	step := catalog.Custody{At: moment(now), Event: "taken_back", By: string(actor.User), Place: f.FromSite}
	return a.forwardNoted(tx, actor, row.doc, last, r, step, e)
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
	v.Forwarded.Undo = may && still
	return err
}

// siteNameOf is a site's name, or its code if it has none.
func siteNameOf(tx *catalog.Tx, code string) string {
	if s, err := tx.Site(code); err == nil && s.Name != "" {
		return s.Name
	}
	return code
}
