package web

import (
	"crypto/rand"
	"errors"
	"math/big"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/identity"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// userView is one user, or the form for a new one.
type userView struct {
	User    identity.UserDetail
	Places  identity.Places
	Fields  url.Values // of a form that was refused
	Problem string     // a key of ui/locale
	Field   string
	Done    string // a key of ui/locale: what has just been done
	Secret  string // a password or token, shown this once
}

// problem is the sentence at a field that is wrong.
func (v userView) problem(l *locale.Lang, field string) string {
	if v.Field != field || v.Problem == "" {
		return ""
	}
	return l.T(v.Problem)
}

func (w *Web) user(c *fiber.Ctx, s *session) error {
	v, err := w.userView(c, s)
	if err != nil {
		return err
	}
	v.Done = map[string]string{"roles": "users.done.roles", "enable": "users.done.enable", "disable": "users.done.disable",
		"end": "users.done.end"}[border.Query(c, "done")]
	return w.showUser(c, s, fiber.StatusOK, v)
}

// userView reads the user that the address names.
func (w *Web) userView(c *fiber.Ctx, s *session) (userView, error) {
	var v userView
	var err error
	if v.User, err = w.doors.Identity.User(c.UserContext(), s.actor, record.UserID(border.Param(c, "id"))); err != nil {
		return v, err
	}
	v.Places, err = w.doors.Identity.Sites(c.UserContext(), s.actor)
	return v, err
}

func (w *Web) showUser(c *fiber.Ctx, s *session, status int, v userView) error {
	f := w.adminFrame(c, s, "admin.users")
	f.Title, f.Here = v.User.Display, userAddress(v.User.ID)
	return w.render(c, status, userPage(f, v))
}

func userAddress(id record.UserID) string { return "/admin/users/" + string(id) }

func (w *Web) newUserPage(c *fiber.Ctx, s *session) error {
	return w.showNewUser(c, s, fiber.StatusOK, userView{Fields: url.Values{}})
}

func (w *Web) showNewUser(c *fiber.Ctx, s *session, status int, v userView) error {
	var err error
	if v.Places, err = w.doors.Identity.Sites(c.UserContext(), s.actor); err != nil {
		return err
	}
	f := w.adminFrame(c, s, "users.new")
	f.Here = "/admin/new-user"
	return w.render(c, status, newUserPage(f, v))
}

func (w *Web) newUser(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	n := identity.NewUser{Name: form.Get("name"), Display: form.Get("display"), Password: form.Get("password")}
	if n.Password == "" {
		n.Password = newSecret()
	}
	if role := form.Get("role"); role != "" {
		n.Roles = []record.RoleAt{roleIn(role, form.Get("place"))}
	}
	made, err := w.doors.Identity.AddUser(c.UserContext(), s.actor, n)
	if err != nil {
		v := userView{Fields: form}
		if v.Problem, v.Field = userProblem(err); v.Problem == "" {
			return err
		}
		return w.showNewUser(c, s, border.FaultOf(err).Status, v)
	}
	v := userView{Done: "users.done.new"}
	if form.Get("password") == "" {
		v.Done, v.Secret = "users.done.newsecret", n.Password
	}
	return w.afterNew(c, s, v, made.ID)
}

// afterNew shows the new user, with the password that nobody can read again.
func (w *Web) afterNew(c *fiber.Ctx, s *session, v userView, id record.UserID) error {
	var err error
	if v.User, err = w.doors.Identity.User(c.UserContext(), s.actor, id); err != nil {
		return err
	}
	if v.Places, err = w.doors.Identity.Sites(c.UserContext(), s.actor); err != nil {
		return err
	}
	return w.showUser(c, s, fiber.StatusCreated, v)
}

// roleIn reads a role and its place as the forms give it: site/team.
func roleIn(role, place string) record.RoleAt {
	site, team, _ := strings.Cut(place, "/")
	return record.RoleAt{Role: role, Site: site, Team: team}
}

// userProblem is the key and field of an error that the form can show; "" if
// it is none of these.
func userProblem(err error) (key, field string) {
	switch {
	case errors.Is(err, record.Conflict):
		return "users.bad.taken", "name"
	case errors.Is(err, record.Invalid):
		field = border.FaultOf(err).Field
		key = map[string]string{"name": "users.bad.name", "display": "users.bad.display", "password": "users.bad.password",
			"roles": "users.bad.roles", "expires": "users.bad.expires"}[field]
	}
	return key, field
}

// changeRoles gives one role or takes one away; the others stay.
func (w *Web) changeRoles(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	v, err := w.userView(c, s)
	if err != nil {
		return err
	}
	roles := slices.Clone(v.User.Roles)
	r := roleIn(form.Get("role"), form.Get("place"))
	if form.Get("do") == "take" {
		roles = slices.DeleteFunc(roles, func(had record.RoleAt) bool { return had == r })
	} else {
		roles = append(roles, r)
	}
	err = w.doors.Identity.SetRoles(c.UserContext(), s.actor, v.User.Name, roles)
	return w.afterChange(c, s, v, err, "roles")
}

// changeState disables a user or enables them again.
func (w *Web) changeState(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	v, err := w.userView(c, s)
	if err != nil {
		return err
	}
	if form.Get("do") == "enable" {
		return w.afterChange(c, s, v, w.doors.Identity.Enable(c.UserContext(), s.actor, v.User.Name), "enable")
	}
	return w.afterChange(c, s, v, w.doors.Identity.Disable(c.UserContext(), s.actor, v.User.Name), "disable")
}

// afterChange goes back to the user's page, or shows there what was wrong.
func (w *Web) afterChange(c *fiber.Ctx, s *session, v userView, err error, done string) error {
	if err == nil {
		return c.Redirect(userAddress(v.User.ID)+"?done="+done, fiber.StatusSeeOther)
	}
	if v.Problem, v.Field = userProblem(err); v.Problem == "" {
		return err
	}
	return w.showUser(c, s, border.FaultOf(err).Status, v)
}

// resetPassword shows a password that was made up once, in the answer itself.
func (w *Web) resetPassword(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	v, err := w.userView(c, s)
	if err != nil {
		return err
	}
	password := form.Get("password")
	if v.Done = "users.done.password"; password == "" {
		password = newSecret()
		v.Done, v.Secret = "users.done.passwordsecret", password
	}
	if err := w.doors.Identity.ResetPassword(c.UserContext(), s.actor, v.User.Name, password); err != nil {
		v.Done, v.Secret = "", ""
		return w.afterChange(c, s, v, err, "")
	}
	v.User.Tokens = nil // they ended with the old password
	return w.showUser(c, s, fiber.StatusOK, v)
}

// changeTokens makes an API token, or ends them all.
func (w *Web) changeTokens(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	v, err := w.userView(c, s)
	if err != nil {
		return err
	}
	if form.Get("do") == "end" {
		return w.afterChange(c, s, v, w.doors.Identity.EndTokens(c.UserContext(), s.actor, v.User.Name), "end")
	}
	life := map[string]time.Duration{"30": 30 * day, "90": 90 * day, "365": 365 * day}[form.Get("days")]
	token, err := w.doors.Identity.NewToken(c.UserContext(), s.actor, v.User.Name, life)
	if err != nil {
		return w.afterChange(c, s, v, err, "")
	}
	if v, err = w.userView(c, s); err != nil {
		return err
	}
	v.Done, v.Secret = "users.done.token", token
	return w.showUser(c, s, fiber.StatusOK, v)
}

const day = 24 * time.Hour

// newSecret makes up a password that can be read out on the phone: four groups
// of syllables, 53 bits.
func newSecret() string {
	const consonants, vowels = "bdfghjklmnprstvwxyz", "aeiou"
	pick := func(from string) byte {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(from))))
		if err != nil { // never fails (crypto/rand, Go 1.24 and later)
			panic(err)
		}
		return from[n.Int64()]
	}
	var b strings.Builder
	for group := range 4 {
		if group > 0 {
			b.WriteByte('-')
		}
		for range 2 {
			b.WriteByte(pick(consonants))
			b.WriteByte(pick(vowels))
		}
	}
	return b.String()
}
