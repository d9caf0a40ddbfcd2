package sample

import (
	"fmt"
)

// lease writes the contract of the flat: three pages, signed by both.
func (w writer) lease() (*layout, error) {
	f, s, m := w.flat(), w.landlord(), w.applicant()
	c := newComposer(w.fonts, w.pick([]string{"serif", "sans", "grotesque"}), 10)
	c.y = mm(26)
	head := c.body.bold().at(17)
	c.lineAt(c.left, c.y, head, "Wohnraummietvertrag")
	c.y += 34
	v := w.values("vermieter", s.name, "vstrasse", s.street, "vort", s.city, "flaeche", decimal(float64(f.area), 2), "zimmer", fmt.Sprint(f.rooms), "lage", f.floor, "beginn", germanOf(m.From),
		"miete", euro(f.rent), "betrieb", euro(f.running), "heiz", euro(f.heatCost), "gesamt", euro(f.rent+f.running+f.heatCost), "kaution", euro(3*f.rent), "brennstoff", f.fuel, "iban", w.iban(), "born", m.born())
	c.onNext = func() {
		c.newLine()
		c.put(c.left, mm(16), c.body.at(8.5).shade(40), "Wohnraummietvertrag")
		c.putRight(c.right, mm(16), c.body.at(8.5).shade(40), m.Name+", "+m.street())
		c.rule(c.left, c.right, mm(18), 0.5, 120)
		c.y = mm(28)
	}
	c.paragraph(fill("Zwischen {vermieter}, {vstrasse}, {vort}, im Folgenden Vermieter genannt, und {name}, geboren am {born}, bisher wohnhaft an anderem Ort, im Folgenden Mieter genannt, wird folgender Vertrag geschlossen.", v))
	for i, p := range leaseParagraphs() {
		c.heading(fmt.Sprintf("§ %d %s", i+1, p[0]), c.body.size+1)
		c.paragraph(fill(p[1], v))
		if i == 2 {
			c.table(table{ruled: ruledGrid, columns: []column{{"Bestandteil", 330, false}, {"EUR im Monat", 130, true}},
				rows: [][]string{{"Grundmiete", euro(f.rent)}, {"Vorauszahlung auf die Betriebskosten", euro(f.running)}, {"Vorauszahlung auf die Heizkosten", euro(f.heatCost)}},
				sum:  []string{"Gesamtmiete", euro(f.rent + f.running + f.heatCost)}})
		}
	}
	c.paragraph(fmt.Sprintf("%s, den %s", w.office.site(w.file.Site).Name, longDate(w.date)))
	c.sign(newDice(0, "signature", w.manager()), w.manager(), "Vermieter")
	c.sign(newDice(0, "signature", m.Full()), m.Full(), "Mieter")
	c.numberPages()
	return c.finish()
}

func leaseParagraphs() [][2]string {
	return [][2]string{
		{"Mietsache", "Vermietet wird die Wohnung {anschrift}, {lage}, bestehend aus {zimmer} Zimmern, Küche, Bad und Kellerraum. Die Wohnfläche beträgt {flaeche} m². Die Wohnung darf nur zu Wohnzwecken benutzt werden."},
		{"Mietzeit", "Das Mietverhältnis beginnt am {beginn} und läuft auf unbestimmte Zeit. Die ordentliche Kündigung ist für beide Seiten in den ersten zwölf Monaten ausgeschlossen."},
		{"Miete", "Die Miete setzt sich wie folgt zusammen:"},
		{"Zahlung", "Die Gesamtmiete von {gesamt} EUR ist monatlich im Voraus, spätestens am dritten Werktag eines Monats, kostenfrei auf das Konto des Vermieters zu zahlen. Für die Rechtzeitigkeit kommt es auf den Eingang der Überweisung beim Zahlungsdienstleister an."},
		{"Betriebskosten", "Neben der Miete trägt der Mieter die Betriebskosten im Sinne der Betriebskostenverordnung. Über die Vorauszahlungen wird jährlich abgerechnet. Die Kosten werden nach dem Anteil der Wohnfläche umgelegt, die Heizkosten nach Verbrauch."},
		{"Heizung und Warmwasser", "Die Wohnung wird zentral mit {brennstoff} beheizt. Die Anlage ist in der Zeit vom 1. Oktober bis zum 30. April in Betrieb zu halten."},
		{"Kaution", "Der Mieter leistet eine Sicherheit von {kaution} EUR, zahlbar in drei gleichen Raten. Der Vermieter legt sie getrennt von seinem Vermögen an."},
		{"Schönheitsreparaturen", "Der Mieter übernimmt die Schönheitsreparaturen nach dem Grad der Abnutzung. Starre Fristen sind nicht vereinbart."},
		{"Tierhaltung", "Kleintiere dürfen gehalten werden. Hunde und Katzen bedürfen der Zustimmung des Vermieters, die nur aus wichtigem Grund versagt werden darf."},
		{"Untervermietung", "Die Überlassung an Dritte bedarf der Erlaubnis des Vermieters nach § 540 BGB. Die Aufnahme naher Angehöriger ist anzuzeigen."},
		{"Rückgabe", "Bei Ende des Mietverhältnisses ist die Wohnung geräumt, besenrein und mit allen Schlüsseln zurückzugeben. Über den Zustand wird ein Protokoll aufgenommen."},
		{"Schlussbestimmungen", "Mündliche Nebenabreden bestehen nicht. Ist eine Bestimmung unwirksam, bleibt der Vertrag im Übrigen bestehen. Die Hausordnung ist Bestandteil dieses Vertrages."},
	}
}

