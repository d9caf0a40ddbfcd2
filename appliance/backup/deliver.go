package backup

import (
	"encoding/base64"
	"errors"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// delivered brings back what came with a document, and the delivery it came in:
// as done if the log says so or all its documents are there, else as one that
// waits until its provider hands it over again.
func delivered(tx *catalog.Tx, doc record.Document, p *vault.DocumentPersonal) error {
	n, any := noteOf(p)
	if !any {
		return nil
	}
	if err := tx.SetNote(doc.ID, n); err != nil || n.Delivery == "" {
		return err
	}
	o := catalog.DeliveryObject{Delivery: n.Delivery, Name: p.Delivery.Object, Place: max(1, p.Delivery.PaperPosition), Kind: "document",
		State: "taken", Document: doc.ID, Pages: doc.Pages, ArrivedAt: p.CreatedAt, Staged: catalog.Staged{Object: doc.Object,
			Plain: doc.Plain, Cipher: doc.Cipher, Size: doc.Size, CipherSize: doc.CipherSize, ContentType: doc.ContentType}}
	if err := errors.Join(tx.PutDeliveryObject(o), signatures(tx, o, p.Signatures)); err != nil {
		return err
	}
	d, err := deliveryOf(tx, n.Delivery, p)
	if err != nil {
		return err
	}
	if p.CreatedAt.After(d.ChangedAt) {
		d.ChangedAt = p.CreatedAt
	}
	if d.State != "done" {
		counts, err := tx.CountDeliveries([]string{d.ID})
		if err != nil {
			return err
		}
		if counts[d.ID].Taken >= d.Documents {
			d.State, d.WaitsSince = "done", time.Time{}
		}
	}
	if d.State == "done" {
		d.DoneAt = d.ChangedAt
	}
	return tx.PutDelivery(d)
}

// deliveryOf is the row of the delivery that a document came in.
func deliveryOf(tx *catalog.Tx, id string, p *vault.DocumentPersonal) (catalog.Delivery, error) {
	d, err := tx.DeliveryByID(id)
	if !errors.Is(err, record.NotFound) {
		return d, err
	}
	d = catalog.Delivery{ID: id, Provider: p.Delivery.Provider, Number: p.Delivery.ID, Actor: p.CreatedBy, Site: p.ReceivedPlace,
		State: "waiting", BagSeal: p.Delivery.BagSeal, PaperBox: p.Delivery.PaperBox, PaperLocation: p.Delivery.PaperLocation,
		MadeAt: p.Delivery.CreatedAt, Problems: "[]", Documents: p.Delivery.Documents, AnnouncedAt: p.CreatedAt, OpenedAt: p.CreatedAt,
		WaitsSince: p.CreatedAt, ChangedAt: p.CreatedAt}
	done, err := tx.DeliveryLogged(id)
	if done {
		d.State, d.WaitsSince = "done", time.Time{}
	}
	return d, err
}

// signatures brings back that signatures came beside a document: sent again,
// they are no news.
func signatures(tx *catalog.Tx, beside catalog.DeliveryObject, all []vault.Signature) error {
	for _, s := range all {
		b, err := base64.StdEncoding.DecodeString(s.Bytes)
		if err != nil { // it stands in the manifest, whatever it is
			continue
		}
		o := catalog.DeliveryObject{Delivery: beside.Delivery, Name: s.Name, Place: beside.Place, Kind: "signature", State: "taken",
			Document: beside.Document, ArrivedAt: beside.ArrivedAt, Staged: catalog.Staged{Plain: record.Sum(b), Size: int64(len(b))}}
		if err := tx.PutDeliveryObject(o); err != nil {
			return err
		}
	}
	return nil
}

// noteOf is what a document's newest manifest says came with it; any is false if
// nothing did.
func noteOf(p *vault.DocumentPersonal) (n catalog.Note, any bool) {
	note := p.TransferNote
	said := note.Operator != "" || note.Scanner != "" || note.Software != "" || note.ScannedAt != "" || len(note.Anomalies) > 0 || note.Quality != "" || note.Statement != ""
	if p.Delivery.ID == "" && p.Event == "" && len(p.Barcodes) == 0 && !said && len(p.Custody) < 2 { // that it was taken in stands in every manifest
		return n, false
	}
	n = catalog.Note{Object: p.Delivery.Object, Barcodes: p.Barcodes, TypeHint: p.TypeHint, Event: p.Event}
	if p.Delivery.ID != "" {
		n.Delivery = catalog.DeliveryID(p.Delivery.Provider, p.Delivery.ID)
	}
	if said {
		n.Transfer = &note
	}
	for _, c := range p.Custody {
		n.Custody = append(n.Custody, catalog.Custody{At: c.At, Event: c.Event, By: c.Actor, Place: c.Place, Note: c.Note})
	}
	for _, s := range p.Signatures {
		n.Signed = append(n.Signed, catalog.NoteSigned{Kind: s.Kind, Name: s.Name})
	}
	if d := p.Delivery; d.PaperPosition > 0 || d.PaperBox != "" || d.PaperLocation != "" || d.BagSeal != "" {
		n.Paper = &catalog.PaperPosition{Box: d.PaperBox, Location: d.PaperLocation, Position: d.PaperPosition, BagSeal: d.BagSeal}
	}
	return n, true
}
