package web

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// schedulesView is what comes round by itself.
type schedulesView struct {
	List  []admin.Schedule
	Begun string // the one that was just started by hand
}

func (w *Web) schedules(c *fiber.Ctx, s *session) error {
	list, err := w.doors.Admin.Schedules(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	v := schedulesView{List: list}
	begun := border.Query(c, "begun")
	if slices.ContainsFunc(list, func(sc admin.Schedule) bool { return sc.Name == begun }) {
		v.Begun = begun
	}
	return w.render(c, fiber.StatusOK, schedulesPage(w.adminFrame(c, s, "admin.schedules"), v))
}

func (w *Web) runSchedule(c *fiber.Ctx, s *session) error {
	name := border.Param(c, "name")
	if err := w.doors.Admin.RunNow(c.UserContext(), s.actor, name); err != nil {
		return err
	}
	return c.Redirect("/admin/schedules?begun="+escape(name), fiber.StatusSeeOther)
}

// rhythm says how often a schedule comes round, "" for an expression that is
// none of the usual ones.
func rhythm(l *locale.Lang, cron string) string {
	if cron == "off" {
		return l.T("schedule.off")
	}
	f := strings.Fields(cron)
	if len(f) != 5 || strings.ContainsAny(cron, ",-/") || f[3] != "*" || f[0] == "*" {
		return ""
	}
	switch star := func(i int) bool { return f[i] == "*" }; {
	case star(1) && star(2) && star(4):
		return l.T("schedule.hourly")
	case star(1):
		return ""
	case star(2) && star(4):
		return l.T("schedule.daily")
	case star(2):
		return l.T("schedule.weekly")
	case star(4):
		return l.T("schedule.monthly")
	}
	return ""
}

// scheduleState is where a schedule stands: the look and the key of the word.
func scheduleState(s admin.Schedule) (kind, word string) {
	switch {
	case s.Running > 0:
		return "info", "running"
	case s.Waiting > 0:
		return "info", "waiting"
	case s.GivenUp > 0:
		return "danger", "given_up"
	case s.LastOutcome == "failed":
		return "danger", "failed"
	case s.LastOutcome == "":
		return "info", "never"
	}
	return "success", "ok"
}

// did lists what the last run did, by what there was to do.
func did(l *locale.Lang, s admin.Schedule) []field {
	var out []field
	for name, n := range s.Counts {
		if n != 0 {
			out = append(out, field{l.Of("schedule.count", name), l.Number(int(n))})
		}
	}
	slices.SortFunc(out, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	return out
}
