package ingest

import (
	"context"
	"errors"
	"io"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/worker"
	"eakte/policy/access"
)

// channelCopy is the channel of a document that was filed in a second file.
const channelCopy = "copy"

// FileAlso files a document that belongs to two customers in another file as
// well: the same bytes as a document of its own, with its own key, so that
// erasing one leaves the other. Neither says anything of the other's file. The
// actor has to be allowed to read the one and to hand in to the other. The same
// idempotency key again, or for the same document and file none, is one
// document.
//
// Errors: NotFound or Denied by policy (both audited), Conflict (it can't be
// read, or lies in that file already), and those of Accept.
func (in *Intake) FileAlso(ctx context.Context, actor record.Actor, id record.DocumentID, file, idem string) (Receipt, error) {
	doc, note, err := in.readable(ctx, actor, id)
	if err != nil {
		return Receipt{}, err
	}
	s := Submission{File: file, Type: doc.Type, Direction: doc.Direction, Received: doc.Received, Dated: doc.Dated, Title: doc.Title,
		Name: doc.Name, Channel: channelCopy, Size: doc.Size, IdempotencyKey: idem, copyOf: doc.ID, Note: note}
	if file == "" {
		return Receipt{}, record.Bad("file", "is missing")
	}
	dst, err := in.destination(ctx, actor, s)
	if err != nil {
		return Receipt{}, err
	}
	if dst.file == doc.File {
		return Receipt{}, &record.Error{Category: record.Conflict, Field: "file", Message: "The document lies in this file already."}
	}
	s.File = string(dst.file) // by whichever number it was asked for
	if s.IdempotencyKey == "" {
		s.IdempotencyKey = "also/" + string(doc.ID) + "/" + string(dst.file)
	}
	content, err := in.Vault.OpenOriginal(ctx, doc.Object)
	if err != nil {
		return Receipt{}, err
	}
	if err := in.copies(ctx, actor, doc); err != nil {
		return Receipt{}, err
	}
	s.Body = content.Reader()
	return in.take(ctx, actor, s, dst)
}

// readable reads a document of which the actor may have the bytes, with what of
// its note holds for a copy as well. A refusal is audited.
func (in *Intake) readable(ctx context.Context, actor record.Actor, id record.DocumentID) (doc record.Document, note *catalog.Note, err error) {
	var fact record.Facts
	known := false
	err = in.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		if !record.ValidID(string(id)) {
			return record.Missing()
		}
		facts, err := tx.FactsForDocuments(actor.User, []record.DocumentID{id})
		if err != nil {
			return err
		}
		if fact, known = facts[id]; !known {
			return record.Missing()
		}
		if doc, err = tx.DocumentByID(id); err != nil {
			return err
		}
		n, err := tx.NoteOf(id)
		if n.Transfer != nil {
			note = &catalog.Note{Transfer: n.Transfer}
		}
		return err
	})
	if err != nil && !errors.Is(err, record.NotFound) {
		return doc, nil, err
	}
	if err == nil && in.Policy.Decide(fact, access.DocumentView).Allowed {
		if doc.State != record.StateReady && doc.State != record.StateClearing {
			err = &record.Error{Category: record.Conflict, Message: "The document can't be filed twice as long as it can't be read."}
		}
		return doc, note, err
	}
	entry := audit.Entry{Action: audit.DocumentOriginal, Outcome: audit.Denied}
	if known {
		entry.Objects = objects(doc)
	}
	if err := in.said(ctx, actor, entry); err != nil {
		return doc, nil, err
	}
	if known && in.Policy.Decide(fact, access.DocumentState).Allowed {
		return doc, nil, &record.Error{Category: record.Denied, Message: "You may not do this here.",
			Hint: "Ask who is responsible for the file, or the team lead for a grant."}
	}
	return doc, nil, record.Missing()
}

// copies notes that the bytes are about to be read. Where they go stands in the
// entry of the other document.
func (in *Intake) copies(ctx context.Context, actor record.Actor, doc record.Document) error {
	return in.said(ctx, actor, audit.Entry{Action: audit.DocumentOriginal, Outcome: audit.Allowed, Objects: objects(doc),
		Personal: audit.Personal{Detail: map[string]string{"change": "copied"}}})
}

// said makes an audit entry durable.
func (in *Intake) said(ctx context.Context, actor record.Actor, e audit.Entry) error {
	e.At, e.Actor, e.Via, e.Request = in.Clock.Now(), actor.User, actor.Via, actor.Request
	e.Personal.ActorName, e.Personal.Address = actor.Name, actor.Address
	leaf, err := audit.Seal(e)
	if err != nil {
		return err
	}
	if err := in.Catalog.AppendAudit(ctx, leaf); err != nil {
		return record.Down("The audit log", err)
	}
	return nil
}

// derived says for good, in the manifest, what the document was made from.
func (s *Submission) derived() []vault.DerivedFrom {
	if s.copyOf != "" {
		return []vault.DerivedFrom{{Document: s.copyOf, How: vault.DerivedByCopy}}
	}
	return s.origin.derived()
}

// copiedWhole gives a document that was filed in a second file the pages that
// were read of the same bytes before. sum has no pages where there are none.
func (r *Reader) copiedWhole(ctx context.Context, doc record.Document) (sum worker.Summary, marks []record.Mark, err error) {
	like, err := r.like(ctx, doc)
	if err != nil || like.ID == "" {
		return sum, nil, err
	}
	from, err := r.Vault.OpenPack(ctx, like.Object)
	if errors.Is(err, record.NotFound) || errors.Is(err, record.Corrupt) {
		return sum, nil, nil
	}
	if err != nil {
		return sum, nil, err
	}
	key, err := r.Vault.OpenKey(ctx, doc.Object)
	if err != nil {
		return sum, nil, err
	}
	err = r.Vault.PutPack(ctx, key, func(w io.Writer) error {
		pack := vault.WritePack(w)
		pack.Info().Signed, pack.Info().Converted = from.Info().Signed, from.Info().Converted
		for _, p := range from.Info().Pages {
			if err := copyPage(pack, from, p.Number, p.Number); err != nil {
				return err
			}
		}
		marks = pack.Info().Marks()
		return pack.Close()
	})
	if errors.Is(err, record.Corrupt) {
		return sum, nil, nil
	}
	return worker.Summary{ContentType: like.ContentType, Pages: like.Pages}, marks, err
}

// like is another document of the same bytes that was read; zero if there is none.
func (r *Reader) like(ctx context.Context, doc record.Document) (like record.Document, err error) {
	err = r.Catalog.Read(ctx, func(tx *catalog.Tx) error {
		same, err := tx.IdenticalTo(doc.Plain)
		if err != nil {
			return err
		}
		docs, err := tx.DocumentsByID(same)
		for _, id := range same {
			d := docs[id]
			if err != nil || id == doc.ID || !readBefore(d) || d.Pages == 0 || d.Size != doc.Size {
				continue
			}
			parts, perr := tx.CountEnclosed(id, 1)
			if err = perr; err == nil && parts == 0 { // what a mail carries comes out of it when it is read
				like = d
				return nil
			}
		}
		return err
	})
	return like, err
}
