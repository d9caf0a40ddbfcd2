package searchtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"eakte/search"
)

func testWords(t *testing.T, f *fixture) {
	f.index(
		entry("heizung", "Die Heizkostenabrechnung für das Jahr 2025 liegt bei."),
		entry("betrieb", "Betriebskostenvorauszahlungen werden übernommen."),
		entry("umbruch", "Ihre Heizkosten-\nabrechnung haben wir erhalten."),
		entry("strich", "Ihre Heizkosten-Abrechnung haben wir erhalten."),
		entry("ocr", "Die Heizkostenabrechnunq wurde geprüft."),
		entry("umlaut", "Frau Müller stellte Anträge auf Überbrückungsgeld für März."),
		entry("ausgeschrieben", "Frau Mueller stellte einen Antrag auf Ueberbrueckungsgeld."),
		entry("zerlegt", "Herr Mu\u0308ller wohnt in der Strasse nebenan."),
		entry("strasse", "Er wohnt in der Straße nebenan."),
		entry("kosten", "Die Kosten der Unterkunft sind angemessen."),
		entry("haus", "Das Haus steht leer."),
	)
	f.finds("kosten", "heizung", "betrieb", "umbruch", "strich", "kosten", "ocr")
	f.finds("Heizkosten", "heizung", "umbruch", "strich", "ocr")
	f.finds("abrechnung", "heizung", "umbruch", "strich", "ocr")
	f.finds("heizkostenabrechnung", "heizung", "umbruch", "strich", "ocr")
	f.finds("Heizkosten-Abrechnung", "heizung", "umbruch", "strich", "ocr")
	f.finds("HEIZKOSTENABRECHNUNGEN", "heizung", "umbruch", "strich", "ocr")
	f.finds("müller", "umlaut", "ausgeschrieben", "zerlegt")
	f.finds("mueller", "umlaut", "ausgeschrieben", "zerlegt")
	f.finds("muller", "umlaut", "ausgeschrieben", "zerlegt")
	f.finds("antrags", "umlaut", "ausgeschrieben")
	f.finds("Überbrückungsgelder", "umlaut", "ausgeschrieben")
	f.finds("straße", "strasse", "zerlegt")
	f.finds("häuser", "haus")
	f.finds("unterkumft", "kosten") // one wrong
	f.finds("unterkuft", "kosten")  // one missing
	f.finds("unterkunfft", "kosten")
	f.finds("untekrunft", "kosten") // two swapped
	f.finds("nnterkunft", "kosten") // even the first
	f.finds("unterkumtf")           // two errors
	f.finds("maus")                 // but not that of a short word
	f.finds("geprüft heizkostenabrechnung", "ocr")
	f.finds("vorausz*", "betrieb")
	f.finds("ÜBERBR*", "umlaut", "ausgeschrieben")
	f.finds("heizk*", "heizung", "umbruch", "strich", "ocr")
}

