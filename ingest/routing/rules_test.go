package routing_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest/routing"
)

// set writes rules with the thresholds that ship.
func set(rules ...string) string {
	return `{"format":1,"thresholds":{"file":0.97,"number":0.9},"rules":[` + strings.Join(rules, ",") + `]}`
}

func TestRulesRefused(t *testing.T) {
	clear := `"then":{"clearing":true}`
	for body, field := range map[string]string{
		``:             "rules",
		`{`:            "rules",
		`{"format":2}`: "format",
		set() + `x`:    "rules",
		`{"format":1,"thresholds":{"file":0.5,"number":0.9},"rules":[]}`:    "thresholds.file",
		`{"format":1,"thresholds":{"file":0.97,"number":0.2},"rules":[]}`:   "thresholds.number",
		`{"format":1,"thresholds":{"file":"high","number":0.2},"rules":[]}`: "thresholds.file",
		`{"format":1,"files":1}`:                      "rules",
		set(`{"when":{"any":["abc"]},` + clear + `}`): "rules[0].name",
		set(`{"name":"a","when":{"any":["abc"]},`+clear+`}`, `{"name":"a","when":{"any":["abc"]},`+clear+`}`):                                                        "rules[1].name",
		set(`{"name":"a","when":{"any":["abc"]},"then":{}}`):                                                                                                         "rules[0].then",
		set(`{"name":"all","when":{},` + clear + `}`):                                                                                                                "rules[0].when",
		set(`{"name":"all of a site","when":{"sites":["03104"]},` + clear + `}`):                                                                                     "rules[0].when",
		set(`{"name":"all with pages","when":{"pages":1},` + clear + `}`):                                                                                            "rules[0].when",
		set(`{"name":"a","when":{"words":["a"]},` + clear + `}`):                                                                                                     "rules[0].when.words[0]",
		set(`{"name":"a","when":{"any":["  - "]},` + clear + `}`):                                                                                                    "rules[0].when.any[0]",
		set(`{"name":"a","when":{"postcodes":["170"]},` + clear + `}`):                                                                                               "rules[0].when.postcodes[0]",
		set(`{"name":"a","when":{"pages":-1,"any":["abc"]},` + clear + `}`):                                                                                          "rules[0].when.pages",
		set(`{"name":"a","when":{"pattern":".*"},` + clear + `}`):                                                                                                    "rules[0].when.pattern",
		set(`{"name":"a","when":{"pattern":"[a-z]"},` + clear + `}`):                                                                                                 "rules[0].when.pattern",
		set(`{"name":"a","when":{"pattern":".."},` + clear + `}`):                                                                                                    "rules[0].when.pattern",
		set(`{"name":"a","when":{"pattern":"[0-9]{5}"},` + clear + `}`):                                                                                              "rules[0].when.pattern",
		set(`{"name":"a","when":{"any":["Ermittlungsverfahren","und"]},` + clear + `}`):                                                                              "rules[0].when",
		set(`{"name":"a","when":{"words":["Damen und Herren"],"pages":1,"sites":["A"]},` + clear + `}`):                                                              "rules[0].when",
		set(`{"name":"a","when":{"sender":["Jobcenter"]},` + clear + `}`):                                                                                            "rules[0].when",
		set(`{"name":"a","when":{"pattern":"(abc"},` + clear + `}`):                                                                                                  "rules[0].when.pattern",
		set(`{"name":"a","when":{"pattern":"(?=abc)"},` + clear + `}`):                                                                                               "rules[0].when.pattern",
		set(`{"name":"a","when":{"pattern":"x((abc){30}){30}"},` + clear + `}`):                                                                                      "rules[0].when.pattern",
		set(`{"name":"a","when":{"pattern":"` + strings.Repeat("abc", 100) + `"},` + clear + `}`):                                                                    "rules[0].when.pattern",
		set(`{"name":"there","when":{"any":["abc"],"sites":["A"]},"then":{"site":"B"}}`, `{"name":"back","when":{"any":["abd"],"sites":["B"]},"then":{"site":"A"}}`): "rules[0].then.site",
		set(`{"name":"on","when":{"any":["abd"],"sites":["B"]},"then":{"site":"C"}}`, `{"name":"there","when":{"any":["abc"],"sites":["A"]},"then":{"site":"B"}}`):   "rules[1].then.site",
		strings.Repeat(" ", 300<<10): "rules",
		set(strings.Repeat(`{"name":"a","when":{"any":["abc"]},`+clear+`},`, 500) + `{"name":"b","when":{"any":["abc"]},` + clear + `}`): "rules",
	} {
		_, err := routing.ParseRules([]byte(body))
		var e *record.Error
		if !errors.As(err, &e) || e.Category != record.Invalid || e.Field != field {
			t.Errorf("%.200s: %v, want field %s", body, err, field)
		}
	}
}

