package ingest

import (
	"errors"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest/routing"
)

// simulate: rules are tried on a day's post; nothing changes by it, and what
// is for a restricted file is not named.
func simulate(t *testing.T, open catalogtest.Opener) {
	d := newDesk(t, open)
	r := d.router()
	secret := d.otherFile("03104//0055555", record.SensitivityRestricted)
	ids := []record.DocumentID{d.letter(clearLetter, Submission{}), d.letter(bareLetter, Submission{}),
		d.letter("BG 03104//0055555\n"+bareLetter, Submission{Note: &catalog.Note{Barcodes: []string{"03104//0055555"}}})}
	for _, id := range ids {
		if err := r.Route(t.Context(), RouteJob(t, id)); err != nil {
			t.Fatal(err)
		}
	}
	if doc, _, _ := d.now(ids[2]); doc.File != secret {
		t.Fatalf("the restricted file's letter lies in %q", doc.File)
	}
	types := `{"threshold":1,"distance":1,"types":[{"key":"brief","german":"Brief","english":"Letter","words":[{"any":["Mit freundlichen Grüßen"],"weight":9}]}]}`
	got, err := r.Simulate(t.Context(), record.RulesTypes, types, 7, "")
	if err != nil {
		t.Fatal(err)
	}
	if got.Documents != 2 || got.After.ByType["brief"] != 1 || got.Before.ByType["brief"] != 0 || got.Retyped != 1 || len(got.Changes) != 1 || got.Before.Filed != 1 {
		t.Errorf("%+v", got)
	}
	for _, c := range got.Changes {
		if c.Document == ids[2] {
			t.Error("a restricted file's letter is named")
		}
	}
	where := `{"format":1,"thresholds":{"file":0.97,"number":0.9},"rules":[{"name":"all","when":{"any":[%s]},"then":{"team":"L1"}}]}`
	for texts, caught := range map[string]string{`"wie besprochen"`: "", `"wie besprochen","anbei die Unterlagen"`: "all"} {
		if got, err := r.Simulate(t.Context(), record.RulesRouting, strings.Replace(where, "%s", texts, 1), 7, ""); err != nil || got.Everything != caught {
			t.Errorf("%s: %q, %v", texts, got.Everything, err)
		}
	}
	if doc, _, _ := d.now(ids[0]); doc.Type != "" {
		t.Errorf("trying has made it %q", doc.Type)
	}
	if got, err = r.Simulate(t.Context(), record.RulesTypes, types, 7, "2001-01-01"); err != nil || got.Documents != 0 {
		t.Errorf("%+v, %v", got, err)
	}
	if _, err = r.Simulate(t.Context(), record.RulesRouting, `{"no":1}`, 7, ""); !errors.Is(err, record.Invalid) {
		t.Errorf("rules that are none: %v", err)
	}
}

// TestSimulationLooksBack: of a day with little post nothing could be said, so
// with none named the days before it are tried too, and no more than it takes.
func TestSimulationLooksBack(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r, clock := d.router(), d.clock.(*catalogtest.Clock)
	var days []string
	for _, n := range []int{1, record.LeastTried - 2, 2, 0} { // the last is today
		days = append(days, clock.Now().In(record.Berlin()).Format(time.DateOnly))
		for range n {
			if err := r.Route(t.Context(), RouteJob(t, d.letter(bareLetter, Submission{}))); err != nil {
				t.Fatal(err)
			}
		}
		clock.Advance(24 * time.Hour)
	}
	for day, want := range map[string]record.Simulated{
		"":      {Documents: record.LeastTried, Since: days[1], Day: days[2]},
		days[0]: {Documents: 1, Since: days[0], Day: days[0]},
		days[2]: {Documents: 2, Since: days[2], Day: days[2]},
		days[3]: {Documents: 0, Since: days[3], Day: days[3]},
	} {
		got, err := r.Simulate(t.Context(), record.RulesRouting, string(routing.DefaultRules()), 7, day)
		if err != nil || got.Documents != want.Documents || got.Since != want.Since || got.Day != want.Day {
			t.Errorf("%q: %d from %s to %s, %v", day, got.Documents, got.Since, got.Day, err)
		}
	}
}

// TestSimulationNamesNothingSecret: what a person has put into a restricted file,
// what is kept for one and what is restricted itself is named by no simulation,
// although the rules would see nothing in it.
func TestSimulationNamesNothingSecret(t *testing.T) {
	d := newDesk(t, catalogtest.SQLite)
	r := d.router()
	secret := d.otherFile("03104//0055555", record.SensitivityRestricted)
	hide := map[string]func(tx *catalog.Tx, doc record.Document) error{
		"filed": func(tx *catalog.Tx, doc record.Document) error {
			doc.File, doc.State = secret, record.StateReady
			return tx.UpdateDocument(doc)
		},
		"kept": func(tx *catalog.Tx, doc record.Document) error { return tx.Reserve(doc.ID, secret) },
		"restricted": func(tx *catalog.Tx, doc record.Document) error {
			doc.Sensitivity = record.SensitivityRestricted
			return tx.UpdateDocument(doc)
		},
	}
	names := map[record.DocumentID]string{}
	for name, fn := range hide {
		id := d.letter(bareLetter, Submission{})
		names[id] = name
		if err := r.Route(t.Context(), RouteJob(t, id)); err != nil {
			t.Fatal(err)
		}
		doc := d.doc(id)
		if err := d.cat.WithTx(t.Context(), func(tx *catalog.Tx) error { return fn(tx, doc) }); err != nil {
			t.Fatal(err)
		}
	}
	types := `{"threshold":1,"distance":1,"types":[{"key":"brief","german":"Brief","english":"Letter","words":[{"any":["Mit freundlichen Grüßen"],"weight":9}]}]}`
	got, err := r.Simulate(t.Context(), record.RulesTypes, types, 7, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range got.Changes {
		t.Errorf("what is %s is named", names[c.Document])
	}
}
