package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/rendition"
	"eakte/ingest/worker"
)

// KindMerge is the job that puts documents together.
const KindMerge = "document.merge"

// channelMerge is the channel of a document that was put together by hand.
const channelMerge = "merge"

// Bounds of what is put together at once.
const (
	mostMerged      = 50
	mostMergedPages = 2000
)

// Merger puts wrongly separated documents together.
type Merger struct {
	Intake *Intake
	Pool   *worker.Pool // draws the pages of which no picture is kept
	Index  job.Spec     // as Reader.Index
}

type mergeJob struct {
	Merging string `json:"merging"`
}

// Merge puts documents that wait in clearing together, in this order: all or
// none. What comes of it is a PDF/A of their pages as they were read, a document
// of its own that is routed like any other; its pages are not read once more. The
// documents themselves stay as they came, are named in it, and wait no more. It
// gives the id of the undertaking, which a job carries out; the same for the same
// key.
//
// Errors: NotFound and Denied by policy (audited), Invalid, Conflict (one is not
// in clearing, has no pages that could be shown, is an attachment or has some, or
// they are kept for different restricted files).
func (m *Merger) Merge(ctx context.Context, actor record.Actor, ids []record.DocumentID, key string) (string, error) {
	in := m.Intake
	for _, id := range ids {
		if _, err := in.mayClear(ctx, actor, id); err != nil {
			return "", err
		}
	}
	if err := validMerge(ids); err != nil {
		return "", err
	}
	what := catalog.Merging{ID: record.NewID(), Documents: ids, By: actor.User}
	digest := record.Sum([]byte(fmt.Sprint("merge ", ids)))
	err := in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if first, done, err := tx.Answered(actor.User, key, digest); done || err != nil {
			what.ID = first
			return err
		}
		docs, err := m.together(tx, actor, ids)
		if err != nil {
			return err
		}
		leaf, err := in.byHand(actor, map[string]string{"merge": "by_hand", "parts": strconv.Itoa(len(docs))}, docs...)
		if err != nil {
			return err
		}
		return errors.Join(tx.BeginMerging(what), tx.Enqueue(job.Spec{Kind: KindMerge, Key: what.ID, Payload: mergeJob{what.ID}}), tx.Append(leaf),
			tx.IdempotentPut(actor.User, key, digest, 202, []byte(what.ID)))
	})
	if err == nil {
		in.Wake()
	}
	return what.ID, err
}

// MayMerge says, before anything of a request is read, whether the actor clears
// anywhere: Denied, which is audited, if not.
func (m *Merger) MayMerge(ctx context.Context, actor record.Actor) error {
	var sites []string
	err := m.Intake.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { sites, err = m.Intake.clearedSites(tx, actor); return err })
	if err != nil || len(sites) > 0 {
		return err
	}
	if err := m.Intake.clearingRefused(ctx, actor, nil); err != nil {
		return err
	}
	return &record.Error{Category: record.Denied, Message: "You may not put documents together.", Hint: "Ask who clears at your site."}
}

func validMerge(ids []record.DocumentID) error {
	if len(ids) < 2 || len(ids) > mostMerged {
		return record.Bad("documents", "are not 2 to %d", mostMerged)
	}
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			return record.Bad("documents", "name one twice")
		}
	}
	return nil
}

// together reads the documents and says why they can't be put together.
func (m *Merger) together(tx *catalog.Tx, actor record.Actor, ids []record.DocumentID) (docs []record.Document, err error) {
	pages, meant := 0, record.FileID("")
	for i, id := range ids {
		d, err := m.Intake.clears(tx, actor, id)
		if err != nil {
			return nil, err
		}
		if err := mergeable(tx, d); err != nil {
			return nil, err
		}
		kept, err := tx.ReservedFor(id)
		if err != nil {
			return nil, err
		}
		if i > 0 && kept != meant {
			return nil, &record.Error{Category: record.Conflict, Message: "One of these documents is kept for a restricted file, and another is not kept for the same one.",
				Hint: "Say first whether it belongs there."}
		}
		meant, pages, docs = kept, pages+d.Pages, append(docs, d)
	}
	if pages > mostMergedPages {
		return nil, &record.Error{Category: record.TooLarge, Message: fmt.Sprintf("Together they would have more than %d pages.", mostMergedPages)}
	}
	return docs, nil
}

