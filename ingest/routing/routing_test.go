package routing_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/ingest/routing"
)

// house is a small jobcenter with files in which every trap is set.
type house struct {
	testing.TB
	catalog *catalog.Catalog
	rules   routing.Rules
	files   map[string]record.FileID // by the test's own names
	names   map[record.FileID]string
}

type member struct {
	first, last, born, customer, address string
	former                               string // name that the person bore
	from, to                             string
	same                                 string // a person who was added before, by "first last"
}

const today = "2026-11-20"

func newHouse(t testing.TB, open catalogtest.Opener) *house {
	t.Helper()
	rules, err := routing.ParseRules(routing.DefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	h := &house{TB: t, catalog: open(t, catalogtest.NewClock()), rules: rules, files: map[string]record.FileID{}, names: map[record.FileID]string{}}
	h.write(func(tx *catalog.Tx) error {
		for _, s := range []record.Site{
			{Code: "03104", Name: "Neustadt", Postcodes: []string{"17033", "17034"}, Teams: []record.Team{{Code: "L1", Name: "Leistung 1", FirstLetters: "A-K"}, {Code: "L2", Name: "Leistung 2", FirstLetters: "L-Z"}}},
			{Code: "03105", Name: "Altdorf", Postcodes: []string{"17039"}, Teams: []record.Team{{Code: "L3", Name: "Leistung 3", FirstLetters: "A-Z"}}},
		} {
			if err := tx.PutSite(s); err != nil {
				return err
			}
		}
		return nil
	})
	return h
}

func (h *house) write(fn func(tx *catalog.Tx) error) {
	h.Helper()
	if err := h.catalog.WithTx(context.Background(), fn); err != nil {
		h.Fatal(err)
	}
}

var persons = map[string]record.PersonID{}

// file adds a file with its members, the first one the applicant.
func (h *house) file(name, number, kind string, change func(*record.File), members ...member) {
	h.Helper()
	f := record.File{ID: record.FileID(record.NewID()), Kind: kind, Site: "03104", Team: "L1", RetentionClass: "leistung",
		Sensitivity: record.SensitivityNormal, Numbers: []record.DatedNumber{{Number: number, From: "2020-01-01"}}}
	h.write(func(tx *catalog.Tx) error {
		for _, m := range members {
			p := record.Person{ID: record.PersonID(record.NewID()), BirthDate: m.born, CustomerNumber: m.customer, Address: m.address,
				Names: []record.DatedName{{Name: m.last, FirstName: m.first, From: "2020-01-01"}}}
			if m.former != "" {
				p.Names = append(p.Names, record.DatedName{Name: m.former, FirstName: m.first, To: "2019-12-31"})
			}
			key := fmt.Sprintf("%p %s", h, m.same)
			if m.same == "" {
				if err := tx.PutPerson(p); err != nil {
					return err
				}
				persons[fmt.Sprintf("%p %s %s", h, m.first, m.last)] = p.ID
			} else {
				p.ID = persons[key]
			}
			f.Members = append(f.Members, record.Member{Person: p.ID, Role: "applicant", From: m.from, To: m.to})
		}
		if change != nil {
			change(&f)
		}
		_, err := tx.InsertFile(f)
		return err
	})
	h.files[name], h.names[f.ID] = f.ID, name
}

// standard fills the house.
func standard(t testing.TB, open catalogtest.Opener) *house {
	h := newHouse(t, open)
	h.file("muster", "03104//0012345", "leistung", nil,
		member{first: "Katharina", last: "Musterfeld", born: "1985-04-03", customer: "031D123456", address: "Lindenstraße 12, 17033 Neustadt", former: "Apfelkamp"},
		member{first: "Jürgen", last: "Musterfeld", born: "1983-11-19", customer: "031D123457", address: "Lindenstraße 12, 17033 Neustadt"},
		member{first: "Mia", last: "Musterfeld", born: "2019-05-06", customer: "031D123458", address: "Lindenstraße 12, 17033 Neustadt"})
	h.file("gruen", "03104//0012845", "leistung", nil, // one digit from muster
		member{first: "Sören", last: "Grünholz", born: "1990-02-28", customer: "031D200001", address: "Südring 4, 17034 Neustadt"})
	h.file("weiss", "03105//0000777", "leistung", func(f *record.File) { f.Site, f.Team = "03105", "L3" },
		member{first: "Anna", last: "Birkenau-Weiß", born: "1979-12-01", customer: "031D300001", address: "Gänsemarkt 7, 17039 Altdorf"})
	h.file("restricted", "03104//0055555", "leistung", func(f *record.File) { f.Sensitivity = record.SensitivityRestricted },
		member{first: "Beate", last: "Zaunkönig", born: "1970-07-07", customer: "031D400001", address: "Fährweg 3, 17033 Neustadt"})
	h.file("closed", "03104//0066666", "leistung", func(f *record.File) { f.ClosedAt = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) },
		member{first: "Otto", last: "Dünenläufer", born: "1960-01-02", customer: "031D500001"})
	h.file("objection", "W-03104-00123/26", "widerspruch", nil, member{first: "Ole", last: "Quittenbaum", born: "1999-09-09"})
	h.file("closed too", "03104//0066667", "leistung", func(f *record.File) { f.ClosedAt = time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) },
		member{same: "Ole Quittenbaum"})
	h.file("split old", "03104//0070001", "leistung", nil,
		member{first: "Rita", last: "Kupferbach", born: "1988-08-08", customer: "031D600001"},
		member{first: "Paul", last: "Kupferbach", born: "1987-07-17", customer: "031D600002", to: "2025-06-30"})
	h.file("split new", "03104//0070002", "leistung", nil,
		member{same: "Paul Kupferbach", from: "2025-07-01"})
	h.file("household", "03104//0080001", "leistung", nil,
		member{first: "Nadija", last: "Šovkovenko", born: "1992-03-04", customer: "031D700001"})
	h.file("placement", "031D700001", "vermittlung", nil, member{same: "Nadija Šovkovenko"})
	h.file("twin a", "03104//0090001", "leistung", nil, member{first: "Lena", last: "Wolkenstein", born: "1995-05-05", customer: "031D800001"})
	h.file("twin b", "03104//0090302", "leistung", nil, member{first: "Lena", last: "Wolkenstein", born: "1995-05-05", customer: "031D800002"})
	h.file("mueller", "03104//0095001", "leistung", nil, member{first: "Hans", last: "Müller", born: "1975-03-12", customer: "031D900001", address: "Bahnhofstraße 5, 17033 Neustadt"})
	h.file("hans", "03104//0041999", "leistung", nil, member{first: "Hans", last: "Musterfeld", born: "1960-03-12", customer: "031D920009", address: "Ringstraße 77, 17033 Neustadt"})
	h.file("court", "S 11 AS 409/26 ER", "klage", nil, member{first: "Ansgar", last: "Silberstrauß", born: "1966-06-06"})
	h.file("renumbered", "03104//0099002", "leistung", func(f *record.File) {
		f.Numbers = append(f.Numbers, record.DatedNumber{Number: "03104//0099001", To: "2023-01-01"})
	}, member{first: "Volker", last: "Märzenbecher", born: "1971-10-11", customer: "031D910001"})
	return h
}

