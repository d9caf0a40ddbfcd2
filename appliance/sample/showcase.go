package sample

import "time"

// showcaseNumber is the file of the README's walk-through.
const showcaseNumber = "03104//0012345"

// showcasePath begins the paths of its letters.
const showcasePath = "showcase/"

// Case is what a walk-through needs: one family, its letters, and searches
// that find its heating bill although one letter of the word is wrong.
type Case struct {
	Office   *Office
	File     File
	Letters  []Letter // as Letters gives them
	Heating  Letter   // one of them
	Searches []Search
}

// Search is a word of the heating bill with one letter wrong.
type Search struct {
	Query string // what is typed
	Word  string // what the page says
	Page  int    // from 1
}

// Showcase gives the same family for every seed's first file.
func Showcase() Case {
	o := Jobcenter(1, 1)
	c := Case{Office: o, File: o.Files[0], Letters: o.Letters(o.Files[0]), Searches: []Search{
		{Query: "Schornsteinfager", Word: "Schornsteinfeger", Page: 1},
		{Query: "Wärmemengenzöhler", Word: "Wärmemengenzähler", Page: 1},
		{Query: "Brennstoffkostem", Word: "Brennstoffkosten", Page: 1},
	}}
	for _, l := range c.Letters {
		if l.path == showcasePath+string(Heating) {
			c.Heating = l
		}
	}
	return c
}

// showcaseFamily is the same for every seed.
func (p *people) showcaseFamily() File {
	const address, since = "Lindenstraße 12, 17033 Neustadt", "2023-04-01"
	return File{Number: showcaseNumber, Kind: "leistung", Site: "03104", Team: "L1", Responsible: "k.sommer",
		RetentionClass: "leistung", Sensitivity: 1, Members: []Member{
			{Name: "Grünwiese", FirstName: "Sabine", BirthDate: "1984-06-17", CustomerNumber: "031D123456", Address: address, Role: "applicant", From: since, woman: true},
			{Name: "Grünwiese", FirstName: "Jürgen", BirthDate: "1981-02-03", CustomerNumber: "031D123457", Address: address, Role: "partner", From: since},
			{Name: "Grünwiese", FirstName: "Lea", BirthDate: "2014-09-28", CustomerNumber: "031D123458", Address: address, Role: "child", From: since, woman: true},
		}}
}

// showcaseLetters are one of each type, in forms that show what is read.
func (o *Office) showcaseLetters(f File, today time.Time) []Letter {
	var out []Letter
	add := func(t Type, days int, form Form) {
		l := o.letter(f, t, today.AddDate(0, 0, -days), showcasePath+string(t))
		l.Received = today.AddDate(0, 0, -days+2).Format(isoDate)
		l.Form = form
		l.name(len(out))
		out = append(out, l)
	}
	add(Rent, 300, FaxScan(300))
	add(Renewal, 61, Form{Container: PDF, DPI: 300, Compression: DCT, Quality: 75, Skew: 0.4, Noise: 1.5})
	add(Notice, 40, Digital())
	add(Account, 25, Digital())
	add(Heating, 12, Form{Container: PDF, DPI: 300, Compression: DCT, Quality: 75, Skew: 0.3, Noise: 1})
	return out
}
