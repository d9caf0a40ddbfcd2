package web

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest/inbox"
	"eakte/ui/border"
)

const pathClearing = "/clearing"

func (w *Web) mountClearing(app *fiber.App, in func(page) fiber.Handler) {
	app.Get(pathClearing, in(w.clearing))
	app.Post("/clearing/undo", in(w.undoFiling))
	app.Post("/clearing/merge", in(w.mergeUnfiled))
	app.Get("/clearing/:id/split", in(w.splitPage))
	app.Post("/clearing/:id/split", in(w.splitUnfiled))
	app.Post("/clearing/:id/accept", in(w.acceptFile))
	app.Post("/clearing/:id/type", in(w.setType))
	app.Get("/documents/:id/refile", in(w.refilePage))
	app.Post("/documents/:id/refile", in(w.refile))
	app.Get("/files/:id/traces", in(w.tracesPage))
	app.Get("/files/:id/traces/:trace", in(w.tracePage))
}

// clearingView is what waits in clearing, with what is open beside the list.
type clearingView struct {
	At      address
	List    inbox.ClearingPage
	Pane    *paneView
	Gone    bool // what was asked for is not there any more
	Undo    *filedUndo
	Found   []archive.FileHit // by At's find
	Next    record.DocumentID // behind the open one, if its pages can be shown
	Problem string            // a key of ui/locale: why nothing was done
}

// clearingValues is the state of the list.
func clearingValues() []string { return []string{"site", "team", "order", "cursor"} }

func (w *Web) clearing(c *fiber.Ctx, s *session) error {
	v := clearingView{At: addressOf(c, append(append(clearingValues(), "find"), paneValues()...)...)}
	if !onlyPane(c) {
		v.Undo = w.takeFiledUndo(c, pathClearing)
	}
	return w.showClearing(c, s, fiber.StatusOK, v)
}

func (w *Web) showClearing(c *fiber.Ctx, s *session, status int, v clearingView) error {
	f := w.frame(c, s)
	f.Here, f.Place, f.Title = v.At.With(), "clearing", f.L.T("clearing.title")
	ctx := c.UserContext()
	err := w.openUnfiled(ctx, s.actor, &v)
	if errors.Is(err, record.NotFound) && !onlyPane(c) {
		v.Gone, v.Pane, err = true, nil, nil
		status = max(status, fiber.StatusNotFound)
	}
	if err != nil {
		return err
	}
	if v.List, err = w.clearingList(ctx, s.actor, v.At); err != nil {
		return err
	}
	if v.Pane != nil {
		v.Next = v.readable(v.after(v.Pane.Doc.ID))
		f.Title = title(f.L, v.Pane.Doc)
	}
	if onlyPane(c) {
		return w.render(c, status, clearingPane(f, v))
	}
	return w.render(c, status, clearingPage(f, v))
}

func (w *Web) clearingList(ctx context.Context, actor record.Actor, at address) (inbox.ClearingPage, error) {
	return w.doors.Inbox.Clearing(ctx, actor, inbox.ClearingQuery{Site: at.Get("site"), Team: at.Get("team"), Newest: at.Get("order") == "newest",
		Cursor: at.Get("cursor"), Limit: itemsShown})
}

// openUnfiled reads what the address says is open, marks on its page what the
// routing found there, and looks for the files that were asked for beside it.
func (w *Web) openUnfiled(ctx context.Context, actor record.Actor, v *clearingView) error {
	doc := record.DocumentID(v.At.Get("doc"))
	if doc == "" {
		return nil
	}
	p, err := w.pane(ctx, actor, v.At, doc)
	if err != nil {
		return err
	}
	v.Pane = &p
	p.markEvidence()
	if find := strings.TrimSpace(v.At.Get("find")); find != "" {
		page, err := w.doors.Archive.FindFiles(ctx, actor, archive.FileQuery{Q: find, Limit: filesOffered})
		if err != nil && !errors.Is(err, record.Denied) {
			return err
		}
		v.Found = postable(page.Items)
	}
	return nil
}

// filesOffered is how many files a search beside the document shows.
const filesOffered = 8

// postable keeps of found files those that the reader may hand something into.
func postable(hits []archive.FileHit) []archive.FileHit {
	return slices.DeleteFunc(hits, func(h archive.FileHit) bool { return !slices.Contains(h.Can, "post") })
}

// markEvidence lays what the routing found over the open page.
func (v *paneView) markEvidence() {
	if v.Doc.Routing == nil || len(v.Text.Hits) > 0 {
		return
	}
	for _, e := range v.Doc.Routing.Evidence {
		if e.Page == v.Page && e.Box.W > 0 {
			v.Text.Hits = append(v.Text.Hits, e.Box)
		}
	}
}

// after is what follows a document in the list, the first one behind the last;
// "" if nothing else is there.
func (v clearingView) after(id record.DocumentID) record.DocumentID {
	at := slices.IndexFunc(v.List.Items, func(u inbox.Unfiled) bool { return u.Document.ID == id })
	for i := range v.List.Items {
		if next := v.List.Items[(at+1+i)%len(v.List.Items)].Document.ID; next != id {
			return next
		}
	}
	return ""
}

