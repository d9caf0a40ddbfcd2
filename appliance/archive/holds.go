package archive

import (
	"context"
	"errors"
	"strings"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/policy/access"
	"eakte/policy/hold"
)

// Hold is a legal hold as its reader sees it. Nothing that a standing hold
// covers may be destroyed; one on a file covers what lies in the file, one on a
// mail or an archive what came in it.
type Hold struct {
	ID         string     `json:"id"`
	On         string     `json:"on"`   // file, document, container (what the document came in)
	Kind       string     `json:"kind"` // litigation, objection, recovery, audit, inquiry, other
	Reason     string     `json:"reason"`
	TakenAlong bool       `json:"taken_along"` // it stood on a file that the document has left since
	PlacedBy   Person     `json:"placed_by"`
	PlacedAt   time.Time  `json:"placed_at"`
	LiftedBy   *Person    `json:"lifted_by"` // null while it stands
	LiftedAt   *time.Time `json:"lifted_at"`
	LiftReason string     `json:"lift_reason"`
}

// HoldSubject is what a hold stands on, a file (id or number) or a document.
type HoldSubject = hold.Subject

// HoldKinds lists the kinds of hold, in the order in which a form offers them.
func HoldKinds() []string { return hold.Kinds() }

// NewHold places a hold; kind and reason are required.
type NewHold struct {
	Kind   string `json:"kind"`
	Reason string `json:"reason"`

	IdempotencyKey string `json:"-"` // per user; the same again gives the first answer
}

// LiftHold lifts a hold; both are required.
type LiftHold struct {
	Hold   string `json:"hold"` // its id
	Reason string `json:"reason"`

	IdempotencyKey string `json:"-"`
}

// Holds lists the holds of a file or a document, lifted ones too, oldest
// first; for a document those that stand on its file or on what it came in as
// well. Who may see what
// is in the file, or change its holds, may read them.
func (a *Archive) Holds(ctx context.Context, actor record.Actor, s hold.Subject) ([]Hold, error) {
	e := event{action: audit.HoldRead}
	at, err := a.holdable(ctx, actor, s, e, access.HoldChange, readHolds(s))
	if err != nil {
		return nil, err
	}
	out := []Hold{}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		rows, err := tx.HoldsOf(at.subject.Key())
		if err != nil {
			return err
		}
		if at.doc.ID != "" {
			covering, err := tx.Covering([]record.DocumentID{at.doc.ID})
			if err != nil {
				return err
			}
			rows = append(rows, elsewhere(covering[at.doc.ID], at.doc.ID)...)
		}
		out, err = a.holdViews(tx, rows)
		fromContainer(out, rows, at.doc.ID)
		return err
	})
	if err != nil {
		return nil, err
	}
	e.objects = at.objects()
	return out, a.shown(ctx, actor, e)
}

// MayHold says whether the actor may change the holds of a file or document;
// if not, with the refusal that the change itself would get.
func (a *Archive) MayHold(ctx context.Context, actor record.Actor, s hold.Subject) error {
	_, err := a.holdable(ctx, actor, s, event{action: audit.HoldChange}, access.HoldChange)
	return err
}

// readHolds is what seeing the subject needs.
func readHolds(s hold.Subject) access.Action {
	if s.Document != "" {
		return access.DocumentList
	}
	return access.FileView
}

// elsewhere are those of a document's holds that don't stand on itself.
func elsewhere(holds []catalog.Hold, id record.DocumentID) (out []catalog.Hold) {
	for _, h := range holds {
		if h.Subject != string(id) {
			out = append(out, h)
		}
	}
	return out
}

// HoldOnContainer is where a hold stands that covers a document because of
// the mail or the archive that it came in.
const HoldOnContainer = "container"

// fromContainer tells in the views of a document's holds which of them stand
// on what it came in.
func fromContainer(views []Hold, rows []catalog.Hold, id record.DocumentID) {
	for i, h := range rows {
		if id != "" && h.SubjectKind == catalog.HoldsDocument && h.Subject != string(id) {
			views[i].On = HoldOnContainer
		}
	}
}

// PutHold places a hold on a file or a document. It says whether the same
// transmission did so before.
func (a *Archive) PutHold(ctx context.Context, actor record.Actor, s hold.Subject, n NewHold) (h Hold, repeated bool, err error) {
	n.Reason = strings.ToValidUTF8(strings.TrimSpace(n.Reason), "\uFFFD")
	e := event{action: audit.HoldChange, reason: n.Reason, detail: map[string]string{"hold": "placed", "hold_kind": n.Kind}}
	c := holdChange{subject: s, event: e, key: n.IdempotencyKey, request: []any{"put hold", n}, check: func() error { return hold.Validate(n.Kind, n.Reason) }}
	c.apply = func(tx *catalog.Tx, at holdable) (string, error) {
		id := record.NewID()
		return id, tx.PutHold(catalog.Hold{ID: id, SubjectKind: at.kind(), Subject: at.subject.Key(), Kind: n.Kind, Reason: n.Reason,
			By: actor.User, At: a.Clock.Now()})
	}
	return a.changeHold(ctx, actor, c)
}

