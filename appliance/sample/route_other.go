package sample

import (
	"fmt"
	"strings"
)

// other is post of none of the Types, as half of a jobcenter's may be.
const other Type = "sonstiges"

// otherLetter is what one such letter says.
type otherLetter struct{ sender, what, subject, text string }

func otherLetters() []otherLetter {
	return []otherLetter{
		{"Stadtwerke Neustadt", "Strom - Wasser - Wärme", "Ihre Stromrechnung für das vergangene Jahr", "Für Ihren Verbrauch von 2.340 kWh berechnen wir {betrag} EUR. Der neue monatliche Abschlag beträgt {klein} EUR und ist zum Ersten fällig."},
		{"Inkasso Nordlicht GmbH", "Forderungsmanagement", "Letzte Mahnung", "Trotz unserer Schreiben haben Sie die offene Forderung von {betrag} EUR nicht beglichen. Zahlen Sie bis zum {frist}, sonst beantragen wir einen Mahnbescheid."},
		{"Grundschule am Mühlenteich", "Sekretariat", "Schulbescheinigung", "Hiermit wird bescheinigt, dass das Kind der oben genannten Familie unsere Schule im laufenden Schuljahr besucht. Diese Bescheinigung dient zur Vorlage bei Behörden."},
		{"Krankenkasse Küstenland", "Kundenservice", "Mitgliedsbescheinigung", "Wir bestätigen Ihnen die Mitgliedschaft in unserer Kasse. Die Versicherung besteht seit mehr als zwölf Monaten ohne Unterbrechung."},
		{"Kita Gänseblümchen", "Träger: Verein Kinderwelt", "Beitrag für Mittagessen", "Für das Mittagessen erheben wir im kommenden Halbjahr {klein} EUR im Monat. Mit einem Nachweis über Bildung und Teilhabe entfällt Ihr Anteil."},
		{"Optik Weitblick", "Brillen und Kontaktlinsen", "Kostenvoranschlag", "Für eine Brille mit Gläsern in der verordneten Stärke veranschlagen wir {betrag} EUR. Das Angebot gilt acht Wochen."},
		{"Bildungsträger Horizont", "Berufliche Weiterbildung", "Teilnahmebestätigung", "Sie haben an dem Lehrgang zur beruflichen Orientierung vom {frist} an regelmäßig teilgenommen. Ein Zertifikat liegt bei."},
		{"Amtsgericht Neustadt", "Betreuungsabteilung", "Beschluss in dem Betreuungsverfahren", "In dem Verfahren wird eine Betreuung für die Bereiche Vermögenssorge und Vertretung gegenüber Behörden eingerichtet. Die Entscheidung ist sofort wirksam."},
		{"Rechtsanwältin Dr. Tilda Quast", "Kanzlei für Sozialrecht", "Anzeige der Vertretung", "Ich zeige die anwaltliche Vertretung an. Eine Vollmacht liegt bei. Ich bitte um Akteneinsicht nach § 25 SGB X und um Übersendung der vollständigen Akte."},
		{"Möbelhaus Süd", "Einrichten und Wohnen", "Auftragsbestätigung", "Vielen Dank für Ihren Auftrag über ein Bett mit Lattenrost und einen Kleiderschrank zum Preis von {betrag} EUR. Die Lieferung erfolgt in der Woche nach dem {frist}."},
		{"Familienkasse Nord", "Kindergeld", "Fragebogen zur Prüfung des Anspruchs", "Bitte senden Sie den Fragebogen bis zum {frist} ausgefüllt zurück, damit die Zahlung des Kindergeldes nicht unterbrochen wird."},
		{"Umzüge Fährmann", "Nah- und Fernverkehr", "Angebot für Ihren Umzug", "Für den Transport mit zwei Trägern und einem Fahrzeug von 7,5 Tonnen bieten wir {betrag} EUR an. Kartons stellen wir kostenfrei."},
	}
}

