package delivery

import (
	"context"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest"
)

// sideBySide is how many documents of one delivery are taken in at once: beside
// it, single documents of others still come through.
const sideBySide = 8

// finish takes in what is left of a delivery in the state taking, and closes it.
// The caller holds the claim.
func (k *Desk) finish(ctx context.Context, actor record.Actor, d catalog.Delivery) (Receipt, error) {
	m, err := k.manifest(ctx, d)
	if err != nil {
		return Receipt{}, err
	}
	by, err := k.provider(ctx, d)
	if err != nil {
		return Receipt{}, err
	}
	if err := k.take(ctx, by, d, m); err != nil {
		return Receipt{}, err
	}
	rows, err := k.objects(ctx, d.ID)
	if err != nil {
		return Receipt{}, err
	}
	if err := k.signaturesTaken(ctx, m, rows); err != nil {
		return Receipt{}, err
	}
	if err := k.unclue(ctx, d.ID, StateTaking); err != nil {
		return Receipt{}, err
	}
	if d, err = k.close(ctx, actor, d.ID); err != nil {
		return Receipt{}, err
	}
	return k.receipt(ctx, d)
}

// provider is the actor in whose name the documents come, also when a job or
// another user of the same provider goes on with them.
func (k *Desk) provider(ctx context.Context, d catalog.Delivery) (record.Actor, error) {
	var u catalog.User
	err := k.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		u, err = tx.UserByID(d.Actor)
		return err
	})
	return record.Actor{User: d.Actor, Name: u.Name, Via: ingest.ChannelDelivery, Request: record.NewID()}, err
}

// take makes a document of each object that is none yet, several side by side.
func (k *Desk) take(ctx context.Context, by record.Actor, d catalog.Delivery, m Manifest) error {
	rows, err := k.objects(ctx, d.ID)
	if err != nil {
		return err
	}
	beside := m.beside(rows)
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(sideBySide)
	for i := range m.Documents {
		doc := m.Documents[i]
		o := rows[doc.Name]
		if o.State == ObjectTaken {
			continue
		}
		if o.State != ObjectHere {
			err = k.backToWaiting(ctx, d.ID)
			break
		}
		if gctx.Err() != nil {
			break
		}
		g.Go(func() error { return k.takeOne(gctx, by, d, m, doc, o, beside[doc.Name]) })
	}
	return errors.Join(g.Wait(), err)
}

// beside gives the signatures that are here by the names of their documents:
// each belongs to one.
func (m Manifest) beside(rows map[string]catalog.DeliveryObject) map[string][]catalog.DeliveryObject {
	out, signs := map[string][]catalog.DeliveryObject{}, m.signedBy()
	for _, name := range slices.Sorted(maps.Keys(rows)) {
		if o := rows[name]; o.Kind == kindSignature && o.State == ObjectHere {
			out[signs[name]] = append(out[signs[name]], o)
		}
	}
	return out
}

// takeOne makes a document of one object and the signatures beside it.
func (k *Desk) takeOne(ctx context.Context, by record.Actor, d catalog.Delivery, m Manifest, doc Document, o catalog.DeliveryObject,
	beside []catalog.DeliveryObject) error {
	all := append([]catalog.DeliveryObject{o}, beside...)
	signatures, err := k.signatures(beside)
	if err != nil {
		return k.gone(ctx, d, all, err)
	}
	n := noteOf(d, doc, o, signatures)
	r, err := k.Intake.TakeStaged(ctx, by, d.Site, ingest.Submission{Received: doc.Received, Name: doc.Name, Channel: ingest.ChannelDelivery,
		IdempotencyKey: "delivery:" + string(record.Sum([]byte(d.ID+"\n"+doc.Name))), Note: &n, Size: o.Size}, o.Staged,
		ingest.Handover{Delivery: placeOf(m, doc), ArrivedAt: o.ArrivedAt, Signatures: signatures})
	if err != nil {
		return k.gone(ctx, d, all, err)
	}
	if !r.Repeated {
		return nil
	}
	// An earlier try has made it, perhaps of bytes that others took the place of.
	return k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		now, err := tx.DeliveryObject(d.ID, doc.Name)
		if err != nil || now.State == ObjectTaken {
			return err
		}
		now.State, now.Document, now.KeySealed, now.Said = ObjectTaken, r.Document, nil, ""
		return tx.PutDeliveryObject(now)
	})
}

// gone looks whether a document could not be taken because its bytes, or those
// of a signature beside it, are gone or damaged: then they are wanted again, and
// the delivery waits.
func (k *Desk) gone(ctx context.Context, d catalog.Delivery, all []catalog.DeliveryObject, err error) error {
	lost := false
	for _, o := range all {
		now, rerr := k.object(ctx, o)
		if rerr != nil {
			return errors.Join(err, rerr)
		}
		if now.State == ObjectTaken || now.Object == "" {
			continue
		}
		why := k.Intake.StagedWhole(now.Staged)
		if !isLost(why) {
			continue
		}
		if rerr := k.wantAgain(ctx, now, why); rerr != nil {
			return errors.Join(err, rerr)
		}
		lost = true
	}
	if !lost {
		return err
	}
	return k.backToWaiting(ctx, d.ID)
}

