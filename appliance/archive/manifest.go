package archive

import (
	"context"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/retention"
)

// A change and its manifest commit together: the manifest lies in the outbox
// and is put right after, or by the next start.

// enqueue builds the next manifest of a subject and leaves it in the outbox.
// It gives what the change's audit entry names, so that the signed log vouches
// for the manifest.
func (a *Archive) enqueue(tx *catalog.Tx, key vault.Key, h vault.Header, personal any) (made audit.Object, err error) {
	head, err := tx.ManifestHead(h.Subject)
	if err != nil {
		return made, err
	}
	now := a.Clock.Now()
	h.Manifest, h.Object = record.ObjectID(record.NewID()), key.Object()
	h.Predecessor, h.PredecessorDigest, h.Sequence, h.CreatedAt = head.Name, head.Digest, head.Sequence+1, now
	if h.LockedUntil.IsZero() {
		h.LockedUntil = retention.LockUntil(record.RetentionClass{}, "", now, time.Time{})
	}
	body, err := a.Vault.BuildManifest(key, h, personal)
	if err != nil {
		return made, err
	}
	digest := record.Sum(body)
	return audit.Object{Kind: audit.KindManifest, ID: string(digest)}, tx.InsertOutbox(catalog.OutboxRow{Name: vault.ManifestName(h.Manifest),
		Subject: h.Subject, Body: body, Digest: digest, LockUntil: h.LockedUntil, CreatedAt: now, Sequence: h.Sequence})
}

// before is a document's newest manifest, which the next one carries on:
// custody, delivery and transfer note stand there and nowhere else.
type before struct {
	key      vault.Key
	name     string
	personal vault.DocumentPersonal
}

func (a *Archive) newestManifest(ctx context.Context, d record.Document) (before, error) {
	if err := a.Outbox.Flush(ctx); err != nil {
		return before{}, err
	}
	return a.readManifest(ctx, d)
}

// readManifest is newestManifest when the outbox has been flushed.
func (a *Archive) readManifest(ctx context.Context, d record.Document) (before, error) {
	var b before
	var head catalog.Head
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		head, err = tx.ManifestHead(string(d.ID))
		return err
	})
	if err != nil {
		return b, err
	}
	b.name = head.Name
	if b.key, err = a.Vault.OpenKey(ctx, d.Object); err != nil {
		return b, err
	}
	raw, err := a.Vault.GetLocked(ctx, b.name)
	if err != nil {
		return b, err
	}
	if record.Sum(raw) != head.Digest {
		return b, &record.Error{Category: record.Corrupt, Message: "The document's description in the store is not the one that was written.",
			Hint: "Run eakte verify, and change nothing until it is known what happened."}
	}
	m, err := vault.ParseManifest(raw)
	if err != nil {
		return b, err
	}
	err = a.Vault.OpenPersonal(ctx, m, &b.personal)
	b.personal.ChangeReason = "" // of that change, not of the next
	return b, err
}

// documentManifest carries the newest manifest on with what has changed. If
// somebody else was faster, it is Conflict.
func (a *Archive) documentManifest(tx *catalog.Tx, last before, d record.Document, by record.UserID, change, class string) (made audit.Object, err error) {
	head, err := tx.ManifestHead(string(d.ID))
	if err != nil {
		return made, err
	}
	if head.Name != last.name {
		return made, &record.Error{Category: record.Conflict, Message: "Somebody else has changed the document in the meantime.",
			Hint: "Look at it again and repeat the change if it is still needed."}
	}
	p := last.personal
	p.File, p.Section, p.Type, p.Title, p.Direction, p.Sensitivity = d.File, d.Section, d.Type, d.Title, d.Direction, d.Sensitivity
	p.State, p.Reason, p.Dated, p.Received = d.State, d.Reason, d.Dated, d.Received
	p.ContentType, p.Pages, p.ChangedBy = d.ContentType, d.Pages, by
	if p.Holds, err = holdStatements(tx, string(d.ID)); err != nil {
		return made, err
	}
	return a.enqueue(tx, last.key, vault.Header{Subject: string(d.ID), Change: change, Cipher: d.Cipher, CipherSize: d.CipherSize,
		RetentionClass: class, KeepUntil: d.KeepUntil}, p)
}

// fileManifest says all that decides who may see the file: a rebuilt file must
// never be open to more people than before.
func (a *Archive) fileManifest(tx *catalog.Tx, key vault.Key, f record.File, by record.UserID, change string) (made audit.Object, err error) {
	return a.fileManifestBecause(tx, key, f, by, change, "")
}

// fileManifestBecause is fileManifest with the reason that was given.
func (a *Archive) fileManifestBecause(tx *catalog.Tx, key vault.Key, f record.File, by record.UserID, change, reason string) (made audit.Object, err error) {
	p := vault.FilePersonal{
		Ordinal: f.Ordinal, Kind: f.Kind, Site: f.Site, Team: f.Team, Responsible: f.Responsible, RetentionClass: f.RetentionClass,
		Sensitivity: f.Sensitivity, Numbers: f.Numbers, Members: f.Members, CreatedAt: f.CreatedAt, CreatedBy: f.CreatedBy,
		ChangedBy: by, ChangeReason: reason, ClosedAt: moment(f.ClosedAt),
	}
	grants, err := tx.Grants(f.ID)
	if err != nil {
		return made, err
	}
	for _, g := range grants {
		p.Grants = append(p.Grants, vault.Grant{User: g.User, Reason: g.Reason, By: g.By, From: g.From, To: g.To,
			EndsAt: moment(g.EndsAt), CreatedAt: moment(g.CreatedAt)})
	}
	denials, err := tx.Denials(f.ID)
	if err != nil {
		return made, err
	}
	for _, d := range denials {
		p.Denials = append(p.Denials, vault.Denial{User: d.User, Reason: d.Reason, By: d.By, From: d.From, To: d.To, CreatedAt: moment(d.CreatedAt)})
	}
	if p.Holds, err = holdStatements(tx, string(f.ID)); err != nil {
		return made, err
	}
	return a.enqueue(tx, key, vault.Header{Subject: string(f.ID), Change: change, RetentionClass: f.RetentionClass}, p)
}

// moment writes a time in full; "" is none.
func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

func (a *Archive) personManifest(tx *catalog.Tx, key vault.Key, p record.Person, by record.UserID, at time.Time) (made audit.Object, err error) {
	return a.enqueue(tx, key, vault.Header{Subject: string(p.ID), Change: "created"}, vault.PersonPersonal{
		Names: p.Names, BirthDate: p.BirthDate, CustomerNumber: p.CustomerNumber, Address: p.Address,
		CreatedAt: at, CreatedBy: by, ChangedBy: by,
	})
}
