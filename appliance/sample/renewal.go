package sample

import (
	"fmt"
	"strings"
	"time"
)

// renewal writes an application for further benefits, filled in by the
// household: three to four pages.
func (w writer) renewal() (*layout, error) {
	s := w.jobcenter()
	s.footer = nil
	c := newComposer(w.fonts, "sans", 10)
	hand := w.handwriting()
	m := w.applicant()
	ref := fill("BG-Nummer {bg}", w.values())
	c.head(s, "Weiterbewilligungsantrag, "+ref)
	c.foldMarks()
	c.y = mm(38)
	c.heading("Antrag auf Weiterbewilligung der Leistungen zur Sicherung des Lebensunterhalts", 13)
	c.paragraph("nach dem Zweiten Buch Sozialgesetzbuch (SGB II)")
	w.prose(c, 3, renewalHints(), w.values())
	c.heading("A. Antragstellende Person", 11)
	next := time.Date(w.date.Year(), w.date.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 2, 0)
	c.fields(hand, 170, []field{
		{"Name, Vorname", m.Name + ", " + m.FirstName}, {"Geburtsdatum", m.born()},
		{"Nummer der Bedarfsgemeinschaft", w.file.Number}, {"Kundennummer", m.CustomerNumber},
		{"Straße, Hausnummer", m.street()}, {"Postleitzahl, Ort", m.city()},
		{"Telefon (freiwillig)", "0395 000" + w.digits(4)}, {"Bankverbindung (IBAN)", w.iban()},
		{"Weiterbewilligung ab", next.Format(germanDate)},
	})
	c.skip(4)
	w.renewalMembers(c)
	w.renewalChanges(c)
	w.renewalIncome(c, hand)
	w.renewalHousing(c)
	c.heading("F. Erklärung", 11)
	for _, text := range renewalDeclarations() {
		c.paragraph(fill(text, w.values()))
	}
	c.paragraph(fmt.Sprintf("%s, den %s", w.office.site(w.file.Site).Name, longDate(w.date)))
	c.sign(newDice(0, "signature", m.Full()), m.Full(), "Unterschrift der antragstellenden Person")
	w.renewalAnnex(c, hand)
	return c.end(s)
}

// renewalAnnex is the annex on income, a page for each grown-up.
func (w writer) renewalAnnex(c *composer, hand style) {
	for _, m := range w.file.Members {
		if m.Role == "child" {
			continue
		}
		c.newPage()
		c.heading("Anlage Einkommen", 13)
		c.paragraph("Bitte füllen Sie diese Anlage für jede Person der Bedarfsgemeinschaft aus, die das 15. Lebensjahr vollendet hat.")
		c.fields(hand, 170, []field{{"Name, Vorname", m.Name + ", " + m.FirstName}, {"Geburtsdatum", m.born()}, {"Kundennummer", m.CustomerNumber}, {"Nummer der Bedarfsgemeinschaft", w.file.Number}})
		c.skip(6)
		works := w.chance(0.4)
		c.paragraph("Üben Sie zurzeit eine Erwerbstätigkeit aus?")
		c.boxes([]box{{!works, "Nein, ich bin arbeitsuchend gemeldet."}, {works, "Ja, eine Einkommensbescheinigung des Arbeitgebers liegt bei."}})
		if works {
			c.fields(hand, 170, []field{{"Arbeitgeber", w.pick([]string{"Bäckerei Öhrenmacher", "Gebäudereinigung Glanz", "Gasthof zur Fähre", "Lebensmittelmarkt Kröger"})},
				{"Beschäftigt seit", w.date.AddDate(0, -w.between(1, 20), 0).Format(germanDate)}, {"Bruttolohn im Monat", euro(w.between(25000, 120000)) + " EUR"}, {"Wochenstunden", fmt.Sprint(w.between(5, 30))}})
			c.skip(6)
		}
		c.paragraph("Welche Ausgaben sollen vom Einkommen abgesetzt werden?")
		c.table(table{ruled: ruledGrid, shaded: true, columns: []column{{"Ausgabe", 210, false}, {"Empfänger", 150, false}, {"EUR im Monat", 100, true}}, rows: [][]string{
			{"Haftpflicht für das Kraftfahrzeug", "Haftpflichtkasse Küste", euro(w.between(0, 6500))},
			{"Altersvorsorge", "Pensionskasse Seenland", euro(w.between(500, 4000))},
			{"Fahrten zur Arbeit", "Verkehrsgesellschaft Musterkreis", euro(w.between(2900, 6300))},
			{"Beitrag zu einem Berufsverband", "Arbeitnehmerbund Nordost", euro(w.between(400, 1900))}}})
		w.prose(c, 3, renewalAnnexHints(), w.values())
	}
}

