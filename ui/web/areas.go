package web

import "github.com/gofiber/fiber/v2"

// The pages of each area are listed beside their handlers.

func (w *Web) mountInbox(_ *fiber.App, _ func(page) fiber.Handler) {}

func (w *Web) mountAdmin(_ *fiber.App, _ func(page) fiber.Handler) {}

func (w *Web) mountOversight(_ *fiber.App, _ func(page) fiber.Handler) {}
