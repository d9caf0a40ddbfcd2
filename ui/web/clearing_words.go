package web

import (
	"strconv"
	"strings"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest/inbox"
	"eakte/ui/locale"
)

// clearingWhy says in a sentence why a document waits in clearing.
func clearingWhy(l *locale.Lang, reason string) string {
	if !l.Has("routing.reason", reason) {
		return l.T("clearing.undecided")
	}
	return l.Of("routing.reason", reason)
}

// rowWhy is the same for a row of the list.
func rowWhy(l *locale.Lang, u inbox.Unfiled) string {
	switch u.Document.State {
	case record.StateQuarantined:
		return l.ReasonText(u.Document.Reason)
	case record.StateClearing:
		return clearingWhy(l, u.Reason)
	}
	return l.T("clearing.reading")
}

// ageOf says since when something waits, in working days.
func ageOf(l *locale.Lang, u inbox.Unfiled) string {
	if u.Days == 0 {
		return l.T("clearing.today")
	}
	return l.N("clearing.age", u.Days)
}

// speaksFor lists what speaks for a candidate, the strongest first as routing
// gives it.
func speaksFor(l *locale.Lang, r *archive.RoutingView, c archive.CandidateView) []string {
	var out []string
	for _, i := range c.Evidence {
		if i >= 0 && i < len(r.Evidence) {
			out = append(out, evidenceLine(l, r.Evidence[i]))
		}
	}
	return out
}

// speaksForNone lists what was found that belongs to no file the reader knows.
func speaksForNone(l *locale.Lang, r *archive.RoutingView) []string {
	var out []string
	for _, e := range r.Evidence {
		if e.File == nil {
			out = append(out, evidenceLine(l, e))
		}
	}
	return out
}

// sureness says how sure a candidate is, in a word.
func sureness(l *locale.Lang, c archive.CandidateView) string {
	switch {
	case c.Conflict:
		return l.T("clearing.conflict")
	case c.Confidence >= 0.9:
		return l.T("clearing.likely")
	case c.Confidence >= 0.6:
		return l.T("clearing.possible")
	}
	return l.T("clearing.weak")
}

const typeReasonsShown = 3

// typeReasons says why the rules take it for what they do.
func typeReasons(l *locale.Lang, g record.TypeGuess) []string {
	var out []string
	for _, r := range g.Reasons[:min(len(g.Reasons), typeReasonsShown)] {
		s := r.Text
		if l.Has("clearing.typereason", r.Kind) {
			s = strings.ReplaceAll(l.Of("clearing.typereason", r.Kind), "{text}", r.Text)
		}
		if r.Page > 0 {
			s += " (" + l.T("routing.page", "page", strconv.Itoa(r.Page)) + ")"
		}
		out = append(out, s)
	}
	return out
}

// typeProposed is the type that stands in the form: what somebody said it is, or
// the rules' guess.
func typeProposed(d archive.DocumentView) string {
	if d.Type != "" || d.Routing == nil {
		return d.Type
	}
	return d.Routing.Type.Type
}

// traceText is the sentence of a trace.
func traceText(l *locale.Lang, t archive.Trace) string {
	key := "trace.taken_out"
	if t.Kind == archive.TraceCameIn {
		key = "trace.came_in"
	}
	return l.T(key, "day", l.DateOf(t.At), "who", who(t.By))
}

// traceReason says why it was filed elsewhere; "" if nobody said.
func traceReason(l *locale.Lang, reason string) string {
	if reason == "" {
		return ""
	}
	return l.Of("trace.reason", reason)
}

// witnessHow says what somebody saw.
func witnessHow(l *locale.Lang, w archive.Witness) string {
	switch {
	case w.Copied:
		return l.T("trace.copied")
	case w.Opened:
		return l.T("trace.opened")
	}
	return l.T("trace.listed")
}

// says tells what was filed where.
func (u filedUndo) says(l *locale.Lang) string {
	if u.File == "" {
		return l.T("clearing.filed")
	}
	return l.T("clearing.filedin", "number", u.File)
}

// unfiledTitle is what a row is called.
func unfiledTitle(l *locale.Lang, u inbox.Unfiled) string {
	return title(l, archive.DocumentView{Title: u.Document.Title, Type: u.Document.Type, Name: u.Name})
}

func (v clearingView) isOpen(u inbox.Unfiled) bool {
	return v.Pane != nil && v.Pane.Doc.ID == u.Document.ID
}

// whyOptions are the reasons of re-filing.
func whyOptions(f Frame) []option {
	var out []option
	for _, w := range archive.Whys() {
		out = append(out, option{w, f.L.Of("trace.why", w)})
	}
	return out
}
