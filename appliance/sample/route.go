package sample

import (
	"fmt"
	"strings"
	"time"

	"eakte/appliance/record"
)

// House is a bigger jobcenter, made to measure how post finds its file: with
// people of the same name, twins, fathers and sons, former names, people in two
// files, closed files, and numbers that differ by one digit.
type House struct {
	Sites   []record.Site
	Files   []HouseFile
	Persons []HousePerson

	seed   uint64
	today  time.Time
	names  stock
	office *Office
	number map[string]int // place in Files by each number it bears or bore
	kinds  map[kin][]int  // places in Files by what is special about them
}

// HouseFile is a file of a House. Its members are as they are called now.
type HouseFile struct {
	File
	Former  []record.DatedNumber // numbers it bore before
	Closed  bool
	Persons []int // places in House.Persons, one for each member
}

// HousePerson is somebody of a House.
type HousePerson struct {
	Member
	Former string // name until they married; empty: none
	Since  string // YYYY-MM-DD, when the name changed
	Files  []int  // places in House.Files
}

// kin is what is special about a file, or about two of them.
type kin string

const (
	kinPlain      kin = "plain" // nothing
	kinFormer     kin = "former name"
	kinTwins      kin = "twins"
	kinFather     kin = "father and son"
	kinNamesake   kin = "born the same day"
	kinTwo        kin = "in two open files"
	kinMoved      kin = "in a closed and an open file"
	kinClosed     kin = "closed"
	kinRenumbered kin = "renumbered"
	kinElsewhere  kin = "office digits of another house"
	kinRestricted kin = "restricted"
	kinUmlaut     kin = "umlauts"
)

// NewHouse makes the house of a seed with so many files, two and a half people
// to each. The same seed and number give the same house.
func NewHouse(seed uint64, files int) *House {
	o := Jobcenter(seed, 1)
	today, _ := time.Parse(isoDate, o.Today) // a constant
	h := &House{Sites: houseSites(), seed: seed, office: o, today: today, names: newStock(), number: map[string]int{}, kinds: map[kin][]int{}}
	o.Sites = h.Sites
	b := &builder{dice: newDice(seed, "house", files), house: h, names: h.names, today: today}
	for len(h.Files) < files {
		b.next(files)
	}
	return h
}

func houseSites() []record.Site {
	var out []record.Site
	for i, name := range []string{"Neustadt", "Altenfurt", "Seeblick", "Mühlenhagen", "Waldkirchen am See", "Bad Möwenstein", "Krähenwinkel", "Großburg"} {
		s := record.Site{Code: fmt.Sprintf("031%02d", 4+3*i), Name: name, Postcodes: []string{fmt.Sprint(17033 + 20*i), fmt.Sprint(17034 + 20*i)}}
		letters := []string{"A-K", "L-Z"}
		if i < 3 {
			letters = []string{"A-F", "G-K", "L-R", "S-Z"}
		}
		for j, l := range letters {
			s.Teams = append(s.Teams, record.Team{Code: fmt.Sprint("L", j+1), Name: fmt.Sprint("Leistung ", j+1), FirstLetters: l})
		}
		out = append(out, s)
	}
	return out
}

// ID of the file at that place.
func (h *House) ID(file int) record.FileID { return record.FileID(fmt.Sprintf("%032x", file+1)) }

// FileAt gives the place of a file by its id, -1 if there is none.
func (h *House) FileAt(id record.FileID) int {
	var n int
	if _, err := fmt.Sscanf(string(id), "%x", &n); err != nil || n < 1 || n > len(h.Files) {
		return -1
	}
	return n - 1
}

// Record gives a file as the catalog keeps it.
func (h *House) Record(file int) record.File {
	f := h.Files[file]
	r := record.File{ID: h.ID(file), Kind: f.Kind, Site: f.Site, Team: f.Team, RetentionClass: f.RetentionClass, Sensitivity: f.Sensitivity,
		Numbers: append([]record.DatedNumber{{Number: f.Number}}, f.Former...)}
	if f.Closed {
		r.ClosedAt = time.Date(2025, 6, 30, 12, 0, 0, 0, time.UTC)
	}
	for i, m := range f.Members {
		r.Members = append(r.Members, record.Member{Person: h.personID(f.Persons[i]), Role: m.Role, From: m.From, To: m.To})
	}
	return r
}

// Person gives a person as the catalog keeps one.
func (h *House) Person(person int) record.Person {
	p := h.Persons[person]
	r := record.Person{ID: h.personID(person), BirthDate: p.BirthDate, CustomerNumber: p.CustomerNumber, Address: p.Address,
		Names: []record.DatedName{{Name: p.Name, FirstName: p.FirstName, From: p.Since}}}
	if p.Former != "" {
		r.Names = append(r.Names, record.DatedName{Name: p.Former, FirstName: p.FirstName, To: p.Since})
	}
	return r
}

func (h *House) personID(i int) record.PersonID {
	return record.PersonID(fmt.Sprintf("%032x", 1<<40+i))
}

// Slip is the code of a slip that was sent out for the file at that place.
func (h *House) Slip(file int) string {
	return strings.ToUpper(fmt.Sprintf("%016x", newDice(h.seed, "slip", file).Uint64()))
}
