package web

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/search"
	"eakte/ui/border"
	"eakte/ui/locale"
)

func (w *Web) mountSearch(app *fiber.App, in func(page) fiber.Handler) {
	app.Get(pathSearch, in(w.search))
	app.Get("/suggest", in(w.suggest))
	app.Post("/searches", in(w.keepSearch))
	app.Post("/searches/:id/drop", in(w.dropSearch))
}

const pathSearch = "/search"

// searchView is what was found: files by name and number, documents by words.
type searchView struct {
	At      address
	Q       string
	From    string // as typed
	To      string
	File    *archive.FileView // the only one searched; nil: all
	Files   archive.FilePage
	Found   archive.SearchResult
	Problem string // a key of ui/locale: why there are no documents
	Saved   []archive.SavedSearch
	Kept    string // what became of a search that was to be kept: its id, or one of kept…
	Pane    *paneView
}

// The problems that are not the query's.
const (
	searchDown = "search.down"
	badDate    = "search.baddate"
)

// searchKept is what of the list's state makes the search, and may be kept.
func searchKept() []string {
	return []string{"q", "type", "site", "team", "section", "file", "from", "to", "sort"}
}

const filesBeside = 5 // files shown above the documents found

func (w *Web) search(c *fiber.Ctx, s *session) error {
	at := addressOf(c, append(append(searchKept(), "cursor"), paneValues()...)...)
	v := searchView{At: at, Q: strings.TrimSpace(at.Get("q")), From: at.Get("from"), To: at.Get("to"), Kept: border.Query(c, "kept")}
	f := w.frame(c, s)
	f.Title, f.Place, f.Query, f.Here = f.L.T("search.title"), "search", v.Q, at.With()
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
	}
	var err error
	if v.Saved, err = w.doors.Archive.SavedSearches(c.UserContext(), s.actor); err != nil {
		return err
	}
	if onlyPane(c) {
		return w.render(c, fiber.StatusOK, searchTips(f, v))
	}
	if err := w.find(c, s, f.L, &v); err != nil {
		return err
	}
	status := fiber.StatusOK
	if v.Problem != "" && v.Problem != searchDown {
		status = fiber.StatusBadRequest
	}
	return w.render(c, status, searchPage(f, v))
}

// find asks for files and documents. A query that only one of them
// understands, or an engine that is down, does not hide what the other finds.
func (w *Web) find(c *fiber.Ctx, s *session, l *locale.Lang, v *searchView) error {
	ctx := c.UserContext()
	if in := v.At.Get("file"); in != "" {
		file, err := w.doors.Archive.File(ctx, s.actor, in)
		if err != nil {
			return err
		}
		v.File = &file
	}
	if v.Q == "" {
		return nil
	}
	if v.At.Get("cursor") == "" && v.File == nil {
		var err error
		v.Files, err = w.doors.Archive.FindFiles(ctx, s.actor, archive.FileQuery{Q: v.Q, Limit: filesBeside})
		if err != nil && !errors.Is(err, record.Invalid) && !errors.Is(err, record.Denied) {
			return err
		}
	}
	return w.findDocuments(c, s, l, v)
}

func (w *Web) findDocuments(c *fiber.Ctx, s *session, l *locale.Lang, v *searchView) error {
	now := w.cfg.Clock.Now()
	from, err1 := locale.ParseDate(v.From, now)
	to, err2 := locale.ParseDate(v.To, now)
	if err1 != nil || err2 != nil {
		v.Problem = badDate
		return nil
	}
	found, err := w.doors.Archive.Search(c.UserContext(), s.actor, archive.SearchRequest{Q: v.Q, Site: v.At.Get("site"), Team: v.At.Get("team"),
		Type: v.At.Get("type"), Section: v.At.Get("section"), File: v.At.Get("file"), From: from, To: to, Sort: v.At.Get("sort"),
		Cursor: v.At.Get("cursor"), TypeCodes: border.TypeCodes(c, w.doors)})
	switch why := search.Reason(err); {
	case err == nil:
		v.Found = found
	case errors.Is(err, record.Unavailable), errors.Is(err, record.Busy):
		v.Problem = searchDown
		w.cfg.Logger.Warn("search is down for a page", "request", border.RequestID(c), "error", err)
	case l.Has("search.why", why+".title"):
		v.Problem = "search.why." + why
	case errors.Is(err, record.Denied):
	default:
		return err
	}
	return nil
}

// heading says what is asked for, and in which file.
func (v searchView) heading(l *locale.Lang) string {
	switch {
	case v.Q == "" && v.File == nil:
		return l.T("search.title")
	case v.Q == "":
		return l.T("search.infile", "file", fileTitle(v.File.Members, v.File.Number))
	case v.File == nil:
		return l.T("search.heading", "q", v.Q)
	}
	return l.T("search.headinginfile", "file", fileTitle(v.File.Members, v.File.Number), "q", v.Q)
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
