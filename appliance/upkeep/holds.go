package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/hold"
)

// The catalog says what is held; the store follows, so that an object stays
// even for whoever holds its keys when its lock has ended. A document's
// original and all its manifests get the store's legal hold by the running
// key. Only the second key takes it off, and only when no hold stands any
// more on the document or on its file.
//
// The catalog lists an object before the store is asked to hold it, and takes
// it off the list after the store has said that it doesn't. So a run that was
// cut off anywhere is done again from the list, and nothing stays held that
// nobody knows of.

// FollowHold does the job that a change of a hold leaves: it makes the store
// follow for one document and what came in it, or for all that lie in one file.
func (t *Tasks) FollowHold(ctx context.Context, j job.Job) error {
	var s hold.Subject
	if err := json.Unmarshal(j.Payload, &s); err != nil || s.Key() == "" {
		return job.Permanent(record.Bad("payload", "names no file or document"))
	}
	h := &holder{Tasks: t, counts: map[string]int64{}}
	if s.Document != "" {
		return h.family(ctx, s.Document)
	}
	err := h.all(ctx, s.File, "", nil)
	if err == nil {
		err = h.free(ctx, s.File)
	}
	if err == nil {
		err = h.failure()
	}
	if err == nil && h.counts["early"] > 0 {
		err = tooEarly()
	}
	return err
}

// Holds compares every held document with the store, asked afresh, and puts on
// what is missing; then it releases what is held no more. It goes on where a
// run was cut off.
func (t *Tasks) Holds(ctx context.Context) (Result, error) {
	h := &holder{Tasks: t, counts: map[string]int64{"looked_at": 0, "holds_set": 0, "holds_lifted": 0}, afresh: true}
	at := heldSoFar{Began: t.Clock.Now()}
	if err := t.progress(ctx, ScheduleHolds, &at); err != nil {
		return Result{}, err
	}
	if now := t.Clock.Now(); now.Sub(at.Began) > young/2 || at.Began.After(now) { // of another night
		at = heldSoFar{Began: now}
	}
	err := h.all(ctx, "", at.After, func(after record.DocumentID) error {
		at.After = after
		return t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return t.note(tx, ScheduleHolds, at) })
	})
	if err == nil {
		err = h.free(ctx, "")
	}
	if err == nil {
		err = t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.SetProgress(ScheduleHolds, "") })
	}
	if err == nil {
		err = h.failure()
	}
	text := fmt.Sprintf("Held documents looked at: %d; the store's hold put on %d objects and taken off %d.",
		h.counts["looked_at"], h.counts["holds_set"], h.counts["holds_lifted"])
	if n := h.counts["holds_waiting"]; n > 0 {
		text += fmt.Sprintf(" %d documents wait for the second key.", n)
	}
	return Result{Text: text, Counts: h.counts}, err
}

// heldSoFar is where a comparison stands.
type heldSoFar struct {
	Began time.Time         `json:"began"`
	After record.DocumentID `json:"after"` // all up to this one are compared
}

// holder is one run.
type holder struct {
	*Tasks
	afresh bool // the store is asked about what it has confirmed before, too
	counts map[string]int64
	row    int            // documents in a row that failed
	second vault.Disposal // opened when something is released for the first time
}

// all holds every document that is held in the catalog, of one file or of all.
func (h *holder) all(ctx context.Context, file record.FileID, after record.DocumentID, note func(record.DocumentID) error) error {
	for {
		var rows []catalog.Stored
		err := h.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
			rows, err = tx.HeldDocuments(file, after, batch)
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := h.one(ctx, r.Document, h.hold(ctx, r)); err != nil {
				return err
			}
			h.counts["looked_at"]++
			after = r.Document
		}
		if note != nil && len(rows) > 0 {
			if err := note(after); err != nil {
				return err
			}
		}
		if len(rows) < batch {
			return nil
		}
	}
}

// one decides what the failure of one document means: an object that is
// missing, damaged or refused is named and counted and the others go on; what
// may work later ends the run.
func (h *holder) one(ctx context.Context, id record.DocumentID, err error) error {
	if err == nil {
		h.row = 0
		return nil
	}
	if errors.Is(err, errNotYetPut) {
		h.counts["early"]++
		return nil
	}
	single := errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) || errors.Is(err, record.Denied) || errors.Is(err, vault.ErrRefused)
	if h.row++; ctx.Err() != nil || !single || h.row >= failuresInARow {
		return fmt.Errorf("the hold of document %s: %w", id, err)
	}
	h.counts["failed"]++
	h.Log.Error("the store can't follow a hold", "document", id, "error", err)
	return nil
}

