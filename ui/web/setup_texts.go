package web

import (
	"slices"
	"strconv"
	"strings"

	"eakte/appliance/install"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

// problem says what is wrong with a field, "" if nothing is.
func (v setupView) problem(l *locale.Lang, field string) string {
	for _, p := range v.Problems {
		if p.Field == field && p.Line == 0 {
			return problemText(l, p)
		}
	}
	return ""
}

func problemText(l *locale.Lang, p install.Problem) string {
	if !l.Has("setup.problem", p.Code) {
		return l.T("setup.problem.other")
	}
	return l.T("setup.problem."+p.Code, "value", p.Value)
}

// general are the problems that no field stands for, those of a list's lines first.
func (v setupView) general(l *locale.Lang) []string {
	var out []string
	for _, p := range v.Problems {
		text := problemText(l, p)
		switch {
		case p.Line > 0 && p.Value != "":
			out = append(out, l.T("setup.line", "n", p.Line)+" "+l.T("setup.linevalue", "value", p.Value, "text", text))
		case p.Line > 0:
			out = append(out, l.T("setup.line", "n", p.Line)+" "+text)
		case p.Field == "":
			out = append(out, text)
		}
	}
	return out
}

// verdictTitle and verdictHint say what a test found and what to do about it.
func verdictTitle(l *locale.Lang, v install.Verdict) string {
	if !l.Has("setup.verdict", v.Code+".title") {
		v.Code = "other"
	}
	return l.T("setup.verdict."+v.Code+".title", "detail", v.Detail, "free", l.Size(v.Free))
}

func verdictHint(l *locale.Lang, v install.Verdict) string {
	if !l.Has("setup.verdict", v.Code+".hint") {
		v.Code = "other"
	}
	return l.T("setup.verdict."+v.Code+".hint", "detail", v.Detail, "free", l.Size(v.Free))
}

// wantsRoot says whether the store's page asks for a key that makes buckets.
func (v setupView) wantsRoot() bool {
	return v.Verdict != nil && (v.Verdict.Code == install.CodeBucketsMissing || strings.HasPrefix(v.Verdict.Code, "root_"))
}

// passed is the verdict of the step that was tested just now.
func (v setupView) passed() *install.Verdict {
	switch v.Tested {
	case install.StepStore:
		return &v.View.StoreVerdict
	case install.StepSearch:
		return &v.View.SearchVerdict
	}
	return nil
}

// imported is how many users a list has just brought, 0 if none has.
func (v setupView) imported() int {
	n, err := strconv.Atoi(v.Tested)
	if err != nil || v.Step != install.StepUsers {
		return 0
	}
	return n
}

// stepState is how a step stands in the list: here, done, open or later.
func (v setupView) stepState(step string) string {
	all := install.Steps()
	switch {
	case step == v.Step:
		return "here"
	case v.View.Stage >= install.StageApplied:
		return "later"
	case v.View.Done[step]:
		return "done"
	case slices.Index(all, step) <= slices.Index(all, v.View.Next):
		return "open"
	}
	return "later"
}

func (v setupView) number() int { return slices.Index(install.Steps(), v.Step) + 1 }

// back is the step before, "" for the first.
func (v setupView) back() string {
	if n := v.number(); n > 1 {
		return "/setup/" + install.Steps()[n-2]
	}
	return ""
}

func setupRoleOptions(l *locale.Lang, none bool) []option {
	var out []option
	if none {
		out = append(out, option{"", l.T("setup.choose")})
	}
	for _, r := range install.Roles() {
		out = append(out, option{r, l.Of("setup.role", r)})
	}
	return out
}

// placeOptions are the sites and teams where a role can hold.
func (v setupView) placeOptions(l *locale.Lang) []option {
	var out []option
	for _, s := range v.View.Sites {
		for _, t := range s.Teams {
			out = append(out, option{s.Code + "/" + t.Code, s.Name + " · " + t.Name})
		}
		out = append(out, option{s.Code, l.T("setup.users.site", "site", s.Name)})
	}
	return append(out, option{"*", l.T("setup.users.all")})
}

// roleWords says where somebody has which role.
func (v setupView) roleWords(l *locale.Lang, roles []record.RoleAt) string {
	var out []string
	for _, r := range roles {
		place := placeOf(r)
		for _, o := range v.placeOptions(l) {
			if o.Value == place {
				place = o.Text
			}
		}
		out = append(out, l.Of("setup.role", r.Role)+" ("+place+")")
	}
	return strings.Join(out, ", ")
}

func eventOptions(l *locale.Lang) []option {
	var out []option
	for _, e := range install.RetentionEvents() {
		out = append(out, option{e, l.Of("setup.event", e)})
	}
	return out
}

// delivererOptions are the users as whom a folder can hand in.
func (v setupView) delivererOptions(l *locale.Lang) []option {
	out := []option{{"", l.T("setup.choose")}}
	for _, u := range v.View.Users {
		if u.Delivers() {
			out = append(out, option{u.Name, u.Display + " (" + u.Name + ")"})
		}
	}
	return out
}

// lacksPassword counts who was given no password.
func (v setupView) lacksPassword() (n int) {
	for _, u := range v.View.Users {
		if !u.HasPassword || u.Made {
			n++
		}
	}
	return n
}

// unprinted counts who could not sign in yet.
func (v setupView) unprinted() (n int) {
	for _, u := range v.View.Users {
		if !u.HasPassword {
			n++
		}
	}
	return n
}

// hasRole says whether anybody has one of the roles.
func (v setupView) hasRole(role string) bool {
	return slices.ContainsFunc(v.View.Users, func(p install.Person) bool {
		return slices.ContainsFunc(p.Roles, func(r record.RoleAt) bool { return r.Role == role })
	})
}

func verdictKind(v install.Verdict) string {
	if v.Warn {
		return "warning"
	}
	return "success"
}

// keptHint says that a secret is kept and need not be typed again.
func keptHint(l *locale.Lang, kept bool) string {
	if kept {
		return l.T("setup.kept")
	}
	return ""
}

func passwordHint(l *locale.Lang, kept bool) string {
	if kept {
		return l.T("setup.kept")
	}
	return l.T("setup.password.hint")
}

func joined(words []string) string { return strings.Join(words, ", ") }

// siteTitle is what a site is called while it is typed.
func siteTitle(l *locale.Lang, i int, s record.Site) string {
	if s.Name != "" {
		return s.Name
	}
	return l.T("setup.sites.site", "n", i+1)
}

// siteWords lists sites and how many teams each has.
func siteWords(l *locale.Lang, sites []record.Site) string {
	var out []string
	for _, s := range sites {
		out = append(out, s.Name+" ("+l.N("setup.sites.teams", len(s.Teams))+")")
	}
	return strings.Join(out, ", ")
}

// tableSample is a list that fits the sites that were told.
func tableSample(v setupView) string {
	place := "*"
	if len(v.View.Sites) > 0 {
		place = v.View.Sites[0].Code
		if len(v.View.Sites[0].Teams) > 0 {
			place += "/" + v.View.Sites[0].Teams[0].Code
		}
	}
	return "name;display;roles\nk.sommer;Katrin Sommer;caseworker@" + place + "\nv.schutz;Vera Schutz;dpo@*\n"
}
