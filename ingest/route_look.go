package ingest

import (
	"errors"
	"slices"
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/classify"
)

// What is to be done about a document.
type due int

const (
	dueNothing due = iota
	duePlace       // it lies in no file, and nobody has decided
	dueType        // it lies in a file, and nobody has said what it is
	dueSettle      // only its state is to be set
	dueLater       // it is being divided or put together: that sets its state
)

// familyLooked bounds how many documents one routing reads and files: with all
// that belongs to one, they fit into one transaction. What carries more is for
// a person.
const familyLooked = 25

// letterCase is a document that came in, with what lies beside it, and all that
// is known of them beside their pages.
type letterCase struct {
	due     due
	doc     record.Document
	family  []record.Document // what lies beside it, containers first
	tooMany bool              // the family is larger than is looked at
	note    catalog.Note
	sheet   string // number on the separator sheet before it
	site    string // at which it waits
	by      []record.RoleAt
	routed  record.Routing // what was decided before

	pages map[record.DocumentID][]classify.Page
	types map[record.DocumentID]record.TypeGuess
}

// all is the document and its family.
func (c *letterCase) all() []record.Document {
	return append([]record.Document{c.doc}, c.family...)
}

// look reads what is known of a document, and says what is to be done.
func (r *Router) look(tx *catalog.Tx, id record.DocumentID) (c letterCase, err error) {
	if c.doc, err = tx.DocumentByID(id); err != nil {
		if errors.Is(err, record.NotFound) {
			err = nil
		}
		return c, err
	}
	if busy, err := tx.BeingRemade(id); err != nil || busy {
		c.due = dueLater
		return c, err
	}
	switch d := c.doc; {
	case d.File != "" && d.Type == "" && (d.State == record.StateReady || d.State == record.StateProcessing && d.Pages > 0):
		c.due = dueType
		c.note, err = tx.NoteOf(id)
		return c, err
	case d.Pages == 0 || d.State != record.StateProcessing && d.State != record.StateClearing: // not read yet, or not to be
		return c, nil
	case d.File != "" || d.Direction != record.DirectionIn:
		c.due = dueSettle
		return c, nil
	}
	if c.routed, _, err = tx.RoutingOf(id); err != nil {
		return c, err
	}
	stands, err := decided(tx, c)
	if err != nil {
		return c, err
	}
	if stands {
		c.due = dueSettle
		return c, nil
	}
	return c, r.gather(tx, &c)
}

// decided says whether a document is no (more) work for the rules: a person has
// looked at it, it was split, or it waits with the mail it came in.
func decided(tx *catalog.Tx, c letterCase) (bool, error) {
	if by := c.routed.By; c.routed.Outcome == record.OutcomeForwarded || by != "" && by != record.System("").User {
		return true, nil
	}
	if _, split, err := tx.SplitOf(c.doc.ID); err != nil || split {
		return split, err
	}
	if waits, err := tx.Waits(c.doc.ID); err != nil || !waits {
		return !waits, err
	}
	return tx.LiesBeside(c.doc.ID)
}

// gather reads the family and what came with the document. As long as a part is
// being read there is nothing to be done: its end asks again.
func (r *Router) gather(tx *catalog.Tx, c *letterCase) error {
	id := c.doc.ID
	parts, err := tx.Family(id, familyLooked+1)
	if err != nil {
		return err
	}
	docs, err := tx.DocumentsByID(parts)
	if err != nil {
		return err
	}
	for _, p := range parts {
		if s := docs[p].State; s == record.StateReceived || s == record.StateProcessing {
			return nil
		}
		c.family = append(c.family, docs[p])
	}
	c.due, c.tooMany = duePlace, len(parts) > familyLooked
	cut, _, err := tx.CutOf(id)
	if err != nil {
		return err
	}
	c.sheet = cut.Sheet
	if c.note, err = tx.NoteOf(id); err != nil {
		return err
	}
	if c.site, err = tx.WaitingSite(id); err != nil {
		return err
	}
	c.by, err = tx.Roles(c.doc.CreatedBy)
	return err
}

// same says whether nothing has changed that a decision rests on.
func (c *letterCase) same(now letterCase) bool {
	equal := func(a, b record.Document) bool {
		return a.ID == b.ID && a.File == b.File && a.State == b.State && a.Type == b.Type && a.Title == b.Title
	}
	return c.due == now.due && equal(c.doc, now.doc) && slices.EqualFunc(c.family, now.family, equal)
}

// numbers are those that came with a document: read by the scan provider, or
// given by another application.
func (c *letterCase) numbers() (manifest, given []string) {
	byMachine := func(r record.RoleAt) bool { return r.Role == record.RoleIntegration }
	if c.note.Delivery == "" && (c.doc.Channel == ChannelCounter || slices.ContainsFunc(c.by, byMachine)) {
		return nil, c.note.Barcodes
	}
	return c.note.Barcodes, nil
}

// outermost is the mail or archive that a document came in and lies beside, or
// the document itself.
func outermost(tx *catalog.Tx, id record.DocumentID) (record.DocumentID, error) {
	for range unpackDepth {
		beside, err := tx.LiesBeside(id)
		if err != nil || !beside {
			return id, err
		}
		outer, err := tx.Enclosing(id, 1)
		if err != nil || len(outer) == 0 {
			return id, err
		}
		id = outer[0]
	}
	return id, nil
}

// sender is who a mail says that it is from: the line "Von" at the head of its
// first page, as ingest/mail writes it.
func sender(d record.Document, pages []classify.Page) string {
	if d.ContentType != "message/rfc822" && d.ContentType != "application/vnd.ms-outlook" || len(pages) == 0 {
		return ""
	}
	for line := range strings.Lines(pages[0].Text) {
		if from, ok := strings.CutPrefix(strings.TrimSpace(line), "Von"); ok {
			return strings.TrimSpace(strings.TrimPrefix(from, ":"))
		}
	}
	return ""
}
