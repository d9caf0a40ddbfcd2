package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/worker"
)

// crashTries is how often a document may kill its worker before it is blamed.
const crashTries = 2

// waitForRoom is how long reading waits when the disk is full.
const waitForRoom = time.Minute

// reasonCrashed is the worker's word for a child that died by no limit of ours.
const reasonCrashed = "crashed"

// Reader has the pages of documents recognised and keeps what came out.
type Reader struct {
	Deps
	Pool  *worker.Pool
	Index job.Spec // kind of the job that indexes a document; key and payload are filled in
}

// Read is the handler of KindRead. It makes the document's pack and sets its
// state: ready (in a file), clearing (in none), or quarantined with a reason.
// Doing it again makes the same pack anew.
func (r *Reader) Read(ctx context.Context, j job.Job) error {
	id, err := documentOf(j)
	if err != nil {
		return err
	}
	if err := (spool{fs: r.Spool}).room(); err != nil { // what is derived can wait; the audit log can't
		return job.After(err, waitForRoom)
	}
	doc, err := r.start(ctx, id)
	if err != nil || doc.State == record.StateDisposed {
		return err
	}
	sum, err := r.recognise(ctx, doc)
	var fault *worker.Fault
	switch {
	case errors.As(err, &fault) && (fault.Reason != reasonCrashed || j.Attempt >= crashTries):
		r.Log.Info("document quarantined", "document", doc.ID, "reason", fault.Reason, "page", fault.Page)
		return r.quarantine(ctx, doc.ID, fault.Reason)
	case err != nil:
		return err
	}
	return r.ready(ctx, doc.ID, sum)
}

func (r *Reader) start(ctx context.Context, id record.DocumentID) (doc record.Document, err error) {
	err = r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if doc, err = tx.DocumentByID(id); err != nil || doc.State != record.StateReceived {
			return err
		}
		return tx.SetState(id, record.StateProcessing, "")
	})
	return doc, err
}

// recognise streams the original through a worker into the document's pack.
// One page at a time is held in memory.
func (r *Reader) recognise(ctx context.Context, doc record.Document) (worker.Summary, error) {
	key, err := r.Vault.OpenKey(ctx, doc.Object)
	if err != nil {
		return worker.Summary{}, err
	}
	content, err := r.Vault.OpenOriginal(ctx, doc.Object)
	if err != nil {
		return worker.Summary{}, err
	}
	var sum worker.Summary
	err = r.Vault.PutPack(ctx, key, func(w io.Writer) error {
		pack := vault.WritePack(w)
		sum, err = r.Pool.Process(ctx, worker.Input{Body: content.Reader(), Size: content.Size()}, func(p worker.Page) error {
			return addPage(pack, p)
		})
		if err != nil {
			return err
		}
		return pack.Close()
	})
	return sum, err
}

func addPage(pack *vault.PackWriter, p worker.Page) error {
	return pack.AddPage(vault.PackPage{Number: p.Number, Width: p.Width, Height: p.Height, DPI: p.DPI,
		Source: p.Source, Confidence: p.Confidence}, p.Text, p.Raw,
		record.PageWords{Width: p.Width, Height: p.Height, Words: p.Words}, p.Image, p.Full, p.Thumb)
}

// ready notes what was read, in the transaction that asks for the indexing.
func (r *Reader) ready(ctx context.Context, id record.DocumentID, sum worker.Summary) error {
	return r.finished(ctx, id, func(tx *catalog.Tx, doc record.Document) error {
		doc.State, doc.Reason, doc.Pages, doc.ContentType = record.StateClearing, "", sum.Pages, sum.ContentType
		if doc.File != "" {
			doc.State = record.StateReady
		}
		if err := tx.UpdateDocument(doc); err != nil {
			return err
		}
		if doc.File == "" {
			return nil
		}
		spec := r.Index
		spec.Key, spec.Payload, spec.Priority = string(doc.ID), documentJob{doc.ID}, priority(doc.Channel)
		return tx.Enqueue(spec)
	})
}

func (r *Reader) quarantine(ctx context.Context, id record.DocumentID, reason string) error {
	return r.finished(ctx, id, func(tx *catalog.Tx, doc record.Document) error {
		if err := tx.SetState(id, record.StateQuarantined, reason); err != nil {
			return err
		}
		leaf, err := audit.Seal(audit.Entry{At: r.Clock.Now(), Action: audit.DocumentChange, Outcome: audit.Done,
			Actor: "system", Via: "system", Request: record.NewID(), Objects: objects(doc),
			Personal: audit.Personal{Detail: map[string]string{"state": string(record.StateQuarantined), "reason": reason}}})
		if err != nil {
			return err
		}
		return tx.Append(leaf)
	})
}

// finished runs change on the document as it is now: it may have been re-filed
// while it was read.
func (r *Reader) finished(ctx context.Context, id record.DocumentID, change func(*catalog.Tx, record.Document) error) error {
	err := r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		doc, err := tx.DocumentByID(id)
		if err != nil || doc.State == record.StateDisposed {
			return err
		}
		return change(tx, doc)
	})
	if err != nil {
		return fmt.Errorf("read document %s: %w", id, err)
	}
	r.Wake()
	return nil
}

// Bury is called when reading was tried for the last time: the machine, not
// the document, was at fault every time. The document waits in quarantine.
func (r *Reader) Bury(ctx context.Context, j job.Job, cause string) {
	id, err := documentOf(j)
	if err != nil {
		return
	}
	if err := r.quarantine(ctx, id, "machine"); err != nil {
		r.Log.Error("a document that could not be read is not marked", "document", id, "error", err)
	}
}
