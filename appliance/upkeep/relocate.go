package upkeep

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest"
	"eakte/policy/retention"
)

// KindRelocate is the kind of job that puts an original anew whose object or
// key is damaged or missing.
const KindRelocate = "vault.relocate"

// changeRelocated is the change of the manifest that names the new object.
const changeRelocated = "relocated"

type relocateJob struct {
	Object record.ObjectID `json:"object"`
}

func relocateSpec(id record.ObjectID) job.Spec {
	return job.Spec{Kind: KindRelocate, Key: string(id), Payload: relocateJob{id}}
}

// Relocate is the handler of KindRelocate. Where the original or its key is
// damaged or missing in its own place, and another place has it whole, it is
// put under a new name: its own is taken by what is damaged, which may not be
// removed. A manifest (change "relocated") says where it lies now; the bytes
// and their hash are the same. Where no place has it, the finding stays open,
// for a person to fetch it from a backup.
func (t *Tasks) Relocate(ctx context.Context, j job.Job) error {
	var p relocateJob
	if err := json.Unmarshal(j.Payload, &p); err != nil || !record.ValidID(string(p.Object)) {
		return job.Permanent(fmt.Errorf("%s: the payload names no object", j.Kind))
	}
	var doc record.Document
	err := t.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { doc, err = tx.DocumentOfObject(p.Object); return err })
	if errors.Is(err, record.NotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if doc.Object != p.Object || doc.State == record.StateDisposed { // put anew already, or gone for good
		return t.resolved(ctx, p.Object)
	}
	o := vault.Original{Object: doc.Object, Cipher: doc.Cipher, CipherSize: doc.CipherSize, LockedUntil: doc.LockedUntil}
	why := t.Vault.Sound(ctx, o)
	switch {
	case why == nil:
		return t.resolved(ctx, p.Object)
	case !errors.Is(why, record.NotFound) && !errors.Is(why, record.Corrupt):
		return why
	}
	err = t.relocate(ctx, doc, o)
	if errors.Is(err, record.Corrupt) || errors.Is(err, record.NotFound) {
		t.Log.Error("a damaged original can't be put anew, no place has it whole", "object", p.Object, "error", err)
		return t.damaged(ctx, doc, why)
	}
	return err
}

func (t *Tasks) relocate(ctx context.Context, doc record.Document, o vault.Original) error {
	r := catalog.Relocation{Document: doc.ID, Old: doc.Object, New: record.ObjectID(record.NewID()), BegunAt: t.Clock.Now()}
	err := t.Catalog.WithTx(ctx, func(tx *catalog.Tx) (err error) { r, err = tx.BeginRelocation(r); return err })
	if err != nil {
		return err
	}
	key, err := t.Vault.Relocate(ctx, o, r.New)
	if err != nil {
		return err
	}
	var kept catalog.Keeping
	var head catalog.Head
	err = t.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		if kept, err = tx.KeepingOf(doc.ID); err == nil {
			head, err = tx.ManifestHead(string(doc.ID))
		}
		return err
	})
	if err == nil && kept.Held {
		err = t.Vault.Hold(ctx, vault.OriginalName(r.New))
	}
	if err != nil {
		return err
	}
	row, err := t.relocationManifest(ctx, doc, head, key)
	if err != nil {
		return err
	}
	again, err := t.relocatePack(ctx, r)
	if err != nil {
		return err
	}
	return t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return t.endRelocation(tx, r, row, again) })
}

// relocationManifest is the document's next manifest: as the newest, but for
// the object.
func (t *Tasks) relocationManifest(ctx context.Context, doc record.Document, head catalog.Head, key vault.Key) (catalog.OutboxRow, error) {
	raw, err := t.newest(ctx, head)
	if err != nil {
		return catalog.OutboxRow{}, err
	}
	m, err := vault.ParseManifest(raw)
	if err != nil {
		return catalog.OutboxRow{}, err
	}
	now, h := t.Clock.Now(), m.Header
	h.Manifest, h.Object, h.Change, h.CreatedAt = record.ObjectID(record.NewID()), key.Object(), changeRelocated, now
	h.Sequence, h.Predecessor, h.PredecessorDigest = head.Sequence+1, head.Name, head.Digest
	h.LockedUntil = retention.LockUntil(record.RetentionClass{}, "", t.timekeeper().Now(), time.Time{})
	body, err := t.Vault.ContinueManifest(m, key, h)
	if err != nil {
		return catalog.OutboxRow{}, err
	}
	return catalog.OutboxRow{Name: vault.ManifestName(h.Manifest), Subject: string(doc.ID), Sequence: h.Sequence, Body: body,
		Digest: record.Sum(body), LockUntil: h.LockedUntil, CreatedAt: now}, nil
}

