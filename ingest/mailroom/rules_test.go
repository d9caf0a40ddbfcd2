package mailroom

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"eakte/appliance/record"
)

func TestShipped(t *testing.T) {
	r, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range Kinds() {
		if len(r.Of(kind)) == 0 {
			t.Errorf("no rule of the kind %s ships", kind)
		}
	}
}

// TestParseRulesNamesTheField: what is wrong is named where it stands.
func TestParseRulesNamesTheField(t *testing.T) {
	for field, spoil := range map[string]func(*Rules){
		"rules":                func(r *Rules) { r.Rules = nil },
		"rules[1].id":          func(r *Rules) { r.Rules[1].ID = r.Rules[0].ID },
		"rules[0].id":          func(r *Rules) { r.Rules[0].ID = Other },
		"rules[2].kind":        func(r *Rules) { r.Rules[2].Kind = "burn" },
		"rules[0].types[0]":    func(r *Rules) { r.Rules[0].Types = []string{"Kontoauszug!"} },
		"rules[3].german.what": func(r *Rules) { r.Rules[3].German.What = " " },
		"rules[3].english.do":  func(r *Rules) { r.Rules[3].English.Do = strings.Repeat("x", maxText+1) },
		"rules[0].source":      func(r *Rules) { r.Rules[0].Source = "" },
	} {
		var r Rules
		if err := json.Unmarshal(DefaultRules(), &r); err != nil {
			t.Fatal(err)
		}
		spoil(&r)
		body, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var e *record.Error
		if _, err := ParseRules(body); !errors.As(err, &e) || e.Field != field || !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, body := range []string{"", "[]", `{"rules":[],"more":1}`, string(DefaultRules()) + "{}", `{"rules":[{"id":1}]}`} {
		if _, err := ParseRules([]byte(body)); !errors.Is(err, record.Invalid) {
			t.Errorf("%.30q: %v", body, err)
		}
	}
}

func TestHints(t *testing.T) {
	r, err := Shipped()
	if err != nil {
		t.Fatal(err)
	}
	noted := func(a ...string) *record.TransferNote { return &record.TransferNote{Anomalies: a} }
	for _, c := range []struct {
		kind     string
		note     *record.TransferNote
		rule     string
		envelope bool
	}{
		{"widerspruch", nil, "objection", false},
		{"widerspruch", noted("Umschlag mitgescannt"), "objection", true},
		{"widerspruch", noted("ohne Umschlag"), "objection", false},
		{"widerspruch", noted("Envelope missing"), "objection", false},
		{"kontoauszug", nil, "third_parties", false},
		{"personalausweis", noted("Umschlag"), "identity_card", false},
		{"mietvertrag", nil, "", false},
		{"", nil, "", false},
	} {
		got := r.Hints(c.kind, c.note)
		if c.rule == "" && len(got) != 0 || c.rule != "" && (len(got) != 1 || got[0].Rule.ID != c.rule || got[0].Envelope != c.envelope) {
			t.Errorf("%+v: %+v", c, got)
		}
	}
}
