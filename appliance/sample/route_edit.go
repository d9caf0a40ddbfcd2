package sample

import (
	"fmt"
	"slices"
	"strings"
)

// edit changes a letter that is set.
type edit func(c *composer, l Letter)

// edited makes the changes in their order.
func (l Letter) edited(lay *layout) (*layout, error) {
	c := newComposer(l.office.fonts, "sans", 10)
	c.out, c.page, c.lines = lay, lay.pages[0], 1_000_000
	for _, e := range l.edits {
		e(c, l)
	}
	return c.finish()
}

// drop takes words off the letter, and codes that say them.
func drop(what func(word string) bool) edit {
	return func(c *composer, _ Letter) {
		for _, p := range c.out.pages {
			p.words = slices.DeleteFunc(p.words, func(w word) bool { return what(w.text) })
			p.marks = slices.DeleteFunc(p.marks, func(m mark) bool {
				return (slices.Contains(CodeKinds(), m.kind) || m.kind == MarkNote) && slices.ContainsFunc(strings.Fields(m.text), what)
			})
		}
	}
}

// withoutNumbers leaves out the household's number and those of its members,
// as somebody does who doesn't know them.
func withoutNumbers(c *composer, l Letter) {
	drop(func(s string) bool {
		s = strings.Trim(s, ",.;:()")
		return s == l.household.Number || strings.HasPrefix(s, "BG-Nummer") || strings.HasPrefix(s, "Kundennummer") ||
			slices.ContainsFunc(l.household.Members, func(m Member) bool { return s == m.CustomerNumber })
	})(c, l)
}

// withoutBirth leaves out every birth date.
func withoutBirth(c *composer, l Letter) {
	drop(func(s string) bool {
		s = strings.Trim(s, ",.;:()")
		return slices.ContainsFunc(l.household.Members, func(m Member) bool { return s == m.born() })
	})(c, l)
}

// withoutNames leaves out the members' names.
func withoutNames(c *composer, l Letter) {
	var parts []string
	for _, m := range l.household.Members {
		parts = append(parts, strings.Fields(m.Name+" "+m.FirstName)...)
	}
	drop(func(s string) bool { return slices.Contains(parts, strings.Trim(s, ",.;:()")) })(c, l)
}

// withoutAddress leaves out street and town of the customer.
func withoutAddress(c *composer, l Letter) {
	parts := strings.FieldsFunc(l.household.Members[0].Address, func(r rune) bool { return r == ' ' || r == ',' })
	drop(func(s string) bool { return slices.Contains(parts, strings.Trim(s, ",.;:()")) })(c, l)
}

// remark adds a line where the letter has room for it: below the date of
// letters, above the head of forms. Several lie one below the other.
func remark(place int, text string) edit {
	return func(c *composer, l Letter) {
		y := mm(99.2) + 8.2*float64(place) // two lines between date and subject
		if slices.Contains([]Type{Renewal, Application, Change, Slip}, l.Type) {
			y = mm(29) + 8*float64(place)
		}
		if slices.Contains([]Type{Lease, Sick, Service}, l.Type) {
			y = mm(9) + 9*float64(place)
		}
		c.lineAt(mm(25), y, c.body.at(7.4), text)
	}
}

// code puts a QR code into the upper right corner.
func code(text string) edit {
	return func(c *composer, _ Letter) { c.qr(pageWidth-mm(38), mm(22), mm(18), text) }
}

// numberLine writes a number the way somebody does on top of a letter.
func numberLine(d dice, place int, number string) edit {
	return remark(place, d.pick([]string{"BG-Nummer: ", "BG-Nr. ", "Ihr Zeichen: ", "Nummer der Bedarfsgemeinschaft ", "Meine BG-Nummer ist ", ""})+number)
}

func customerLine(d dice, place int, number string) edit {
	return remark(place, d.pick([]string{"Kundennummer: ", "Kunden-Nr. ", "Kd.-Nr.: ", "Meine Kundennummer: "})+number)
}

// bornLine says who somebody is.
func bornLine(d dice, place int, m Member) edit {
	born := m.born()
	if d.chance(0.15) {
		born = strings.TrimPrefix(strings.ReplaceAll(born, ".0", "."), "0")
	}
	switch d.IntN(4) {
	case 0:
		return remark(place, fmt.Sprintf("%s, %s, geb. %s", m.Name, m.FirstName, born))
	case 1:
		return remark(place, fmt.Sprintf("%s, geboren am %s", m.Full(), born))
	case 2:
		return remark(place, fmt.Sprintf("betrifft: %s (geb. am %s)", m.Full(), born))
	}
	return remark(place, fmt.Sprintf("Name: %s   Vorname: %s   Geburtsdatum: %s", m.Name, m.FirstName, born))
}

// flyer is an advertisement, a leaflet, or nothing at all.
func flyer(w writer) (*layout, error) {
	c := newComposer(w.fonts, w.pick([]string{"sans", "serif", "grotesque"}), 12)
	switch w.IntN(4) {
	case 0: // an empty page
		return c.finish()
	case 1:
		c.heading("Neueröffnung! Pizzeria Bella Möwe", 22)
		c.paragraph("Große Pizza jeden Dienstag nur 7,90 EUR. Lieferung frei Haus ab 15,00 EUR Bestellwert. Täglich von 11 bis 22 Uhr. Telefon 0395 000-" + w.digits(4))
	case 2:
		c.heading("Einladung zum Sommerfest des Kleingartenvereins Seerose", 18)
		c.paragraph("Alle Nachbarinnen und Nachbarn sind herzlich willkommen. Kaffee und Kuchen ab 14 Uhr, Musik ab 18 Uhr, Tombola für Kinder. Eintritt frei.")
	default:
		c.heading("Glasfaser kommt in Ihre Straße", 20)
		c.paragraph("Sichern Sie sich bis zum 31.12.2026 den kostenlosen Hausanschluss. Beratung montags im Bürgerhaus. Seenland Netze GmbH, Werftweg 4, 17033 Neustadt.")
	}
	return c.finish()
}
