package archive

import (
	"context"
	"errors"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/access"
)

// Why a document is taken out of a file.
const (
	WhyMisfiled = "misfiled" // it never belonged there
	WhyMoved    = "moved"    // what it is about is dealt with elsewhere now
	WhyOther    = "other"
)

// Whys gives the reasons of re-filing.
func Whys() []string { return []string{WhyMisfiled, WhyMoved, WhyOther} }

// takeBackTime is how long who filed a document may take that back.
const takeBackTime = time.Minute

// seenActions are the entries of which each says that somebody was shown
// something of the documents it names.
func seenActions() []string {
	return append(contentActions(), audit.FileView, audit.Search, audit.DocumentState, audit.InboxRead)
}

// contentActions are those of them that show what is in a document.
func contentActions() []string {
	return []string{audit.DocumentView, audit.DocumentPage, audit.DocumentWords, audit.DocumentOriginal, audit.DocumentPDF, audit.FilePDF}
}

// TakeBack takes back the last filing of a document, by who did it, within a
// minute: it lies where it lay before, in the other file or in clearing, with
// all that was filed along. Where nobody else has seen it meanwhile no trace is
// left. It needs the right to hand it in there, as filing did; that the place
// where it lies now is closed to the actor is no hindrance.
//
// Errors: NotFound, Conflict (too late, or somebody else has filed it since).
func (a *Archive) TakeBack(ctx context.Context, actor record.Actor, id record.DocumentID) (DocumentView, error) {
	e := event{action: audit.DocumentFile, detail: map[string]string{"change": "taken_back"}}
	last, err := a.lastFiling(ctx, actor, id)
	if errors.Is(err, record.NotFound) {
		return DocumentView{}, a.refuse(ctx, actor, e, false, "unknown")
	}
	if err != nil {
		return DocumentView{}, err
	}
	to := string(last.From)
	f := filing{id: id, act: access.DocumentFile, change: DocumentChange{File: &to}, target: last.From, event: e, back: &last}
	moved, err := a.fileAll(ctx, actor, f, once{})
	if err != nil {
		return DocumentView{}, err
	}
	a.Wake()
	if err := a.Outbox.Flush(ctx); err != nil {
		return DocumentView{}, err
	}
	return a.changed(ctx, actor, id, moved)
}

// lastFiling finds what the actor may take back.
func (a *Archive) lastFiling(ctx context.Context, actor record.Actor, id record.DocumentID) (last catalog.Filing, err error) {
	if !record.ValidID(string(id)) {
		return last, record.Missing()
	}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		last, err = a.mayUnfile(tx, actor, id)
		return err
	})
	return last, err
}

func (a *Archive) mayUnfile(tx *catalog.Tx, actor record.Actor, id record.DocumentID) (catalog.Filing, error) {
	all, err := tx.FilingsOf(id, 1)
	if err != nil {
		return catalog.Filing{}, err
	}
	doc, err := tx.DocumentByID(id)
	if err != nil {
		return catalog.Filing{}, err
	}
	if len(all) == 0 || all[0].By != actor.User {
		return catalog.Filing{}, record.Missing()
	}
	last := all[0]
	if last.To == "" || last.To != doc.File || doc.State == record.StateDisposed || a.Clock.Now().After(last.At.Add(takeBackTime)) {
		return last, &record.Error{Category: record.Conflict, Message: "This can't be taken back any more.",
			Hint: "File the document again where it belongs."}
	}
	return last, a.mayReturn(tx, actor, id, last.From)
}

// filedWith keeps of these documents those that were filed by one action.
func filedWith(tx *catalog.Tx, action string, parts []record.DocumentID) ([]record.DocumentID, error) {
	all, err := tx.FilingByID(action)
	with := map[record.DocumentID]bool{}
	for _, f := range all {
		with[f.Document] = true
	}
	return slices.DeleteFunc(parts, func(id record.DocumentID) bool { return !with[id] }), err
}

// mayReturn decides about the place that a document came from: a file, the
// question whether it belongs in a restricted one, or clearing at the site where it
// waited.
func (a *Archive) mayReturn(tx *catalog.Tx, actor record.Actor, id record.DocumentID, from record.FileID) error {
	if from != "" {
		to, err := findFile(tx, actor, string(from))
		if err == nil && !a.Policy.Decide(to.facts, access.DocumentPost).Allowed {
			err = record.Missing()
		}
		return err
	}
	r, _, err := tx.RoutingOf(id)
	if err != nil {
		return err
	}
	if r.Reserved != "" { // it is kept for that file again: who could file it from there
		meant, err := findFile(tx, actor, string(r.Reserved))
		if err == nil && !a.Policy.Decide(meant.facts, access.DocumentFile).Allowed {
			err = record.Missing()
		}
		return err
	}
	site, err := tx.WaitingSite(id)
	if err != nil {
		return err
	}
	all, err := tx.Roles(actor.User)
	if err != nil {
		return err
	}
	u, err := tx.UserByID(actor.User)
	if err != nil {
		return err
	}
	facts := access.Unfiled(all, site)
	facts.Actor, facts.Document, facts.Disabled = actor.User, id, u.Disabled
	if !a.Policy.Decide(facts, access.DocumentFile).Allowed {
		return record.Missing()
	}
	return nil
}

// leaveTrace keeps that a person put a document elsewhere, in the catalog and in
// the document's next manifest.
func (a *Archive) leaveTrace(tx *catalog.Tx, actor record.Actor, f filing, was, is record.Document, last *before) error {
	if was.File == is.File {
		return nil
	}
	g := catalog.Filing{ID: f.action, Document: is.ID, From: was.File, To: is.File, Reason: f.change.why(), Along: is.ID != f.id,
		Since: was.CreatedAt, At: a.Clock.Now(), By: actor.User}
	all, err := tx.FilingsOf(is.ID, 1)
	if err != nil {
		return err
	}
	if len(all) > 0 && all[0].To == was.File {
		g.Since = all[0].At
	}
	last.personal.Filings = slices.Clone(last.personal.Filings)
	if f.back != nil && len(all) > 0 {
		if g.Silent, err = tx.NobodyElse(is.ID, actor.User, seenActions(), all[0].At); err != nil {
			return err
		}
		if all[0].Silent = g.Silent; g.Silent {
			if err := tx.PutFiling(all[0]); err != nil {
				return err
			}
			for i, p := range last.personal.Filings {
				last.personal.Filings[i].Silent = p.Silent || p.ID == all[0].ID
			}
		}
	}
	last.personal.Filings = append(last.personal.Filings, vault.Filing{ID: g.ID, From: g.From, To: g.To, Reason: g.Reason, Along: g.Along,
		Since: moment(g.Since), At: moment(g.At), By: g.By, Silent: g.Silent})
	return tx.PutFiling(g)
}

// back puts a document that lies in no file any more into clearing again.
func (a *Archive) back(tx *catalog.Tx, is record.Document, by record.UserID) error {
	if is.File != "" {
		return nil
	}
	return tx.DropItem(is.ID, by)
}

// why is the reason of a re-filing.
func (c *DocumentChange) why() string {
	if c.Why == nil {
		return ""
	}
	return *c.Why
}
