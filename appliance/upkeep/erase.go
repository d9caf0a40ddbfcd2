package upkeep

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/retention"
)

// KindErase is the kind of job that destroys a document's key.
const KindErase = "document.erase"

// keepDays is how long backups are kept where nothing else is configured.
const keepDays = 35

// eraseAgain is when an erasure that has to wait is tried again.
const eraseAgain = time.Minute

// Erasure is what two people have decided about one document. It holds ids and
// keys of texts only.
type Erasure struct {
	Document    record.DocumentID `json:"document"`
	Act         string            `json:"act"`   // vault.ActErased or ActDisposed
	Basis       string            `json:"basis"` // the rule that allows it, a key
	ProposedBy  record.UserID     `json:"proposed_by"`
	ApprovedBy  record.UserID     `json:"approved_by"`
	Disposition string            `json:"disposition"` // id of the list it stands on; empty for an erasure
	Offered     string            `json:"offered"`     // what the state archive said: taken, declined, or empty
}

// EraseJob asks for a document's key to be destroyed. Enqueue it in the
// transaction in which the second person agrees. Whether it may be done is
// looked at again when it is: an approval is no licence.
func EraseJob(e Erasure) (job.Spec, error) {
	return job.Spec{Kind: KindErase, Key: string(e.Document), Payload: e}, e.check()
}

func (e Erasure) check() error {
	switch {
	case !record.ValidID(string(e.Document)):
		return record.Bad("document", "not an id; keys of files and persons can't be destroyed yet")
	case e.Act != vault.ActErased && e.Act != vault.ActDisposed:
		return record.Bad("act", "neither erased nor disposed")
	case e.ProposedBy == "" || e.ApprovedBy == "" || e.ProposedBy == e.ApprovedBy:
		return record.Bad("approved_by", "two different people must be named")
	case e.Act == vault.ActDisposed && e.Disposition == "":
		return record.Bad("disposition", "the list it stands on is not named")
	}
	return nil
}

// Erase is the handler of KindErase. A tombstone is put first and locked; then
// the key goes, with all versions and generations and the pack; then the
// catalog says so. Cut off anywhere it goes on. What is held is refused at each
// try, up to the last moment; what is to be disposed of and is not yet due by
// every clock is refused as well.
func (t *Tasks) Erase(ctx context.Context, j job.Job) error {
	var e Erasure
	err := json.Unmarshal(j.Payload, &e)
	if err == nil {
		err = e.check()
	}
	if err != nil {
		return job.Permanent(fmt.Errorf("%s: %w", KindErase, err))
	}
	second, now, err := t.readyToErase(ctx)
	if err != nil {
		return err
	}
	row, err := t.beginErasure(ctx, e, now)
	switch {
	case errors.Is(err, record.Busy):
		return job.After(err, eraseAgain)
	case errors.Is(err, record.Held), errors.Is(err, record.Retained), errors.Is(err, record.NotFound), errors.Is(err, record.Conflict):
		return job.Permanent(errors.Join(err, t.refused(ctx, e)))
	case err != nil || !row.DestroyedAt.IsZero():
		return err
	}
	until := retention.LockUntil(record.RetentionClass{}, "", now, time.Time{})
	if err := t.Vault.PutLocked(ctx, row.Tombstone, int64(len(row.Body)), record.Sum(row.Body), bytes.NewReader(row.Body), until); err != nil {
		return err
	}
	if row, err = t.noReturn(ctx, e); errors.Is(err, record.Held) {
		return job.Permanent(errors.Join(err, t.refused(ctx, e)))
	}
	if err == nil {
		err = t.destroy(ctx, second, e.Document)
	}
	if err != nil {
		return err
	}
	return t.erased(ctx, e, row)
}

// noReturn looks for a hold once more. From its commit on nobody reads the
// document, and no hold can be placed on it that would come too late.
func (t *Tasks) noReturn(ctx context.Context, e Erasure) (row catalog.Erasure, err error) {
	err = t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if row, err = tx.ErasureOf(e.Document); err != nil || !row.FinalAt.IsZero() {
			return err
		}
		if err := notHeld(tx, e.Document); err != nil {
			return err
		}
		row.FinalAt = t.Clock.Now()
		_, err := tx.AddDirty(e.Document, "")
		return errors.Join(err, tx.PutErasure(row), tx.DisposeDocument(e.Document))
	})
	return row, err
}

// destroy destroys the key under every id that the document's original ever
// had: one that was put anew has the same key under two.
func (t *Tasks) destroy(ctx context.Context, second vault.Disposals, id record.DocumentID) error {
	_, objects, err := t.chain(ctx, id)
	for _, object := range objects {
		if err == nil {
			err = t.Vault.DestroyKey(ctx, second, object)
		}
		if err == nil {
			err = t.goneFromReplica(ctx, object)
		}
	}
	return err
}

