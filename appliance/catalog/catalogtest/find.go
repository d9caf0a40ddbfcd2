package catalogtest

import (
	"fmt"
	"slices"
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

func everything() []catalog.Clause {
	return []catalog.Clause{{Sites: []string{"*"}, MaxSensitivity: record.SensitivityRestricted}}
}

// finds searches as u and gives the numbers of the files found, the best first.
func (s *suite) finds(u record.UserID, q catalog.FindQuery, clauses ...catalog.Clause) []string {
	s.Helper()
	if clauses == nil {
		clauses = everything()
	}
	found := get(s, func(tx *catalog.Tx) (catalog.Found, error) { return tx.FindFiles(u, clauses, q) })
	var out []string
	for _, f := range found.Files {
		out = append(out, f.Number())
	}
	return out
}

// findWhy checks what each part of a query is said to have been taken for.
func (s *suite) findWhy() {
	u := s.user("u")
	p := s.person("Anna", "Müller", "1985-04-03", "031D123456")
	f := s.file(newFile(number(12345), "03104", "L1", p))
	for text, want := range map[string][]catalog.Match{
		"Müller Anna": {{Term: "mueller", Kind: catalog.MatchName, Value: "mueller"}, {Term: "anna", Kind: catalog.MatchName, Value: "anna"}},
		"Muller":      {{Term: "muller", Kind: catalog.MatchName, How: catalog.HowFolded, Value: "mueller"}},
		"Mühler":      {{Term: "muehler", Kind: catalog.MatchName, How: catalog.HowTypo, Value: "mueller"}},
		"Müll":        {{Term: "muell", Kind: catalog.MatchName, How: catalog.HowBegins, Value: "mueller"}},
		"Miller":      {{Term: "miller", Kind: catalog.MatchName, How: catalog.HowSounds, Value: "mueller"}},
		"3.4.85":      {{Term: "3.4.85", Kind: catalog.MatchBirth, Value: "1985-04-03"}},
		"12345":       {{Term: "12345", Kind: catalog.MatchTail, Value: "12345"}},
		"031D123456":  {{Term: "031d123456", Kind: catalog.MatchNumber, Value: "031d123456"}},
		"031D 123465 Müller": {{Term: "031d123465", Kind: catalog.MatchNumber, How: catalog.HowTypo, Value: "031d123456"},
			{Term: "mueller", Kind: catalog.MatchName, Value: "mueller"}},
	} {
		found := get(s, func(tx *catalog.Tx) (catalog.Found, error) {
			return tx.FindFiles(u, everything(), catalog.FindQuery{Text: text})
		})
		got := found.Why[f.ID]
		for i := range got {
			got[i].Term, got[i].Value = strings.ToLower(got[i].Term), strings.ToLower(got[i].Value)
		}
		if !slices.Equal(got, want) {
			s.Errorf("%q: %+v, want %+v", text, got, want)
		}
	}
}

func (s *suite) findNames() {
	u := s.user("u")
	people := []record.Person{
		s.person("Anna", "Müller", "1985-04-03", "031D123456"),
		s.person("Hans-Peter", "Meier", "1970-12-24", ""),
		s.person("Józef", "Kowalski", "1990-01-31", ""),
		s.person("Ayşe", "Yılmaz-Öztürk", "1979-06-15", ""),
		s.person("Maria", "Schmidt", "1985-04-03", ""),
		s.person("Seán", "O'Neill", "2001-02-28", ""),
	}
	numbers := map[string]string{}
	for i, p := range people {
		n := number(i + 1)
		numbers[p.Names[0].Name] = n
		s.file(newFile(n, "03104", "L1", p))
	}
	for _, c := range []struct {
		text string
		want string // the first one found; "" = none at all
	}{
		{"Müller", "Müller"}, {"mueller", "Müller"}, {"Muller", "Müller"}, {"Müler", "Müller"}, {"Mülller", "Müller"}, {"MÜLLER, Anna", "Müller"},
		{"Anna Mülelr", "Müller"}, {"Müll", "Müller"}, {"Anna", "Müller"}, {"Müler 3.4.1985", "Müller"}, {"1985-04-03 Müller", "Müller"}, {"Mü\u0308ller", "Müller"},
		{"03.04.85 Schmitt", "Schmidt"}, {"Müller 4.4.1985", ""}, {"31.02.1985", ""}, {"Müller Berta", ""},
		{"Maier", "Meier"}, {"Meyer", "Meier"}, {"Mayr Hans", "Meier"}, {"Hans Peter Meier", "Meier"},
		{"Kowalsky", "Kowalski"}, {"Kovalski", "Kowalski"}, {"Josef Kowalski", "Kowalski"}, {"Kowa", "Kowalski"}, {"Kwalskki", "Kowalski"},
		{"Yilmaz", "Yılmaz-Öztürk"}, {"Oeztuerk", "Yılmaz-Öztürk"}, {"Ozturk", "Yılmaz-Öztürk"}, {"yilmaz öztürk ayse", "Yılmaz-Öztürk"},
		{"ONeill", "O'Neill"}, {"O’Neil", "O'Neill"},
		{"Szymanowski", ""}, {"x", ""},
	} {
		got := s.finds(u, catalog.FindQuery{Text: c.text})
		switch {
		case c.want == "" && len(got) > 0:
			s.Errorf("%q finds %v, want nothing", c.text, got)
		case c.want != "" && (len(got) == 0 || got[0] != numbers[c.want]):
			s.Errorf("%q finds %v, want %s first", c.text, got, numbers[c.want])
		}
	}
	if got := s.finds(u, catalog.FindQuery{Names: []string{"Schmid"}, BirthDate: "1985-04-03"}); len(got) != 1 || got[0] != number(5) {
		s.Errorf("name and birth date: %v", got)
	}
	if got := s.finds(u, catalog.FindQuery{BirthDate: "1985-04-03"}); len(got) != 2 {
		s.Errorf("birth date: %v", got)
	}
	if got := s.finds(u, catalog.FindQuery{Text: " ,. "}); got != nil {
		s.Errorf("nothing to look for finds %v", got)
	}
	// Who is written so comes before who is written nearly so.
	s.file(newFile(number(10), "03104", "L1", s.person("Ina", "Mueler", "", "")))
	s.file(newFile(number(11), "03104", "L1", s.person("Ina", "Müllert", "", "")))
	if got := s.finds(u, catalog.FindQuery{Text: "Müller"}); !slices.Equal(got, []string{number(1), number(11), number(10)}) {
		s.Errorf("order of the near: %v", got)
	}
}

func (s *suite) findNumbers() {
	u := s.user("u")
	s.file(newFile("03104//0012345", "03104", "L1", s.person("Anna", "Müller", "1985-04-03", "031D123456")))
	s.file(newFile("03104//0999888", "03104", "L1"))
	s.file(newFile("W-03104-00123/26", "03104", "L1"))
	for _, c := range []struct{ text, want string }{
		{"03104//0012345", "03104//0012345"}, {"03104BG0012345", "03104//0012345"}, {"03104 BG 0012345", "03104//0012345"},
		{"03104 / 0012345", "03104//0012345"}, {"031040012345", "03104//0012345"}, {"O31O4//OO12345", "03104//0012345"},
		{"03104//0012354", "03104//0012345"}, {"03104//0012346", "03104//0012345"}, {"12345", "03104//0012345"}, {"0012345", "03104//0012345"},
		{"031D123456", "03104//0012345"}, {"031 d 123456", "03104//0012345"}, {"O31D123456", "03104//0012345"}, {"031D123465", "03104//0012345"},
		{"Müller 03104//0012345", "03104//0012345"}, {"Meier 03104//0012345", ""}, {"999888", "03104//0999888"}, {"777777", ""},
	} {
		got := s.finds(u, catalog.FindQuery{Text: c.text})
		if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || got[0] != c.want) {
			s.Errorf("%q finds %v, want %q", c.text, got, c.want)
		}
	}
	for _, n := range []string{"03104 0012345", "031D123456", "w 03104 00123 26"} {
		if got := s.finds(u, catalog.FindQuery{Number: n}); len(got) != 1 {
			s.Errorf("number %q finds %v", n, got)
		}
	}
}

