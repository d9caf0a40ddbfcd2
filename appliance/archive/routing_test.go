package archive

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest"
)

// decided lets a document wait with a decision.
func (d *desk) decided(id record.DocumentID, r record.Routing) {
	d.t.Helper()
	r.Outcome, r.By, r.At = record.OutcomeClearing, "system", d.Clock.Now()
	d.write(func(tx *catalog.Tx) error {
		return errors.Join(tx.Reserve(id, r.Reserved), tx.Routed(id, r, nil), tx.AskItem(id, "system", d.worksWith))
	})
}

// viewed is all that a user is shown of a document, as text; "" if that is nothing.
func (d *desk) viewed(by string, id record.DocumentID) (v DocumentView, all string) {
	d.t.Helper()
	v, err := d.Document(d.t.Context(), d.as(by), id)
	if errors.Is(err, record.NotFound) || errors.Is(err, record.Denied) {
		return v, ""
	}
	if err != nil {
		d.t.Fatal(err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		d.t.Fatal(err)
	}
	return v, string(b)
}

func evidence(f FileView, text string) record.Evidence {
	return record.Evidence{Kind: record.EvidenceHousehold, Source: "page", Page: 1, Text: text, Value: f.Number, File: f.ID, Weight: 0.9}
}

// TestRoutingSaysNothingOfOthers: of files that a reader may not find there is
// no word in a decision, no number, no gap and no reason that tells of them.
func TestRoutingSaysNothingOfOthers(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	ours, far := d.makeFile("sommer", "03104//0000001", "Hier", 0), d.makeFile("winter", "03107//0000002", "Fern", 0)
	secret := d.makeFile("sommer", "03104//0000003", "Geheim", record.SensitivityRestricted)
	id := d.post("scan", "", "Seite")
	d.decided(id, record.Routing{Reason: "conflict", Confidence: 0.4, Rule: "Fernpost", Team: "X9",
		Evidence:   []record.Evidence{evidence(far, "kanarie-fern"), evidence(ours, "unsere"), evidence(secret, "kanarie-geheim")},
		Candidates: []record.Candidate{{File: secret.ID, Confidence: 0.41, Evidence: []int{2}, Conflict: true}, {File: ours.ID, Confidence: 0.4, Evidence: []int{1}, Conflict: true}}})
	says := func(by string, wants, never []string) {
		t.Helper()
		_, all := d.viewed(by, id)
		for _, w := range wants {
			if !strings.Contains(all, w) {
				t.Errorf("%s does not see %q: %s", by, w, all)
			}
		}
		for _, n := range never {
			if strings.Contains(all, n) {
				t.Errorf("%s sees %q: %s", by, n, all)
			}
		}
	}
	hidden := []string{"kanarie", string(far.ID), far.Number, string(secret.ID), secret.Number, "Geheim", "conflict\":true", `"reason":"conflict"`, "Fernpost", "X9", "0.41"}
	says("clearing", []string{"unsere", ours.Number, `"reason":"unsure"`}, hidden)
	says("scan", nil, append(hidden, "unsere", ours.Number, "routing\":{"))
	v, _ := d.viewed("clearing", id)
	if r := v.Routing; len(r.Evidence) != 1 || len(r.Candidates) != 1 || len(r.Candidates[0].Evidence) != 1 || r.Candidates[0].Evidence[0] != 0 {
		t.Errorf("%+v", r)
	}
	emptied := d.post("scan", "", "Zweite Seite") // what spoke for a restricted file was not kept
	d.decided(emptied, record.Routing{Reason: "name", Evidence: []record.Evidence{{}, evidence(ours, "unsere")},
		Candidates: []record.Candidate{{File: ours.ID, Confidence: 0.4, Evidence: []int{1}}}})
	v, _ = d.viewed("clearing", emptied)
	if r := v.Routing; r.Reason != reasonUnsure || len(r.Evidence) != 1 || r.Evidence[0].Text != "unsere" || r.Candidates[0].Evidence[0] != 0 {
		t.Errorf("emptied: %+v", r)
	}
	d.file("clearing", id, ours.ID)
	v, _ = d.viewed("sommer", id)
	if r := v.Routing; r == nil || r.Outcome != record.OutcomeAccepted || r.By.Name != "clearing" || len(r.Evidence) != 1 || len(r.Candidates) != 0 {
		t.Errorf("filed: %+v", v.Routing)
	}
	says("sommer", []string{"unsere"}, []string{"kanarie", string(far.ID), string(secret.ID)})
	d.write(func(tx *catalog.Tx) error {
		r, _, err := tx.RoutingOf(id)
		if len(r.Candidates) != 2 || r.Candidates[0].File != secret.ID { // what was proposed first, and was not taken
			t.Errorf("ground truth: %+v", r)
		}
		doc, err2 := tx.DocumentByID(id)
		doc.File = far.ID
		return errors.Join(err, err2, tx.UpdateDocument(doc))
	})
	says("winter", []string{"kanarie-fern"}, []string{"unsere", ours.Number, string(ours.ID), string(secret.ID)})
}

// TestReserved: a letter that waits for a restricted file is there for the
// person whom the file names, and for nobody else; who says no says nothing more.
func TestReserved(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	secret := d.makeFile("sommer", "03104//0000003", "Geheim", record.SensitivityRestricted)
	reserve := func() record.DocumentID {
		id := d.post("scan", "", "Seite")
		d.decided(id, record.Routing{Reason: "name", Reserved: secret.ID, Evidence: []record.Evidence{evidence(secret, "kanarie")},
			Candidates: []record.Candidate{{File: secret.ID, Confidence: 0.5, Evidence: []int{0}}}})
		return id
	}
	id := reserve()
	for _, by := range []string{"clearing", "reception", "lead", "herbst", "winter", "admin", "dpo", "scan.other"} {
		if _, all := d.viewed(by, id); all != "" {
			t.Errorf("%s sees %s", by, all)
		}
		if err := d.Unreserve(t.Context(), d.as(by), id); !errors.Is(err, record.NotFound) {
			t.Errorf("%s answers: %v", by, err)
		}
	}
	if _, all := d.viewed("scan", id); strings.Contains(all, "kanarie") || strings.Contains(all, string(secret.ID)) { // the receipt
		t.Errorf("who handed it in sees %s", all)
	}
	v, _ := d.viewed("sommer", id)
	if v.Routing == nil || v.Routing.Reserved == nil || v.Routing.Reserved.ID != secret.ID || v.File != nil {
		t.Fatalf("the person it names is not asked: %+v", v.Routing)
	}
	if err := d.Unreserve(t.Context(), d.as("sommer"), id); err != nil {
		t.Fatal(err)
	}
	if _, all := d.viewed("clearing", id); all == "" || strings.Contains(all, "kanarie") || strings.Contains(all, string(secret.ID)) ||
		strings.Contains(all, secret.Number) || strings.Contains(all, "sommer") {
		t.Errorf("after a no, clearing sees %s", all)
	}
	if err := d.Unreserve(t.Context(), d.as("clearing"), id); !errors.Is(err, record.Conflict) {
		t.Errorf("no, again: %v", err)
	}
	yes := reserve()
	if got := d.file("sommer", yes, secret.ID); got.File == nil || got.File.ID != secret.ID || got.State == record.StateClearing {
		t.Errorf("after a yes: %+v", got.File)
	}
	d.write(func(tx *catalog.Tx) error {
		meant, err := tx.ReservedFor(yes)
		if meant != "" {
			t.Errorf("it is reserved still for %s", meant)
		}
		return err
	})
}

// TestNewSlip: who may hand in to the file makes slips; their codes say nothing.
func TestNewSlip(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	f := d.makeFile("sommer", "03104//0000001", "Hier", 0)
	code, _, err := d.NewSlip(t.Context(), d.as("sommer"), f.Number, "mietbescheinigung", "once")
	if err != nil || !record.ValidID(code) || code == string(f.ID) {
		t.Fatalf("%q, %v", code, err)
	}
	d.tx(func(tx *catalog.Tx) error {
		s, ok, err := tx.Slip(code)
		if !ok || s.File != f.ID || s.Type != "mietbescheinigung" {
			t.Errorf("%+v", s)
		}
		return err
	})
	if n := d.entries(audit.FileChange, audit.Done); n != 1 {
		t.Errorf("%d entries", n)
	}
	for by, want := range map[string]error{"reception": record.Denied, "winter": record.NotFound, "admin": record.NotFound} {
		if _, _, err := d.NewSlip(t.Context(), d.as(by), f.Number, strings.Repeat("x", 2000), ""); !errors.Is(err, want) {
			t.Errorf("%s: %v", by, err)
		}
	}
	if again, repeated, err := d.NewSlip(t.Context(), d.as("sommer"), f.Number, "mietbescheinigung", "once"); err != nil || !repeated || again != code {
		t.Errorf("the same again: %q, %v, %v", again, repeated, err)
	}
	if _, _, err := d.NewSlip(t.Context(), d.as("sommer"), f.Number, "kontoauszug", "once"); !errors.Is(err, record.Conflict) {
		t.Errorf("another under the same key: %v", err)
	}
	if _, _, err := d.NewSlip(t.Context(), d.as("sommer"), f.Number, strings.Repeat("x", 2000), ""); !errors.Is(err, record.Invalid) {
		t.Errorf("a long type: %v", err)
	}
}

// TestRouteAgainOnNewFile: what waits in clearing for a number is looked at anew
// when a file gets it.
func TestRouteAgainOnNewFile(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	d.RouteAgain = ingest.RouteAgain
	id := d.post("scan", "", "Seite")
	d.clue(id, record.Clue{Kind: record.ClueNumber, Value: catalog.NormalizeNumber("03104//0000009")})
	d.makeFile("sommer", "03104//0000008", "Anders", 0)
	has := func() (there bool) {
		d.tx(func(tx *catalog.Tx) error {
			open, err := tx.OpenJobs("document.route", []string{string(id)})
			there = open[string(id)]
			return err
		})
		return there
	}
	if has() {
		t.Error("a file of another number lets it be looked at")
	}
	d.makeFile("sommer", "03104//0000009", "Neu", 0)
	if !has() {
		t.Error("nobody looks at it again")
	}
}
