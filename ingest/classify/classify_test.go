package classify

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"eakte/appliance/record"
)

func shipped(t testing.TB) Rules {
	t.Helper()
	r, err := ParseRules(DefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func letter(pages ...string) Letter {
	var l Letter
	for i, p := range pages {
		l.Pages = append(l.Pages, Page{Number: i + 1, Text: p})
	}
	return l
}

const sender = "Erika Beispiel\nAm Anger 4, 17033 Neustadt\n\nJobcenter Musterkreis\nPostfach 11\n17033 Neustadt\n\nNeustadt, 3. März 2026\n\n"

// slipOn puts the code of a return slip on a letter's first page.
func slipOn(l Letter) Letter {
	l.Pages[0].Words.Codes = []record.Code{{Format: "qr", Text: "eakte:slip:1:ABCD"}}
	return l
}

// Each trap is a letter that a rule for another type could take for its own.
// An empty type is an honest "not clear".
func TestTraps(t *testing.T) {
	r := shipped(t)
	for name, c := range map[string]struct {
		letter Letter
		want   string
		never  string
	}{
		"a compound torn apart by a hyphen at the end of a line": {want: "heizkostenabrechnung",
			letter: letter("Wohnbau Neustadt eG\n\nHeizkosten-\nabrechnung 2025\n\nSehr geehrte Frau Beispiel,\nder Verbrauch nach Heizkostenverteiler betrug 12 Einheiten.")},
		"letters apart": {want: "mietvertrag", letter: letter("M I E T V E R T R A G\n\nzwischen Frau A als Vermieterin und Herrn B als Mieter\nDie Kaution beträgt zwei Mieten.")},
		"misread":       {want: "nebenkostenabrechnung", letter: letter("Hausverwaltung Nord\nBetriebskostenabrcchnung 2O25\nGrundsteucr 120,00\nMüllabfuhr 80,00\n")},
		"umlauts lost":  {want: "kuendigung", letter: letter("Logistik Nord GmbH\n\nKundigung Ihres Arbeitsverhaltnisses\n\nSehr geehrter Herr Muster,\nhiermit kundigen wir fristgerecht.")},
		"an objection names the decision": {want: "widerspruch",
			letter: letter(sender + "Widerspruch gegen Ihren Bescheid vom 12.02.2026\n\nSehr geehrte Damen und Herren,\n\ngegen Ihren Bescheid vom 12.02.2026 lege ich hiermit Widerspruch ein.\nDie Heizkostenabrechnung wurde nicht berücksichtigt.")},
		"an objection is named in another letter": {want: "", never: "widerspruch",
			letter: letter(sender + "Nachfrage zum Stand\n\nSehr geehrte Damen und Herren,\n\nmit meinem Widerspruch vom 3.2. habe ich alle Unterlagen geschickt. Auf den Bescheid\nwarte ich noch. Bitte teilen Sie mir den Stand mit.\n\nMit freundlichen Grüßen")},
		"a reply to an objection": {want: "bescheid",
			letter: letter("Jobcenter Musterkreis\n\nErika Beispiel\nAm Anger 4\n\nIhr Widerspruch vom 03.02.2026\n\nWiderspruchsbescheid\n\nDer Widerspruch wird als unbegründet zurückgewiesen.\nRechtsbehelfsbelehrung\nGegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Klage erhoben werden.")},
		"an answer to a hearing": {want: "", never: "anhoerung",
			letter: letter(sender + "Ihre Anhörung vom 01.03.2026\n\nSehr geehrte Damen und Herren,\nzu den Vorwürfen nehme ich Stellung: Das Einkommen habe ich gemeldet.")},
		"a letter that encloses others": {want: "", never: "kontoauszug",
			letter: letter(sender + "Fehlende Unterlagen\n\nSehr geehrte Damen und Herren,\nanbei die gewünschten Papiere.\n\nAnlagen:\nKontoauszug Januar\nMietbescheinigung\n")},
		"one that encloses a single one": {want: "", never: "mietbescheinigung",
			letter: letter(sender+"Ihr Schreiben vom 1.3.\n\nSehr geehrte Damen und Herren,\nich schicke Ihnen das Formular zurück.\n\nAnlage: Mietbescheinigung\n",
				"Mietbescheinigung\n\nGesamtmiete 512,00\nGrundmiete 390,00")},
		"a return slip with kinds to tick": {want: "rueckantwort",
			letter: letter("Rückantwort\n\nBitte legen Sie dieses Blatt obenauf.\nBG-Nummer 03104//0012345\n\nIch reiche ein\n□ Weiterbewilligungsantrag\n☒ Kontoauszüge der letzten drei Monate\n□ Mietbescheinigung oder Mietvertrag\n□ Lohnabrechnung\n□ Sonstiges\nAnzahl der Blätter 4")},
		"its boxes not read": {want: "rueckantwort",
			letter: letter("Jobcenter Musterkreis\nRuckantwort\nBitte legen Sie dieses Blatt obenauf\nName, Vorname Beispiel, Erika\nWas liegt bei?\nWeiterbewilligungsantrag\nKontoauszüge der letzten drei Monate\nMietbescheinigung\nLohnabrechnung\nAnzahl der Blätter 2")},
		"kinds to tick and no heading": {want: "", never: "kontoauszug",
			letter: letter("Unterlagenliste\n\nKontoauszüge der letzten drei Monate\nMietbescheinigung\nLohnabrechnung\nHeizkostenabrechnung\n")},
		"an invitation names sick notes": {want: "einladung",
			letter: letter("Jobcenter Musterkreis\n\nEinladung zu einem Gespräch\n\nSehr geehrte Frau Beispiel,\nbitte kommen Sie am 3.4. um 9 Uhr. Bei Krankheit legen Sie eine\nArbeitsunfähigkeitsbescheinigung vor.\nRechtsfolgenbelehrung\nKommen Sie ohne wichtigen Grund nicht, mindert sich die Leistung.")},
		"an invitation to a feast": {want: "", never: "einladung",
			letter: letter("Einladung zum Sommerfest des Gartenvereins\nAlle Nachbarinnen und Nachbarn sind herzlich willkommen.\nKaffee und Kuchen ab 14 Uhr, Eintritt frei.")},
		"an objection called a complaint": {want: "widerspruch",
			letter: letter(sender + "Beschwerde gegen Ihren Bescheid vom 12.02.2026\n\nSehr geehrte Damen und Herren,\nich bitte um Überprüfung.")},
		"a certificate torn apart": {want: "", never: "bescheid",
			letter: letter("Grundschule am Teich\n\nSchulbeschein.igung\n\nSehr geehrter Herr Muster,\nHiermit wird bescheinigt, dass das Kind unsere Schule besucht.")},
		"our code on another letter": {want: "", never: "rueckantwort", letter: slipOn(letter("Amtsgericht Neustadt\n\nBeschluss in dem Verfahren\n\nSehr geehrter Herr Muster,\ndie Akte wird geschlossen."))},
		"an identity card":           {want: "ausweiskopie", letter: letter("BUNDESREPUBLIK DEUTSCHLAND\nPERSONALAUSWEIS\nIDENTITY CARD / CARTE D'IDENTITÉ\nStaatsangehörigkeit/Nationality DEUTSCH\nGültig bis/Date of expiry 01.08.2031")},
		"a card of disability":       {want: "schwerbehindertenausweis", letter: letter("Schwerbehindertenausweis\nDer Inhaber dieses Ausweises ist schwerbehindert.\nGdB 60  Merkzeichen G\nGültig bis 12/2029")},
		"a lawsuit":                  {want: "klage", letter: letter("Erika Beispiel\nAn das Sozialgericht Neustadt\n\nKlage\n\nder Erika Beispiel, Klägerin, gegen das Jobcenter, Beklagter,\nwegen des Bescheids vom 1.2. in Gestalt des Widerspruchsbescheids vom 1.3.\nHiermit erhebe ich Klage.")},
		"a power of attorney":        {want: "vollmacht", letter: letter("Vollmacht\n\nHiermit bevollmächtige ich, Erika Beispiel, meinen Bruder,\nmich gegenüber dem Jobcenter zu vertreten, auch im Widerspruch.")},
		"an advertisement":           {want: "werbung", letter: letter("Nur für kurze Zeit!\nSonderangebot\nGroßes Gewinnspiel: jetzt bestellen und 20 % Rabatt sichern.\nEs gelten die Teilnahmebedingungen.")},
		"nothing at all":             {want: "", letter: Letter{}},
		"the provider's word":        {want: "", never: "kontoauszug", letter: Letter{Hint: "Kontoauszug", Pages: letter("unleserlich").Pages}},
		"an empty page before":       {want: "mietbescheinigung", letter: letter("", "Mietbescheinigung\nAngaben zum Mietverhältnis\nGrundmiete 390,00\nGesamtmiete 512,00")},
		"a heading and no more":      {want: "klage", letter: letter("An das Sozialgericht\nKlageschrift\n")},
	} {
		t.Run(name, func(t *testing.T) {
			g := Decide(r, 3, c.letter)
			if g.Type != c.want || c.never != "" && g.Type == c.never {
				t.Errorf("taken for %q (%v), second %q, not %q: %+v", g.Type, g.Confidence, g.Second, c.want, g.Reasons)
			}
			if g.Rules != 3 || g.Type != "" && len(g.Reasons) == 0 || g.Confidence < 0 || g.Confidence > 1 {
				t.Errorf("a guess without version, reasons or sense: %+v", g)
			}
		})
	}
}

func TestReasonsAreAsRead(t *testing.T) {
	g := Decide(shipped(t), 1, letter("Wohnbau\n\nHeizkosten-\nabrcchnung 2025\nFernwärme", "Rechtsbehelfsbelehrung"))
	if g.Type != "heizkostenabrechnung" {
		t.Fatalf("taken for %q: %+v", g.Type, g.Reasons)
	}
	kinds := map[string]record.TypeReason{}
	for _, r := range g.Reasons {
		kinds[r.Kind] = r
	}
	if r := kinds[ReasonHeading]; r.Text != "Heizkosten- abrcchnung" || r.Page != 1 || r.Weight <= 0 {
		t.Errorf("the heading is told as %+v", r)
	}
	if r := kinds[ReasonAgainst]; r.Text != "Rechtsbehelfsbelehrung" || r.Page != 2 || r.Weight >= 0 {
		t.Errorf("what speaks against it is told as %+v", r)
	}
}

func TestHintAndCodeAddUp(t *testing.T) {
	r := shipped(t)
	l := letter("Blatt\nBuchungstag Verwendung Betrag\nalter Kontostand 12,00\n")
	without := Decide(r, 1, l)
	l.Hint, l.Title = "kontoauszüge", "Kontoauszug_Maerz.pdf"
	with := Decide(r, 1, l)
	if without.Type != "" || with.Type != "kontoauszug" || with.Confidence <= without.Confidence {
		t.Errorf("without %+v, with %+v", without, with)
	}
	l = slipOn(letter("Bitte legen Sie dieses Blatt obenauf.\nAnzahl der Blätter 3"))
	if g := Decide(r, 1, l); g.Type != "rueckantwort" {
		t.Errorf("the code is not taken: %+v", g)
	}
}

func TestWrongRulesNameTheField(t *testing.T) {
	for field, change := range map[string]func(*Spec){
		"threshold":                 func(s *Spec) { s.Threshold = 0 },
		"distance":                  func(s *Spec) { s.Distance = -1 },
		"types":                     func(s *Spec) { s.Types = nil },
		"types[1].key":              func(s *Spec) { s.Types[1].Key = s.Types[0].Key },
		"types[0].key":              func(s *Spec) { s.Types[0].Key = "Über" },
		"types[0].german":           func(s *Spec) { s.Types[0].German = " " },
		"types[0].headings[1].text": func(s *Spec) { s.Types[0].Headings[1].Text = "der" },
		"types[0].words[0].weight":  func(s *Spec) { s.Types[0].Words[0].Weight = 99 },
		"types[0].words[0].any":     func(s *Spec) { s.Types[0].Words[0] = Words{None: []string{"Miete"}, Weight: 1} },
		"types[0].words[0].any[0]":  func(s *Spec) { s.Types[0].Words[0].Any = []string{"*e*"} },
		"types[0].codes[0].text":    func(s *Spec) { s.Types[0].Codes = []Phrase{{"a", 3}} },
		"types[1].hints[0]":         func(s *Spec) { s.Types[1].Hints = []string{s.Types[0].Hints[0]} },
	} {
		var s Spec
		if err := json.Unmarshal(DefaultRules(), &s); err != nil {
			t.Fatal(err)
		}
		change(&s)
		body, _ := json.Marshal(s)
		_, err := ParseRules(body)
		var e *record.Error
		if !errors.As(err, &e) || e.Field != field || !errors.Is(err, record.Invalid) {
			t.Errorf("%s: %v", field, err)
		}
	}
	for _, body := range []string{"", "[]", `{"types":3}`, `{"threshold":6,"distance":2,"types":[],"more":1}`, string(DefaultRules()) + "{}"} {
		if _, err := ParseRules([]byte(body)); !errors.Is(err, record.Invalid) {
			t.Errorf("%.40q is taken: %v", body, err)
		}
	}
}

// A megabyte of text, of words that all match, costs no more than its beginning.
func TestMuchTextIsBounded(t *testing.T) {
	r := shipped(t)
	for name, s := range map[string]string{
		"one word": strings.Repeat("a", 1<<20), "one heading": strings.Repeat("Mietbescheinigung ", 60000), "lines": strings.Repeat("Kündigung\n", 100000),
		"letters": strings.Repeat("M ", 500000), "bytes": strings.Repeat("\xff\x00", 500000), "hyphens": strings.Repeat("Heizkosten-\n", 90000),
	} {
		x := r.read(letter(s, s, s).Pages)
		if len(x.tokens) > maxTokens {
			t.Errorf("%s: %d tokens were read", name, len(x.tokens))
		}
		for _, reason := range Decide(r, 1, letter(s, s, s)).Reasons {
			if len(reason.Text) > 2*maxPhrase {
				t.Errorf("%s: a reason of %d bytes", name, len(reason.Text))
			}
		}
	}
}

func FuzzDecide(f *testing.F) {
	r := shipped(f)
	f.Add("Mietbescheinigung\nGesamtmiete", "Kontoauszug", "a.pdf")
	f.Add("Heizkosten-\nabrechnung\n□ x", "", "\xff")
	f.Add("M I E T V E R T R A G\n- -\n|", "|", ".")
	f.Fuzz(func(t *testing.T, text, hint, title string) {
		l := letter(text, text)
		l.Hint, l.Title = hint, title
		l.Pages[0].Words.Codes = []record.Code{{Text: hint}}
		g := Decide(r, 1, l)
		if g.Confidence < 0 || g.Confidence > 1 || len(g.Reasons) > maxReasons {
			t.Errorf("%+v", g)
		}
	})
}

func FuzzParseRules(f *testing.F) {
	f.Add(DefaultRules())
	f.Add([]byte(`{"threshold":1,"distance":1,"types":[{"key":"a","german":"A","english":"A","words":[{"any":["xyz*"],"weight":1}]}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := ParseRules(body)
		if err != nil {
			return
		}
		Decide(r, 1, letter("Mietbescheinigung xyzabc\nKontoauszug"))
	})
}

func BenchmarkDecide(b *testing.B) {
	r := shipped(b)
	l := letter(sender+"Widerspruch gegen Ihren Bescheid vom 12.02.2026\n\nSehr geehrte Damen und Herren,\n"+
		strings.Repeat("gegen den Bescheid vom 12.02.2026 über die Aufhebung der Bewilligung lege ich Widerspruch ein, weil die Kosten der Unterkunft\nnicht in voller Höhe berücksichtigt worden sind und die Nachforderung fehlt.\n", 20),
		"Kontoauszug\n"+strings.Repeat("03.02. Lastschrift Stadtwerke Neustadt Abschlag 84,00\n", 40))
	for b.Loop() {
		Decide(r, 1, l)
	}
}
