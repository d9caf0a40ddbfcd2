package web

import (
	"slices"
	"strconv"
	"time"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/admin"
	"eakte/ui/locale"
)

// healthView is what an administrator sees of the parts, what needs them first.
type healthView struct {
	Parts   []admin.Part
	Checked string
}

func (w *Web) health(c *fiber.Ctx, s *session) error {
	h, err := w.doors.Admin.Health(c.UserContext(), s.actor)
	if err != nil {
		return err
	}
	f := w.adminFrame(c, s, "admin.health")
	return w.render(c, fiber.StatusOK, healthPage(f, healthView{worstFirst(h.Parts), f.L.Time(w.cfg.Clock.Now())}))
}

// worstFirst keeps the order of parts that are in the same state.
func worstFirst(parts []admin.Part) []admin.Part {
	rank := map[string]int{admin.Down: 0, admin.Degraded: 1}
	of := func(p admin.Part) int {
		if n, bad := rank[p.State]; bad {
			return n
		}
		return len(rank)
	}
	out := slices.Clone(parts)
	slices.SortStableFunc(out, func(a, b admin.Part) int { return of(a) - of(b) })
	return out
}

// Count is how many parts are in a state.
func (v healthView) Count(state string) (n int) {
	for _, p := range v.Parts {
		if p.State == state {
			n++
		}
	}
	return n
}

// partFound says in the reader's language what was found about a part; what
// has no text yet is said in English.
func partFound(l *locale.Lang, p admin.Part) string {
	if !l.Has("health", p.Code) {
		return p.Message
	}
	return l.T("health."+p.Code, partValues(l, p)...)
}

// partRemedy says what to do about it, "" if nothing is to be done.
func partRemedy(l *locale.Lang, p admin.Part) string {
	if p.Hint == "" {
		return ""
	}
	if !l.Has("health", p.Code+".do") {
		return p.Hint
	}
	return l.T("health."+p.Code+".do", partValues(l, p)...)
}

// partValues writes numbers as people read them.
func partValues(l *locale.Lang, p admin.Part) []any {
	var pairs []any
	for k, v := range p.Values {
		if n, err := strconv.ParseInt(v, 10, 64); err == nil {
			v = l.Number(int(n))
			if k == "bytes" {
				v = l.Size(n)
			}
		} else if at, err := time.Parse(time.RFC3339, v); err == nil {
			v = l.Time(at)
		}
		pairs = append(pairs, k, v)
	}
	return pairs
}

// stateKind is the look of a part's state.
func stateKind(state string) string {
	switch state {
	case admin.OK:
		return "success"
	case admin.Down:
		return "danger"
	}
	return "warning"
}
