package search

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// show writes tokens as "position:term", numbers and parts too.
func show(text string) string {
	var out []string
	for _, t := range Analyze(text) {
		out = append(out, t.Term)
	}
	return strings.Join(out, " ")
}

func TestAnalyze(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "",
		" \n\t –§%":                "",
		"Miete":                    "miete miet",
		"Straße":                   "strasse stras",
		"Müller Mueller":           "muller mul muller mul",
		"Mu\u0308ller":             "muller mul",
		"neue Steuer, aktuell":     "neue neu steuer steu aktull aktul",
		"Æther Øre Łódź":           "ather ath ore lodz",
		"ﬁnanziell":                "finanziell finanziel",
		"Ａ１２":                      "a12 12",
		"Heizkostenabrechnung":     "heizkostenabrechnung ~heiz ~heizkost ~kost ~kostenabrechnung ~abrechnung",
		"Unterkunftskosten":        "unterkunftskosten unterkunftskost ~unterkunft ~kost",
		"Verantwortung":            "verantwortung",
		"Gartenabrechnung":         "gartenabrechnung ~gart ~abrechnung",
		"Kontoauszu\u00adg":        "kontoauszug ~konto ~auszug",
		"Miet- und Nebenkosten":    "miet und nebenkosten nebenkost ~neb ~kost",
		"E-Mail":                   "e mail email",
		"Bescheid-\n  es":          "bescheid es bescheides",
		"03104//0012345":           "03104 031040012345 0012345",
		"03104BG0012345":           "03104bg0012345 03104 bg 0012345 031040012345",
		"03104 BG 0012345":         "03104 031040012345 bg 0012345",
		"03104 0012345":            "03104 031040012345 0012345",
		"12345\n1234567":           "12345 1234567",
		"031 D 123456":             "031 031d123456 d 123456",
		"18.11.2026":               "18 @20261118 18112026 11 2026",
		"18. 11. 2026":             "18 @20261118 11 2026",
		"8.1.26 und 8.1.96":        "8 @20260108 8126 1 26 und 8 @19960108 8196 1 96",
		"2026-11-18":               "2026 @20261118 20261118 11 18",
		"1. März 2026":             "1 @20260301 marz 2026",
		"32.13.2026":               "32 32132026 13 2026",
		"1.234,56":                 "1 =1234,56 1234 234 56",
		"1234,56":                  "1234 =1234,56 56",
		"449.00":                   "449 =449,00 00",
		"563,-":                    "563 =563,00",
		"0,50 €":                   "0 =0,50 50",
		"12.345.678":               "12 12345678 345 678",
		"192.168.1.12":             "192 192168112 168 1 12",
		"DE12 3456 7890 1234 5678": "de12 de 12 de123456789012345678 3456 7890 1234 5678",
		"W-03104-00123/26":         "w w031040012326 03104 00123 26",
	} {
		got := show(text)
		if got != want {
			t.Errorf("%q\n gives %s\n want  %s", text, got, want)
		}
	}
}

func TestAnalyzeOffsets(t *testing.T) {
	text := "Für die Übernahme der Heizkosten-\nabrechnung vom 18. November 2026 – 1.234,56 € – hört Mu\u0308ller zu."
	want := map[string]string{
		"fur": "Für", "ubernahme": "Übernahme", "heizkostenabrechnung": "Heizkosten-\nabrechnung", "~kost": "kosten",
		"~abrechnung": "abrechnung", "@20261118": "18. November 2026", "=1234,56": "1.234,56", "hort": "hört", "muller": "Mu\u0308ller", "zu": "zu",
	}
	for _, k := range Analyze(text) {
		if w, ok := want[k.Term]; ok {
			if got := text[k.Start:k.End]; got != w && k.Term != "~abrechnung" {
				t.Errorf("%s lies over %q, want %q", k.Term, got, w)
			}
			delete(want, k.Term)
		}
	}
	for w := range want {
		t.Errorf("%s is missing", w)
	}
}

