package sample

import (
	"slices"
	"strings"
)

// routeCase is one way in which post says, or does not say, whose it is.
type routeCase struct {
	name   string
	weight int
	want   Wanted
	kin    kin
	types  []string
	fits   func(h *House, file int) bool
	make   func(p *Piece, d dice)
}

const caseSlip = "code of our own slip"

// Groups of types by what stands on them in print.
func typesAny() []string {
	return typeNames(Rent, Rent, Account, Account, Account, Heating, Heating, Renewal, Renewal, Application, Lease, Wage, Wage, Utilities, Sick, Sick, Dismissal, Objection, Change, Service, Slip, Notice, Hearing)
}

// typesLetters have room for what somebody writes on top, and no table of members.
func typesLetters() []string {
	return typeNames(Rent, Account, Account, Heating, Wage, Wage, Utilities, Sick, Dismissal, Objection, Lease)
}

func typeNames(ts ...Type) []string {
	var out []string
	for _, t := range ts {
		out = append(out, string(t))
	}
	return out
}

// routeCases are all of them. Weights are parts of 1,000; they are a guess at a
// jobcenter's post, with what is hard drawn more often than it comes.
func routeCases() []routeCase {
	return slices.Concat(routeSufficient(), routeNamed(), routeTorn(), routeUnsure())
}

// routeSufficient carry a number, in print or in a code.
func routeSufficient() []routeCase {
	return []routeCase{
		{name: "number as it is filed", weight: 190, want: Filed, kin: kinPlain, types: typesAny(), make: func(p *Piece, d dice) { p.carries(d, p.Letter.household.Number) }},
		{name: "number in another writing", weight: 50, want: Filed, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers)
			p.Letter.edits = append(p.Letter.edits, numberLine(d, 0, writings(d, p.Letter.household.Number)))
		}},
		{name: "Kundennummer only", weight: 60, want: Filed, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers)
			ms := p.Letter.household.Members
			p.Letter.edits = append(p.Letter.edits, customerLine(d, 0, ms[d.IntN(len(ms))].CustomerNumber))
		}},
		{name: "old and new number", weight: 12, want: Filed, kin: kinRenumbered, types: typesLetters(), make: func(p *Piece, d dice) {
			p.carries(d, p.Letter.household.Number)
			p.Letter.edits = append(p.Letter.edits, remark(1, "frühere BG-Nummer: "+p.house.Files[p.File].Former[0].Number))
		}},
		{name: "old number only", weight: 12, want: Filed, kin: kinRenumbered, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.household.Number = p.house.Files[p.File].Former[0].Number
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, numberLine(d, 0, p.Letter.household.Number))
		}},
		{name: "office digits of another house", weight: 15, want: Filed, kin: kinElsewhere, types: typesAny(), make: func(p *Piece, d dice) { p.carries(d, p.Letter.household.Number) }},
		{name: "closed file, number", weight: 15, want: Either, kin: kinClosed, types: typesAny(), make: func(p *Piece, d dice) { p.carries(d, p.Letter.household.Number) }},
		{name: "restricted file, number", weight: 8, want: Filed, kin: kinRestricted, types: typesAny(), make: func(p *Piece, d dice) { p.carries(d, p.Letter.household.Number) }},
		{name: "number, another customer in passing", weight: 25, want: Filed, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.carries(d, p.Letter.household.Number)
			p.Letter.edits = append(p.Letter.edits, remark(1, inPassing(d, p.stranger(d))))
		}},
		{name: caseSlip, weight: 20, want: Filed, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, withoutBirth, code("eakte:slip:1:"+p.house.Slip(p.File)))
		}},
		{name: "number in the manifest", weight: 25, want: Filed, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, withoutBirth)
			p.Manifest = []string{p.Letter.household.Number}
		}},
		{name: "number on the separator sheet", weight: 10, want: Filed, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, withoutBirth)
			p.Sheet = p.Letter.household.Number
		}},
	}
}

