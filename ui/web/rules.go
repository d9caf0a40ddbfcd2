package web

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

func (w *Web) mountRules(app *fiber.App, in func(page) fiber.Handler) {
	app.Get("/rules", in(w.ruleKinds))
	app.Get("/rules/types/corrections.csv", in(w.correctionsTable))
	app.Get("/rules/:kind", in(w.rules))
	app.Get("/rules/:kind/edit", in(w.editRulesPage))
	app.Post("/rules/:kind/edit", in(w.editRules))
	app.Post("/rules/:kind/:version/try", in(w.tryRules))
	app.Post("/rules/:kind/:version/activate", in(w.activateRules))
}

// ruleKindView is a kind of rules on the first page.
type ruleKindView struct {
	Kind   string
	Active admin.RuleVersion
	Draft  *admin.RuleVersion // the newest, if it is newer than the one in force
}

func (w *Web) ruleKinds(c *fiber.Ctx, s *session) error {
	var list []ruleKindView
	for _, kind := range admin.RuleKinds() {
		versions, err := w.doors.Admin.Rules(c.UserContext(), s.actor, kind)
		if err != nil {
			return err
		}
		v := ruleKindView{Kind: kind}
		for _, r := range versions {
			if r.Active {
				v.Active = r
			}
		}
		if versions[0].ActiveAt == nil && versions[0].Version > v.Active.Version {
			v.Draft = &versions[0]
		}
		list = append(list, v)
	}
	return w.render(c, fiber.StatusOK, ruleKindsPage(w.adminFrame(c, s, "rules.title"), list))
}

// rulesView is a version of the rules of a kind, among the others.
type rulesView struct {
	Kind        string
	Versions    []admin.RuleVersion
	Shown       admin.RuleVersion
	Types       *admin.TypeRules
	Routing     *admin.RoutingRules
	Corrections []admin.Correction
	Day         string // that was asked for
	Done        string // tried, saved, activated
	Problem     *ruleProblem
}

// ruleProblem is what stands beside the field that it concerns.
type ruleProblem struct {
	Field  string // of the form; empty: of the whole
	Text   string
	Detail string // English, as the rules' reader put it
}

