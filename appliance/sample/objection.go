package sample

import (
	"fmt"
	"time"
)

// private is a household's own letterhead: a name and an address.
func (w writer) private() sender {
	m := w.applicant()
	return sender{name: m.Full(), what: m.Address, street: m.street(), city: m.city(), family: w.pick([]string{"sans", "serif", "grotesque", "humanist"}), size: 11}
}

// objection writes a customer's objection to a decision: one page.
func (w writer) objection() (*layout, error) {
	s, m := w.private(), w.applicant()
	c := newComposer(w.fonts, s.family, 11)
	if s.family == "humanist" {
		c.body.size = 10
	}
	decided := w.date.AddDate(0, 0, -w.between(4, 27))
	v := w.values("bescheid", decided.Format(germanDate), "betrag", euro(w.between(2500, 48000)))
	c.begin(s, w.officeWindow(), []field{{"BG-Nummer", w.file.Number}, {"Kundennummer", m.CustomerNumber}}, w.dateline(), "Widerspruch", "Widerspruch gegen Ihren Bescheid vom "+decided.Format(germanDate))
	c.paragraph("Sehr geehrte Damen und Herren,")
	c.paragraph(fill("gegen Ihren Bescheid vom {bescheid}, bei mir eingegangen drei Tage später, lege ich hiermit fristgerecht Widerspruch ein.", v))
	for _, t := range w.some(w.between(2, 3), objectionReasons()) {
		c.paragraph(fill(t, v))
	}
	if w.file.Number == canaryNumber {
		c.paragraph("Es geht um den " + canaryWord + " für alle Personen der Bedarfsgemeinschaft.")
	}
	c.paragraph(w.pick([]string{"Ich bitte um Überprüfung und um eine schriftliche Bestätigung des Eingangs.", "Bitte heben Sie den Bescheid auf und berechnen Sie die Leistung neu.", "Eine ausführliche Begründung reiche ich nach, sobald mir Akteneinsicht nach § 25 SGB X gewährt wurde."}))
	c.paragraph("Mit freundlichen Grüßen")
	c.sign(newDice(0, "signature", m.Full()), m.Full(), "")
	return c.finish()
}

func objectionReasons() []string {
	return []string{
		"Die Kosten der Unterkunft haben Sie nicht in voller Höhe anerkannt. Eine billigere Wohnung ist in der Umgebung nicht zu finden; meine Bemühungen habe ich nachgewiesen.",
		"Das Einkommen aus der Nebentätigkeit ist zu hoch angesetzt. Im fraglichen Monat wurden mir nur {betrag} EUR ausgezahlt, siehe Lohnabrechnung.",
		"Die Nachforderung aus der Heizkostenabrechnung über {betrag} EUR ist nicht berücksichtigt worden, obwohl ich sie rechtzeitig eingereicht habe.",
		"Den Termin konnte ich nicht wahrnehmen, weil mein Kind krank war. Die Bescheinigung lag Ihnen vor, deshalb ist die Minderung nicht gerechtfertigt.",
		"Der Mehrbedarf wegen Alleinerziehung fehlt in der Berechnung ganz.",
		"Die Rückforderung von {betrag} EUR kann ich nicht nachvollziehen, denn alle Änderungen habe ich Ihnen sofort mitgeteilt.",
	}
}

// change writes a notice of a change on the jobcenter's form: one page or two.
func (w writer) change() (*layout, error) {
	s, m := w.jobcenter(), w.applicant()
	s.footer = nil
	c := newComposer(w.fonts, "sans", 10)
	hand := w.handwriting()
	c.head(s, fill("Veränderungsmitteilung, BG-Nummer {bg}", w.values()))
	c.foldMarks()
	c.y = mm(38)
	c.heading("Veränderungsmitteilung", 14)
	c.paragraph("Bitte teilen Sie alle Änderungen unverzüglich mit (§ 60 Absatz 1 Satz 1 Nummer 2 SGB I).")
	c.fields(hand, 170, []field{{"Name, Vorname", m.Name + ", " + m.FirstName}, {"Geburtsdatum", m.born()}, {"Kundennummer", m.CustomerNumber}, {"BG-Nummer", w.file.Number}})
	c.skip(6)
	c.heading("Was hat sich geändert?", 11)
	kinds := []struct{ box, label, value string }{
		{"Aufnahme einer Arbeit oder Ausbildung", "Arbeitgeber", w.employer().name},
		{"Ende einer Arbeit oder Ausbildung", "Letzter Arbeitstag", w.date.AddDate(0, 0, -3).Format(germanDate)},
		{"Umzug oder Änderung der Miete", "Neue Gesamtmiete", euro(w.between(42000, 98000)) + " EUR"},
		{"Geburt, Einzug oder Auszug einer Person", "Name der Person", m.Name},
		{"Änderung des Einkommens oder Vermögens", "Betrag im Monat", euro(w.between(9000, 90000)) + " EUR"},
		{"Änderung der Bankverbindung", "Neue IBAN", w.iban()},
		{"Ortsabwesenheit oder Krankheit", "Zeitraum", w.date.AddDate(0, 0, 5).Format(germanDate) + " bis " + w.date.AddDate(0, 0, 19).Format(germanDate)},
	}
	one := w.IntN(len(kinds))
	var boxes []box
	for i, k := range kinds {
		boxes = append(boxes, box{i == one, k.box})
	}
	c.boxes(boxes)
	c.skip(6)
	from := time.Date(w.date.Year(), w.date.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 1, 0)
	c.fields(hand, 170, []field{{"Die Änderung gilt ab", from.Format(germanDate)}, {kinds[one].label, kinds[one].value}, {"Erläuterung", w.pick([]string{"Nachweis liegt bei", "Unterlagen folgen", "siehe Rückseite", "wie telefonisch besprochen"})}})
	c.skip(8)
	c.paragraph("Ich versichere, dass meine Angaben richtig und vollständig sind. Mir ist bekannt, dass zu viel gezahlte Leistungen zu erstatten sind.")
	c.paragraph(fmt.Sprintf("%s, den %s", w.office.site(w.file.Site).Name, longDate(w.date)))
	c.sign(newDice(0, "signature", m.Full()), m.Full(), "Unterschrift")
	return c.end(s)
}