func renewalAnnexHints() []string {
	return []string{
		"Vom Erwerbseinkommen werden nach § 11b SGB II pauschal mindestens 100 Euro abgesetzt.",
		"Höhere Ausgaben können nur berücksichtigt werden, wenn Sie diese nachweisen.",
		"Als Nachweis genügen Kontoauszüge oder Quittungen in Kopie.",
		"Bei Selbständigen ist zusätzlich die Anlage für Einkünfte aus selbständiger Tätigkeit erforderlich.",
		"Einnahmen aus ehrenamtlicher Tätigkeit sind ebenfalls anzugeben.",
		"Bitte geben Sie auch Sachleistungen wie freie Verpflegung an.",
	}
}

func (w writer) renewalMembers(c *composer) {
	c.heading("B. Personen in der Bedarfsgemeinschaft", 11)
	role := map[string]string{"applicant": "Antragstellung", "partner": "Partner", "child": "Kind"}
	var rows [][]string
	for i, m := range w.file.Members {
		rows = append(rows, []string{fmt.Sprint(i + 1), m.Name + ", " + m.FirstName, m.born(), m.CustomerNumber, role[m.Role]})
	}
	c.table(table{ruled: ruledGrid, shaded: w.chance(0.5), columns: []column{{"Nr.", 30, false}, {"Name, Vorname", 170, false}, {"geboren am", 82, false}, {"Kundennummer", 92, false}, {"Stellung", 88, false}}, rows: rows})
	w.prose(c, 2, []string{
		"Führen Sie bitte alle Personen auf, die mit Ihnen in einem Haushalt leben.",
		"Für jede weitere Person ab 15 Jahren ist eine eigene Anlage auszufüllen.",
		"Nachweise über eine Schwangerschaft oder eine Trennung fügen Sie bitte in Kopie bei.",
	}, w.values())
}

func (w writer) renewalChanges(c *composer) {
	c.heading("C. Änderungen seit der letzten Antragstellung", 11)
	yes := w.chance(0.3)
	c.paragraph("Haben sich Ihre persönlichen Verhältnisse geändert, zum Beispiel durch Umzug, Heirat, Geburt oder Auszug?")
	c.boxes([]box{{!yes, "Nein, es haben sich keine Änderungen ergeben."}, {yes, "Ja, die Änderungen sind in der Anlage beschrieben."}})
	job := w.chance(0.3)
	c.paragraph("Nehmen Sie oder ein Mitglied der Bedarfsgemeinschaft an einer Ausbildung oder Maßnahme teil?")
	c.boxes([]box{{!job, "Nein."}, {job, "Ja, Beginn und Träger ergeben sich aus der beigefügten Bescheinigung."}})
	c.paragraph("Besteht für eine Person ein Mehrbedarf, etwa wegen Alleinerziehung, Schwangerschaft oder kostenaufwändiger Ernährung?")
	alone := w.count("partner") == 0 && w.count("child") > 0
	c.boxes([]box{{!alone, "Nein."}, {alone, "Ja, ich erziehe meine Kinder allein."}})
}

