package sample

import (
	"fmt"
	"time"
)

// heatingBill are the sums of one heating bill, in cents.
type heatingBill struct {
	fuel, power, service, sweep, meters, reading int
	area, units, ownUnits                        int
	base, used, warm, own, paid                  int
}

func (b heatingBill) total() int {
	return b.fuel + b.power + b.service + b.sweep + b.meters + b.reading
}

func (w writer) heatingBill(f flat) heatingBill {
	b := heatingBill{area: f.area * w.between(8, 24), units: w.between(9000, 32000)}
	b.fuel = b.area * w.between(900, 1700)
	b.power, b.service = b.fuel/w.between(28, 50), w.between(18000, 64000)
	b.sweep, b.meters, b.reading = w.between(6200, 16800), w.between(21000, 88000), w.between(15000, 42000)
	b.ownUnits = b.units * f.area / b.area * w.between(70, 135) / 100
	b.base = b.total() * 30 / 100 * f.area / b.area
	b.used = b.total() * 70 / 100 * b.ownUnits / b.units
	b.warm = b.total() * 12 / 100 * f.area / b.area
	b.own = b.base + b.used + b.warm
	b.paid = f.heatCost * 12
	return b
}

// heating writes a bill for heat and hot water: two to three pages.
func (w writer) heating() (*layout, error) {
	f, s := w.flat(), w.landlord()
	b := w.heatingBill(f)
	c := newComposer(w.fonts, s.family, s.size)
	from := time.Date(w.date.Year()-1, 1, 1, 0, 0, 0, 0, time.UTC)
	to := from.AddDate(1, 0, -1)
	object := fmt.Sprintf("%d-%03d", w.between(1000, 9999), w.between(1, 240))
	info := []field{{"Nutzernummer", object}, {"Zeichen", initials(s.name) + "/" + w.digits(3)}, {"Telefon", s.phone}}
	c.begin(s, w.window(), info, w.dateline(), "Nutzernummer "+object,
		fmt.Sprintf("Heizkostenabrechnung für die Zeit vom %s bis %s", from.Format(germanDate), to.Format(germanDate)),
		"Wohnung "+w.applicant().street()+", "+f.floor)
	if w.chance(0.8) || w.file.Number == showcaseNumber {
		c.paragraph(fill("Zur Vorlage beim Jobcenter, BG-Nummer {bg}, Kundennummer {kunde}", w.values()))
	}
	c.qr(c.right-mm(24), mm(50), mm(24), payment(s.name, object, max(0, b.own-b.paid)))
	c.paragraph(w.applicant().salutation())
	v := w.values("gesamt", euro(b.total()), "energie", f.fuel, "zaehler", thousands(b.units), "wohnflaeche", thousands(b.area))
	c.paragraph(fill("hiermit erhalten Sie die Abrechnung der Heiz- und Warmwasserkosten für das vergangene Jahr. "+w.pick(heatingOpenings())+" "+w.pick(heatingAdvice()), v))
	if w.file.Number == showcaseNumber {
		c.paragraph("Die Wärme wurde in diesem Jahr erstmals durch den neuen Wärmemengenzähler im Heizungskeller erfasst.")
	}
	c.heading("1. Kosten der Heizungsanlage", c.body.size+0.5)
	c.table(table{ruled: w.tableRule(), shaded: w.chance(0.5),
		columns: []column{{"Kostenart", 250, false}, {"Menge", 90, true}, {"Betrag EUR", 100, true}},
		rows: [][]string{
			{"Brennstoffkosten " + f.fuel, thousands(b.fuel/11) + " kWh", euro(b.fuel)},
			{"Betriebsstrom der Anlage", thousands(b.power/32) + " kWh", euro(b.power)},
			{"Wartung der Brenneranlage", "1", euro(b.service)},
			{"Schornsteinfeger", "1", euro(b.sweep)},
			{"Miete der Erfassungsgeräte", fmt.Sprint(b.meters / 900), euro(b.meters)},
			{"Ablesung und Abrechnung", "1", euro(b.reading)},
		},
		sum: []string{"Summe der Heizkosten", "", euro(b.total())}})
	w.prose(c, 3, heatingRules(), v)
	c.heading("2. Ihr Anteil", c.body.size+0.5)
	c.table(table{ruled: w.tableRule(), shaded: w.chance(0.5),
		columns: []column{{"Verteilung", 160, false}, {"Gesamt", 90, true}, {"Ihre Einheiten", 90, true}, {"Ihr Betrag EUR", 100, true}},
		rows: [][]string{
			{"30 % Grundkosten", thousands(b.area) + " qm", decimal(float64(f.area), 2), euro(b.base)},
			{"70 % Verbrauchskosten", thousands(b.units), thousands(b.ownUnits), euro(b.used)},
			{"Warmwasser nach Fläche", thousands(b.area) + " qm", decimal(float64(f.area), 2), euro(b.warm)},
		},
		sum: []string{"Ihre Heizkosten", "", "", euro(b.own)}})
	w.heatingReadings(c, f, b)
	w.heatingResult(c, b, s)
	return c.end(s)
}

