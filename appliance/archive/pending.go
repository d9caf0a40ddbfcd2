package archive

import (
	"context"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Pending is something for a file's customer that is not in the file, or not
// readable there yet: before anybody refuses for a missing paper, it stands here.
// Document is there only for who may see it.
type Pending struct {
	Kind     string           `json:"kind"`     // one of the Pending constants
	Provider string           `json:"provider"` // in transit: who brings it
	Since    *time.Time       `json:"since"`    // in transit: since when it is announced
	Count    int              `json:"count"`    // documents
	Received string           `json:"received"` // the date of receipt; empty in transit
	Pages    int              `json:"pages"`    // 0: not known
	Document *PendingDocument `json:"document"` // null for who may not see it
}

// PendingDocument names a pending document to who may see it.
type PendingDocument struct {
	ID    record.DocumentID `json:"id"`
	Title string            `json:"title"`
	Type  string            `json:"type"`
	Name  string            `json:"name"`
}

// The kinds of Pending.
const (
	PendingTransit  = "transit"  // a scan provider has announced it
	PendingWork     = "work"     // it is here, in no file yet, and is being read
	PendingClearing = "clearing" // a person decides where it belongs
	PendingAside    = "aside"    // it could not be read, and lies in no file
	PendingReading  = "reading"  // it lies in this file and is being read
)

// pendingMost bounds what is listed as pending, of each kind.
const pendingMost = 50

// FilePending lists what is on its way, in clearing or being read for the
// customers of a file, for who may find the file and know that: reception too,
// which sees nothing of what lies in it.
func (a *Archive) FilePending(ctx context.Context, actor record.Actor, id record.FileID) ([]Pending, error) {
	e := event{action: audit.FileView, detail: map[string]string{"list": "pending"}}
	file, err := a.file(ctx, actor, string(id), access.FilePending, e)
	if err != nil {
		return nil, err
	}
	var out []Pending
	err = a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		out, err = a.pending(tx, actor, file)
		return err
	})
	if err != nil {
		return nil, err
	}
	e.objects = append([]audit.Object{fileObject(file.file.ID)}, namedPending(out)...)
	return out, a.shown(ctx, actor, e)
}

// namedPending are the pending documents that are shown by name.
func namedPending(ps []Pending) []audit.Object {
	var out []audit.Object
	for _, p := range ps {
		if p.Document != nil {
			out = append(out, documentObject(p.Document.ID))
		}
	}
	return out
}

// pending collects what is pending for a file; that the actor may know it is
// decided before.
func (a *Archive) pending(tx *catalog.Tx, actor record.Actor, file fileRow) ([]Pending, error) {
	out := []Pending{}
	clues, err := tx.CluesOf(file.file.ID)
	if err != nil {
		return nil, err
	}
	coming, err := tx.InTransit(clues, pendingMost)
	if err != nil {
		return nil, err
	}
	for _, t := range coming {
		out = append(out, Pending{Kind: PendingTransit, Provider: t.Provider, Since: &t.Announced, Count: t.Documents})
	}
	waiting, err := tx.PendingDocuments(clues, pendingMost)
	if err != nil {
		return nil, err
	}
	reading, err := tx.ReadingInFile(file.file.ID, pendingMost)
	if err != nil {
		return nil, err
	}
	docs := append(waiting, reading...)
	facts, err := tx.FactsForDocuments(actor.User, idsOf(docs))
	if err != nil {
		return nil, err
	}
	for _, d := range docs {
		if p, ok := a.pendingDocument(d, facts[d.ID]); ok {
			out = append(out, p)
		}
	}
	return out, nil
}

// pendingDocument says of a document as much as the actor may know. One that is
// reserved for another file is there only for who may know of that file.
func (a *Archive) pendingDocument(d record.Document, f record.Facts) (Pending, bool) {
	p := Pending{Kind: pendingKind(d), Count: 1, Received: d.Received, Pages: d.Pages}
	if f.Document == "" || f.File != "" && !a.Policy.Decide(f, access.FilePending).Allowed {
		return p, false
	}
	if a.Policy.Decide(f, access.DocumentList).Allowed {
		p.Document = &PendingDocument{ID: d.ID, Title: d.Title, Type: d.Type, Name: d.Name}
	}
	return p, true
}

func pendingKind(d record.Document) string {
	switch {
	case d.File != "":
		return PendingReading
	case d.State == record.StateQuarantined:
		return PendingAside
	case d.State == record.StateReceived, d.State == record.StateProcessing:
		return PendingWork
	}
	return PendingClearing
}
