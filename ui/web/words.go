package web

import (
	"slices"
	"strconv"
	"strings"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ui/border"
	"eakte/ui/locale"
)

// who names a user of the appliance.
func who(p archive.Person) string {
	if p.Display != "" {
		return p.Display
	}
	return p.Name
}

func siteName(f archive.FileView) string {
	if f.SiteName != "" {
		return f.SiteName
	}
	return f.Site
}

// Can says whether the reader may do something with the file.
func (v fileView) Can(what string) bool { return slices.Contains(v.File.Can, what) }

// Open is the document that is open beside the list.
func (v fileView) Open() record.DocumentID {
	if v.Pane == nil {
		return ""
	}
	return v.Pane.Doc.ID
}

// announce is what a screen reader hears when a page has come.
func (v paneView) announce(l *locale.Lang) string {
	s := title(l, v.Doc) + ", " + l.T("viewer.alt", "n", strconv.Itoa(v.Page), "all", strconv.Itoa(len(v.Pages)))
	if v.Q != "" {
		s += ", " + l.N("viewer.hits", v.Hits())
	}
	return s
}

// subtitle is type, date and way of a document in one line.
func (v paneView) subtitle(l *locale.Lang) string {
	var parts []string
	if name := typeName(l, v.Doc.Type); name != "" && !strings.HasPrefix(v.Doc.Title, name) && v.Doc.Title != "" {
		parts = append(parts, name)
	}
	if v.Doc.Received != "" {
		parts = append(parts, l.T("viewer.received", "date", l.Date(v.Doc.Received)))
	}
	if n := len(v.Pages); n > 0 {
		parts = append(parts, l.N("viewer.pages", n))
	}
	return strings.Join(parts, " · ")
}

// hitLine says where one stands among the hits.
func (v paneView) hitLine(l *locale.Lang) string {
	if v.Hit > 0 && v.Hit <= len(v.Text.Hits) {
		return strings.NewReplacer("{i}", strconv.Itoa(v.Hit), "{n}", strconv.Itoa(len(v.Text.Hits))).Replace(l.T("viewer.hitof"))
	}
	return l.N("viewer.hits", v.Hits())
}

// hidden are the values of the address that a form has to carry on.
func (v paneView) hidden(but ...string) []field {
	var list []field
	for name := range v.At.values {
		if !slices.Contains(but, name) {
			list = append(list, field{name, v.At.Get(name)})
		}
	}
	slices.SortFunc(list, func(a, b field) int { return strings.Compare(a.Name, b.Name) })
	return list
}

func (v paneView) sourceLine(l *locale.Lang) string {
	return l.T("viewer.ocr", "percent", strconv.Itoa(int(v.Info().Confidence+0.5)))
}

// keepLine says in words how long the document is kept.
func (v paneView) keepLine(l *locale.Lang) string {
	if v.Doc.KeepUntil == "" {
		return l.T("document.keepopen")
	}
	return l.T("document.keepuntil", "date", l.Date(v.Doc.KeepUntil))
}

func (v paneView) originalLine(l *locale.Lang) string {
	s := l.Size(v.Doc.Size)
	if v.Doc.ContentType != "" {
		s = v.Doc.ContentType + ", " + s
	}
	if v.Doc.Name != "" {
		s = v.Doc.Name + ", " + s
	}
	return s
}

func (r receiptView) label(l *locale.Lang) string {
	if r.Name != "" {
		return r.Name
	}
	return l.T("document.untitled")
}

// option is one choice of a select box.
type option struct{ Value, Text string }

func kindOptions(l *locale.Lang) []option {
	var o []option
	for _, k := range fileKinds() {
		o = append(o, option{k, l.Of("kind", k)})
	}
	return o
}

func directionOptions(l *locale.Lang) []option {
	var o []option
	for _, d := range []record.Direction{record.DirectionIn, record.DirectionOut, record.DirectionInternal} {
		o = append(o, option{string(d), l.Of("direction", string(d))})
	}
	return o
}

// documentTypes are offered when a type is asked for, those of the rules in
// force; any other may be typed. In the catalog a type is one of these words.
func documentTypes(l *locale.Lang) []string {
	if types := l.Values(doctype); len(types) > 0 {
		return types
	}
	return []string{"hauptantrag", "weiterbewilligungsantrag", "mietbescheinigung", "mietvertrag", "kontoauszug", "lohnabrechnung",
		"heizkostenabrechnung", "nebenkostenabrechnung", "arbeitsunfaehigkeitsbescheinigung", "kuendigung", "widerspruch",
		"veraenderungsmitteilung", "einladung", "bescheid", "aktenvermerk", "anhoerung", "zustellungsurkunde", "rueckantwort"}
}

// doctype is the family of the types' names: those of the rules in force go
// before those of ui/locale, which name what older documents still are.
const doctype = "doctype"

// typeName is what a type is called.
func typeName(l *locale.Lang, kind string) string { return l.Of("doctype", kind) }

// withTypes lets the types be called as the rules in force call them. Pages
// that have no door yet (setup), and those of a catalog that doesn't answer,
// use the names that ship.
func (w *Web) withTypes(c *fiber.Ctx, l *locale.Lang) *locale.Lang {
	if w.doors.Admin == nil {
		return l
	}
	types, err := w.doors.Admin.DocumentTypes(c.UserContext(), record.Actor{})
	if err != nil {
		w.cfg.Logger.Warn("the types' names can't be read", "request", border.RequestID(c), "error", err)
		return l
	}
	names := make([]locale.Named, len(types))
	for i, t := range types {
		names[i] = locale.Named{Value: t.Key, Text: t.German}
		if l.Code == locale.English {
			names[i].Text = t.English
		}
	}
	return l.With(doctype, names)
}

// typeNamed finds the type by what it is called; what is none of the known
// ones is a type of the user's own.
func typeNamed(l *locale.Lang, name string) string {
	for _, k := range documentTypes(l) {
		if strings.EqualFold(typeName(l, k), strings.TrimSpace(name)) {
			return k
		}
	}
	return strings.TrimSpace(name)
}

// problem is the sentence below the field it concerns, "" below all others.
func problem(l *locale.Lang, key, concerned, field string) string {
	if key == "" || concerned != field {
		return ""
	}
	return l.T(key)
}

func (v newFileView) problem(l *locale.Lang, field string) string {
	return problem(l, v.Problem, v.Field, field)
}

func (v uploadView) problem(l *locale.Lang, field string) string {
	return problem(l, v.Problem, v.Field, field)
}

func (v changeView) problem(l *locale.Lang, field string) string {
	return problem(l, v.Problem, v.Field, field)
}
