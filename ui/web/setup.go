package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/install"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// cookieSetup holds the session of the first setup.
const cookieSetup = "eakte_setup"

// Setup answers with the pages of the first setup; nothing else is there yet.
type Setup struct {
	web  *Web // renders; it has no doors
	door *install.Install
	gone <-chan struct{}
	key  []byte // of the forms' tokens, of this process
}

// NewSetup makes the pages of the first setup. The last of them is answered
// when gone is closed, so that the browser's next request meets the archive;
// gone may be nil.
func NewSetup(door *install.Install, gone <-chan struct{}, cfg Config) (*Setup, error) {
	texts, err := locale.Load()
	if err != nil {
		return nil, fmt.Errorf("ui/web: %w", err)
	}
	s := &Setup{web: &Web{cfg: cfg, texts: texts}, door: door, gone: gone, key: make([]byte, sha256.Size)}
	rand.Read(s.key) // never fails
	return s, nil
}

// Mount adds the pages to the app. Every other address leads to the setup.
func (s *Setup) Mount(app *fiber.App) {
	app.Get("/setup", s.enterPage)
	app.Post("/setup", s.enter)
	app.Post("/preferences", s.preferences)
	app.Get("/setup/setup.json", s.in(s.file))
	app.Post("/setup/passwords", s.in(s.passwords))
	app.Post("/setup/finish", s.in(s.finish))
	app.Get("/setup/:step", s.in(s.step))
	app.Post("/setup/:step", s.in(s.answer))
	app.Use(func(c *fiber.Ctx) error {
		c.Set(fiber.HeaderCacheControl, "no-store")
		return c.Redirect("/setup", fiber.StatusSeeOther)
	})
}

// setupPage is a handler for the browser that opened the setup.
type setupPage func(c *fiber.Ctx, session string) error

// in lets only the setup's session through, and of what changes something only
// forms of this process. A multipart form is checked by who reads it.
func (s *Setup) in(next setupPage) fiber.Handler {
	return func(c *fiber.Ctx) error {
		session := border.Cookie(c, cookieSetup)
		if _, err := s.door.View(session); errors.Is(err, record.Unauthenticated) {
			c.Set(fiber.HeaderCacheControl, "no-store")
			return c.Redirect("/setup", fiber.StatusSeeOther)
		} else if err != nil {
			return err
		}
		if c.Method() == fiber.MethodPost && !isMultipart(c) {
			form, err := s.web.form(c)
			if err != nil {
				return err
			}
			if err := s.checkCSRF(c, session, form.Get("csrf")); err != nil {
				return err
			}
		}
		return next(c, session)
	}
}

func (s *Setup) csrf(cookie string) string {
	m := hmac.New(sha256.New, s.key)
	m.Write([]byte(cookie))
	return hex.EncodeToString(m.Sum(nil))
}

func (s *Setup) checkCSRF(c *fiber.Ctx, cookie, got string) error {
	if cookie == "" || c.Get("Sec-Fetch-Site") == "cross-site" || !hmac.Equal([]byte(got), []byte(s.csrf(cookie))) {
		return &record.Error{Category: record.Denied, Message: "This form is no longer valid.", Hint: "Load the page again and repeat it.", Field: "csrf"}
	}
	return nil
}

// frame is the frame of a page of the setup.
func (s *Setup) frame(c *fiber.Ctx) Frame {
	f := s.web.bare(c)
	if border.Cookie(c, cookieLang) == "" && s.door.Language() != "" {
		f.L = s.web.texts.Lang(s.door.Language())
	}
	f.Place, f.Name, f.Keys = "setup", f.L.T("setup.title"), false
	return f
}

// enterPage asks for the token; who has a session goes on where it stands.
func (s *Setup) enterPage(c *fiber.Ctx) error {
	if v, err := s.door.View(border.Cookie(c, cookieSetup)); err == nil {
		return c.Redirect("/setup/"+v.Next, fiber.StatusSeeOther)
	}
	return s.showEnter(c, fiber.StatusOK, "")
}

