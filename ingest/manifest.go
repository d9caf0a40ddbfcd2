package ingest

import (
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// manifest makes the first manifest of a document.
func (in *Intake) manifest(key vault.Key, d record.Document, id record.ObjectID, dst destination, s Submission) ([]byte, error) {
	by := string(d.CreatedBy)
	if s.origin != nil {
		by = record.System("").Name
	}
	return in.Vault.BuildManifest(key, vault.Header{
		Manifest: id, Subject: string(d.ID), Object: d.Object, Sequence: 1, Change: "created", CreatedAt: d.CreatedAt,
		Cipher: d.Cipher, CipherSize: d.CipherSize, RetentionClass: dst.class.Class, KeepUntil: d.KeepUntil, LockedUntil: d.LockedUntil,
	}, vault.DocumentPersonal{
		File: d.File, Section: d.Section, Type: d.Type, Title: d.Title, Direction: d.Direction, Sensitivity: d.Sensitivity,
		State: d.State, Dated: d.Dated, Received: d.Received, ReceivedPlace: dst.site, Name: d.Name, ContentType: d.ContentType,
		Size: d.Size, Plain: d.Plain, CreatedAt: d.CreatedAt, CreatedBy: d.CreatedBy, ChangedBy: d.CreatedBy,
		Channel: d.Channel, IdempotencyKey: s.IdempotencyKey, DerivedFrom: s.origin.derived(),
		Custody: []vault.CustodyEvent{{At: d.CreatedAt.Format(time.RFC3339Nano), Event: "taken_in", Actor: by, Place: dst.site}},
	})
}