// routeNamed carry a name and a birth date, and no number that is right.
func routeNamed() []routeCase {
	named := func(change func(p *Piece, m *Member, d dice)) func(p *Piece, d dice) {
		return func(p *Piece, d dice) {
			if change != nil {
				change(p, &p.Letter.household.Members[0], d)
			}
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, bornLine(d, 0, p.Letter.household.Members[0]))
		}
	}
	forms := append(typesLetters(), typeNames(Renewal, Change)...)
	return []routeCase{
		{name: "name and birth date", weight: 90, want: Filed, kin: kinPlain, types: forms, make: named(nil)},
		{name: "name misspelled, birth date", weight: 40, want: Filed, kin: kinPlain, types: typesLetters(), fits: longName, make: named(func(p *Piece, m *Member, d dice) {
			if d.chance(0.7) {
				m.Name = misspelled(d, m.Name)
			} else {
				m.FirstName = misspelled(d, m.FirstName)
			}
		})},
		{name: "umlauts written as ae, oe, ue; birth date", weight: 30, want: Filed, kin: kinUmlaut, types: typesLetters(), make: named(func(p *Piece, m *Member, d dice) {
			m.Name, m.FirstName = withoutUmlauts(m.Name), withoutUmlauts(m.FirstName)
		})},
		{name: "name and first name swapped, birth date", weight: 20, want: Filed, kin: kinPlain, types: typesLetters(), make: named(func(p *Piece, m *Member, d dice) {
			m.Name, m.FirstName = m.FirstName, m.Name
		})},
		{name: "former name, birth date", weight: 20, want: Filed, kin: kinFormer, types: typesLetters(), make: named(func(p *Piece, m *Member, d dice) {
			m.Name = p.house.Persons[p.house.Files[p.File].Persons[0]].Former
		})},
		{name: "father and son, name and birth date", weight: 15, want: Filed, kin: kinFather, types: typesLetters(), make: named(nil)},
		{name: "twins, name and birth date", weight: 15, want: Filed, kin: kinTwins, types: typesLetters(), make: named(nil)},
		{name: "name and birth date, another customer in passing", weight: 20, want: Filed, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			named(nil)(p, d)
			p.Letter.edits = append(p.Letter.edits, remark(1, inPassing(d, p.stranger(d))))
		}},
		{name: "wrong digit (no file); name and birth date", weight: 25, want: Filed, kin: kinPlain, types: typesLetters(), fits: mistakable(false), make: func(p *Piece, d dice) {
			p.mistyped(d, false)
			p.Letter.edits = append(p.Letter.edits, bornLine(d, 1, p.Letter.household.Members[0]))
		}},
	}
}

