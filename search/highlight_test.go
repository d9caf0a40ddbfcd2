package search

import (
	"fmt"
	"strings"
	"testing"

	"eakte/appliance/record"
)

// onPage lays the words of text side by side, ten pixels wide each, so that a
// box says which word it is.
func onPage(text string) record.PageWords {
	w := record.PageWords{Width: 1000, Height: 1000}
	at := 0
	for i, f := range strings.Fields(text) {
		at += strings.Index(text[at:], f)
		w.Words = append(w.Words, record.Word{Text: f, X: i * 10, W: 10, H: 10, Start: at, Len: len(f)})
		at += len(f)
	}
	return w
}

// marks shows a text with what is marked in brackets, and the boxed words.
func marks(t *testing.T, text, q string) (string, string, Highlights) {
	t.Helper()
	p, err := Parse(q)
	if err != nil {
		t.Fatal(err)
	}
	words := onPage(text)
	h := Highlight(words, text, p)
	var boxed []string
	for _, b := range h.Boxes {
		boxed = append(boxed, words.Words[b.X/10].Text)
	}
	return pieces2text(Mark(words, text, p)), strings.Join(boxed, " "), h
}

func pieces2text(in []Piece) string {
	var b strings.Builder
	for _, p := range in {
		if p.Hit {
			b.WriteString("[" + p.Text + "]")
		} else {
			b.WriteString(p.Text)
		}
	}
	return b.String()
}

func TestHighlight(t *testing.T) {
	for _, c := range []struct{ text, q, mark, boxes string }{
		{"Die Kosten steigen", "kosten", "Die [Kosten] steigen", "Kosten"},
		{"Die Heizkostenabrechnung fehlt", "kosten", "Die Heiz[kosten]abrechnung fehlt", "Heizkostenabrechnung"},
		{"Die Heizkostenabrechnung fehlt", "heizkosten abrechnung", "Die [Heizkosten][abrechnung] fehlt", "Heizkostenabrechnung"},
		{"Für die Übernahme über März", "uebernahme", "Für die [Übernahme] über März", "Übernahme"},
		{"Anträge, Antrag und Antrages", "anträgen", "[Anträge], [Antrag] und [Antrages]", "Anträge, Antrag Antrages"},
		{"Die Unterkumft ist kalt", "unterkunft", "Die [Unterkumft] ist kalt", "Unterkumft"},
		{"BG 03104 // 0012345 gilt", "03104BG0012345", "BG [03104 // 0012345] gilt", "03104 // 0012345"},
		{"am 18. November 2026 in", "18.11.2026", "am [18. November 2026] in", "18. November 2026"},
		{"sind 1.234,56 EUR und 56", "1234,56", "sind [1.234,56] EUR und 56", "1.234,56"},
		{"IBAN DE12 3456 7890 1234 5678 90 und", "DE12345678901234567890", "IBAN [DE12 3456 7890 1234 5678 90] und", "DE12 3456 7890 1234 5678 90"},
		{"Kosten der Unterkunft, Kosten der Heizung", `"kosten der unterkunft"`, "[Kosten] [der] [Unterkunft], Kosten der Heizung", "Kosten der Unterkunft,"},
		{"Ihre Heizkosten-\nabrechnung liegt", "heizkostenabrechnung", "Ihre [Heizkosten-\nabrechnung] liegt", "Heizkosten- abrechnung"},
		{"Kosten und Miete", "kosten -miete", "[Kosten] und Miete", "Kosten"},
		{"Heizung und Heizkosten", "heiz*", "[Heizung] und [Heizkosten]", "Heizung Heizkosten"},
		{"nichts davon", "kosten", "nichts davon", ""},
		{"", "kosten", "", ""},
	} {
		mark, boxes, h := marks(t, c.text, c.q)
		if mark != c.mark || boxes != c.boxes {
			t.Errorf("%q in %q\n marks %q, boxes %q\n want  %q, boxes %q", c.q, c.text, mark, boxes, c.mark, c.boxes)
		}
		if n := strings.Count(c.mark, "["); h.Count != n {
			t.Errorf("%q in %q counts %d, want %d", c.q, c.text, h.Count, n)
		}
	}
}

