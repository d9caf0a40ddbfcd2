package web

import (
	"slices"
	"strconv"
	"strings"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/locale"
)

func linksOf(all []archive.Link, kind string) []archive.Link {
	var out []archive.Link
	for _, l := range all {
		if l.Kind == kind {
			out = append(out, l)
		}
	}
	return out
}

// linkTitle is how a linked document is called: by its title, the name it came
// with, or its type.
func linkTitle(f Frame, l archive.Link) string {
	switch {
	case l.Title != "":
		return l.Title
	case l.Name != "":
		return l.Name
	case l.Type != "":
		return typeName(f.L, l.Type)
	}
	return f.L.T("mail.noname")
}

// linkWhat says what a linked document is and where it stands: "PDF, 2 Seiten".
func linkWhat(f Frame, l archive.Link) string {
	var parts []string
	if kind := fileType(f, l.ContentType); kind != "" {
		parts = append(parts, kind)
	}
	switch {
	case l.State == record.StateQuarantined:
		parts = append(parts, f.L.T("mail.unread")+" "+f.L.ReasonText(l.Reason))
	case l.State == record.StateReady, l.State == record.StateClearing:
		parts = append(parts, f.L.N("viewer.pages", l.Pages))
	default:
		parts = append(parts, f.L.Of("state", string(l.State)))
	}
	return strings.Join(parts, ", ")
}

// linkTo is the address of a linked document: beside the list that is open
// where it lies in the same file, else on a page of its own.
func (v paneView) linkTo(l archive.Link) string {
	if !v.beside() {
		return "/documents/" + string(l.Document)
	}
	return v.At.withoutPane("doc", string(l.Document))
}

// beside says whether documents open beside a list that takes any of them.
func (v paneView) beside() bool {
	return !v.Whole && (strings.HasPrefix(v.At.path, "/files/") || v.At.path == "/search")
}

// upID is the mail's link: the key for the attachment before leads there from
// the first one.
func (v paneView) upID() string {
	if len(linksOf(v.Doc.Links, archive.LinkPrevious)) == 0 {
		return "v-prevpart"
	}
	return "v-mail"
}

// listed is a row of a file's register.
type listed struct {
	archive.DocumentView
	In    *archive.Link // the mail or archive that it came in
	Below bool          // the row stands below that one's
}

// families puts what came in a mail or archive below it, in its order; all
// else stays where it is.
func families(docs []archive.DocumentView) []listed {
	below := map[record.DocumentID][]listed{}
	there := map[record.DocumentID]bool{}
	for _, d := range docs {
		there[d.ID] = true
	}
	var tops []listed
	for _, d := range docs {
		row := listed{DocumentView: d}
		if in := linksOf(d.Links, archive.LinkEnclosedIn); len(in) > 0 {
			row.In = &in[0]
		}
		if row.In != nil && there[row.In.Document] && row.In.Document != d.ID {
			row.Below = true
			below[row.In.Document] = append(below[row.In.Document], row)
		} else {
			tops = append(tops, row)
		}
	}
	var out []listed
	var add func(row listed)
	add = func(row listed) {
		out = append(out, row)
		parts := below[row.ID]
		delete(below, row.ID)
		slices.SortStableFunc(parts, func(a, b listed) int { return a.In.Place - b.In.Place })
		for _, p := range parts {
			add(p)
		}
	}
	for _, row := range tops {
		add(row)
	}
	return out
}

// partNumber is the place of a part in what it came in.
func partNumber(d listed) string { return strconv.Itoa(d.In.Place) }

// rowTitle is what a row of a file's list is called: what came in a mail goes by
// the name that it had there, since several may be of one type.
func (d listed) rowTitle(l *locale.Lang) string {
	if d.Below && d.Title == "" && d.Name != "" {
		return d.Name
	}
	return title(l, d.DocumentView)
}