// routeTorn speak for two files, or for another one than is right. Whose post it
// is then can't be told for sure, unless both are of one site.
func routeTorn() []routeCase {
	return []routeCase{
		{name: "wrong digit (another file); name and birth date", weight: 20, want: Torn, kin: kinPlain, types: typesLetters(), fits: mistakable(true), make: func(p *Piece, d dice) {
			p.Site = ""
			p.mistyped(d, true)
			p.Letter.edits = append(p.Letter.edits, bornLine(d, 1, p.Letter.household.Members[0]))
		}},
		{name: "wrong digit (another file); name and address", weight: 15, want: Torn, kin: kinPlain, types: typesLetters(), fits: mistakable(true), make: func(p *Piece, d dice) {
			p.Site = ""
			p.mistyped(d, true)
			p.Letter.edits = append(p.Letter.edits, withoutBirth)
		}},
		{name: "numbers of two households", weight: 15, want: Torn, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Site = ""
			p.carries(d, p.Letter.household.Number)
			p.Letter.edits = append(p.Letter.edits, remark(1, "auch für BG-Nummer "+p.house.Files[p.other(d)].Number))
		}},
		{name: "form of two customers", weight: 15, want: Torn, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Site = ""
			at := p.other(d)
			m := p.house.Files[at].Members[0]
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, bornLine(d, 0, p.Letter.household.Members[0]), bornLine(d, 1, m))
		}},
		{name: "number; another customer with birth date", weight: 12, want: Torn, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Site = ""
			p.carries(d, p.Letter.household.Number)
			p.Letter.edits = append(p.Letter.edits, bornLine(d, 1, p.house.Files[p.other(d)].Members[0]))
		}},
		{name: "manifest contradicts the page", weight: 15, want: Torn, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Site = ""
			p.carries(d, p.Letter.household.Number)
			p.Manifest = []string{p.house.Files[p.other(d)].Number}
		}},
		{name: "manifest contradicts name and birth date", weight: 8, want: Torn, kin: kinPlain, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Site = ""
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, bornLine(d, 0, p.Letter.household.Members[0]))
			p.Manifest = []string{p.house.Files[p.other(d)].Number}
		}},
		{name: "in two open files, name and birth date", weight: 10, want: Torn, kin: kinTwo, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, bornLine(d, 0, p.Letter.household.Members[0]))
		}},
		{name: "namesakes born the same day, name and birth date", weight: 8, want: Torn, kin: kinNamesake, types: typesLetters(), make: func(p *Piece, d dice) {
			p.Site = ""
			p.Letter.edits = append(p.Letter.edits, withoutNumbers, withoutAddress, bornLine(d, 0, p.Letter.household.Members[0]))
		}},
	}
}

func longName(h *House, file int) bool {
	m := h.Files[file].Members[0]
	return len([]rune(m.Name)) > 5 && len([]rune(m.FirstName)) > 4
}

// mistakable says whether one wrong digit leads to another file, or to none.
func mistakable(taken bool) func(h *House, file int) bool {
	return func(h *House, file int) bool { return len(h.wrongDigits(h.Files[file].Number, taken)) > 0 }
}

// wrongDigits gives the numbers that differ in one digit of the last seven.
func (h *House) wrongDigits(number string, taken bool) []string {
	var out []string
	for i := len(number) - 7; i < len(number); i++ {
		for c := byte('0'); c <= '9'; c++ {
			other := number[:i] + string(c) + number[i+1:]
			if at, ok := h.number[other]; c != number[i] && ok == taken && (!ok || h.plain(at)) {
				out = append(out, other)
			}
		}
	}
	return out
}

// carries sees to it that the number stands on the letter once in print.
func (p *Piece) carries(d dice, number string) {
	p.Letter.ByHand = slices.Contains([]Type{Renewal, Application, Slip}, p.Type) && d.chance(0.5)
	if slices.Contains([]Type{Lease, Wage, Utilities, Dismissal, Heating, other}, p.Type) {
		p.Letter.edits = append(p.Letter.edits, numberLine(d, 0, number))
	}
}

// mistyped puts a number with a wrong digit on top, and leaves all others out.
func (p *Piece) mistyped(d dice, taken bool) {
	wrong := p.house.wrongDigits(p.Letter.household.Number, taken)
	p.Letter.edits = append(p.Letter.edits, withoutNumbers, numberLine(d, 0, wrong[d.IntN(len(wrong))]))
}

// other gives another file, of people without a part in the first.
func (p *Piece) other(d dice) int {
	for {
		at := d.IntN(len(p.house.Files))
		if f := p.house.Files[at]; at != p.File && !f.Closed && p.house.plain(at) && f.Members[0].BirthDate != p.house.Files[p.File].Members[0].BirthDate {
			return at
		}
	}
}

func (p *Piece) stranger(d dice) Member { return p.house.Files[p.other(d)].Members[0] }

func inPassing(d dice, m Member) string {
	return strings.ReplaceAll(d.pick([]string{"{} hat mir beim Ausfüllen geholfen.", "Das Schreiben wurde bei meiner Nachbarin {} eingeworfen.",
		"Mit {} wohne ich seit August nicht mehr zusammen.", "Das Geld hat mir {} geliehen."}), "{}", m.Full())
}