func (s *Setup) showEnter(c *fiber.Ctx, status int, problem string) error {
	before := border.Cookie(c, cookieBefore)
	if before == "" {
		before = record.NewID()
		s.web.setCookie(c, cookieBefore, before, "/", 0)
	}
	f := s.frame(c)
	f.Title, f.CSRF = f.L.T("setup.enter.title"), s.csrf(before)
	return s.web.render(c, status, setupEnterPage(f, problem))
}

func (s *Setup) enter(c *fiber.Ctx) error {
	form, err := s.web.form(c)
	if err != nil {
		return err
	}
	if s.checkCSRF(c, border.Cookie(c, cookieBefore), form.Get("csrf")) != nil {
		return s.showEnter(c, fiber.StatusForbidden, "setup.enter.again")
	}
	session, err := s.door.Enter(form.Get("token"), strings.Clone(c.IP()))
	switch {
	case err == nil:
	case errors.Is(err, record.Denied):
		return s.showEnter(c, fiber.StatusForbidden, "setup.enter.wrong")
	case errors.Is(err, record.Conflict):
		return s.showEnter(c, fiber.StatusConflict, "setup.enter.used")
	case errors.Is(err, record.Busy):
		return s.showEnter(c, fiber.StatusTooManyRequests, "setup.enter.throttled")
	default:
		return err
	}
	c.Cookie(&fiber.Cookie{Name: cookieSetup, Value: session, Path: "/", HTTPOnly: true, Secure: border.Secure(c), SameSite: fiber.CookieSameSiteStrictMode})
	return c.Redirect("/setup", fiber.StatusSeeOther)
}

// preferences keeps language and theme, with the token of either page.
func (s *Setup) preferences(c *fiber.Ctx) error {
	form, err := s.web.form(c)
	if err != nil {
		return err
	}
	if s.checkCSRF(c, border.Cookie(c, cookieSetup), form.Get("csrf")) != nil {
		if err := s.checkCSRF(c, border.Cookie(c, cookieBefore), form.Get("csrf")); err != nil {
			return err
		}
	}
	s.web.keepPreferences(c, form)
	return c.Redirect(local(form.Get("return")), fiber.StatusSeeOther)
}

// step shows a step: one that may be answered, or else the next one.
func (s *Setup) step(c *fiber.Ctx, session string) error {
	v, err := s.door.View(session)
	if err != nil {
		return err
	}
	step := border.Param(c, "step")
	at := slices.Index(install.Steps(), step)
	if at < 0 {
		return fiber.ErrNotFound
	}
	if at > slices.Index(install.Steps(), v.Next) || v.Stage >= install.StageApplied && step != install.StepSummary {
		return c.Redirect("/setup/"+v.Next, fiber.StatusSeeOther)
	}
	return s.show(c, session, fiber.StatusOK, setupView{Step: step, Form: s.filled(step, v, c), Tested: border.Query(c, "tested"), Edit: border.Query(c, "edit")})
}

// show renders a step with what was typed and what is wrong with it.
func (s *Setup) show(c *fiber.Ctx, session string, status int, v setupView) error {
	view, err := s.door.View(session)
	if err != nil {
		return err
	}
	v.View = view
	if v.Sites == nil {
		v.Sites = view.Sites
	}
	if len(v.Sites) == 0 {
		v.Sites = []record.Site{{Teams: []record.Team{{}}}}
	}
	if v.Classes == nil {
		v.Classes = retentionRows(view.Retention)
	}
	f := s.frame(c)
	f.CSRF, f.Title, f.Here = s.csrf(session), f.L.Of("setup.step", v.Step), "/setup/"+v.Step
	return s.web.render(c, status, setupStepPage(f, v))
}

