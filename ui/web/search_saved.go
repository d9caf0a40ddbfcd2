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

// What became of a search that was to be kept, beside its id.
const (
	keptFull    = "full"
	keptLong    = "long"
	keptUnnamed = "unnamed"
	keptGone    = "gone" // it was removed
)

// keepSearch keeps a search under a name and goes back to it.
func (w *Web) keepSearch(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	at := searchAt(form.Get("query"))
	for _, day := range [...]string{"from", "to"} { // as typed; kept is the day that is meant now
		if date, err := locale.ParseDate(at.Get(day), w.cfg.Clock.Now()); err == nil && date != "" {
			at.values.Set(day, date)
		}
	}
	kept, err := w.doors.Archive.SaveSearch(c.UserContext(), s.actor, archive.SavedSearch{Name: form.Get("name"), Query: at.values.Encode()})
	became := kept.ID
	var wrong *record.Error
	switch errors.As(err, &wrong); {
	case err == nil:
	case errors.Is(err, record.Conflict):
		became = keptFull
	case errors.Is(err, record.Invalid) && wrong.Field == "name":
		became = keptUnnamed
	case errors.Is(err, record.Invalid) && wrong.Field == "query":
		became = keptLong
	default:
		return err
	}
	return c.Redirect(at.With("kept", became), fiber.StatusSeeOther)
}

// dropSearch forgets one and goes back to where that was asked.
func (w *Web) dropSearch(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	err = w.doors.Archive.DropSearch(c.UserContext(), s.actor, border.Param(c, "id"))
	if err != nil && !errors.Is(err, record.NotFound) { // it is gone already
		return err
	}
	back, err := url.Parse(local(form.Get("return")))
	if err != nil || back.Path != pathSearch {
		return c.Redirect("/?kept="+keptGone, fiber.StatusSeeOther)
	}
	return c.Redirect(searchAt(back.RawQuery).With("kept", keptGone), fiber.StatusSeeOther)
}

// searchAt reads what makes a search out of the search page's address.
func searchAt(query string) address {
	at := address{path: pathSearch, values: url.Values{}}
	asked, err := url.ParseQuery(query)
	if err != nil {
		return at
	}
	for _, name := range searchKept() {
		if value := asked.Get(name); value != "" {
			at.values.Set(name, value)
		}
	}
	return at
}

// keptQuery is what of the address is kept.
func (v searchView) keptQuery() string { return searchAt(v.At.values.Encode()).values.Encode() }

const maxKeptName = 80 // characters

// keptName is the name that is proposed: what was asked.
func (v searchView) keptName() string {
	name := []rune(strings.Join(strings.Fields(v.Q), " "))
	return string(name[:min(len(name), maxKeptName)])
}
