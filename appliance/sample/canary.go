package sample

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"eakte/appliance/record"
)

// Canary is a piece of personal data that stands nowhere but in the sample
// data. Where its text turns up (a log, a metric, the name of an object), what
// is not personal has got something personal into it.
type Canary struct {
	What string // name, first_name, customer_number, number, address, title, file_name, word, user, display
	Text string
}

// The canaries' own facts. Words with marks, apostrophes of two makes, letters
// beyond German, signs that shells, logs and addresses escape.
const (
	canaryNumber  = "03110//7734501"
	canaryUser    = "o.kaeuzchen-77"
	canaryDisplay = "Ottilie Käuzchenfeld-Ýrr"
	canaryName    = "O'Käuzchenbrück"
	canaryPartner = "d’Örtelpfütz-Gänßel"
	canaryStreet  = "Käuzchenstieg 7¾"
	canaryTitle   = "Widerspruch O'Käuzchenbrück: \"Federkleid\" <eilig>"
	canaryFile    = "O'Käuzchenbrück & d’Örtelpfütz; Widerspruch 100% (1).pdf"
	canaryWord    = "Federkleidzuschuss"
)

// Canaries gives all of them. They are in every office of two files or more:
// the second file, its members, one of its letters, and the user responsible.
func Canaries() []Canary {
	out := []Canary{{"number", canaryNumber}, {"address", canaryStreet}, {"title", canaryTitle}, {"file_name", canaryFile},
		{"word", canaryWord}, {"user", canaryUser}, {"display", canaryDisplay}}
	for _, m := range canaryFamily().Members {
		out = append(out, Canary{"name", m.Name}, Canary{"first_name", m.FirstName}, Canary{"customer_number", m.CustomerNumber})
	}
	return out
}

// Spellings gives the ways in which the text may be written where it must not
// be: as it is, in small letters, decomposed, escaped for addresses and JSON,
// and numbers without their strokes.
func (c Canary) Spellings() []string {
	out := []string{c.Text, strings.ToLower(c.Text), norm.NFD.String(c.Text), url.QueryEscape(c.Text), url.PathEscape(c.Text)}
	if b, err := json.Marshal(c.Text); err == nil {
		out = append(out, string(b[1:len(b)-1]))
	}
	if c.What == "number" {
		out = append(out, strings.ReplaceAll(c.Text, "//", "BG"), strings.ReplaceAll(c.Text, "//", ""))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// canaryFamily is the same for every seed.
func canaryFamily() File {
	const address, since = canaryStreet + ", 17095 Hagenried", "2022-02-01"
	return File{Number: canaryNumber, Kind: "leistung", Site: "03110", Team: "L2", Responsible: canaryUser,
		RetentionClass: "leistung", Sensitivity: record.SensitivityNormal, Members: []Member{
			{Name: canaryName, FirstName: "Þórdís-Änne", BirthDate: "1977-07-07", CustomerNumber: "771K734501", Address: address, Role: "applicant", From: since, woman: true},
			{Name: canaryPartner, FirstName: "Kanarïus", BirthDate: "1975-05-05", CustomerNumber: "771K734502", Address: address, Role: "partner", From: since},
			{Name: canaryName, FirstName: "Ærlaug", BirthDate: "2015-11-30", CustomerNumber: "771K734503", Address: address, Role: "child", From: since, woman: true},
		}}
}

// canary makes a letter bear all that can be planted in one.
func (l Letter) canary() Letter {
	l.Title, l.Name, l.Form = canaryTitle, canaryFile, Digital()
	l.Stamped, l.Envelope, l.Remarks = false, false, nil
	return l
}
