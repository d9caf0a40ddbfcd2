package sample

import "fmt"

// slip writes what a customer sends back: a sheet with the file's number as a
// code, boxes to tick and a signature.
func (w writer) slip() (*layout, error) {
	s := w.jobcenter()
	s.footer = nil
	c := newComposer(w.fonts, s.family, 10.5)
	c.head(s, "Rückantwort")
	w.slipSheet(c, s, true)
	return c.end(s)
}

// slipSheet sets the sheet on the current page, empty or filled in.
func (w writer) slipSheet(c *composer, s sender, filled bool) {
	m := w.applicant()
	hand := w.handwriting()
	answer := func(v string) string {
		if filled {
			return v
		}
		return ""
	}
	c.y = mm(36)
	c.heading("Rückantwort", 15)
	c.paragraph("Bitte legen Sie dieses Blatt obenauf und senden Sie es mit Ihren Unterlagen im beigefügten Umschlag zurück. Der Strichcode sorgt dafür, dass Ihre Post ohne Umweg in Ihre Akte gelangt.")
	c.skip(6)
	top := c.y
	c.frame(Rect{c.left, top, c.right - c.left, 78}, 0.8, 70)
	c.barcode(c.left+22, top+12, 38, w.file.Number)
	for i, l := range []string{"Jobcenter Musterkreis", w.officeStreet(), s.city} {
		c.lineAt(c.left+290, top+22+15*float64(i), c.body, l)
	}
	c.lineAt(c.left+22, top+64, style{face: "mono", size: 10}, w.file.Number)
	c.y = top + 106
	c.fields(hand, 170, []field{{"Name, Vorname", answer(m.Name + ", " + m.FirstName)}, {"BG-Nummer", w.file.Number},
		{"Telefon (freiwillig)", answer("0395 000" + w.digits(4))}, {"Datum", answer(w.date.Format(germanDate))}})
	c.skip(8)
	c.heading("Ich reiche ein", 11)
	kinds := []string{"Weiterbewilligungsantrag", "Kontoauszüge der letzten drei Monate", "Mietbescheinigung oder Mietvertrag",
		"Abrechnung über Heiz- und Nebenkosten", "Lohnabrechnung oder Einkommensbescheinigung", "Arbeitsunfähigkeitsbescheinigung", "Sonstiges"}
	var boxes []box
	one := w.IntN(len(kinds))
	for i, k := range kinds {
		boxes = append(boxes, box{filled && (i == one || w.chance(0.2)), k})
	}
	c.boxes(boxes)
	c.skip(10)
	c.fields(hand, 170, []field{{"Anzahl der Blätter", answer(fmt.Sprint(w.between(1, 9)))}, {"Ihre Nachricht", answer(w.pick(slipRemarks()))}})
	c.skip(14)
	c.paragraph("Reichen Sie bitte nur Kopien ein. Papier wird acht Wochen nach dem Einscannen vernichtet.")
	if filled {
		c.sign(newDice(0, "signature", m.Full()), m.Full(), "Unterschrift")
		return
	}
	c.skip(40)
	c.rule(c.left, c.left+mm(62), c.y-9, 0.4, 120)
	c.lineAt(c.left, c.y+2, c.body.at(9), "Unterschrift")
}

func slipRemarks() []string {
	return []string{"Der Rest folgt nächste Woche.", "Bitte um Rückruf am Nachmittag.", "Die Originale bitte zurück.", "Wie am Schalter besprochen.", "Ich bitte um Eile, danke."}
}
