package web

import (
	"errors"
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gofiber/fiber/v2"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	slip "eakte/ingest/sheet"
	"eakte/ui/border"
	"eakte/ui/locale"
)

func (w *Web) mountRouting(app *fiber.App, in func(page) fiber.Handler) {
	app.Post("/documents/:id/belongs", in(w.belongs))
	app.Post("/documents/:id/also", in(w.also))
	app.Get("/files/:id/slips", in(w.slipForm))
	app.Post("/files/:id/slips", in(w.slip))
}

// belongs takes the answer whether a letter belongs in a restricted file.
func (w *Web) belongs(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id := record.DocumentID(border.Param(c, "id"))
	if form.Get("answer") != "yes" {
		if err := w.doors.Archive.Unreserve(c.UserContext(), s.actor, id); err != nil {
			return err
		}
		return c.Redirect("/inbox", fiber.StatusSeeOther) // it is out of sight now
	}
	v, err := w.doors.Archive.Document(c.UserContext(), s.actor, id)
	if err != nil {
		return err
	}
	if v.Routing == nil || v.Routing.Reserved == nil {
		return &record.Error{Category: record.Conflict, Message: "The document does not wait for this answer any more.", Hint: "Look at it again."}
	}
	file := string(v.Routing.Reserved.ID)
	if _, err := w.doors.Archive.ChangeDocument(c.UserContext(), s.actor, id, archive.DocumentChange{File: &file}); err != nil {
		return err
	}
	return c.Redirect("/documents/"+string(id), fiber.StatusSeeOther)
}

// also files a document in a second file. Where that can't be done the page says
// so in one sentence, whatever the reason: it says nothing of other files.
func (w *Web) also(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	id := record.DocumentID(border.Param(c, "id"))
	_, err = w.doors.Intake.FileAlso(c.UserContext(), s.actor, id, strings.TrimSpace(form.Get("file")), "")
	failed := errors.Is(err, record.NotFound) || errors.Is(err, record.Denied) || errors.Is(err, record.Invalid) || errors.Is(err, record.Conflict)
	if err != nil && !failed {
		return err
	}
	status := fiber.StatusOK
	if failed {
		status = fiber.StatusUnprocessableEntity
	}
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("routing.also"), "document"
	return w.render(c, status, alsoPage(f, id, failed))
}

// slipView is a return slip to print.
type slipView struct {
	File    record.FileID
	Type    string
	Code    string // its QR code, a path of SVG; empty: none was made yet
	Modules int

	Transmission string // names this form, so that sending it twice makes one slip
}

func (w *Web) slipForm(c *fiber.Ctx, s *session) error {
	f := w.frame(c, s)
	f.Title, f.Place = f.L.T("slip.title"), "file"
	return w.render(c, fiber.StatusOK, slipPage(f, slipView{File: record.FileID(border.Param(c, "id")), Transmission: record.NewID()}))
}

func (w *Web) slip(c *fiber.Ctx, s *session) error {
	form, err := w.form(c)
	if err != nil {
		return err
	}
	f := w.frame(c, s)
	v := slipView{File: record.FileID(border.Param(c, "id")), Type: typeNamed(f.L, form.Get("type")), Transmission: record.NewID()}
	code, _, err := w.doors.Archive.NewSlip(c.UserContext(), s.actor, string(v.File), v.Type, form.Get("transmission"))
	if err != nil {
		return err
	}
	if v.Code, v.Modules, err = slip.QR(slip.SlipText(code)); err != nil {
		return err
	}
	f.Title, f.Place = f.L.T("slip.title"), "file"
	return w.render(c, fiber.StatusOK, slipPage(f, v))
}

// slipWidth is how many characters fit on a line of a slip.
const slipWidth = 60

// slipLines is what a slip says to who sends it back.
func slipLines(l *locale.Lang) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(l.T("slip.says")) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > slipWidth {
			lines, line = append(lines, line), ""
		}
		line = strings.TrimSpace(line + " " + word)
	}
	return append(lines, line)
}

// mayCopy says whether the reader may have the document's bytes.
func (v paneView) mayCopy() bool {
	return slices.Contains(v.Doc.Can, "read") && (v.Doc.State == record.StateReady || v.Doc.State == record.StateClearing)
}

// routingLine is the outcome of a decision in a sentence.
func routingLine(l *locale.Lang, r archive.RoutingView) string {
	reason := ""
	if r.Reason != "" {
		reason = l.Of("routing.reason", r.Reason)
	}
	switch r.Outcome {
	case record.OutcomeAccepted:
		return l.T("routing.accepted", "who", who(r.By))
	case record.OutcomeForwarded:
		return l.T("routing.forwarded")
	}
	switch {
	case reason == "":
		return ""
	case r.Outcome == record.OutcomeFiled:
		return l.T("routing.filed", "reason", reason)
	}
	return l.T("routing.clearing", "reason", reason)
}

// evidenceLines are the sentences, each once: an address may be that of a whole
// family.
func evidenceLines(l *locale.Lang, all []archive.EvidenceView) (lines []string) {
	for _, e := range all {
		if line := evidenceLine(l, e); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// evidenceLine is one thing that was found, with where it stands.
func evidenceLine(l *locale.Lang, e archive.EvidenceView) string {
	value := e.Value
	if e.Kind == record.EvidenceBirth {
		value = l.Input(value)
	}
	line := strings.ReplaceAll(l.Of("routing.evidence", e.Kind), "{value}", value)
	if value == "" { // what stands on the pages is not for this reader
		line = strings.TrimRight(strings.TrimSpace(strings.TrimSuffix(line, ".")), ":") + "."
	}
	var more []string
	if e.Page > 0 {
		more = append(more, l.T("routing.page", "page", e.Page))
	}
	if e.Repair && e.Text != "" {
		more = append(more, l.T("routing.read", "text", e.Text))
	}
	if e.Weight < 0 {
		more = append(more, l.T("routing.against"))
	}
	if len(more) > 0 {
		line = strings.TrimSuffix(line, ".") + " (" + strings.Join(more, ", ") + ")."
	}
	return line
}

// typedLine says by which words the type was found, as long as it stands.
func typedLine(l *locale.Lang, is string, r archive.RoutingView) string {
	if r.Type.Type == "" || r.Type.Type != is {
		return ""
	}
	var words []string
	for _, reason := range r.Type.Reasons {
		if reason.Weight > 0 && reason.Text != "" && !slices.Contains(words, "„"+reason.Text+"“") && len(words) < 5 {
			words = append(words, "„"+reason.Text+"“")
		}
	}
	if len(words) == 0 {
		return l.T("routing.typedplain", "type", typeName(l, is))
	}
	return l.T("routing.typed", "type", typeName(l, is), "words", strings.Join(words, ", "))
}

// percent rounds down: what is not certain is not called so.
func percent(l *locale.Lang, share float64) string { return l.Number(int(math.Floor(100 * share))) }