// heatingReadings lists the rooms' meters.
func (w writer) heatingReadings(c *composer, f flat, b heatingBill) {
	c.heading("3. Ablesung in Ihrer Wohnung", c.body.size+0.5)
	rooms := []string{"Küche", "Bad", "Wohnzimmer", "Schlafzimmer", "Kinderzimmer", "Flur"}
	n := min(len(rooms), f.rooms+2)
	var rows [][]string
	left := b.ownUnits
	for i, room := range rooms[:n] {
		units := left / (n - i)
		if i < n-1 {
			units = units * w.between(60, 130) / 100
		}
		left -= units
		old := w.between(120, 900)
		rows = append(rows, []string{room, w.digits(8), thousands(old), thousands(old + units), thousands(units)})
	}
	c.table(table{ruled: w.tableRule(), columns: []column{{"Raum", 110, false}, {"Gerätenummer", 100, true}, {"Stand alt", 75, true}, {"Stand neu", 75, true}, {"Einheiten", 80, true}},
		rows: rows, sum: []string{"Summe", "", "", "", thousands(b.ownUnits)}})
}

// heatingResult says what is to be paid, by when, and how to object.
func (w writer) heatingResult(c *composer, b heatingBill, s sender) {
	c.heading("4. Ergebnis", c.body.size+0.5)
	diff := b.own - b.paid
	result := "Nachzahlung"
	if diff < 0 {
		result = "Guthaben"
	}
	c.table(table{ruled: ruledHead, columns: []column{{"Abrechnung", 320, false}, {"EUR", 120, true}},
		rows: [][]string{{"Ihre Heizkosten", euro(b.own)}, {"Ihre Vorauszahlungen, zwölf Monate zu je " + euro(b.paid/12) + " EUR", euro(-b.paid)}},
		sum:  []string{result, euro(max(diff, -diff))}})
	v := w.values("betrag", euro(max(diff, -diff)), "frist", w.date.AddDate(0, 0, 30).Format(germanDate), "abschlag", euro((b.own/12/500+1)*500), "neu", w.date.AddDate(0, 2, 0).Format(germanDate))
	if diff >= 0 {
		w.prose(c, 2, heatingDue(), v)
	} else {
		w.prose(c, 1, heatingRefund(), v)
	}
	w.prose(c, 3, heatingClosings(), v)
	c.paragraph("Mit freundlichen Grüßen")
	c.sign(newDice(0, "signature", w.manager()), w.manager(), s.name)
}

// tableRule varies the ruling of tables.
func (w writer) tableRule() int { return []int{ruledRows, ruledHead, ruledGrid}[w.IntN(3)] }

func heatingOpenings() []string {
	return []string{
		"Die Abrechnung wurde nach der Verordnung über Heizkosten erstellt und umfasst den gesamten Abrechnungszeitraum.",
		"Das Gebäude wird zentral mit {energie} beheizt.",
		"Für die Liegenschaft sind insgesamt {gesamt} EUR angefallen.",
		"Die beheizte Wohnfläche aller Wohnungen beträgt {wohnflaeche} Quadratmeter.",
	}
}

func heatingAdvice() []string {
	return []string{
		"Bitte prüfen Sie die Angaben und bewahren Sie diese Unterlagen sorgfältig auf.",
		"Gegenüber dem Vorjahr haben sich die Preise für Energie spürbar verändert.",
		"Die Aufstellung auf der folgenden Seite zeigt, wie sich Ihr Anteil errechnet.",
	}
}

func heatingRules() []string {
	return []string{
		"Die Kosten werden zu 30 Prozent nach der Wohnfläche und zu 70 Prozent nach dem erfassten Verbrauch verteilt.",
		"Grundlage sind die Werte der Heizkostenverteiler, die am Jahresende abgelesen wurden.",
		"Im ganzen Haus wurden {zaehler} Einheiten gemessen.",
		"Der Maßstab entspricht § 7 Absatz 1 der Heizkostenverordnung.",
		"Konnte ein Gerät nicht abgelesen werden, haben wir den Verbrauch nach § 9a der Heizkostenverordnung geschätzt.",
		"Die Rechnungen der Versorger können nach Anmeldung in unserer Geschäftsstelle eingesehen werden.",
		"Die Kohlendioxidkosten sind nach dem gesetzlichen Stufenmodell zwischen Vermieter und Mieter aufgeteilt.",
	}
}

func heatingDue() []string {
	return []string{
		"Bitte überweisen Sie den Betrag von {betrag} EUR bis zum {frist} auf das Ihnen bekannte Mietkonto.",
		"Die Nachzahlung ist am {frist} fällig.",
		"Geben Sie bei der Überweisung bitte Ihre Nutzernummer an.",
		"Sollten Sie den Betrag nicht auf einmal zahlen können, sprechen Sie uns wegen einer Ratenzahlung an.",
	}
}

func heatingRefund() []string {
	return []string{
		"Das Guthaben von {betrag} EUR wird mit der nächsten Miete verrechnet.",
		"Wir überweisen das Guthaben von {betrag} EUR bis zum {frist} auf Ihr Konto.",
	}
}

func heatingClosings() []string {
	return []string{
		"Einwendungen gegen die Abrechnung sind uns nach § 556 Absatz 3 BGB innerhalb von zwölf Monaten mitzuteilen.",
		"Ab dem {neu} beträgt Ihre monatliche Vorauszahlung {abschlag} EUR.",
		"Wenn Sie Leistungen vom Jobcenter beziehen, legen Sie diese Abrechnung dort bitte unverzüglich vor.",
		"Für Rückfragen stehen wir Ihnen gern zur Verfügung.",
		"Ein späterer Ausgleich durch eine Gutschrift der Versorger bleibt vorbehalten.",
		"Denken Sie bitte daran, auch bei längerer Abwesenheit alle Räume ausreichend zu heizen.",
	}
}
