package ingest

import (
	"context"
	"errors"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/retention"
)

// The changes that reading and taking in leave in a document's manifests.
const (
	changeFiled       = "filed"       // it went after the mail it came in
	changeQuarantined = "quarantined" // it can't be read, or must not
	changeRead        = "read"        // it could be read after all
)

// written is a document's newest manifest, which the next one carries on.
type written struct {
	head     catalog.Head
	header   vault.Header
	key      vault.Key
	personal vault.DocumentPersonal
}

// written reads a document's newest manifest, from the outbox or the store.
func (d Deps) written(ctx context.Context, doc record.Document) (w written, err error) {
	var raw []byte
	err = d.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		if w.head, err = tx.ManifestHead(string(doc.ID)); err != nil {
			return err
		}
		raw, err = tx.OutboxBody(w.head.Name)
		return err
	})
	if errors.Is(err, record.NotFound) {
		raw, err = d.Vault.GetLocked(ctx, w.head.Name)
	}
	if err != nil {
		return w, err
	}
	if record.Sum(raw) != w.head.Digest {
		return w, &record.Error{Category: record.Corrupt, Message: "The document's description in the store is not the one that was written.",
			Hint: "Run eakte verify, and change nothing until it is known what happened."}
	}
	return d.opened(ctx, w.head, raw)
}

func (d Deps) opened(ctx context.Context, head catalog.Head, raw []byte) (written, error) {
	w := written{head: head}
	m, err := vault.ParseManifest(raw)
	if err != nil {
		return w, err
	}
	w.header = m.Header
	if w.key, err = d.Vault.OpenKey(ctx, m.Header.Object); err != nil {
		return w, err
	}
	err = d.Vault.OpenPersonal(ctx, m, &w.personal)
	w.personal.ChangeReason = "" // of that change, not of the next
	return w, err
}

// carryOn leaves a document's next manifest in the outbox, with what edit
// changes, and gives what the change's audit entry names. If somebody else was
// faster, it is Conflict.
func (d Deps) carryOn(tx *catalog.Tx, w written, change string, edit func(*vault.Header, *vault.DocumentPersonal)) (made audit.Object, err error) {
	now, h, p := d.Clock.Now(), w.header, w.personal
	h.Manifest, h.Change, h.CreatedAt, h.SealedKey = record.ObjectID(record.NewID()), change, now, ""
	h.Sequence, h.Predecessor, h.PredecessorDigest = w.head.Sequence+1, w.head.Name, w.head.Digest
	h.LockedUntil = retention.LockUntil(record.RetentionClass{}, "", now, time.Time{})
	p.ChangedBy = record.System("").User
	edit(&h, &p)
	body, err := d.Vault.BuildManifest(w.key, h, p)
	if err != nil {
		return made, err
	}
	digest := record.Sum(body)
	return audit.Object{Kind: audit.KindManifest, ID: string(digest)}, tx.InsertOutbox(catalog.OutboxRow{Name: vault.ManifestName(h.Manifest),
		Subject: h.Subject, Body: body, Digest: digest, LockUntil: h.LockedUntil, CreatedAt: now, Sequence: h.Sequence})
}