// utilities writes the yearly bill for running costs: one or two pages.
func (w writer) utilities() (*layout, error) {
	f, s := w.flat(), w.landlord()
	c := newComposer(w.fonts, s.family, s.size-0.5)
	year := w.date.Year() - 1
	house := f.area * w.between(9, 22)
	info := []field{{"Vertrag", fmt.Sprintf("%d.%d", w.between(100, 999), w.between(1, 60))}, {"Zeichen", initials(s.name) + "-BK"}, {"Telefon", s.phone}}
	c.begin(s, w.window(), info, w.dateline(), fmt.Sprintf("Nebenkostenabrechnung %d", year), fmt.Sprintf("Nebenkostenabrechnung für das Jahr %d", year), "Wohnung "+w.applicant().street()+", "+f.floor)
	c.paragraph(w.applicant().salutation())
	c.paragraph(fmt.Sprintf("wir rechnen die Betriebskosten für die Zeit vom 01.01.%d bis 31.12.%d ab. Ihre Wohnung hat %s m², das Haus insgesamt %s m². Verteilt wird nach der Wohnfläche.", year, year, decimal(float64(f.area), 2), thousands(house)))
	kinds := w.some(w.between(6, 8), []string{"Grundsteuer", "Wasserversorgung", "Entwässerung", "Straßenreinigung", "Müllabfuhr", "Gebäudereinigung", "Gartenpflege", "Beleuchtung", "Schornsteinreinigung", "Sach- und Haftpflichtversicherung", "Hauswart", "Gemeinschaftsantenne", "Winterdienst"})
	var rows [][]string
	total, own := 0, 0
	for _, k := range kinds {
		cost := house * w.between(60, 420)
		share := cost * f.area / house
		total, own = total+cost, own+share
		rows = append(rows, []string{k, "m² Wohnfläche", euro(cost), euro(share)})
	}
	c.table(table{ruled: w.tableRule(), shaded: w.chance(0.6), columns: []column{{"Kostenart", 175, false}, {"Verteilung", 95, false}, {"Gesamt EUR", 90, true}, {"Ihr Anteil EUR", 95, true}},
		rows: rows, sum: []string{"Summe", "", euro(total), euro(own)}})
	paid := f.running * 12
	word := "Nachzahlung"
	if own < paid {
		word = "Guthaben"
	}
	v := w.values("anteil", euro(own), "gezahlt", euro(paid), "rest", euro(max(own-paid, paid-own)), "wort", word, "frist", w.date.AddDate(0, 0, 30).Format(germanDate))
	c.paragraph(fill("Ihr Anteil beträgt {anteil} EUR. Sie haben {gezahlt} EUR vorausgezahlt. Daraus ergibt sich: {wort} {rest} EUR, fällig am {frist}.", v))
	w.prose(c, 3, []string{
		"Einwendungen sind uns bis zum Ablauf des zwölften Monats nach Zugang mitzuteilen (§ 556 Absatz 3 BGB).",
		"Die Belege können nach Absprache in unserem Büro eingesehen werden.",
		"Haushaltsnahe Dienstleistungen nach § 35a EStG bescheinigen wir auf Wunsch gesondert.",
		"Bitte legen Sie diese Abrechnung Ihrem Jobcenter vor, wenn es die Kosten der Unterkunft übernimmt.",
	}, v)
	c.paragraph("Mit freundlichen Grüßen")
	c.sign(newDice(0, "signature", w.manager()), w.manager(), s.name)
	return c.end(s)
}
