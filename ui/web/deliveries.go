package web

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/appliance/record"
	"eakte/ingest/delivery"
	"eakte/ui/border"
	"eakte/ui/locale"
)

func (w *Web) mountDeliveries(app *fiber.App, in func(page) fiber.Handler) {
	app.Get("/deliveries", in(w.deliveries))
	app.Get("/deliveries/news", in(w.deliveryNews))
	app.Get("/deliveries/plan", in(w.deliveryPlan))
	app.Post("/deliveries/plan", in(w.setDeliveryPlan))
	app.Get("/deliveries/:id", in(w.delivery))
	app.Post("/deliveries/:id/withdraw", in(w.withdrawDelivery))
}

// deliveriesView is the list of deliveries, what is expected above it.
type deliveriesView struct {
	At          address
	Plans       []admin.ProviderPlan
	Waiting     []delivery.View // need somebody; only where all states are listed
	MoreWaiting bool
	Page        delivery.Page
	Providers   []string
	Now         time.Time
	Settings    bool // the reader may change the plans
	Withdrawn   bool // one was just withdrawn
}

// waitingShown is how many deliveries that wait are listed above the others.
const waitingShown = 100

func (w *Web) deliveries(c *fiber.Ctx, s *session) error {
	ctx := c.UserContext()
	v := deliveriesView{At: addressOf(c, "state", "provider", "cursor"), Now: w.cfg.Clock.Now(), Withdrawn: border.Query(c, "withdrawn") != ""}
	q := delivery.Query{State: v.At.Get("state"), Provider: v.At.Get("provider"), Cursor: v.At.Get("cursor")}
	var err error
	if v.Page, err = w.doors.Delivery.List(ctx, s.actor, q); err != nil {
		return err
	}
	if q.State == "" {
		if err := w.waitingFirst(c, s, q, &v); err != nil {
			return err
		}
	}
	if v.Plans, err = w.doors.Admin.DeliveryPlans(ctx, s.actor); err != nil && !errors.Is(err, record.Denied) {
		return err
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("delivery.title"), "deliveries"
	v.Settings, v.Providers = f.May["settings"], v.providers()
	return w.render(c, fiber.StatusOK, deliveriesPage(f, v))
}

// waitingFirst takes what stands above the list out of it, on every page.
func (w *Web) waitingFirst(c *fiber.Ctx, s *session, q delivery.Query, v *deliveriesView) error {
	waiting, err := w.doors.Delivery.List(c.UserContext(), s.actor, delivery.Query{State: delivery.StateWaiting, Provider: q.Provider, Limit: waitingShown})
	if err != nil {
		return err
	}
	v.Page.Items = slices.DeleteFunc(v.Page.Items, func(d delivery.View) bool {
		return slices.ContainsFunc(waiting.Items, func(w delivery.View) bool { return w.ID == d.ID })
	})
	if q.Cursor == "" {
		v.Waiting, v.MoreWaiting = waiting.Items, waiting.Next != ""
	}
	return nil
}

// providers are the names that the list can be narrowed to.
func (v deliveriesView) providers() []string {
	var out []string
	for _, p := range v.Plans {
		out = append(out, p.Provider)
	}
	for _, d := range slices.Concat(v.Waiting, v.Page.Items) {
		out = append(out, d.Provider)
	}
	if p := v.At.Get("provider"); p != "" {
		out = append(out, p)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Newest is when something listed has changed last, for the question whether
// there is anything new.
func (v deliveriesView) Newest() string {
	var last time.Time
	for _, d := range slices.Concat(v.Waiting, v.Page.Items) {
		if d.ChangedAt.After(last) {
			last = d.ChangedAt
		}
	}
	return strconv.FormatInt(last.UnixMicro(), 10)
}

// deliveryNews says how many deliveries have changed since the list was drawn.
// The list itself stays as it is until it is asked for.
func (w *Web) deliveryNews(c *fiber.Ctx, s *session) error {
	at := addressOf(c, "state", "provider", "since")
	page, err := w.doors.Delivery.List(c.UserContext(), s.actor, delivery.Query{State: at.Get("state"), Provider: at.Get("provider")})
	if err != nil {
		return err
	}
	since, err := strconv.ParseInt(at.Get("since"), 10, 64)
	if err != nil {
		return record.Bad("since", "is not a time")
	}
	n := 0
	for _, d := range page.Items {
		if d.ChangedAt.UnixMicro() > since {
			n++
		}
	}
	at.path = "/deliveries"
	return w.render(c, fiber.StatusOK, deliveryNewsPiece(w.frame(c, s), n, at.With("since", "")))
}

// deliveryView is one delivery.
type deliveryView struct {
	delivery.View
	At      address
	Now     time.Time
	Problem string // of the form
	Reason  string // as it was entered
}

// objectsShown is how many objects of a delivery stand on one page.
const objectsShown = 200

func (w *Web) delivery(c *fiber.Ctx, s *session) error {
	return w.showDelivery(c, s, fiber.StatusOK, deliveryView{})
}

func (w *Web) showDelivery(c *fiber.Ctx, s *session, status int, v deliveryView) error {
	var err error
	if v.View, err = w.doors.Delivery.Get(c.UserContext(), s.actor, border.Param(c, "id")); err != nil {
		return err
	}
	if len(v.Objects) > 0 && v.Total > len(v.Objects) {
		if v.Objects, err = w.doors.Delivery.Objects(c.UserContext(), s.actor, v.ID); err != nil {
			return err
		}
	}
	v.At, v.Now = addressOf(c, "objects", "from"), w.cfg.Clock.Now()
	v.At.path = "/deliveries/" + v.ID
	f := w.frame(c, s)
	f.Title, f.Place, f.Here = f.L.T("delivery.one", "number", v.DeliveryID), "deliveries", v.At.With()
	return w.render(c, status, deliveryPage(f, v))
}

// withdrawDelivery gives a delivery up. That can't be undone, so it asks for the
// reason and for a tick.
func (w *Web) withdrawDelivery(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	reason := strings.TrimSpace(form.Get("reason"))
	if reason == "" || form.Get("sure") == "" {
		return w.showDelivery(c, s, fiber.StatusBadRequest, deliveryView{Problem: "delivery.withdraw.incomplete", Reason: reason})
	}
	_, err = w.doors.Delivery.Withdraw(c.UserContext(), s.actor, border.Param(c, "id"), reason)
	if err != nil && !errors.Is(err, record.Conflict) { // somebody was faster: the page says so
		return err
	}
	if err != nil {
		return c.Redirect("/deliveries/"+escape(border.Param(c, "id")), fiber.StatusSeeOther)
	}
	return c.Redirect("/deliveries?withdrawn=1", fiber.StatusSeeOther)
}

// Filtered are the objects in the state that the address asks for.
func (v deliveryView) Filtered() []delivery.Object {
	want := v.At.Get("objects")
	if want == "" {
		return v.Objects
	}
	return slices.DeleteFunc(slices.Clone(v.Objects), func(o delivery.Object) bool { return o.State != want })
}

// Shown is a page of them, with the place of the first.
func (v deliveryView) Shown() (objects []delivery.Object, from int) {
	all := v.Filtered()
	from = min(v.At.Int("from", 0), len(all))
	return all[from:min(from+objectsShown, len(all))], from
}

// stateCount counts the objects in a state.
func stateCount(v deliveryView, state string) (n int) {
	for _, o := range v.Objects {
		if o.State == state {
			n++
		}
	}
	return n
}

func objectStates() []string {
	return []string{delivery.ObjectWrong, delivery.ObjectWanted, delivery.ObjectHere, delivery.ObjectTaken}
}

func deliveryStates() []string {
	return []string{delivery.StateWaiting, delivery.StateAnnounced, delivery.StateOpen, delivery.StateTaking, delivery.StateDone, delivery.StateWithdrawn}
}

// arrived is how far a delivery is: taken in while that goes on and after it,
// else what is here.
func arrived(d delivery.View) int {
	if d.State == delivery.StateTaking || d.State == delivery.StateDone {
		return d.Taken
	}
	return d.Here
}

func progressLine(l *locale.Lang, d delivery.View) string {
	if d.State == delivery.StateTaking || d.State == delivery.StateDone {
		return l.N("delivery.taken", d.Documents, "here", l.Number(d.Taken))
	}
	return l.N("delivery.here", d.Documents, "here", l.Number(d.Here))
}

// began is when we first heard of a delivery.
func began(d delivery.View) time.Time {
	for _, t := range []*time.Time{d.AnnouncedAt, d.OpenedAt} {
		if t != nil {
			return *t
		}
	}
	return d.ChangedAt
}

// agoLine says how long ago something was, no more exactly than one needs.
func agoLine(l *locale.Lang, now, then time.Time) string {
	d := now.Sub(then)
	switch {
	case d < time.Hour:
		return l.N("delivery.ago.minutes", max(1, int(d.Minutes())))
	case d < 48*time.Hour:
		return l.N("delivery.ago.hours", int(d.Hours()))
	}
	return l.N("delivery.ago.days", int(d.Hours()/24))
}

// ageLine says how old a delivery is while it is not done, and when it was done.
func ageLine(l *locale.Lang, d delivery.View, now time.Time) string {
	switch {
	case d.State == delivery.StateDone && d.DoneAt != nil:
		return l.T("delivery.doneat", "when", l.Time(*d.DoneAt))
	case d.State == delivery.StateWaiting && d.WaitsSince != nil:
		return l.T("delivery.waitssince", "ago", agoLine(l, now, *d.WaitsSince))
	case d.State == delivery.StateWithdrawn:
		return l.Time(d.ChangedAt)
	}
	return l.T("delivery.since", "ago", agoLine(l, now, began(d)))
}

// statusLine says how old a delivery is, and how far.
func statusLine(l *locale.Lang, d delivery.View, now time.Time) string {
	if d.Documents == 0 {
		return ageLine(l, d, now)
	}
	return ageLine(l, d, now) + " · " + progressLine(l, d)
}

// problemSentence says what is missing or wrong, and what to do.
func problemSentence(l *locale.Lang, p delivery.Problem) string {
	name := p.Name
	if name == "" {
		name = l.T("delivery.whole")
	}
	if !l.Has("delivery.problem", p.Kind) {
		return l.T("delivery.problem.other", "name", name, "kind", p.Kind)
	}
	return l.T("delivery.problem."+p.Kind, "name", name, "want", valueSaid(l, p.Kind, p.Want), "got", valueSaid(l, p.Kind, p.Got))
}

// valueSaid shortens a hash: its beginning tells it from another one.
func valueSaid(l *locale.Lang, kind, value string) string {
	switch {
	case value == "":
		return l.T("delivery.nothing")
	case kind == "hash" && len(value) > 19:
		return value[:19] + "…"
	}
	return value
}

// expectedLine says in a sentence what is expected of a provider.
func expectedLine(l *locale.Lang, p admin.ProviderPlan) string {
	switch {
	case p.Plan == nil:
		return l.T("delivery.plan.none")
	case len(p.Missed) > 1:
		return l.N("delivery.plan.missing", len(p.Missed), "day", l.Date(p.Missed[0]))
	case len(p.Missed) == 1:
		return l.T("delivery.plan.missingone", "day", l.Date(p.Missed[0]))
	case p.Today == nil:
		return l.T("delivery.plan.free")
	case p.Came:
		return l.T("delivery.plan.came")
	}
	return l.T("delivery.plan.notyet", "time", p.Today.In(locale.Berlin()).Format("15:04"))
}
