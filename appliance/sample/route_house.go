package sample

import (
	"fmt"
	"strings"
	"time"

	"eakte/appliance/record"
)

// builder fills a house, file by file.
type builder struct {
	dice
	house    *House
	names    stock
	today    time.Time
	numbers  int
	customer int
}

// next makes one file, or two that are easily taken for each other.
func (b *builder) next(total int) {
	h, i := b.house, len(b.house.Files)
	pair := func(k kin, make func(first HouseFile) HouseFile) {
		if i < 2 || i+1 >= total {
			b.plain()
			return
		}
		first := b.household()
		a := b.add(first, k)
		b.add(make(h.Files[a]), k)
	}
	switch n := b.IntN(200); {
	case i == 5 || i == 11:
		f := b.household()
		f.Sensitivity = record.SensitivityRestricted
		b.add(f, kinRestricted)
	case n < 3:
		pair(kinTwins, b.twin)
	case n < 6:
		pair(kinFather, b.son)
	case n < 7:
		pair(kinNamesake, b.namesake)
	case n < 9:
		pair(kinTwo, b.second)
	case n < 12:
		pair(kinMoved, b.movedOut)
	default:
		b.plain()
	}
}

// plain makes a file of which at most one thing is special.
func (b *builder) plain() {
	f, k := b.household(), kinPlain
	switch n := b.IntN(100); {
	case n < 4:
		f.Closed, k = true, kinClosed
	case n < 8:
		f.Former, k = []record.DatedNumber{{Number: b.newNumber(f.Site), From: "2015-01-01", To: "2021-12-31"}}, kinRenumbered
	case n < 11:
		f.Number, k = b.pick([]string{"03210", "13073", "09801"})+f.Number[5:], kinElsewhere
	}
	at := b.add(f, k)
	m := b.house.Persons[b.house.Files[at].Persons[0]]
	if k == kinPlain && m.Former != "" {
		b.house.kinds[kinFormer] = append(b.house.kinds[kinFormer], at)
	}
	if k == kinPlain && strings.ContainsAny(m.Full(), "äöüßÄÖÜ") {
		b.house.kinds[kinUmlaut] = append(b.house.kinds[kinUmlaut], at)
	}
}

// add puts a file into the house. Members without a person get one.
func (b *builder) add(f HouseFile, k kin) int {
	h, at := b.house, len(b.house.Files)
	for i := range f.Members {
		if i < len(f.Persons) && f.Persons[i] >= 0 {
			h.Persons[f.Persons[i]].Files = append(h.Persons[f.Persons[i]].Files, at)
			continue
		}
		p := HousePerson{Member: f.Members[i], Files: []int{at}}
		if p.woman && p.Role != "child" && b.chance(0.15) {
			if p.Former = b.names.surname(b.dice); p.Former == p.Name {
				p.Former = ""
			} else {
				p.Since = f.Members[i].From
			}
		}
		f.Persons = append(f.Persons[:i:i], append([]int{len(h.Persons)}, f.Persons[min(i+1, len(f.Persons)):]...)...)
		h.Persons = append(h.Persons, p)
	}
	h.Files = append(h.Files, f)
	h.number[f.Number] = at
	for _, n := range f.Former {
		h.number[n.Number] = at
	}
	h.kinds[k] = append(h.kinds[k], at)
	return at
}

// newNumber gives the next number: one in seven of those there could be, so
// that wrong digits lead to another file now and then.
func (b *builder) newNumber(site string) string {
	b.numbers += 1 + b.IntN(13)
	return fmt.Sprintf("%s//%07d", site, 20_000+b.numbers)
}

func (b *builder) newCustomer() string {
	b.customer += 1 + b.IntN(5)
	return fmt.Sprintf("%s%06d", []string{"031D", "031A", "131D"}[b.customer/800_000%3], 100_000+b.customer%800_000)
}

