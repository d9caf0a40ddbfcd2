package ingest

import (
	"context"
	"errors"
	"strconv"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/classify"
	"eakte/policy/retention"
)

// changeTyped is the change of a manifest that says what a document is.
const changeTyped = "classified"

// file files the document and what lies beside it, like a person would: all of
// it commits at once or nothing does.
func (r *Router) file(ctx context.Context, c letterCase, d decision) error {
	written, err := r.manifests(ctx, c.all())
	if err != nil {
		return err
	}
	return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := r.look(tx, c.doc.ID)
		if err != nil {
			return err
		}
		if !c.same(now) {
			return errOvertaken
		}
		d, err := d.anew(tx)
		if err != nil {
			return err
		}
		f, err := tx.FileByID(d.File)
		if err != nil {
			return err
		}
		class, err := tx.RetentionClass(f.RetentionClass)
		if err != nil {
			return err
		}
		d.Site, d.Team = f.Site, f.Team
		for i, doc := range now.all() {
			along := d
			if i > 0 { // what is said of the mail's evidence is said once, with the mail
				along.Routing = record.Routing{Outcome: d.Outcome, Reason: d.Reason, File: d.File, Site: d.Site, Team: d.Team,
					Confidence: d.Confidence, Rules: d.Rules, Rule: d.Rule, At: d.At, By: d.By}
			}
			along.Type = c.types[doc.ID]
			if err := r.fileOne(tx, doc, f, class, along.Routing, written[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// manifests reads the newest manifests of documents.
func (r *Router) manifests(ctx context.Context, docs []record.Document) ([]written, error) {
	out := make([]written, len(docs))
	for i, doc := range docs {
		w, err := r.written(ctx, doc)
		if err != nil {
			return nil, err
		}
		out[i] = w
	}
	return out, nil
}

// fileOne files one document: its row, its item, what holds it, its place in
// search, its next manifest and its audit entry.
func (r *Router) fileOne(tx *catalog.Tx, doc record.Document, f record.File, class record.RetentionClass, why record.Routing, w written) error {
	doc.File = f.ID
	describe(&doc, why.Type)
	var closed string
	if !f.ClosedAt.IsZero() {
		closed = f.ClosedAt.Format(time.DateOnly)
	}
	var err error
	doc.KeepUntil, _, err = retention.KeepUntil(class, retention.Events{Closed: closed, Received: doc.Received, Dated: doc.Dated})
	if err != nil {
		return err
	}
	if doc.State == record.StateQuarantined {
		err = tx.UpdateDocument(doc)
	} else {
		err = arrive(tx, doc, r.Index)
		doc.State = arrived(doc)
	}
	if err != nil {
		return err
	}
	if _, err := tx.AddDirty(doc.ID, ""); err != nil {
		return err
	}
	if err := tx.RouteItem(doc.ID, record.System("").User, r.mayRead); err != nil {
		return err
	}
	if err := errors.Join(holdFollows(tx, doc), tx.Routed(doc.ID, why, nil), r.shut(tx, doc.ID)); err != nil {
		return err
	}
	made, err := r.carryOn(tx, w, changeFiled, func(h *vault.Header, p *vault.DocumentPersonal) {
		h.RetentionClass, h.KeepUntil = class.Class, doc.KeepUntil
		p.File, p.Type, p.Title, p.State, p.Reason, p.Routing = doc.File, doc.Type, doc.Title, doc.State, doc.Reason, why
	})
	if err != nil {
		return err
	}
	return r.tell(tx, audit.DocumentFile, append(objects(doc), made), why)
}

// describe gives a document the type and title that the rules found, where its
// sender gave none. What was attached to a mail goes by the name that it was
// given there.
func describe(doc *record.Document, g record.TypeGuess) {
	if doc.Type == "" {
		doc.Type = g.Type
	}
	if doc.Title == "" && doc.Channel != channelUnpacked {
		doc.Title = g.Title
	}
}

// tell writes the audit entry of a decision. Its evidence stands with the
// document; the log says by which rules it was decided.
func (r *Router) tell(tx *catalog.Tx, action string, objects []audit.Object, why record.Routing) error {
	leaf, err := audit.Seal(audit.Entry{At: r.Clock.Now(), Action: action, Outcome: audit.Done, Actor: record.System("").User, Via: "system",
		Request: record.NewID(), Objects: objects,
		Personal: audit.Personal{Detail: map[string]string{"routing": why.Outcome, "reason": why.Reason, "type": why.Type.Type,
			"rules": strconv.FormatInt(why.Rules, 10), "type_rules": strconv.FormatInt(why.Type.Rules, 10)}}})
	if err != nil {
		return err
	}
	return tx.Append(leaf)
}

// clear lets the document wait for a person, with what is known of it: at the
// site that the evidence names, and out of everybody's sight but theirs if it
// seems to be for a restricted file.
func (r *Router) clear(ctx context.Context, c letterCase, d decision) error {
	var w []written
	if d.Reserved != "" { // a rebuild must not show it to those who clear
		var err error
		if w, err = r.manifests(ctx, c.all()); err != nil {
			return err
		}
	}
	return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := r.look(tx, c.doc.ID)
		if err != nil {
			return err
		}
		if !c.same(now) {
			return errOvertaken
		}
		d, err := d.anew(tx)
		if err != nil {
			return err
		}
		if err := house(tx, &d, now.site); err != nil {
			return err
		}
		for i, doc := range now.all() {
			why := record.Routing{Outcome: d.Outcome, Reason: d.Reason, Reserved: d.Reserved, Site: d.Site, At: d.At, By: d.By}
			clues := []record.Clue(nil)
			if i == 0 {
				why, clues = d.Routing, d.clues
			}
			why.Type = c.types[doc.ID]
			if err := r.wait(tx, doc, why, clues, c.routed); err != nil {
				return err
			}
			if d.Reserved != "" {
				_, err := r.carryOn(tx, w[i], changeRouted, func(_ *vault.Header, p *vault.DocumentPersonal) { p.Routing = why })
				if err != nil {
					return err
				}
			}
		}
		if d.Reserved != "" {
			return tx.AskItem(now.doc.ID, record.System("").User, r.mayRead)
		}
		return tx.DropItem(now.doc.ID, record.System("").User)
	})
}

// changeRouted is the change of a manifest that says for whom a document is kept.
const changeRouted = "routed"

// house keeps a document at the site where it waits unless the decision names
// another site of the house. What it is reserved for says where, to who may know.
func house(tx *catalog.Tx, d *decision, site string) error {
	if d.Reserved != "" {
		clues, err := tx.CluesOf(d.Reserved)
		d.Site, d.Team, d.clues = site, "", common(d.clues, clues)
		if errors.Is(err, record.NotFound) { // nobody may know it
			err = nil
		}
		return err
	}
	_, err := tx.Site(d.Site)
	if record.CategoryOf(err) == record.NotFound {
		d.Site, err = site, nil
	}
	return err
}

// common are the clues of the one list that are in the other.
func common(a, b []record.Clue) (out []record.Clue) {
	in := map[record.Clue]bool{}
	for _, c := range b {
		in[c] = true
	}
	for _, c := range a {
		if in[c] {
			out = append(out, c)
		}
	}
	return out
}

// wait writes the decision that a person has to decide. The type that the rules
// found stands in it; the document gets it with the manifest of its filing.
func (r *Router) wait(tx *catalog.Tx, doc record.Document, why record.Routing, clues []record.Clue, before record.Routing) error {
	if err := tx.SetWaitingSite(doc.ID, why.Site); err != nil {
		return err
	}
	if err := tx.Reserve(doc.ID, why.Reserved); err != nil {
		return err
	}
	if err := errors.Join(tx.Routed(doc.ID, why, clues), r.shut(tx, doc.ID)); err != nil {
		return err
	}
	if doc.State == record.StateQuarantined {
		return nil
	}
	if err := arrive(tx, doc, r.Index); err != nil {
		return err
	}
	if before.Outcome == why.Outcome && before.Reason == why.Reason && before.Rules == why.Rules { // the same again
		return nil
	}
	return r.tell(tx, audit.DocumentChange, objects(doc), why)
}

// name gives a document that was filed without a type the one that the rules
// find, if they find one.
func (r *Router) name(ctx context.Context, c letterCase) error {
	types, err := r.rules.active(ctx, r.Catalog, record.RulesTypes)
	if err != nil {
		return err
	}
	pages, err := r.pages(ctx, c.doc)
	if err != nil {
		return err
	}
	c.pages = map[record.DocumentID][]classify.Page{c.doc.ID: pages}
	c.guess(types)
	why := record.Routing{File: c.doc.File, Type: c.types[c.doc.ID], At: r.Clock.Now(), By: record.System("").User}
	if why.Type.Type == "" {
		return r.settle(ctx, c)
	}
	w, err := r.written(ctx, c.doc)
	if err != nil {
		return err
	}
	return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := r.look(tx, c.doc.ID)
		if err != nil {
			return err
		}
		if now.due != dueType { // a person has said what it is, or taken it back
			return errOvertaken
		}
		doc := now.doc
		describe(&doc, why.Type)
		if before, ok, err := tx.RoutingOf(doc.ID); err != nil {
			return err
		} else if ok { // a person has filed it: that stays said
			before.Type = why.Type
			why = before
		}
		if err := arrive(tx, doc, r.Index); err != nil {
			return err
		}
		if _, err := tx.AddDirty(doc.ID, ""); err != nil {
			return err
		}
		if err := tx.SetRouting(doc.ID, why); err != nil {
			return err
		}
		made, err := r.carryOn(tx, w, changeTyped, func(_ *vault.Header, p *vault.DocumentPersonal) {
			p.Type, p.Title, p.Routing = doc.Type, doc.Title, why
		})
		if err != nil {
			return err
		}
		return r.tell(tx, audit.DocumentChange, append(objects(doc), made), why)
	})
}
