package ui

import (
	"fmt"
	"log/slog"
	"runtime/debug"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/ui/border"
)

// policy is the content security policy of every answer: nothing from
// elsewhere, no script and no style but our own files.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
	"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// begin wraps every request: its id, the security headers, the error page, a
// line in the log. The log names the route's pattern and never the path or the
// query, which hold ids and what people searched for.
func (a *App) begin(c *fiber.Ctx) error {
	started := time.Now()
	id := border.Begin(c)
	secure(c, id)
	err := a.guarded(c)
	if err != nil {
		if ferr := c.App().ErrorHandler(c, err); ferr != nil {
			return ferr
		}
	}
	if !border.Drained(c) {
		c.Context().SetConnectionClose() // the rest of the body would be taken for the next request
	}
	took := time.Since(started)
	a.line(c, id, err, took)
	if a.count != nil {
		a.count.Request(c.Method(), strings.Clone(c.Route().Path), c.Response().StatusCode(), took)
	}
	return nil
}

// guarded turns a panic of a handler into an error.
func (a *App) guarded(c *fiber.Ctx) (err error) {
	defer func() {
		if r := recover(); r != nil {
			a.log.Error("handler panicked", "request", border.RequestID(c), "kind", fmt.Sprintf("%T", r), "stack", string(debug.Stack()))
			err = fiber.ErrInternalServerError
		}
	}()
	return c.Next()
}

func (a *App) line(c *fiber.Ctx, id string, err error, took time.Duration) {
	status := c.Response().StatusCode()
	level := slog.LevelDebug
	attrs := []any{"request", id, "method", c.Method(), "route", c.Route().Path, "status", status, "ms", took.Milliseconds()}
	if status >= 500 {
		level = slog.LevelError
		attrs = append(attrs, "error", err)
	} else if err != nil {
		level = slog.LevelInfo
		attrs = append(attrs, "code", border.FaultOf(err).Code)
	}
	a.log.Log(c.UserContext(), level, "request", attrs...)
}

// secure writes the security headers. Fiber's helmet knows neither this
// policy nor that an answer may differ by cookie.
func secure(c *fiber.Ctx, id string) {
	h := &c.Response().Header
	h.Set("X-Request-Id", id)
	h.Set(fiber.HeaderContentSecurityPolicy, policy)
	h.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	h.Set(fiber.HeaderXFrameOptions, "DENY")
	h.Set(fiber.HeaderReferrerPolicy, "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=()")
	if border.Secure(c) {
		h.Set(fiber.HeaderStrictTransportSecurity, "max-age=31536000")
	}
}
