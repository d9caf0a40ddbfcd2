package admin_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"eakte/appliance/admin"
	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/ingest/classify"
)

// post stands for a day's post; the real one is ingest's.
type post struct {
	found record.Simulated
	saw   string
}

func (p *post) Simulate(_ context.Context, kind, body string, _ int64, _ string) (record.Simulated, error) {
	p.saw = kind + body
	return p.found, nil
}

// renamed are the shipped rules of types with another name for bank statements.
func renamed(t *testing.T, d *desk, name string) string {
	t.Helper()
	v, err := d.RuleVersion(t.Context(), as("adm"), record.RulesTypes, 0)
	d.ok(err)
	var s admin.TypeRules
	d.ok(json.Unmarshal([]byte(v.Body), &s))
	for i := range s.Types {
		if s.Types[i].Key == "kontoauszug" {
			s.Types[i].German = name
		}
	}
	body, err := json.Marshal(s)
	d.ok(err)
	return string(body)
}

func (d *desk) document(id string) {
	d.ok(d.Catalog.WithTx(d.Context(), func(tx *catalog.Tx) error {
		return tx.InsertDocument(record.Document{ID: record.DocumentID(id), Object: record.ObjectID(id), State: record.StateClearing, Direction: record.DirectionIn, Received: "2026-11-20"}, "03104")
	}))
}

func (d *desk) category(err, want error) {
	d.Helper()
	if !errors.Is(err, want) {
		d.Errorf("%v, not %v", err, want)
	}
}

// A version goes its way: drafted, tried, put in force, and the older one back.
func TestRulesTheirWay(t *testing.T) {
	d, p := newDesk(t), &post{}
	d.Simulator = p
	adm, ctx := as("adm"), t.Context()
	body := renamed(t, d, "Bankauszug")
	first, err := d.DraftRules(ctx, adm, record.RulesTypes, body, " Neuer Name ", "once")
	d.ok(err)
	again, err := d.DraftRules(ctx, adm, record.RulesTypes, body, "Neuer Name", "once")
	if d.ok(err); again.Version != first.Version || !again.Repeated || first.Repeated {
		t.Errorf("the same again: %+v", again)
	}
	_, err = d.DraftRules(ctx, adm, record.RulesTypes, body, "Ein anderer", "once")
	d.category(err, record.Conflict)
	if first.Version != 1 || first.Active || first.Reason != "Neuer Name" || first.MadeBy != "adm" {
		t.Errorf("drafted: %+v", first)
	}
	if s := said(first.Diff); !strings.Contains(s, `-      "german": "Kontoauszug"`) || !strings.Contains(s, `+      "german": "Bankauszug"`) || len(first.Diff) > 12 {
		t.Errorf("what differs:\n%s", s)
	}
	for i := range record.LeastTried {
		d.document("d" + strconv.Itoa(i))
	}
	_, err = d.ActivateRules(ctx, adm, record.RulesTypes, 1)
	d.category(err, record.Conflict)
	p.found = record.Simulated{Day: "2026-11-19", Documents: 12, Retyped: 1, Changes: []record.SimulatedShift{{Document: "d1",
		Before: record.SimulatedState{File: "f1", Outcome: record.OutcomeFiled}, After: record.SimulatedState{File: "f2", Outcome: record.OutcomeFiled}}}}
	sim, err := d.SimulateRules(ctx, adm, record.RulesTypes, 1, "")
	d.ok(err)
	if len(sim.Changes) != 0 || sim.Retyped != 0 || p.saw != record.RulesTypes+body {
		t.Errorf("tried: %+v", sim)
	}
	v, err := d.ActivateRules(ctx, adm, record.RulesTypes, 1)
	d.ok(err)
	if !v.Active || v.Simulation == nil || v.Simulation.Day != "2026-11-19" || len(v.Diff) != 0 {
		t.Errorf("in force: %+v", v)
	}
	types, err := d.DocumentTypes(ctx, adm)
	d.ok(err)
	if !strings.Contains(asJSON(t, types), "Bankauszug") {
		t.Errorf("the name is not told: %v", types)
	}
	d.draftAndTry(adm, renamed(t, d, "Auszug"))
	_, err = d.ActivateRules(ctx, adm, record.RulesTypes, 2)
	d.ok(err)
	_, err = d.ActivateRules(ctx, adm, record.RulesTypes, 1)
	d.ok(err)
	list, err := d.Rules(ctx, adm, record.RulesTypes)
	d.ok(err)
	if len(list) != 3 || list[0].Active || !list[1].Active || list[2].Version != 0 || list[2].Active {
		t.Errorf("versions: %+v", list)
	}
	if n, m := d.entries(audit.RulesActivate, audit.Done), d.entries(audit.RulesActivate, audit.Failed); n != 3 || m != 1 {
		t.Errorf("%d and %d entries of putting in force", n, m)
	}
}