func (s *suite) findRights() {
	u := s.user("u")
	p := s.person("Anna", "Müller", "", "")
	f := s.file(newFile(number(1), "03104", "L1", p))
	s.file(newFile(number(2), "03101", "L1", p))
	q := catalog.FindQuery{Text: "Müller"}
	if got := s.finds(u, q, catalog.Clause{Sites: []string{"03104"}, MaxSensitivity: 1}); len(got) != 1 || got[0] != number(1) {
		s.Errorf("at one site: %v", got)
	}
	if got := s.finds(u, q, catalog.Clause{}); got != nil {
		s.Errorf("with no rights: %v", got)
	}
	if got := s.finds("nobody", q); got != nil {
		s.Errorf("as nobody: %v", got)
	}
	s.write(func(tx *catalog.Tx) error { return tx.PutDenial(catalog.Grant{File: f.ID, User: u}) })
	if got := s.finds(u, q); len(got) != 1 || got[0] != number(2) {
		s.Errorf("denied: %v", got)
	}
}

func (s *suite) findPages() {
	u := s.user("u")
	p := s.person("Anna", "Müller", "", "")
	for i := range 25 {
		s.file(newFile(number(i), "03104", "L1", p))
	}
	seen := map[string]bool{}
	q := catalog.FindQuery{Text: "Müller", Limit: 10}
	for pages := 1; ; pages++ {
		found := get(s, func(tx *catalog.Tx) (catalog.Found, error) { return tx.FindFiles(u, everything(), q) })
		for _, f := range found.Files {
			seen[f.Number()] = true
		}
		if found.Next == "" {
			if pages != 3 || found.More {
				s.Errorf("%d pages, more %v", pages, found.More)
			}
			break
		}
		q.Cursor = found.Next
	}
	if len(seen) != 25 {
		s.Errorf("%d files on all pages", len(seen))
	}
	for _, c := range []string{"x", "%", "LTE", fmt.Sprint(5)} {
		err := fails(s, func(tx *catalog.Tx) (catalog.Found, error) {
			return tx.FindFiles(u, everything(), catalog.FindQuery{Text: "x", Cursor: c})
		})
		s.is(err, record.Invalid)
	}
}

