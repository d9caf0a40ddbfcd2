package ingest

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/worker"
	"eakte/policy/access"
)

// mostHandParts bounds into how many documents a person divides one.
const mostHandParts = 500

// ByHand divides a document in clearing where a person says: each of starts is
// a page, from 2 up, at which a new document begins. The document itself stays
// as it came; its parts wait in clearing in its place as soon as they are taken
// out, read and routed like any other.
//
// Errors: NotFound and Denied by policy (audited), Invalid (starts), Conflict
// (it is not in clearing, is no PDF or TIFF, or was divided already).
func (s *Splitter) ByHand(ctx context.Context, actor record.Actor, id record.DocumentID, starts []int, key string) error {
	in := s.Intake
	doc, err := in.mayClear(ctx, actor, id)
	if err != nil {
		return err
	}
	if err := validStarts(starts, doc.Pages); err != nil {
		return err
	}
	digest := record.Sum([]byte("split " + string(id) + " " + joinInts(starts)))
	err = in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if _, done, err := tx.Answered(actor.User, key, digest); done || err != nil {
			return err
		}
		doc, err := in.clears(tx, actor, id)
		if err != nil {
			return err
		}
		if err := divisible(tx, doc); err != nil {
			return err
		}
		leaf, err := in.byHand(actor, map[string]string{"split": "by_hand", "parts": strconv.Itoa(len(starts) + 1)}, doc)
		if err != nil {
			return err
		}
		return errors.Join(tx.BeginParting(id, append([]int{1}, starts...), actor.User), tx.Enqueue(jobSpec{KindSplit, id}.spec()), tx.Append(leaf),
			tx.IdempotentPut(actor.User, key, digest, 202, nil))
	})
	if err == nil {
		in.Wake()
	}
	return err
}

func joinInts(list []int) string {
	out := ""
	for _, n := range list {
		out += " " + strconv.Itoa(n)
	}
	return out
}

func validStarts(starts []int, pages int) error {
	if len(starts) == 0 || len(starts) >= mostHandParts {
		return record.Bad("starts", "are none or more than %d", mostHandParts-1)
	}
	last := 1
	for _, n := range starts {
		if n <= last || n > pages {
			return record.Bad("starts", "are not pages from 2 to %d in ascending order", pages)
		}
		last = n
	}
	return nil
}

// divisible says why a document can't be divided by hand.
func divisible(tx *catalog.Tx, d record.Document) error {
	if d.ContentType != "application/pdf" && d.ContentType != "image/tiff" {
		return &record.Error{Category: record.Conflict, Message: "Only PDF and TIFF documents can be divided: pages can't be taken out of this one.",
			Hint: "File it as it is."}
	}
	links, err := tx.LinksOf(d.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(links, func(l catalog.Link) bool { return l.Kind == catalog.LinkSplits && l.Document == d.ID }) {
		return &record.Error{Category: record.Conflict, Message: "This document was divided already.", Hint: "Put its parts together if they were cut wrongly."}
	}
	return standsAlone(tx, d.ID)
}

// standsAlone refuses a document of which others are to be made as long as
// something lies beside it that came in it: with the document it would wait for
// nobody any more.
func standsAlone(tx *catalog.Tx, id record.DocumentID) error {
	parts, err := tx.Family(id, 1)
	if err == nil && len(parts) > 0 {
		err = &record.Error{Category: record.Conflict, Message: "Something came in this document and lies beside it: it can't be divided or put together with others.",
			Hint: "File it with its attachments, or file those elsewhere first."}
	}
	return err
}

// handParts are the letters that a person wants taken out of a document.
func handParts(starts []int, pages int) []worker.Range {
	var out []worker.Range
	for i, first := range starts {
		last := pages
		if i+1 < len(starts) {
			last = starts[i+1] - 1
		}
		out = append(out, worker.Range{First: first, Last: last})
	}
	return out
}

// mayClear decides whether an actor may divide a document or put it together
// with others: who may file it. A refusal is audited.
func (in *Intake) mayClear(ctx context.Context, actor record.Actor, id record.DocumentID) (doc record.Document, err error) {
	var facts record.Facts
	known := record.ValidID(string(id))
	if known {
		err = in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
			doc, facts, known, err = in.factsOf(tx, actor, id)
			return err
		})
	}
	if err != nil {
		return doc, err
	}
	if known && in.Policy.Decide(facts, access.DocumentFile).Allowed && in.Policy.Decide(facts, access.DocumentView).Allowed {
		return doc, nil
	}
	var about []audit.Object
	if known {
		about = objects(doc)
	}
	switch err := in.clearingRefused(ctx, actor, about); {
	case err != nil:
		return doc, err
	case known && in.Policy.Decide(facts, access.DocumentState).Allowed:
		return doc, &record.Error{Category: record.Denied, Message: "You may not do this here.", Hint: "Ask who clears at this site."}
	}
	return doc, record.Missing()
}

// clearingRefused makes the audit entry of a refusal durable.
func (in *Intake) clearingRefused(ctx context.Context, actor record.Actor, about []audit.Object) error {
	leaf, err := audit.Seal(audit.Entry{At: in.Clock.Now(), Action: audit.DocumentChange, Outcome: audit.Denied, Actor: actor.User, Via: actor.Via,
		Request: actor.Request, Objects: about, Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address}})
	if err != nil {
		return err
	}
	return in.Catalog.AppendAudit(ctx, leaf)
}

func (in *Intake) factsOf(tx *catalog.Tx, actor record.Actor, id record.DocumentID) (doc record.Document, f record.Facts, known bool, err error) {
	facts, err := tx.FactsForDocuments(actor.User, []record.DocumentID{id})
	if f, known = facts[id]; err != nil || !known {
		return doc, f, known, err
	}
	doc, err = tx.DocumentByID(id)
	return doc, f, true, err
}

// clears is mayClear in the transaction of the change, for a document that waits
// in clearing.
func (in *Intake) clears(tx *catalog.Tx, actor record.Actor, id record.DocumentID) (record.Document, error) {
	doc, facts, known, err := in.factsOf(tx, actor, id)
	if err != nil {
		return doc, err
	}
	if !known || !in.Policy.Decide(facts, access.DocumentFile).Allowed || !in.Policy.Decide(facts, access.DocumentView).Allowed {
		return doc, record.Missing()
	}
	waits, err := tx.Waits(id)
	if err == nil && (doc.File != "" || doc.State != record.StateClearing || !waits) {
		err = &record.Error{Category: record.Conflict, Message: "This document is not in clearing: it lies in a file, is just being read, or was divided or put together already.",
			Hint: "Only what waits in clearing can be divided or put together."}
	}
	return doc, err
}

// byHand is the audit entry of a change by hand to documents in clearing.
func (in *Intake) byHand(actor record.Actor, detail map[string]string, docs ...record.Document) (audit.Leaf, error) {
	e := audit.Entry{At: in.Clock.Now(), Action: audit.DocumentChange, Outcome: audit.Done, Actor: actor.User, Via: actor.Via, Request: actor.Request,
		Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address, Detail: detail}}
	for _, d := range docs {
		e.Objects = append(e.Objects, objects(d)...)
	}
	return audit.Seal(e)
}
