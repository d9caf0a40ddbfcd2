package ingest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/job"
	"eakte/appliance/record"
	"eakte/ingest/sheet"
	"eakte/ingest/worker"
)

// KindSplit is the job that takes the letters out of a batch.
const KindSplit = "document.split"

// channelSplit is the channel of a letter that was taken out of a batch;
// channelFolder that of a watched folder, as ingest/folder hands in.
const (
	channelSplit  = "split"
	channelFolder = "folder"
)

// cut is where in a batch a letter stood.
type cut struct {
	First int    `json:"first"` // page of the batch
	Last  int    `json:"last"`
	Parts int    `json:"parts"` // letters that the batch was split into
	Sheet string `json:"sheet"` // number of a file that the separator before it names; may be empty
}

// link notes in the catalog what letter id was taken out of.
func (c *cut) link(tx *catalog.Tx, o *origin, id record.DocumentID) error {
	err := tx.InsertLink(catalog.Link{Document: o.Document, Kind: catalog.LinkSplits, Other: id, Place: o.Place})
	return errors.Join(err, tx.SetCut(id, catalog.Cut{First: c.First, Last: c.Last, Sheet: c.Sheet}))
}

// letters are the pages of a batch between its separators, which belong to no
// letter. A blank page alone behind a separator is the sheet's back.
func letters(pages int, marks []record.Mark) []worker.Range {
	separator, blank := map[int]bool{}, map[int]bool{}
	for _, m := range marks {
		switch m.Kind {
		case record.MarkSeparator:
			separator[m.Page] = true
		case record.MarkBlank:
			blank[m.Page] = true
		}
	}
	var out []worker.Range
	first := 1
	for n := 1; n <= pages+1; n++ {
		if n <= pages && !separator[n] {
			continue
		}
		back := first > 1 && first == n-1 && blank[first]
		if first < n && !back {
			out = append(out, worker.Range{First: first, Last: n - 1})
		}
		first = n + 1
	}
	return out
}

// splitDue says whether a document that was just read is a batch to be split: it
// has separators and letters, lies in no file, and came from a scanner. A customer
// who prints a separator must not part what a caseworker hands in.
func splitDue(tx *catalog.Tx, d record.Document, marks []record.Mark) (bool, error) {
	separators := slices.ContainsFunc(marks, func(m record.Mark) bool { return m.Kind == record.MarkSeparator })
	divisible := d.ContentType == "application/pdf" || d.ContentType == "image/tiff"
	if d.State != record.StateProcessing || d.File != "" || !separators || !divisible || len(letters(d.Pages, marks)) == 0 {
		return false, nil
	}
	if d.Channel != channelFolder {
		roles, err := tx.Roles(d.CreatedBy)
		byScan := slices.ContainsFunc(roles, func(r record.RoleAt) bool { return r.Role == record.RoleScan })
		if err != nil || !byScan || d.Channel == channelUnpacked || d.Channel == channelSplit {
			return false, err
		}
	}
	_, done, err := tx.SplitOf(d.ID)
	return !done, err
}

// Splitter takes the letters out of batches.
type Splitter struct {
	Intake *Intake
	Pool   *worker.Pool
	Index  job.Spec // as Reader.Index
}

// batch is a document on its way to be split.
type batch struct {
	doc     record.Document
	dst     destination
	letters []worker.Range
	sheets  []string // for each letter the number that the separator before it names
	missing []int    // places of the letters that are not taken in yet, from 0
}

// Split is the handler of KindSplit. Each letter becomes a document of its own
// in the batch's clearing; the batch stays as it came and is done with when the
// last letter is in. Doing it again, after whatever interruption, takes in only
// what is missing. A batch of which pages can't be taken waits whole, with a
// reason: that is found out before the first letter is taken in.
func (s *Splitter) Split(ctx context.Context, j job.Job) error {
	id, err := documentOf(j)
	if err != nil {
		return err
	}
	if err := s.Intake.spool.room(); err != nil {
		return job.After(err, waitForRoom)
	}
	b, due, err := s.look(ctx, id)
	if err != nil || !due {
		return err
	}
	if len(b.missing) == len(b.letters) {
		err = s.rehearse(ctx, b)
	}
	var fault *worker.Fault
	if errors.As(err, &fault) {
		s.Intake.Log.Info("batch can't be split", "document", id, "reason", fault.Reason)
		return s.close(ctx, id, catalog.Split{Reason: fault.Reason})
	}
	if err == nil {
		err = s.take(ctx, b)
	}
	if err != nil {
		return fmt.Errorf("split document %s: %w", id, err)
	}
	return s.close(ctx, id, catalog.Split{Parts: len(b.letters)})
}

