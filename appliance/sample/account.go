package sample

import (
	"fmt"
	"slices"
	"time"
)

// booking is one line of an account.
type booking struct {
	day    time.Time
	what   string
	amount int // cents
}

// account writes a month's bank statement: one to three pages.
func (w writer) account() (*layout, error) {
	d := newDice(0, "bank", w.applicant().CustomerNumber)
	s := sender{name: d.pick([]string{"Sparkasse Musterkreis", "Volksbank Altenfurt eG", "Direktbank Kranich AG", "Raiffeisenkasse Seenland eG"}),
		what: "Kontoführung und Zahlungsverkehr", street: "Bankplatz 1", city: "17033 Neustadt", family: d.pick([]string{"sans", "grotesque", "mono", "humanist"}), size: 9.5, logo: 1 + d.IntN(4)}
	if s.family == "mono" || s.family == "humanist" {
		s.size = 8.5
	}
	s.footer = []string{s.name + " - Bankplatz 1 - 17033 Neustadt - Amtsgericht Neustadt",
		"Bitte erheben Sie Einwendungen gegen diesen Kontoauszug unverzüglich. Guthaben sind nach Maßgabe des Gesetzes gesichert."}
	month := time.Date(w.date.Year(), w.date.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -1, 0)
	c := newComposer(w.fonts, s.family, s.size)
	number := fmt.Sprintf("%d/%d", month.Month(), month.Year())
	info := []field{{"Auszug", number}, {"Währung", "Euro"}}
	c.begin(s, w.window(), info, w.dateline(), "Kontoauszug "+number, "Kontoauszug "+monthYear(month), "Girokonto "+w.iban())

	bookings := w.bookings(month)
	balance := w.between(-5000, 90000)
	end := balance
	in, out := 0, 0
	var rows [][]string
	rows = append(rows, []string{"", "Kontostand am " + month.AddDate(0, 0, -1).Format(germanDate), euro(balance)})
	for _, b := range bookings {
		rows = append(rows, []string{b.day.Format(germanDate), b.what, euro(b.amount)})
		end += b.amount
		if b.amount > 0 {
			in += b.amount
		} else {
			out -= b.amount
		}
	}
	c.paragraph("Kontoinhaber: " + w.applicant().Full())
	c.table(table{ruled: []int{ruledRows, ruledHead}[w.IntN(2)], shaded: w.chance(0.5), size: s.size,
		columns: []column{{"Buchungstag", 82, false}, {"Vorgang und Verwendungszweck", 278, false}, {"Betrag EUR", 95, true}},
		rows:    rows, sum: []string{"", "Kontostand am " + month.AddDate(0, 1, -1).Format(germanDate), euro(end)}})
	c.paragraph(fmt.Sprintf("Summe der Gutschriften: %s EUR. Summe der Belastungen: %s EUR. Eingeräumte Kontoüberziehung: %s EUR.", euro(in), euro(out), euro(w.IntN(4)*25000)))
	w.prose(c, 3, accountNotes(), w.values())
	return c.end(s)
}

// bookings invents a month of payments.
func (w writer) bookings(month time.Time) []booking {
	f := w.flat()
	var out []booking
	add := func(day int, amount int, what string) {
		out = append(out, booking{month.AddDate(0, 0, day-1), fill(what, w.values("vermieter", w.landlord().name, "monat", monthYear(month), "nr", w.digits(8))), amount})
	}
	add(1, 56300+w.count("partner")*50600+w.count("child")*39000+f.rent+f.running+f.heatCost, "Gutschrift Jobcenter Musterkreis, Leistungen SGB II {monat}, BG-Nummer {bg}")
	if n := w.count("child"); n > 0 {
		add(w.between(5, 9), n*25900, "Gutschrift Familienkasse Nord, Kindergeld {monat}, Kindergeldnummer {nr}")
	}
	add(3, -(f.rent + f.running + f.heatCost), "Dauerauftrag {vermieter}, Miete {monat} einschließlich Nebenkosten")
	add(w.between(2, 5), -w.between(4500, 11900), "Lastschrift Stadtwerke Neustadt, Abschlag Strom, Vertragskonto {nr}")
	for n := []int{4, 9, 14, 22, 35, 58}[w.IntN(6)]; n > 0; n-- {
		add(w.between(2, 27), -w.between(399, 8990), w.pick(accountPayments()))
	}
	if w.chance(0.35) {
		add(w.between(14, 16), w.between(16500, 52000), "Gutschrift Bäckerei Öhrenmacher, Lohn Minijob {monat}")
	}
	// Stable, so that the same seed is the same page.
	slices.SortStableFunc(out, func(a, b booking) int { return a.day.Compare(b.day) })
	return out
}

func accountPayments() []string {
	return []string{
		"Kartenzahlung Lebensmittelmarkt Kröger, Neustadt, Beleg {nr}", "Kartenzahlung Drogerie am Markt, Altenfurt",
		"Lastschrift Mobilfunk Nordlicht, Rechnung {nr}", "Bargeldauszahlung Geldautomat Bahnhofstraße",
		"Lastschrift Haftpflichtkasse Küste, Beitrag, Schein {nr}", "Kartenzahlung Bäckerei Öhrenmacher",
		"Lastschrift Rundfunkbeitrag, Beitragsnummer {nr}", "Überweisung Kita Gänseblümchen, Essengeld {monat}",
		"Kartenzahlung Apotheke zum Löwen, Zuzahlung", "Lastschrift Verkehrsgesellschaft Musterkreis, Monatskarte",
		"Kartenzahlung Möbelhaus Süd, Ratenkauf {nr}", "Lastschrift Sportverein Grün-Weiß Neustadt, Jahresbeitrag",
		"Kartenzahlung Schuhhaus Köhler", "Überweisung Schulförderverein, Klassenfahrt", "Bargeldauszahlung Geldautomat Marktplatz",
		"Kartenzahlung Getränkehandel Fährmann", "Lastschrift Internet und Telefon Seenland, Kunde {nr}", "Kartenzahlung Tankstelle Nordring",
		"Entgelt Kontoführung {monat}", "Kartenzahlung Bücherstube Weiß", "Lastschrift Versandhaus Brücke, Auftrag {nr}",
		"Überweisung Rückzahlung Darlehen, Bescheid vom Vorjahr", "Kartenzahlung Wochenmarkt, Obst und Gemüse",
		"Lastschrift Tierarztpraxis Dr. Säger", "Kartenzahlung Baumarkt Hammer, Rechnung {nr}", "Kartenzahlung Fahrradladen Speiche",
		"Kartenzahlung Lebensmittelmarkt Kröger, Altenfurt, Beleg {nr}", "Kartenzahlung Lebensmittelmarkt Sonne, Beleg {nr}",
	}
}

func accountNotes() []string {
	return []string{
		"Rechnungsabschlüsse gelten als genehmigt, wenn ihnen nicht innerhalb von sechs Wochen widersprochen wird.",
		"Bitte beachten Sie, dass der Kontostand noch nicht gebuchte Verfügungen nicht berücksichtigt.",
		"Ihre Daten verarbeiten wir nach den Vorschriften des Datenschutzes.",
		"Die nächste Preisänderung teilen wir Ihnen mindestens zwei Monate vorher mit.",
		"Bewahren Sie Ihre Auszüge auf; eine Zweitschrift ist kostenpflichtig.",
		"Schützen Sie Ihre Zugangsdaten und geben Sie niemals Geheimzahlen am Telefon weiter.",
	}
}
