package sample

import (
	"fmt"
)

// invitation asks somebody to come, with a slip to send back: two or three pages.
func (w writer) invitation() (*layout, error) {
	s, m := w.jobcenter(), w.applicant()
	c := newComposer(w.fonts, s.family, s.size)
	officer := w.office.display(w.file.Responsible)
	day := w.date.AddDate(0, 0, w.between(8, 16))
	v := w.values("tag", day.Format(germanDate), "uhr", fmt.Sprintf("%d.%02d", w.between(8, 14), 15*w.IntN(4)), "raum", fmt.Sprintf("%d.%02d", w.between(0, 3), w.between(1, 28)), "strasse", w.officeStreet())
	c.begin(s, w.window(), w.officeInfo(s), w.dateline(), "BG-Nummer "+w.file.Number, "Einladung zu einem persönlichen Gespräch")
	c.paragraph(m.salutation())
	c.paragraph(fill("bitte kommen Sie am {tag} um {uhr} Uhr in das Jobcenter, {strasse}, Zimmer {raum}.", v))
	c.paragraph(w.pick([]string{"Ich möchte mit Ihnen über Ihre berufliche Situation und über Ihren Kooperationsplan sprechen.", "Ich möchte mit Ihnen Ihren Weiterbewilligungsantrag und die fehlenden Unterlagen besprechen.", "Ich möchte Ihnen ein Angebot zur beruflichen Weiterbildung vorstellen."}))
	c.paragraph("Dies ist eine Einladung nach § 59 SGB II in Verbindung mit § 309 Absatz 1 SGB III. Bitte bringen Sie Ihren Personalausweis und Ihre Bewerbungsunterlagen mit.")
	c.paragraph("Wenn Sie den Termin aus wichtigem Grund nicht wahrnehmen können, sagen Sie bitte rechtzeitig ab. Bei Krankheit legen Sie eine Arbeitsunfähigkeitsbescheinigung vor.")
	c.heading("Rechtsfolgenbelehrung", c.body.size+0.5)
	c.paragraph("Kommen Sie ohne wichtigen Grund nicht, mindert sich Ihr Bürgergeld um zehn Prozent des Regelbedarfs für einen Monat (§ 32 Absatz 1 SGB II). Die Minderung entfällt, wenn sie im Einzelfall eine außergewöhnliche Härte bedeuten würde.")
	c.paragraph("Mit freundlichen Grüßen")
	c.paragraph("Im Auftrag")
	c.sign(newDice(0, "signature", officer), officer, "Leistungsgewährung")
	c.newPage()
	w.slipSheet(c, s, false)
	return c.end(s)
}

// hearing announces a decision to somebody's disadvantage, with a slip: two pages or three.
func (w writer) hearing() (*layout, error) {
	s, m := w.jobcenter(), w.applicant()
	c := newComposer(w.fonts, s.family, s.size)
	officer := w.office.display(w.file.Responsible)
	v := w.values("frist", w.date.AddDate(0, 0, 21).Format(germanDate), "betrag", euro(w.between(4000, 190000)), "von", w.date.AddDate(0, -4, 0).Format(germanDate), "bis", w.date.AddDate(0, -1, 0).Format(germanDate))
	c.begin(s, w.window(), w.officeInfo(s), w.dateline(), "BG-Nummer "+w.file.Number, "Anhörung nach § 24 SGB X", "Mögliche Überzahlung von Leistungen")
	c.paragraph(m.salutation())
	c.paragraph(fill("nach meinen Unterlagen haben Sie in der Zeit vom {von} bis {bis} Leistungen in Höhe von {betrag} EUR zu Unrecht erhalten.", v))
	c.paragraph(fill(w.pick([]string{"Sie haben Einkommen aus Erwerbstätigkeit erzielt, das bisher nicht angerechnet wurde.", "Ein Guthaben aus der Nebenkostenabrechnung wurde Ihnen ausgezahlt und nicht angegeben.", "Ein Mitglied Ihrer Bedarfsgemeinschaft ist ausgezogen, ohne dass Sie dies mitgeteilt haben."}), v))
	c.paragraph("Es ist beabsichtigt, die Bewilligung nach § 48 Absatz 1 Satz 2 SGB X aufzuheben und die überzahlten Leistungen nach § 50 SGB X zurückzufordern. Die Forderung kann nach § 43 SGB II gegen laufende Leistungen aufgerechnet werden.")
	c.paragraph(fill("Bevor ich entscheide, gebe ich Ihnen Gelegenheit, sich bis zum {frist} zu den erheblichen Tatsachen zu äußern. Benutzen Sie dafür bitte das beigefügte Blatt. Äußern Sie sich nicht, entscheide ich nach Lage der Akten.", v))
	c.paragraph("Sie können die Sie betreffenden Akten nach § 25 SGB X einsehen. Eine Entscheidung ist mit diesem Schreiben noch nicht getroffen.")
	c.paragraph("Mit freundlichen Grüßen")
	c.paragraph("Im Auftrag")
	c.sign(newDice(0, "signature", officer), officer, "Leistungsgewährung")
	c.newPage()
	w.slipSheet(c, s, false)
	return c.end(s)
}