func (d *desk) draftAndTry(actor record.Actor, body string) {
	d.Helper()
	v, err := d.DraftRules(d.Context(), actor, record.RulesTypes, body, "again", "")
	d.ok(err)
	_, err = d.SimulateRules(d.Context(), actor, record.RulesTypes, v.Version, "2026-11-19")
	d.ok(err)
}

func said(diff []admin.DiffLine) (s string) {
	for _, l := range diff {
		s += l.Op + l.Text + "\n"
	}
	return s
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A house without post, or with little, has nothing to try rules on.
func TestRulesWithoutPost(t *testing.T) {
	d := newDesk(t)
	for i := range record.LeastTried - 1 { // too few to try anything on
		d.document("d" + strconv.Itoa(i))
	}
	_, err := d.DraftRules(t.Context(), as("adm"), record.RulesTypes, renamed(t, d, "Bankauszug"), "before the first day", "")
	d.ok(err)
	_, err = d.ActivateRules(t.Context(), as("adm"), record.RulesTypes, 1)
	d.ok(err)
}

func TestRulesThatCatchEverythingAreRefused(t *testing.T) {
	d := newDesk(t)
	d.Simulator = &post{found: record.Simulated{Day: "2026-11-19", Documents: 20, Everything: "Alles nach Süd"}}
	d.draftAndTry(as("adm"), renamed(t, d, "Bankauszug"))
	_, err := d.ActivateRules(t.Context(), as("adm"), record.RulesTypes, 1)
	if !errors.Is(err, record.Conflict) || !strings.Contains(err.Error(), "Alles nach Süd") {
		t.Errorf("%v", err)
	}
}

func TestWrongRulesAreNotKept(t *testing.T) {
	d := newDesk(t)
	for name, c := range map[string]struct{ kind, body, reason, field string }{
		"types":           {record.RulesTypes, `{"threshold":6,"distance":2,"types":[{"key":"a","german":"A","english":""}]}`, "x", "types[0].english"},
		"routing":         {record.RulesRouting, `{"format":2}`, "x", "format"},
		"a site not ours": {record.RulesRouting, `{"format":1,"thresholds":{"file":0.97,"number":0.9},"rules":[{"name":"N","when":{"words":["Bundesagentur"]},"then":{"site":"99999"}}]}`, "x", "rules[0].then.site"},
		"mailroom":        {record.RulesMailroom, `{"rules":7}`, "x", ""},
		"no reason":       {record.RulesRouting, `{}`, "  ", "reason"},
	} {
		_, err := d.DraftRules(t.Context(), as("adm"), c.kind, c.body, c.reason, "")
		var e *record.Error
		if !errors.As(err, &e) || !errors.Is(err, record.Invalid) || c.field != "" && e.Field != c.field {
			t.Errorf("%s: %v (%+v)", name, err, e)
		}
	}
	_, err := d.DraftRules(t.Context(), as("adm"), "weather", "{}", "x", "")
	d.category(err, record.NotFound)
	for _, kind := range admin.RuleKinds() {
		list, err := d.Rules(t.Context(), as("adm"), kind)
		d.ok(err)
		if len(list) != 1 {
			t.Errorf("%s: something was kept: %+v", kind, list)
		}
	}
}

// Rules are for who manages settings. Everybody else is refused before their
// parameters are looked at, and each refusal is in the log.
func TestRulesAreForAdministrators(t *testing.T) {
	d := newDesk(t)
	d.Simulator = &post{}
	for i, name := range []string{"k.sommer", "dpo", "gone", "nobody"} {
		actor, ctx := as(name), t.Context()
		_, err := d.Rules(ctx, actor, "weather")
		_, err1 := d.RuleVersion(ctx, actor, record.RulesTypes, 0)
		_, err2 := d.DraftRules(ctx, actor, record.RulesTypes, "", "", "")
		_, err3 := d.SimulateRules(ctx, actor, record.RulesTypes, 0, "someday")
		_, err4 := d.ActivateRules(ctx, actor, record.RulesTypes, 99)
		_, err5 := d.Corrections(ctx, actor)
		err6 := d.MayChangeRules(ctx, actor)
		for _, err := range []error{err, err1, err2, err3, err4, err5, err6} {
			d.category(err, record.Denied)
		}
		for action, n := range map[string]int{audit.RulesRead: 3, audit.RulesDraft: 2, audit.RulesSimulate: 1, audit.RulesActivate: 1} {
			if got := d.entries(action, audit.Denied); got != n*(i+1) {
				t.Errorf("%s: %d refusals of %s are in the log", name, got, action)
			}
		}
	}
}

func TestCorrectionsAreSummed(t *testing.T) {
	d := newDesk(t)
	now := d.clock.Now()
	d.ok(d.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) (err error) {
		for i, c := range []struct{ document, was, became string }{{"a", "bescheid", "klage"}, {"b", "bescheid", "klage"}, {"c", "", "klage"},
			{"d", "bescheid", "klage"}, {"d", "bescheid", "bescheid"}} {
			err = errors.Join(err, tx.CorrectType(catalog.TypeCorrection{Document: record.DocumentID(c.document), Was: c.was, Became: c.became, By: "u", At: now.Add(time.Duration(i) * time.Second)}))
		}
		return err
	}))
	list, err := d.Corrections(t.Context(), as("adm"))
	d.ok(err)
	if len(list) != 2 || list[0].Was != "" || list[0].Documents != 1 || list[1].Was != "bescheid" || list[1].Documents != 2 {
		t.Errorf("%+v", list)
	}
}

