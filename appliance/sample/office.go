package sample

import (
	"strings"
	"time"

	"eakte/appliance/record"
)

// Today is the day sample data is seen from unless another one is given.
const Today = "2026-11-20"

// Jobcenter makes the jobcenter of a seed with so many files (fifty are
// small, three hundred usual). The first file is always the one of Showcase,
// the second one of Canaries.
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
		o.Files = append(o.Files, p.file(i, today))
	}
	return o
}

// MissingHands names the Debian packages without which people write in italics.
func (o *Office) MissingHands() []string { return o.fonts.MissingHands() }

// UseFonts takes the typefaces from another folder, "" for the built-in ones.
func (o *Office) UseFonts(dir string) { o.fonts = LoadFonts(dir) }

func sites() []record.Site {
	team := func(code, name, letters string) record.Team {
		return record.Team{Code: code, Name: name, FirstLetters: letters}
	}
	return []record.Site{
		{Code: "03104", Name: "Neustadt", Postcodes: []string{"17033", "17034"}, Teams: []record.Team{team("L1", "Leistung 1", "A-K"), team("L2", "Leistung 2", "L-Z")}},
		{Code: "03107", Name: "Altenfurt", Postcodes: []string{"17089", "17091"}, Teams: []record.Team{team("L1", "Leistung 1", "A-M"), team("L2", "Leistung 2", "N-Z")}},
		{Code: "03110", Name: "Hagenried", Postcodes: []string{"17095", "17097"}, Teams: []record.Team{team("L1", "Leistung 1", "A-L"), team("L2", "Leistung 2", "M-Z")}},
	}
}

// users gives somebody for every role: one or two caseworkers for every team,
// a team lead for each or for the two of a site, the others for a site or more.
func users() []User {
	at := func(role string, places ...string) []record.RoleAt {
		var out []record.RoleAt
		for _, p := range places {
			site, team, _ := strings.Cut(p, " ")
			out = append(out, record.RoleAt{Role: role, Site: site, Team: team})
		}
		return out
	}
	worker := func(name, display, place string) User {
		return User{Name: name, Display: display, Roles: at(record.RoleCaseworker, place)}
	}
	return []User{
		worker("k.sommer", "Katrin Sommer", "03104 L1"),
		worker("j.winter", "Jens Winter", "03104 L1"),
		worker("m.herbst", "Miriam Herbst", "03104 L2"),
		worker("d.lenz", "Deniz Lenz", "03104 L2"),
		worker("a.regen", "Aleksandra Regen", "03107 L1"),
		worker("p.wolke", "Peter Wolke", "03107 L1"),
		worker("s.sturm", "Sönke Sturm", "03107 L2"),
		worker("t.nebel", "Thu Nebel", "03107 L2"),
		worker("y.hagel", "Yasemin Hagel", "03110 L1"),
		worker(canaryUser, canaryDisplay, "03110 L2"),
		{Name: "b.berg", Display: "Birgit Berg", Roles: at(record.RoleTeamlead, "03104 L1")},
		{Name: "f.tal", Display: "Frank Tal", Roles: at(record.RoleTeamlead, "03104 L2")},
		{Name: "g.bach", Display: "Gülay Bach", Roles: at(record.RoleTeamlead, "03107 L1", "03107 L2")},
		{Name: "x.frost", Display: "Xaver Frost", Roles: at(record.RoleTeamlead, "03110 L1", "03110 L2")},
		{Name: "e.tor", Display: "Elke Tor", Roles: at(record.RoleReception, "03104")},
		{Name: "u.pforte", Display: "Uwe Pforte", Roles: at(record.RoleReception, "03107", "03110")},
		{Name: "c.klar", Display: "Claudia Klar", Roles: at(record.RoleClearing, "03104")},
		{Name: "o.licht", Display: "Olaf Licht", Roles: at(record.RoleClearing, "03107", "03110")},
		{Name: "r.ordner", Display: "Rita Ordner", Roles: at(record.RoleRecords, "03104")},
		{Name: "w.regal", Display: "Wilhelm Regal", Roles: at(record.RoleRecords, "03107", "03110")},
		{Name: "n.schloss", Display: "Nadine Schloß", Roles: at(record.RoleSiteadmin, "03104")},
		{Name: "i.riegel", Display: "Ingo Riegel", Roles: at(record.RoleSiteadmin, "03107", "03110")},
		{Name: "q.pruefer", Display: "Quentin Prüfer", Roles: at(record.RoleAuditor, "03104")},
		{Name: "v.schutz", Display: "Vera Schutz", Roles: at(record.RoleDPO, "03104", "03107", "03110")},
		{Name: "sdn", Display: "Scandienst Nord", Roles: at(record.RoleScan, "03104", "03107", "03110")},
		{Name: "fachverfahren", Display: "Fachverfahren Leistung", Roles: at(record.RoleIntegration, "03104", "03107", "03110")},
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