// other writes one of them: one page.
func (w writer) other() (*layout, error) {
	all := otherLetters()
	o := all[w.IntN(len(all))]
	d := newDice(0, "other", o.sender)
	s := sender{name: o.sender, what: o.what, street: fmt.Sprintf("Werftweg %d", d.between(1, 60)), city: "17033 Neustadt", phone: "0395 000-" + d.digits(4),
		family: d.pick([]string{"sans", "serif", "grotesque"}), size: 10.5, logo: d.IntN(5)}
	c := newComposer(w.fonts, s.family, s.size)
	c.begin(s, w.window(), []field{{"Zeichen", initials(s.name) + "-" + w.digits(5)}, {"Telefon", s.phone}}, w.dateline(), o.subject, o.subject)
	v := w.values("betrag", euro(w.between(3000, 90000)), "klein", euro(w.between(1500, 9000)), "frist", w.date.AddDate(0, 0, 21).Format(germanDate))
	c.paragraph(w.applicant().salutation())
	c.paragraph(fill(o.text, v))
	c.paragraph(w.pick([]string{"Für Rückfragen stehen wir Ihnen gern zur Verfügung.", "Bitte geben Sie bei Rückfragen unser Zeichen an.", "Dieses Schreiben wurde maschinell erstellt und ist ohne Unterschrift gültig."}))
	c.paragraph("Mit freundlichen Grüßen")
	return c.end(s)
}

// wordings are other words for what our own letters are headed by.
func wordings() map[string][]string {
	return map[string][]string{
		"Entgeltabrechnung":                {"Lohnabrechnung", "Gehaltsabrechnung", "Verdienstnachweis"},
		"Kontoauszug":                      {"Kontoumsatz", "Umsätze"},
		"Heizkostenabrechnung":             {"Wärmekostenrechnung", "Heizungsabrechnung"},
		"Nebenkostenabrechnung":            {"Betriebskosten", "Jahresabrechnung"},
		"Mietbescheinigung":                {"Vermieterbescheinigung", "Wohnungsbestätigung"},
		"Wohnraummietvertrag":              {"Mietvertrag", "Mietvereinbarung"},
		"Widerspruch":                      {"Einspruch", "Beschwerde"},
		"Kündigung":                        {"Auflösung"},
		"Rückantwort":                      {"Antwortbogen", "Begleitblatt"},
		"Arbeitsunfähigkeitsbescheinigung": {"Krankmeldung", "Bescheinigung"},
	}
}

// unseen are still other words: nobody who wrote rules of types had them at hand.
func unseen() map[string][]string {
	return map[string][]string{
		"Entgeltabrechnung":                {"Bezügemitteilung", "Vergütung"},
		"Kontoauszug":                      {"Buchungen", "Finanzreport"},
		"Heizkostenabrechnung":             {"Verbrauchsabrechnung", "Wärmeabrechnung"},
		"Nebenkostenabrechnung":            {"Hausgeldabrechnung", "Umlagenabrechnung"},
		"Mietbescheinigung":                {"Mietnachweis"},
		"Wohnraummietvertrag":              {"Wohnungsüberlassung"},
		"Widerspruch":                      {"Einwände", "Remonstration"},
		"Kündigung":                        {"Trennung"},
		"Rückantwort":                      {"Deckblatt"},
		"Arbeitsunfähigkeitsbescheinigung": {"Attest"},
	}
}

// HeadedTypes are those whose letters are headed by a word that has others.
func HeadedTypes() []Type {
	return []Type{Wage, Account, Heating, Utilities, Rent, Lease, Objection, Dismissal, Slip, Sick}
}

// Unseen is the piece headed by words that the rules of types were not written
// against.
func (p Piece) Unseen() Piece {
	p.Letter.edits = append(p.Letter.edits[:len(p.Letter.edits):len(p.Letter.edits)], reworded(p.Letter.streams()("unseen"), unseen()))
	return p
}

// reworded says words in another way, as other senders do. None is so much
// longer that it runs into the next one.
func reworded(d dice, words map[string][]string) edit {
	by, n := map[string]string{}, d.IntN(6)
	for word, others := range words {
		by[word] = others[n%len(others)]
	}
	return func(c *composer, _ Letter) {
		for _, p := range c.out.pages {
			for i, w := range p.words {
				for word, instead := range by {
					if w.text == word || w.text == word+"," || w.text == word+":" {
						p.words[i].text = strings.Replace(w.text, word, instead, 1)
					}
				}
			}
		}
	}
}
