package delivery

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"eakte/appliance/record"
)

// Bounds of a manifest. A delivery of 5,000 documents has some 3 MB.
const (
	maxDocuments = 20_000
	maxName      = 255 // bytes
	maxText      = 200
	maxStatement = 4000
	maxBarcodes  = 50
	maxPages     = 100_000
)

// normalize brings the manifest into the form in which manifests are compared,
// and names the first field that is wrong. What it shares with the caller's stays
// as it is.
func (m *Manifest) normalize() error {
	if m.Version != 1 {
		return record.Bad("version", "is not 1, the only version there is")
	}
	for _, f := range []struct {
		field    string
		value    *string
		required bool
	}{{"delivery_id", &m.DeliveryID, true}, {"provider", &m.Provider, true}, {"bag_seal", &m.BagSeal, false},
		{"paper.box", &m.Paper.Box, false}, {"paper.location", &m.Paper.Location, false}} {
		if err := tidy(f.field, f.value, maxText); err != nil {
			return err
		}
		if f.required && *f.value == "" {
			return record.Bad(f.field, "is missing")
		}
	}
	if err := moment("created_at", m.CreatedAt, false); err != nil {
		return err
	}
	if len(m.Documents) > maxDocuments {
		return record.Bad("documents", "are more than %d", maxDocuments)
	}
	return m.normalizeDocuments()
}

func (m *Manifest) normalizeDocuments() error {
	m.Documents = slices.Clone(m.Documents)
	used := make(map[string]bool, len(m.Documents))
	for i := range m.Documents {
		d, at := &m.Documents[i], fmt.Sprintf("documents[%d].", i)
		if err := d.normalize(at); err != nil {
			return err
		}
		if used[d.Name] {
			return record.Bad(at+"name", "is that of another document of this manifest")
		}
		used[d.Name] = true
	}
	for i, d := range m.Documents {
		for _, s := range d.Signatures {
			if used[s] {
				return record.Bad(fmt.Sprintf("documents[%d].signatures", i), "name a document, or what another document names")
			}
			used[s] = true
		}
	}
	return nil
}

func (d *Document) normalize(at string) (err error) {
	if d.Name, err = plainName(at+"name", d.Name); err != nil {
		return err
	}
	if d.SHA256 = strings.ToLower(d.SHA256); d.SHA256 != "" {
		if b, err := hex.DecodeString(d.SHA256); err != nil || len(b) != 32 {
			return record.Bad(at+"sha256", "is not 64 hexadecimal digits")
		}
	}
	if d.Size < 0 {
		return record.Bad(at+"size", "is below 0")
	}
	if d.Pages < 0 || d.Pages > maxPages {
		return record.Bad(at+"pages", "is not between 0 and %d", maxPages)
	}
	if d.PaperPosition < 0 || d.PaperPosition > 10*maxDocuments {
		return record.Bad(at+"paper_position", "is not between 0 and %d", 10*maxDocuments)
	}
	if d.Received != "" {
		if _, err := time.Parse(time.DateOnly, d.Received); err != nil {
			return record.Bad(at+"received", "is not a date of the form YYYY-MM-DD")
		}
	}
	if len(d.Barcodes) > maxBarcodes {
		return record.Bad(at+"barcodes", "are more than %d", maxBarcodes)
	}
	d.Barcodes = slices.Clone(d.Barcodes)
	for i := range d.Barcodes {
		if err := tidy(at+"barcodes", &d.Barcodes[i], maxText); err != nil {
			return err
		}
	}
	if err := tidy(at+"type_hint", &d.TypeHint, maxText); err != nil {
		return err
	}
	if err := tidy(at+"opened_by", &d.OpenedBy, maxText); err != nil {
		return err
	}
	if err := moment(at+"opened_at", d.OpenedAt, true); err != nil {
		return err
	}
	if len(d.Signatures) > 4 {
		return record.Bad(at+"signatures", "are more than 4")
	}
	d.Signatures = slices.Clone(d.Signatures)
	for i := range d.Signatures {
		if d.Signatures[i], err = plainName(at+"signatures", d.Signatures[i]); err != nil {
			return err
		}
	}
	if d.TransferNote == nil {
		return nil
	}
	n := *d.TransferNote
	d.TransferNote = &n
	return note(at+"transfer_note.", &n)
}

