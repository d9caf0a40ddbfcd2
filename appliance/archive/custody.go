package archive

import (
	"slices"
	"sort"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/mailroom"
)

// CustodyStep says who had the paper or the bytes when, and what was done.
type CustodyStep struct {
	Step  string `json:"step"`  // opened, scanned, delivered, checked, taken_in, forwarded, taken_back …
	At    string `json:"at"`    // RFC 3339, or a date
	By    string `json:"by"`    // as who did it is called; a user's display name
	Place string `json:"place"` // machine, box, site …
	Note  string `json:"note"`
}

// toFollow leaves of a document's way what who handed it in may follow.
func toFollow(steps []CustodyStep) []CustodyStep {
	out := []CustodyStep{}
	for _, s := range steps {
		if slices.Contains([]string{"opened", "scanned", "delivered", "checked", "taken_in"}, s.Step) {
			out = append(out, s)
		}
	}
	return out
}

// Paper says where the paper of a scan lies.
type Paper struct {
	Box      string `json:"box"`
	Location string `json:"location"`
	Position int    `json:"position"` // in the batch, from 1; 0: not said
	BagSeal  string `json:"bag_seal"`
}

// Signed names a signature, seal or time stamp that came with a scan.
type Signed struct {
	Kind string `json:"kind"` // cms, tsr
	Name string `json:"name"`
}

// addCustody tells a document's way, and what came with it beside its bytes.
func (a *Archive) addCustody(tx *catalog.Tx, row documentRow, v *DocumentView) error {
	n, err := tx.NoteOf(v.ID)
	if err != nil {
		return err
	}
	v.Transfer, v.Delivery = n.Transfer, n.Delivery
	for _, s := range n.Signed {
		v.Signed = append(v.Signed, Signed{Kind: s.Kind, Name: s.Name})
	}
	if n.Paper != nil {
		v.Paper = &Paper{Box: n.Paper.Box, Location: n.Paper.Location, Position: n.Paper.Position, BagSeal: n.Paper.BagSeal}
	}
	// What a provider scanned lies on paper somewhere: without a signature it
	// proves nothing once the paper is gone.
	v.Unsigned = (n.Transfer != nil || n.Paper != nil || n.Delivery != "") && len(n.Signed) == 0
	if v.Custody, err = steps(tx, n.Custody, row.doc); err != nil {
		return err
	}
	return a.addHints(tx, v)
}

// steps orders the steps of custody by time, with the names of our own users.
func steps(tx *catalog.Tx, in []catalog.Custody, d record.Document) ([]CustodyStep, error) {
	if !slices.ContainsFunc(in, func(c catalog.Custody) bool { return c.Event == "taken_in" }) {
		in = append([]catalog.Custody{{At: d.CreatedAt.UTC().Format(time.RFC3339), Event: "taken_in", By: string(d.CreatedBy)}}, in...)
	}
	ids := make([]record.UserID, len(in))
	for i, c := range in {
		ids[i] = record.UserID(c.By)
	}
	people, err := tx.UsersByID(ids)
	if err != nil {
		return nil, err
	}
	out := make([]CustodyStep, len(in))
	for i, c := range in {
		out[i] = CustodyStep{Step: c.Event, At: c.At, By: c.By, Place: c.Place, Note: c.Note}
		if u, ours := people[record.UserID(c.By)]; ours {
			out[i].By = u.Display
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return stepTime(out[i].At).Before(stepTime(out[j].At)) })
	return out, nil
}

// stepTime reads a step's time; one that is only a date is that day's beginning.
func stepTime(at string) time.Time {
	if t, err := time.Parse(time.RFC3339Nano, at); err == nil {
		return t
	}
	t, _ := time.Parse(time.DateOnly, at) //nolint:errcheck // what is neither stands first
	return t
}

// addHints says which rules of the mailroom concern a document.
func (a *Archive) addHints(tx *catalog.Tx, v *DocumentView) error {
	rules, _, _, err := mailroom.InForce(tx)
	v.Mailroom = append(v.Mailroom, rules.Hints(v.Type, v.Transfer)...)
	return err
}
