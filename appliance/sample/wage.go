package sample

import "fmt"

// employer invents who somebody works for: the same on all letters of a household.
func (w writer) employer() sender {
	d := newDice(0, "employer", w.applicant().CustomerNumber)
	name := d.pick([]string{"Bäckerei Öhrenmacher GmbH", "Gebäudereinigung Glanz & Söhne", "Gasthof zur Fähre", "Lebensmittelmarkt Kröger KG", "Pflegedienst Seeschwalbe", "Spedition Nordkranich GmbH"})
	street := d.pick([]string{"Gewerbering", "Hafenstraße", "Am Wasserturm"}) + fmt.Sprintf(" %d", d.between(1, 40))
	s := sender{name: name, what: d.pick([]string{"Personalabteilung", "Lohnbüro", "Verwaltung"}), street: street, city: "17033 Neustadt", phone: "0395 000-" + d.digits(4),
		family: d.pick([]string{"sans", "grotesque", "serif"}), size: 10.5, logo: 1 + d.IntN(4)}
	s.footer = []string{name + " - " + street + " - 17033 Neustadt", fmt.Sprintf("Betriebsnummer %s - Amtsgericht Neustadt - Telefon %s", d.digits(8), s.phone)}
	return s
}

// boss is who signs there.
func (w writer) boss() string {
	return newDice(0, "boss", w.applicant().CustomerNumber).pick([]string{"Thorsten Öhrenmacher", "Beate Glanz", "Jörn Kröger", "Silke Fährmann", "Renate Schwalbe", "Holger Kranich"})
}

// wage writes a month's payslip: one page of figures.
func (w writer) wage() (*layout, error) {
	s, m := w.employer(), w.applicant()
	s.family, s.size = w.pick([]string{"mono", "sans", "grotesque"}), 9.5
	if s.family == "mono" {
		s.size = 8.5
	}
	c := newComposer(w.fonts, s.family, s.size)
	month := w.date.AddDate(0, -1, 0)
	personal := w.digits(5)
	info := []field{{"Personalnummer", personal}, {"Steuerklasse", fmt.Sprint(w.between(1, 5))}, {"Eintritt", germanOf(m.From)}, {"Sozialversicherung", "65" + w.digits(6) + m.Name[:1] + w.digits(3)}}
	c.begin(s, w.window(), info, w.dateline(), "Personalnummer "+personal, "Entgeltabrechnung "+monthYear(month))
	hours, rate := w.between(40, 160), w.between(1282, 1590)
	base := hours * rate
	extra := []int{0, w.between(2000, 14000)}[w.IntN(2)]
	gross := base + extra
	rows := [][]string{{"100", "Stundenlohn", decimal(float64(hours), 2), euro(rate), euro(base)}}
	if extra > 0 {
		rows = append(rows, []string{"210", w.pick([]string{"Zuschlag für Nachtarbeit", "Zuschlag für Sonntage", "Vermögenswirksame Leistung"}), "", "", euro(extra)})
	}
	c.table(table{ruled: ruledRows, shaded: true, size: s.size, columns: []column{{"Lohnart", 50, false}, {"Bezeichnung", 185, false}, {"Menge", 60, true}, {"Satz", 60, true}, {"Betrag EUR", 90, true}},
		rows: rows, sum: []string{"", "Gesamtbrutto", "", "", euro(gross)}})
	tax := max(0, gross-130000) * 14 / 100
	parts := []struct {
		name  string
		mille int
	}{{"Krankenversicherung", 73}, {"Zusatzbeitrag Krankenversicherung", 12}, {"Pflegeversicherung", 18}, {"Rentenversicherung", 93}, {"Arbeitslosenversicherung", 13}}
	rows = [][]string{{"Lohnsteuer", euro(gross), euro(tax)}, {"Solidaritätszuschlag", euro(gross), euro(0)}}
	all := tax
	for _, p := range parts {
		v := gross * p.mille / 1000
		all += v
		rows = append(rows, []string{p.name, euro(gross), euro(v)})
	}
	c.table(table{ruled: w.tableRule(), size: s.size, columns: []column{{"Abzug", 245, false}, {"Bemessung", 100, true}, {"Betrag EUR", 100, true}}, rows: rows, sum: []string{"Summe der Abzüge", "", euro(all)}})
	c.heading("Auszahlungsbetrag: "+euro(gross-all)+" EUR", s.size+2)
	c.paragraph(fmt.Sprintf("Die Überweisung erfolgt zum %s auf das Konto %s.", month.AddDate(0, 1, 15-month.Day()).Format(germanDate), w.iban()))
	w.prose(c, 2, []string{
		"Diese Abrechnung entspricht § 108 Absatz 1 der Gewerbeordnung und dient der Vorlage bei Behörden.",
		"Resturlaub zum Monatsende: zwölf Tage. Überstunden werden durch Freizeit ausgeglichen.",
		"Bitte bewahren Sie diese Abrechnung als Nachweis Ihres Einkommens auf.",
		"Änderungen der Anschrift und der Bankverbindung teilen Sie uns bitte sofort mit.",
	}, w.values())
	return c.end(s)
}

