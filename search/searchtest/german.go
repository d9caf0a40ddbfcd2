package searchtest

import (
	"fmt"
	"strings"
	"testing"

	"eakte/search"
)

// testUmlauts: ä = ae = a, however the mark is written, and ß = ss.
func testUmlauts(t *testing.T, f *fixture) {
	written := []string{"Müller", "Mueller", "Muller", "Mu\u0308ller", "MÜLLER", "MUELLER"}
	for i, w := range written {
		f.index(entry(fmt.Sprintf("m%d", i), "Frau "+w+" war hier"), entry(fmt.Sprintf("s%d", i), "in der "+[]string{"Straße", "Strasse", "STRASSE", "STRAẞE", "straße", "Strassen"}[i]))
	}
	for _, q := range append(written, "mülle*", `"frau müller"`, "muelle*") {
		f.finds(q, "m0", "m1", "m2", "m3", "m4", "m5")
	}
	for _, q := range []string{"Straße", "strasse", "STRAẞE", "straß*", "Straßen"} {
		f.finds(q, "s0", "s1", "s2", "s3", "s4", "s5")
	}
	f.finds("mueler", "m0", "m1", "m2", "m3", "m4", "m5") // one letter missing
	f.finds("möller", "m0", "m1", "m2", "m3", "m4", "m5") // one letter another
	f.finds(`"möller"`)                                   // in quotes it isn't
}

// testHousehold: a household's number in every writing, its neighbour not.
func testHousehold(t *testing.T, f *fixture) {
	written := []string{"03104//0012345", "03104/0012345", "03104-0012345", "03104BG0012345", "03104 BG 0012345", "031040012345", "03104 // 0012345", "03104//BG0012345"}
	var names []string
	for i, w := range written {
		names = append(names, fmt.Sprintf("n%d", i))
		f.index(entry(names[i], "Ihr Zeichen "+w+" vom Montag"))
	}
	f.index(entry("nachbar", "Ihr Zeichen 03104//0012346 vom Montag"), entry("fern", "Ihr Zeichen 03105//0012345 vom Montag"),
		entry("halb", "Seite 03104 von 0012399"), entry("lang", "Ihr Zeichen 1031040012345"))
	for _, w := range written {
		f.finds(w, names...)
	}
	f.finds("03104 0012345", names...)
	f.finds("03104//0012344")
	f.finds("03104//0012346", "nachbar")
	f.finds("03105//0012345", "fern")
}

func testCompounds(t *testing.T, f *fixture) {
	f.index(entry("heiz", "Ihre Heizkostenabrechnung"), entry("neben", "die Nebenkosten"), entry("kosten", "alle Kosten"), entry("kueste", "an der Küste"))
	f.finds("kosten", "heiz", "neben", "kosten")
	f.finds("heizkosten", "heiz")
	f.finds("kostenabrechnung", "heiz")
	f.finds("abrechnungen", "heiz")
	f.finds("heizkosten abrechnung", "heiz")
}

func testInflections(t *testing.T, f *fixture) {
	for i, w := range []string{"Kontoauszug", "Kontoauszüge", "Kontoauszügen", "Kontoauszugs", "Kontoauszuges"} {
		f.index(entry(fmt.Sprintf("k%d", i), "Der "+w+" fehlt"))
	}
	for _, q := range []string{"kontoauszug", "Kontoauszüge", "kontoauszuges", `"kontoauszug"`} {
		f.finds(q, "k0", "k1", "k2", "k3", "k4")
	}
}

// testMisread: one letter read wrongly, at any place, hides nothing.
func testMisread(t *testing.T, f *fixture) {
	word := "Betriebskostenabrechnung"
	var names []string
	for i := range word {
		names = append(names, fmt.Sprintf("b%d", i))
		f.index(entry(names[i], "Die "+word[:i]+"q"+word[i+1:]+" anbei"))
	}
	f.finds(word, names...)
	f.index(entry("zwei", "Die Betriebskostcnabrechnunq anbei"))
	f.finds(word, names...)
	f.finds(`"die betriebskostenabrechnung"`) // a phrase is taken by the letter
	f.finds("betriebskostenabrechnung2")
}

