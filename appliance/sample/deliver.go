package sample

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"eakte/appliance/record"
)

// Consignment is what a scan provider hands over at once: a manifest, and the
// objects that arrive of it.
type Consignment struct {
	Number    string // the provider's delivery_id
	Announced bool   // only the manifest comes, as an announcement
	Short     bool   // one object is missing and one is not what the manifest says
	Letters   []Letter

	office *Office
	day    time.Time
}

// Object is one object of a Consignment, under the name that the manifest gives it.
type Object struct {
	Name string
	Body []byte
}

// manifest has the fields of the delivery manifest, version 1 (docs/deliveries.md).
type manifest struct {
	Version    int                `json:"version"`
	DeliveryID string             `json:"delivery_id"`
	Provider   string             `json:"provider"`
	CreatedAt  string             `json:"created_at"`
	BagSeal    string             `json:"bag_seal"`
	Paper      map[string]string  `json:"paper"`
	Documents  []manifestDocument `json:"documents"`
}

type manifestDocument struct {
	Name          string              `json:"name"`
	SHA256        string              `json:"sha256"`
	Size          int                 `json:"size"`
	Pages         int                 `json:"pages"`
	Received      string              `json:"received"`
	Barcodes      []string            `json:"barcodes,omitempty"`
	PaperPosition int                 `json:"paper_position"`
	OpenedAt      string              `json:"opened_at"`
	OpenedBy      string              `json:"opened_by"`
	TransferNote  record.TransferNote `json:"transfer_note"`
}

// Make gives the manifest as JSON, and what arrives of it.
func (c Consignment) Make() ([]byte, []Object, error) {
	at := func(hour, minute int) string {
		return time.Date(c.day.Year(), c.day.Month(), c.day.Day(), hour, minute, 0, 0, time.UTC).Format(time.RFC3339)
	}
	m := manifest{Version: 1, DeliveryID: c.Number, Provider: c.office.Providers[0].Name, CreatedAt: at(15, 2), BagSeal: "P-" + c.Number[len(c.Number)-2:] + "4711",
		Paper: map[string]string{"box": "K-2026-0" + c.Number[len(c.Number)-2:], "location": "Scanzentrum Altenfurt, Regal 7"}}
	var objects []Object
	for i, l := range c.Letters {
		r, err := l.Render()
		if err != nil {
			return nil, nil, err
		}
		sum := sha256.Sum256(r.Body)
		d := manifestDocument{Name: fmt.Sprintf("%s-%04d.pdf", c.Number, i+1), SHA256: hex.EncodeToString(sum[:]), Size: len(r.Body), Pages: len(r.Truth.Pages), Received: l.Received,
			PaperPosition: i + 1, OpenedAt: at(7, 30+i), OpenedBy: "sdn-04", TransferNote: record.TransferNote{Operator: "sdn-17", Scanner: "Kranich 8200", Software: "Stapelscan 6.1",
				ScannedAt: at(11, i), Anomalies: []string{}, Quality: "geprüft, ohne Beanstandung", Statement: "Das Digitalisat stimmt mit dem Papier bildlich und inhaltlich überein."}}
		if c.Announced {
			d.Barcodes = []string{l.File}
		}
		m.Documents = append(m.Documents, d)
		objects = append(objects, Object{Name: d.Name, Body: r.Body})
	}
	b, err := json.Marshal(m)
	switch {
	case c.Announced:
		objects = nil
	case c.Short:
		objects = objects[1:]
		objects[0].Body = slices.Concat(objects[0].Body, []byte("\n% noch einmal gespeichert\n"))
	}
	return b, objects, err
}

// consignments are the three of the demonstration: one that is complete, and
// whose letters show what routing does; one of which something is missing; and
// one that is announced, for the walk-through's customer.
func (o *Office) consignments() []Delivery {
	day, err := time.Parse(isoDate, o.Today)
	if err != nil {
		return nil
	}
	var out []Delivery
	for i, c := range []Consignment{{Letters: o.routedLetters(day)}, {Short: true, Letters: o.plainLetters(day, 3, 3)}, {Announced: true, Letters: o.announcedLetters(day)}} {
		c.Number, c.office, c.day = fmt.Sprintf("SDL-%s-%02d", o.Today, i+1), o, day.AddDate(0, 0, -1)
		out = append(out, Delivery{User: o.Providers[0].User, Consignment: &c})
	}
	return out
}

// handed makes a letter as the scan provider delivers it.
func (o *Office) handed(f File, t Type, day time.Time, name string, edits ...edit) Letter {
	l := o.letter(f, t, day.AddDate(0, 0, -4), "consignment/"+name)
	l.Received = day.AddDate(0, 0, -1).Format(isoDate)
	l.Form = Form{Container: PDF, DPI: 200, Compression: DCT, Quality: 60, Noise: 1}
	l.edits = edits
	return l
}

func (o *Office) plainLetters(day time.Time, from, n int) []Letter {
	types := []Type{Rent, Objection, Slip, Renewal}
	var out []Letter
	for i := range n {
		out = append(out, o.handed(o.Files[min(from+i, len(o.Files)-1)], types[i%len(types)], day, fmt.Sprint("plain/", from+i)))
	}
	return out
}

func (o *Office) announcedLetters(day time.Time) []Letter {
	return []Letter{o.handed(o.Files[0], Account, day, "announced/0"), o.handed(o.Files[0], Utilities, day, "announced/1")}
}

// routedLetters are some that find their file, and one of each kind that waits
// for a person.
func (o *Office) routedLetters(day time.Time) []Letter {
	n := len(o.Files)
	at := func(i int) File {
		if i >= n {
			i = 0
		}
		return o.Files[i]
	}
	d := newDice(o.seed, "consignment")
	out := append(o.plainLetters(day, 2, 4),
		// name and birth date, no number
		o.handed(at(7), Wage, day, "born", withoutNumbers, bornLine(d, 0, at(7).Members[0])),
		// two households
		o.handed(at(8), Utilities, day, "two", numberLine(d, 0, at(8).Number), remark(1, "auch für BG-Nummer "+at(9).Number)),
		// a number that no file has
		o.handed(at(10), Objection, day, "unknown", withoutNumbers, withoutBirth, withoutAddress, remark(0, "BG-Nummer 03104//0099999")),
		// name and address only
		o.handed(at(11), Dismissal, day, "name", withoutNumbers, withoutBirth))
	if n > 13 { // one of a colleague's household: waits for the named persons
		out = append(out, o.handed(at(13), Wage, day, "restricted", withoutNumbers, withoutBirth))
	}
	return out
}
