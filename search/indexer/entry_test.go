package indexer

import (
	"strings"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// laid sets words one below the other, each in a line of 100 pixels.
func laid(height int, lines ...string) read {
	p := read{text: strings.Join(lines, "\n"), words: record.PageWords{Width: 1000, Height: height}}
	start := 0
	for i, line := range lines {
		for w := range strings.FieldsSeq(line) {
			at := start + strings.Index(line, w)
			p.words.Words = append(p.words.Words, record.Word{Text: w, Start: at, Len: len(w), X: 10, Y: 100 * i, W: 50, H: 40})
		}
		start += len(line) + 1
	}
	return p
}

func TestSender(t *testing.T) {
	letter := laid(900, "Stadtwerke Süd GmbH", "Kanalstraße 4", "12345 Neustadt", "Guthaben aus der Abrechnung", "Frau Musterfeld")
	in := record.Document{Direction: record.DirectionIn, ContentType: "application/pdf"}
	for name, c := range map[string]struct {
		doc   record.Document
		pages []read
		want  string
	}{
		"upper third":  {in, []read{letter, laid(900, "Seite zwei")}, "Stadtwerke Süd GmbH\nKanalstraße 4\n12345 Neustadt"},
		"outgoing":     {record.Document{Direction: record.DirectionOut}, []read{letter}, ""},
		"no page":      {in, nil, ""},
		"no boxes":     {in, []read{{text: strings.Repeat("Zeile\n", 20)}}, strings.TrimSuffix(strings.Repeat("Zeile\n", 12), "\n")},
		"words astray": {in, []read{{text: "kurz", words: record.PageWords{Height: 900, Words: []record.Word{{Start: 2, Len: 9}, {Start: -1, Len: 2}, {Start: 0, Len: 4}}}}}, "kurz"},
		"mail": {record.Document{Direction: record.DirectionIn, ContentType: "message/rfc822"},
			[]read{{text: "Betreff: Miete\nVon: Katharina Musterfeld <k@example.org>\nAn: post@example.org"}}, "Katharina Musterfeld <k@example.org>"},
	} {
		if got := entry(catalog.IndexRow{Document: c.doc}, c.pages).Sender; got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}
