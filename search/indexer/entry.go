package indexer

import (
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/search"
)

// entry is a document as the index keeps it.
func entry(r catalog.IndexRow, pages []read) search.Entry {
	d := r.Document
	e := search.Entry{Document: d.ID, File: r.File, Ordinal: r.Ordinal, Sensitivity: r.Sensitivity, Site: r.Site, Team: r.Team,
		Type: d.Type, Title: d.Title, Date: d.Dated, Direction: string(d.Direction), Section: d.Section, Received: d.Received,
		Sequence: r.Sequence, Changed: r.Changed}
	if e.Date == "" {
		e.Date = d.Received
	}
	for _, p := range pages {
		e.Pages, e.Words = append(e.Pages, p.text), append(e.Words, p.words)
	}
	if d.Direction == record.DirectionIn && len(pages) > 0 {
		e.Sender = sender(d, pages[0])
	}
	return e
}

// sender gives the words that say who wrote an incoming document: a mail's
// line "Von", as the worker sets it, or the head of the first page.
func sender(d record.Document, first read) string {
	if d.ContentType == "message/rfc822" || d.ContentType == "application/vnd.ms-outlook" {
		for line := range strings.Lines(first.text) {
			if from, ok := strings.CutPrefix(strings.TrimSpace(line), "Von"); ok {
				return strings.TrimSpace(strings.TrimPrefix(from, ":"))
			}
		}
	}
	return search.Head(first.text, first.words)
}