// LiftHold lifts one hold of a file or a document, which others may go on
// holding. One that does not stand there is NotFound; a file's is lifted on
// the file.
func (a *Archive) LiftHold(ctx context.Context, actor record.Actor, s hold.Subject, l LiftHold) (h Hold, repeated bool, err error) {
	l.Reason = strings.ToValidUTF8(strings.TrimSpace(l.Reason), "\uFFFD")
	e := event{action: audit.HoldChange, reason: l.Reason, detail: map[string]string{"hold": "lifted"}}
	c := holdChange{subject: s, event: e, key: l.IdempotencyKey, request: []any{"lift hold", l}, check: func() error {
		if l.Hold == "" {
			return record.Bad("hold", "is missing: the id of the hold to lift")
		}
		return hold.ValidateReason(l.Reason)
	}}
	c.apply = func(tx *catalog.Tx, at holdable) (string, error) {
		h, err := tx.HoldByID(l.Hold)
		switch {
		case errors.Is(err, record.NotFound), err == nil && (h.Subject != at.subject.Key() || !h.Stands()):
			return "", &record.Error{Category: record.NotFound, Field: "hold", Message: "No such hold stands here.",
				Hint: "Look at the list of holds again: it may have been lifted, or it stands on the file or on the mail it came in and is lifted there."}
		case err != nil:
			return "", err
		}
		e.detail["hold_kind"] = h.Kind
		return h.ID, tx.LiftHold(h.ID, actor.User, a.Clock.Now(), l.Reason)
	}
	return a.changeHold(ctx, actor, c)
}

// holdChange is one change of a hold: apply makes it and gives the hold's id.
type holdChange struct {
	subject hold.Subject
	event   event
	key     string
	request []any
	check   func() error
	apply   func(*catalog.Tx, holdable) (string, error)
}

// changeHold decides, changes, and leaves manifest, audit entry and the job
// that makes the store follow, all in one transaction. It is answered when the
// manifest is in the store; the store's own hold follows by the job.
func (a *Archive) changeHold(ctx context.Context, actor record.Actor, c holdChange) (h Hold, repeated bool, err error) {
	at, err := a.holdable(ctx, actor, c.subject, c.event, access.HoldChange)
	if err != nil {
		return h, false, err
	}
	if err := c.check(); err != nil {
		return h, false, err
	}
	o, err := newOnce(c.key, append(c.request, at.subject)...)
	if err != nil {
		return h, false, err
	}
	body, repeated, err := a.answered(ctx, actor, o)
	if err != nil {
		return h, repeated, err
	}
	id := string(body)
	if !repeated {
		if id, err = a.commitHold(ctx, actor, at, c, o); err != nil {
			return h, false, err
		}
	}
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		row, err := tx.HoldByID(id)
		if err != nil {
			return err
		}
		views, err := a.holdViews(tx, []catalog.Hold{row})
		if err == nil {
			h = views[0]
		}
		return err
	})
	return h, repeated, err
}

func (a *Archive) commitHold(ctx context.Context, actor record.Actor, at holdable, c holdChange, o once) (id string, err error) {
	last, err := a.beforeHold(ctx, at)
	if err != nil {
		return "", err
	}
	err = a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := findHoldable(tx, actor, at.subject)
		if err != nil {
			return err
		}
		switch {
		case !a.Policy.Decide(now.facts, access.HoldChange).Allowed:
			return record.Missing()
		case now.doc.State == record.StateDisposed:
			return &record.Error{Category: record.Conflict, Message: "The document's life has ended.", Hint: "Nothing of it is left to hold."}
		}
		if err := stillHoldable(tx, now); err != nil {
			return err
		}
		if id, err = c.apply(tx, now); err != nil {
			return err
		}
		made, err := a.holdManifest(tx, last, now, actor.User, c.event.reason)
		if err != nil {
			return err
		}
		e := c.event
		e.objects = append(now.objects(), audit.Object{Kind: audit.KindHold, ID: id}, made)
		leaf, err := a.seal(actor, e, audit.Done)
		if err != nil {
			return err
		}
		if err := tx.Append(leaf); err != nil {
			return err
		}
		if err := tx.Enqueue(holdJob(now.subject)); err != nil {
			return err
		}
		return o.answer(tx, actor, 200, id)
	})
	if err != nil {
		return "", err
	}
	err = a.Outbox.Flush(ctx)
	a.Wake() // after the flush, so that the store finds the manifest to hold
	return id, err
}

// stillHoldable refuses a hold on a document whose key is just being
// destroyed: it would promise what can't be kept.
func stillHoldable(tx *catalog.Tx, at holdable) error {
	if at.doc.ID == "" {
		return nil
	}
	e, err := tx.ErasureOf(at.doc.ID)
	if errors.Is(err, record.NotFound) || err == nil && e.FinalAt.IsZero() {
		return nil
	}
	if err != nil {
		return err
	}
	return &record.Error{Category: record.Conflict, Message: "The document's key is being destroyed.", Hint: "Nothing can stop it any more."}
}

func holdJob(s hold.Subject) job.Spec {
	return job.Spec{Kind: hold.JobKind, Key: s.Key(), Payload: s}
}

// beforeHold reads from the store what the next manifest needs: the file's
// key, or the document's newest manifest.
func (a *Archive) beforeHold(ctx context.Context, at holdable) (b before, err error) {
	if at.subject.Document != "" {
		return a.newestManifest(ctx, at.doc)
	}
	b.key, err = a.Vault.OpenKey(ctx, record.ObjectID(at.file.ID))
	return b, err
}

// holdManifest says the holds as they stand now, who changed them and why.
func (a *Archive) holdManifest(tx *catalog.Tx, last before, at holdable, by record.UserID, reason string) (audit.Object, error) {
	if at.subject.File != "" {
		return a.fileManifestBecause(tx, last.key, at.file, by, "hold", reason)
	}
	last.personal.ChangeReason = reason
	last.personal.ChangeReason = reason
	return a.documentManifest(tx, last, at.doc, by, "hold", at.file.RetentionClass)
}
