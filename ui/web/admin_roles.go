package web

import (
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/identity"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

// roles shows what each role may.
func (w *Web) roles(c *fiber.Ctx, s *session) error {
	list, err := w.doors.Identity.Roles(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	return w.render(c, fiber.StatusOK, rolesPage(w.adminFrame(c, s, "admin.roles"), list))
}

// sites shows the sites with their teams.
func (w *Web) sites(c *fiber.Ctx, s *session) error {
	p, err := w.doors.Identity.Sites(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	return w.render(c, fiber.StatusOK, sitesPage(w.adminFrame(c, s, "admin.sites"), p.Sites))
}

// roleName is what a role is called, a site's own by its own name.
func roleName(l *locale.Lang, role string) string {
	if role == "*" {
		return l.T("role.everybody")
	}
	return l.Of("role", role)
}

// opening says where an action is open, and up to which protection if not to all.
func opening(l *locale.Lang, o identity.Opening) string {
	s := l.Of("relation", o.Relation)
	if o.Sensitivity < record.SensitivityRestricted {
		s += " (" + l.Of("upto", []string{"", "normal", "raised"}[min(int(o.Sensitivity), 2)]) + ")"
	}
	return s
}

// openRow is one row of a role's table: where, and what is open there.
type openRow struct {
	Where string
	May   []string
}

// openRows puts what is open at the same places into one row.
func openRows(l *locale.Lang, rights []identity.Right) []openRow {
	var rows []openRow
	for _, r := range rights {
		places := make([]string, len(r.Openings))
		for i, o := range r.Openings {
			places[i] = opening(l, o)
		}
		where := strings.Join(places, "; ")
		i := slices.IndexFunc(rows, func(o openRow) bool { return o.Where == where })
		if i < 0 {
			rows = append(rows, openRow{Where: where})
			i = len(rows) - 1
		}
		rows[i].May = append(rows[i].May, l.Of("act", r.Action))
	}
	return rows
}

// never lists what a role is kept from, in words.
func never(l *locale.Lang, list []identity.Right) string {
	words := make([]string, len(list))
	for i, r := range list {
		words[i] = l.Of("act", r.Action)
	}
	return strings.Join(words, ", ")
}