// ruleNumber is the version that an address names; -1 for none.
func ruleNumber(s string) int64 {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (w *Web) rules(c *fiber.Ctx, s *session) error {
	v := rulesView{Done: border.Query(c, "done")}
	return w.showRules(c, s, fiber.StatusOK, ruleNumber(border.Query(c, "version")), v)
}

// showRules shows a version; -1: the newest.
func (w *Web) showRules(c *fiber.Ctx, s *session, status int, version int64, v rulesView) (err error) {
	ctx := c.UserContext()
	v.Kind = border.Param(c, "kind")
	if v.Versions, err = w.doors.Admin.Rules(ctx, s.actor, v.Kind); err != nil {
		return err
	}
	if version < 0 {
		version = v.Versions[0].Version
	}
	if v.Shown, err = w.doors.Admin.RuleVersion(ctx, s.actor, v.Kind, version); err != nil {
		return err
	}
	if err := v.open(); err != nil {
		return err
	}
	if v.Kind == record.RulesTypes {
		if v.Corrections, err = w.doors.Admin.Corrections(ctx, s.actor); err != nil {
			return err
		}
	}
	f := w.adminFrame(c, s, "rules.title")
	f.Title = f.L.Of("rules.kind", v.Kind)
	f.Here = v.to(version)
	return w.render(c, status, rulesPage(f, v))
}

func (v rulesView) to(version int64) string {
	return "/rules/" + v.Kind + "?version=" + strconv.FormatInt(version, 10)
}

// versionLink is a page below a version.
func (v rulesView) versionLink(what string) string {
	return "/rules/" + v.Kind + "/" + strconv.FormatInt(v.Shown.Version, 10) + "/" + what
}

func (w *Web) tryRules(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	version, day := ruleNumber(border.Param(c, "version")), strings.TrimSpace(form.Get("day"))
	_, err = w.doors.Admin.SimulateRules(c.UserContext(), s.actor, border.Param(c, "kind"), version, day)
	return w.ruleDone(c, s, version, "tried", rulesView{Day: day}, err)
}

func (w *Web) activateRules(c *fiber.Ctx, s *session) error {
	version := ruleNumber(border.Param(c, "version"))
	_, err := w.doors.Admin.ActivateRules(c.UserContext(), s.actor, border.Param(c, "kind"), version)
	return w.ruleDone(c, s, version, "activated", rulesView{}, err)
}

// ruleDone goes back to the version, or says on its page what did not work.
func (w *Web) ruleDone(c *fiber.Ctx, s *session, version int64, done string, v rulesView, err error) error {
	if err == nil {
		v.Kind = border.Param(c, "kind")
		return c.Redirect(v.to(version)+"&done="+done, fiber.StatusSeeOther)
	}
	if !errors.Is(err, record.Invalid) && !errors.Is(err, record.Conflict) && !errors.Is(err, record.Unavailable) {
		return err
	}
	v.Problem = problemOf(w.bare(c).L, err)
	return w.showRules(c, s, fiber.StatusUnprocessableEntity, version, v)
}

// correctionsTable gives the corrections as a table for evaluation elsewhere.
func (w *Web) correctionsTable(c *fiber.Ctx, s *session) error {
	list, err := w.doors.Admin.Corrections(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	var b strings.Builder
	out := csv.NewWriter(&b)
	rows := [][]string{{"was", "became", "rules_version", "documents", "first", "last"}}
	for _, r := range list {
		rows = append(rows, []string{cell(r.Was), cell(r.Became), strconv.FormatInt(r.Rules, 10), strconv.FormatInt(r.Documents, 10),
			r.First.Format(time.DateOnly), r.Last.Format(time.DateOnly)})
	}
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="corrections.csv"`)
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	return c.SendString(b.String())
}

// cell keeps a spreadsheet from taking a text that somebody typed for a formula.
func cell(s string) string {
	if s != "" && strings.ContainsAny(s[:1], "=+-@\t\r") {
		return "'" + s
	}
	return s
}

func (w *Web) editRulesPage(c *fiber.Ctx, s *session) error {
	version := ruleNumber(border.Query(c, "from"))
	kind := border.Param(c, "kind")
	if version < 0 {
		list, err := w.doors.Admin.Rules(c.UserContext(), s.actor, kind)
		if err != nil {
			return err
		}
		version = list[0].Version
	}
	r, err := w.doors.Admin.RuleVersion(c.UserContext(), s.actor, kind, version)
	if err != nil {
		return err
	}
	l := w.bare(c).L
	form, err := ruleFormOf(l, r)
	if err != nil {
		return err
	}
	return w.showRuleForm(c, s, fiber.StatusOK, form)
}

func (w *Web) showRuleForm(c *fiber.Ctx, s *session, status int, form ruleForm) error {
	f := w.adminFrame(c, s, "rules.edit")
	f.Title = f.L.T("rules.editkind", "kind", f.L.Of("rules.kind", form.Kind))
	return w.render(c, status, ruleFormPage(f, form))
}

// editRules keeps a new version, or changes the form: a rule more, one up or
// down. A form that is wrong comes back with a sentence beside the field.
func (w *Web) editRules(c *fiber.Ctx, s *session) error {
	if err := w.doors.Admin.MayChangeRules(c.UserContext(), s.actor); err != nil {
		return err
	}
	values, err := w.form(c)
	if err != nil {
		return err
	}
	l := w.bare(c).L
	form := readRuleForm(border.Param(c, "kind"), values)
	if form.change(values.Get("do")) {
		return w.showRuleForm(c, s, fiber.StatusOK, form)
	}
	body, problem := form.body(l, values)
	if problem == nil {
		v, err := w.doors.Admin.DraftRules(c.UserContext(), s.actor, form.Kind, body, form.Reason, form.key(body))
		if err == nil {
			return c.Redirect(rulesView{Kind: form.Kind}.to(v.Version)+"&done=saved", fiber.StatusSeeOther)
		}
		if !errors.Is(err, record.Invalid) {
			return err
		}
		problem = problemOf(l, err)
	}
	form.Problem = problem
	form.open()
	return w.showRuleForm(c, s, fiber.StatusUnprocessableEntity, form)
}

// problemOf says in the reader's language what is wrong, and beside which field
// of the form.
func problemOf(l *locale.Lang, err error) *ruleProblem {
	var e *record.Error
	if !errors.As(err, &e) {
		return &ruleProblem{Text: l.T("rules.problem.other")}
	}
	field, kind := fieldOf(e.Field)
	p := &ruleProblem{Field: field, Text: l.T("rules.problem.other"), Detail: strings.TrimSpace(e.Field + " " + e.Message)}
	switch {
	case e.Category == record.Conflict && strings.Contains(e.Message, "catches every"):
		p.Text = l.T("rules.problem.everything")
	case e.Category == record.Conflict:
		p.Text, p.Detail = l.T("rules.problem.untried"), ""
	case e.Category == record.Unavailable:
		p.Text = l.T("rules.problem.notry")
	case l.Has("rules.problem", kind):
		p.Text = l.Of("rules.problem", kind)
	}
	return p
}

// open reads the rules that are shown, so that the page can tell them in words.
func (v *rulesView) open() error {
	switch v.Kind {
	case record.RulesTypes:
		v.Types = &admin.TypeRules{}
		return json.Unmarshal([]byte(v.Shown.Body), v.Types)
	case record.RulesRouting:
		v.Routing = &admin.RoutingRules{}
		return json.Unmarshal([]byte(v.Shown.Body), v.Routing)
	}
	return nil
}
