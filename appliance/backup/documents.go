package backup

import (
	"context"
	"errors"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// withheld says whether a flaw leaves it open in whose file a document lies. A
// missing or changed manifest in the middle of a chain doesn't: the newest says
// all there is to say.
func withheld(flaw string) bool {
	switch flaw {
	case flawFork, flawUnreadable, flawUnopened, flawLogged:
		return true
	}
	return false
}

// reasonMachine is the reason of a quarantine for which the document isn't to
// blame, as ingest has it.
const reasonMachine = "machine"

// rebuiltDocument is a document with what the store says of its objects.
type rebuiltDocument struct {
	opened
	original vault.ObjectInfo
	missing  bool // the original is not there, or not of its size
	pages    int
	marks    []record.Mark // as the pack says
	pack     bool
	damaged  bool            // a pack is there and can't be read
	stone    vault.Tombstone // of what is gone for good
	keyLeft  bool            // a tombstone stands, and the key is still there
}

func (r *rebuild) documents(ctx context.Context, after string) error {
	return r.walk(ctx, StageDocuments, vault.KindDocument, after, r.batch(documentBatch), func(ctx context.Context, batch []catalog.StagedSubject) error {
		docs, err := r.openDocuments(ctx, batch)
		if err != nil {
			return err
		}
		return r.commit(ctx, batch[len(batch)-1].Subject, func(tx *catalog.Tx) error {
			for _, d := range docs {
				if err := r.document(tx, d); err != nil {
					return err
				}
			}
			return nil
		})
	})
}

func (r *rebuild) openDocuments(ctx context.Context, batch []catalog.StagedSubject) ([]rebuiltDocument, error) {
	all, err := r.openAll(ctx, batch, false, func() any { return &vault.DocumentPersonal{} })
	if err != nil {
		return nil, err
	}
	docs := make([]rebuiltDocument, len(all))
	return docs, r.each(ctx, len(all), func(ctx context.Context, i int) error {
		docs[i].opened = all[i]
		return r.look(ctx, &docs[i])
	})
}

// look asks the store about a document's original and pack.
func (r *rebuild) look(ctx context.Context, d *rebuiltDocument) (err error) {
	d.original, err = r.Vault.Stat(ctx, vault.OriginalName(d.Head.Object))
	if err != nil && !errors.Is(err, record.NotFound) {
		return err
	}
	d.missing = err != nil || d.original.Size != d.Head.CipherSize
	if d.Flaw == flawDead {
		return r.lookAtGrave(ctx, d)
	}
	if d.personal == nil {
		return nil
	}
	pack, err := r.Vault.OpenPack(ctx, d.Head.Object)
	switch {
	case err == nil:
		d.pack, d.pages, d.marks = true, len(pack.Info().Pages), pack.Info().Marks()
	case errors.Is(err, record.NotFound):
	case gone(err):
		d.damaged = true
	default:
		return err
	}
	return nil
}

// lookAtGrave reads a document's tombstone and sees whether its key is gone.
func (r *rebuild) lookAtGrave(ctx context.Context, d *rebuiltDocument) error {
	var dead map[string]string
	ids := []string{d.Subject, string(d.Head.Object), d.Head.Name}
	err := r.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) { dead, err = tx.StagedDead(ids); return err })
	if err != nil {
		return err
	}
	for _, id := range ids {
		if dead[id] == "" {
			continue
		}
		b, err := r.Vault.GetLocked(ctx, vault.TombstoneName(record.ObjectID(dead[id])))
		if err != nil {
			return err
		}
		if d.stone, err = vault.ParseTombstone(b); err != nil {
			return err
		}
		break
	}
	names, err := r.Vault.KeyNames(ctx, d.Head.Object)
	d.keyLeft = len(names) > 0
	return err
}