func TestPositions(t *testing.T) {
	at := map[string]int{}
	for _, k := range Analyze("Kosten der Nord-Süd-Achse vom 18.11.2026 und Heiz-\nkosten bis Ende") {
		at[k.Term] = k.Position
	}
	for term, want := range map[string]int{"kosten": 1, "der": 2, "nord": 3, "achse": 3, "nordsudachse": 3, "vom": 4, "18": 5, "@20261118": 5, "11": 6,
		"2026": 7, "und": 8, "heiz": 9, "heizkosten": 9, "bis": 10, "ende": 11} {
		if term == "kosten" { // again as a piece of the broken word
			want = 9
		}
		if at[term] != want {
			t.Errorf("%s is at %d, want %d", term, at[term], want)
		}
	}
}

// TestStem names words that have to meet.
func TestStem(t *testing.T) {
	for _, same := range []string{
		"Antrag Antrags Antrages Anträge Anträgen",
		"Bescheid Bescheide Bescheides Bescheids Bescheiden",
		"Miete Mieten",
		"Kind Kinder Kindern Kindes",
		"Haus Hauses Häuser Häusern",
		"Zeugnis Zeugnisse Zeugnisses Zeugnissen",
		"Leistung Leistungen",
		"Kontoauszug Kontoauszugs Kontoauszüge Kontoauszügen",
		"Vermieterin Vermieterinnen",
		"Ausweis Ausweise Ausweises Ausweisen",
		"Vertrag Verträge Vertrages Verträgen",
		"Amt Ämter Ämtern",
		"Fall Fälle Fällen",
		"Adresse Adressen",
		"Arbeitgeber Arbeitgebers Arbeitgebern",
		"Vater Väter Vätern Vaters",
	} {
		words := strings.Fields(same)
		first := string(stem([]byte(Fold(words[0]))))
		for _, w := range words[1:] {
			if s := string(stem([]byte(Fold(w)))); s != first {
				t.Errorf("%s becomes %s, %s becomes %s", w, s, words[0], first)
			}
		}
	}
	for _, w := range strings.Fields("Haus Ausweis Zeugnis Bus Ehe Akte Los Gas") {
		if s := stem([]byte(Fold(w))); len(s) < 3 {
			t.Errorf("%s becomes %s", w, s)
		}
	}
}

func TestWordList(t *testing.T) {
	lines := strings.Split(strings.TrimSpace(wordList), "\n")
	if !slices.IsSorted(lines) {
		t.Error("the list is not sorted")
	}
	if len(slices.Compact(slices.Clone(lines))) != len(lines) {
		t.Error("a word stands twice in the list")
	}
	if n := len(lines); n < 1500 || n > 3000 {
		t.Errorf("%d words", n)
	}
	for _, w := range lines {
		if len(Fold(w)) < minPart || !utf8.ValidString(w) || strings.ToLower(w) != w || strings.TrimSpace(w) != w {
			t.Errorf("%q does not belong in the list", w)
		}
	}
	for _, w := range lines {
		node := 0
		for _, c := range []byte(Fold(strings.ReplaceAll(w, "|", ""))) {
			if node = words().step(node, c); node == 0 {
				break
			}
		}
		if node == 0 || !words().word[node] {
			t.Errorf("the trie does not know %q", w)
		}
	}
}

// TestCompounds takes words as they stand in a jobcenter's letters with the
// parts that have to find them. It guards the word list against losses; both
// are by the same hand, so it measures no recall on unseen text.
func TestCompounds(t *testing.T) {
	missed, n := 0, 0
	for line := range strings.Lines(compounds) {
		f := strings.Fields(line)
		for _, part := range f[1:] {
			n++
			c := single(groups(Analyze(part))[0], false)
			found := slices.ContainsFunc(Analyze(f[0]), func(k Token) bool { return c.Slots[0].Rank(k.Term) >= RankPart })
			if !found {
				missed++
				t.Logf("%s does not find %s", part, f[0])
			}
		}
	}
	t.Logf("recall of parts: %d of %d", n-missed, n)
	if missed*20 > n {
		t.Errorf("%d of %d parts do not find their compound", missed, n)
	}
}

