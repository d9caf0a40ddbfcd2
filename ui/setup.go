package ui

import (
	"fmt"
	"log/slog"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/install"
	"eakte/appliance/record"
	"eakte/ui/assets"
	"eakte/ui/web"
)

// SetupDeps are what main hands in for the first setup.
type SetupDeps struct {
	Install *install.Install
	Gone    <-chan struct{} // closed when no more connections come here; nil: the last answer waits for nothing
	Logger  *slog.Logger
	Config  Config
}

// setupGrace is how long the last request of the setup may take to be answered.
const setupGrace = 5 * time.Second

// NewSetup assembles the interface of an appliance that is not set up yet: the
// pages of the setup and nothing else. It fails if the assets were not built.
func NewSetup(d SetupDeps) (*App, error) {
	set, err := assets.Load()
	if err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	return assembleSetup(d, set)
}

func assembleSetup(d SetupDeps, set *assets.Set) (*App, error) {
	if d.Logger == nil {
		d.Logger = slog.New(slog.DiscardHandler)
	}
	a := &App{log: d.Logger, assets: set, grace: setupGrace}
	pages, err := web.NewSetup(d.Install, d.Gone, web.Config{Name: "eAkte", Clock: record.SystemClock{}, Logger: d.Logger,
		Style: assetPath + set.Name("app.css"), Script: assetPath + set.Name("app.js"), Icon: assetPath + set.Name("icon.svg")})
	if err != nil {
		return nil, fmt.Errorf("ui: %w", err)
	}
	a.web, a.fiber = pages, a.server(d.Config.TrustedProxies)
	a.fiber.Use(a.begin)
	a.fiber.Get("/livez", func(c *fiber.Ctx) error { return plain(c, "ok\n") })
	for _, path := range []string{"/readyz", "/metrics", "/api"} {
		a.fiber.Use(path, func(*fiber.Ctx) error { return notSetUp() })
	}
	a.fiber.Get(assetPath+":name", a.asset)
	pages.Mount(a.fiber)
	return a, nil
}

func notSetUp() error {
	return &record.Error{Category: record.Unavailable, Message: "eAkte is not set up yet.", Hint: "Open /setup in a browser; the console shows the token."}
}