// testManyWords: each of a question's words counts, however many there are.
func testManyWords(t *testing.T, f *fixture) {
	words := strings.Fields("Hiermit bewilligen wir Ihnen den Antrag vom letzten Montag, Leistungen zur Sicherung des Lebensunterhalts sowie Kosten für Unterkunft")
	f.index(entry("alle", strings.Join(words, " ")))
	for i := range words {
		rest := append(append([]string{}, words[:i]...), words[i+1:]...)
		f.index(entry(fmt.Sprintf("ohne%d", i), strings.Join(rest, " ")))
	}
	if len(words) < 15 {
		t.Fatalf("only %d words", len(words))
	}
	f.finds(strings.Join(words, " "), "alle")
	f.finds(`"`+strings.Join(words, " ")+`"`, "alle")
	f.finds(strings.Join(words[:12], " OR ") + " nirgendwo")
	f.finds(strings.Join(words[1:], " "), "alle", "ohne0")
	var many []string
	for i := range search.MaxQueryWords {
		many = append(many, fmt.Sprintf("wort%dx", i))
	}
	f.index(entry("viele", strings.Join(many, " ")), entry("fast", strings.Join(many[:len(many)-1], " ")))
	f.finds(strings.Join(many, " "), "viele")
}

func testPhrasePages(t *testing.T, f *fixture) {
	apart := entry("titel", "Unterkunft und Heizung")
	apart.Title = "Kosten der"
	f.index(apart, entry("seiten", "Es entstehen Kosten der", "Unterkunft und so weiter"), entry("eine", "leer", "Kosten der Unterkunft"))
	f.finds(`"kosten der unterkunft"`, "eine")
	f.finds(`"der unterkunft"`, "eine")
	f.finds("kosten der unterkunft", "titel", "seiten", "eine")
}

// testYears: days, months and years meet at the right edge.
func testYears(t *testing.T, f *fixture) {
	for name, day := range map[string]string{"a": "2025-12-30", "b": "2025-12-31", "c": "2026-01-01", "d": "2026-01-02"} {
		e := entry(name, "Bescheid")
		e.Date, e.Received = day, day
		f.index(e)
	}
	f.index(entry("text", "am 31.12.2025 um Mitternacht"), entry("neujahr", "am 1. Januar 2026 um Mitternacht"))
	for _, c := range []struct {
		from, to string
		want     []string
	}{
		{"2025-12-31", "2026-01-01", []string{"b", "c"}}, {"", "2025-12-31", []string{"a", "b"}}, {"2026-01-01", "2026-11-01", []string{"c", "d"}},
		{"2026-01-01", "2026-01-01", []string{"c"}}, {"2026-01-02", "2025-12-31", nil},
	} {
		f.same("from "+c.from+" to "+c.to, f.search(search.Query{From: c.from, To: c.to, Scopes: all()}), c.want...)
	}
	r := f.search(search.Query{Parsed: parse(t, "bescheid"), Scopes: all()})
	if got := fmt.Sprint(r.Facets[search.FacetYear]); got != "[{2025 2} {2026 2}]" {
		t.Errorf("facet year is %s", got)
	}
	f.leaves("received:2025 bescheid", "a", "b")
	f.leaves("received:31.12.2025..01.01.2026", "b", "c")
	f.leaves("received:12.2025", "a", "b")
	for _, q := range []string{"31.12.2025", "2025-12-31", "31. Dezember 2025", "31.12.25"} {
		f.finds(q, "text")
	}
	for _, q := range []string{"01.01.2026", "1.1.26", "1. Januar 2026", "2026-01-01"} {
		f.finds(q, "neujahr")
	}
	f.finds("30.12.2025")
	f.finds("31.12.2026")
	f.index(entry("apart", "Am 31. kam der Dezember, 2025 war vorbei"))
	f.finds("31. Dezember 2025", "text") // a date is no three words
}