// officeInfo are the references of the jobcenter's letters.
func (w writer) officeInfo(s sender) []field {
	return []field{{"Mein Zeichen", w.file.Team + "-" + w.digits(4)}, {"BG-Nummer", w.file.Number}, {"Kundennummer", w.applicant().CustomerNumber},
		{"Auskunft", w.office.display(w.file.Responsible)}, {"Telefon", s.phone}}
}

// minute writes a caseworker's note for the file: one page.
func (w writer) minute() (*layout, error) {
	m := w.applicant()
	officer := w.office.display(w.file.Responsible)
	c := newComposer(w.fonts, "sans", 11)
	c.y = mm(28)
	c.heading("Aktenvermerk", 16)
	how := w.pick([]string{"Telefongespräch", "Vorsprache", "Prüfung der Unterlagen", "Rücksprache mit der Teamleitung"})
	c.table(table{ruled: ruledGrid, columns: []column{{"Jobcenter Musterkreis", 150, false}, {"Dienststelle " + w.office.site(w.file.Site).Name, 310, false}}, rows: [][]string{
		{"BG-Nummer", w.file.Number}, {"Kundennummer", m.CustomerNumber}, {"Betrifft", m.Name + ", " + m.FirstName}, {"Anlass", how},
		{"Datum, Uhrzeit", fmt.Sprintf("%s, %d.%02d Uhr", w.date.Format(germanDate), w.between(8, 16), w.between(0, 59))}, {"Verfasst von", officer}}})
	c.skip(8)
	v := w.values("frist", w.date.AddDate(0, 0, 14).Format(germanDate), "betrag", euro(w.between(2000, 60000)), "arbeit", w.employer().name)
	for _, t := range w.some(w.between(3, 5), minuteSentences()) {
		c.paragraph(fill(t, v))
	}
	c.heading("Weiteres Vorgehen", 11.5)
	c.boxes([]box{{w.chance(0.5), "Wiedervorlage am " + v["frist"]}, {w.chance(0.4), "Anhörung fertigen"}, {w.chance(0.3), "an die Arbeitsvermittlung abgeben"}, {w.chance(0.5), "zu den Akten"}})
	c.skip(10)
	c.sign(newDice(0, "signature", officer), officer, "Leistungsgewährung")
	return c.finish()
}

func minuteSentences() []string {
	return []string{
		"{name} teilt mit, dass die Kontoauszüge bis zum {frist} nachgereicht werden.",
		"Der Weiterbewilligungsantrag liegt vollständig vor und kann beschieden werden.",
		"Auf die Mitwirkungspflichten nach §§ 60 ff. SGB I wurde hingewiesen. Das Merkblatt wurde ausgehändigt.",
		"Die Nachforderung aus der Heizkostenabrechnung über {betrag} EUR ist angemessen und wird übernommen.",
		"Bei {arbeit} wurde eine Beschäftigung mit geringem Umfang aufgenommen. Die erste Lohnabrechnung folgt.",
		"Das Original des Mietvertrages lag vor und wurde zurückgegeben. Eine Kopie ist in der Akte.",
		"Die Bankverbindung wurde nach Vorlage des Ausweises geändert.",
		"Ein Umzug ist beabsichtigt. Auf die erforderliche Zusicherung nach § 22 Absatz 4 SGB II wurde hingewiesen.",
		"Der Rückstand beim Stromversorger beträgt {betrag} EUR; ein Darlehen nach § 24 Absatz 1 SGB II wird geprüft.",
	}
}