func TestRulesNameTheirPlaces(t *testing.T) {
	sites := []record.Site{{Code: "03104", Teams: []record.Team{{Code: "L1"}}}, {Code: "03105", Teams: []record.Team{{Code: "L3"}}}}
	for rule, field := range map[string]string{
		`{"name":"a","when":{"any":["abc"]},"then":{"site":"03104","team":"L1"}}`:  "",
		`{"name":"a","when":{"any":["abc"]},"then":{"team":"L3"}}`:                 "",
		`{"name":"a","when":{"any":["abc"]},"then":{"site":"03104","team":"L3"}}`:  "rules[0].then.team",
		`{"name":"a","when":{"any":["abc"]},"then":{"site":"99999"}}`:              "rules[0].then.site",
		`{"name":"a","when":{"any":["abc"],"sites":["9"]},"then":{"team":"L1"}}`:   "rules[0].when.sites[0]",
		`{"name":"a","when":{"any":["abc"]},"then":{"team":"L9","clearing":true}}`: "rules[0].then.team",
	} {
		r, err := routing.ParseRules([]byte(set(rule)))
		if err != nil {
			t.Fatal(rule, err)
		}
		var e *record.Error
		err = r.Unknown(sites)
		if field == "" && err != nil || field != "" && (!errors.As(err, &e) || e.Field != field) {
			t.Errorf("%s: %v, want field %q", rule, err, field)
		}
	}
}

// A rule sends a letter to clearing, or says where it waits; it never files one,
// and changes nothing for one that it does not fit.
func TestRulesDecide(t *testing.T) {
	h := standard(t, catalogtest.SQLite)
	rules := func(when, then string) routing.Rules {
		r, err := routing.ParseRules([]byte(set(fmt.Sprintf(`{"name":"r","when":{%s},"then":{%s}}`, when, then))))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	l := letter(95, "Stadtwerke Süd\nAbschlag\nBG 03104//0012345 Katharina Musterfeld\nEs grüßt die Buchhaltung der Stadtwerke, 17039 Altdorf, Vorgang XY-77")
	l.Pages[0].Words.Codes = []record.Code{{Format: "qr", Text: "INV:42"}}
	l.Type, l.Length = "rechnung", 80 // of which one page was read
	for when, fits := range map[string]bool{
		`"words":["abschlag","STADTWERKE"]`: true, `"words":["abschlag","gas"]`: false, `"any":["gas","grüßt die"]`: true,
		`"any":["die grüßt"]`: false, `"pattern":"XY-\\d\\d"`: true, `"pattern":"XY-\\d{3}"`: false, `"sender":["stadtwerke süd"]`: true,
		`"codes":["INV:"]`: true, `"codes":["BILL"]`: false, `"postcodes":["17039"]`: true, `"postcodes":["17033"]`: false,
		`"types":["rechnung"]`: true, `"types":["bescheid"]`: false, `"types":["rechnung"],"sites":["03104"]`: true,
		`"types":["rechnung"],"sites":["03105"]`: false, `"types":["rechnung"],"pages":80`: true, `"types":["rechnung"],"pages":81`: false,
		`"words":["Damen und Herren"],"types":["bescheid"]`: false,
	} {
		h.rules = rules(when, `"clearing":true`)
		if r, _ := h.decide(l); (r.Outcome == record.OutcomeClearing) != fits || fits && (r.Rule != "r" || r.Reason != "rule") || !fits && h.names[r.File] != "muster" {
			t.Errorf("%s: %s %s %s, want clearing: %v", when, r.Outcome, r.Reason, r.Rule, fits)
		}
	}
	h.rules = rules(`"types":["rechnung"]`, `"site":"03105","team":"L3"`)
	if r, _ := h.decide(l); h.names[r.File] != "muster" {
		t.Errorf("a rule about a place kept a letter from its file: %+v", r)
	}
	l.Pages[0] = letter(95, "Rechnung ohne alles").Pages[0]
	if r, _ := h.decide(l); r.Site != "03105" || r.Team != "L3" || r.Rule != "r" || r.Outcome != record.OutcomeClearing {
		t.Errorf("%+v", r)
	}
}

func TestThreshold(t *testing.T) {
	h := standard(t, catalogtest.SQLite)
	var err error
	if h.rules, err = routing.ParseRules([]byte(`{"format":1,"thresholds":{"file":0.995,"number":1},"rules":[]}`)); err != nil {
		t.Fatal(err)
	}
	if r, _ := h.decide(letter(95, "Katarina Mustefeld, geb. 03.04.1985")); r.Reason != "weak" || r.File != "" || h.names[r.Candidates[0].File] != "muster" {
		t.Errorf("%+v", r)
	}
	if r, _ := h.decide(letter(95, "03104//0012345 Katharina Musterfeld")); h.names[r.File] != "muster" {
		t.Errorf("%+v", r)
	}
}

// What a rule catches, it catches wherever the letter goes.
func TestRulesCatch(t *testing.T) {
	r, err := routing.ParseRules([]byte(set(`{"name":"none","when":{"any":["Wohngeld"]},"then":{"clearing":true}}`,
		`{"name":"south","when":{"pattern":"Abschl[aä]g","sites":["03105"],"pages":9},"then":{"site":"03105"}}`)))
	if err != nil {
		t.Fatal(err)
	}
	for text, rule := range map[string]string{"03104//0012345 Katharina Musterfeld, Abschlag": "south", "Abgelehnt": ""} {
		if got := r.Catches(letter(95, text)); got != rule {
			t.Errorf("%s: %q", text, got)
		}
	}
}