func testNumbers(t *testing.T, f *fixture) {
	f.index(
		entry("bg", "BG-Nummer 03104//0012345, bitte stets angeben"),
		entry("bgwort", "Nummer 03104BG0012345"),
		entry("bgluft", "Nummer 03104 BG 0012345"),
		entry("bgstrich", "Nummer 03104-0012345"),
		entry("bgglatt", "Nummer 031040012345"),
		entry("bgandere", "BG-Nummer 03104//0012346"),
		entry("kunde", "Kundennummer 031D123456"),
		entry("kundeluft", "Kundennummer 031 D 123456"),
		entry("datum", "Neustadt, den 18.11.2026"),
		entry("datumwort", "Neustadt, den 18. November 2026"),
		entry("datumkurz", "Termin: 18.11.26, 10 Uhr"),
		entry("datumiso", "erstellt 2026-11-18"),
		entry("datumandere", "Neustadt, den 19.11.2026 und 18.10.2026"),
		entry("betrag", "ergibt 1.234,56 EUR"),
		entry("betragglatt", "ergibt 1234,56 EUR"),
		entry("betragandere", "ergibt 1.234,65 EUR; 1 von 56, Seite 234"),
		entry("rund", "in Höhe von 563 Euro"),
		entry("rundkomma", "in Höhe von 563,00 €"),
		entry("iban", "IBAN DE12 3456 7890 1234 5678 90"),
		entry("ibanglatt", "IBAN DE12345678901234567890"),
		entry("widerspruch", "Aktenzeichen W-03104-00123/26"),
	)
	bg := []string{"bg", "bgwort", "bgluft", "bgstrich", "bgglatt"}
	for _, q := range []string{"03104//0012345", "03104BG0012345", "03104 BG 0012345", "03104 0012345", "031040012345", "03104/0012345", `"03104//0012345"`} {
		f.finds(q, bg...)
	}
	f.finds("03104//0012344") // a number is never nearly found
	f.finds("031D123456", "kunde", "kundeluft")
	f.finds("031 d 123456", "kunde", "kundeluft")
	f.finds("031D123457")
	dates := []string{"datum", "datumwort", "datumkurz", "datumiso"}
	for _, q := range []string{"18.11.2026", "18. November 2026", "18.11.26", "2026-11-18"} {
		f.finds(q, dates...)
	}
	for _, q := range []string{"1.234,56", "1234,56", "1.234,56€"} {
		f.finds(q, "betrag", "betragglatt")
	}
	f.finds("563,00", "rund", "rundkomma")
	f.finds("DE12 3456 7890 1234 5678 90", "iban", "ibanglatt")
	f.finds("DE12345678901234567890", "iban", "ibanglatt")
	f.finds("de12345678901234567891")
	f.finds("W-03104-00123/26", "widerspruch")
	f.finds("0012345", "bg", "bgwort", "bgluft", "bgstrich")
	f.finds("neustadt 18.11.2026", "datum", "datumwort")
	f.finds("nummer 03104//0012345", "bg", "bgwort", "bgluft", "bgstrich", "bgglatt")
}

func testPhrases(t *testing.T, f *fixture) {
	f.index(
		entry("recht", "Bedarfe sind die Kosten der Unterkunft und Heizung."),
		entry("links", "Die Unterkunft der Kosten wegen."),
		entry("seiten", "Es entstehen Kosten der", "Unterkunft und so weiter."),
		entry("form", "Angemessene Kosten der Unterkünfte werden anerkannt."),
		entry("heiz", "Die Heizkosten steigen."),
	)
	f.finds(`"Kosten der Unterkunft"`, "recht", "form")
	f.finds(`„Kosten der Unterkunft“`, "recht", "form")
	f.finds(`"kosten der unterkumft"`)
	f.finds(`kosten der unterkunft`, "recht", "links", "seiten", "form")
	f.finds(`kosten -"kosten der unterkunft"`, "links", "seiten", "heiz")
	f.finds(`kosten -unterkunft`, "heiz")
	f.finds(`unterkunft -kosten`)
	f.finds(`steigen -kosten`, "heiz") // a compound with the word in it is not that word
	f.finds(`steigen -heizkosten`)
	f.finds(`"kosten"`, "recht", "links", "seiten", "form")
	f.finds(`kosten -unterkunft -steigen`)
}