// readable gives a document of the list back if it has pages, else "".
func (v clearingView) readable(id record.DocumentID) record.DocumentID {
	if slices.ContainsFunc(v.List.Items, func(u inbox.Unfiled) bool {
		return u.Document.ID == id && u.Document.Pages > 0 && u.Document.State == record.StateClearing
	}) {
		return id
	}
	return ""
}

// acceptFile files the open document and goes on to the next one.
func (w *Web) acceptFile(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id, at := record.DocumentID(border.Param(c, "id")), clearingAt(form.Get("back"))
	change := archive.DocumentChange{}
	if f := strings.TrimSpace(form.Get("file")); f != "" {
		change.File = &f
	}
	if t := typeNamed(w.bare(c).L, form.Get("type")); t != "" && t != form.Get("was") {
		change.Type = &t
	}
	v := clearingView{At: at.opening(id)}
	list, err := w.clearingList(c.UserContext(), s.actor, at)
	if err != nil {
		return err
	}
	next := clearingView{List: list}.after(id)
	d, err := w.doors.Archive.ChangeDocument(c.UserContext(), s.actor, id, change)
	switch {
	case errors.Is(err, record.NotFound):
		v.Problem = "clearing.nofile"
		return w.showClearing(c, s, fiber.StatusNotFound, v)
	case errors.Is(err, record.Conflict), errors.Is(err, record.Invalid):
		v.Problem = "clearing.notnow"
		return w.showClearing(c, s, fiber.StatusConflict, v)
	case err != nil:
		return err
	}
	if change.File == nil {
		return c.Redirect(at.With("doc", string(id)), fiber.StatusSeeOther)
	}
	u := filedUndo{Document: id, Along: len(d.Moved)}
	if d.File != nil {
		u.File = d.File.Number
	}
	if err := w.giveFiledUndo(c, pathClearing, u); err != nil {
		return err
	}
	return c.Redirect(at.With("doc", string(next)), fiber.StatusSeeOther)
}

// setType changes only what kind of document it is.
func (w *Web) setType(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id, t := record.DocumentID(border.Param(c, "id")), typeNamed(w.bare(c).L, form.Get("type"))
	if _, err := w.doors.Archive.ChangeDocument(c.UserContext(), s.actor, id, archive.DocumentChange{Type: &t}); err != nil {
		return err
	}
	return c.Redirect(clearingAt(form.Get("back")).With("doc", string(id)), fiber.StatusSeeOther)
}

// undoFiling takes the last filing back and opens the document again: in
// clearing, or in the file where it lay.
func (w *Web) undoFiling(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id := record.DocumentID(form.Get("document"))
	d, err := w.doors.Archive.TakeBack(c.UserContext(), s.actor, id)
	if err != nil {
		return err
	}
	if d.File != nil {
		return c.Redirect("/files/"+string(d.File.ID)+"?doc="+string(id), fiber.StatusSeeOther)
	}
	return c.Redirect(clearingAt(form.Get("back")).With("doc", string(id)), fiber.StatusSeeOther)
}

// clearingAt reads the list that a form came from.
func clearingAt(raw string) address {
	at := address{path: pathClearing, values: url.Values{}}
	u, err := url.Parse(raw)
	if err != nil {
		return at
	}
	for _, name := range clearingValues() {
		if v := u.Query().Get(name); v != "" {
			at.values.Set(name, strings.Clone(v))
		}
	}
	return at
}

// opening is the address of a list with a document open.
func (a address) opening(id record.DocumentID) address {
	v := url.Values{}
	for k, list := range a.values {
		v[k] = list
	}
	v.Set("doc", string(id))
	return address{path: a.path, values: v}
}

// filedUndo is a filing that can be taken back. The cookie it travels in names
// nobody.
type filedUndo struct {
	Document record.DocumentID
	File     string // the number; empty where it may not be seen
	Along    int    // so many went along
}

func (w *Web) giveFiledUndo(c *fiber.Ctx, path string, u filedUndo) error {
	b, err := json.Marshal(u)
	if err != nil {
		return err
	}
	w.setCookie(c, cookieFiled, base64.RawURLEncoding.EncodeToString(b), path, undoTime)
	return nil
}

// takeFiledUndo reads the cookie once; what can't be read is no undo.
func (w *Web) takeFiledUndo(c *fiber.Ctx, path string) *filedUndo {
	raw := border.Cookie(c, cookieFiled)
	if raw == "" {
		return nil
	}
	w.setCookie(c, cookieFiled, "", path, -1)
	var u filedUndo
	b, err := base64.RawURLEncoding.DecodeString(raw)
	if err != nil || json.Unmarshal(b, &u) != nil || !record.ValidID(string(u.Document)) {
		return nil
	}
	return &u
}