// mergeable says why a document can't be put together with others.
func mergeable(tx *catalog.Tx, d record.Document) error {
	beside, err := tx.LiesBeside(d.ID)
	if err != nil {
		return err
	}
	if d.Pages == 0 || beside {
		return &record.Error{Category: record.Conflict, Message: "One of these documents has no pages, or is an attachment: it can't be put together with others.",
			Hint: "Leave it out."}
	}
	return standsAlone(tx, d.ID)
}

// Handle is the handler of KindMerge. Doing it again, after whatever
// interruption, makes no second document.
func (m *Merger) Handle(ctx context.Context, j job.Job) error {
	var p mergeJob
	if err := json.Unmarshal(j.Payload, &p); err != nil || !record.ValidID(p.Merging) {
		return job.Permanent(fmt.Errorf("%s: the payload names nothing", KindMerge))
	}
	if err := m.Intake.spool.room(); err != nil {
		return job.After(err, waitForRoom)
	}
	what, docs, made, err := m.look(ctx, p.Merging)
	if err != nil || what.Result != "" || what.Reason != "" {
		return err
	}
	if made != "" {
		return m.close(ctx, what, made, "")
	}
	if slices.ContainsFunc(docs, func(d record.Document) bool { return !asItWas(d) }) {
		return m.close(ctx, what, "", "changed")
	}
	id, err := m.make(ctx, what, docs)
	var fault *worker.Fault
	switch {
	case errors.As(err, &fault):
		return m.close(ctx, what, "", fault.Reason)
	case err != nil:
		return fmt.Errorf("merge %s: %w", what.ID, err)
	}
	return m.close(ctx, what, id, "")
}

// asItWas says whether a document is as it was when it was to be put together
// with others: not filed, nor set aside, nor being read anew after that.
func asItWas(d record.Document) bool {
	return d.File == "" && d.State == record.StateProcessing && d.Pages > 0
}

// look reads what is to be put together, and what was made of it already by a try
// that did not come to its end.
func (m *Merger) look(ctx context.Context, id string) (what catalog.Merging, docs []record.Document, made record.DocumentID, err error) {
	err = m.Intake.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		docs = nil
		if what, err = tx.MergingByID(id); err != nil {
			return err
		}
		byID, err := tx.DocumentsByID(what.Documents)
		for _, d := range what.Documents {
			docs = append(docs, byID[d])
		}
		if err != nil {
			return err
		}
		made, err = mergedInto(tx, what.Documents[0])
		return err
	})
	return what, docs, made, err
}

// mergedInto is what a document was put together into; "": nothing. That is done
// with a document once.
func mergedInto(tx *catalog.Tx, id record.DocumentID) (record.DocumentID, error) {
	links, err := tx.LinksOf(id)
	for _, l := range links {
		if l.Kind == catalog.LinkMerges && l.Other == id {
			return l.Document, err
		}
	}
	return "", err
}

// make lays the pages out and takes the result in. What waits for it is told in
// the transaction by which it becomes a document.
func (m *Merger) make(ctx context.Context, what catalog.Merging, docs []record.Document) (record.DocumentID, error) {
	first := docs[0]
	o := &origin{Document: first.ID, By: first.CreatedBy, Sensitivity: first.Sensitivity, Merged: what.Documents}
	received, pages := first.Received, make([]rendition.Part, len(docs))
	for i, d := range docs {
		received, o.Sensitivity = min(received, d.Received), max(o.Sensitivity, d.Sensitivity)
		pages[i] = m.part(ctx, d)
	}
	r, err := rendition.New(ctx, rendition.Info{Title: first.Title, Created: first.CreatedAt, Seed: "merge " + what.ID}, pages)
	if err != nil {
		return "", err
	}
	var dst destination
	if err := m.Intake.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { dst, err = besides(tx, first); return err }); err != nil {
		return "", err
	}
	got, err := m.Intake.take(ctx, record.System(record.NewID()), Submission{Type: first.Type, Title: first.Title, Direction: first.Direction, Received: received,
		Name: first.Name, Channel: channelMerge, Body: io.NewSectionReader(r, 0, r.Size), Size: r.Size, IdempotencyKey: "merge/" + what.ID, origin: o}, dst)
	return got.Document, err
}

func (m *Merger) part(ctx context.Context, d record.Document) rendition.Part {
	return rendition.Part{Title: d.Title, Pages: d.Pages, Open: func() (rendition.Source, error) {
		pack, err := m.Intake.Vault.OpenPack(ctx, d.Object)
		return mergedPages{pack, func(page vault.PackPage) ([]byte, error) { return m.draw(ctx, d, page) }}, err
	}}
}

