package web

import (
	"net/url"
	"slices"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/ui/border"
	"eakte/ui/locale"
)

const year = 365 * 24 * time.Hour

// preferences keeps language, theme and keys in cookies of this browser. It
// works before sign-in as well, with the token of the sign-in page.
func (w *Web) preferences(c *fiber.Ctx) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	token := border.Cookie(c, cookieSession)
	if token == "" {
		token = border.Cookie(c, cookieBefore)
	}
	if err := w.checkCSRF(c, token, form.Get("csrf")); err != nil {
		return err
	}
	w.keepPreferences(c, form)
	return c.Redirect(local(form.Get("return")), fiber.StatusSeeOther)
}

func (w *Web) keepPreferences(c *fiber.Ctx, form url.Values) {
	if v := form.Get("lang"); slices.Contains(locale.Languages(), v) {
		w.setCookie(c, cookieLang, v, "/", year)
	}
	if v := form.Get("theme"); slices.Contains([]string{"light", "dark", "system"}, v) {
		w.setCookie(c, cookieTheme, v, "/", year)
	}
	if v := form.Get("keys"); v == "on" || v == "off" {
		w.setCookie(c, cookieKeys, v, "/", year)
	}
}

func (w *Web) keys(c *fiber.Ctx, s *session) error {
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("keys.title"), "keys"
	if back := border.Query(c, "return"); back != "" {
		f.Here = local(back)
	}
	return w.render(c, fiber.StatusOK, keysPage(f))
}
