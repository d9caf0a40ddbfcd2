package web

import (
	"errors"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// filesView is a list of files.
type filesView struct {
	At      address
	Q       string
	Found   archive.FilePage
	Problem string
}

// files finds files by number, name or birth date.
func (w *Web) files(c *fiber.Ctx, s *session) error {
	at := addressOf(c, "q", "number", "cursor")
	v := filesView{At: at, Q: strings.TrimSpace(at.Get("q"))}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("files.title"), "files"
	var err error
	v.Found, err = w.doors.Archive.FindFiles(c.UserContext(), s.actor,
		archive.FileQuery{Q: v.Q, Number: at.Get("number"), Cursor: at.Get("cursor")})
	if errors.Is(err, record.Invalid) {
		v.Problem = "files.invalid"
		if v.Q == "" && at.Get("number") == "" {
			v.Problem = "" // nothing asked yet
		}
	} else if err != nil {
		return err
	}
	return w.render(c, fiber.StatusOK, filesPage(f, v))
}

// fileView is a file with its documents.
type fileView struct {
	At    address
	File  archive.FileView
	Docs  archive.FileDocuments
	Pane  *paneView
	Back  bool       // the list starts behind the newest
	Filed *filedUndo // what was just put into another file
	None  bool       // a PDF of the ticked rows was asked for, and none was ticked
}

const documentsShown = 100 // of a file, at once

func (w *Web) file(c *fiber.Ctx, s *session) error {
	at := addressOf(c, append([]string{"q", "cursor"}, paneValues()...)...)
	v := fileView{At: at}
	if !onlyPane(c) {
		v.Filed = w.takeFiledUndo(c, at.path)
	}
	f := w.frame(c, s)
	f.Place = "file"
	ctx := c.UserContext()
	if doc := at.Get("doc"); doc != "" {
		p, err := w.pane(ctx, s.actor, at, record.DocumentID(doc))
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
	if v.File, err = w.doors.Archive.File(ctx, s.actor, border.Param(c, "id")); err != nil {
		return err
	}
	f.Title = fileTitle(v.File.Members, v.File.Number)
	if onlyPane(c) {
		return w.render(c, fiber.StatusOK, fileOverview(f, v))
	}
	v.Back, v.None = at.Get("cursor") != "", border.Query(c, "picked") == "none"
	v.Docs, err = w.doors.Archive.FileDocuments(ctx, s.actor, v.File.ID, at.Get("cursor"), documentsShown)
	if err != nil && !errors.Is(err, record.Denied) { // reception sees that the file is there, not what is in it
		return err
	}
	if errors.Is(err, record.Denied) { // but what is on its way to it
		if v.Docs.Pending, err = w.doors.Archive.FilePending(ctx, s.actor, v.File.ID); err != nil && !errors.Is(err, record.Denied) {
			return err
		}
	}
	v.Docs.Pending = onlyElsewhere(v.Docs.Pending, v.Docs.Items)
	return w.render(c, fiber.StatusOK, filePage(f, v))
}

// onlyElsewhere leaves of what is pending what does not stand in the list
// below anyhow, with its state.
func onlyElsewhere(pending []archive.Pending, listed []archive.DocumentView) []archive.Pending {
	return slices.DeleteFunc(pending, func(p archive.Pending) bool {
		return p.Document != nil && slices.ContainsFunc(listed, func(d archive.DocumentView) bool { return d.ID == p.Document.ID })
	})
}

// fileTitle names a file as people do: who, and the number.
func fileTitle(members []archive.MemberView, number string) string {
	if who := memberName(members); who != "" {
		return who + " · " + number
	}
	return number
}

// memberName is the first member's name, "Müller, Anna".
func memberName(members []archive.MemberView) string {
	if len(members) == 0 {
		return ""
	}
	return personName(members[0])
}

func personName(m archive.MemberView) string {
	if m.FirstName == "" {
		return m.Name
	}
	return m.Name + ", " + m.FirstName
}

// title is what a document is called: its title, else its type, else the name
// it was handed in under, else that it has none.
func title(l *locale.Lang, d archive.DocumentView) string {
	switch {
	case d.Title != "":
		return d.Title
	case d.Type != "":
		return typeName(l, d.Type)
	case d.Name != "":
		return d.Name
	}
	return l.T("document.untitled")
}
