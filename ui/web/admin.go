package web

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
)

// mountAdmin adds the administrators' pages.
func (w *Web) mountAdmin(app *fiber.App, in func(page) fiber.Handler) {
	app.Get("/admin", in(w.adminStart))
	app.Get("/admin/health", in(w.health))
	app.Get("/admin/findings", in(w.findings))
	app.Get("/admin/schedules", in(w.schedules))
	app.Post("/admin/schedules/:name/run", in(w.runSchedule))
	app.Get("/admin/users", in(w.users))
	app.Get("/admin/new-user", in(w.newUserPage))
	app.Post("/admin/new-user", in(w.newUser))
	app.Get("/admin/users/:id", in(w.user))
	app.Post("/admin/users/:id/roles", in(w.changeRoles))
	app.Post("/admin/users/:id/state", in(w.changeState))
	app.Post("/admin/users/:id/password", in(w.resetPassword))
	app.Post("/admin/users/:id/tokens", in(w.changeTokens))
	app.Get("/admin/roles", in(w.roles))
	app.Get("/admin/sites", in(w.sites))
}

// adminArea is one page of the administration, and who is offered it.
type adminArea struct{ to, text, may string }

func adminAreas() []adminArea {
	return []adminArea{{"/admin/health", "admin.health", "health"},
		{"/admin/findings", "admin.findings", "health"}, {"/admin/schedules", "admin.schedules", "health"}, {"/throughput", "throughput.title", "health"},
		{"/admin/users", "admin.users", "users"}, {"/admin/roles", "admin.roles", "policy"}, {"/admin/sites", "admin.sites", "users"}, {"/rules", "rules.title", "settings"}}
}

// adminArea is where the administration begins for this user, "" if nowhere.
func (f Frame) adminArea() string {
	for _, a := range adminAreas() {
		if f.May[a.may] {
			return a.to
		}
	}
	return ""
}

// adminFrame is the frame of a page of the administration.
func (w *Web) adminFrame(c *fiber.Ctx, s *session, title string) Frame {
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T(title), "admin"
	return f
}

func (w *Web) adminStart(c *fiber.Ctx, s *session) error {
	to := w.frame(c, s).adminArea()
	if to == "" {
		return &record.Error{Category: record.Denied, Message: "Your roles do not let you administer anything."}
	}
	return c.Redirect(to, fiber.StatusSeeOther)
}