// findForgets changes by what a file is found, and looks for the old.
func (s *suite) findForgets() {
	u := s.user("u")
	p := s.person("Anna", "Müller", "1985-04-03", "031D123456")
	f := s.file(newFile(number(1), "03104", "L1", p))
	none := func(text string) {
		s.Helper()
		if got := s.finds(u, catalog.FindQuery{Text: text}); got != nil {
			s.Errorf("%q still finds %v", text, got)
		}
	}
	p.Names[0].Name, p.BirthDate, p.CustomerNumber = "Schulze", "1985-04-04", ""
	s.write(func(tx *catalog.Tx) error { return tx.PutPerson(p) })
	for _, text := range []string{"Müller", "Müler", "3.4.1985", "031D123456"} {
		none(text)
	}
	if got := s.finds(u, catalog.FindQuery{Text: "Anna Schulz 4.4.1985"}); len(got) != 1 {
		s.Errorf("the new name finds %v", got)
	}
	f.Members, f.Numbers = nil, []record.DatedNumber{{Number: number(777)}}
	s.write(func(tx *catalog.Tx) error { return tx.UpdateFile(f) })
	none("Schulze")
	none("Anna")
	if got := s.finds(u, catalog.FindQuery{Text: number(777)}); len(got) != 1 {
		s.Errorf("the new number finds %v", got)
	}
}