// bury brings back that a document is gone for good.
func (r *rebuild) bury(tx *catalog.Tx, d rebuiltDocument) error {
	e := catalog.Erasure{Document: record.DocumentID(d.Subject), Object: d.Head.Object, Act: d.stone.Act,
		Tombstone: vault.TombstoneName(d.stone.ID), BegunAt: d.stone.At, FinalAt: d.stone.At, DestroyedAt: d.stone.At,
		CopiesUntil: r.Catalog.Day(d.stone.At.AddDate(0, 0, r.KeepDays))}
	var err error
	if d.keyLeft {
		e.DestroyedAt, e.CopiesUntil = time.Time{}, ""
		err = tx.StageProblem(catalog.RebuildProblem{Kind: ProblemErasure, Name: vault.KeyName(d.Head.Object), Subject: d.Subject,
			Detail: "A tombstone says that the document is erased, but its key is still there."})
	}
	return errors.Join(err, tx.InsertDocument(disposed(d), ""), tx.PutErasure(e))
}

// moved brings back where an original lay before it was put anew.
func moved(tx *catalog.Tx, d rebuiltDocument) error {
	chain, err := tx.StagedOf(d.Subject)
	for i := 1; i < len(chain) && err == nil; i++ {
		if was, is := chain[i-1], chain[i]; was.Object != is.Object {
			err = tx.PutRelocation(catalog.Relocation{Document: record.DocumentID(d.Subject), Old: was.Object, New: is.Object,
				BegunAt: is.CreatedAt, DoneAt: is.CreatedAt})
		}
	}
	return err
}

func (r *rebuild) document(tx *catalog.Tx, d rebuiltDocument) error {
	if other, err := tx.DocumentByObject(d.Head.Object); err == nil {
		return notRestored(tx, d.opened, "object_id", "Its object is that of document "+string(other.ID)+".")
	} else if !errors.Is(err, record.NotFound) {
		return err
	}
	if d.Flaw == flawDead {
		return errors.Join(r.bury(tx, d), moved(tx, d))
	}
	if d.missing {
		if d.original.Name == "" && d.Head.Sequence == 1 && !d.Head.Logged {
			return tx.StageProblem(catalog.RebuildProblem{Kind: ProblemUnconfirmed, Name: d.Head.Name, Subject: d.Subject,
				Detail: "Its bytes never came to the store and the log doesn't name it: it was not acknowledged and did not come back."})
		}
		if err := tx.StageProblem(catalog.RebuildProblem{Kind: ProblemOriginal, Name: vault.OriginalName(d.Head.Object), Subject: d.Subject,
			Detail: "The document's bytes are not in the store as they should be."}); err != nil {
			return err
		}
	}
	if d.damaged {
		if err := tx.StageProblem(catalog.RebuildProblem{Kind: ProblemPackDamaged, Name: vault.PackName(d.Head.Object), Subject: d.Subject,
			Detail: "What was read of the document can't be used; it is read again."}); err != nil {
			return err
		}
	}
	if d.personal == nil && d.Flaw == "" {
		d.Flaw = flawUnopened
		if err := tx.StageProblem(chainProblem(d.StagedSubject)); err != nil {
			return err
		}
	}
	if err := errors.Join(tx.SetManifestHead(head(d.StagedSubject)), moved(tx, d)); err != nil {
		return err
	}
	if d.personal == nil || withheld(d.Flaw) {
		return r.withhold(tx, d)
	}
	return r.insert(tx, d)
}

// insert brings a document back where its newest manifest says.
func (r *rebuild) insert(tx *catalog.Tx, d rebuiltDocument) error {
	p := d.personal.(*vault.DocumentPersonal)
	doc := documentOf(d)
	if doc.File != "" {
		known, err := tx.HasFile(doc.File)
		if err != nil {
			return err
		}
		if !known {
			if err := errors.Join(emptyFile(tx, doc.File, "lost", doc.CreatedAt), tx.StageProblem(catalog.RebuildProblem{Kind: ProblemLost,
				Subject: string(doc.File), Detail: "No manifest of this file is there; it came back empty and closed, with its documents."})); err != nil {
				return err
			}
		}
	}
	if err := errors.Join(tx.InsertDocument(doc, p.ReceivedPlace), tx.SetMarks(doc.ID, d.marks)); err != nil {
		return err
	}
	if doc.State == record.StateReceived {
		if err := r.ReadAgain(tx, doc.ID); err != nil {
			return err
		}
	}
	if err := errors.Join(enclosed(tx, doc.ID, p.DerivedFrom), cutOut(tx, doc.ID, p.DerivedFrom), merged(tx, doc.ID, p.DerivedFrom), filed(tx, doc.ID, p.Filings)); err != nil {
		return err
	}
	if err := delivered(tx, doc, p); err != nil {
		return err
	}
	if err := r.routed(tx, doc, p); err != nil {
		return err
	}
	if err := putHolds(tx, catalog.HoldsDocument, d.opened, p.Holds); err != nil {
		return err
	}
	return held(tx, d, len(p.Holds) > 0)
}