// draw draws a page of which no picture is kept.
func (m *Merger) draw(ctx context.Context, d record.Document, page vault.PackPage) (jpeg []byte, err error) {
	content, err := m.Intake.Vault.OpenOriginal(ctx, d.Object)
	if err != nil {
		return nil, err
	}
	want := []record.Picture{{Page: page.Number, Width: page.Width, Height: page.Height}}
	err = m.Pool.Draw(ctx, content.Reader(), content.Size(), want, func(b []byte) error { jpeg = b; return nil })
	return jpeg, err
}

// mergedPages are the pages of one document as they were read.
type mergedPages struct {
	*vault.Pack
	draw func(vault.PackPage) ([]byte, error)
}

// Page gives the largest image there is, and the words.
func (p mergedPages) Page(n int) (rendition.Page, error) {
	page, err := p.Pack.Page(n)
	if err != nil {
		return rendition.Page{}, err
	}
	out := rendition.Page{Width: page.Width, Height: page.Height, DPI: page.DPI}
	switch {
	case page.OnDemand:
		out.JPEG, err = p.draw(page)
	case page.Full:
		out.JPEG, err = p.Image(n, vault.ImageFull)
	default:
		out.JPEG, err = p.Image(n, vault.ImagePage)
	}
	if err != nil {
		return rendition.Page{}, err
	}
	words, err := p.Words(n)
	out.Words = words.Words
	return out, err
}

// close says what came of it. The documents lie in clearing again; they wait
// there only if nothing was made of them.
func (m *Merger) close(ctx context.Context, what catalog.Merging, result record.DocumentID, reason string) error {
	in := m.Intake
	what.Result, what.Reason = result, reason
	err := in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		var objects []audit.Object
		for _, id := range what.Documents {
			d, err := tx.DocumentByID(id)
			if err != nil {
				return err
			}
			objects = append(objects, audit.Object{Kind: audit.KindDocument, ID: string(id)})
			if d.State != record.StateProcessing || d.Pages == 0 {
				continue
			}
			switch {
			case result == "": // a file may have been made for it meanwhile
				err = tx.Enqueue(RouteAgain(id))
			case d.File == "":
				err = errors.Join(tx.DropItem(id, record.System("").User), tx.ForgetClues(id))
			}
			if err := errors.Join(err, arrive(tx, d, m.Index)); err != nil {
				return err
			}
		}
		if result != "" {
			objects = append(objects, audit.Object{Kind: audit.KindDocument, ID: string(result)})
		}
		leaf, err := audit.Seal(audit.Entry{At: in.Clock.Now(), Action: audit.DocumentChange, Outcome: audit.Done, Actor: "system", Via: "system",
			Request: record.NewID(), Objects: objects, Personal: audit.Personal{Detail: map[string]string{"merge": "done", "reason": reason}}})
		return errors.Join(err, tx.EndMerging(what), tx.Append(leaf))
	})
	if err != nil {
		return fmt.Errorf("merge %s: %w", what.ID, err)
	}
	in.Wake()
	return nil
}

// Bury is called when putting together was tried for the last time: the documents
// wait as they came, unless what was made of them is there.
func (m *Merger) Bury(ctx context.Context, j job.Job, _ string) {
	var p mergeJob
	if json.Unmarshal(j.Payload, &p) != nil {
		return
	}
	what, _, made, err := m.look(ctx, p.Merging)
	if err == nil && what.Result == "" && what.Reason == "" {
		reason := reasonMachine
		if made != "" {
			reason = ""
		}
		err = m.close(ctx, what, made, reason)
	}
	if err != nil {
		m.Intake.Log.Error("what could not be put together is not marked", "merging", p.Merging, "error", err)
	}
}

// linkMerged notes in the catalog what a document was put together from.
func (o *origin) linkMerged(tx *catalog.Tx, id record.DocumentID) error {
	for i, part := range o.Merged {
		if err := tx.InsertLink(catalog.Link{Document: id, Kind: catalog.LinkMerges, Other: part, Place: i + 1}); err != nil {
			return err
		}
	}
	return nil
}

func (o *origin) derivedByMerge() []vault.DerivedFrom {
	out := make([]vault.DerivedFrom, len(o.Merged))
	for i, part := range o.Merged {
		out[i] = vault.DerivedFrom{Document: part, How: vault.DerivedByMerge, Place: i + 1}
	}
	return out
}