// look reads what is to be done. A batch that lies in a file all the same stays
// whole; nobody files one that is being divided.
func (s *Splitter) look(ctx context.Context, id record.DocumentID) (b batch, due bool, err error) {
	err = s.Intake.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		var goesOn bool
		if b.doc, goesOn, err = beingParted(tx, id); err != nil || !goesOn {
			return errors.Join(err, giveUp(tx, b.doc))
		}
		marks, err := tx.Marks(id)
		if err != nil {
			return err
		}
		starts, err := tx.PartingOf(id)
		if err != nil {
			return err
		}
		if b.letters = handParts(starts, b.doc.Pages); len(starts) == 0 {
			b.letters = letters(b.doc.Pages, marks)
		}
		for i := range b.letters {
			there, err := tx.LinkedAt(id, catalog.LinkSplits, i+1)
			if err != nil {
				return err
			}
			if there == "" {
				b.missing = append(b.missing, i)
			}
		}
		if due = b.doc.File == "" && len(b.letters) > 0; !due {
			return errors.Join(tx.EndParting(id), arrive(tx, b.doc, s.Index))
		}
		b.dst, err = besides(tx, b.doc)
		return err
	})
	if err == nil && due {
		b.sheets, err = s.numbers(ctx, b)
	}
	return b, due, err
}

// beingParted reads a batch. goesOn is false if it was set aside meanwhile: it was
// being read again all the while, and that ended badly. It may be being read once
// more already. A batch that nobody divides any more isn't named.
func beingParted(tx *catalog.Tx, id record.DocumentID) (doc record.Document, goesOn bool, err error) {
	if busy, err := tx.BeingRemade(id); err != nil || !busy {
		return doc, false, err
	}
	doc, err = tx.DocumentByID(id)
	return doc, doc.State == record.StateProcessing && doc.Pages > 0, err
}

// giveUp ends the division of a batch that was set aside, so that it is work again
// as soon as it can be read. If a person has divided it, and parts of it are out
// already, it waits for a person, beside them; one with separators goes on then.
func giveUp(tx *catalog.Tx, doc record.Document) error {
	if doc.ID == "" {
		return nil
	}
	starts, err := tx.PartingOf(doc.ID)
	if err != nil {
		return err
	}
	first, err := tx.LinkedAt(doc.ID, catalog.LinkSplits, 1)
	if err == nil && first != "" && len(starts) > 0 {
		err = tx.SetSplit(doc.ID, catalog.Split{Reason: cmp.Or(doc.Reason, reasonMachine)})
	}
	return errors.Join(err, tx.EndParting(doc.ID))
}

// numbers reads from the batch's pack what the separators before its letters say.
func (s *Splitter) numbers(ctx context.Context, b batch) ([]string, error) {
	out := make([]string, len(b.letters))
	pack, err := s.Intake.Vault.OpenPack(ctx, b.doc.Object)
	if err != nil {
		return nil, err
	}
	for i, l := range b.letters {
		if l.First == 1 {
			continue
		}
		words, err := pack.Words(l.First - 1)
		if err != nil {
			return nil, err
		}
		found, _ := sheet.Find(words.Codes)
		out[i] = found.File
	}
	return out, nil
}

// original is the batch for the workers.
func (s *Splitter) original(ctx context.Context, b batch) (worker.Document, error) {
	content, err := s.Intake.Vault.OpenOriginal(ctx, b.doc.Object)
	if err != nil {
		return worker.Document{}, err
	}
	return worker.Document{Open: func() io.Reader { return content.Reader() }, Size: content.Size()}, nil
}