// Who tries rules learns how many letters they would move, and of none which: a
// rule that asks for a word would tell whose letter has it.
func TestTryingNamesNoLetter(t *testing.T) {
	d, p := newDesk(t), &post{}
	d.Simulator = p
	shift := func(doc record.DocumentID, to string) record.SimulatedShift {
		return record.SimulatedShift{Document: doc, Before: record.SimulatedState{File: "f1", Outcome: record.OutcomeFiled},
			After: record.SimulatedState{Outcome: record.OutcomeClearing, Site: to}, Rule: "r"}
	}
	p.found = record.Simulated{Day: "2026-11-19", Documents: 32, Moved: 8, Retyped: 4, Before: record.SimulatedCounts{Filed: 32, ByPlace: map[string]int{"03104": 31, "03105": 1}},
		After: record.SimulatedCounts{Filed: 24, Clearing: 8}, Changes: []record.SimulatedShift{shift("alone", "03105")}}
	for range 7 {
		p.found.Changes = append(p.found.Changes, shift("among others", "03104"))
	}
	sim, err := d.SimulateRules(t.Context(), as("adm"), record.RulesTypes, 0, "")
	d.ok(err)
	if len(sim.Changes) != 1 || sim.Changes[0].Documents != 5 || sim.Changes[0].After.Site != "03104" || sim.Changes[0].SameFile || sim.Changes[0].Rule != "r" {
		t.Errorf("changes: %+v", sim.Changes)
	}
	if sim.Documents != 30 || sim.Moved != 5 || sim.Retyped != 0 || sim.Before.Filed != 30 || sim.After.Filed != 20 || sim.After.Clearing != 5 || len(sim.Before.ByPlace) != 1 {
		t.Errorf("counts: %+v", sim)
	}
	if s := asJSON(t, sim); strings.Contains(s, "alone") || strings.Contains(s, "among") || strings.Contains(s, "f1") {
		t.Error(s)
	}
}

