// Package archive is the door to files and documents: find, open, read, file
// and change them. Every method takes who asks, decides by policy over facts
// read in the same snapshot as the row, and has its audit entry durable before
// it gives anything out. What an actor may not know to exist is NotFound, as
// is what does not exist.
package archive

import (
	"context"
	"errors"
	"io"
	"log/slog"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/access"
	"eakte/search"
)

// Outbox puts the manifests that transactions left in the outbox into the
// store. Flush returns nil when all that were committed before are there.
type Outbox interface {
	Flush(ctx context.Context) error
}

// Deps are the parts that the archive works with.
type Deps struct {
	Catalog   *catalog.Catalog
	Vault     *vault.Vault
	Engine    search.Engine
	Drawer    Drawer // nil: pictures that are not kept can't be had
	Policy    *access.Policy
	Outbox    Outbox
	Clock     record.Clock
	Log       *slog.Logger
	IndexKind string // kind of the job that indexes a document
	ReadKind  string // kind of the job that reads its pages
	// RouteAgain gives the job that routes a document; nil: nothing is routed.
	RouteAgain func(record.DocumentID) job.Spec
	Wake       func() // tells the job runner that something was enqueued
	// Count counts the pages of bytes in the worker process, 0 if they have none;
	// nil: a receipt for what is not read yet names no number of pages.
	Count func(ctx context.Context, body io.Reader, size int64) (int, error)
	// Checked says that documents are looked through for malware before they
	// are read: until that is done nobody is given their bytes.
	Checked bool
}

// Archive answers for files and documents.
type Archive struct {
	Deps
	pictures   *pictures
	renditions renditions
}

// New makes an Archive.
func New(d Deps) *Archive {
	if d.Wake == nil {
		d.Wake = func() {}
	}
	return &Archive{Deps: d, pictures: newPictures(d.Vault, d.Drawer)}
}

// event is what the audit entry of a request says beside who and when.
type event struct {
	action  string
	objects []audit.Object
	query   string
	reason  string
	detail  map[string]string
}

func fileObject(id record.FileID) audit.Object {
	return audit.Object{Kind: audit.KindFile, ID: string(id)}
}

func documentObject(id record.DocumentID) audit.Object {
	return audit.Object{Kind: audit.KindDocument, ID: string(id)}
}

func (a *Archive) seal(actor record.Actor, e event, outcome string) (audit.Leaf, error) {
	return audit.Seal(audit.Entry{At: a.Clock.Now(), Action: e.action, Outcome: outcome, Actor: actor.User, Via: actor.Via,
		Request: actor.Request, Objects: e.objects,
		Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address, Query: e.query, Reason: e.reason, Detail: e.detail}})
}

// note makes an entry durable. Nothing is shown before it returns nil: if the
// log can't be written, nothing is read.
func (a *Archive) note(ctx context.Context, actor record.Actor, e event, outcome string) error {
	leaf, err := a.seal(actor, e, outcome)
	if err != nil {
		return err
	}
	if err := a.Catalog.AppendAudit(ctx, leaf); err != nil {
		return record.Down("The audit log", err)
	}
	return nil
}

// shown notes that something is about to be shown.
func (a *Archive) shown(ctx context.Context, actor record.Actor, e event) error {
	return a.note(ctx, actor, e, audit.Allowed)
}

// refuse notes a refusal and gives the error for it: Denied to those who may
// know that the thing exists, NotFound to everybody else.
func (a *Archive) refuse(ctx context.Context, actor record.Actor, e event, known bool, reason string) error {
	e.detail = map[string]string{"reason": reason}
	if err := a.note(ctx, actor, e, audit.Denied); err != nil {
		return err
	}
	if !known {
		return record.Missing()
	}
	return &record.Error{Category: record.Denied, Message: "You may not do this here.",
		Hint: "Ask who is responsible for the file, or the team lead for a grant."}
}

// fileRow is a file with the facts that hold for the actor, of one snapshot.
type fileRow struct {
	file  record.File
	facts record.Facts
}

// findFile reads a file by id or number. A file that is not there, and one
// without facts, is NotFound.
func findFile(tx *catalog.Tx, actor record.Actor, idOrNumber string) (fileRow, error) {
	f, err := tx.FileByIDOrNumber(idOrNumber)
	if err != nil {
		return fileRow{}, err
	}
	facts, err := tx.Facts(actor.User, []record.FileID{f.ID})
	if err != nil {
		return fileRow{}, err
	}
	fact, ok := facts[f.ID]
	if !ok {
		return fileRow{}, record.Missing()
	}
	return fileRow{f, fact}, nil
}

// file reads a file and decides whether act is allowed on it. A refusal is
// audited here; a yes is for the caller to note, with what it shows.
func (a *Archive) file(ctx context.Context, actor record.Actor, idOrNumber string, act access.Action, e event) (fileRow, error) {
	var row fileRow
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		row, err = findFile(tx, actor, idOrNumber)
		return err
	})
	if errors.Is(err, record.NotFound) {
		e.query = idOrNumber
		return row, a.refuse(ctx, actor, e, false, "unknown")
	}
	if err != nil {
		return row, err
	}
	d := a.Policy.Decide(row.facts, act)
	if d.Allowed {
		return row, nil
	}
	e.objects = append(e.objects, fileObject(row.file.ID))
	return row, a.refuse(ctx, actor, e, a.Policy.Decide(row.facts, access.FileFind).Allowed, d.Reason)
}

// documentRow is a document with its facts and its file, of one snapshot.
type documentRow struct {
	doc   record.Document
	file  record.File // zero while in clearing
	facts record.Facts
}

func findDocument(tx *catalog.Tx, actor record.Actor, id record.DocumentID) (documentRow, error) {
	var row documentRow
	if !record.ValidID(string(id)) {
		return row, record.Missing()
	}
	facts, err := tx.FactsForDocuments(actor.User, []record.DocumentID{id})
	if err != nil {
		return row, err
	}
	fact, ok := facts[id]
	if !ok {
		return row, record.Missing()
	}
	row.facts = fact
	if row.doc, err = tx.DocumentByID(id); err != nil {
		return row, err
	}
	if row.doc.File != "" {
		row.file, err = tx.FileByID(row.doc.File)
	}
	return row, err
}

// document reads a document and decides, like file.
func (a *Archive) document(ctx context.Context, actor record.Actor, id record.DocumentID, act access.Action, e event) (documentRow, error) {
	var row documentRow
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		row, err = findDocument(tx, actor, id)
		return err
	})
	if errors.Is(err, record.NotFound) {
		return row, a.refuse(ctx, actor, e, false, "unknown")
	}
	if err != nil {
		return row, err
	}
	d := a.Policy.Decide(row.facts, act)
	if d.Allowed {
		return row, nil
	}
	e.objects = append(e.objects, objectsOf(row.doc)...)
	return row, a.refuse(ctx, actor, e, a.Policy.Decide(row.facts, access.DocumentState).Allowed, d.Reason)
}

// can lists by name which of the actions the facts allow.
func (a *Archive) can(f record.Facts, names ...string) []string {
	actions := map[string]access.Action{"contents": access.FileView, "post": access.DocumentPost,
		"change": access.FileChange, "grant": access.GrantChange, "hold": access.HoldChange, "read": access.DocumentView, "edit": access.DocumentChange}
	out := []string{}
	for _, n := range names {
		if a.Policy.Decide(f, actions[n]).Allowed {
			out = append(out, n)
		}
	}
	return out
}
