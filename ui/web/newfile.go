package web

import (
	"errors"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// newFileView is the form that creates a file.
type newFileView struct {
	Fields  url.Values
	Teams   []option // where the user may create one: site/team
	Problem string
	Field   string
}

// fileKinds are the kinds a file is usually of.
func fileKinds() []string { return []string{"leistung", "vermittlung", "unterhalt"} }

func (w *Web) newFilePage(c *fiber.Ctx, s *session) error {
	return w.showNewFile(c, s, fiber.StatusOK, newFileView{Fields: url.Values{"number": {border.Query(c, "number")}}})
}

func (w *Web) showNewFile(c *fiber.Ctx, s *session, status int, v newFileView) error {
	f := w.frame(c, s)
	f.Title, f.Place, f.Here = f.L.T("newfile.title"), "newfile", "/files/new"
	sites, err := w.doors.Archive.Places(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	for _, site := range sites {
		for _, t := range site.Teams {
			v.Teams = append(v.Teams, option{site.Code + "/" + t.Code, site.Name + ", " + t.Name})
		}
	}
	return w.render(c, status, newFilePage(f, v))
}

func (w *Web) newFile(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	v := newFileView{Fields: form}
	get := func(name string) string { return strings.TrimSpace(form.Get(name)) }
	born, err := locale.ParseDate(get("birth_date"), w.cfg.Clock.Now())
	if err != nil {
		v.Problem, v.Field = "newfile.date", "birth_date"
		return w.showNewFile(c, s, fiber.StatusBadRequest, v)
	}
	site, team, _ := strings.Cut(get("team"), "/")
	created, err := w.doors.Archive.CreateFile(c.UserContext(), s.actor, archive.NewFile{Number: get("number"), Kind: get("kind"), Site: site, Team: team,
		Customer: &archive.NewMember{Name: get("name"), FirstName: get("first_name"), BirthDate: born,
			CustomerNumber: get("customer_number"), Address: get("address"), Role: "applicant"}})
	switch {
	case err == nil:
		return c.Redirect("/files/"+string(created.ID), fiber.StatusSeeOther)
	case errors.Is(err, record.Conflict):
		v.Problem, v.Field = "newfile.taken", "number"
		return w.showNewFile(c, s, fiber.StatusConflict, v)
	case errors.Is(err, record.Invalid):
		v.Problem, v.Field = "newfile.invalid", border.FaultOf(err).Field
		return w.showNewFile(c, s, fiber.StatusBadRequest, v)
	}
	return err
}
