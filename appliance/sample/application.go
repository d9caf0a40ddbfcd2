package sample

import (
	"fmt"
	"time"
)

// application writes the first application of a household: four or five pages.
func (w writer) application() (*layout, error) {
	s := w.jobcenter()
	s.footer = nil
	c := newComposer(w.fonts, "sans", 10)
	hand := w.handwriting()
	m := w.applicant()
	c.head(s, fill("Hauptantrag, BG-Nummer {bg}", w.values()))
	c.foldMarks()
	c.y = mm(38)
	c.heading("Hauptantrag auf Leistungen zur Sicherung des Lebensunterhalts (Bürgergeld)", 13)
	c.paragraph("nach dem Zweiten Buch Sozialgesetzbuch (SGB II)")
	w.prose(c, 3, renewalHints(), w.values())
	c.heading("1. Antragstellende Person", 11)
	start := time.Date(w.date.Year(), w.date.Month(), 1, 0, 0, 0, 0, time.UTC)
	c.fields(hand, 170, []field{
		{"Name, Vorname", m.Name + ", " + m.FirstName}, {"Geburtsdatum", m.born()}, {"Kundennummer", m.CustomerNumber},
		{"Nummer der Bedarfsgemeinschaft", w.file.Number}, {"Straße, Hausnummer", m.street()}, {"Postleitzahl, Ort", m.city()},
		{"Telefon (freiwillig)", "0395 000" + w.digits(4)}, {"Bankverbindung (IBAN)", w.iban()}, {"Leistungen ab", start.Format(germanDate)},
	})
	c.skip(4)
	c.paragraph("Familienstand")
	pair := w.count("partner") > 0
	c.boxes([]box{{!pair, "ledig oder dauernd getrennt lebend"}, {pair, "verheiratet, eingetragene oder eheähnliche Gemeinschaft"}})
	c.paragraph("Können Sie mindestens drei Stunden täglich arbeiten?")
	c.boxes([]box{{true, "Ja."}, {false, "Nein, die Gründe habe ich in der Anlage dargelegt."}})
	w.renewalMembers(c)
	w.applicationBefore(c, hand)
	w.renewalIncome(c, hand)
	w.renewalHousing(c)
	w.applicationInsurance(c, hand)
	c.heading("F. Erklärung", 11)
	for _, text := range renewalDeclarations() {
		c.paragraph(fill(text, w.values()))
	}
	c.paragraph(fmt.Sprintf("%s, den %s", w.office.site(w.file.Site).Name, longDate(w.date)))
	c.sign(newDice(0, "signature", m.Full()), m.Full(), "Unterschrift der antragstellenden Person")
	return c.end(s)
}

// applicationBefore asks what came before the benefits.
func (w writer) applicationBefore(c *composer, hand style) {
	c.heading("C. Bisheriger Lebensunterhalt", 11)
	c.paragraph("Wovon haben Sie in den letzten zwölf Monaten gelebt?")
	one := w.IntN(4)
	var boxes []box
	for i, t := range []string{"Arbeitsentgelt oder selbständige Tätigkeit", "Arbeitslosengeld, Krankengeld oder Elterngeld", "Unterstützung durch Angehörige", "Leistungen eines anderen Jobcenters"} {
		boxes = append(boxes, box{i == one, t})
	}
	c.boxes(boxes)
	c.fields(hand, 250, []field{
		{"Letzter Arbeitgeber", w.employer().name}, {"Beschäftigt bis", w.date.AddDate(0, -w.between(1, 14), 0).Format(germanDate)},
		{"Ansprüche gegenüber Dritten", w.pick([]string{"keine", "Unterhalt", "Lohn für den letzten Monat"})},
	})
	c.skip(6)
}

func (w writer) applicationInsurance(c *composer, hand style) {
	c.heading("Kranken- und Pflegeversicherung", 11)
	c.fields(hand, 250, []field{{"Krankenkasse", w.healthFund()}, {"Versichertennummer", w.insured(w.applicant())}})
	c.skip(6)
	c.boxes([]box{{true, "Ich bin gesetzlich versichert."}, {false, "Ich bin privat oder nicht versichert."}})
}

// healthFund is the household's insurance.
func (w writer) healthFund() string {
	return newDice(0, "fund", w.applicant().CustomerNumber).pick([]string{"Krankenkasse Küstenland", "Betriebskasse Nordost", "Ersatzkasse Seenplatte"})
}

func (w writer) insured(m Member) string {
	d := newDice(0, "insured", m.CustomerNumber)
	return string(rune('A'+d.IntN(26))) + d.digits(9)
}

// handwriting is how forms are filled in: by hand if the letter says so, else
// printed.
func (w writer) handwriting() style {
	printed := style{face: w.pick([]string{"serif-i", "sans", "mono", "grotesque-i"}), size: 10.5, grey: 25}
	if !w.byHand {
		return printed
	}
	return handOf(w.applicant().Full()).shade(45)
}
