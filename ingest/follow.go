package ingest

import (
	"errors"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/policy/retention"
)

// follow puts what came out of a container where the container lies now, in
// the transaction that makes it a document: it may have been filed since the
// part was sent to the store. Who files the container takes along what is
// there; what isn't there yet comes after it by itself. The part's first
// manifest lies in the store and says the place of before, so a second one
// goes into the outbox.
func (in *Intake) follow(tx *catalog.Tx, row catalog.JournalRow, p plan, doc *record.Document) (site string, err error) {
	if p.Origin == nil || p.Origin.Cut != nil || len(p.Origin.Merged) > 0 { // a letter of a batch is nobody's attachment
		return p.Site, nil
	}
	container, err := tx.DocumentByID(p.Origin.Document)
	if errors.Is(err, record.NotFound) || err == nil && container.State == record.StateDisposed {
		return p.Site, nil
	}
	if err != nil {
		return "", err
	}
	dst, err := besides(tx, container)
	if err != nil {
		return "", err
	}
	there := dst.file == doc.File && (dst.file != "" || dst.site == p.Site)
	if there && doc.Sensitivity == container.Sensitivity {
		return p.Site, nil
	}
	doc.File, doc.Sensitivity, doc.KeepUntil = dst.file, container.Sensitivity, ""
	if dst.file != "" {
		if doc.KeepUntil, _, err = retention.KeepUntil(dst.class, retention.Events{Received: doc.Received, Dated: doc.Dated}); err != nil {
			return "", err
		}
	}
	return dst.site, in.followed(tx, row, p, *doc, dst)
}

// followed writes the second manifest and its audit entry; the first is told
// by intake's own.
func (in *Intake) followed(tx *catalog.Tx, row catalog.JournalRow, p plan, doc record.Document, dst destination) error {
	w, err := in.opened(tx.Context(), catalog.Head{Subject: string(doc.ID), Name: row.ManifestName, Sequence: 1, Digest: row.ManifestDigest}, row.Manifest)
	if err != nil {
		return err
	}
	made, err := in.carryOn(tx, w, changeFiled, func(h *vault.Header, m *vault.DocumentPersonal) {
		h.RetentionClass, h.KeepUntil = dst.class.Class, doc.KeepUntil
		m.File, m.Sensitivity, m.ReceivedPlace = doc.File, doc.Sensitivity, dst.site
	})
	if err != nil {
		return err
	}
	leaf, err := audit.Seal(audit.Entry{At: in.Clock.Now(), Action: audit.DocumentFile, Outcome: audit.Done, Actor: p.Actor.User,
		Via: p.Actor.Via, Request: p.Actor.Request, Objects: append(append(objects(p.Document), objects(doc)[1:]...), made),
		Personal: audit.Personal{ActorName: p.Actor.Name, Detail: map[string]string{"change": "along"}}})
	if err != nil {
		return err
	}
	return tx.Append(leaf)
}
