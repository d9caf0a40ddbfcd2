package web

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/identity"
	"eakte/appliance/record"
	"eakte/ui/border"
)

// session is who asks, for one request.
type session struct {
	actor   record.Actor
	profile identity.Profile
	token   string
	csrf    string
}

const sessionKey = "session"

func sessionOf(c *fiber.Ctx) *session {
	s, _ := c.Locals(sessionKey).(*session)
	return s
}

// page is a handler for someone signed in.
type page func(c *fiber.Ctx, s *session) error

// signedIn lets only requests with a session through, and of those that
// change something only ones that carry its CSRF token. Multipart forms carry
// theirs as the first field; whoever reads the form checks it.
func (w *Web) signedIn(next page) fiber.Handler {
	return func(c *fiber.Ctx) error {
		token := border.Cookie(c, cookieSession)
		if token == "" {
			return w.toSignIn(c)
		}
		actor, profile, err := w.doors.Identity.FromSession(c.UserContext(), token, border.RequestID(c))
		if errors.Is(err, record.Unauthenticated) {
			w.dropCookie(c, cookieSession)
			return w.toSignIn(c)
		}
		if err != nil {
			return err
		}
		actor.Address = strings.Clone(c.IP())
		s := &session{actor: actor, profile: profile, token: token, csrf: w.doors.Identity.CSRF(token)}
		c.Locals(sessionKey, s)
		if c.Method() == fiber.MethodPost && !isMultipart(c) {
			f, err := w.form(c)
			if err != nil {
				return err
			}
			if err := w.checkCSRF(c, s.token, f.Get("csrf")); err != nil {
				return err
			}
		}
		return next(c, s)
	}
}

const formKey = "form"

// maxForm is the largest plain form, in bytes.
const maxForm = 256 << 10

// form reads a plain form's fields, once a request.
func (w *Web) form(c *fiber.Ctx) (url.Values, error) {
	if v, ok := c.Locals(formKey).(url.Values); ok {
		return v, nil
	}
	body, err := border.ReadAll(c, maxForm)
	if err != nil {
		return nil, err
	}
	v, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, &record.Error{Category: record.Invalid, Message: "The form can't be read.", Cause: err}
	}
	c.Locals(formKey, v)
	return v, nil
}

// checkCSRF holds a form's token, or that of the header, against the session's.
func (w *Web) checkCSRF(c *fiber.Ctx, token, got string) error {
	if h := border.Header(c, "X-CSRF-Token"); h != "" {
		got = h
	}
	site := c.Get("Sec-Fetch-Site")
	if site == "cross-site" || got == "" || !w.doors.Identity.CheckCSRF(token, got) {
		return &record.Error{Category: record.Denied, Message: "This form is no longer valid.", Hint: "Load the page again and repeat it.", Field: "csrf"}
	}
	return nil
}

// toSignIn sends a person to sign in and back to where they were going.
func (w *Web) toSignIn(c *fiber.Ctx) error {
	to := "/sign-in"
	if c.Method() == fiber.MethodGet && c.Path() != "/" && c.Path() != "/sign-in" {
		to += "?next=" + url.QueryEscape(c.OriginalURL())
	}
	c.Set(fiber.HeaderCacheControl, "no-store")
	if c.Get("HX-Request") == "true" {
		c.Set("HX-Redirect", "/sign-in")
		return c.Status(fiber.StatusUnauthorized).SendString("")
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}

func (w *Web) setCookie(c *fiber.Ctx, name, value, path string, life time.Duration) {
	ck := &fiber.Cookie{Name: name, Value: value, Path: path, HTTPOnly: true, Secure: border.Secure(c), SameSite: fiber.CookieSameSiteLaxMode}
	if life > 0 {
		ck.MaxAge = int(life.Seconds())
	}
	if life < 0 {
		ck.Expires = time.Unix(1, 0)
	}
	c.Cookie(ck)
}

func (w *Web) dropCookie(c *fiber.Ctx, name string) { w.setCookie(c, name, "", "/", -1) }
