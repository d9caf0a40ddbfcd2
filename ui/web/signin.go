package web

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
)

// signInView is the sign-in page; Problem is a key of ui/locale.
type signInView struct {
	User, Next, Problem, Demo string
	SetUp                     bool // the setup in the browser has just ended here
}

func (w *Web) signInPage(c *fiber.Ctx) error {
	return w.showSignIn(c, fiber.StatusOK, signInView{Next: local(border.Query(c, "next")), SetUp: border.Query(c, "setup") == "done"})
}

func (w *Web) showSignIn(c *fiber.Ctx, status int, v signInView) error {
	before := border.Cookie(c, cookieBefore)
	if before == "" {
		before = record.NewID()
		w.setCookie(c, cookieBefore, before, "/", 0)
	}
	f := w.bare(c)
	f.Place = "sign-in"
	f.Title, f.CSRF = f.L.T("signin.title"), w.doors.Identity.CSRF(before)
	v.Demo = w.cfg.Demo
	return w.render(c, status, signInPage(f, v))
}

// signIn opens a session. An unknown name, a wrong password and a disabled
// user get the same answer.
func (w *Web) signIn(c *fiber.Ctx) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	v := signInView{User: form.Get("name"), Next: local(form.Get("next"))}
	before := border.Cookie(c, cookieBefore)
	if before == "" || w.checkCSRF(c, before, form.Get("csrf")) != nil {
		v.Problem = "signin.again"
		return w.showSignIn(c, fiber.StatusForbidden, v)
	}
	id := border.RequestID(c)
	token, _, err := w.doors.Identity.SignIn(c.UserContext(), record.Actor{Via: "web", Request: id}, v.User, form.Get("password"), c.IP())
	switch {
	case err == nil:
	case errors.Is(err, record.Unauthenticated), errors.Is(err, record.Invalid), errors.Is(err, record.Denied):
		v.Problem = "signin.wrong"
		return w.showSignIn(c, fiber.StatusUnauthorized, v)
	case errors.Is(err, record.Busy):
		v.Problem = "signin.throttled"
		return w.showSignIn(c, fiber.StatusTooManyRequests, v)
	default:
		return err
	}
	w.setCookie(c, cookieSession, token, "/", 0)
	w.setCookie(c, cookieBefore, "", "/", -1)
	return c.Redirect(v.Next, fiber.StatusSeeOther)
}

func (w *Web) signOut(c *fiber.Ctx, s *session) error {
	if err := w.doors.Identity.SignOut(c.UserContext(), s.actor, s.token); err != nil {
		return err
	}
	w.dropCookie(c, cookieSession)
	c.Set("Clear-Site-Data", `"cache"`)
	return c.Redirect("/sign-in", fiber.StatusSeeOther)
}
