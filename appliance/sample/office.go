package sample

import (
	"time"

	"eakte/appliance/record"
)

// Today is the day sample data is seen from unless another one is given.
const Today = "2026-11-20"

// Jobcenter makes the jobcenter of a seed with so many files (fifty are
// usual). The first file is always the one of Showcase.
func Jobcenter(seed uint64, files int) *Office {
	day, err := time.Parse(isoDate, Today)
	if err != nil {
		panic(err) // a constant
	}
	return JobcenterAt(seed, files, day)
}

// JobcenterAt is Jobcenter seen from another day: letters are of the two years
// before it.
func JobcenterAt(seed uint64, files int, today time.Time) *Office {
	today = time.Date(today.Year(), today.Month(), today.Day(), 0, 0, 0, 0, time.UTC)
	o := &Office{Name: "Jobcenter Musterkreis", Today: today.Format(isoDate), Sites: sites(), Users: users(),
		Retention: []record.RetentionClass{
			{Class: "leistung", Years: 10, From: "end_of_year_of_closing"},
			{Class: "vermittlung", Years: 5, From: "end_of_year_of_closing"},
		},
		Providers: []Provider{{Name: "Scandienst Nord", User: "sdn"}},
		seed:      seed, fonts: LoadFonts(FontDir)}
	p := &people{dice: newDice(seed, "people"), office: o, taken: map[string]bool{}}
	for i := range files {
		if i == 0 {
			o.Files = append(o.Files, p.showcaseFamily())
			continue
		}
		f := p.household(i, today)
		switch i {
		case 7, 19:
			f.Sensitivity = record.SensitivityRaised
		case 13:
			f.Sensitivity = record.SensitivityRestricted
		}
		o.Files = append(o.Files, f)
	}
	return o
}

// UseFonts takes the typefaces from another folder, "" for the built-in ones.
func (o *Office) UseFonts(dir string) { o.fonts = LoadFonts(dir) }

func sites() []record.Site {
	return []record.Site{
		{Code: "03104", Name: "Neustadt", Postcodes: []string{"17033", "17034"}, Teams: []record.Team{
			{Code: "L1", Name: "Leistung 1", FirstLetters: "A-K"}, {Code: "L2", Name: "Leistung 2", FirstLetters: "L-Z"}}},
		{Code: "03107", Name: "Altenfurt", Postcodes: []string{"17089", "17091"}, Teams: []record.Team{
			{Code: "L1", Name: "Leistung 1", FirstLetters: "A-M"}, {Code: "L2", Name: "Leistung 2", FirstLetters: "N-Z"}}},
	}
}

// users gives somebody for every role; two caseworkers and a team lead for
// every team, the others for a site or for both.
func users() []User {
	at := func(role, site, team string) record.RoleAt { return record.RoleAt{Role: role, Site: site, Team: team} }
	both := func(role string) []record.RoleAt {
		return []record.RoleAt{at(role, "03104", ""), at(role, "03107", "")}
	}
	one := func(name, display, role, site, team string) User {
		return User{Name: name, Display: display, Roles: []record.RoleAt{at(role, site, team)}}
	}
	return []User{
		one("k.sommer", "Katrin Sommer", record.RoleCaseworker, "03104", "L1"),
		one("j.winter", "Jens Winter", record.RoleCaseworker, "03104", "L1"),
		one("m.herbst", "Miriam Herbst", record.RoleCaseworker, "03104", "L2"),
		one("d.lenz", "Deniz Lenz", record.RoleCaseworker, "03104", "L2"),
		one("a.regen", "Aleksandra Regen", record.RoleCaseworker, "03107", "L1"),
		one("p.wolke", "Peter Wolke", record.RoleCaseworker, "03107", "L1"),
		one("s.sturm", "Sönke Sturm", record.RoleCaseworker, "03107", "L2"),
		one("t.nebel", "Thu Nebel", record.RoleCaseworker, "03107", "L2"),
		one("b.berg", "Birgit Berg", record.RoleTeamlead, "03104", "L1"),
		one("f.tal", "Frank Tal", record.RoleTeamlead, "03104", "L2"),
		one("g.bach", "Gülay Bach", record.RoleTeamlead, "03107", "L1"),
		one("h.moor", "Hanno Moor", record.RoleTeamlead, "03107", "L2"),
		one("e.tor", "Elke Tor", record.RoleReception, "03104", ""),
		one("u.pforte", "Uwe Pforte", record.RoleReception, "03107", ""),
		one("c.klar", "Claudia Klar", record.RoleClearing, "03104", ""),
		one("o.licht", "Olaf Licht", record.RoleClearing, "03107", ""),
		one("r.ordner", "Rita Ordner", record.RoleRecords, "03104", ""),
		one("w.regal", "Wilhelm Regal", record.RoleRecords, "03107", ""),
		one("n.schloss", "Nadine Schloß", record.RoleSiteadmin, "03104", ""),
		one("i.riegel", "Ingo Riegel", record.RoleSiteadmin, "03107", ""),
		one("q.pruefer", "Quentin Prüfer", record.RoleAuditor, "03104", ""),
		{Name: "v.schutz", Display: "Vera Schutz", Roles: both(record.RoleDPO)},
		{Name: "sdn", Display: "Scandienst Nord", Roles: both(record.RoleScan)},
		{Name: "fachverfahren", Display: "Fachverfahren Leistung", Roles: both(record.RoleIntegration)},
	}
}

// display gives a user's full name.
func (o *Office) display(name string) string {
	for _, u := range o.Users {
		if u.Name == name {
			return u.Display
		}
	}
	return name
}

// site gives the site of that code.
func (o *Office) site(code string) record.Site {
	for _, s := range o.Sites {
		if s.Code == code {
			return s
		}
	}
	return record.Site{}
}
