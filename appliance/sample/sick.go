package sample

import (
	"fmt"
	"image/color"
)

// paperYellow is the paper of sick notes and of proofs of service.
var paperYellow = color.RGBA{252, 240, 176, 255}

// sick writes a doctor's certificate of incapacity for work: a form of one page.
func (w writer) sick() (*layout, error) {
	m := w.applicant()
	c := newComposer(w.fonts, "sans", 9.5)
	c.page.paper = paperYellow
	d := newDice(0, "doctor", m.Address)
	doctor := d.pick([]string{"Dr. med. Tilda Säger", "Dr. med. Ansgar Heilmoor", "Dipl.-Med. Ulrike Pflasterer", "Dr. med. Yusuf Balsam"})
	filled := style{face: "mono", size: 10.5, grey: 20}
	first := w.chance(0.6)
	since := w.date.AddDate(0, 0, -w.IntN(3))
	until := since.AddDate(0, 0, w.between(2, 20))
	c.y = mm(24)
	c.heading("Arbeitsunfähigkeitsbescheinigung", 14)
	c.paragraph("Ausfertigung für Versicherte, zur Vorlage beim Jobcenter")
	c.skip(8)
	w.sickHead(c, filled, d)
	c.boxes([]box{{first, "Erstbescheinigung"}, {!first, "Folgebescheinigung"}, {false, "Arbeitsunfall, Arbeitsunfallfolgen, Berufskrankheit"}, {false, "dem Durchgangsarzt zugewiesen"}})
	c.skip(8)
	c.fields(filled, 250, []field{{"arbeitsunfähig seit", since.Format(germanDate)}, {"voraussichtlich arbeitsunfähig bis", until.Format(germanDate)}, {"festgestellt am", w.date.Format(germanDate)}})
	c.skip(10)
	c.paragraph("Die Bescheinigung für die Krankenkasse wird elektronisch übermittelt. Angaben zur Diagnose enthält diese Ausfertigung nicht.")
	c.boxes([]box{{w.chance(0.2), "stationäre Krankenhausbehandlung"}, {false, "Leistungen zur medizinischen Rehabilitation"}, {w.chance(0.3), "sonstige Gründe"}})
	c.skip(10)
	c.paragraph(fill("Sind Sie zum Zeitpunkt einer Einladung arbeitsunfähig, teilen Sie dies Ihrem Jobcenter unter Angabe der Nummer {bg} bitte sofort mit.", w.values()))
	c.sign(newDice(0, "signature", doctor), doctor, "Unterschrift")
	if !w.byHand {
		return c.finish()
	}
	y := c.y - 62
	c.drawMark(mark{kind: MarkStamp, ink: inkBlue, cover: 0.8, worn: true, angle: d.within(-4, 4), x: c.right - 90, y: y}, func() {
		for i, l := range []string{doctor, "Fachärztliche Praxis", "Markt 4, " + m.city(), "Telefon 0395 000-" + d.digits(4)} {
			c.lineAt(c.right-178, y+13*float64(i), style{face: "sans-b", size: 9}, l)
		}
	})
	return c.finish()
}

// sickHead is the box of the insured person's particulars.
func (w writer) sickHead(c *composer, filled style, d dice) {
	m := w.applicant()
	top := c.y - 8
	width := (c.right - c.left) * 0.62
	cells := [][2]string{{"Krankenkasse", w.healthFund()}, {"Name, Vorname der versicherten Person", m.Name + ", " + m.FirstName},
		{"geboren am", m.born()}, {"Anschrift", m.Address}, {"Versichertennummer", w.insured(m)},
		{"Betriebsstätte, Arztnummer, Datum", d.digits(9) + "  " + d.digits(9) + "  " + w.date.Format("02.01.06")}}
	const h = 29.0
	for i, cell := range cells {
		y := top + h*float64(i)
		c.frame(Rect{c.left, y, width, h}, 0.6, 80)
		c.lineAt(c.left+4, y+9, c.body.at(7), cell[0])
		c.lineAt(c.left+6, y+23, filled, cell[1])
	}
	c.y = top + h*float64(len(cells)) + 24
}

// service writes a proof of service: the yellow form that comes back.
func (w writer) service() (*layout, error) {
	m := w.applicant()
	c := newComposer(w.fonts, "sans", 10)
	c.page.paper = paperYellow
	hand := w.handwriting()
	postman := newDice(0, "postman", w.file.Site, w.IntN(5)).pick([]string{"H. Botenreiter", "E. Zustellner", "V. Klinkenputz", "O. Treppauf"})
	posted := w.date.AddDate(0, 0, -w.between(2, 6))
	c.y = mm(24)
	c.heading("Postzustellungsurkunde", 15)
	c.paragraph("Zustellung nach dem Verwaltungszustellungsgesetz, §§ 177 bis 181 ZPO")
	c.skip(6)
	c.fields(style{face: "mono", size: 10.5, grey: 20}, 190, []field{
		{"1.1 Aktenzeichen", w.file.Number}, {"1.2 Absendende Stelle", "Jobcenter Musterkreis"}, {"", "Dienststelle " + w.office.site(w.file.Site).Name},
		{"1.3 Adressat", m.Full()}, {"", m.street()}, {"", m.city()}, {"1.4 Inhalt der Sendung", w.pick([]string{"Bescheid", "Widerspruchsbescheid", "Anhörung"}) + " vom " + posted.Format(germanDate)},
	})
	c.skip(8)
	c.heading("Das mit dem Aktenzeichen bezeichnete Schriftstück habe ich", 10.5)
	how := w.IntN(4)
	var boxes []box
	for i, t := range []string{"dem Adressaten persönlich übergeben", "einer erwachsenen Person, die in der Wohnung lebt, übergeben", "in den zur Wohnung gehörenden Briefkasten eingelegt, weil die Übergabe nicht möglich war", "bei der Niederlassung hinterlegt und eine Mitteilung an der Wohnungstür befestigt"} {
		boxes = append(boxes, box{i == how, fmt.Sprintf("%d. %s", 5+i, t)})
	}
	c.boxes(boxes)
	c.skip(6)
	c.boxes([]box{{true, "Den Tag der Zustellung habe ich auf dem Umschlag des Schriftstücks vermerkt."}})
	c.skip(8)
	c.fields(hand, 190, []field{{"Datum der Zustellung", w.date.Format(germanDate)}, {"Uhrzeit", fmt.Sprintf("%d.%02d Uhr", w.between(8, 15), w.between(0, 59))}, {"Name der Zustellkraft", postman}})
	c.skip(12)
	c.sign(newDice(0, "signature", postman), postman, "Unterschrift der Zustellkraft")
	c.paragraph("Diese Urkunde ist unverzüglich an die absendende Stelle zurückzuleiten. Sie wird nicht vernichtet.")
	return c.finish()
}
