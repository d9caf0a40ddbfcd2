package web

import (
	"slices"
	"strconv"
	"strings"

	"eakte/appliance/admin"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

// versionName is what a version is called.
func versionName(l *locale.Lang, r admin.RuleVersion) string {
	if r.Version == 0 {
		return l.T("rules.shipped")
	}
	return l.T("rules.version", "n", r.Version)
}

// since says since when a version is in force, and by whom.
func (v ruleKindView) since(l *locale.Lang) string {
	if v.Active.ActiveAt == nil {
		return l.T("rules.sincestart")
	}
	return l.T("rules.since", "when", l.Time(*v.Active.ActiveAt), "who", v.Active.ActiveBy)
}

// headingsOf are the headings of a type in one line.
func headingsOf(t admin.TypeRule) string {
	var out []string
	for _, h := range t.Headings {
		out = append(out, h.Text)
	}
	return shortened(out, 6)
}

// wordsOf are the words of a type in one line.
func wordsOf(t admin.TypeRule) string {
	var out []string
	for _, w := range t.Words {
		out = append(out, append(slices.Clone(w.Any), w.All...)...)
	}
	return shortened(out, 8)
}

func shortened(list []string, most int) string {
	if len(list) > most {
		list = append(slices.Clone(list[:most]), "…")
	}
	return strings.Join(list, ", ")
}

// whenOf says in words which letters a rule of routing is for.
func whenOf(l *locale.Lang, r admin.RoutingRule) (out []string) {
	w := r.When
	add := func(key string, list []string) {
		if len(list) > 0 {
			out = append(out, strings.ReplaceAll(l.Of("rules.when", key), "{words}", strings.Join(list, ", ")))
		}
	}
	types := make([]string, len(w.Types))
	for i, k := range w.Types {
		types[i] = typeName(l, k)
	}
	add("words", w.Words)
	add("any", w.Any)
	add("sender", w.Sender)
	add("types", types)
	add("sites", w.Sites)
	add("postcodes", w.Postcodes)
	add("codes", w.Codes)
	if w.Pattern != "" {
		add("pattern", []string{w.Pattern})
	}
	if w.Pages > 0 {
		add("pages", []string{strconv.Itoa(w.Pages)})
	}
	return out
}

// thenOf says what becomes of them.
func thenOf(l *locale.Lang, r admin.RoutingRule) string {
	var out []string
	if r.Then.Site != "" {
		out = append(out, l.T("rules.then.site", "site", r.Then.Site))
	}
	if r.Then.Team != "" {
		out = append(out, l.T("rules.then.team", "team", r.Then.Team))
	}
	if r.Then.Clearing {
		out = append(out, l.T("rules.then.clearing"))
	}
	return strings.Join(out, ", ")
}

// placeLine says where a document is or would be, and what it is.
func placeLine(l *locale.Lang, p admin.SimulatedPlace) string {
	out := []string{l.Of("rules.outcome", p.Outcome)}
	if p.Site != "" {
		out = append(out, strings.TrimSuffix(p.Site+"/"+p.Team, "/"))
	}
	name := l.T("rules.notype")
	if p.Type != "" {
		name = typeName(l, p.Type)
	}
	return strings.Join(append(out, name), ", ")
}

// reasonLine says why documents would go elsewhere.
func reasonLine(l *locale.Lang, c admin.SimulatedChange) string {
	if c.Rule != "" {
		return l.T("rules.byrule", "name", c.Rule)
	}
	return l.T("rules.otherweights")
}

// simulatedOn says on which post a version was tried.
func simulatedOn(l *locale.Lang, s admin.Simulation) string {
	n := l.Number(s.Documents)
	if s.Since != s.Day {
		return l.T("rules.simulatedsince", "since", l.Date(s.Since), "day", l.Date(s.Day), "n", n)
	}
	return l.T("rules.simulatedon", "day", l.Date(s.Day), "n", n)
}

// ruleCount is one line of the sums before and after.
type ruleCount struct {
	Name          string
	Before, After int
}

func ruleCounts(l *locale.Lang, s admin.Simulation) []ruleCount {
	return []ruleCount{{l.T("rules.count.filed"), s.Before.Filed, s.After.Filed}, {l.T("rules.count.clearing"), s.Before.Clearing, s.After.Clearing},
		{l.T("rules.count.forwarded"), s.Before.Forwarded, s.After.Forwarded}, {l.T("rules.count.typed"), s.Before.Typed, s.After.Typed}}
}

// tried says whether the version shown was tried on real post.
func (v rulesView) tried() bool {
	return v.Shown.Simulation != nil && v.Shown.Simulation.Documents > 0
}

// mayActivate says whether putting in force makes sense: the door decides.
func (v rulesView) mayActivate() bool { return !v.Shown.Active && v.Shown.Version > 0 }

// moves says whether rules of the kind move documents, so that they are tried.
func (v rulesView) moves() bool { return v.Kind != record.RulesMailroom }

// problem is the sentence for a field of the page.
func (v rulesView) problem(field string) string {
	if v.Problem == nil || v.Problem.Field != field {
		return ""
	}
	return v.Problem.Text
}

// diffClass is the look of a line of a comparison; its sign says it too.
func diffClass(op string) string {
	switch op {
	case "+":
		return "diff-in"
	case "-":
		return "diff-out"
	}
	return "diff-same"
}

// diffWord says for a reader's ear what the sign says to the eye.
func diffWord(l *locale.Lang, op string) string {
	switch op {
	case "+":
		return l.T("rules.diff.in")
	case "-":
		return l.T("rules.diff.out")
	}
	return ""
}

// correctionLine names a type of a correction; none is a type too.
func correctedType(l *locale.Lang, key string) string {
	if key == "" {
		return l.T("rules.notype")
	}
	return typeName(l, key)
}

// title is what a part of the form is called.
func (r ruleForm) title(l *locale.Lang, i int) string {
	p := r.Parts[i].Fields
	name := p.Get("name")
	if r.Kind == record.RulesTypes {
		if name = p.Get("german"); l.Code == locale.English && p.Get("english") != "" {
			name = p.Get("english")
		}
	}
	if strings.TrimSpace(name) == "" {
		return l.T("rules.newpart")
	}
	return name
}

// sum says how much a type has, so that the closed part says something.
func (r ruleForm) sum(l *locale.Lang, i int) string {
	p := r.Parts[i].Fields
	if r.Kind == record.RulesTypes {
		return l.T("rules.sum", "headings", len(rows(p.Get("headings"))), "words", len(rows(p.Get("words"))))
	}
	return ""
}

// fieldHint says what goes into a field of a part; most say it themselves.
func fieldHint(l *locale.Lang, kind, field string) string {
	if !l.Has("rules.fieldhint", kind+"."+field) {
		return ""
	}
	return l.Of("rules.fieldhint", kind+"."+field)
}

// jsonHint says how the JSON and the form belong together, where there is one.
func jsonHint(l *locale.Lang, r ruleForm) string {
	if !r.hasForm() {
		return ""
	}
	return l.T("rules.jsonhint")
}
