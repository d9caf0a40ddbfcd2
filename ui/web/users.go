package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/identity"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

// usersView is the list of users, narrowed by what stands in the address.
type usersView struct {
	At     address
	Shown  []identity.User
	Found  int
	Next   string // where the next part begins
	Places identity.Places
}

const usersShown = 100

func (w *Web) users(c *fiber.Ctx, s *session) error {
	all, err := w.doors.Identity.Users(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	v := usersView{At: addressOf(c, "q", "role", "site", "state", "cursor")}
	if v.Places, err = w.doors.Identity.Sites(c.UserContext(), s.actor); err != nil {
		return err
	}
	found := slices.DeleteFunc(all, func(u identity.User) bool { return !v.fits(u) })
	v.Found = len(found)
	from := min(v.At.Int("cursor", 0), len(found))
	to := min(from+usersShown, len(found))
	v.Shown = found[from:to]
	if to < len(found) {
		v.Next = strconv.Itoa(to)
	}
	return w.render(c, fiber.StatusOK, usersPage(w.adminFrame(c, s, "admin.users"), v))
}

// fits says whether a user is looked for.
func (v usersView) fits(u identity.User) bool {
	q := strings.ToLower(strings.TrimSpace(v.At.Get("q")))
	if !strings.Contains(strings.ToLower(u.Name+"\n"+u.Display), q) {
		return false
	}
	if st := v.At.Get("state"); st != "" && (st == "disabled") != u.Disabled {
		return false
	}
	role, site := v.At.Get("role"), v.At.Get("site")
	return role == "" && site == "" || slices.ContainsFunc(u.Roles, func(r record.RoleAt) bool {
		return (role == "" || r.Role == role) && (site == "" || r.Site == site || r.Site == "*")
	})
}

// Narrowed says whether a filter is set.
func (v usersView) Narrowed() bool { return len(v.At.values) > 0 }

// placeName says where a role is held.
func placeName(l *locale.Lang, p identity.Places, r record.RoleAt) string {
	if r.Site == "*" {
		return l.T("users.house")
	}
	site, team := r.Site, r.Team
	for _, s := range p.Sites {
		if s.Code != r.Site {
			continue
		}
		site = s.Name
		for _, t := range s.Teams {
			if t.Code == r.Team {
				team = t.Name
			}
		}
	}
	if team == "" {
		return site
	}
	return l.T("users.team", "site", site, "team", team)
}

// roleAt names a role with its place.
func roleAt(l *locale.Lang, p identity.Places, r record.RoleAt) string {
	return l.T("users.roleat", "role", roleName(l, r.Role), "place", placeName(l, p, r))
}

// roleOptions offers the roles there are; first is what stands before them.
func roleOptions(l *locale.Lang, p identity.Places, first string) []option {
	o := []option{{"", first}}
	for _, r := range p.Roles {
		o = append(o, option{r, roleName(l, r)})
	}
	return o
}

func siteOptions(l *locale.Lang, p identity.Places) []option {
	o := []option{{"", l.T("users.anysite")}}
	for _, s := range p.Sites {
		o = append(o, option{s.Code, s.Name})
	}
	return o
}

// placeOptions offers the places at which a role can be given, as site/team.
func placeOptions(l *locale.Lang, p identity.Places) []option {
	var o []option
	for _, s := range p.Sites {
		o = append(o, option{s.Code + "/", s.Name})
		for _, t := range s.Teams {
			o = append(o, option{s.Code + "/" + t.Code, l.T("users.team", "site", s.Name, "team", t.Name)})
		}
	}
	if p.House {
		o = append(o, option{"*/", l.T("users.house")})
	}
	return o
}

func stateOptions(l *locale.Lang) []option {
	return []option{{"", l.T("users.anystate")}, {"enabled", l.T("users.enabled")}, {"disabled", l.T("users.disabled")}}
}
