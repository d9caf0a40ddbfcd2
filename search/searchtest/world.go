package searchtest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"eakte/appliance/record"
	"eakte/search"
)

// world makes documents and questions at random, from few words, so that they
// meet often.
type world struct {
	*rand.Rand
	next int
}

func (w *world) pick(in []string) string { return in[w.IntN(len(in))] }

func (w *world) vocabulary() []string {
	return strings.Fields(`Heizkostenabrechnung Heizkosten Kosten Abrechnung Mietvertrag Miete Mieter Vermieter Bescheid Bescheide Widerspruch
		Widerspruchsbescheid Antrag Anträge Weiterbewilligungsantrag Müller Mueller Muller Übernahme Kostenübernahme Straße Strasse Unterkunft
		Unterkunftskosten und der die Heizkostcn Abrechnumg Kontoauszug Kontoauszüge Bedarfsgemeinschaft 03104//0012345 03104BG0012345
		031D123456 18.11.2026 2026-11-18 1.234,56 1234,56 563,00 Nord-Süd Heizkosten-Abrechnung`)
}

func (w *world) text() string {
	v := w.vocabulary()
	var b strings.Builder
	for range w.IntN(12) {
		b.WriteString(w.pick(v))
		b.WriteString(w.pick([]string{" ", " ", " ", ", ", ".\n"}))
	}
	return b.String()
}

var sections = []string{"", "wohnen", "einkommen"}

func (w *world) day() string {
	return w.pick([]string{"", "2024-05-01", "2025-01-31", "2025-02-01", "2026-11-18"})
}

func (w *world) entry(name string) search.Entry {
	w.next++
	e := search.Entry{Document: id(name), File: "f", Ordinal: uint32(1 + w.IntN(12)), Sensitivity: record.Sensitivity(1 + w.IntN(3)),
		Site: w.pick([]string{"03104", "03105"}), Team: w.pick([]string{"L1", "L2"}), Type: w.pick([]string{"antrag", "bescheid", "", "attest"}),
		Title: w.text(), Date: w.day(), Received: w.day(), Section: w.pick(sections), Sequence: int64(w.next), Changed: int64(w.next)}
	if w.IntN(2) == 0 {
		e.Sender = w.text()
	}
	for range w.IntN(4) {
		e.Pages = append(e.Pages, w.text())
	}
	if w.IntN(3) > 0 {
		e.Words = []record.PageWords{}
		for i, p := range e.Pages {
			e.Words = append(e.Words, wordsOf(p, i))
		}
	}
	return e
}

func (w *world) scopes() []search.Scope {
	var out []search.Scope
	for range w.IntN(3) {
		s := scope(record.Sensitivity(w.IntN(4)))
		for range w.IntN(9) {
			s.Files.Add(uint32(1 + w.IntN(12)))
		}
		out = append(out, s)
	}
	if w.IntN(8) == 0 {
		out = append(out, all()...)
	}
	return out
}

func (w *world) text2query() string {
	v := append(w.vocabulary(), "mieten", "kost*", "heiz*", "wider*", "unterkumft", "abrechnug", "kontoauszog", "mülller", "antrags")
	phrase := func() string { return `"` + w.pick(v[:30]) + " " + w.pick(v[:30]) + `"` }
	var parts []string
	for range 1 + w.IntN(3) {
		parts = append(parts, w.pick(v))
	}
	if w.IntN(4) == 0 {
		parts = append(parts, phrase())
	}
	if w.IntN(3) == 0 {
		parts = append(parts, w.pick(v)+" OR "+w.pick([]string{w.pick(v), phrase(), "von:" + w.pick(v)}))
		if w.IntN(2) == 0 {
			parts = append(parts, "OR "+w.pick(v))
		}
	}
	if w.IntN(5) == 0 {
		parts = append(parts, "von:"+w.pick([]string{w.pick(v), phrase(), w.pick(v[:30]) + "," + w.pick(v[:30])}))
	}
	if w.IntN(3) == 0 {
		parts = append(parts, "-"+w.pick([]string{w.pick(v), "von:" + w.pick(v)}))
	}
	return strings.Join(append(parts, w.fields()...), " ")
}

// fields gives filters as they are typed, for some of the questions.
func (w *world) fields() []string {
	var out []string
	for range w.IntN(3) * w.IntN(2) {
		out = append(out, w.pick([]string{"", "", "-"})+w.pick([]string{
			"type:bescheid", "type:antrag,attest", "site:03105", "file:1,2,3,4,5,6,7", "file:" + strconv.Itoa(1+w.IntN(12)),
			"section:wohnen", "section:wohnen,einkommen", "received:2025", "received:2025-01-31..2025-02", "received:..2024", "received:2025-02-01.."}))
	}
	return out
}

func (w *world) query(t *testing.T) (search.Query, string) {
	text := w.text2query()
	q := search.Query{Parsed: parse(t, text), Scopes: w.scopes(), Limit: search.MaxLimit}
	if w.IntN(10) == 0 {
		q.Parsed, text = search.Parsed{}, ""
		if fields := w.fields(); len(fields) > 0 {
			text = strings.Join(fields, " ")
			q.Parsed = parse(t, text)
		}
	}
	q.Filters = q.Parsed.Filters // the words of who asked are codes already
	if w.IntN(3) == 0 {
		q.Sort = search.SortDate
	}
	if w.IntN(4) == 0 {
		q.Site = w.pick([]string{"03104", "03105"})
	}
	if w.IntN(4) == 0 {
		q.Type = "bescheid"
	}
	if w.IntN(6) == 0 {
		q.Section = w.pick(sections[1:])
	}
	if w.IntN(4) == 0 {
		q.From, q.To = "2025-01-31", "2025-12-31"
	}
	if w.IntN(5) == 0 {
		q.File = uint32(1 + w.IntN(12))
	}
	for range w.IntN(4) {
		q.ExcludeDocuments = append(q.ExcludeDocuments, id(fmt.Sprintf("r%d", w.IntN(300))))
	}
	for range w.IntN(2) {
		q.ExcludeFiles = append(q.ExcludeFiles, uint32(1+w.IntN(12)))
	}
	return q, text
}

// build indexes documents at random, changes and deletes some, and keeps the
// oracle in step.
func (w *world) build(t *testing.T, f *fixture) oracle {
	o := oracle{}
	for range 4 {
		var batch []search.Entry
		for range 100 {
			e := w.entry(fmt.Sprintf("r%d", w.IntN(300)))
			batch = append(batch, e)
			o[e.Document] = e
		}
		f.index(batch...)
		var gone []record.DocumentID
		for range 5 {
			d := id(fmt.Sprintf("r%d", w.IntN(300)))
			gone = append(gone, d)
			delete(o, d)
		}
		if err := f.engine.Delete(context.Background(), gone); err != nil {
			t.Fatal(err)
		}
	}
	return o
}