// replicaAgain is when a replica is asked again that still has a key.
const replicaAgain = time.Hour

// goneFromReplica insists that the replica has no copy of a key. It is only
// read here, and stores don't pass the removal of a version on by themselves.
func (t *Tasks) goneFromReplica(ctx context.Context, id record.ObjectID) error {
	replica, ok := t.Vault.Replica()
	if !ok {
		return nil
	}
	left := ""
	err := replica.Keys.Versions(ctx, vault.KeyName(id), "", func(o vault.ObjectInfo) error {
		if of, _, ok := vault.ParseKeyName(o.Name); ok && of == id && !o.Marker {
			left = o.Name
		}
		return nil
	})
	if err != nil || left == "" {
		return err
	}
	return job.After(&record.Error{Category: record.Unavailable, Message: "The replica still has a copy of a key that is to be destroyed.",
		Hint: "Remove all versions of " + left + " there, with a key of that store that may; the erasure then ends by itself."}, replicaAgain)
}

// readyToErase gives the second key and the time that all clocks agree on.
func (t *Tasks) readyToErase(ctx context.Context) (second vault.Disposals, now time.Time, err error) {
	if t.Disposal == nil || t.IndexKind == "" {
		return second, now, &record.Error{Category: record.Unavailable, Message: "There is no second key to destroy anything with."}
	}
	if second, err = t.Disposal(ctx); err != nil {
		return second, now, err
	}
	now, err = t.Agree(ctx)
	return second, now, err
}

// beginErasure decides, in one transaction, and fixes the tombstone's bytes.
func (t *Tasks) beginErasure(ctx context.Context, e Erasure, now time.Time) (row catalog.Erasure, err error) {
	names, err := t.deadNames(ctx, e.Document)
	if err != nil {
		return row, err
	}
	err = t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if row, err = tx.ErasureOf(e.Document); err != nil && !errors.Is(err, record.NotFound) {
			return err
		}
		begun := err == nil
		if begun && !row.FinalAt.IsZero() { // destroyed, or nothing can stop it
			return nil
		}
		if err := t.mayErase(tx, e, now); err != nil {
			return err
		}
		if begun {
			row.BegunAt = now
			return tx.PutErasure(row)
		}
		if row, err = t.tombstone(tx, e, names, now); err != nil {
			return err
		}
		return tx.PutErasure(row)
	})
	return row, err
}

// mayErase says whether the key may be destroyed as things stand now.
func (t *Tasks) mayErase(tx *catalog.Tx, e Erasure, now time.Time) error {
	if err := notHeld(tx, e.Document); err != nil {
		return err
	}
	k, err := tx.KeepingOf(e.Document)
	if err != nil {
		return err
	}
	r, err := tx.Rotation()
	if err != nil {
		return err
	}
	relocating, err := tx.Relocating(e.Document)
	switch {
	case err != nil:
		return err
	case r.State == catalog.RotationRunning:
		return &record.Error{Category: record.Busy, Message: "The sealing key is being changed; no key is destroyed meanwhile."}
	case relocating:
		return &record.Error{Category: record.Busy, Message: "The document's original is just being put anew."}
	case k.State == record.StateDisposed:
		return &record.Error{Category: record.Conflict, Message: "The document's life has ended already."}
	case k.State == record.StateReceived || k.State == record.StateProcessing:
		return &record.Error{Category: record.Busy, Message: "The document is still being read."}
	case e.Act == vault.ActDisposed && (k.KeepUntil == "" || k.KeepUntil >= t.Catalog.Day(now)):
		return &record.Error{Category: record.Retained, Message: "The document is not due yet: it must be kept.",
			Hint: "Until the day named on it, only an erasure that the law demands can end it."}
	}
	return nil
}

func notHeld(tx *catalog.Tx, id record.DocumentID) error {
	held, err := tx.Held(id)
	if err == nil && held {
		err = &record.Error{Category: record.Held, Message: "A legal hold stands on the document: nothing of it may be destroyed.",
			Hint: "Lift the hold first, if it may be lifted."}
	}
	return err
}

// tombstone makes the row that says what is about to be destroyed.
func (t *Tasks) tombstone(tx *catalog.Tx, e Erasure, names []string, now time.Time) (catalog.Erasure, error) {
	k, err := tx.KeepingOf(e.Document)
	if err != nil {
		return catalog.Erasure{}, err
	}
	id := record.ObjectID(record.NewID())
	body, err := vault.EncodeTombstone(vault.Tombstone{ID: id, Act: e.Act, Kind: vault.KindDocument, Subject: string(e.Document), Object: k.Object,
		Names: names, Class: k.Class.Class, KeepUntil: k.KeepUntil, Basis: e.Basis, ProposedBy: e.ProposedBy, ApprovedBy: e.ApprovedBy,
		At: now, Disposition: e.Disposition, Offered: e.Offered})
	return catalog.Erasure{Document: e.Document, Object: k.Object, Act: e.Act, Tombstone: vault.TombstoneName(id), Body: body, BegunAt: now}, err
}

