package web

import (
	"errors"
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/search"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// searchView is what was found: files by name and number, documents by words.
type searchView struct {
	At      address
	Q       string
	From    string // as typed
	To      string
	Files   archive.FilePage
	Found   archive.SearchResult
	Problem string // a key of ui/locale: why there are no documents
	Pane    *paneView
}

// searchValues is the state of the list.
func searchValues() []string {
	return []string{"q", "type", "site", "file", "from", "to", "sort", "cursor"}
}

const filesBeside = 5 // files shown above the documents found

func (w *Web) search(c *fiber.Ctx, s *session) error {
	at := addressOf(c, append(searchValues(), paneValues()...)...)
	v := searchView{At: at, Q: strings.TrimSpace(at.Get("q")), From: at.Get("from"), To: at.Get("to")}
	f := w.frame(c, s)
	f.Title, f.Place, f.Query = f.L.T("search.title"), "search", v.Q
	if doc := at.Get("doc"); doc != "" {
		p, err := w.pane(c.UserContext(), s.actor, at, record.DocumentID(doc))
		if err != nil {
			return err
		}
		v.Pane = &p
		if onlyPane(c) {
			f.Title = title(f.L, p.Doc)
			return w.render(c, fiber.StatusOK, panePiece(f, p))
		}
	} else if onlyPane(c) {
		return w.render(c, fiber.StatusOK, searchTips(f))
	}
	if v.Q == "" {
		return w.render(c, fiber.StatusOK, searchPage(f, v))
	}
	if err := w.find(c, s, &v); err != nil {
		return err
	}
	status := fiber.StatusOK
	if v.Problem != "" && v.Problem != "search.down" {
		status = fiber.StatusBadRequest
	}
	return w.render(c, status, searchPage(f, v))
}

// find asks for files and documents. A query that only one of them
// understands, or an engine that is down, does not hide what the other finds.
func (w *Web) find(c *fiber.Ctx, s *session, v *searchView) error {
	now := w.cfg.Clock.Now()
	from, err1 := locale.ParseDate(v.From, now)
	to, err2 := locale.ParseDate(v.To, now)
	var err error
	if v.At.Get("cursor") == "" && v.At.Get("file") == "" {
		v.Files, err = w.doors.Archive.FindFiles(c.UserContext(), s.actor, archive.FileQuery{Q: v.Q, Limit: filesBeside})
		if err != nil && !errors.Is(err, record.Invalid) && !errors.Is(err, record.Denied) {
			return err
		}
	}
	if err1 != nil || err2 != nil {
		v.Problem = "search.baddate"
		return nil
	}
	v.Found, err = w.doors.Archive.Search(c.UserContext(), s.actor, archive.SearchRequest{Q: v.Q, Site: v.At.Get("site"),
		Type: v.At.Get("type"), File: v.At.Get("file"), From: from, To: to, Sort: v.At.Get("sort"), Cursor: v.At.Get("cursor")})
	switch {
	case err == nil:
	case errors.Is(err, record.Unavailable), errors.Is(err, record.Busy):
		v.Problem = "search.down"
		w.cfg.Logger.Warn("search is down for a page", "request", border.RequestID(c), "error", err)
	case errors.Is(err, record.Invalid):
		v.Problem = whyNot(v.Q)
	case errors.Is(err, record.Denied):
		v.Problem = ""
	default:
		return err
	}
	return nil
}

// whyNot says in plain words why a query can't be searched for.
func whyNot(q string) string {
	switch {
	case utf8.RuneCountInString(q) > 1000:
		return "search.long"
	case strings.Count(q, `"`)%2 == 1:
		return "search.quotes"
	}
	return "search.nothing"
}

// chip is one value the results can be narrowed to.
type chip struct {
	Label string
	Count int
	Link  string
	On    bool
}

// Chips are the values of a facet as links; a chosen one leads back.
func (v searchView) Chips(l *locale.Lang, facet string) []chip {
	list := append([]search.FacetCount{}, v.Found.Facets[facet]...)
	sort.SliceStable(list, func(i, j int) bool { return list[i].Count > list[j].Count })
	var chips []chip
	for i, fc := range list {
		if i == 6 {
			break
		}
		ch := chip{Label: fc.Value, Count: fc.Count}
		if facet == "year" {
			ch.On = v.From == fc.Value+"-01-01" && v.To == fc.Value+"-12-31"
			ch.Link = v.At.withoutPane("from", fc.Value+"-01-01", "to", fc.Value+"-12-31", "cursor", "")
			if ch.On {
				ch.Link = v.At.withoutPane("from", "", "to", "", "cursor", "")
			}
		} else {
			ch.On = v.At.Get(facet) == fc.Value
			ch.Link = v.At.withoutPane(facet, fc.Value, "cursor", "")
			if ch.On {
				ch.Link = v.At.withoutPane(facet, "", "cursor", "")
			}
		}
		if facet == "type" {
			ch.Label = typeName(l, fc.Value)
		}
		if ch.Label == "" {
			ch.Label = l.T("type.none")
		}
		chips = append(chips, ch)
	}
	return chips
}

// suggest completes what is being typed, as options of a list box.
func (w *Web) suggest(c *fiber.Ctx, s *session) error {
	q := strings.TrimSpace(border.Query(c, "q"))
	var list []string
	if utf8.RuneCountInString(q) >= 2 {
		var err error
		list, err = w.doors.Archive.Suggest(c.UserContext(), s.actor, q)
		if err != nil && !errors.Is(err, record.Invalid) && !errors.Is(err, record.Unavailable) {
			return err
		}
	}
	return w.render(c, fiber.StatusOK, suggestions(list))
}