// answer takes the answer to a step.
func (s *Setup) answer(c *fiber.Ctx, session string) error {
	step := border.Param(c, "step")
	var form url.Values
	var err error
	if isMultipart(c) {
		form, err = s.table(c, session)
	} else {
		form, err = s.web.form(c)
	}
	if err != nil {
		return err
	}
	v := setupView{Step: step, Form: form, Edit: form.Get("old")}
	take, ok := map[string]func(*fiber.Ctx, string, *setupView) (string, error){
		install.StepName: s.takeName, install.StepAdministrator: s.takeAdministrator, install.StepStore: s.takeStore,
		install.StepSearch: s.takeSearch, install.StepSites: s.takeSites, install.StepUsers: s.takeUsers,
		install.StepRetention: s.takeRetention, install.StepFolder: s.takeFolder, install.StepRecovery: s.takeRecovery}[step]
	if !ok {
		return fiber.ErrNotFound
	}
	next, err := take(c, session, &v)
	var untested *install.Untested
	switch {
	case errors.As(err, &v.Problems), errors.As(err, &untested):
		if untested != nil {
			v.Verdict = &untested.Verdict
		}
		return s.show(c, session, fiber.StatusUnprocessableEntity, v)
	case err != nil:
		return err
	case next == "":
		return s.show(c, session, fiber.StatusOK, v)
	}
	return c.Redirect(next, fiber.StatusSeeOther)
}

// after is the address of the step behind one.
func after(step string) string {
	all := install.Steps()
	return "/setup/" + all[slices.Index(all, step)+1]
}

// file offers the same facts as a setup file.
func (s *Setup) file(c *fiber.Ctx, session string) error {
	b, err := s.door.SetupFile(c.UserContext(), session)
	if err != nil {
		return err
	}
	return download(c, "setup.json", "application/json", b)
}

func download(c *fiber.Ctx, name, kind string, b []byte) error {
	c.Set(fiber.HeaderContentDisposition, border.Attachment(name))
	c.Set(fiber.HeaderContentType, kind)
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	return c.Send(b)
}

// passwords makes and shows the passwords that were not given, once.
func (s *Setup) passwords(c *fiber.Ctx, session string) error {
	form, err := s.web.form(c)
	if err != nil {
		return err
	}
	list, err := s.door.Passwords(c.UserContext(), session)
	if err != nil {
		return err
	}
	f := s.frame(c)
	f.Title, f.CSRF, f.Here = f.L.T("setup.passwords.title"), s.csrf(session), "/setup/"+install.StepSummary
	if form.Get("as") == "file" {
		return download(c, "kennwoerter.csv", "text/csv; charset=utf-8", passwordTable(f.L, list))
	}
	return s.web.render(c, fiber.StatusOK, setupPasswordsPage(f, list))
}

// goneTime is how long the last answer waits at most.
const goneTime = 5 * time.Second

// finish makes the archive and leads to its sign-in page, at the same address.
func (s *Setup) finish(c *fiber.Ctx, session string) error {
	err := s.door.Finish(c.UserContext(), session)
	var failed *install.FailedStep
	switch {
	case errors.As(err, &failed):
		v := setupView{Step: install.StepSummary, Failed: failed.Step}
		var untested *install.Untested
		if errors.As(err, &untested) {
			v.Verdict = &untested.Verdict
		}
		_ = errors.As(err, &v.Problems)
		return s.show(c, session, fiber.StatusUnprocessableEntity, v)
	case err != nil:
		return err
	}
	if s.gone != nil {
		select {
		case <-s.gone:
		case <-time.After(goneTime): // then the browser may have to ask again
		}
	}
	s.web.dropCookie(c, cookieSetup)
	c.Context().SetConnectionClose() // this server ends now; another answers
	return c.Redirect("/sign-in?setup=done", fiber.StatusSeeOther)
}

// Fail answers with an error as a page.
func (s *Setup) Fail(c *fiber.Ctx, fault border.Fault) error {
	f := s.frame(c)
	v := errorView{Fault: fault, Reference: border.RequestID(c)}
	f.Title = f.L.T(v.title(f.L))
	return s.web.render(c, fault.Status, errorPage(f, v))
}
