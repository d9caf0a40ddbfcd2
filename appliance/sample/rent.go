package sample

import (
	"fmt"
	"slices"
)

// rent writes a landlord's certificate of rent for the jobcenter: one or two pages.
func (w writer) rent() (*layout, error) {
	f, s := w.flat(), w.landlord()
	short := w.chance(0.6) // for one page
	if short {
		s.footer = nil
	}
	c := newComposer(w.fonts, s.family, s.size)
	m := w.applicant()
	if short {
		c.bottom = pageHeight - mm(18)
	}
	hand := c.body
	if w.chance(0.5) {
		hand = hand.italic()
	}
	info := []field{{"Zeichen", initials(s.name) + "-" + w.digits(4)}, {"Bearbeiter", w.manager()}, {"Telefon", s.phone}}
	c.begin(s, w.officeWindow(), info, w.dateline(), "Mietbescheinigung "+m.Name, "Mietbescheinigung",
		fill("BG-Nummer {bg}, Kundennummer {kunde}", w.values()))
	c.paragraph(fill("Sehr geehrte Damen und Herren, auf Wunsch unserer Mietpartei bescheinigen wir Ihnen das folgende Mietverhältnis. "+w.pick(rentOpenings()), w.values()))
	c.heading("Angaben zum Mietverhältnis", c.body.size+0.5)
	asked := w.rentFields(f)
	if short {
		asked = slices.Delete(slices.Delete(asked, 5, 8), 2, 3)
	}
	c.fields(hand, 165, asked)
	c.skip(6)
	c.heading("Zusammensetzung der monatlichen Miete", c.body.size+0.5)
	rows := [][]string{{"Grundmiete ohne Nebenkosten", euro(f.rent)}}
	rows = append(rows, []string{"Vorauszahlung Betriebskosten", euro(f.running)}, []string{"Vorauszahlung Heizkosten und Warmwasser", euro(f.heatCost)})
	total := f.rent + f.running + f.heatCost
	if w.chance(0.4) {
		extra := w.between(1500, 4500)
		rows = append(rows, []string{w.pick([]string{"Stellplatz", "Kabelanschluss", "Zuschlag für Einbauküche"}), euro(extra)})
		total += extra
	}
	c.table(table{ruled: w.tableRule(), shaded: w.chance(0.6), columns: []column{{"Bestandteil", 310, false}, {"EUR im Monat", 130, true}},
		rows: rows, sum: []string{"Gesamtmiete", euro(total)}})
	v := w.values("gesamt", euro(total), "kaution", euro(f.rent*3), "seit", germanOf(m.From), "rueckstand", euro(w.between(8000, 90000)))
	if !short {
		w.prose(c, w.between(4, 6), rentNotes(), v)
	}
	paid := "Es bestehen keine Mietrückstände. Die Miete wurde in den letzten zwölf Monaten pünktlich gezahlt."
	if w.chance(0.4) {
		paid = "Es besteht ein Mietrückstand von {rueckstand} EUR. Eine Kündigung wurde bisher nicht ausgesprochen."
	}
	confirmed := " Die Gesamtmiete beträgt {gesamt} EUR. Die Richtigkeit der Angaben wird hiermit bestätigt."
	c.paragraph(fill(paid+confirmed, v))
	if !short {
		c.paragraph(fmt.Sprintf("%s, den %s", s.city[6:], longDate(w.date)))
	}
	c.sign(newDice(0, "signature", w.manager()), w.manager(), s.name)
	return c.end(s)
}

// rentFields is what the jobcenter wants to know of the flat.
func (w writer) rentFields(f flat) []field {
	return []field{
		{"Mieterin oder Mieter", w.applicant().Full()},
		{"Anschrift der Wohnung", w.applicant().Address},
		{"Lage im Haus", f.floor},
		{"Mietbeginn", germanOf(w.applicant().From)},
		{"Wohnfläche", decimal(float64(f.area), 2) + " m²"},
		{"Anzahl der Räume", fmt.Sprintf("%d Zimmer, Küche, Bad", f.rooms)},
		{"Baujahr des Hauses", fmt.Sprint(f.year)},
		{"Personen im Haushalt", fmt.Sprint(len(w.file.Members))},
		{"Art der Heizung", "Zentralheizung mit " + f.fuel},
		{"Warmwasser", w.pick([]string{"zentral über die Heizung", "dezentral über einen Durchlauferhitzer"})},
	}
}

func rentOpenings() []string {
	return []string{
		"Die Angaben entsprechen dem Mietvertrag und dem Stand vom {datum}.",
		"Diese Bescheinigung dient ausschließlich der Vorlage bei Ihrer Behörde.",
		"Änderungen teilen wir unserer Mietpartei gesondert mit.",
	}
}

func rentNotes() []string {
	return []string{
		"Die Gesamtmiete von {gesamt} EUR ist monatlich im Voraus, spätestens am dritten Werktag, zu zahlen.",
		"Die Kaution beträgt {kaution} EUR und wurde bei Einzug vollständig hinterlegt.",
		"Eine Untervermietung ist uns nicht bekannt und bedarf nach § 540 BGB unserer Zustimmung.",
		"Die Nebenkosten werden einmal jährlich nach § 556 BGB abgerechnet.",
		"Die letzte Mieterhöhung wurde nach § 558 BGB angekündigt und ist seit mehr als fünfzehn Monaten wirksam.",
		"Zur Wohnung gehören ein Kellerraum und die Mitbenutzung des Trockenbodens.",
		"Schönheitsreparaturen trägt die Mietpartei im vertraglich vereinbarten Umfang.",
		"Das Mietverhältnis läuft seit dem {seit} auf unbestimmte Zeit.",
		"Die Zahlung der Miete unmittelbar durch das Jobcenter ist möglich, wenn Sie uns dies schriftlich ankündigen.",
	}
}
