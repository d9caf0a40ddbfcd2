package web

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// Config is what the pages need to know beside the doors.
type Config struct {
	Name                string // of the jobcenter
	MaxUpload           int64  // bytes of one document
	Demo                string // a line on the sign-in page of a demonstration
	DemoProgress        DemoProgress
	Clock               record.Clock
	Logger              *slog.Logger
	Style, Script, Icon string // addresses of the built assets
}

// DemoProgress says how many sample letters have been read, of how many; 0 of 0
// where there is no demonstration. It may be nil.
type DemoProgress func(context.Context) (read, total int, err error)

// Web answers with pages.
type Web struct {
	doors border.Doors
	cfg   Config
	texts *locale.Texts
}

// New makes the pages.
func New(doors border.Doors, cfg Config) (*Web, error) {
	texts, err := locale.Load()
	if err != nil {
		return nil, fmt.Errorf("ui/web: %w", err)
	}
	if cfg.Name == "" {
		cfg.Name = "Jobcenter"
	}
	return &Web{doors: doors, cfg: cfg, texts: texts}, nil
}

// Mount adds the pages to the app, all of them here.
func (w *Web) Mount(app *fiber.App) {
	app.Get("/sign-in", w.signInPage)
	app.Post("/sign-in", w.signIn)
	app.Post("/preferences", w.preferences)

	in := w.signedIn
	app.Post("/sign-out", in(w.signOut))
	app.Get("/", in(w.start))
	app.Get("/keys", in(w.keys))
	app.Get("/files", in(w.files))
	app.Get("/files/new", in(w.newFilePage))
	app.Post("/files/new", in(w.newFile))
	app.Get("/files/:id", in(w.file))
	app.Get("/files/:id/upload", in(w.uploadPage))
	app.Post("/files/:id/upload", in(w.upload))
	app.Get("/upload", in(w.uploadPage))
	app.Post("/upload", in(w.upload))
	app.Get("/sheets", in(w.sheets))
	app.Post("/sheets", in(w.sheetFor))
	app.Get("/receipts/:id", in(w.receipt))
	app.Get("/quarantine", in(w.quarantine))
	app.Get("/throughput", in(w.throughput))
	app.Post("/quarantine/:id/read-again", in(w.readAgain))
	app.Get("/documents/:id", in(w.document))
	app.Get("/documents/:id/change", in(w.changePage))
	app.Post("/documents/:id/change", in(w.change))
	app.Get("/documents/:id/original", in(w.original))
	app.Get("/documents/:id/pdf", in(w.documentPDF))
	app.Get("/files/:id/pdf", in(w.filePDF))
	app.Post("/files/:id/pdf", in(w.chosenPDF))
	app.Get("/documents/:id/pages/:n/image", in(w.pageImage))
	w.mountSearch(app, in)
	w.mountReceipts(app, in)
	w.mountCounter(app, in)
	w.mountHolds(app, in)
	w.mountDeliveries(app, in)
	w.mountMailroom(app, in)
	w.mountInbox(app, in)
	w.mountClearing(app, in)
	w.mountRouting(app, in)
	w.mountAdmin(app, in)
	w.mountRules(app, in)
	w.mountOversight(app, in)
}

// render sends a page whole or not at all.
func (w *Web) render(c *fiber.Ctx, status int, page templ.Component) error {
	var b bytes.Buffer
	if err := page.Render(c.UserContext(), &b); err != nil {
		return fmt.Errorf("render: %w", err)
	}
	c.Set(fiber.HeaderContentType, "text/html; charset=utf-8")
	c.Set(fiber.HeaderCacheControl, "private, no-store")
	c.Vary("HX-Request", "HX-Target")
	return c.Status(status).Send(b.Bytes())
}

// onlyPane says whether htmx asks for nothing but the right pane.
func onlyPane(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "true" && strings.HasSuffix(c.Get("HX-Target"), "#pane")
}

// Fail answers with an error, as a page or, for a pane, as a piece of one.
func (w *Web) Fail(c *fiber.Ctx, f border.Fault) error {
	if f.Status == fiber.StatusUnauthorized {
		return w.toSignIn(c)
	}
	fr := w.bare(c)
	if s := sessionOf(c); s != nil {
		fr = w.frame(c, s)
	}
	v := errorView{Fault: f, Reference: border.RequestID(c)}
	fr.Title = fr.L.T(v.title(fr.L))
	if onlyPane(c) {
		return w.render(c, f.Status, errorPane(fr, v))
	}
	return w.render(c, f.Status, errorPage(fr, v))
}
