package web

import (
	"errors"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// planView is the form in which a provider's plan is set.
type planView struct {
	Provider string
	Fields   url.Values
	Problem  string
	Field    string
}

// deliveryPlan shows when a provider delivers, to who may change it.
func (w *Web) deliveryPlan(c *fiber.Ctx, s *session) error {
	plans, err := w.doors.Admin.DeliveryPlans(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	f := w.frame(c, s)
	for _, p := range plans {
		if p.Provider == border.Query(c, "provider") && f.May["settings"] {
			return w.showPlan(c, f, fiber.StatusOK, planView{Provider: p.Provider, Fields: planFields(f, p.Plan)})
		}
	}
	return record.Missing()
}

func (w *Web) showPlan(c *fiber.Ctx, f Frame, status int, v planView) error {
	f.Title, f.Place, f.Here = f.L.T("delivery.plan.one", "provider", v.Provider), "deliveries", "/deliveries/plan?provider="+escape(v.Provider)
	return w.render(c, status, deliveryPlanPage(f, v))
}

// planFields are what the form begins with: a working week, if there is no plan.
func planFields(f Frame, p *record.DeliveryPlan) url.Values {
	if p == nil {
		p = &record.DeliveryPlan{Weekdays: []int{1, 2, 3, 4, 5}, By: "16:00", Grace: 60, From: f.Now}
	}
	v := url.Values{"by": {p.By}, "grace": {strconv.Itoa(p.Grace)}, "from": {f.L.Input(p.From)}}
	for _, d := range p.Weekdays {
		v.Add("weekday", strconv.Itoa(d))
	}
	off := make([]string, len(p.Off))
	for i, d := range p.Off {
		off[i] = f.L.Input(d)
	}
	v.Set("off", strings.Join(off, "\n"))
	return v
}

func (w *Web) setDeliveryPlan(c *fiber.Ctx, s *session) error {
	if err := w.doors.Admin.MayPlanDeliveries(c.UserContext(), s.actor); err != nil {
		return err
	}
	form, err := w.form(c)
	if err != nil {
		return err
	}
	f := w.frame(c, s)
	p, field := planOf(form, w.cfg.Clock.Now())
	if field == "" {
		err = w.doors.Admin.SetDeliveryPlan(c.UserContext(), s.actor, p)
	}
	if field != "" || errors.Is(err, record.Invalid) {
		if field == "" {
			field = border.FaultOf(err).Field
		}
		return w.showPlan(c, f, fiber.StatusBadRequest, planView{Provider: p.Provider, Fields: form, Problem: "delivery.plan.invalid", Field: field})
	}
	if err != nil {
		return err
	}
	return c.Redirect("/deliveries", fiber.StatusSeeOther)
}

// planOf reads the form; field names what can't be read, "" for nothing.
func planOf(form url.Values, now time.Time) (p record.DeliveryPlan, field string) {
	p = record.DeliveryPlan{Provider: form.Get("provider"), By: strings.TrimSpace(form.Get("by"))}
	for _, d := range form["weekday"] {
		n, err := strconv.Atoi(d)
		if err != nil {
			return p, "weekdays"
		}
		p.Weekdays = append(p.Weekdays, n)
	}
	var err error
	if p.Grace, err = strconv.Atoi(strings.TrimSpace(form.Get("grace"))); err != nil {
		return p, "grace"
	}
	if p.From, err = locale.ParseDate(form.Get("from"), now); err != nil || p.From == "" {
		return p, "from"
	}
	for _, line := range strings.FieldsFunc(form.Get("off"), func(r rune) bool { return strings.ContainsRune("\r\n,; ", r) }) {
		day, err := locale.ParseDate(line, now)
		if err != nil {
			return p, "off"
		}
		p.Off = append(p.Off, day)
	}
	return p, ""
}

func (v planView) problem(l *locale.Lang, field string) string {
	return problem(l, v.Problem, v.Field, field)
}
