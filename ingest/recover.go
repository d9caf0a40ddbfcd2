package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// The kinds of job that taking in leaves behind.
const (
	KindRead     = "document.read"     // recognise the pages
	KindReadBack = "document.readback" // compare what the store holds, then empty the spool
)

// documentJob is the payload of a job about one document: an id, nothing personal.
type documentJob struct {
	Document record.DocumentID `json:"document"`
}

type jobSpec struct {
	kind     string
	document record.DocumentID
}

func (j jobSpec) spec() job.Spec {
	return job.Spec{Kind: j.kind, Key: string(j.document), Payload: documentJob{j.document}}
}

// ReadAgain is the job that makes a document's pack anew.
func ReadAgain(id record.DocumentID) job.Spec { return jobSpec{KindRead, id}.spec() }

func documentOf(j job.Job) (record.DocumentID, error) {
	var p documentJob
	if err := json.Unmarshal(j.Payload, &p); err != nil || !record.ValidID(string(p.Document)) {
		return "", job.Permanent(fmt.Errorf("%s: the payload names no document", j.Kind))
	}
	return p.Document, nil
}

// Recovered says what a start found in journal and spool.
type Recovered struct {
	Finished int // documents whose way in was finished now
	Lost     int // journal rows whose spool item is gone or damaged: never acknowledged
	Waiting  int // journal rows that could not be finished now, each for a reason of its own
	Swept    int // leftovers of receptions that were never journalled
}

// Recover finishes what a stop interrupted, before anything new is taken in:
// each unfinished row of this node's journal is put, verified and committed
// with the same bytes. A leftover without a row was never acknowledged, its
// key never kept: it is removed.
func (in *Intake) Recover(ctx context.Context) (Recovered, error) {
	r, err := in.Redo(ctx)
	if err != nil {
		return r, err
	}
	r.Swept, err = in.sweep(ctx)
	return r, err
}

// Redo finishes this node's unfinished rows that nobody works on: the store
// was down when they came in. A row whose spool item is gone or damaged was
// never acknowledged; it is forgotten, so that its sender can send again. One
// that fails alone waits for the next time and keeps nobody else waiting; what
// will be the same for all ends the run.
func (in *Intake) Redo(ctx context.Context) (Recovered, error) {
	var r Recovered
	var rows []catalog.JournalRow
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		rows, err = tx.JournalUnfinished(in.Node)
		return err
	})
	for _, row := range rows {
		tried, rerr := in.redo(ctx, row)
		switch {
		case errors.Is(rerr, errSpoolLost):
			r.Lost++
		case errors.Is(rerr, errSpoolUnread), errors.Is(rerr, vault.ErrRefused), errors.Is(rerr, record.Conflict), errors.Is(rerr, record.Corrupt):
			r.Waiting++
			in.Log.Error("a document on its way in can't be finished now", "object", row.Object, "error", rerr)
		case rerr != nil:
			return r, fmt.Errorf("intake: redo: %w", rerr)
		case tried:
			r.Finished++
		}
	}
	return r, err
}

var (
	// errSpoolLost says that a journalled document can't be finished.
	errSpoolLost = errors.New("the spool item is gone or damaged")
	// errSpoolUnread says that this is not known: the disk doesn't answer.
	errSpoolUnread = errors.New("the spool item can't be read")
)

// redo finishes one row, unless somebody else works on it or it is finished.
func (in *Intake) redo(ctx context.Context, row catalog.JournalRow) (tried bool, err error) {
	if row.Node != in.Node {
		return false, nil
	}
	release, ok := in.claim(row.ID)
	if !ok {
		return false, nil
	}
	defer release()
	err = in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		row, err = tx.JournalByID(row.ID)
		return err
	})
	if err != nil || row.State != catalog.JournalSpooled {
		return err == nil, err
	}
	switch err := in.spoolSound(row); {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, record.Corrupt):
		return true, in.forget(ctx, row, err)
	case err != nil: // unknown is not absent
		return true, &record.Error{Category: record.Unavailable, Message: "The disk of the appliance can't be read; nothing is lost.",
			Hint: "Tell the administrator, and try again later.", Cause: errors.Join(errSpoolUnread, err)}
	}
	_, err = in.finish(ctx, row)
	return true, err
}

// forget gives a row up whose item is gone or damaged.
func (in *Intake) forget(ctx context.Context, row catalog.JournalRow, why error) error {
	in.Log.Error("a document on its way in can't be finished; it was never acknowledged", "object", row.Object, "error", why)
	if err := in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.DeleteJournal(row.ID) }); err != nil {
		return err
	}
	return &record.Error{Category: record.Unavailable, Message: "The first try of this transmission is lost.",
		Hint: "Send it again.", Cause: errSpoolLost}
}

// spoolSound says whether the item of a journalled row is whole: it is missing
// (fs.ErrNotExist), Corrupt, or, with any other error, nothing is known.
func (in *Intake) spoolSound(row catalog.JournalRow) error {
	f, err := in.spool.fs.Open(row.SpoolPath)
	if err != nil {
		return err
	}
	defer f.Close()
	return sameBytes(f, row.Cipher, row.CipherSize)
}

// sweep removes items that no journal row of this node knows.
func (in *Intake) sweep(ctx context.Context) (int, error) {
	have, err := in.spool.objects()
	if err != nil || len(have) == 0 {
		return 0, err
	}
	swept := 0
	for object := range have {
		var known bool
		err := in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
			var err error
			known, err = tx.JournalKnows(object)
			return err
		})
		if err != nil {
			return swept, err
		}
		if known {
			continue
		}
		if err := errors.Join(in.spool.drop(object), ignoreMissing(in.spool.fs.Remove(string(object)+partSuffix))); err != nil {
			return swept, err
		}
		swept++
	}
	return swept, nil
}

// ReadBack is the handler of KindReadBack: it reads the whole object from the
// store, and empties the spool only when the bytes are those that were sent.
func (in *Intake) ReadBack(ctx context.Context, j job.Job) error {
	id, err := documentOf(j)
	if err != nil {
		return err
	}
	var doc record.Document
	var row catalog.JournalRow
	err = in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if doc, err = tx.DocumentByID(id); err != nil {
			return err
		}
		row, err = tx.JournalByDocument(id)
		return err
	})
	if err != nil {
		return err
	}
	raw, err := in.Vault.Buckets().Records.Get(ctx, vault.OriginalName(doc.Object), 0, -1)
	if err != nil {
		return err
	}
	err = sameBytes(raw, doc.Cipher, doc.CipherSize)
	if err = errors.Join(err, raw.Close()); err != nil {
		return fmt.Errorf("read-back of object %s: %w", doc.Object, err)
	}
	if row.Node == in.Node {
		if err := in.spool.drop(doc.Object); err != nil {
			return err
		}
	}
	return nil
}

// sameBytes reads r to its end and compares size and digest.
func sameBytes(r io.Reader, want record.Digest, size int64) error {
	got, n, err := digestOf(r)
	if err != nil {
		return err
	}
	if got != want || n != size {
		return &record.Error{Category: record.Corrupt, Message: "The stored bytes are not those that were taken in.",
			Hint: "Run eakte verify; the spool still holds the document."}
	}
	return nil
}
