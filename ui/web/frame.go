package web

import (
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/ingest/inbox"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// The cookies of the pages.
const (
	cookieSession = "eakte_session"
	cookieBefore  = "eakte_before" // stands for the session while there is none, so that sign-in has a CSRF token too
	cookieLang    = "eakte_lang"
	cookieTheme   = "eakte_theme"
	cookieKeys    = "eakte_keys"
	cookieUndo    = "eakte_undo"
	cookieFiled   = "eakte_filed" // a filing that can be taken back
)

// Frame is what every page needs around its content.
type Frame struct {
	L      *locale.Lang
	Title  string
	Name   string // of the jobcenter
	Theme  string // light, dark, or empty for the system's
	Keys   bool   // single letters are keys
	User   string // display name; empty: not signed in
	CSRF   string
	Query  string // what stands in the search field
	Here   string // this address, to come back to
	Place  string // start, search, files, file, document: what the bar marks and which keys are told
	Now    string // today, YYYY-MM-DD in Berlin
	May    map[string]bool
	Inbox  *inbox.Counts // what waits; nil: no inbox
	Style  string
	Script string
	Icon   string
}

// bare is the frame of a page before sign-in.
func (w *Web) bare(c *fiber.Ctx) Frame {
	l := w.texts.Accept(c.Get(fiber.HeaderAcceptLanguage))
	if code := border.Cookie(c, cookieLang); code != "" {
		l = w.texts.Lang(code)
	}
	theme := border.Cookie(c, cookieTheme)
	if theme != "light" && theme != "dark" {
		theme = ""
	}
	return Frame{L: w.withTypes(c, l), Name: w.cfg.Name, Theme: theme, Keys: c.Cookies(cookieKeys) != "off", Here: strings.Clone(c.OriginalURL()),
		Now: w.cfg.Clock.Now().In(locale.Berlin()).Format("2006-01-02"), Style: w.cfg.Style, Script: w.cfg.Script, Icon: w.cfg.Icon}
}

// frame is the frame of a page for someone signed in.
func (w *Web) frame(c *fiber.Ctx, s *session) Frame {
	f := w.bare(c)
	f.User, f.CSRF, f.May = s.profile.Display, s.csrf, s.profile.May
	if f.User == "" {
		f.User = s.profile.Name
	}
	if w.doors.Inbox != nil {
		if n, err := w.doors.Inbox.Counts(c.UserContext(), s.actor); err != nil {
			w.cfg.Logger.Warn("the inbox can't be counted", "request", border.RequestID(c), "error", err)
		} else if len(n.Queues) > 0 {
			f.Inbox = &n
		}
	}
	return f
}

// theme is what the switch shows as chosen.
func (f Frame) theme() string {
	if f.Theme == "" {
		return "system"
	}
	return f.Theme
}

// local accepts only an address on this server, to go back to.
func local(path string) string {
	if !strings.HasPrefix(path, "/") || strings.HasPrefix(path, "//") || strings.ContainsAny(path, "\\\r\n\t") {
		return "/"
	}
	return path
}