// TestHighlightOr marks every side of an OR.
func TestHighlightOr(t *testing.T) {
	text := "👍 Über die Stromrechnung, die Gasabrechnung 👩‍👧 und den Abschlag für Wasser im März 2026 – 1.234,56 €"
	for q, want := range map[string]string{
		"stromrechnung OR gasabrechnung":  "Stromrechnung, Gasabrechnung",
		"öl OR gas* wasser":               "Gasabrechnung Wasser",
		`"den abschlag" OR "im april"`:    "den Abschlag",
		"nirgendwo OR uber OR 1234,56":    "Über 1.234,56",
		"stromrechnnug OR nirgendwo":      "Stromrechnung,",
		"wasser -strom OR gasabrechnung":  "", // no query
		"wasser -stromrechnung":           "Wasser",
		"typ:gasabrechnung wasser -von:x": "Wasser",
	} {
		if want == "" {
			if _, err := Parse(q); err == nil {
				t.Errorf("%q is a query", q)
			}
			continue
		}
		if _, boxes, _ := marks(t, text, q); boxes != want {
			t.Errorf("%q boxes %q, want %q", q, boxes, want)
		}
	}
}

// TestHighlightSender marks the sender's words in the head of the first page.
func TestHighlightSender(t *testing.T) {
	text := "Stadtwerke Neustadt\nKundenservice Nord-\nSüd\n\nIhre Stadtwerke schreiben\nStadtwerke Neustadt"
	words := onPage(text) // words 0 to 4 stand in the upper third of a page
	words.Height = 900
	for i := range words.Words {
		words.Words[i].Y = 100 * i / 2
		if i > 4 {
			words.Words[i].Y += 100
		}
	}
	for _, c := range []struct{ q, first, second string }{
		{"von:stadtwerke", "0", ""},
		{"stadtwerke", "0 6 8", "0 6 8"},
		{`von:"stadtwerke neustadt"`, "0 1", ""},
		{`"stadtwerke neustadt"`, "0 1 8 9", "0 1 8 9"},
		{"von:kundenservice schreiben", "2 7", "7"},
		{"von:schreiben", "", ""},
		{"von:nordsüd", "3 4", ""},
		{"von:süd", "4", ""},
		{"von:kunden* OR schreiben", "2 7", "7"},
		{"ihre -von:stadtwerke", "5", "5"},
		{"von:kasse,neustadt OR stadtw*", "0 1 6 8", "0 6 8"},
		{"schreiben von:stadtwerkc", "0 7", "7"},
	} {
		p, err := Parse(c.q)
		if err != nil {
			t.Fatal(err)
		}
		for n, want := range []string{c.first, c.second} {
			var got []string
			for _, b := range Highlight(words, text, p.OnPage(n+1)).Boxes {
				got = append(got, fmt.Sprint(b.X/10))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%q on page %d boxes %q, want %q", c.q, n+1, got, want)
			}
		}
	}
	p, err := Parse("von:stadtwerke")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Repeat("Zeile\n", headLines-1) + "Stadtwerke\nStadtwerke"
	if got := pieces2text(Mark(record.PageWords{}, lines, p)); strings.Count(got, "[") != 1 || !strings.Contains(got, "[Stadtwerke]\nStadtwerke") {
		t.Errorf("without boxes: %q", got)
	}
}

func TestHighlightOutside(t *testing.T) {
	p, err := Parse("kosten")
	if err != nil {
		t.Fatal(err)
	}
	words := record.PageWords{Words: []record.Word{{Start: -5, Len: 3}, {Start: 900, Len: 10}, {Start: 0, Len: 0}, {Start: 4, Len: -6}}}
	if h := Highlight(words, "Die Kosten", p); len(h.Boxes) != 0 || h.Count != 1 {
		t.Errorf("%+v", h)
	}
}

func TestSnippet(t *testing.T) {
	fill := strings.Repeat("Füllwörter stehen hier herum. ", 40)
	text := fill + "Die Kosten allein.\n\n" + fill + "Kosten\tder  Unterkunft\nund Heizung. " + fill
	_, _, h := marks(t, text, "kosten unterkunft")
	got := pieces2text(h.Snippet)
	if !strings.Contains(got, "[Kosten] der [Unterkunft] und Heizung.") {
		t.Errorf("the snippet shows %q", got)
	}
	if !strings.HasPrefix(got, "… ") || !strings.HasSuffix(got, " …") || len(got) > snippetBytes+100 {
		t.Errorf("%d bytes: %q", len(got), got)
	}
	if _, _, h = marks(t, fill, "kosten"); !strings.HasPrefix(pieces2text(h.Snippet), "Füllwörter stehen") || h.Count != 0 {
		t.Errorf("without a hit: %q", pieces2text(h.Snippet))
	}
	if _, _, h = marks(t, "Kosten", "kosten"); pieces2text(h.Snippet) != "[Kosten]" {
		t.Errorf("a short page: %q", pieces2text(h.Snippet))
	}
	if h := Highlight(record.PageWords{}, "Kosten", Parsed{}); h.Count != 0 || fmt.Sprint(h.Snippet) != "[{Kosten false}]" {
		t.Errorf("no question: %+v", h)
	}
}