func (w writer) renewalIncome(c *composer, hand style) {
	c.heading("D. Einkommen und Vermögen", 11)
	c.paragraph("Geben Sie alle Einnahmen der letzten drei Monate in Geld oder Geldeswert an.")
	var rows [][]string
	if n := w.count("child"); n > 0 {
		rows = append(rows, []string{"Kindergeld", "Familienkasse Nord", euro(n * 25900)})
	}
	for _, kind := range w.some(w.between(1, 3), []string{"Lohn aus geringfügiger Beschäftigung|Bäckerei Öhrenmacher", "Unterhalt|Unterhaltspflichtiger Elternteil", "Wohngeld bis zum Vormonat|Wohngeldstelle", "Krankengeld|Krankenkasse Küstenland", "Zinsen aus Guthaben|Sparkasse Musterkreis"}) {
		what, from, _ := strings.Cut(kind, "|")
		rows = append(rows, []string{what, from, euro(w.between(1200, 52000))})
	}
	c.table(table{ruled: ruledGrid, columns: []column{{"Art des Einkommens", 200, false}, {"Zahlende Stelle", 160, false}, {"EUR im Monat", 102, true}}, rows: rows})
	c.fields(hand, 250, []field{
		{"Guthaben auf allen Konten, zusammen", euro(w.between(900, 180000)) + " EUR"},
		{"Bargeld", euro(w.between(500, 30000)) + " EUR"},
		{"Kraftfahrzeug, geschätzter Wert", w.pick([]string{"keines", euro(w.between(90000, 650000)) + " EUR"})},
	})
	c.skip(6)
	w.prose(c, 3, []string{
		"Vermögen wird nach § 12 SGB II nur berücksichtigt, soweit es erheblich ist.",
		"Kontoauszüge der letzten drei Monate sind für alle Konten beizufügen.",
		"Schwärzungen sind nur bei besonderen Angaben nach Artikel 9 der Datenschutz-Grundverordnung zulässig.",
		"Einmalige Einnahmen, etwa eine Steuererstattung, sind ebenfalls anzugeben.",
	}, w.values())
}

func (w writer) renewalHousing(c *composer) {
	f := w.flat()
	c.heading("E. Kosten der Unterkunft und Heizung", 11)
	c.table(table{ruled: ruledRows, columns: []column{{"Kosten", 330, false}, {"EUR im Monat", 132, true}},
		rows: [][]string{{"Grundmiete", euro(f.rent)}, {"Betriebskosten", euro(f.running)}, {"Heizkosten", euro(f.heatCost)}},
		sum:  []string{"Zusammen", euro(f.rent + f.running + f.heatCost)}})
	up := w.chance(0.4)
	c.boxes([]box{{!up, "Die Kosten sind unverändert."}, {up, "Die Kosten haben sich geändert, ein Nachweis liegt bei."}})
}

func renewalHints() []string {
	return []string{
		"Stellen Sie den Antrag bitte rechtzeitig, damit die Zahlung ohne Unterbrechung fortgesetzt werden kann.",
		"Füllen Sie nur die hellen Felder aus und unterschreiben Sie auf der letzten Seite.",
		"Beträge sind in Euro anzugeben, Daten in der Form Tag, Monat, Jahr.",
		"Wenn Sie Hilfe benötigen, wenden Sie sich an Ihre Dienststelle in {ort}.",
		"Nachweise reichen Sie bitte nur in Kopie ein, denn Papier wird nach dem Einscannen vernichtet.",
		"Ihre Angaben werden aufgrund der §§ 60 bis 65 SGB I und der §§ 67a bis 67c SGB X erhoben.",
	}
}

func renewalDeclarations() []string {
	return []string{
		"Ich versichere, dass die Angaben vollständig und richtig sind. Änderungen werde ich unverzüglich und unaufgefordert mitteilen.",
		"Mir ist bekannt, dass zu Unrecht erhaltene Leistungen nach § 50 SGB X zu erstatten sind und dass falsche Angaben als Ordnungswidrigkeit verfolgt werden können.",
		"Das Merkblatt zum Bürgergeld habe ich erhalten und von seinem Inhalt Kenntnis genommen.",
	}
}

// germanOf turns YYYY-MM-DD into DD.MM.YYYY.
func germanOf(iso string) string {
	t, err := time.Parse(isoDate, iso)
	if err != nil {
		return iso
	}
	return t.Format(germanDate)
}
