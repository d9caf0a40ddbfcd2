// Package ui is the face of the appliance on HTTP: pages for people (ui/web),
// a JSON interface for programs (ui/api), and the few addresses a machine asks
// (/livez, /readyz, /metrics). All of Fiber stays below this package, and everything
// here reaches the archive through a door: catalog, vault and policy can't be
// named from here, so no handler can go round policy or audit.
package ui

import (
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/appliance/archive"
	"eakte/appliance/identity"
	"eakte/appliance/oversight"
	"eakte/appliance/record"
	"eakte/ingest"
	"eakte/ingest/delivery"
	"eakte/ingest/inbox"
	"eakte/ui/api"
	"eakte/ui/assets"
	"eakte/ui/border"
	"eakte/ui/web"
)

// Deps are what main hands in.
type Deps struct {
	Archive   *archive.Archive
	Intake    *ingest.Intake
	Identity  *identity.Identity
	Oversight *oversight.Oversight
	Admin     *admin.Admin
	Inbox     *inbox.Inbox
	Splitter  *ingest.Splitter
	Merger    *ingest.Merger
	Delivery  *delivery.Desk
	Logger    *slog.Logger
	Clock     record.Clock // nil: the machine's
	Metrics   Metrics      // may be nil
	Config    Config
}

// Metrics counts requests and writes all that is counted, for /metrics.
type Metrics interface {
	Request(method, route string, status int, took time.Duration)
	Write(w io.Writer) error
}

// Config is what a site may set. The zero value is a good one.
type Config struct {
	Version        string
	Name           string        // of the jobcenter, shown in the bar and at sign-in
	MaxUpload      int64         // bytes of one document, default 1 GiB
	TrustedProxies []string      // addresses or networks whose X-Forwarded-For counts
	Grace          time.Duration // how long Serve lets requests finish when it stops, default 20 s
	MetricsToken   string        // opens /metrics to other machines; empty: to this one only
	Demo           string        // a line for the sign-in page of a demonstration; empty: none
	DemoProgress   web.DemoProgress
}

// headerLimit is the largest request line with all headers, in bytes. A query
// of 10,000 characters, each six bytes when escaped, must reach its handler to
// be told that it is too long.
const headerLimit = 128 << 10

// App is the assembled interface.
type App struct {
	fiber  *fiber.App
	log    *slog.Logger
	admin  *admin.Admin
	assets *assets.Set
	count  Metrics
	token  string      // of /metrics
	web    interface { // the pages
		Fail(c *fiber.Ctx, f border.Fault) error
	}
	grace time.Duration
}

// New assembles the interface. It fails if the assets were not built.
func New(d Deps) (*App, error) {
	set, err := assets.Load()
	if err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	return assemble(d, set)
}

func assemble(d Deps, set *assets.Set) (*App, error) {
	if d.Config.MaxUpload <= 0 {
		d.Config.MaxUpload = 1 << 30
	}
	if d.Config.Grace <= 0 {
		d.Config.Grace = 20 * time.Second
	}
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	if d.Clock == nil {
		d.Clock = record.SystemClock{}
	}
	a := &App{log: d.Logger, admin: d.Admin, assets: set, grace: d.Config.Grace,
		count: d.Metrics, token: d.Config.MetricsToken}
	doors := border.Doors{Archive: d.Archive, Intake: d.Intake, Identity: d.Identity, Oversight: d.Oversight, Admin: d.Admin, Inbox: d.Inbox, Splitter: d.Splitter, Merger: d.Merger, Delivery: d.Delivery, House: d.Config.Name}
	calls, err := api.New(doors, d.Config.MaxUpload, d.Config.Version)
	if err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	pages, err := web.New(doors, web.Config{Name: d.Config.Name, MaxUpload: d.Config.MaxUpload, Demo: d.Config.Demo, DemoProgress: d.Config.DemoProgress,
		Clock: d.Clock, Logger: d.Logger,
		Style: assetPath + set.Name("app.css"), Script: assetPath + set.Name("app.js"), Icon: assetPath + set.Name("icon.svg")})
	if err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	a.web, a.fiber = pages, a.server(d.Config.TrustedProxies)
	a.fiber.Use(a.begin)
	a.machines()
	a.fiber.Get(assetPath+":name", a.asset)
	calls.Mount(a.fiber)
	pages.Mount(a.fiber)
	a.fiber.Use(func(*fiber.Ctx) error { return fiber.ErrNotFound })
	return a, nil
}

// server is a Fiber with what holds for every face of the appliance.
func (a *App) server(trusted []string) *fiber.App {
	return fiber.New(fiber.Config{
		AppName:                      "eAkte",
		Immutable:                    true, // strings of a request would change under whoever keeps them
		StreamRequestBody:            true, // uploads go to the spool as they come; border.BodyOf limits them
		DisablePreParseMultipartForm: true, // else fasthttp writes uploads in plain into temporary files
		BodyLimit:                    64 << 10,
		ReadBufferSize:               headerLimit,
		ReadTimeout:                  30 * time.Second, // of the headers; bodies extend it read by read
		IdleTimeout:                  75 * time.Second,
		DisableStartupMessage:        true,
		DisableDefaultContentType:    true,
		StrictRouting:                false,
		CaseSensitive:                true,
		ErrorHandler:                 a.fail,
		EnableTrustedProxyCheck:      true,
		TrustedProxies:               trusted,
		ProxyHeader:                  proxyHeader(trusted),
		EnableIPValidation:           true,
	})
}

// proxyHeader is looked at only if a proxy is trusted.
func proxyHeader(trusted []string) string {
	if len(trusted) == 0 {
		return ""
	}
	return fiber.HeaderXForwardedFor
}
