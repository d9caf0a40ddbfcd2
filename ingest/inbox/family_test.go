package inbox

import (
	"context"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// part lets something come in a document, as the intake does it.
func (h *house) part(container record.DocumentID, place int) record.DocumentID {
	h.t.Helper()
	var id record.DocumentID
	h.tx(func(tx *catalog.Tx) error {
		c, err := tx.DocumentByID(container)
		if err != nil {
			return err
		}
		c.ID, c.Object = record.DocumentID(record.NewID()), record.ObjectID(record.NewID())
		id = c.ID
		if err := tx.InsertDocument(c, "03104"); err != nil {
			return err
		}
		if err := tx.InsertLink(catalog.Link{Document: container, Kind: catalog.LinkEncloses, Other: c.ID, Place: place}); err != nil {
			return err
		}
		return tx.RouteItem(c.ID, h.as("scan").User, func(record.Facts) bool { return true })
	})
	return id
}

// TestOneItemForAFamily: a mail with an archive of two letters is one item on
// the desk and one row in clearing, which say how much hangs on them; finishing
// it finishes the mail.
func TestOneItemForAFamily(t *testing.T) {
	openers := map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite}
	if pg := catalogtest.StartPostgres(t); pg != nil {
		openers["postgres"] = pg.Open
	}
	for name, open := range openers {
		t.Run(name, func(t *testing.T) {
			h := newHouseOn(t, open)
			ctx := context.Background()
			item, mail := h.letter(h.file("sommer", record.SensitivityNormal).ID)
			_, loose := h.letter("")
			for _, m := range []record.DocumentID{mail, loose} {
				packed := h.part(m, 1)
				h.part(packed, 1)
				h.part(packed, 2)
			}
			for who, q := range map[string]Query{"sommer": {}, "clearing": {Queue: QueueClearing}} {
				if got := h.lists(who, q); len(got) != 1 {
					t.Errorf("%s has %v", who, got)
				}
				p, err := h.List(ctx, h.as(who), q)
				if h.ok(err); len(p.Items) != 1 || p.Items[0].Document.Attachments != 3 {
					t.Errorf("%s sees %+v", who, p.Items)
				}
			}
			if _, err := h.Finish(ctx, h.as("sommer"), item, Step{}); err != nil {
				t.Error(err)
			}
			if got := h.lists("sommer", Query{}); len(got) != 0 {
				t.Errorf("finished, and %v wait", got)
			}
			if v, err := h.Undo(ctx, h.as("sommer"), item, Step{}); err != nil || v.State != catalog.ItemOpen || v.Document.Attachments != 3 {
				t.Errorf("taken back: %+v, %v", v, err)
			}
		})
	}
}
