package catalogtest

import (
	"errors"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// rules: versions count by kind, the one that was put in force last is in
// force, and corrections are summed by the last word on each document.
func (s *suite) rules() {
	at := s.clock.Now()
	add := func(kind string) (version int64) {
		s.write(func(tx *catalog.Tx) (err error) {
			version, err = tx.AddRuleSet(catalog.RuleSet{Kind: kind, Body: "{}", Reason: "weil", MadeBy: "u1", MadeAt: at.UnixMicro()})
			return err
		})
		return version
	}
	if a, b, c := add("types"), add("types"), add("routing"); a != 1 || b != 2 || c != 1 {
		s.Errorf("versions %d, %d and %d", a, b, c)
	}
	s.write(func(tx *catalog.Tx) error { return tx.KeepRulesVersion("routing", 7) })
	if v := add("routing"); v != 8 {
		s.Errorf("version %d, and 7 was in force before the rebuild", v)
	}
	highest := func(kind string) int64 {
		return get(s, func(tx *catalog.Tx) (int64, error) { return tx.HighestRulesVersion(kind) })
	}
	if a, b := highest("types"), highest("routing"); a != 0 || b != 7 {
		s.Errorf("%d and %d are said to have been in force", a, b)
	}
	active := func() int64 {
		return get(s, func(tx *catalog.Tx) (int64, error) { return tx.ActiveRulesVersion("types") })
	}
	if v := active(); v != 0 {
		s.Errorf("%d is in force before anything was", v)
	}
	for _, v := range []int64{2, 1, 2, 1} { // within one moment of the clock
		s.write(func(tx *catalog.Tx) error { return tx.ActivateRuleSet("types", v, "u2", at) })
		if got := active(); got != v {
			s.Errorf("%d is in force, not %d", got, v)
		}
	}
	if n := highest("types"); n != 2 {
		s.Errorf("2 was in force, not %d", n)
	}
	s.write(func(tx *catalog.Tx) error { return tx.NoteSimulation("types", 2, at, `{"n":1}`) })
	r := get(s, func(tx *catalog.Tx) (catalog.RuleSet, error) { return tx.RuleSetOf("types", 2) })
	if r.Simulation != `{"n":1}` || r.SimulatedAt != at.UnixMicro() || r.Body != "{}" || r.ActiveBy != "u2" {
		s.Errorf("%+v", r)
	}
	if list := get(s, func(tx *catalog.Tx) ([]catalog.RuleSet, error) { return tx.RuleSets("types") }); len(list) != 2 || list[0].Version != 2 || list[0].Body != "" {
		s.Errorf("%+v", list)
	}
	for what, fn := range map[string]func(*catalog.Tx) error{
		"read":      func(tx *catalog.Tx) error { _, err := tx.RuleSetOf("types", 9); return err },
		"activated": func(tx *catalog.Tx) error { return tx.ActivateRuleSet("types", 9, "u", at) },
		"tried":     func(tx *catalog.Tx) error { return tx.NoteSimulation("types", 9, at, "{}") },
	} {
		if err := s.c.WithTx(s.Context(), fn); !errors.Is(err, record.NotFound) {
			s.Errorf("a version that isn't there was %s: %v", what, err)
		}
	}
	for i, c := range []catalog.TypeCorrection{{Document: "a", Was: "x", Became: "y"}, {Document: "b", Was: "x", Became: "y"}, {Document: "b", Was: "x", Became: "z"},
		{Document: "c", Was: "x", Became: "y"}, {Document: "c", Was: "x", Became: "x"}} {
		c.By, c.At = "u1", at.Add(time.Duration(i)*time.Minute)
		s.write(func(tx *catalog.Tx) error { return tx.CorrectType(c) })
	}
	sums := get(s, func(tx *catalog.Tx) ([]catalog.CorrectionSum, error) { return tx.TypeCorrections(10) })
	if len(sums) != 2 || sums[0].Became != "y" || sums[0].Documents != 1 || sums[1].Became != "z" || !sums[1].Last.Equal(at.Add(2*time.Minute)) {
		s.Errorf("%+v", sums)
	}
}
