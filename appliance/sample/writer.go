package sample

import (
	"fmt"
	"strings"
	"time"
)

// writer writes one letter: it knows the household and throws the dice.
type writer struct {
	dice
	fonts  *Fonts
	file   File
	office *Office
	date   time.Time
	byHand bool // forms are filled in and stamped by hand
}

// applicant is whom letters are about.
func (w writer) applicant() Member { return w.file.Members[0] }

// values are what the sentences' {names} stand for.
func (w writer) values(more ...string) map[string]string {
	m := w.applicant()
	v := map[string]string{
		"bg": w.file.Number, "kunde": m.CustomerNumber, "name": m.Full(), "anschrift": m.Address,
		"datum": w.date.Format(germanDate), "jahr": fmt.Sprint(w.date.Year()), "vorjahr": fmt.Sprint(w.date.Year() - 1),
		"monat": monthYear(w.date), "ort": w.office.site(w.file.Site).Name,
	}
	for i := 0; i+1 < len(more); i += 2 {
		v[more[i]] = more[i+1]
	}
	return v
}

// prose sets n of the sentences as one paragraph.
func (w writer) prose(c *composer, n int, from []string, values map[string]string) {
	c.paragraph(fill(strings.Join(w.some(n, from), " "), values))
}

// window gives the household's lines of an address window.
func (w writer) window() []string {
	m := w.applicant()
	return []string{m.title(), m.Full(), m.street(), m.city()}
}

// officeWindow gives the jobcenter's lines of an address window.
func (w writer) officeWindow() []string {
	s := w.office.site(w.file.Site)
	return []string{"Jobcenter Musterkreis", "Dienststelle " + s.Name, w.officeStreet(), s.Postcodes[0] + " " + s.Name}
}

func (w writer) officeStreet() string {
	switch w.file.Site {
	case "03107":
		return "Am Alten Speicher 3"
	case "03110":
		return "Mühlendamm 21"
	}
	return "Rathausplatz 8"
}

// jobcenter is the letterhead of the household's site.
func (w writer) jobcenter() sender {
	s := w.office.site(w.file.Site)
	return sender{name: w.office.Name, what: "Grundsicherung für Arbeitsuchende - Dienststelle " + s.Name, street: w.officeStreet(),
		city: s.Postcodes[0] + " " + s.Name, phone: "0395 000-" + s.Code[2:] + "0", family: "sans", size: 10.5, logo: 3,
		footer: []string{w.officeStreet() + ", " + s.Postcodes[0] + " " + s.Name + " - Telefon 0395 000-" + s.Code[2:] + "0",
			"Öffnungszeiten: Montag bis Freitag 8 bis 12 Uhr, Donnerstag auch 14 bis 18 Uhr"}}
}

// landlord invents who lets the flat.
func (w writer) landlord() sender {
	d := newDice(0, "landlord", w.applicant().Address) // the same on all letters of a household
	city := w.applicant().city()
	name := d.pick([]string{"Wohnungsgenossenschaft Seeblick eG", "Hausverwaltung Lindner & Söhne", "Immobilien Kranich GmbH",
		"Städtische Wohnbau Musterkreis", "Grundbesitz Möwenstein KG", "Vermietung Brückmann"})
	street := d.pick([]string{"Ringstraße", "Marktgasse", "Werftweg", "Schloßstraße"}) + fmt.Sprintf(" %d", d.between(2, 60))
	phone := "0395 000-" + d.digits(4)
	s := sender{name: name, what: d.pick([]string{"Vermietung - Verwaltung - Instandhaltung", "Wohnen im Musterkreis seit 1954", "Haus- und Mietverwaltung"}),
		street: street, city: city, phone: phone, family: d.pick([]string{"sans", "serif", "grotesque", "humanist"}),
		size: 10.5, logo: d.IntN(5), centred: d.chance(0.25)}
	if s.family == "humanist" {
		s.size = 9.5
	}
	s.footer = []string{name + " - " + street + " - " + city,
		fmt.Sprintf("Telefon %s - Sprechzeit Dienstag 9 bis 12 Uhr - Steuernummer %s/%s/%s", phone, d.digits(3), d.digits(3), d.digits(5))}
	return s
}

// manager is who signs for the landlord.
func (w writer) manager() string {
	d := newDice(0, "manager", w.applicant().Address)
	return d.pick([]string{"Ines Lindner", "Joachim Möwenstein", "Dörte Brückmann", "Andreas Kranich", "Susanne Güldenpfennig", "Wolfgang Süßmilch"})
}

// dateline writes the date as some senders do, or as the others.
func (w writer) dateline() string {
	if w.chance(0.4) {
		return longDate(w.date)
	}
	return w.date.Format(germanDate)
}

// begin sets a letter's head: letterhead, window, references, date, subject.
func (c *composer) begin(s sender, window []string, info []field, date, reference string, subject ...string) {
	c.head(s, reference)
	c.address(s, window)
	_, place, _ := strings.Cut(s.city, " ")
	c.info(info, place, date)
	c.foldMarks()
	c.subject(subject...)
}

// end sets what is read last and gives the drawn letter.
func (c *composer) end(s sender) (*layout, error) {
	keep := c.page
	c.page = c.out.pages[0]
	c.footText(s)
	c.page = keep
	c.numberPages()
	return c.finish()
}

// household gives how many of the members have the role.
func (w writer) count(role string) int {
	n := 0
	for _, m := range w.file.Members {
		if m.Role == role {
			n++
		}
	}
	return n
}

// flat is the household's flat: the same on every letter.
type flat struct {
	rooms, area, year       int
	rent, running, heatCost int // cents a month
	floor, fuel             string
}

func (w writer) flat() flat {
	d := newDice(0, "flat", w.applicant().Address)
	n := len(w.file.Members)
	f := flat{rooms: min(5, n+1), year: d.between(1928, 2012), fuel: d.pick([]string{"Erdgas", "Heizöl", "Holzpellets"})}
	f.area = 30 + 15*n + d.between(-4, 9)
	f.rent = f.area * d.between(560, 780)
	f.running = f.area * d.between(130, 210)
	f.heatCost = f.area * d.between(105, 180)
	f.floor = d.pick([]string{"Erdgeschoss links", "Erdgeschoss rechts", "1. Obergeschoss links", "2. Obergeschoss rechts", "3. Obergeschoss Mitte"})
	return f
}

// iban gives the household's account, of a bank that does not exist.
func (w writer) iban() string {
	d := newDice(0, "iban", w.applicant().CustomerNumber)
	n := "99999999" + "00" + d.digits(8) // bank code and account
	rest := 0
	for _, r := range n + "131400" { // DE00
		rest = (rest*10 + int(r-'0')) % 97
	}
	s := fmt.Sprintf("DE%02d%s", 98-rest, n)
	var groups []string
	for ; len(s) > 4; s = s[4:] {
		groups = append(groups, s[:4])
	}
	return strings.Join(append(groups, s), " ")
}
