package web

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"eakte/appliance/archive"
	"eakte/appliance/record"
)

// paneView is a document opened beside a list, or on a page of its own.
type paneView struct {
	At    address
	Whole bool // on a page of its own
	Q     string
	Doc   archive.DocumentView
	Pages []archive.PageInfo
	Page  int
	Hit   int // the marked hit of this page, from 1; 0 for none
	Zoom  int // per cent of the pane's width
	Turn  int // 0, 90, 180, 270
	Mode  string
	Text  archive.PageText
	Undo  *undo
	Row   string          // the list's row that it is open of; empty: the document's
	Again bool            // it was just sent to be read once more
	Bar   templ.Component // what can be done about it; nil: nothing here
}

// zooms are the steps of the magnifier, in per cent of the pane's width.
func zooms() []int { return []int{50, 75, 100, 150, 200, 300} }

const (
	modeImage = "image"
	modeText  = "text"
	modeBoth  = "both"
)

// pane reads a document for the viewer: one look at the document, and if it
// has pages one at the page's text for the overlay. Both are written down.
func (w *Web) pane(ctx context.Context, actor record.Actor, at address, doc record.DocumentID) (paneView, error) {
	v := paneView{At: at, Q: at.Get("q"), Page: max(at.Int("page", 1), 1), Hit: at.Int("hit", 0), Zoom: at.Int("zoom", 100),
		Turn: at.Int("turn", 0), Mode: at.Get("view")}
	if !slices.Contains(zooms(), v.Zoom) {
		v.Zoom = 100
	}
	if v.Turn%90 != 0 || v.Turn > 270 {
		v.Turn = 0
	}
	if v.Mode != modeText && v.Mode != modeBoth {
		v.Mode = modeImage
	}
	seen, err := w.doors.Archive.View(ctx, actor, doc, v.Q)
	if errors.Is(err, record.Invalid) && v.Q != "" { // a query that can't be marked must not hide the document
		v.Q = ""
		seen, err = w.doors.Archive.View(ctx, actor, doc, "")
	}
	if err != nil {
		return v, err
	}
	v.Doc, v.Pages = seen.Document, seen.Pages
	if len(v.Pages) == 0 {
		return v, nil
	}
	if v.Page > len(v.Pages) {
		v.Page = len(v.Pages)
	}
	v.Text, err = w.doors.Archive.PageText(ctx, actor, doc, v.Page, v.Q)
	return v, err
}

// row is the key of the list's row that is open.
func (v paneView) row() string {
	if v.Row != "" {
		return v.Row
	}
	return string(v.Doc.ID)
}

// Info is what is known of the open page.
func (v paneView) Info() archive.PageInfo { return v.Pages[v.Page-1] }

// Hits is how many hits the whole document has.
func (v paneView) Hits() int {
	n := 0
	for _, p := range v.Pages {
		n += p.Hits
	}
	return n
}

// ToPage is the address of another page, "" if there is none.
func (v paneView) ToPage(n int) string {
	if n < 1 || n > len(v.Pages) {
		return ""
	}
	return v.At.With("page", strconv.Itoa(n), "hit", "")
}

// NextHit is the address of the next hit: on this page, or else the first of
// the next page that has one. "" behind the last.
func (v paneView) NextHit() string {
	if v.Hit < len(v.Text.Hits) {
		return v.At.With("page", strconv.Itoa(v.Page), "hit", strconv.Itoa(v.Hit+1)) + "#hit"
	}
	return v.hitBehind()
}

// hitBehind is the address of the first hit of the next page that has one.
func (v paneView) hitBehind() string {
	for n := v.Page + 1; n <= len(v.Pages); n++ {
		if v.Pages[n-1].Hits > 0 {
			return v.At.With("page", strconv.Itoa(n), "hit", "1") + "#hit"
		}
	}
	return ""
}

// PrevHit is the address of the hit before: on this page, or else the last of
// a page before. "" before the first.
func (v paneView) PrevHit() string {
	if v.Hit > 1 {
		return v.At.With("page", strconv.Itoa(v.Page), "hit", strconv.Itoa(v.Hit-1)) + "#hit"
	}
	return v.hitBefore()
}

// hitBefore is the address of the last hit of the page before that has one.
func (v paneView) hitBefore() string {
	for n := v.Page - 1; n >= 1; n-- {
		if h := v.Pages[n-1].Hits; h > 0 {
			return v.At.With("page", strconv.Itoa(n), "hit", strconv.Itoa(h)) + "#hit"
		}
	}
	return ""
}

// ZoomTo is the address with the next step in a direction, "" at the end.
func (v paneView) ZoomTo(step int) string {
	i := slices.Index(zooms(), v.Zoom) + step
	if i < 0 || i >= len(zooms()) {
		return ""
	}
	return v.At.With("zoom", strconv.Itoa(zooms()[i]))
}

// Turned is the address with the page turned right by 90 degrees.
func (v paneView) Turned() string {
	t := (v.Turn + 90) % 360
	if t == 0 {
		return v.At.With("turn", "")
	}
	return v.At.With("turn", strconv.Itoa(t))
}

// Image is the address of the page's picture: the everyday size, or the full
// one when it is magnified.
func (v paneView) Image() string {
	if v.Zoom > 100 {
		return v.FullImage()
	}
	return v.imageBase()
}

// FullImage is the address of the picture in full resolution.
func (v paneView) FullImage() string {
	return v.imageBase() + "?width=" + strconv.Itoa(v.Info().Width)
}

func (v paneView) imageBase() string {
	return "/documents/" + string(v.Doc.ID) + "/pages/" + strconv.Itoa(v.Page) + "/image"
}

// Alone is the address of the document on a page of its own.
func (v paneView) Alone() string {
	a := address{path: "/documents/" + string(v.Doc.ID), values: map[string][]string{}}
	page := ""
	if v.Page > 1 {
		page = strconv.Itoa(v.Page)
	}
	return a.With("q", v.Q, "page", page)
}

// Can says whether the reader may do something with the document.
func (v paneView) Can(what string) bool { return slices.Contains(v.Doc.Can, what) }
