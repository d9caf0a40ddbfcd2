package web

import (
	"errors"
	"slices"
	"strconv"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/record"
	"eakte/ui/border"
)

// splitView is where a person says at which pages of a document new ones begin.
type splitView struct {
	Back    address
	Pane    paneView
	Starts  []int
	Problem string // a key of ui/locale
}

func (w *Web) splitPage(c *fiber.Ctx, s *session) error {
	return w.showSplit(c, s, fiber.StatusOK, splitView{Back: clearingAt(border.Query(c, "back"))})
}

func (w *Web) showSplit(c *fiber.Ctx, s *session, status int, v splitView) error {
	var err error
	if v.Pane, err = w.pane(c.UserContext(), s.actor, addressOf(c), record.DocumentID(border.Param(c, "id"))); err != nil {
		return err
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("parting.title"), "split"
	f.Here = "/clearing/" + string(v.Pane.Doc.ID) + "/split"
	return w.render(c, status, splitShown(f, v))
}

// splitUnfiled divides a document where the ticked pages begin.
func (w *Web) splitUnfiled(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	v := splitView{Back: clearingAt(form.Get("back"))}
	for _, raw := range form["start"] {
		if n, err := strconv.Atoi(raw); err == nil {
			v.Starts = append(v.Starts, n)
		}
	}
	slices.Sort(v.Starts)
	id := record.DocumentID(border.Param(c, "id"))
	err = w.doors.Splitter.ByHand(c.UserContext(), s.actor, id, v.Starts, "")
	switch {
	case errors.Is(err, record.Invalid):
		v.Problem = "parting.none"
		return w.showSplit(c, s, fiber.StatusBadRequest, v)
	case errors.Is(err, record.Conflict):
		v.Problem = "parting.cannot"
		return w.showSplit(c, s, fiber.StatusConflict, v)
	case err != nil:
		return err
	}
	return c.Redirect(v.Back.With(), fiber.StatusSeeOther)
}

// mergeUnfiled puts the ticked documents together, in the order of the list.
func (w *Web) mergeUnfiled(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	var ids []record.DocumentID
	for _, id := range form["documents"] {
		ids = append(ids, record.DocumentID(id))
	}
	at := clearingAt(form.Get("back"))
	_, err = w.doors.Merger.Merge(c.UserContext(), s.actor, ids, "")
	problem := ""
	switch {
	case errors.Is(err, record.Invalid):
		problem = "merge.few"
	case errors.Is(err, record.Conflict), errors.Is(err, record.TooLarge):
		problem = "merge.cannot"
	case err != nil:
		return err
	}
	if problem != "" {
		return w.showClearing(c, s, fiber.StatusConflict, clearingView{At: at, Problem: problem})
	}
	return c.Redirect(at.With(), fiber.StatusSeeOther)
}

// divisible says whether pages can be taken out of a document.
func divisible(p paneView) bool {
	return len(p.Pages) > 1 && (p.Doc.ContentType == "application/pdf" || p.Doc.ContentType == "image/tiff") &&
		(p.Doc.Split == nil || p.Doc.Split.Parts == 0)
}
