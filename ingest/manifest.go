package ingest

import (
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// manifest makes the first manifest of a document.
func (in *Intake) manifest(key vault.Key, d record.Document, id record.ObjectID, dst destination, s Submission, note *catalog.Note) ([]byte, error) {
	taken := takenIn(d, s.by(d), dst.site)
	p := vault.DocumentPersonal{
		File: d.File, Section: d.Section, Type: d.Type, Title: d.Title, Direction: d.Direction, Sensitivity: d.Sensitivity,
		State: d.State, Dated: d.Dated, Received: d.Received, ReceivedPlace: dst.site, Name: d.Name, ContentType: d.ContentType,
		Size: d.Size, Plain: d.Plain, CreatedAt: d.CreatedAt, CreatedBy: d.CreatedBy, ChangedBy: d.CreatedBy,
		Channel: d.Channel, IdempotencyKey: s.IdempotencyKey, DerivedFrom: s.derived(),
		Custody: []vault.CustodyEvent{{At: taken.At, Event: taken.Event, Actor: taken.By, Place: taken.Place}},
	}
	s.told(&p, note)
	return in.Vault.BuildManifest(key, vault.Header{
		Manifest: id, Subject: string(d.ID), Object: d.Object, Sequence: 1, Change: "created", CreatedAt: d.CreatedAt,
		Cipher: d.Cipher, CipherSize: d.CipherSize, RetentionClass: dst.class.Class, KeepUntil: d.KeepUntil, LockedUntil: d.LockedUntil,
	}, p)
}

// by is who took the document in, as its custody says.
func (s *Submission) by(d record.Document) string {
	if s.origin != nil {
		return record.System("").Name
	}
	return string(d.CreatedBy)
}
