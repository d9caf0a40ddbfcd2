package sample

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"eakte/appliance/record"
)

// Office is a small jobcenter with its users and files. As JSON it is what setup
// takes, but for passwords and recovery.
type Office struct {
	Name      string                  `json:"name"`
	Today     string                  `json:"-"` // YYYY-MM-DD, the day its letters are seen from
	Sites     []record.Site           `json:"sites"`
	Users     []User                  `json:"users"`
	Retention []record.RetentionClass `json:"retention"`
	Providers []Provider              `json:"providers"`
	Files     []File                  `json:"-"`

	seed  uint64
	fonts *Fonts
}

// User is someone who works there.
type User struct {
	Name    string          `json:"name"`
	Display string          `json:"display"`
	Roles   []record.RoleAt `json:"roles"`
}

// Provider is a scan service provider and the user it delivers as.
type Provider struct {
	Name string `json:"name"`
	User string `json:"user"`
}

// File is a household's file as POST /files takes it. Responsible is a user's
// sign-in name.
type File struct {
	Number         string             `json:"number"`
	Kind           string             `json:"kind"`
	Site           string             `json:"site"`
	Team           string             `json:"team"`
	Responsible    string             `json:"responsible"`
	RetentionClass string             `json:"retention_class"`
	Sensitivity    record.Sensitivity `json:"sensitivity"`
	Members        []Member           `json:"members"`
	Named          []string           `json:"-"` // sign-in names it is opened to one by one
}

// Member is a person of a household; the first one is the applicant.
type Member struct {
	Name           string `json:"name"`
	FirstName      string `json:"first_name"`
	BirthDate      string `json:"birth_date"`
	CustomerNumber string `json:"customer_number"`
	Address        string `json:"address"`
	Role           string `json:"role"` // applicant, partner, child
	From           string `json:"from"`
	To             string `json:"to"`

	woman bool
}

// Full is the name as it is spoken: first name first.
func (m Member) Full() string { return m.FirstName + " " + m.Name }

// culture is a stock of names. Men and women, then surnames with their
// feminine form behind a slash where the language has one.
type culture struct{ women, men, names []string }

// cultures give invented families; spellings are those of DIN 91379, the
// letters every German authority has to be able to keep.
func cultures() []culture {
	words := strings.Fields
	german := culture{
		words("Katharina Sabine Jana Heike Lea Ronja Mareike Friederike Sigrid Anneliese Jördis Käthe Ulrike Wiebke Gesine Tabea Frauke Antje Greta Mathilda Rosalie Hannelore Birte Swantje"),
		words("Jürgen Matthias Sören Karl-Heinz Björn Tobias Rüdiger Henning Torsten Günther Lukas Götz Eckhard Detlef Malte Jannik Volker Hartmut Kasimir Leopold Ansgar Fiete Ole Dietmar"),
		words("Musterfeld Apfelkamp Birkenau-Weiß Eulenspötter Zuckerhuth Quittenbaum Rübenkönig Osterglöckner Märzenbecher Vogelsänger Jasminowsky Irrlichter Dünenläufer Wolkenstein Kupferbach Grünholz Königssee Straußberg Löwenzahn Mühlenfließ Preiselbeer Heidelänge Öhrenmacher Silberstrauß Uhlenbüttel Zwiebelfeld Nebelhör Fährmannsdorf Brösicke-Tann Ackerschott Amselfuß Bachstelzer Binsenweg Dornrain Ebereschner Espenlaub Farnwald Federling Ginsterberg Haselrain Himbeersee Holunderich Kieselbach Krähenwinkel Lerchensporn Mohnkamp Moosgrund Nesselrode-Kamp Pappelhain Quellmoor Rosenrot Sauerampfer Schilfrohrer Seidelbast Tannenzapf Torfstich Ulmenhof Wacholder Weidenkätz Zaunkönig"),
	}
	return []culture{german, german, german, german,
		{words("Ayşe Gülşah Çiğdem Şükran İpek"), words("Oğuzhan Çağlar İbrahim Şahin Göktuğ"), words("Yıldızoğlu Çınarlı Gündoğdu Taşköprülü Işıklar Ağaçdelen Kızılırmaklı")},
		{words("Małgorzata Bożena Świętosława Łucja"), words("Paweł Zdzisław Łukasz Michał"), words("Wiśniewoda Łąkowicz Żółtowski/Żółtowska Zielonkowski/Zielonkowska Brzozowiec")},
		{words("Oksana Nadija Jevhenija Ljudmyla"), words("Oleksandr Mykola Serhij Andrij"), words("Šovkovenko Kovaljčuk Žytnyk Zorjančenko")},
		{words("Fāṭima Maryam Zaynab Ḥanān"), words("Yūsuf Ḥusayn ʿUmar Khālid"), words("al-Ḥamdānī Bin-Ṣāliḥ ʿAbdallāh aṭ-Ṭayyib an-Nahrī")},
		{[]string{"Thị Hồng", "Thị Mai", "Ngọc Ánh", "Bích Thủy", "Kim Liên"}, []string{"Văn Đức", "Minh Tuấn", "Quốc Bảo", "Hoàng Long"}, words("Nguyễn Trần Đặng Phượng")},
	}
}

// streets and cities are invented; the postcodes belong to the sites.
func streets() []string {
	return []string{"Lindenstraße", "Am Mühlenteich", "Straße der Jugend", "Gänsemarkt", "Bahnhofstraße", "Fährweg",
		"Südring", "Kirschallee", "An der Stadtmauer", "Heinrich-Möwe-Straße", "Große Wollweberstraße", "Äußerer Kirchweg"}
}

