package sample

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// notice writes the jobcenter's own decision on benefits: two to four pages.
func (w writer) notice() (*layout, error) {
	s := w.jobcenter()
	c := newComposer(w.fonts, s.family, s.size)
	m := w.applicant()
	officer := w.office.display(w.file.Responsible)
	info := []field{{"Mein Zeichen", w.file.Team + "-" + w.digits(4)}, {"BG-Nummer", w.file.Number}, {"Kundennummer", m.CustomerNumber},
		{"Auskunft", officer}, {"Telefon", s.phone}}
	from := time.Date(w.date.Year(), w.date.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, 1, 0)
	months := 6 * w.between(1, 2)
	to := from.AddDate(0, months, -1)
	c.begin(s, w.window(), info, w.dateline(), "BG-Nummer "+w.file.Number, "Bescheid über die Bewilligung von Leistungen zur Sicherung des Lebensunterhalts",
		fmt.Sprintf("Bewilligungszeitraum %s bis %s", from.Format(germanDate), to.Format(germanDate)))
	c.dataMatrix(c.right-mm(12), mm(50), mm(12), w.file.Number+" "+string(Notice))
	c.paragraph(m.salutation())
	v := w.values("von", from.Format(germanDate), "bis", to.Format(germanDate), "antrag", w.date.AddDate(0, 0, -w.between(8, 40)).Format(germanDate))
	c.paragraph(fill("auf Ihren Antrag vom {antrag} bewillige ich Ihnen und den mit Ihnen in Bedarfsgemeinschaft lebenden Personen Leistungen nach dem Zweiten Buch Sozialgesetzbuch für die Zeit vom {von} bis {bis}.", v))
	total := w.noticeTable(c)
	v["summe"] = euro(total)
	c.paragraph(fill("Der monatliche Gesamtbetrag beläuft sich auf {summe} EUR. Er wird jeweils zum Ersten des Monats auf das von Ihnen angegebene Konto überwiesen.", v))
	c.heading("Begründung", c.body.size+0.5)
	for part := range slices.Chunk(w.some(w.between(6, 12), noticeReasons()), 3) {
		c.paragraph(fill(strings.Join(part, " "), v))
	}
	c.heading("Ihre Pflichten", c.body.size+0.5)
	w.prose(c, 3, noticeDuties(), v)
	c.heading("Rechtsbehelfsbelehrung", c.body.size+0.5)
	c.paragraph(fill("Gegen diesen Bescheid kann innerhalb eines Monats nach Bekanntgabe Widerspruch erhoben werden. Der Widerspruch ist schriftlich, in elektronischer Form nach § 36a Absatz 2 SGB I oder zur Niederschrift bei der oben genannten Stelle einzulegen.", v))
	c.paragraph("Mit freundlichen Grüßen")
	c.paragraph("Im Auftrag")
	c.sign(newDice(0, "signature", officer), officer, "Leistungsgewährung")
	if w.chance(0.6) {
		w.noticeSheet(c, from, months)
	}
	return c.end(s)
}

// noticeSheet is the sheet of calculation that some decisions enclose.
func (w writer) noticeSheet(c *composer, from time.Time, months int) {
	c.newPage()
	c.heading("Anlage: Berechnung der Leistungen nach Monaten", c.body.size+1)
	c.paragraph(fill("Diese Anlage ist Bestandteil des Bescheides vom {datum}. Sie zeigt für jeden Monat den Bedarf der Bedarfsgemeinschaft {bg}, das zu berücksichtigende Einkommen und die Leistung.", w.values()))
	f := w.flat()
	housing := f.rent + f.running + f.heatCost
	need := 56300 + w.count("partner")*(50600*2-56300) + w.count("child")*39000
	income := w.count("child") * 25900
	var rows [][]string
	for i := range months {
		wage := max(0, w.between(-30000, 21000))
		rows = append(rows, []string{monthYear(from.AddDate(0, i, 0)), euro(need), euro(housing), euro(income + wage), euro(need + housing - income - wage)})
	}
	c.table(table{ruled: w.tableRule(), columns: []column{{"Monat", 120, false}, {"Regelbedarf", 80, true}, {"Unterkunft", 80, true}, {"Einkommen", 80, true}, {"Leistung EUR", 90, true}}, rows: rows})
	w.prose(c, 3, []string{
		"Einkommen aus Erwerbstätigkeit ist um die Freibeträge bereinigt.",
		"Kindergeld wird bei dem Kind angerechnet, für das es gezahlt wird.",
		"Beträge sind nach § 41 Absatz 2 SGB II auf zwei Dezimalstellen gerundet.",
		"Die Kosten der Unterkunft sind nach der Zahl der Personen aufgeteilt.",
		"Ändert sich das Einkommen, ergeht ein Änderungsbescheid.",
	}, w.values())
}