// letter is a page of text whose words were all recognised with this confidence.
func letter(confidence float32, text string) routing.Letter {
	p := routing.Page{Number: 1, Text: text, Words: record.PageWords{Width: 1000, Height: 1400}}
	at := 0
	for i, w := range strings.Fields(text) {
		start := at + strings.Index(text[at:], w)
		p.Words.Words = append(p.Words.Words, record.Word{Text: w, Raw: w, Confidence: confidence, X: 10 * i, Y: 20, W: 9, H: 9, Start: start, Len: len(w)})
		at = start + len(w)
	}
	return routing.Letter{Pages: []routing.Page{p}, Received: today}
}

func (h *house) decide(l routing.Letter) (record.Routing, []record.Clue) {
	h.Helper()
	var r record.Routing
	var clues []record.Clue
	if err := h.catalog.Read(context.Background(), func(tx *catalog.Tx) (err error) {
		r, clues, err = routing.Decide(tx, h.rules, 7, l)
		return err
	}); err != nil {
		h.Fatal(err)
	}
	return r, clues
}

// a case: what is on a letter, and where it goes. file "" is clearing.
type testCase struct {
	name   string
	letter routing.Letter
	file   string
	reason string
}

func coded(format, code string) routing.Letter {
	l := letter(90, "Sehr geehrte Damen und Herren,\nanbei die Unterlagen.")
	l.Pages[0].Words.Codes = []record.Code{{Format: format, Text: code, X: 1, Y: 2, W: 30, H: 30}}
	return l
}