func testPages(t *testing.T, f *fixture) {
	f.index(
		entry("quer", "Mietbescheinigung der Vermieterin", "leer", "Kontoauszug der Sparkasse"),
		entry("halb", "Mietbescheinigung der Vermieterin", "leer"),
	)
	e := entry("titel", "Seite eins", "Seite zwei mit Kontoauszug")
	e.Title = "Mietbescheinigung Sommer"
	f.index(e)
	e = entry("leer")
	e.Title = "Lohnabrechnung Juli"
	f.index(e)
	f.finds("mietbescheinigung kontoauszug", "quer", "titel")
	f.finds("mietbescheinigung", "quer", "halb", "titel")
	for q, want := range map[string]map[string]int{
		"kontoauszug":            {"quer": 3, "titel": 2},
		"sparkasse vermieterin":  {"quer": 1},
		"sommer":                 {"titel": 1},
		"lohnabrechnung":         {"leer": 0},
		"sparkasse kontoauszug":  {"quer": 3},
		`"Kontoauszug der Spar"`: {},
	} {
		for _, h := range f.ask(q).Hits {
			if p := want[short(h.Document)]; h.Page != p {
				t.Errorf("%q shows page %d of %s, want %d", q, h.Page, short(h.Document), p)
			}
		}
	}
}

func testRelevance(t *testing.T, f *fixture) {
	long := "Sehr geehrte Damen und Herren, anbei übersende ich die gewünschten Unterlagen. "
	for range 4 {
		long += long
	}
	title := entry("titel", long)
	title.Title = "Mietbescheinigung"
	f.index(title,
		entry("kurz", "Mietbescheinigung liegt bei"),
		entry("lang", long+" Mietbescheinigung"),
		entry("tippfehler", "Mietbescheiniqung liegt bei"),
		entry("teil", "Mietbescheinigungsvordruck liegt bei"))
	got := f.names(f.ask("mietbescheinigung"))
	if n := len(got); n != 5 || got[n-1] != "tippfehler" {
		t.Errorf("order %v: what is misspelled does not come last", got)
	}
	if slices.Index(got, "kurz") > slices.Index(got, "lang") {
		t.Errorf("order %v: one word of four comes behind one of hundreds", got)
	}
	if slices.Index(got, "titel") > slices.Index(got, "lang") {
		t.Errorf("order %v: a word of the title comes behind one of the text", got)
	}
	r := f.ask("mietbescheinigung")
	for i := 1; i < len(r.Hits); i++ {
		if r.Hits[i].Score > r.Hits[i-1].Score {
			t.Errorf("scores are not in order: %v", r.Hits)
		}
	}
}

// testSteps: whole words before parts, parts before misspellings; of several
// words the worst decides. A filter changes nothing of it.
func testSteps(t *testing.T, f *fixture) {
	for i := range 40 { // so that one file is few of all
		e := entry(fmt.Sprintf("andere%d", i), "Nichts davon, Blatt eins")
		e.Ordinal, e.Type = 9, "anderes"
		f.index(e)
	}
	often := strings.Repeat("Heizkostenabrechnung Ersatzunterkunft ", 20)
	f.index(
		entry("a-tippfehler", "Kosten Unterkumft"),
		entry("b-teile", often),
		entry("c-gemischt", "Kosten der Ersatzunterkunft"),
		entry("d-ganz", strings.Repeat("und weiter nichts ", 40)+"Kosten Unterkunft"))
	for name, q := range map[string]search.Query{"": {}, "in one file": {File: 1}, "of one type": {Type: "bescheid"},
		"by filter": {Filters: []search.Filter{{Field: search.FieldFile, Values: []string{"1"}}}}} {
		q.Parsed, q.Scopes = parse(t, "kosten unterkunft"), all()
		got := f.names(f.search(q))
		if len(got) != 4 || got[0] != "d-ganz" || got[3] != "a-tippfehler" {
			t.Errorf("order %s %v", name, got)
		}
	}
}

func testNothing(t *testing.T, f *fixture) {
	f.finds("kosten")
	f.finds("kost*")
	f.counts(0, 0)
	r := f.search(search.Query{Scopes: all()})
	if r.Total != 0 || len(r.Hits) != 0 || r.Next != "" {
		t.Errorf("an empty index answers %+v", r)
	}
	if s := f.suggest("ko", all(), 10); len(s) != 0 {
		t.Errorf("an empty index suggests %v", s)
	}
}
