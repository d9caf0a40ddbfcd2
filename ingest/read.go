package ingest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/malware"
	"eakte/ingest/sheet"
	"eakte/ingest/worker"
)

// How long reading waits when the disk is full, and when nobody can say
// whether the document is harmful.
const (
	waitForRoom    = time.Minute
	waitForVerdict = time.Minute
)

// Reasons of quarantine beside those of the worker. Both keep the bytes from
// everybody; the archive knows them too.
const (
	reasonMalware   = "malware"
	reasonUnchecked = "unchecked" // larger than the scanner looks at
)

// Reader has the pages of documents recognised and keeps what came out.
type Reader struct {
	Deps
	Pool *worker.Pool
	// Malware is asked about each document before anything reads it; nil: nobody is.
	Malware *malware.Scanner
	Index   job.Spec // kind of the job that indexes a document; key and payload are filled in
	// Unpack gives what takes in the parts of a container (Intake.Unpack); nil:
	// containers are only shown.
	Unpack func(ctx context.Context, container record.DocumentID) func(worker.Part) error
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
	if harmful, err := r.malware(ctx, doc); harmful || err != nil {
		return err
	}
	sum, marks, err := r.recognise(ctx, doc)
	var fault *worker.Fault
	switch {
	case errors.As(err, &fault):
		r.Log.Info("document quarantined", "document", doc.ID, "reason", fault.Reason, "page", fault.Page)
		return r.quarantine(ctx, doc.ID, fault.Reason, nil)
	case err != nil:
		return err
	}
	return r.ready(ctx, doc.ID, sum, marks)
}

// malware has a document looked through, if anybody is there to do it, and
// quarantines one that must not be opened. What was found stands in the audit
// entry only. Without a verdict the document waits.
func (r *Reader) malware(ctx context.Context, doc record.Document) (harmful bool, err error) {
	if r.Malware == nil {
		return false, nil
	}
	content, err := r.Vault.OpenOriginal(ctx, doc.Object)
	if err != nil {
		return false, err
	}
	found, err := r.Malware.Scan(ctx, content.Reader(), content.Size())
	reason, detail := "", map[string]string(nil)
	switch {
	case errors.Is(err, record.Unavailable):
		return false, job.After(err, waitForVerdict)
	case err != nil:
		return false, err
	case found.Unchecked:
		reason = reasonUnchecked
	case found.Signature != "":
		reason, detail = reasonMalware, map[string]string{"signature": found.Signature}
	default:
		return false, nil
	}
	r.Log.Warn("document quarantined", "document", doc.ID, "reason", reason)
	return true, r.quarantine(ctx, doc.ID, reason, detail)
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
func (r *Reader) recognise(ctx context.Context, doc record.Document) (sum worker.Summary, marks []record.Mark, err error) {
	key, err := r.Vault.OpenKey(ctx, doc.Object)
	if err != nil {
		return sum, nil, err
	}
	content, err := r.Vault.OpenOriginal(ctx, doc.Object)
	if err != nil {
		return sum, nil, err
	}
	source, err := r.source(ctx, doc, content)
	if err != nil {
		return sum, nil, err
	}
	err = r.Vault.PutPack(ctx, key, func(w io.Writer) error {
		pack := vault.WritePack(w)
		sum, err = r.Pool.Read(ctx, source, func(p worker.Page) error {
			return addPage(pack, p)
		})
		if err != nil {
			return err
		}
		pack.Info().Signed, pack.Info().Converted = sum.Signed, sum.Converted
		marks = pack.Info().Marks()
		return pack.Close()
	})
	return sum, marks, err
}

func (r *Reader) parts(ctx context.Context, id record.DocumentID) func(worker.Part) error {
	if r.Unpack == nil {
		return nil
	}
	return r.Unpack(ctx, id)
}

// source is the document for the workers. Which pages have killed theirs is
// kept in the catalog, so that it is known after a death of this process too.
// The pages read before it are then read again.
func (r *Reader) source(ctx context.Context, doc record.Document, content vault.Content) (worker.Document, error) {
	d := worker.Document{Open: func() io.Reader { return content.Reader() }, Size: content.Size(), Parts: r.parts(ctx, doc.ID)}
	err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		d.Deaths, err = tx.PageDeaths(doc.ID)
		return err
	})
	d.Died = func(page int, reason string) error {
		r.Log.Warn("a page has killed its worker", "document", doc.ID, "page", page, "reason", reason)
		return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.PageDied(doc.ID, page, reason) })
	}
	return d, err
}

func addPage(pack *vault.PackWriter, p worker.Page) error {
	_, separator := sheet.Find(p.Codes)
	return pack.AddPage(vault.PackPage{Number: p.Number, Width: p.Width, Height: p.Height, DPI: p.DPI,
		Source: p.Source, Confidence: p.Confidence, Separator: separator, Blank: p.Blank, Doubtful: p.Doubtful, Turned: p.Turned}, p.Text, p.Raw,
		record.PageWords{Width: p.Width, Height: p.Height, Words: p.Words, Codes: p.Codes}, p.Image, p.Full, p.Thumb)
}

// ready notes what was read, in the transaction that asks for the indexing.
func (r *Reader) ready(ctx context.Context, id record.DocumentID, sum worker.Summary, marks []record.Mark) error {
	return r.finished(ctx, id, func(tx *catalog.Tx, doc record.Document) error {
		doc.State, doc.Reason, doc.Pages, doc.ContentType = record.StateClearing, "", sum.Pages, sum.ContentType
		if doc.File != "" {
			doc.State = record.StateReady
		}
		if err := errors.Join(tx.UpdateDocument(doc), tx.SetMarks(id, marks)); err != nil {
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

// quarantine sets a document aside; detail goes into its audit entry beside the reason.
func (r *Reader) quarantine(ctx context.Context, id record.DocumentID, reason string, detail map[string]string) error {
	return r.finished(ctx, id, func(tx *catalog.Tx, doc record.Document) error {
		if err := tx.SetState(id, record.StateQuarantined, reason); err != nil {
			return err
		}
		all := map[string]string{"state": string(record.StateQuarantined), "reason": reason}
		maps.Copy(all, detail)
		leaf, err := audit.Seal(audit.Entry{At: r.Clock.Now(), Action: audit.DocumentChange, Outcome: audit.Done,
			Actor: "system", Via: "system", Request: record.NewID(), Objects: objects(doc),
			Personal: audit.Personal{Detail: all}})
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
		if err := tx.ForgetPageDeaths(id); err != nil {
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
	if err := r.quarantine(ctx, id, "machine", nil); err != nil {
		r.Log.Error("a document that could not be read is not marked", "document", id, "error", err)
	}
}
