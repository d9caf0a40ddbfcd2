package archive

import (
	"errors"
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestWithheld: what a scanner found, or did not look at, is given to nobody;
// what merely could not be read is. What was read can be opened while it is being
// routed.
func TestWithheld(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0000001", "Grün", 0)
	id := d.post("sommer", file.ID, "ein Brief")
	for _, c := range []struct {
		state   record.State
		reason  string
		checked bool
		want    error
		pages   int
	}{
		{record.StateQuarantined, "malware", false, record.Conflict, 0},
		{record.StateQuarantined, "malware", true, record.Conflict, 0},
		{record.StateQuarantined, "unchecked", false, record.Conflict, 0},
		{record.StateQuarantined, "damaged", true, nil, 0},
		{record.StateQuarantined, "machine", false, nil, 0},
		{record.StateQuarantined, "machine", true, record.Conflict, 0},
		{record.StateReceived, "", false, nil, 0},
		{record.StateReceived, "", true, record.Busy, 0},
		{record.StateReceived, "", true, record.Busy, 1}, // read before, and found harmful since
		{record.StateProcessing, "", true, record.Busy, 0},
		{record.StateProcessing, "", true, nil, 1},
	} {
		d.Checked = c.checked
		d.tx(func(tx *catalog.Tx) error {
			doc, err := tx.DocumentByID(id)
			doc.State, doc.Reason, doc.Pages = c.state, c.reason, c.pages
			return errors.Join(err, tx.UpdateDocument(doc))
		})
		_, err := d.Original(t.Context(), d.as("sommer"), id)
		if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
		read := c.state == record.StateProcessing && c.pages > 0
		if _, err := d.PageImage(t.Context(), d.as("sommer"), id, 1, 0); (err == nil) != read || c.reason == "malware" && !strings.Contains(err.Error(), "malware") {
			t.Errorf("%+v: its page: %v", c, err)
		}
		if v, err := d.View(t.Context(), d.as("sommer"), id, ""); err != nil || read != (len(v.Pages) == 1) {
			t.Errorf("%+v: the viewer shows %d pages, %v", c, len(v.Pages), err)
		}
		if _, err := d.Original(t.Context(), d.as("winter"), id); !errors.Is(err, record.NotFound) {
			t.Errorf("%+v: who may not see it learns of it: %v", c, err)
		}
	}
}
