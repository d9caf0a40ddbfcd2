package sample

import (
	"fmt"
	"slices"
	"strings"
)

// routeUnsure carry too little, or what is not this house's.
func routeUnsure() []routeCase {
	return []routeCase{
		{name: "name and address", weight: 70, want: Unsure, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, withoutBirth)
		}},
		{name: "name only", weight: 25, want: Unsure, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, withoutBirth, withoutAddress)
			p.siteByRecipient()
		}},
		{name: "address only", weight: 15, want: Unsure, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, withoutBirth, withoutNames)
		}},
		{name: "restricted file, name and address", weight: 5, want: Unsure, kin: kinRestricted, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, withoutBirth)
		}},
		{name: "twins, initial and birth date", weight: 8, want: Unsure, kin: kinTwins, types: typesLetters(), fits: sameInitial, make: func(p *Piece, d dice) {
			p.alone()
			m := &p.Letter.household.Members[0]
			m.FirstName = string([]rune(m.FirstName)[:1]) + "."
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, bornLine(d, 0, *m))
		}},
		{name: "no personal data: flyer, empty page", weight: 25, want: Unsure, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.blank, p.File, p.Site, p.Type, p.Letter.Stamped = flyer, -1, "", "", false
		}},
		{name: "customer of another jobcenter", weight: 25, want: Unsure, kin: kinPlain, types: typesForeign(), make: func(p *Piece, d dice) { p.foreign(d, nil) }},
		{name: "customer of another jobcenter, called as one of ours", weight: 15, want: Unsure, kin: kinPlain, types: typesForeign(), make: func(p *Piece, d dice) {
			p.foreign(d, &p.Letter.household.Members[0])
		}},
		{name: "called as one of ours, another birth date", weight: 15, want: Unsure, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.foreign(d, &p.Letter.household.Members[0])
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, bornLine(d, 0, p.Letter.household.Members[0]))
		}},
		{name: "wrong digit (no file); name and address", weight: 20, want: Either, kin: kinPlain, types: typesLetters(), fits: mistakable(false), make: func(p *Piece, d dice) {
			p.mistyped(d, false)
			p.Letter.edits = append(p.Letter.edits, withoutBirth)
		}},
		{name: "birth date with a wrong digit, name and address", weight: 15, want: Either, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.alone()
			m := &p.Letter.household.Members[0]
			m.BirthDate = m.BirthDate[:9] + string('0'+(m.BirthDate[9]-'0'+1)%10)
			if strings.HasSuffix(m.BirthDate, "00") {
				m.BirthDate = m.BirthDate[:9] + "1"
			}
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, bornLine(d, 0, *m))
		}},
		{name: "in a closed and an open file, name and birth date", weight: 10, want: Either, kin: kinMoved, types: typesLetters(), fits: open, make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, bornLine(d, 0, p.Letter.household.Members[0]))
		}},
		{name: "all that tells is written by hand", weight: 15, want: Either, kin: kinPlain, types: typeNames(Change), make: func(p *Piece, d dice) { p.Letter.ByHand = true }},
	}
}

func open(h *House, file int) bool { return !h.Files[file].Closed }

// sameInitial says that the twins can't be told apart by it.
func sameInitial(h *House, file int) bool {
	me := h.Files[file].Members[0]
	for _, at := range h.kinds[kinTwins] {
		m := h.Files[at].Members[0]
		if at != file && m.BirthDate == me.BirthDate && m.Name == me.Name && []rune(m.FirstName)[0] == []rune(me.FirstName)[0] {
			return true
		}
	}
	return false
}

// alone leaves the first member only.
func (p *Piece) alone() { p.Letter.household.Members = p.Letter.household.Members[:1] }

// foreign makes the letter one of a household that has no file here: of an
// unknown name, or called as one of ours is.
func (p *Piece) foreign(d dice, called *Member) {
	p.File = -1
	b := &builder{dice: d, house: p.house, names: p.house.names, today: p.house.today}
	f := b.household()
	f.Site, f.Team = p.Site, p.Letter.household.Team
	town := fmt.Sprintf("%s %d, %s", d.pick(streets()), d.between(1, 90), d.pick([]string{"50171 Rosthafen", "99817 Oberquell", "26203 Deichhorst"}))
	for i := range f.Members {
		f.Members[i].Address = town
	}
	p.siteByRecipient()
	f.Number = d.pick([]string{"05315", "13073", "09162", "03241"}) + "//" + d.digits(7)
	for p.house.number[f.Number] != 0 {
		f.Number = f.Number[:7] + d.digits(7)
	}
	for i := range f.Members {
		f.Members[i].CustomerNumber = d.pick([]string{"053D", "162A", "241D"}) + d.digits(6)
	}
	if called != nil {
		m := *called
		f.Members = f.Members[:1]
		f.Members[0].Name, f.Members[0].FirstName, f.Members[0].woman = m.Name, m.FirstName, m.woman
		for f.Members[0].BirthDate[:4] == m.BirthDate[:4] || slices.ContainsFunc(p.house.Persons, func(x HousePerson) bool {
			return x.BirthDate == f.Members[0].BirthDate && x.Name == m.Name
		}) {
			f.Members[0].BirthDate = b.member(m.Name, "applicant", m.woman, "", 19, 66).BirthDate
		}
	}
	p.Letter.household, p.Letter.File = f.File, f.Number
	p.Letter.household.Responsible = "k.sommer"
	if p.Type == "" {
		return
	}
	p.carries(d, f.Number)
}

func typesForeign() []string {
	return append(typesLetters(), typeNames(Renewal, Application, Change, Slip, Objection, Rent)...)
}

// siteByRecipient is for post of which only the address of the recipient tells
// the site: what goes to the jobcenter bears it, what was sent to the customer
// does not.
func (p *Piece) siteByRecipient() {
	if !slices.Contains([]Type{Rent, Objection, Renewal, Application, Change, Slip}, p.Type) {
		p.Site = ""
	}
}

// misspelled changes a name as people do who heard it, or typed it in haste.
func misspelled(d dice, name string) string {
	var by [][2]string
	for _, c := range [][2]string{{"ei", "ai"}, {"ai", "ei"}, {"ey", "ei"}, {"ck", "k"}, {"dt", "tt"}, {"th", "t"}, {"tz", "z"}, {"ff", "f"}, {"ss", "s"}, {"nn", "n"}, {"mm", "m"}, {"tt", "t"},
		{"ll", "l"}, {"ph", "f"}, {"ie", "i"}, {"ü", "u"}, {"ä", "e"}, {"ö", "o"}, {"ß", "s"}, {"y", "i"}, {"ski", "sky"}, {"rz", "z"}, {"k", "ck"}, {"eh", "e"}} {
		if i := strings.Index(name, c[0]); i > 0 {
			by = append(by, c)
		}
	}
	if len(by) > 0 && d.chance(0.7) {
		c := by[d.IntN(len(by))]
		return strings.Replace(name, c[0], c[1], 1)
	}
	r := []rune(name)
	i := 1 + d.IntN(len(r)-2)
	if r[i] != r[i+1] && d.chance(0.6) {
		r[i], r[i+1] = r[i+1], r[i]
		return string(r)
	}
	return string(slices.Delete(r, i, i+1))
}

func withoutUmlauts(s string) string {
	return strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ä", "Ae", "Ö", "Oe", "Ü", "Ue", "ß", "ss").Replace(s)
}