// household invents a file.
func (b *builder) household() HouseFile {
	site := b.house.Sites[[]int{0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 4, 5, 6, 7}[b.IntN(15)]]
	f := HouseFile{File: File{Number: b.newNumber(site.Code), Kind: "leistung", Site: site.Code, Responsible: "k.sommer", RetentionClass: "leistung", Sensitivity: record.SensitivityNormal}}
	surname := b.names.surname(b.dice)
	address := b.address(site)
	woman := b.chance(0.5)
	f.Members = append(f.Members, b.member(surname, "applicant", woman, address, 19, 66))
	if b.chance(0.45) {
		name := surname
		if b.chance(0.3) {
			name = b.names.surname(b.dice)
		}
		f.Members = append(f.Members, b.member(name, "partner", !woman, address, 19, 66))
	}
	for range []int{0, 0, 0, 1, 1, 2, 2, 4}[b.IntN(8)] {
		f.Members = append(f.Members, b.member(surname, "child", b.chance(0.5), address, 0, 17))
	}
	b.place(&f)
	return f
}

func (b *builder) address(site record.Site) string {
	street := b.pick(append(streets(), "Goethestraße", "Schillerstraße", "Hauptstraße", "Dorfstraße", "Gartenstraße", "Ringstraße", "Bergstraße", "Am Sportplatz", "Schulstraße", "Rosa-Luxemburg-Straße", "Platz der Einheit", "Birkenweg", "Ahornweg", "Käthe-Kollwitz-Straße"))
	return fmt.Sprintf("%s %d%s, %s %s", street, b.between(1, 148), []string{"", "", "", "", "a", "b"}[b.IntN(6)], b.pick(site.Postcodes), site.Name)
}

func (b *builder) member(surname, role string, woman bool, address string, youngest, oldest int) Member {
	born := b.today.AddDate(-b.between(youngest, oldest), 0, -b.IntN(365))
	return Member{Name: surname, FirstName: b.names.first(b.dice, woman), BirthDate: born.Format(isoDate), CustomerNumber: b.newCustomer(),
		Address: address, Role: role, From: b.today.AddDate(-b.between(1, 6), -b.IntN(12), 0).Format(isoDate)[:8] + "01", woman: woman}
}

func (b *builder) place(f *HouseFile) {
	letter := firstLetter(f.Members[0].Name)
	for _, s := range b.house.Sites {
		for _, t := range s.Teams {
			if s.Code == f.Site && t.FirstLetters[0] <= letter && letter <= t.FirstLetters[2] {
				f.Team = t.Code
			}
		}
	}
}

// alone is a new file of one person who lives where the first file's do.
func (b *builder) alone(first HouseFile, m Member) HouseFile {
	f := HouseFile{File: first.File}
	f.Number, f.Members, f.Sensitivity = b.newNumber(first.Site), []Member{m}, record.SensitivityNormal
	f.Members[0].Role, f.Members[0].CustomerNumber = "applicant", b.newCustomer()
	return f
}

// twin has a file of its own: the same name, birth date and address, another first name.
func (b *builder) twin(first HouseFile) HouseFile {
	m := first.Members[0]
	for m.FirstName == first.Members[0].FirstName {
		m.FirstName = b.names.first(b.dice, m.woman)
	}
	return b.alone(first, m)
}

// son is called what his father is, or a daughter what her mother is.
func (b *builder) son(first HouseFile) HouseFile {
	m := first.Members[0]
	born, _ := time.Parse(isoDate, m.BirthDate) // made by formatting
	age := b.between(18, 40)
	if born.AddDate(age+16, 0, 0).After(b.today) {
		age = -age // the first one is the child
	}
	m.BirthDate = born.AddDate(age, b.IntN(12), b.IntN(28)).Format(isoDate)
	return b.alone(first, m)
}

// namesake is another person of the same name, born the same day, who lives elsewhere.
func (b *builder) namesake(first HouseFile) HouseFile {
	f := b.household()
	f.Members[0].Name, f.Members[0].FirstName, f.Members[0].woman = first.Members[0].Name, first.Members[0].FirstName, first.Members[0].woman
	f.Members[0].BirthDate = first.Members[0].BirthDate
	b.place(&f)
	return f
}

// second is another open file of the same person: two sections, two files.
func (b *builder) second(first HouseFile) HouseFile {
	f := b.alone(first, first.Members[0])
	f.Kind, f.Members[0].CustomerNumber, f.Persons = "vermittlung", first.Members[0].CustomerNumber, first.Persons[:1:1]
	return f
}

// movedOut is the new file of somebody whose first one was closed.
func (b *builder) movedOut(first HouseFile) HouseFile {
	f := b.second(first)
	f.Kind = "leistung"
	b.house.Files[len(b.house.Files)-1].Closed = true
	return f
}
