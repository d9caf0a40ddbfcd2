package ingest

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/ingest/worker"
)

// Bounds of what unpacks itself: an archive of archives of archives. They count
// from the outermost container, whichever job opens the one within.
const (
	unpackDepth = 5    // containers in each other
	unpackParts = 2000 // documents out of one handed in
)

// channelUnpacked is the channel of what came out of a container.
const channelUnpacked = "unpacked"

// origin is the container that a document came in, or the batch it was a part of.
type origin struct {
	Document    record.DocumentID  `json:"document"`
	Place       int                `json:"place"` // from 1
	By          record.UserID      `json:"by"`    // who handed the container in
	Sensitivity record.Sensitivity `json:"sensitivity"`
	Cut         *cut               `json:"cut,omitempty"` // nil: it came in it as a whole
	// Merged are the documents that it was put together from by hand, Document
	// the first of them; none: it was not.
	Merged []record.DocumentID `json:"merged,omitempty"`
}

// link notes in the catalog what the document came in.
func (o *origin) link(tx *catalog.Tx, id record.DocumentID) error {
	if o == nil {
		return nil
	}
	if o.Cut != nil {
		return o.Cut.link(tx, o, id)
	}
	if len(o.Merged) > 0 {
		return o.linkMerged(tx, id)
	}
	return tx.InsertLink(catalog.Link{Document: o.Document, Kind: catalog.LinkEncloses, Other: id, Place: o.Place})
}

// derived says the same for good, in the manifest.
func (o *origin) derived() []vault.DerivedFrom {
	if o == nil {
		return nil
	}
	if c := o.Cut; c != nil {
		return []vault.DerivedFrom{{Document: o.Document, How: vault.DerivedBySplit, FirstPage: c.First, LastPage: c.Last,
			Place: o.Place, Parts: c.Parts, Sheet: c.Sheet}}
	}
	if len(o.Merged) > 0 {
		return o.derivedByMerge()
	}
	return []vault.DerivedFrom{{Document: o.Document, How: "attachment", Place: o.Place}}
}

// Unpack gives what takes in the parts of a container, for worker.Input.Parts.
// Each part becomes a document of its own: in the container's file, or in its
// site's clearing, with its direction and date of receipt, and as sensitive as
// it. Where the container was moved meanwhile, the parts go after it. Doing it
// again, after whatever interruption, takes in only what is missing.
//
// A part that no document may be is a *worker.Fault: it blames the container,
// which is kept as it came.
func (in *Intake) Unpack(ctx context.Context, container record.DocumentID) func(worker.Part) error {
	return func(p worker.Part) error {
		u, err := in.unpacking(ctx, container, p.Number)
		if err != nil || u.there {
			return err
		}
		_, err = in.take(ctx, record.System(record.NewID()), u.submission(p), u.dst)
		if errors.Is(err, record.TooLarge) {
			return &worker.Fault{Reason: worker.ReasonTooLarge, Cause: fmt.Errorf("part %d is larger than a document may be", p.Number)}
		}
		return err
	}
}

// unpacking is what is known before a part is taken in.
type unpacking struct {
	parent record.Document
	dst    destination
	there  bool // it was taken in before
}

func (in *Intake) unpacking(ctx context.Context, container record.DocumentID, place int) (unpacking, error) {
	var u unpacking
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if u.parent, err = tx.DocumentByID(container); err != nil {
			return err
		}
		if u.parent.State == record.StateDisposed {
			return &record.Error{Category: record.NotFound, Message: "The container was disposed of while it was unpacked."}
		}
		have, err := tx.EnclosedAt(container, place)
		if u.there = have != ""; err != nil || u.there {
			return err
		}
		if err := roomBelow(tx, container); err != nil {
			return err
		}
		u.dst, err = besides(tx, u.parent)
		return err
	})
	return u, err
}

// roomBelow holds the whole tree of containers against the bounds.
func roomBelow(tx *catalog.Tx, container record.DocumentID) error {
	outer, err := tx.Enclosing(container, unpackDepth)
	if err != nil {
		return err
	}
	if len(outer) >= unpackDepth {
		return &worker.Fault{Reason: worker.ReasonTooDeep, Cause: fmt.Errorf("more than %d containers in each other", unpackDepth)}
	}
	root := container
	if len(outer) > 0 {
		root = outer[len(outer)-1]
	}
	n, err := tx.CountEnclosed(root, unpackDepth+1)
	if err == nil && n >= unpackParts {
		err = &worker.Fault{Reason: worker.ReasonManyParts, Cause: fmt.Errorf("%d documents out of one", n)}
	}
	return err
}

// besides is the place that a document lies in, as a destination.
func besides(tx *catalog.Tx, d record.Document) (dst destination, err error) {
	dst.sensitivity = record.SensitivityNormal
	if d.File == "" {
		dst.site, err = tx.WaitingSite(d.ID)
		return dst, err
	}
	f, err := tx.FileByID(d.File)
	if err != nil {
		return dst, err
	}
	dst.file, dst.site, dst.sensitivity = f.ID, f.Site, f.Sensitivity
	dst.class, err = tx.RetentionClass(f.RetentionClass)
	return dst, err
}

func (u unpacking) submission(p worker.Part) Submission {
	return Submission{Direction: u.parent.Direction, Received: u.parent.Received, Name: p.Name, Channel: channelUnpacked,
		IdempotencyKey: "unpacked/" + string(u.parent.ID) + "/" + strconv.Itoa(p.Number), Body: p.Body, Size: -1,
		origin: &origin{Document: u.parent.ID, Place: p.Number, By: u.parent.CreatedBy, Sensitivity: u.parent.Sensitivity}}
}