func with(l routing.Letter, change func(*routing.Letter)) routing.Letter {
	change(&l)
	return l
}

func cases() []testCase {
	return []testCase{
		{"nothing", letter(90, "Sehr geehrte Damen und Herren,\nanbei erhalten Sie die Unterlagen."), "", "nothing"},
		{"empty", routing.Letter{}, "", "nothing"},
		{"number and name", letter(90, "BG-Nummer: 03104//0012345\nKatharina Musterfeld"), "muster", "number"},
		{"number and surname", letter(40, "03104//0012345 Frau Musterfeld"), "muster", "number"},
		{"number of another site's office digits", letter(90, "03105//0000777 Anna Birkenau-Weiß"), "weiss", "number"},
		{"written with BG", letter(90, "Zeichen 03104BG0012345 Musterfeld"), "muster", "number"},
		{"written with BG and spaces", letter(90, "Zeichen 03104 BG 0012345 Musterfeld"), "muster", "number"},
		{"broken over words", letter(90, "Zeichen 031 04//00 12345 Musterfeld"), "muster", "number"},
		{"broken over lines", letter(90, "Zeichen 03104//\n0012345 Musterfeld"), "muster", "number"},
		{"letters for digits", letter(90, "Zeichen O31O4//OOl2345 Musterfeld"), "muster", "number"},
		{"without strokes, called by its name", letter(90, "BG-Nummer 031040012345 Musterfeld"), "muster", "number"},
		{"customer number", letter(90, "Kundennummer 031D123457 Herr Musterfeld"), "muster", "number"},
		{"customer number, letter misread", letter(90, "Kundennummer: 0310123457 Herr Musterfeld"), "muster", "number"},
		{"customer number of a member agrees", letter(30, "03104//0012345, Kundennummer 031D123458"), "muster", "number"},
		{"number alone, read surely", letter(95, "Betreff: 03104//0012345 Heizkosten"), "muster", "number_only"},
		{"number alone, read badly", letter(60, "Betreff: 03104//0012345 Heizkosten"), "", "unsure"},
		{"sender who is no member", letter(95, "Hausverwaltung Kieselgrund GmbH\nBetreff: 03104//0012345"), "muster", "number_only"},
		{"misread into another file's number", letter(95, "03104//0012345 Sören Grünholz"), "", "near"},
		{"misread number, full name", letter(95, "03104//0012346 Katharina Musterfeld"), "muster", "repaired"},
		{"misread number, surname only", letter(95, "03104//0012346 Musterfeld"), "", "unknown"},
		{"misread number alone", letter(95, "Betreff 03104//0012346"), "", "unknown"},
		{"a digit lost, full name", letter(95, "BG 03104//001235 Katharina Musterfeld"), "muster", "repaired"},
		{"foreign number", letter(95, "03999//0012345 Erika Beispiel"), "", "foreign"},
		{"foreign number, our person", letter(95, "03999//7612345 Katharina Musterfeld, geb. 03.04.1985"), "muster", "birth"},
		{"two numbers of two files", letter(95, "03104//0012345 Katharina Musterfeld\n03104//0095001"), "", "conflict"},
		{"number against name and birth date", letter(95, "03104//0012345\nHans Müller, geb. 12.03.1975"), "", "conflict"},
		{"number against customer number", letter(95, "03104//0012345 Kundennummer 031D900001"), "", "conflict"},
		{"number of one file, full name of another alone", letter(95, "03104//0012345\nAnna Birkenau-Weiß\n"), "", "conflict"},
		{"closed, its number and its person", letter(95, "03104//0066666 Otto Dünenläufer"), "closed", "number"},
		{"closed, its number alone", letter(95, "Betreff 03104//0066666"), "", "closed"},
		{"closed, name and birth date", letter(95, "Otto Dünenläufer, geb. 02.01.1960"), "", "closed"},
		{"closed, but its person has another file", letter(95, "03104//0066667 Ole Quittenbaum"), "", "closed"},
		{"name and birth date, another address of another customer", letter(95, "Hans Müller\nBahnhofstraße 5\n17033 Neustadt\nKatharina Musterfeld, geb. 03.04.1985"), "", "conflict"},
		{"name and address, birth date misread", letter(95, "Hans Müller\nBahnhofstraße 5\n17033 Neustadt\nHans Müller, geb. 12.08.1975"), "mueller", "birth_slip"},
		{"name and address, birth date unreadable", letter(95, "Hans Müller\nBahnhofstraße 5\n17033 Neustadt\nHans Müller, geb. 12.03.l97x"), "mueller", "birth_slip"},
		{"name and address, another birth date", letter(95, "Hans Müller\nBahnhofstraße 5\n17033 Neustadt\nHans Müller, geb. 28.10.1999"), "", "name"},
		{"name and birth date, and somebody of nowhere with one", letter(95, "Katharina Musterfeld, geb. 03.04.1985\nErika Nirgends, geb. 01.01.1991"), "", "people"},
		{"number and name, and somebody of nowhere with a birth date", letter(95, "03104//0012345 Katharina Musterfeld\nErika Nirgends, geb. 01.01.1991"), "muster", "number"},
		{"number and name, another customer's birth date misread", letter(95, "03104//0012345 Katharina Musterfeld\nHans Müller, geb. 12.08.1975"), "", "conflict"},
		{"number and name, another's number hardly readable", letter(95, "03104//0012345 Katharina Musterfeld\nauch für 03:04//0095O0l"), "", "near"},
		{"name and birth date, then another whose date is no day", letter(95, "Name: Musterfeld Vorname: Katharina Geburtsdatum: 03.04.1985\nMüller, Hans, geb. 12.0391975"), "", "people"},
		{"number and name, another's number with a wrong office digit", letter(95, "03104//0012345 Katharina Musterfeld\n08104//0095001"), "", "near"},
		{"number and name, another customer's birth date one slip away, on one line", letter(95, "03104//0012345\nKatharina Musterfeld, Hans Müller, geb. 12.08.1975"), "", "conflict"},
		{"number and name, another of that surname with a birth date", letter(95, "03104//0012345\nKatharina Musterfeld\nHans Musterfeld, geb. 12.08.1960"), "", "conflict"},
		{"number and name, a birth date of nobody's name that is no day", letter(95, "03104//0012345 Katharina Musterfeld\nWir teilen mit:\nGeburtsdatum 12.9391975"), "", "people"},
		{"number and name, her own birth date that is no day", letter(95, "03104//0012345\nKatharina Musterfeld, geb. 93.94.1985"), "muster", "number"},
		{"number and an address without a name, read badly", letter(60, "03104//0012345\nLindenstraße 12"), "", "unsure"},
		{"number borne earlier, name", letter(95, "03104//0099001 Volker Märzenbecher"), "renumbered", "number"},
		{"objection", letter(95, "Aktenzeichen W-03104-00123/26, Ole Quittenbaum"), "objection", "number"},
		{"court", letter(95, "In dem Rechtsstreit S 11 AS 409/26 ER\nSilberstrauß ./. Jobcenter"), "court", "number"},
		{"name and birth date", letter(90, "Katharina Musterfeld, geboren am 03.04.1985"), "muster", "birth"},
		{"in a form", letter(90, "Name, Vorname\nMusterfeld, Katharina\nGeburtsdatum\n03.04.1985"), "muster", "birth"},
		{"fields apart", letter(90, "Familienname: Musterfeld\nVorname: Katharina\ngeb. am: 3. April 1985"), "muster", "birth"},
		{"swapped", letter(90, "Musterfeld Katharina geb. 3.4.85"), "muster", "birth"},
		{"misspelled", letter(90, "Katarina Mustefeld, geb. 03.04.1985"), "muster", "birth"},
		{"umlaut lost", letter(90, "Soren Grunholz, geb. 28.02.1990"), "gruen", "birth"},
		{"umlaut written out", letter(90, "Soeren Gruenholz, geb. 28.02.1990"), "gruen", "birth"},
		{"former name", letter(90, "Katharina Apfelkamp, geb. 03.04.1985"), "muster", "birth"},
		{"half a double name", letter(90, "Anna Weiß, geb. 01.12.1979"), "weiss", "birth"},
		{"ß read as B", letter(90, "Anna Birkenau-WeiB, geb. 01.12.1979"), "weiss", "birth"},
		{"divided at the line's end", letter(90, "Katharina Muster-\nfeld, geb. 03.04.1985"), "muster", "birth"},
		{"other script's marks", letter(90, "Nadija Sovkovenko, geb. 04.03.1992, BG 03104//0080001"), "household", "number"},
		{"a child", letter(90, "Betreff: Mia Musterfeld, geb. 06.05.2019"), "muster", "birth"},
		{"a child's birth date as a day of the letter", letter(90, "Mia Musterfeld hat am Mittwoch und auch am 06.05.2019 und dann noch einmal am 08.06.2019 gefehlt, weil die Frau Lehrerin sagt"), "", "name"},
		{"day of the letter far from a name", letter(90, "Hans Müller\nBahnhofstraße 5\n17033 Neustadt\n\nNeustadt, am Montag, Ihr Schreiben, unser Zeichen, und so weiter bis hin zu dem Tag an dem der Vertrag über die Wohnung geschlossen wurde, nämlich genau am 12.03.1975 wie vereinbart"), "", "name"},
		{"twins of two files", letter(90, "Lena Wolkenstein, geb. 05.05.1995"), "", "several"},
		{"twins, with a number", letter(90, "Lena Wolkenstein, geb. 05.05.1995, 031D800002"), "twin b", "number"},
		{"a person's household and placement", letter(90, "Nadija Šovkovenko, geb. 04.03.1992"), "", "several"},
		{"a number that one of two files bears itself", letter(90, "Nadija Šovkovenko, Kundennummer 031D700001"), "placement", "number"},
		{"who has left for another household", letter(90, "Paul Kupferbach, geb. 17.07.1987"), "split new", "birth"},
		{"who has left, with the old number", letter(90, "03104//0070001 Paul Kupferbach, geb. 17.07.1987"), "", "former"},
		{"who has left, the old number, and who is still there", letter(90, "03104//0070001 Rita Kupferbach, Paul Kupferbach"), "split old", "number"},
		{"name only", letter(90, "Katharina Musterfeld\nLindenstraße 12\n17033 Neustadt"), "", "name"},
		{"birth date only", letter(90, "geb. 03.04.1985"), "", "nothing"},
		{"surname and birth date", letter(90, "Frau Musterfeld, geb. 03.04.1985"), "", "unsure"},
		{"a trade is no name", letter(90, "Ein Müller mahlt Korn. Hans ist sein Gehilfe. 12.03.1975 war ein Mittwoch."), "", "nothing"},
		{"two people of two files", letter(90, "Katharina Musterfeld, geb. 03.04.1985\nHans Müller, geb. 12.03.1975"), "", "conflict"},
		{"two people of one file", letter(90, "Katharina Musterfeld, geb. 03.04.1985\nJürgen Musterfeld, geb. 19.11.1983"), "muster", "birth"},
		{"restricted, by its number", letter(95, "03104//0055555 Beate Zaunkönig"), "restricted", "number"},
		{"code", coded("code128", "03104//0012345"), "muster", "code"},
		{"code with more", coded("qr", "BCD\n002\n1\nSCT\n\nWohnbau\nDE00\nEUR10\n\n\nNK 03104//0012345"), "muster", "code"},
		{"code of nobody", coded("code128", "JJD000390007820"), "", "nothing"},
		{"code against print", with(letter(95, "03104//0012345 Katharina Musterfeld"), func(l *routing.Letter) {
			l.Pages[0].Words.Codes = []record.Code{{Format: "code128", Text: "03104//0095001"}}
		}), "", "conflict"},
		{"manifest", with(letter(90, "ohne Nummer"), func(l *routing.Letter) { l.Manifest = []string{"03104//0012345"} }), "muster", "code"},
		{"manifest, surname, and another customer with address", with(letter(90, "Frau Musterfeld\nHans Müller\nBahnhofstraße 5\n17033 Neustadt"), func(l *routing.Letter) { l.Manifest = []string{"03104//0012345"} }), "", "conflict"},
		{"manifest, street, and another customer with address", with(letter(90, "Lindenstraße 12\nHans Müller\nBahnhofstraße 5\n17033 Neustadt"), func(l *routing.Letter) { l.Manifest = []string{"03104//0012345"} }), "", "conflict"},
		{"manifest, surname", with(letter(90, "Frau Musterfeld"), func(l *routing.Letter) { l.Manifest = []string{"03104//0012345"} }), "muster", "code"},
		{"sheet", with(letter(90, "ohne Nummer"), func(l *routing.Letter) { l.Sheet = "03104//0012345" }), "muster", "code"},
		{"given", with(letter(90, "ohne Nummer"), func(l *routing.Letter) { l.Given = []string{"031D123456"} }), "muster", "code"},
		{"mail's sender", with(letter(90, "Anbei. BG 03104//0012345"), func(l *routing.Letter) { l.From = "Katharina Musterfeld <k@example.org>" }), "muster", "number"},
	}
}