// people makes households by seed.
type people struct {
	dice
	office *Office
	number int             // of the last customer
	taken  map[string]bool // full names, so that no two people are called the same
}

// file makes the file with the given running number. Some are held closer:
// health and the like, and two that are locked to named persons.
func (p *people) file(i int, today time.Time) File {
	switch i {
	case 0:
		return p.showcaseFamily()
	case 1:
		return canaryFamily()
	}
	f := p.household(i, today)
	switch {
	case i == 13 || i == 29: // a colleague's household
		f.Site, f.Team, f.Responsible = "03104", "L1", "b.berg"
		f.Number = f.Site + f.Number[5:]
		f.Sensitivity, f.Named = record.SensitivityRestricted, []string{"j.winter"}
	case i%19 == 7:
		f.Sensitivity = record.SensitivityRaised
	}
	return f
}

// household invents a family.
func (p *people) household(i int, today time.Time) File {
	site := p.office.Sites[[]int{0, 0, 0, 0, 0, 1, 1, 1, 2, 2}[p.IntN(10)]]
	stock := cultures()
	c := stock[p.IntN(len(stock))]
	surname := c.names[p.IntN(len(c.names))]
	address := fmt.Sprintf("%s %d, %s %s", p.pick(streets()), p.between(1, 148), p.pick(site.Postcodes), site.Name)
	f := File{Number: fmt.Sprintf("%s//%07d", site.Code, 12345+i*37+p.IntN(30)), Kind: "leistung", Site: site.Code,
		RetentionClass: "leistung", Sensitivity: record.SensitivityNormal}
	since := today.AddDate(-p.between(3, 8), -p.IntN(12), 0) // before the first letter
	since = time.Date(since.Year(), since.Month(), 1, 0, 0, 0, 0, time.UTC)
	add := func(role string, woman bool, minAge, maxAge int) {
		m := p.member(c, surname, woman, role)
		m.BirthDate = today.AddDate(-p.between(minAge, maxAge), 0, -p.IntN(365)).Format(isoDate)
		m.Address, m.From = address, since.Format(isoDate)
		f.Members = append(f.Members, m)
	}
	woman := p.chance(0.5)
	add("applicant", woman, 24, 60)
	if p.chance(0.5) {
		add("partner", !woman, 24, 60)
	}
	for range []int{0, 0, 1, 1, 2, 3}[p.IntN(6)] {
		add("child", p.chance(0.5), 3, 17)
	}
	p.place(&f)
	return f
}

// member invents a person of that family whose name nobody has yet; where the
// stock of names is used up, with a second first name.
func (p *people) member(c culture, surname string, woman bool, role string) Member {
	first := c.men
	if woman {
		first = c.women
	}
	his, hers, inflected := strings.Cut(surname, "/")
	if woman && inflected {
		his = hers
	}
	p.number += 1 + p.IntN(900)
	m := Member{Name: his, FirstName: p.pick(first), CustomerNumber: fmt.Sprintf("031D%06d", 123456+p.number), Role: role, woman: woman}
	for p.taken[m.Full()] {
		if m.FirstName = p.pick(first); p.taken[m.Full()] {
			m.FirstName += "-" + p.pick(first)
		}
	}
	p.taken[m.Full()] = true
	return m
}

// place gives a file to the team of its applicant's first letter and to one of
// its caseworkers.
func (p *people) place(f *File) {
	letter := firstLetter(f.Members[0].Name)
	for _, s := range p.office.Sites {
		for _, t := range s.Teams {
			if s.Code == f.Site && t.FirstLetters[0] <= letter && letter <= t.FirstLetters[2] {
				f.Team = t.Code
			}
		}
	}
	var able []string
	for _, u := range p.office.Users {
		for _, r := range u.Roles {
			if r.Role == record.RoleCaseworker && r.Site == f.Site && r.Team == f.Team {
				able = append(able, u.Name)
			}
		}
	}
	f.Responsible = able[p.IntN(len(able))]
}

// firstLetter gives the first Latin letter of a name, from A to Z, without
// marks: Ł is L, ʿA is A, al-Ḥamdānī is A.
func firstLetter(name string) byte {
	plain := strings.NewReplacer("Ł", "L", "Đ", "D", "Ø", "O", "İ", "I", "ı", "I").Replace(name)
	for _, r := range norm.NFD.String(plain) {
		if r = unicode.ToUpper(r); 'A' <= r && r <= 'Z' {
			return byte(r)
		}
	}
	return 'A'
}

// street and city parts of an address.
func (m Member) street() string { s, _, _ := strings.Cut(m.Address, ", "); return s }
func (m Member) city() string   { _, s, _ := strings.Cut(m.Address, ", "); return s }

// salutation is "Sehr geehrte Frau Musterfeld,".
func (m Member) salutation() string {
	if m.woman {
		return "Sehr geehrte Frau " + m.Name + ","
	}
	return "Sehr geehrter Herr " + m.Name + ","
}

func (m Member) title() string {
	if m.woman {
		return "Frau"
	}
	return "Herrn"
}

// born is the birth date as Germans write it.
func (m Member) born() string {
	t, err := time.Parse(isoDate, m.BirthDate)
	if err != nil {
		return m.BirthDate
	}
	return t.Format(germanDate)
}
