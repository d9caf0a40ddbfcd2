package backup

import (
	"errors"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// delivered brings back what came with a document, and the delivery it came in
// as one that is done: of what was not, nothing is in any bucket.
func delivered(tx *catalog.Tx, doc record.Document, p *vault.DocumentPersonal) error {
	n, any := noteOf(p)
	if !any {
		return nil
	}
	if err := tx.SetNote(doc.ID, n); err != nil || n.Delivery == "" {
		return err
	}
	d, err := tx.DeliveryByID(n.Delivery)
	if errors.Is(err, record.NotFound) {
		d, err = catalog.Delivery{ID: n.Delivery, Provider: p.Delivery.Provider, Number: p.Delivery.ID, Actor: p.CreatedBy, Site: p.ReceivedPlace,
			State: "done", BagSeal: p.Delivery.BagSeal, PaperBox: p.Delivery.PaperBox, PaperLocation: p.Delivery.PaperLocation,
			MadeAt: p.Delivery.CreatedAt, Problems: "[]", AnnouncedAt: p.CreatedAt, OpenedAt: p.CreatedAt}, nil
	}
	if err != nil {
		return err
	}
	d.Documents++
	if p.CreatedAt.After(d.DoneAt) {
		d.DoneAt, d.ChangedAt = p.CreatedAt, p.CreatedAt
	}
	place := p.Delivery.PaperPosition
	if place == 0 {
		place = d.Documents
	}
	return errors.Join(tx.PutDelivery(d), tx.PutDeliveryObject(catalog.DeliveryObject{Delivery: d.ID, Name: p.Delivery.Object, Place: place,
		Kind: "document", State: "taken", Document: doc.ID, Pages: doc.Pages, ArrivedAt: p.CreatedAt,
		Staged: catalog.Staged{Object: doc.Object, Plain: doc.Plain, Cipher: doc.Cipher, Size: doc.Size, CipherSize: doc.CipherSize, ContentType: doc.ContentType}}))
}

// noteOf is what a document's newest manifest says came with it; any is false if
// nothing did.
func noteOf(p *vault.DocumentPersonal) (n catalog.Note, any bool) {
	note := p.TransferNote
	said := note.Operator != "" || note.Scanner != "" || note.Software != "" || note.ScannedAt != "" || len(note.Anomalies) > 0 || note.Quality != "" || note.Statement != ""
	if p.Delivery.ID == "" && p.Event == "" && !said && len(p.Custody) < 2 { // that it was taken in stands in every manifest
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