// deadNames are the objects that nobody can read once the key is gone: its
// copies, the original, the pack, and the manifests from the newest back.
func (t *Tasks) deadNames(ctx context.Context, id record.DocumentID) ([]string, error) {
	manifests, objects, err := t.chain(ctx, id)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, object := range objects {
		keys, err := t.Vault.KeyNames(ctx, object)
		if err != nil {
			return nil, err
		}
		names = append(append(names, keys...), vault.OriginalName(object), vault.PackName(object))
	}
	return append(names, manifests...), nil
}

// chain gives a document's manifests from the newest back, and the ids that its
// original has and had.
func (t *Tasks) chain(ctx context.Context, id record.DocumentID) (manifests []string, objects []record.ObjectID, err error) {
	var doc record.Document
	var head catalog.Head
	err = t.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if doc, err = tx.DocumentByID(id); err != nil {
			return err
		}
		head, err = tx.ManifestHead(string(id))
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	objects = []record.ObjectID{doc.Object}
	for name := head.Name; name != ""; {
		m, err := t.manifest(ctx, name)
		if errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) {
			t.Log.Error("a manifest of an erased document can't be read; the ones before it are not named in the tombstone", "manifest", name, "error", err)
			break
		}
		if err != nil {
			return nil, nil, err
		}
		manifests = append(manifests, name)
		if !slices.Contains(objects, m.Header.Object) {
			objects = append(objects, m.Header.Object)
		}
		name = m.Header.Predecessor
	}
	return manifests, objects, nil
}

// erased makes the catalog say what has happened. The last copies of the key
// are in backups; the erasure is complete when the youngest of them has been
// deleted.
func (t *Tasks) erased(ctx context.Context, e Erasure, row catalog.Erasure) error {
	keep := t.KeepDays
	if keep <= 0 {
		keep = keepDays
	}
	row.DestroyedAt = t.Clock.Now()
	row.CopiesUntil = t.Catalog.Day(row.DestroyedAt.AddDate(0, 0, keep))
	err := t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		doc, err := tx.DocumentByID(e.Document)
		if err != nil {
			return err
		}
		leaf, err := t.eraseEntry(e, doc, row, audit.Done)
		if err != nil {
			return err
		}
		err = errors.Join(tx.PutErasure(row), tx.DisposeDocument(doc.ID), tx.Append(leaf))
		if err == nil {
			_, err = tx.AddDirty(doc.ID, "")
		}
		if err != nil {
			return err
		}
		return tx.Enqueue(job.Spec{Kind: t.IndexKind, Key: string(doc.ID), Payload: map[string]record.DocumentID{"document": doc.ID}})
	})
	if err == nil {
		t.Log.Info("the key of a document is destroyed", "document", e.Document, "act", e.Act, "copies_until", row.CopiesUntil)
	}
	return err
}

// refused logs that an approved erasure was not carried out. One that was begun
// is stopped: its tombstone may stand already, so its row stays.
func (t *Tasks) refused(ctx context.Context, e Erasure) error {
	leaf, err := t.eraseEntry(e, record.Document{ID: e.Document}, catalog.Erasure{}, audit.Denied)
	if err != nil {
		return err
	}
	return t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		row, err := tx.ErasureOf(e.Document)
		switch {
		case errors.Is(err, record.NotFound):
			return tx.Append(leaf)
		case err != nil:
			return err
		}
		row.BegunAt = time.Time{}
		return errors.Join(tx.PutErasure(row), tx.Append(leaf))
	})
}

func (t *Tasks) eraseEntry(e Erasure, doc record.Document, row catalog.Erasure, outcome string) (audit.Leaf, error) {
	actor := system()
	objects := []audit.Object{{Kind: audit.KindDocument, ID: string(e.Document)}}
	if doc.File != "" {
		objects = append(objects, audit.Object{Kind: audit.KindFile, ID: string(doc.File)})
	}
	if _, id, ok := vault.ParseName(row.Tombstone); ok {
		objects = append(objects, audit.Object{Kind: audit.KindTombstone, ID: string(id)})
	}
	objects = append(objects, audit.Object{Kind: audit.KindUser, ID: string(e.ProposedBy)}, audit.Object{Kind: audit.KindUser, ID: string(e.ApprovedBy)})
	return audit.Seal(audit.Entry{At: t.Clock.Now(), Action: audit.DocumentErase, Outcome: outcome, Actor: actor.User, Via: actor.Via,
		Request: actor.Request, Objects: objects, Personal: audit.Personal{Detail: map[string]string{"act": e.Act, "basis": e.Basis,
			"proposed_by": string(e.ProposedBy), "approved_by": string(e.ApprovedBy), "copies_until": row.CopiesUntil}}})
}