func (h *holder) failure() error {
	if h.counts["failed"] == 0 {
		return nil
	}
	return found("The object store could not follow the holds of %d documents: it lacks the objects or refuses.",
		"The log names them. Run eakte verify; look whether the appliance's key may put legal holds.", h.counts["failed"])
}

// enclosedMost is more than comes out of one container (ingest's bound is 2000).
const enclosedMost = 5000

// family makes the store follow for one document and for what came in it,
// wherever that lies.
func (h *holder) family(ctx context.Context, id record.DocumentID) error {
	var parts []record.DocumentID
	err := h.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		parts, err = tx.Enclosed(id, enclosedMost)
		return err
	})
	if err == nil {
		err = h.document(ctx, id)
	}
	if err != nil {
		return err
	}
	for _, p := range parts {
		if err := h.one(ctx, p, h.document(ctx, p)); err != nil {
			return err
		}
	}
	if err := h.failure(); err != nil {
		return err
	}
	if h.counts["early"] > 0 {
		return tooEarly()
	}
	return nil
}

// document makes the store follow for one document.
func (h *holder) document(ctx context.Context, id record.DocumentID) error {
	var at catalog.Stored
	var held bool
	err := h.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		d, err := tx.DocumentByID(id)
		if err != nil {
			return err
		}
		at = catalog.Stored{Document: d.ID, Object: d.Object}
		held, err = tx.Held(id)
		return err
	})
	if err != nil {
		return err
	}
	if !held {
		return h.release(ctx, id)
	}
	if err = h.hold(ctx, at); errors.Is(err, errNotYetPut) {
		return tooEarly()
	}
	return err
}

// hold holds a document's original and its manifests, and whatever is listed
// for it and not confirmed.
func (h *holder) hold(ctx context.Context, d catalog.Stored) error {
	listed, err := h.listed(ctx, d.Document)
	if err != nil {
		return err
	}
	names, broken := h.unlisted(ctx, d, listed)
	err = h.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.AddHeldObjects(d.Document, names) })
	if err != nil {
		return err
	}
	for _, n := range names {
		listed[n] = time.Time{}
	}
	for name, at := range listed {
		if at.IsZero() || h.afresh {
			err = errors.Join(err, h.put(ctx, name, at))
		}
	}
	return errors.Join(err, broken)
}

// put puts the hold on one object; what the catalog says is never more than
// what the store has said.
func (h *holder) put(ctx context.Context, name string, at time.Time) error {
	if !at.IsZero() {
		info, err := h.Vault.Stat(ctx, name)
		if err != nil || info.Hold {
			return err
		}
		h.Log.Error("the store's hold was gone", "object", name)
	}
	if err := h.Vault.Hold(ctx, name); err != nil {
		return err
	}
	h.counts["holds_set"]++
	return h.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return tx.ConfirmHeld(name, h.Clock.Now()) })
}

// listed are a document's objects that are held or may be, and since when the
// store says so.
func (h *holder) listed(ctx context.Context, id record.DocumentID) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	err := h.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		rows, err := tx.HeldObjects(id)
		for _, r := range rows {
			out[r.Name] = r.SetAt
		}
		return err
	})
	return out, err
}

// errNotYetPut says that a document's newest manifest is still in the outbox.
var errNotYetPut = errors.New("upkeep: a manifest is not in the store yet")

func tooEarly() error { return job.After(errNotYetPut, 10*time.Second) }

// unlisted are the names of a document's objects that are not listed: its
// original, and its manifests from the newest back to one that is. They are
// listed all or none, so that what is older than a listed one is listed too;
// broken says why the manifests can't be.
func (h *holder) unlisted(ctx context.Context, d catalog.Stored, listed map[string]time.Time) (names []string, broken error) {
	original := vault.OriginalName(d.Object)
	if _, known := listed[original]; !known {
		names = append(names, original)
	}
	var head catalog.Head
	var waiting bool
	err := h.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if head, err = tx.ManifestHead(string(d.Document)); err != nil || head.Name == "" {
			return err
		}
		_, err = tx.OutboxBody(head.Name)
		waiting = err == nil
		if errors.Is(err, record.NotFound) {
			err = nil
		}
		return err
	})
	if err != nil || waiting {
		return names, errors.Join(err, notYet(waiting))
	}
	var chain []string
	for name := head.Name; name != ""; {
		if _, known := listed[name]; known {
			break
		}
		m, err := h.manifest(ctx, name)
		if err != nil {
			return names, fmt.Errorf("manifest %s: %w", name, err)
		}
		chain = append(chain, name)
		name = m.Header.Predecessor
	}
	return append(names, chain...), nil
}

func notYet(waiting bool) error {
	if waiting {
		return errNotYetPut
	}
	return nil
}