func TestDecide(t *testing.T) {
	for name, open := range map[string]catalogtest.Opener{"sqlite": catalogtest.SQLite, "postgres": nil} {
		t.Run(name, func(t *testing.T) {
			if open == nil {
				open = catalogtest.StartPostgres(t).Open
			}
			h := standard(t, open)
			for _, c := range cases() {
				r, _ := h.decide(c.letter)
				if got := h.names[r.File]; got != c.file || r.Reason != c.reason {
					t.Errorf("%s: %q %q, want %q %q\n%s", c.name, got, r.Reason, c.file, c.reason, h.told(r))
				}
				h.sound(c.name, r)
			}
		})
	}
}

// told is a decision in words.
func (h *house) told(r record.Routing) string {
	var b strings.Builder
	for _, e := range r.Evidence {
		fmt.Fprintf(&b, "\t%s %q as %q for %q (%v)\n", e.Kind, e.Text, e.Value, h.names[e.File], e.Weight)
	}
	for _, c := range r.Candidates {
		fmt.Fprintf(&b, "\t? %s %.2f\n", h.names[c.File], c.Confidence)
	}
	return b.String()
}

// sound holds a decision to what every decision has.
func (h *house) sound(name string, r record.Routing) {
	h.Helper()
	filed := r.Outcome == record.OutcomeFiled
	if filed != (r.File != "") || !filed && r.Outcome != record.OutcomeClearing || r.Rules != 7 || r.Confidence < 0 || r.Confidence > 1 || len(r.Candidates) > 5 {
		h.Errorf("%s: %+v", name, r)
	}
	if filed && (len(r.Candidates) == 0 || r.Candidates[0].File != r.File || len(r.Candidates[0].Evidence) == 0) {
		h.Errorf("%s: filed without evidence: %+v", name, r)
	}
	for _, c := range r.Candidates {
		if slices.ContainsFunc(c.Evidence, func(i int) bool { return i < 0 || i >= len(r.Evidence) || r.Evidence[i].File != c.File }) {
			h.Errorf("%s: candidate's evidence: %+v", name, c)
		}
	}
}

func (h *house) slip(code, file string) {
	h.Helper()
	h.write(func(tx *catalog.Tx) error {
		return tx.InsertSlip(catalog.Slip{Code: code, File: h.files[file], MadeBy: "system"})
	})
}