// rehearse only looks whether the pages of all letters can be taken out.
func (s *Splitter) rehearse(ctx context.Context, b batch) error {
	d, err := s.original(ctx, b)
	if err != nil {
		return err
	}
	whole := worker.Range{First: b.letters[0].First, Last: b.letters[len(b.letters)-1].Last}
	return s.Pool.Extract(ctx, d, []worker.Range{whole}, func(worker.Part) error { return nil })
}

// take has the letters that are missing taken out of the batch and in, one after
// the other.
func (s *Splitter) take(ctx context.Context, b batch) error {
	d, err := s.original(ctx, b)
	if err != nil {
		return err
	}
	for some := range slices.Chunk(b.missing, worker.MostRanges) {
		ranges := make([]worker.Range, len(some))
		for i, place := range some {
			ranges[i] = b.letters[place]
		}
		err := s.Pool.Extract(ctx, d, ranges, func(p worker.Part) error { return s.letter(ctx, b, some[p.Number-1], p) })
		if err != nil {
			return err
		}
	}
	return nil
}

// letter takes one letter in; place counts from 0.
func (s *Splitter) letter(ctx context.Context, b batch, place int, p worker.Part) error {
	d, at := b.doc, b.letters[place]
	_, err := s.Intake.take(ctx, record.System(record.NewID()), Submission{Direction: d.Direction, Received: d.Received,
		Name: letterName(d.Name, place+1), Channel: channelSplit, Body: p.Body, Size: -1,
		IdempotencyKey: "split/" + string(d.ID) + "/" + strconv.Itoa(place+1),
		origin: &origin{Document: d.ID, Place: place + 1, By: d.CreatedBy, Sensitivity: d.Sensitivity,
			Cut: &cut{First: at.First, Last: at.Last, Parts: len(b.letters), Sheet: b.sheets[place]}}}, b.dst)
	return err
}

// letterName is the batch's name with the letter's place in it: scan-2.pdf.
func letterName(batch string, place int) string {
	if batch == "" {
		return ""
	}
	ext := path.Ext(batch)
	return strings.TrimSuffix(batch, ext) + "-" + strconv.Itoa(place) + ext
}

// close says what became of the batch. From then on it is work only if it stayed
// whole.
func (s *Splitter) close(ctx context.Context, id record.DocumentID, became catalog.Split) error {
	in := s.Intake
	err := in.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		doc, goesOn, err := beingParted(tx, id)
		if err != nil || !goesOn && became.Parts == 0 || doc.ID == "" {
			return errors.Join(err, giveUp(tx, doc))
		}
		leaf, err := audit.Seal(audit.Entry{At: in.Clock.Now(), Action: audit.DocumentChange, Outcome: audit.Done,
			Actor: "system", Via: "system", Request: record.NewID(), Objects: objects(doc),
			Personal: audit.Personal{Detail: map[string]string{"split": strconv.Itoa(became.Parts), "reason": became.Reason}}})
		if err != nil {
			return err
		}
		if became.Parts > 0 && doc.File == "" { // it is work no more; its letters are
			if err := errors.Join(tx.DropItem(id, record.System("").User), tx.ForgetClues(id)); err != nil {
				return err
			}
		}
		if goesOn {
			err = arrive(tx, doc, s.Index)
		}
		return errors.Join(err, tx.SetSplit(id, became), tx.EndParting(id), tx.Append(leaf))
	})
	if err != nil {
		return fmt.Errorf("split document %s: %w", id, err)
	}
	in.Wake()
	return nil
}

// Bury is called when splitting was tried for the last time: the machine was at
// fault every time. The batch waits whole, beside the letters that were taken
// out of it.
func (s *Splitter) Bury(ctx context.Context, j job.Job, _ string) {
	id, err := documentOf(j)
	if err != nil {
		return
	}
	if err := s.close(ctx, id, catalog.Split{Reason: "machine"}); err != nil {
		s.Intake.Log.Error("a batch that could not be split is not marked", "document", id, "error", err)
	}
}
