package web

import (
	"strings"
	"time"

	"eakte/appliance/archive"
	"eakte/appliance/record"
	"eakte/ingest/mailroom"
	"eakte/ui/locale"
)

func pendingColour(kind string) string {
	switch kind {
	case archive.PendingAside, archive.PendingClearing:
		return "warning"
	}
	return "info"
}

// pendingLine says in a sentence what waits.
func pendingLine(l *locale.Lang, p archive.Pending) string {
	if p.Kind == archive.PendingTransit {
		since := ""
		if p.Since != nil {
			since = l.Date(p.Since.In(locale.Berlin()).Format(time.DateOnly))
		}
		return l.N("pending.transit", p.Count, "provider", p.Provider, "since", since)
	}
	sentence := l.Of("pending", p.Kind)
	if p.Document != nil {
		sentence = l.Of("pending.named", p.Kind)
	}
	return strings.NewReplacer("{date}", l.Date(p.Received), "{pages}", pagesWords(l, p.Pages)).Replace(sentence)
}

func pagesWords(l *locale.Lang, n int) string {
	if n == 0 {
		return l.T("pending.nopages")
	}
	return l.N("pending.pages", n)
}

func pendingTitle(l *locale.Lang, d archive.PendingDocument) string {
	return title(l, archive.DocumentView{Title: d.Title, Type: d.Type, Name: d.Name})
}

// custodyLine says when a step was, by whom and where.
func custodyLine(l *locale.Lang, s archive.CustodyStep) string {
	line, by := stepTime(l, s.At), s.By
	if by == "system" {
		by = "eAkte"
	}
	for _, part := range []string{by, s.Place} {
		if part != "" {
			line += " · " + part
		}
	}
	return line
}

// stepTime writes a time, or a date where the hour is not known.
func stepTime(l *locale.Lang, at string) string {
	if t, err := time.Parse(time.RFC3339Nano, at); err == nil {
		return l.Time(t)
	}
	if _, err := time.Parse(time.DateOnly, at); err == nil {
		return l.Date(at)
	}
	return at
}

func orNotSaid(l *locale.Lang, s string) string {
	if s == "" {
		return l.T("delivery.notsaid")
	}
	return s
}

func environment(n *record.TransferNote) string {
	var parts []string
	for _, s := range []string{n.Scanner, n.Software} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}

// quality says the result of the check in words where it is one of the usual.
func quality(l *locale.Lang, q string) string {
	return l.Of("custody.quality", strings.ToLower(q))
}

func hintColour(h mailroom.Hint) string {
	if h.Rule.Kind == mailroom.KindEnvelope && h.Envelope {
		return "success"
	}
	return "warning"
}

func hintBadge(l *locale.Lang, h mailroom.Hint) string {
	if h.Rule.Kind == mailroom.KindEnvelope && h.Envelope {
		return l.T("mailroom.hint.envelopethere")
	}
	return l.Of("mailroom.hint", h.Rule.Kind)
}

func forwardedTitle(l *locale.Lang, f archive.Forwarded) string {
	if f.Site != "" {
		return l.T("forward.tosite", "site", f.SiteName)
	}
	return l.T("forward.toauthority", "addressee", f.Addressee)
}

// clockTime is the time of day in Germany.
func clockTime(t time.Time) string { return t.In(locale.Berlin()).Format("15:04") }

// germanDate writes a date for a German letter, whatever the reader's language.
func germanDate(date string) string {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return t.Format("02.01.2006")
}

func germanDay(t time.Time) string { return t.In(locale.Berlin()).Format("02.01.2006") }