// newest reads a subject's newest manifest: what the catalog's hash belongs to,
// from the outbox or from wherever it is sound.
func (t *Tasks) newest(ctx context.Context, head catalog.Head) ([]byte, error) {
	var raw []byte
	err := t.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { raw, err = tx.OutboxBody(head.Name); return err })
	if errors.Is(err, record.NotFound) {
		raw, err = t.Vault.GetKnown(ctx, head.Name, head.Digest)
	}
	return raw, err
}

// relocatePack takes the pages along; again says that they have to be made anew.
func (t *Tasks) relocatePack(ctx context.Context, r catalog.Relocation) (again bool, err error) {
	err = t.Vault.RelocatePack(ctx, r.Old, r.New)
	if errors.Is(err, record.NotFound) {
		return true, nil
	}
	return false, err
}

// endRelocation commits the new place: row, manifest, audit entry, and what was
// found about the old one.
func (t *Tasks) endRelocation(tx *catalog.Tx, r catalog.Relocation, row catalog.OutboxRow, again bool) error {
	now := t.Clock.Now()
	actor := record.System(record.NewID())
	leaf, err := audit.Seal(audit.Entry{At: now, Action: audit.DocumentRelocate, Outcome: audit.Done, Actor: actor.User, Via: actor.Via,
		Request: actor.Request, Objects: []audit.Object{{Kind: audit.KindDocument, ID: string(r.Document)},
			{Kind: audit.KindManifest, ID: string(row.Digest)}}, Personal: audit.Personal{ActorName: actor.Name}})
	if err != nil {
		return err
	}
	if err := errors.Join(tx.EndRelocation(r, now), tx.InsertOutbox(row), tx.Append(leaf), t.resolveObject(tx, r.Old, now)); err != nil {
		return err
	}
	if !again {
		return nil
	}
	return tx.Enqueue(ingest.ReadAgain(r.Document))
}

// resolved closes what was found about an original that is sound, was put anew,
// or is gone for good.
func (t *Tasks) resolved(ctx context.Context, id record.ObjectID) error {
	return t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error { return t.resolveObject(tx, id, t.Clock.Now()) })
}

func (t *Tasks) resolveObject(tx *catalog.Tx, id record.ObjectID, now time.Time) error {
	names := []string{vault.OriginalName(id)}
	for _, generation := range t.Vault.Keyring().Generations() {
		names = append(names, vault.KeyNameOf(id, generation))
	}
	return errors.Join(tx.ResolveNamed(catalog.FindingDamaged, names, now), tx.ResolveNamed(catalog.FindingNoObject, names, now))
}

// damaged keeps as a finding what a reader found before the scrub did.
func (t *Tasks) damaged(ctx context.Context, doc record.Document, why error) error {
	kind := catalog.FindingDamaged
	if errors.Is(why, record.NotFound) {
		kind = catalog.FindingNoObject
	}
	return t.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		return tx.PutFindings([]catalog.Finding{{Kind: kind, Name: vault.OriginalName(doc.Object), Subject: string(doc.ID)}}, t.Clock.Now())
	})
}

// putAnew enqueues the repair of originals and keys that are missing, or that
// somebody wrote over or hid.
func putAnew(tx *catalog.Tx, fs []catalog.Finding) error {
	for _, f := range fs {
		if letter := f.Name[:1]; f.Kind != catalog.FindingNoObject && f.Kind != catalog.FindingVersion || letter != "o" && letter != "k" {
			continue
		}
		if err := tx.Enqueue(relocateSpec(idOf(f.Name))); err != nil {
			return err
		}
	}
	return nil
}