const compounds = `Heizkostenabrechnung heizkosten kosten abrechnung
Nebenkostenabrechnung nebenkosten abrechnung
Betriebskostennachforderung betriebskosten nachforderung
Weiterbewilligungsantrag weiterbewilligung antrag bewilligung
Arbeitsunfähigkeitsbescheinigung arbeitsunfähigkeit bescheinigung
Lohnsteuerbescheinigung lohnsteuer bescheinigung
Mietschuldenfreiheitsbescheinigung mietschulden bescheinigung
Verdienstbescheinigungen verdienst bescheinigung
Aufhebungsbescheid aufhebung bescheid
Erstattungsbescheid erstattung bescheid
Änderungsbescheides änderung bescheid
Bewilligungszeitraum bewilligung zeitraum
Bedarfsgemeinschaften bedarf gemeinschaft
Regelbedarfsermittlungsgesetz regelbedarf gesetz
Eingliederungsvereinbarung eingliederung vereinbarung
Unterkunftskostenzuschuss unterkunft unterkunftskosten zuschuss
Kindergeldbescheid kindergeld bescheid
Elterngeldantrag elterngeld antrag
Wohngeldstelle wohngeld stelle
Kontoauszüge konto auszug
Kautionsdarlehen kaution darlehen
Schuldnerberatungsstelle schuldner beratung beratungsstelle
Widerspruchsverfahren widerspruch verfahren
Widerspruchsbegründung widerspruch begründung
Sozialversicherungsnummer sozialversicherung nummer
Rentenversicherungsträger rentenversicherung versicherung
Krankenversicherungsbeitrag krankenversicherung beitrag
Mitwirkungspflicht mitwirkung pflicht
Meldeversäumnis versäumnis
Sanktionsbescheid sanktion bescheid
Leistungsbewilligung leistung bewilligung
Vermögensauskunft vermögen auskunft
Einkommensnachweis einkommen nachweis
Einkommenserklärung einkommen erklärung
Unterhaltsvorschussbescheid unterhalt unterhaltsvorschuss bescheid
Zustellungsurkunde zustellung urkunde
Geburtsurkunde geburt urkunde
Meldebescheinigung bescheinigung
Aufenthaltserlaubnis aufenthalt erlaubnis
Arbeitsvertrag arbeit vertrag
Kündigungsschreiben kündigung schreiben
Mietvertragskopie mietvertrag kopie
Stromabschlagszahlung strom abschlag zahlung
Gasabrechnung abrechnung
Warmwasserzuschlag warmwasser zuschlag
Mehrbedarfsantrag mehrbedarf antrag
Erstausstattungspauschale erstausstattung pauschale
Klassenfahrtkosten klassenfahrt kosten
Schulbedarfspaket schulbedarf paket
Bildungsgutschein bildung gutschein
Bewerbungskostenpauschale bewerbung bewerbungskosten pauschale
Fahrtkostenerstattung fahrtkosten erstattung
Umzugskostenübernahme umzug umzugskosten übernahme kostenübernahme
Maklergebühren makler gebühr
Räumungsklage räumung klage
Gerichtsvollzieherkosten gerichtsvollzieher kosten
Pfändungsschutzkonto pfändung konto
Betreuungsurkunde betreuung urkunde
Vollmachtsformular vollmacht formular
Schweigepflichtsentbindung schweigepflicht
Kindertagesstättengebühr kinder gebühr tagesstätte
Wohnungsbeschaffungskosten wohnung kosten wohnungsbeschaffung
Wohnungsgeberbestätigung wohnung bestätigung
Haushaltsgemeinschaft haushalt gemeinschaft
Arbeitslosengeldbescheid arbeitslosengeld bescheid
Steuererstattungsbetrag steuer steuererstattung betrag
Gewinnermittlung gewinn ermittlung
Betriebsausgabenaufstellung ausgaben aufstellung
Krankengeldzahlung krankengeld zahlung
Rückforderungsbescheid rückforderung bescheid forderung
Ratenzahlungsvereinbarung raten ratenzahlung vereinbarung
Anhörungsschreiben anhörung schreiben
Veränderungsmitteilung veränderung mitteilung
Überzahlungsbetrag überzahlung betrag
Postzustellungsauftrag zustellung auftrag
Vermieterbescheinigung vermieter bescheinigung
Müllgebührenbescheid müllgebühren bescheid
Grundsteuerbescheid grundsteuer bescheid
Schornsteinfegerrechnung schornsteinfeger rechnung
Lebensversicherungspolice lebensversicherung
Sparbuchkopie sparbuch kopie
Schwangerschaftsbescheinigung schwangerschaft bescheinigung
Mutterschaftsgeld mutterschaft geld
Kinderzuschlagsbescheid kinderzuschlag bescheid
Jugendamtsschreiben jugendamt schreiben
Ausbildungsvertrag ausbildung vertrag
Studienbescheinigung bescheinigung
Reisekostenantrag reisekosten antrag
Zahnarztkostenvoranschlag zahnarzt kostenvoranschlag
Brillenrechnung brille rechnung
Heizölrechnung heizöl rechnung
Kohlelieferung kohle lieferung
Einzugsermächtigung ermächtigung
Handyvertrag handy vertrag
Telefonrechnung telefon rechnung
Waschmaschinenreparatur waschmaschine reparatur
Renovierungskosten renovierung kosten
Gerichtskostenvorschuss gerichtskosten vorschuss
Anwaltskostenrechnung anwalt rechnung
`