// dismissal writes a notice of termination: of work, or of the flat.
func (w writer) dismissal() (*layout, error) {
	if w.chance(0.35) {
		return w.eviction()
	}
	s, m := w.employer(), w.applicant()
	c := newComposer(w.fonts, s.family, 11)
	info := []field{{"Personalnummer", w.digits(5)}, {"Zeichen", initials(s.name)}}
	c.begin(s, w.window(), info, w.dateline(), "Kündigung", "Kündigung Ihres Arbeitsverhältnisses")
	v := w.values("ende", w.date.AddDate(0, 1, 15).Format(germanDate), "beginn", germanOf(m.From))
	c.paragraph(m.salutation())
	c.paragraph(fill("hiermit kündigen wir das mit Ihnen seit dem {beginn} bestehende Arbeitsverhältnis ordentlich und fristgerecht zum {ende}, hilfsweise zum nächstmöglichen Zeitpunkt.", v))
	c.paragraph(fill(w.pick([]string{"Die Kündigung erfolgt aus betrieblichen Gründen, da die Zahl der Aufträge dauerhaft zurückgegangen ist.", "Die Kündigung erfolgt innerhalb der vereinbarten Probezeit.", "Der Betriebsteil, in dem Sie beschäftigt sind, wird zum Jahresende geschlossen."}), v))
	c.paragraph("Bis zum Ende der Kündigungsfrist stellen wir Sie unter Anrechnung des restlichen Urlaubs von der Arbeit frei. Schlüssel, Arbeitskleidung und Ausweis geben Sie bitte bis zu diesem Tag zurück.")
	c.paragraph("Wir weisen Sie darauf hin, dass Sie nach § 38 Absatz 1 SGB III verpflichtet sind, sich spätestens drei Monate vor der Beendigung persönlich arbeitsuchend zu melden. Erfahren Sie später davon, hat die Meldung innerhalb von drei Tagen zu erfolgen, da sonst eine Sperrzeit eintritt.")
	c.paragraph("Ihre Arbeitspapiere und ein Zeugnis erhalten Sie mit der letzten Abrechnung.")
	c.paragraph("Mit freundlichen Grüßen")
	c.sign(newDice(0, "signature", w.boss()), w.boss(), s.name)
	return c.end(s)
}

// eviction is the landlord's notice for rent not paid.
func (w writer) eviction() (*layout, error) {
	s, f := w.landlord(), w.flat()
	c := newComposer(w.fonts, s.family, s.size+0.5)
	rent := f.rent + f.running + f.heatCost
	v := w.values("betrag", euro(rent*2), "miete", euro(rent), "ende", w.date.AddDate(0, 0, 14).Format(germanDate), "hilfs", w.date.AddDate(0, 3, 0).Format(germanDate))
	c.begin(s, w.window(), []field{{"Zeichen", initials(s.name) + "/" + w.digits(3)}, {"Telefon", s.phone}}, w.dateline(), "Kündigung", "Kündigung des Mietverhältnisses wegen Zahlungsverzuges", "Wohnung "+w.applicant().street()+", "+f.floor)
	c.paragraph(w.applicant().salutation())
	c.paragraph(fill("Sie sind mit der Miete für zwei aufeinander folgende Monate im Rückstand. Der Rückstand beträgt {betrag} EUR bei einer Gesamtmiete von {miete} EUR im Monat.", v))
	c.paragraph(fill("Wir kündigen das Mietverhältnis daher nach § 543 Absatz 2 Satz 1 Nummer 3 BGB außerordentlich und fristlos, hilfsweise ordentlich zum {hilfs}. Wir fordern Sie auf, die Wohnung bis zum {ende} geräumt herauszugeben.", v))
	c.paragraph("Die Kündigung wird unwirksam, wenn der Rückstand spätestens zwei Monate nach Rechtshängigkeit des Räumungsanspruchs vollständig ausgeglichen wird oder sich eine öffentliche Stelle dazu verpflichtet.")
	c.paragraph("Einer stillschweigenden Fortsetzung nach § 545 BGB widersprechen wir schon jetzt. Wenden Sie sich bitte umgehend an Ihr Jobcenter; Mietschulden können dort nach § 22 Absatz 8 SGB II übernommen werden.")
	c.paragraph("Mit freundlichen Grüßen")
	c.sign(newDice(0, "signature", w.manager()), w.manager(), s.name)
	return c.end(s)
}