func (k *Desk) object(ctx context.Context, o catalog.DeliveryObject) (now catalog.DeliveryObject, err error) {
	err = k.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		now, err = tx.DeliveryObject(o.Delivery, o.Name)
		return err
	})
	return now, err
}

// backToWaiting lets a delivery wait of which an object was lost on our side.
func (k *Desk) backToWaiting(ctx context.Context, id string) error {
	err := k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		d, err := tx.DeliveryByID(id)
		if err != nil || d.State != StateTaking {
			return err
		}
		d.State, d.ChangedAt, d.WaitsSince = StateWaiting, k.Clock.Now(), k.Clock.Now()
		return tx.PutDelivery(d)
	})
	if err != nil {
		return err
	}
	return &record.Error{Category: record.Conflict, Message: "An object of this delivery was lost on its way in and is wanted again.",
		Hint: "Look which one is missing, send it again, then say that the delivery is complete."}
}

// signatures reads what lies beside a document, as its manifest keeps it.
func (k *Desk) signatures(beside []catalog.DeliveryObject) ([]vault.Signature, error) {
	var out []vault.Signature
	for _, o := range beside {
		f, err := k.Intake.OpenStaged(o.Staged)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(io.LimitReader(f, maxSignature))
		if err := errors.Join(err, f.Close()); err != nil {
			return nil, err
		}
		kind := "cms"
		if strings.HasSuffix(strings.ToLower(o.Name), ".tsr") {
			kind = "tsr"
		}
		out = append(out, vault.Signature{Kind: kind, Name: o.Name, Bytes: base64.StdEncoding.EncodeToString(b), Valid: "unknown"})
	}
	return out, nil
}

// placeOf is what the document's manifest says of its delivery.
func placeOf(m Manifest, doc Document) vault.Delivery {
	return vault.Delivery{ID: m.DeliveryID, Provider: m.Provider, Object: doc.Name, CreatedAt: m.CreatedAt, BagSeal: m.BagSeal,
		PaperBox: m.Paper.Box, PaperLocation: m.Paper.Location, PaperPosition: doc.PaperPosition, Documents: len(m.Documents)}
}

// noteOf is what came with a document: custody from the envelope to the check,
// which was passed, and the transfer note.
func noteOf(d catalog.Delivery, doc Document, o catalog.DeliveryObject, signatures []vault.Signature) catalog.Note {
	n := catalog.Note{Delivery: d.ID, Object: doc.Name, Barcodes: doc.Barcodes, TypeHint: doc.TypeHint, Transfer: doc.TransferNote}
	if doc.PaperPosition > 0 || d.PaperBox != "" || d.PaperLocation != "" || d.BagSeal != "" {
		n.Paper = &catalog.PaperPosition{Box: d.PaperBox, Location: d.PaperLocation, Position: doc.PaperPosition, BagSeal: d.BagSeal}
	}
	for _, s := range signatures {
		n.Signed = append(n.Signed, catalog.NoteSigned{Kind: s.Kind, Name: s.Name})
	}
	if doc.OpenedAt != "" || doc.OpenedBy != "" {
		n.Custody = append(n.Custody, catalog.Custody{At: doc.OpenedAt, Event: "opened", By: doc.OpenedBy, Place: d.Provider})
	}
	if t := doc.TransferNote; t != nil {
		n.Custody = append(n.Custody, catalog.Custody{At: t.ScannedAt, Event: "scanned", By: t.Operator, Place: d.Provider, Note: t.Scanner})
	}
	n.Custody = append(n.Custody,
		catalog.Custody{At: o.ArrivedAt.Format(time.RFC3339Nano), Event: "delivered", By: d.Provider, Place: d.Site, Note: d.Number},
		catalog.Custody{At: d.ChangedAt.Format(time.RFC3339Nano), Event: "checked", By: record.System("").Name, Place: d.Site})
	return n
}

// signaturesTaken ends the objects that lie in their documents' manifests now.
func (k *Desk) signaturesTaken(ctx context.Context, m Manifest, rows map[string]catalog.DeliveryObject) error {
	signs := m.signedBy()
	var done []catalog.DeliveryObject
	for _, o := range rows {
		if o.Kind == kindSignature && o.State == ObjectHere {
			o.Document = rows[signs[o.Name]].Document
			done = append(done, o)
		}
	}
	for part := range slices.Chunk(done, perTx) {
		err := k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
			for _, o := range part {
				if err := tx.TakeDeliveryObject(o.Object, o.Document); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
		for _, o := range part {
			if err := k.Intake.DropStaged(ctx, o.Staged); err != nil {
				return err
			}
		}
	}
	return nil
}

// close sets a delivery done of which every document is in.
func (k *Desk) close(ctx context.Context, actor record.Actor, id string) (d catalog.Delivery, err error) {
	err = k.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		if d, err = tx.DeliveryByID(id); err != nil || d.State == StateDone {
			return err
		}
		if d.State != StateTaking {
			return busy()
		}
		leaf, err := k.seal(actor, event{action: audit.DeliveryComplete, delivery: id, detail: map[string]string{"documents": strconv.Itoa(d.Documents)}}, audit.Done)
		if err != nil {
			return err
		}
		now := k.Clock.Now()
		d.State, d.DoneAt, d.ChangedAt, d.Problems = StateDone, now, now, "[]"
		return errors.Join(tx.PutDelivery(d), tx.Append(leaf))
	})
	return d, err
}