// noticeTable lists what each member gets and gives the sum in cents.
func (w writer) noticeTable(c *composer) int {
	f := w.flat()
	housing := f.rent + f.running + f.heatCost
	n := len(w.file.Members)
	var rows [][]string
	sum := [4]int{}
	for i, m := range w.file.Members {
		need := 56300
		switch {
		case m.Role == "child":
			need = 39000
		case w.count("partner") > 0:
			need = 50600
		}
		share := housing / n
		if i == 0 {
			share += housing % n
		}
		income := 0
		if m.Role == "child" {
			income = 25900
		}
		line := [4]int{need, share, income, need + share - income}
		for k := range sum {
			sum[k] += line[k]
		}
		rows = append(rows, []string{m.FirstName + " " + m.Name, euro(need), euro(share), euro(income), euro(line[3])})
	}
	c.table(table{ruled: w.tableRule(), shaded: true, columns: []column{{"Person", 150, false}, {"Regelbedarf", 76, true}, {"Unterkunft", 76, true}, {"Einkommen", 76, true}, {"Leistung EUR", 82, true}},
		rows: rows, sum: []string{"Zusammen", euro(sum[0]), euro(sum[1]), euro(sum[2]), euro(sum[3])}})
	return sum[3]
}

func noticeReasons() []string {
	return []string{
		"Anspruch auf Leistungen haben nach § 7 Absatz 1 SGB II erwerbsfähige Personen, die hilfebedürftig sind und ihren gewöhnlichen Aufenthalt in der Bundesrepublik Deutschland haben.",
		"Hilfebedürftig ist nach § 9 SGB II, wer seinen Lebensunterhalt nicht ausreichend aus dem zu berücksichtigenden Einkommen oder Vermögen sichern kann.",
		"Die Bedarfe für Unterkunft und Heizung werden nach § 22 SGB II in Höhe der tatsächlichen Aufwendungen anerkannt, soweit diese angemessen sind.",
		"Das Kindergeld ist als Einkommen des jeweiligen Kindes zu berücksichtigen.",
		"Die Höhe der Regelbedarfe ergibt sich aus § 20 SGB II und den dazu erlassenen Vorschriften.",
		"Ihre Kosten der Unterkunft liegen innerhalb der Richtwerte des Musterkreises.",
		"Von Ihrem Erwerbseinkommen wurden die Freibeträge nach § 11b SGB II abgesetzt.",
		"Vermögen oberhalb der Karenzzeit ist nach Ihren Angaben nicht vorhanden.",
		"Die vorgelegten Kontoauszüge wurden geprüft; es ergaben sich keine Besonderheiten.",
		"Über die Übernahme der Nachforderung aus der Heizkostenabrechnung erhalten Sie einen gesonderten Bescheid.",
		"Der Bescheid ergeht vorläufig nach § 41a SGB II, weil die Höhe Ihres Einkommens noch nicht feststeht.",
		"Sie sind für die Dauer des Bezugs in der gesetzlichen Kranken- und Pflegeversicherung pflichtversichert.",
	}
}

func noticeDuties() []string {
	return []string{
		"Teilen Sie mir alle Änderungen in Ihren Verhältnissen unverzüglich mit (§ 60 SGB I).",
		"Dazu gehören die Aufnahme einer Arbeit, ein Umzug, eine längere Ortsabwesenheit und jede Änderung des Einkommens.",
		"Stellen Sie Ihren Weiterbewilligungsantrag bitte vor Ablauf des Bewilligungszeitraums am {bis}.",
		"Geben Sie bei allen Schreiben Ihre Nummer {bg} an.",
		"Abrechnungen über Betriebs- und Heizkosten legen Sie bitte nach Erhalt vor.",
	}
}