// enclosed brings back in which mail or archive a document came.
func enclosed(tx *catalog.Tx, id record.DocumentID, from []vault.DerivedFrom) error {
	for _, f := range from {
		if f.How != "attachment" || f.Place < 1 {
			continue
		}
		if other, err := tx.EnclosedAt(f.Document, f.Place); err != nil || other != "" {
			return err
		}
		if err := tx.InsertLink(catalog.Link{Document: f.Document, Kind: catalog.LinkEncloses, Other: id, Place: f.Place}); err != nil {
			return err
		}
	}
	return nil
}

// held lists the objects on which the store's hold stands or may stand, so
// that it can be taken off one day.
func held(tx *catalog.Tx, d rebuiltDocument, may bool) error {
	if !d.original.Hold && !may {
		return nil
	}
	all, err := tx.StagedOf(d.Subject)
	if err != nil {
		return err
	}
	return tx.AddHeldObjects(record.DocumentID(d.Subject), append([]string{vault.OriginalName(d.Head.Object)}, names(all)...))
}

// documentOf is the row that the newest manifest describes. What was read of it
// counts, not what the manifest says of that: reading makes no manifest.
func documentOf(d rebuiltDocument) record.Document {
	p := d.personal.(*vault.DocumentPersonal)
	doc := record.Document{ID: record.DocumentID(d.Subject), Object: d.Head.Object, File: p.File, Type: p.Type, Direction: p.Direction,
		Title: p.Title, Section: p.Section, Sensitivity: p.Sensitivity, Dated: p.Dated, Received: p.Received,
		State: record.StateReceived, Pages: d.pages, Name: p.Name, ContentType: p.ContentType, Size: p.Size, Plain: p.Plain,
		Cipher: d.Head.Cipher, CipherSize: d.Head.CipherSize, Channel: p.Channel, CreatedAt: p.CreatedAt, CreatedBy: p.CreatedBy,
		KeepUntil: d.Head.KeepUntil, LockedUntil: d.original.LockedUntil}
	switch {
	case p.State == record.StateDisposed:
		doc.State = record.StateDisposed
	case p.State == record.StateQuarantined && p.Reason != reasonMachine:
		// Without its reason, malware would be read again by an appliance that has
		// no scanner, and be given to anybody.
		doc.State, doc.Reason = p.State, p.Reason
	case d.pack && p.File == "":
		doc.State = record.StateClearing
	case d.pack:
		doc.State = record.StateReady
	}
	return doc
}

// bare is what can be said of a document without its personal part.
func bare(d rebuiltDocument, state record.State) record.Document {
	return record.Document{ID: record.DocumentID(d.Subject), Object: d.Head.Object, Direction: record.DirectionIn,
		Sensitivity: record.SensitivityRestricted, State: state, Cipher: d.Head.Cipher, CipherSize: d.Head.CipherSize,
		CreatedAt: d.CreatedAt, KeepUntil: d.Head.KeepUntil, LockedUntil: d.original.LockedUntil}
}

// disposed is what stays of a document that a tombstone names: ids, class and
// dates, nothing of its content.
func disposed(d rebuiltDocument) record.Document { return bare(d, record.StateDisposed) }

// withhold keeps a document of which nobody can say in whose file it lies. It
// lies in a file of its own kind that is closed to everybody: in no file, those
// who clear for the whole house would see it.
func (r *rebuild) withhold(tx *catalog.Tx, d rebuiltDocument) error {
	id, err := tx.Meta(metaWithheld)
	if err != nil {
		return err
	}
	if err := emptyFile(tx, record.FileID(id), "withheld", d.CreatedAt); err != nil {
		return err
	}
	doc := bare(d, record.StateQuarantined)
	doc.File, doc.Reason = record.FileID(id), reasonMachine
	if err := tx.InsertDocument(doc, ""); err != nil {
		return err
	}
	return held(tx, d, false)
}
