package ingest

import (
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// ChannelDelivery is Submission.Channel of what came in a provider's delivery.
const ChannelDelivery = "delivery"

// Handover is what a document's manifest says of the delivery it came in,
// beside what its Note says.
type Handover struct {
	Delivery   vault.Delivery
	ArrivedAt  time.Time         // of its bytes: the date of receipt, where nothing else is said
	Signatures []vault.Signature // with their bytes: in the manifest they are locked as long as the document
}

// note is what is kept of what came with a document, its custody up to now; nil:
// nothing came with it.
func (s *Submission) note(d record.Document, by, place string) *catalog.Note {
	if s.Note == nil && s.Event == "" {
		return nil
	}
	n := catalog.Note{}
	if s.Note != nil {
		n = *s.Note
	}
	if s.Event != "" {
		n.Event = s.Event
	}
	n.Custody = append(append([]catalog.Custody(nil), n.Custody...), takenIn(d, by, place))
	return &n
}

func takenIn(d record.Document, by, place string) catalog.Custody {
	return catalog.Custody{At: d.CreatedAt.Format(time.RFC3339Nano), Event: "taken_in", By: by, Place: place}
}

// told adds to a document's first manifest what came with it.
func (s *Submission) told(p *vault.DocumentPersonal, n *catalog.Note) {
	if n == nil {
		return
	}
	p.Barcodes, p.TypeHint, p.Event = n.Barcodes, n.TypeHint, n.Event
	if n.Transfer != nil {
		p.TransferNote = *n.Transfer
	}
	p.Custody = nil
	for _, c := range n.Custody {
		p.Custody = append(p.Custody, vault.CustodyEvent{At: c.At, Event: c.Event, Actor: c.By, Place: c.Place, Note: c.Note})
	}
	if s.handover != nil {
		p.Delivery, p.Signatures = s.handover.Delivery, s.handover.Signatures
	}
}

// keepNote keeps what came with a document, in the transaction that makes it
// one, and ends the object of the delivery that it was.
func keepNote(tx *catalog.Tx, d record.Document, n *catalog.Note) error {
	if n == nil {
		return nil
	}
	if err := tx.SetNote(d.ID, *n); err != nil || n.Delivery == "" {
		return err
	}
	return tx.TakeDeliveryObject(d.Object, d.ID)
}
