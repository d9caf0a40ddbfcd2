package web

import (
	"encoding/json"
	"errors"
	"net/url"
	"reflect"
	"strconv"
	"testing"

	"eakte/appliance/admin"
	"eakte/appliance/record"
	"eakte/ingest/classify"
	"eakte/ui/locale"
)

// The shipped rules come back from their form as they went in, in both
// languages.
func TestTypeRulesThroughTheirForm(t *testing.T) {
	texts, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	var want admin.TypeRules
	if err := json.Unmarshal(classify.DefaultRules(), &want); err != nil {
		t.Fatal(err)
	}
	for _, code := range locale.Languages() {
		l := texts.Lang(code)
		shown, err := ruleFormOf(l, admin.RuleVersion{Kind: record.RulesTypes, Body: string(classify.DefaultRules())})
		if err != nil {
			t.Fatal(err)
		}
		form := readRuleForm(record.RulesTypes, sent(shown))
		body, problem := form.body(l, nil)
		if problem != nil {
			t.Fatalf("%s: %+v", code, problem)
		}
		rules, err := classify.ParseRules([]byte(body))
		if err != nil {
			t.Fatalf("%s: %v", code, err)
		}
		if got, want := compact(rules.Spec), compact(want); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: the form changes the rules:\n%s\n%s", code, got, want)
		}
	}
}

// compact is JSON in which an empty list is one however it came about.
func compact(s admin.TypeRules) string {
	for i := range s.Types {
		for _, l := range []*[]admin.TypeWords{&s.Types[i].Words, &s.Types[i].Against} {
			for k, w := range *l {
				(*l)[k] = admin.TypeWords{Any: append([]string{}, w.Any...), All: append([]string{}, w.All...), None: append([]string{}, w.None...), Weight: w.Weight}
			}
			*l = append([]admin.TypeWords{}, *l...)
		}
		for _, l := range []*[]admin.TypePhrase{&s.Types[i].Headings, &s.Types[i].Senders, &s.Types[i].Codes} {
			*l = append([]admin.TypePhrase{}, *l...)
		}
		s.Types[i].Hints = append([]string{}, s.Types[i].Hints...)
	}
	b, _ := json.Marshal(s)
	return string(b)
}

// sent is a form as a browser sends it.
func sent(r ruleForm) url.Values {
	v := url.Values{"parts": {strconv.Itoa(len(r.Parts))}}
	for name := range r.Head {
		v.Set(name, r.Head.Get(name))
	}
	for i, p := range r.Parts {
		for name := range p.Fields {
			v.Set(r.id(i, name), p.Fields.Get(name))
		}
	}
	return v
}

// What is wrong with rules is said beside the field of the form that it is in.
func TestProblemsStandBesideTheirField(t *testing.T) {
	texts, err := locale.Load()
	if err != nil {
		t.Fatal(err)
	}
	l := texts.Lang(locale.German)
	for path, want := range map[string]string{"types[3].words[0].any[1]": "p3-words", "types[0].key": "p0-key", "rules[2].when.sites[0]": "p2-sites",
		"rules[1].then.site": "p1-site", "rules[1].then": "p1-site", "thresholds.file": "file", "threshold": "threshold", "body": "json", "reason": "reason"} {
		p := problemOf(l, record.Bad(path, "is wrong"))
		if p.Field != want || p.Text == "" || p.Text[:1] == "r" {
			t.Errorf("%s stands at %q: %q", path, p.Field, p.Text)
		}
	}
	if p := problemOf(l, errors.New("secret")); p.Detail != "" {
		t.Errorf("the page tells %q", p.Detail)
	}
	form := readRuleForm(record.RulesTypes, url.Values{"parts": {"1"}, "threshold": {"6"}, "distance": {"2,5"}, "p0-german": {"A"}, "p0-words": {"\nKaltmiete = 1\nohne Punkte"}})
	if _, p := form.body(l, nil); p == nil || p.Field != "p0-words" {
		t.Errorf("a line without points: %+v", p)
	}
}

// Buttons move rules without keeping them; a part that is taken out is gone.
func TestRulesMoveInTheForm(t *testing.T) {
	v := url.Values{"parts": {"3"}, "p0-name": {"a"}, "p1-name": {"b"}, "p2-name": {"c"}, "p0-gone": {"1"}}
	names := func(r ruleForm) (s string) {
		for _, p := range r.Parts {
			s += p.Fields.Get("name")
		}
		return s
	}
	for do, want := range map[string]string{"up-1": "cb", "down-0": "cb", "up-0": "bc", "down-9": "bc", "add": "bc", "save": "bc", "up-x": "bc"} {
		r := readRuleForm(record.RulesRouting, v)
		if kept := !r.change(do); names(r) != want || kept != (do == "save") {
			t.Errorf("%s gives %s", do, names(r))
		}
	}
}