func BenchmarkAnalyze(b *testing.B) {
	page := strings.Repeat(samplePage, 1)
	b.SetBytes(int64(len(page)))
	b.ReportAllocs()
	for b.Loop() {
		Analyze(page)
	}
}

// samplePage is a page of some 300 words.
const samplePage = `Jobcenter Musterkreis, Leistung 1, Neustadt
BG-Nummer: 03104//0012345   Kundennummer: 031D123456   Datum: 18. November 2026

Bescheid über die Bewilligung von Leistungen zur Sicherung des Lebensunterhalts nach dem Zweiten Buch Sozialgesetzbuch

Sehr geehrte Frau Müller-Lüdenscheid,

auf Ihren Weiterbewilligungsantrag vom 03.11.2026 bewilligen wir Ihnen und den mit Ihnen in Bedarfsgemeinschaft lebenden
Personen Leistungen für die Zeit vom 01.12.2026 bis 30.11.2027 in Höhe von monatlich 1.234,56 EUR. Die Zusammensetzung der
Beträge entnehmen Sie bitte dem beigefügten Berechnungsbogen. Der Bewilligungszeitraum umfasst zwölf Monate.

Die Kosten der Unterkunft und Heizung werden in Höhe von 612,40 EUR anerkannt. Davon entfallen auf die Grundmiete 420,00 EUR,
auf die Betriebskostenvorauszahlung 110,40 EUR und auf die Heizkostenvorauszahlung 82,00 EUR. Die Heizkosten-
abrechnung für das Jahr 2025 haben Sie bisher nicht vorgelegt. Bitte reichen Sie diese unverzüglich ein.

Ihr Einkommen aus nichtselbständiger Erwerbstätigkeit wird nach Abzug der Freibeträge angerechnet. Grundlage sind die
Lohnabrechnungen der Monate August bis Oktober sowie die Verdienstbescheinigung Ihres Arbeitgebers. Das Kindergeld wird als
Einkommen des Kindes berücksichtigt. Sollten sich Änderungen in Ihren persönlichen oder wirtschaftlichen Verhältnissen ergeben,
teilen Sie diese bitte mit einer Veränderungsmitteilung mit. Sie sind hierzu nach § 60 SGB I verpflichtet.

Die Auszahlung erfolgt auf das Konto DE12 3456 7890 1234 5678 90 bei der Sparkasse Neustadt. Über Ihren Antrag auf
Übernahme der Umzugskosten wird gesondert entschieden. Die Mietbescheinigung des Vermieters liegt noch nicht vor.

Rechtsbehelfsbelehrung: Gegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Widerspruch erhoben werden. Der
Widerspruch ist schriftlich oder zur Niederschrift beim Jobcenter Musterkreis, Hauptstraße 12, 17033 Neustadt, einzulegen.
Weitere Widerspruchsverfahren (W-03104-00123/26) bleiben unberührt.

Mit freundlichen Grüßen
Im Auftrag
Sommer
`
