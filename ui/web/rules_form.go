package web

import (
	"encoding/json"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"eakte/appliance/admin"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

// ruleForm is a version of rules as a form: texts as they were typed.
type ruleForm struct {
	Kind         string
	From         string     // the version that it began as
	Head         url.Values // what concerns all rules
	Parts        []rulePart // types, or rules of routing
	JSON         string     // for experts, and for kinds without a form
	Expert       bool       // the JSON was sent
	Reason       string
	Transmission string // names this form, so that sending it twice makes one version
	Moved        int    // place of the part that was just added or moved; -1: none
	Problem      *ruleProblem
}

// rulePart is one type or one rule.
type rulePart struct {
	Fields url.Values
	Open   bool
}

// ruleField is a field of a part: how it is shown.
type ruleField struct {
	Name string
	Rows int // of a text area; 0: one line
}

// ruleFields are the fields of a part, by kind.
func ruleFields(kind string) []ruleField {
	if kind == record.RulesTypes {
		return []ruleField{{"german", 0}, {"english", 0}, {"key", 0}, {"headings", 5}, {"words", 6}, {"senders", 2}, {"codes", 2}, {"hints", 2}, {"against", 3}}
	}
	return []ruleField{{"name", 0}, {"words", 2}, {"any", 2}, {"sender", 2}, {"types", 2}, {"sites", 1}, {"postcodes", 1}, {"codes", 1},
		{"pattern", 0}, {"pages", 0}, {"site", 0}, {"team", 0}}
}

// headFields are those above all parts.
func headFields(kind string) []string {
	if kind == record.RulesTypes {
		return []string{"threshold", "distance"}
	}
	return []string{"file", "number"}
}

// hasForm says whether rules of a kind are edited field by field.
func (r ruleForm) hasForm() bool { return r.Kind == record.RulesTypes || r.Kind == record.RulesRouting }

// id is the name of a part's field in the form.
func (r ruleForm) id(part int, field string) string { return "p" + strconv.Itoa(part) + "-" + field }

// problem is the sentence for a field, "" for all others.
func (r ruleForm) problem(id string) string {
	if r.Problem == nil || r.Problem.Field != id {
		return ""
	}
	return r.Problem.Text
}

// readRuleForm takes what was typed as it is.
func readRuleForm(kind string, v url.Values) ruleForm {
	r := ruleForm{Kind: kind, From: v.Get("from"), Head: url.Values{}, JSON: v.Get("json"), Expert: v.Get("do") == "json", Reason: v.Get("reason"), Transmission: v.Get("transmission"), Moved: -1}
	if r.Expert {
		r.Reason = v.Get("json-reason")
	}
	for _, name := range headFields(kind) {
		r.Head.Set(name, v.Get(name))
	}
	n, _ := strconv.Atoi(v.Get("parts"))
	for i := range min(n, 600) {
		p := rulePart{Fields: url.Values{}}
		if v.Get(r.id(i, "gone")) != "" {
			continue
		}
		for _, f := range append(ruleFields(kind), ruleField{Name: "clearing"}) {
			p.Fields.Set(f.Name, v.Get(r.id(i, f.Name)))
		}
		r.Parts = append(r.Parts, p)
	}
	return r
}

// change is what a button of the form does to it without keeping it.
func (r *ruleForm) change(do string) bool {
	what, at, _ := strings.Cut(do, "-")
	i, err := strconv.Atoi(at)
	switch {
	case what == "add":
		r.Parts = append(r.Parts, rulePart{Fields: url.Values{}, Open: true})
		r.Moved = len(r.Parts) - 1
	case what == "up" && err == nil && i > 0 && i < len(r.Parts):
		r.Parts[i-1], r.Parts[i] = r.Parts[i], r.Parts[i-1]
		r.Moved = i - 1
	case what == "down" && err == nil && i >= 0 && i < len(r.Parts)-1:
		r.Parts[i+1], r.Parts[i] = r.Parts[i], r.Parts[i+1]
		r.Moved = i + 1
	default:
		return what == "up" || what == "down"
	}
	return true
}

// open opens the part with the problem.
func (r *ruleForm) open() {
	for i := range r.Parts {
		r.Parts[i].Open = r.Problem != nil && strings.HasPrefix(r.Problem.Field, "p"+strconv.Itoa(i)+"-")
	}
}

// ruleFormOf is a version as a form.
func ruleFormOf(l *locale.Lang, v admin.RuleVersion) (ruleForm, error) {
	r := ruleForm{Kind: v.Kind, From: strconv.FormatInt(v.Version, 10), JSON: v.Body, Head: url.Values{}, Transmission: record.NewID(), Moved: -1}
	switch v.Kind {
	case record.RulesTypes:
		var t admin.TypeRules
		if err := json.Unmarshal([]byte(v.Body), &t); err != nil {
			return r, fmt.Errorf("rules: %w", err)
		}
		r.Head = url.Values{"threshold": {weightText(l, t.Threshold)}, "distance": {weightText(l, t.Distance)}}
		for _, t := range t.Types {
			r.Parts = append(r.Parts, rulePart{Fields: typeFields(l, t)})
		}
	case record.RulesRouting:
		var t admin.RoutingRules
		if err := json.Unmarshal([]byte(v.Body), &t); err != nil {
			return r, fmt.Errorf("rules: %w", err)
		}
		r.Head = url.Values{"file": {weightText(l, t.Thresholds.File)}, "number": {weightText(l, t.Thresholds.Number)}}
		for _, t := range t.Rules {
			r.Parts = append(r.Parts, rulePart{Fields: routingFields(l, t)})
		}
	}
	return r, nil
}

// body is the form as JSON.
func (r *ruleForm) body(l *locale.Lang, v url.Values) (string, *ruleProblem) {
	if r.Expert || !r.hasForm() {
		return r.JSON, nil
	}
	var rules any
	var p *ruleProblem
	if r.Kind == record.RulesTypes {
		rules, p = r.typeRules(l)
	} else {
		rules, p = r.routingRules(l)
	}
	if p != nil {
		return "", p
	}
	b, err := json.Marshal(rules)
	if err != nil {
		return "", &ruleProblem{Text: l.T("rules.problem.other")}
	}
	return string(b), nil
}

// key is that of a version: the same form with the same contents gives the same
// version, and one that was changed after going back to it another.
func (r *ruleForm) key(body string) string {
	if r.Transmission == "" {
		return ""
	}
	return r.Transmission + " " + string(record.Sum([]byte(body+"\n"+r.Reason)))
}

// weightText writes a weight as people do.
func weightText(l *locale.Lang, n float64) string {
	s := strconv.FormatFloat(n, 'f', -1, 64)
	if l.Code == locale.German {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func parseNumber(s string) (float64, bool) {
	n, err := strconv.ParseFloat(strings.Replace(strings.TrimSpace(s), ",", ".", 1), 64)
	return n, err == nil
}

// head reads a number above all parts.
func (r *ruleForm) head(l *locale.Lang, name string) (float64, *ruleProblem) {
	n, ok := parseNumber(r.Head.Get(name))
	if !ok {
		return 0, &ruleProblem{Field: name, Text: l.T("rules.problem.number")}
	}
	return n, nil
}

// rows are the lines of a text area that say something.
func rows(s string) (out []string) {
	for line := range strings.SplitSeq(s, "\n") {
		if line = strings.TrimSpace(line); line != "" {
			out = append(out, line)
		}
	}
	return out
}

var fieldPath = regexp.MustCompile(`^(?:types|rules)\[(\d+)\](?:\.when|\.then)?(?:\.([a-z]+))?`)

// fieldOf gives the form's field that a field of the rules stands in, and what
// kind of field it is.
func fieldOf(path string) (id, kind string) {
	if m := fieldPath.FindStringSubmatch(path); m != nil {
		if kind = m[2]; kind == "" {
			kind = "site"
		}
		i, _ := strconv.Atoi(m[1])
		return ruleForm{}.id(i, kind), kind
	}
	if path == "reason" || path == "day" {
		return path, path
	}
	name := strings.TrimPrefix(path, "thresholds.")
	if slices.Contains([]string{"threshold", "distance", "file", "number"}, name) {
		return name, "threshold"
	}
	return "json", "json"
}

// partAttrs are the attributes of a part's field of one line.
func partAttrs(r ruleForm, i int, field string) templ.Attributes {
	a := templ.Attributes{"autocomplete": "off"}
	if field == "pages" {
		a["inputmode"] = "numeric"
	}
	if r.Moved == i && field == ruleFields(r.Kind)[0].Name && strings.TrimSpace(r.Parts[i].Fields.Get(field)) == "" {
		a["autofocus"] = true
	}
	return a
}

// jsonReason is the sentence below the reason of the experts' form.
func jsonReason(r ruleForm) string {
	if r.Expert || !r.hasForm() {
		return r.problem("reason")
	}
	return ""
}
