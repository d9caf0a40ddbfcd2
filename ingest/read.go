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
	"eakte/ingest/rendition"
	"eakte/ingest/sheet"
	"eakte/ingest/worker"
)

// How long reading waits when the disk is full, and when nobody can say
// whether the document is harmful.
const (
	waitForRoom    = time.Minute
	waitForVerdict = time.Minute
)

// mostOnDemand is up to which size of an original, in bytes, its born-digital
// pages are drawn when somebody looks at them: it is handed to a worker anew for
// each.
const mostOnDemand = 32 << 20

// Reasons of quarantine beside those of the worker. Both keep the bytes from
// everybody; the archive knows them too.
const (
	reasonMalware   = "malware"
	reasonUnchecked = "unchecked" // larger than the scanner looks at
)

// reasonMachine is the reason when the machine was at fault, not the document.
const reasonMachine = "machine"

// Reader has the pages of documents recognised and keeps what came out.
type Reader struct {
	Deps
	Pool *worker.Pool
	// Malware is asked about each document before anything reads it; nil: nobody is.
	Malware *malware.Scanner
	// Count is told what reading a document took when it has come to its end, as
	// the catalog keeps it; nil: only the catalog knows.
	Count func(catalog.Count)
	Index job.Spec // kind of the job that indexes a document; key and payload are filled in
	// Unpack gives what takes in the parts of a container (Intake.Unpack); nil:
	// containers are only shown.
	Unpack func(ctx context.Context, container record.DocumentID) func(worker.Part) error
	// Route gives the job that finds out where a document belongs (RouteAgain);
	// nil: what lies in no file waits for a person.
	Route func(record.DocumentID) job.Spec
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
		return job.After(fmt.Errorf("%s: %w", heldForRoom, err), waitForRoom)
	}
	doc, err := r.start(ctx, id)
	if err != nil || doc.State == record.StateDisposed {
		return err
	}
	m := r.meter(j)
	if harmful, err := r.malware(ctx, doc, m); harmful || err != nil {
		return err
	}
	sum, marks, err := r.copied(ctx, doc)
	if err == nil && sum.Pages == 0 {
		sum, marks, err = r.recognise(ctx, doc, m)
	}
	var fault *worker.Fault
	switch {
	case errors.As(err, &fault):
		r.Log.Info("document quarantined", "document", doc.ID, "reason", fault.Reason, "page", fault.Page)
		return r.quarantine(ctx, doc.ID, fault.Reason, nil, m)
	case err != nil:
		return err
	}
	return r.ready(ctx, doc.ID, sum, marks, m)
}

// malware has a document looked through, if anybody is there to do it, and
// quarantines one that must not be opened. What was found stands in the audit
// entry only. Without a verdict the document waits.
func (r *Reader) malware(ctx context.Context, doc record.Document, m *meter) (harmful bool, err error) {
	if r.Malware == nil {
		return r.known(ctx, doc.ID, m)
	}
	content, err := r.Vault.OpenOriginal(ctx, doc.Object)
	if err != nil {
		return false, err
	}
	began := time.Now()
	found, err := r.Malware.Scan(ctx, content.Reader(), content.Size())
	m.took(StageScan, began)
	reason, detail := "", map[string]string(nil)
	switch {
	case errors.Is(err, record.Unavailable):
		return false, job.After(fmt.Errorf("%s: %w", heldForVerdict, err), waitForVerdict)
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
	return true, r.quarantine(ctx, doc.ID, reason, detail, m)
}

func (r *Reader) start(ctx context.Context, id record.DocumentID) (doc record.Document, err error) {
	err = r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if doc, err = tx.DocumentByID(id); err != nil || doc.State != record.StateReceived {
			return err
		}
		begun := doc
		begun.State, begun.Reason, begun.Pages = record.StateProcessing, "", 0 // of before: they may have been found harmful since
		return tx.UpdateDocument(begun)
	})
	return doc, err
}

// recognise streams the original through a worker into the document's pack.
// One page at a time is held in memory.
func (r *Reader) recognise(ctx context.Context, doc record.Document, m *meter) (sum worker.Summary, marks []record.Mark, err error) {
	began := time.Now()
	key, err := r.Vault.OpenKey(ctx, doc.Object)
	if err != nil {
		return sum, nil, err
	}
	content, err := r.Vault.OpenOriginal(ctx, doc.Object)
	if err != nil {
		return sum, nil, err
	}
	m.took(StageFetch, began)
	source, err := r.source(ctx, doc, content, m)
	if err != nil {
		return sum, nil, err
	}
	began = time.Now()
	var read time.Duration // what the workers took of it
	err = r.Vault.PutPack(ctx, key, func(w io.Writer) error {
		pack := vault.WritePack(w)
		first := time.Now()
		sum, err = r.Pool.Read(ctx, source, func(p worker.Page) error {
			came := time.Now()
			m.page(p)
			err := addPage(pack, p)
			first = first.Add(time.Since(came))
			return err
		})
		read = time.Since(first)
		if err != nil {
			return err
		}
		if sum.Signed, err = signed(sum.ContentType, content); err != nil {
			return err
		}
		pack.Info().Signed, pack.Info().Converted = sum.Signed, sum.Converted
		marks = pack.Info().Marks()
		return pack.Close()
	})
	m.add(catalog.CountStage, StageStore, (time.Since(began) - read).Milliseconds())
	m.add(catalog.CountStage, StageFetch, m.fetched.Milliseconds())
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
func (r *Reader) source(ctx context.Context, doc record.Document, content vault.Content, m *meter) (worker.Document, error) {
	d := worker.Document{Open: func() io.Reader { return timedReader{content.Reader(), &m.fetched} }, Size: content.Size(), Parts: r.parts(ctx, doc.ID),
		OnDemand: content.Size() <= mostOnDemand}
	err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		d.Deaths, err = tx.PageDeaths(doc.ID)
		return err
	})
	d.Died = func(page int, reason string) error {
		r.Log.Warn("a page has killed its worker", "document", doc.ID, "page", page, "reason", reason)
		m.add(catalog.CountDeaths, "", 1)
		return r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.PageDied(doc.ID, page, reason) })
	}
	return d, err
}