// Of a few letters nothing is told at all: a rule that asks for a word would tell
// on a day with one letter whether it stands there. Such a try is none.
func TestTryingOnFewLettersTellsNothing(t *testing.T) {
	d, p := newDesk(t), &post{}
	d.Simulator = p
	for i := range record.LeastTried {
		d.document("d" + strconv.Itoa(i))
	}
	d.draftAndTry(as("adm"), renamed(t, d, "Bankauszug"))
	answer := func(documents int, found record.Simulated) string {
		p.found = found
		p.found.Day, p.found.Documents = "2026-11-19", documents
		sim, err := d.SimulateRules(t.Context(), as("adm"), record.RulesTypes, 1, "")
		d.ok(err)
		v, err := d.RuleVersion(t.Context(), as("adm"), record.RulesTypes, 1)
		d.ok(err)
		_, refused := d.ActivateRules(t.Context(), as("adm"), record.RulesTypes, 1)
		d.category(refused, record.Conflict)
		return asJSON(t, []any{sim, v.Simulation, fmt.Sprint(refused)})
	}
	all := record.Simulated{Everything: "all", Moved: 9, Retyped: 9, Before: record.SimulatedCounts{Filed: 9}, After: record.SimulatedCounts{Clearing: 9, ByType: map[string]int{"brief": 9}}}
	for range record.LeastTried - 1 {
		all.Changes = append(all.Changes, record.SimulatedShift{Document: "d", Rule: "all"})
	}
	none := answer(0, record.Simulated{})
	for _, n := range []int{1, record.LeastTried / 2, record.LeastTried - 1} {
		if has, hasNot := answer(n, all), answer(n, record.Simulated{}); has != hasNot || has != none {
			t.Errorf("%d letters tell %s or %s", n, has, hasNot)
		}
	}
	if s := answer(record.LeastTried, all); !strings.Contains(s, `"everything":"all"`) {
		t.Errorf("of enough: %s", s)
	}
}

// A rule that fitted every letter of a day is not made good by a day with fewer.
func TestEverythingIsRemembered(t *testing.T) {
	d, p := newDesk(t), &post{}
	d.Simulator = p
	try := func(documents int, everything string) error {
		p.found = record.Simulated{Day: "2026-11-19", Documents: documents, Everything: everything}
		_, err := d.SimulateRules(t.Context(), as("adm"), record.RulesTypes, 1, "")
		d.ok(err)
		_, err = d.ActivateRules(t.Context(), as("adm"), record.RulesTypes, 1)
		return err
	}
	d.draftAndTry(as("adm"), renamed(t, d, "Bankauszug"))
	d.category(try(20, "all"), record.Conflict)
	d.category(try(3, ""), record.Conflict)
	d.category(try(14, ""), record.Conflict)
	d.ok(try(20, ""))
	d.category(try(20, "all"), record.Conflict)
	d.ok(try(31, ""))
}

// The version in force is found however many there are.
func TestVersionInForceBehindManyOthers(t *testing.T) {
	d := newDesk(t)
	d.draftAndTryNothing()
	d.ok(d.Catalog.WithTx(t.Context(), func(tx *catalog.Tx) (err error) {
		for range 501 {
			_, e := tx.AddRuleSet(catalog.RuleSet{Kind: record.RulesTypes, Body: "{}", Reason: "many", MadeBy: "adm"})
			err = errors.Join(err, e)
		}
		return err
	}))
	v, err := d.RuleVersion(t.Context(), as("adm"), record.RulesTypes, 1)
	if d.ok(err); !v.Active {
		t.Errorf("%+v", v)
	}
	list, err := d.Rules(t.Context(), as("adm"), record.RulesTypes)
	if d.ok(err); len(list) != 502 || !list[500].Active || list[500].Version != 1 || list[501].Active {
		t.Errorf("%d versions", len(list))
	}
}

// draftAndTryNothing puts a version in force in a house without post.
func (d *desk) draftAndTryNothing() {
	d.Helper()
	_, err := d.DraftRules(d.Context(), as("adm"), record.RulesTypes, string(classify.DefaultRules()), "first", "")
	d.ok(err)
	_, err = d.ActivateRules(d.Context(), as("adm"), record.RulesTypes, 1)
	d.ok(err)
}
