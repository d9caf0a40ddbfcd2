package web

import (
	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/ui/border"
)

// findingsView is what was found in the store, by kind.
type findingsView struct {
	admin.Findings
	At       address
	Resolved bool
}

func (w *Web) findings(c *fiber.Ctx, s *session) error {
	at := addressOf(c, "kind", "state", "cursor")
	v := findingsView{At: at, Resolved: at.Get("state") == "resolved"}
	var err error
	v.Findings, err = w.doors.Admin.Findings(c.UserContext(), s.actor, admin.FindingQuery{Kind: at.Get("kind"), Resolved: v.Resolved,
		Cursor: border.Query(c, "cursor")})
	if err != nil {
		return err
	}
	return w.render(c, fiber.StatusOK, findingsPage(w.adminFrame(c, s, "admin.findings"), v))
}

// Of are the findings of a kind on this page.
func (v findingsView) Of(kind string) (out []admin.Found) {
	for _, f := range v.Items {
		if f.Kind == kind {
			out = append(out, f)
		}
	}
	return out
}

// Rest says whether the page doesn't show all of a kind that is open.
func (v findingsView) Rest(k admin.FoundKind) bool {
	return v.At.Get("kind") == "" && int64(len(v.Of(k.Kind))) < k.Open
}

// Shown are the kinds of the page: all that are open, or the one asked for.
func (v findingsView) Shown() (out []admin.FoundKind) {
	for _, k := range v.Kinds {
		if kind := v.At.Get("kind"); kind == "" || kind == k.Kind {
			out = append(out, k)
		}
	}
	return out
}

// Open is how many are open in all.
func (v findingsView) Open() (n int64) {
	for _, k := range v.Kinds {
		n += k.Open
	}
	return n
}

// Grave says whether something may be lost.
func (v findingsView) Grave() bool {
	for _, k := range v.Kinds {
		if k.Grave {
			return true
		}
	}
	return false
}

// graveKind is the look of a kind of finding.
func graveKind(grave bool) string {
	if grave {
		return "danger"
	}
	return "warning"
}