func note(at string, n *record.TransferNote) error {
	for _, f := range []struct {
		field string
		value *string
		most  int
	}{{"operator", &n.Operator, maxText}, {"scanner", &n.Scanner, maxText}, {"software", &n.Software, maxText},
		{"scanned_at", &n.ScannedAt, maxText}, {"quality", &n.Quality, maxText}, {"statement", &n.Statement, maxStatement}} {
		if err := tidy(at+f.field, f.value, f.most); err != nil {
			return err
		}
	}
	if len(n.Anomalies) > maxBarcodes {
		return record.Bad(at+"anomalies", "are more than %d", maxBarcodes)
	}
	n.Anomalies = slices.Clone(n.Anomalies)
	for i := range n.Anomalies {
		if err := tidy(at+"anomalies", &n.Anomalies[i], maxStatement); err != nil {
			return err
		}
	}
	return moment(at+"scanned_at", n.ScannedAt, true)
}

// tidy takes out of a text what no database keeps; one that is too long is
// refused, since a cut one would say something else.
func tidy(field string, s *string, most int) error {
	*s = strings.TrimSpace(strings.ReplaceAll(string([]rune(*s)), "\x00", "\uFFFD"))
	if len(*s) > most {
		return record.Bad(field, "is longer than %d bytes", most)
	}
	return nil
}

// moment checks a time, or where it may be, a date.
func moment(field, s string, date bool) error {
	if s == "" {
		return nil
	}
	if _, err := time.Parse(time.RFC3339, s); err == nil {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, s); err == nil && date {
		return nil
	}
	return record.Bad(field, "is not a time of the form 2026-11-20T16:02:11Z")
}

// plainName is an object's name in the form in which names are compared: bytes
// that are no UTF-8 are one sign each, and letters are put together. It is
// data, never a path.
func plainName(field, name string) (string, error) {
	name = norm.NFC.String(string([]rune(name)))
	switch {
	case name == "" || name == "." || name == "..":
		return "", record.Bad(field, "is no name")
	case len(name) > maxName:
		return "", record.Bad(field, "is longer than %d bytes", maxName)
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '/' || r == '\\' }):
		return "", record.Bad(field, "has a slash or a control character in it")
	}
	return name, nil
}

// complete says what an announcement may leave out and a manifest may not, and
// what the calendar forbids. now is the time by the appliance's clock.
func (m *Manifest) complete(now time.Time) error {
	if len(m.Documents) == 0 {
		return record.Bad("documents", "are missing: a manifest names at least one")
	}
	for i, d := range m.Documents {
		if d.SHA256 == "" {
			return record.Bad(fmt.Sprintf("documents[%d].sha256", i), "is missing")
		}
	}
	return m.inTime(now)
}

// inTime refuses what says that it comes from tomorrow or later.
func (m *Manifest) inTime(now time.Time) error {
	tomorrow := now.AddDate(0, 0, 1)
	if t, err := time.Parse(time.RFC3339, m.CreatedAt); err == nil && t.After(tomorrow) {
		return record.Bad("created_at", "lies in the future")
	}
	for i, d := range m.Documents {
		if d.Received > tomorrow.Format(time.DateOnly) {
			return record.Bad(fmt.Sprintf("documents[%d].received", i), "lies in the future")
		}
	}
	return nil
}

// kept is a manifest with the form in which it is kept.
type kept struct {
	Manifest
	body   string
	digest record.Digest // of what it says
}

func (m Manifest) encoded() (kept, error) {
	b, err := json.Marshal(m)
	if err != nil {
		return kept{}, fmt.Errorf("delivery: manifest: %w", err)
	}
	return kept{Manifest: m, body: string(b), digest: record.Sum(b)}, nil
}
