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
// what merely could not be read is.
func TestWithheld(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	file := d.makeFile("sommer", "03104//0000001", "Grün", 0)
	id := d.post("sommer", file.ID, "ein Brief")
	for _, c := range []struct {
		state   record.State
		reason  string
		checked bool
		want    error
	}{
		{record.StateQuarantined, "malware", false, record.Conflict},
		{record.StateQuarantined, "malware", true, record.Conflict},
		{record.StateQuarantined, "unchecked", false, record.Conflict},
		{record.StateQuarantined, "damaged", true, nil},
		{record.StateQuarantined, "machine", false, nil},
		{record.StateQuarantined, "machine", true, record.Conflict},
		{record.StateReceived, "", false, nil},
		{record.StateReceived, "", true, record.Busy},
		{record.StateProcessing, "", true, record.Busy},
	} {
		d.Checked = c.checked
		d.tx(func(tx *catalog.Tx) error { return tx.SetState(id, c.state, c.reason) })
		_, err := d.Original(t.Context(), d.as("sommer"), id)
		if c.want == nil && err != nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%+v: %v", c, err)
		}
		if _, err := d.PageImage(t.Context(), d.as("sommer"), id, 1, 0); err == nil || c.reason == "malware" && !strings.Contains(err.Error(), "malware") {
			t.Errorf("%+v: its page: %v", c, err)
		}
		if _, err := d.Original(t.Context(), d.as("winter"), id); !errors.Is(err, record.NotFound) {
			t.Errorf("%+v: who may not see it learns of it: %v", c, err)
		}
	}
}