func addPage(pack *vault.PackWriter, p worker.Page) error {
	_, separator := sheet.Find(p.Codes)
	return pack.AddPage(vault.PackPage{ImageWidth: p.ImageWidth, ImageHeight: p.ImageHeight, OnDemand: p.OnDemand,
		Unmapped: !rendition.Mapped(p.Words),
		Number:   p.Number, Width: p.Width, Height: p.Height, DPI: p.DPI,
		Source: p.Source, Confidence: p.Confidence, Separator: separator, Blank: p.Blank, Doubtful: p.Doubtful && !separator, Faulty: p.Faulty, Turned: p.Turned}, p.Text, p.Raw,
		record.PageWords{Width: p.Width, Height: p.Height, Words: p.Words, Codes: p.Codes}, p.Image, p.Full, p.Thumb)
}

// ready notes what was read, in the transaction that asks for the indexing.
func (r *Reader) ready(ctx context.Context, id record.DocumentID, sum worker.Summary, marks []record.Mark, m *meter) error {
	m.add(catalog.CountReady, "", 1)
	verdict, err := r.verdict(ctx, id, record.StateReady, "")
	if err != nil {
		return err
	}
	return r.finished(ctx, id, m, func(tx *catalog.Tx, doc record.Document) error {
		doc.Reason, doc.Pages, doc.ContentType = "", sum.Pages, sum.ContentType
		split, err := splitDue(tx, doc, marks)
		if err != nil {
			return err
		}
		if _, err := r.say(tx, verdict, arrived(doc), ""); err != nil {
			return err
		}
		if err := tx.SetMarks(id, marks); err != nil {
			return err
		}
		if split { // until then it is in work
			return errors.Join(tx.UpdateDocument(doc), tx.BeginParting(id, nil, record.System("").User), tx.Enqueue(jobSpec{KindSplit, id}.spec()))
		}
		return r.toRoute(tx, doc)
	})
}

// arrived is the state of a document that was read: it lies in a file, or in
// clearing.
func arrived(d record.Document) record.State {
	if d.File == "" {
		return record.StateClearing
	}
	return record.StateReady
}

// arrive sets that state, and asks for the job by which search finds a document
// in a file.
func arrive(tx *catalog.Tx, doc record.Document, index job.Spec) error {
	doc.State = arrived(doc)
	if err := tx.UpdateDocument(doc); err != nil || doc.File == "" {
		return err
	}
	index.Key, index.Payload, index.Priority = string(doc.ID), documentJob{doc.ID}, priority(doc.Channel)
	return tx.Enqueue(index)
}

// quarantine sets a document aside; detail goes into its audit entry beside the reason.
func (r *Reader) quarantine(ctx context.Context, id record.DocumentID, reason string, detail map[string]string, m *meter) error {
	m.add(catalog.CountQuarantined, reason, 1)
	verdict, err := r.verdict(ctx, id, record.StateQuarantined, reason)
	if err != nil && reason != reasonMachine { // perhaps the store is what failed
		return err
	}
	return r.finished(ctx, id, m, func(tx *catalog.Tx, doc record.Document) error {
		if readBefore(doc) && reason != reasonMalware && reason != reasonUnchecked {
			return nil
		}
		if err := tx.SetState(id, record.StateQuarantined, reason); err != nil {
			return err
		}
		if err := r.unread(tx, doc); err != nil {
			return err
		}
		said, err := r.say(tx, verdict, record.StateQuarantined, reason)
		if err != nil {
			return err
		}
		all := map[string]string{"state": string(record.StateQuarantined), "reason": reason}
		maps.Copy(all, detail)
		leaf, err := audit.Seal(audit.Entry{At: r.Clock.Now(), Action: audit.DocumentChange, Outcome: audit.Done,
			Actor: "system", Via: "system", Request: record.NewID(), Objects: append(objects(doc), said...),
			Personal: audit.Personal{Detail: all}})
		if err != nil {
			return err
		}
		return tx.Append(leaf)
	})
}

// readBefore says whether a document was read with success before it was read
// again: its pages are there still, and stay whatever happened this time.
func readBefore(d record.Document) bool {
	return d.State == record.StateReady || d.State == record.StateClearing
}

// finished runs change on the document as it is now: it may have been re-filed
// while it was read. What was counted meanwhile is kept with it.
func (r *Reader) finished(ctx context.Context, id record.DocumentID, m *meter, change func(*catalog.Tx, record.Document) error) error {
	err := r.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		doc, err := tx.DocumentByID(id)
		if err != nil || doc.State == record.StateDisposed {
			return err
		}
		if err := tx.ForgetPageDeaths(id); err != nil {
			return err
		}
		if err := tx.AddCounts(r.Node, m.all()); err != nil {
			return err
		}
		return change(tx, doc)
	})
	if err != nil {
		return fmt.Errorf("read document %s: %w", id, err)
	}
	r.count(m)
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
	if err := r.quarantine(ctx, id, reasonMachine, nil, r.meter(j)); err != nil {
		r.Log.Error("a document that could not be read is not marked", "document", id, "error", err)
	}
}
