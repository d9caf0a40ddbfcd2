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
	return head(first)
}

// headLines are the lines of a page without boxes that its head is taken for.
const headLines = 12

// head gives the words of a page's upper third, line by line: there a letter
// says who wrote it, and a mail its sender.
func head(p read) string {
	if p.words.Height <= 0 || len(p.words.Words) == 0 {
		lines := strings.SplitN(p.text, "\n", headLines+1)
		return strings.Join(lines[:min(len(lines), headLines)], "\n")
	}
	var b strings.Builder
	last := 0 // where the word before ended
	for _, w := range p.words.Words {
		end := w.Start + w.Len
		if w.Start < 0 || w.Len <= 0 || end > len(p.text) || w.Y+w.H/2 >= p.words.Height/3 {
			continue
		}
		if b.Len() > 0 {
			if last <= w.Start && strings.Contains(p.text[last:w.Start], "\n") {
				b.WriteByte('\n')
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteString(p.text[w.Start:end])
		last = end
	}
	return b.String()
}
