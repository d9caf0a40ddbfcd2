package routing

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"eakte/appliance/catalog"
)

// date is a day that stands on a letter and may be somebody's birth date.
type date struct {
	day        string // YYYY-MM-DD
	page       int    // place in reading.pages
	start, end int
	token      int  // at which it stands
	labelled   bool // it is called a birth date
}

const (
	maxDates  = 96 // that are looked up
	birthNear = 40 // bytes between the label and the date
)

var (
	written    = regexp.MustCompile(`([0-9OIlSB|]{1,2})\s?[.,/] ?([0-9OIlSB|]{1,2})\s?[.,/] ?((?:19|20|l9|I9|2O|2o)[0-9OIlSB|]{2}|[0-9]{2})`)
	iso        = regexp.MustCompile(`((?:19|20)[0-9]{2})-([0-9]{2})-([0-9]{2})`)
	inWords    = regexp.MustCompile(`([0-9]{1,2})\. ?(Januar|Jänner|Februar|März|Maerz|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember) ((?:19|20)[0-9]{2})`)
	together   = regexp.MustCompile(`([0-3][0-9]) ?([01][0-9]) ?((?:19|20)[0-9]{2})`)
	birthLabel = regexp.MustCompile(`(?i)(?:\bgeb(?:oren|orn|oen|oron|\.|,|\b)|g?eburts?da?tum|geburtstag|geb\.?-? ?dat|\*\s?$)`)
	months     = map[string]int{"Januar": 1, "Jänner": 1, "Februar": 2, "März": 3, "Maerz": 3, "April": 4, "Mai": 5, "Juni": 6, "Juli": 7,
		"August": 8, "September": 9, "Oktober": 10, "November": 11, "Dezember": 12}
)

// mention is where the letter calls something a birth date, whether or not it can
// be read as a day.
type mention struct {
	page, start, end int    // of what follows the label
	digits           string // of it; what is misread among them is repaired where it can be
	name, first      string // of the person, as far as the text's form tells
}

const (
	maxMentions = 60
	maxLabels   = 256 << 10 // bytes of a page in which labels are looked for
)

var mentioned = regexp.MustCompile(`^[^0-9\n]{0,12}?\n?[ \t]*([0-9OIlSBgqA|][0-9OIlSBgqAi|.,/ “”"'‘’]{4,12})`)

// mentions finds what the letter calls birth dates.
func (r *reading) mentions() []mention {
	var out []mention
	for i, p := range r.pages {
		text := p.Text[:min(len(p.Text), maxLabels)]
		r.over = r.over || len(text) < len(p.Text)
		for _, m := range birthLabel.FindAllStringIndex(text, -1) {
			d := mentioned.FindStringSubmatchIndex(text[m[1]:min(len(text), m[1]+40)])
			if d == nil {
				continue
			}
			if len(out) >= maxMentions {
				r.over = true
				return out
			}
			n := mention{page: i, start: m[1] + d[2], end: m[1] + d[3]}
			if len(out) > 0 && out[len(out)-1].page == i && out[len(out)-1].start == n.start {
				continue // one label in two words: "geb. geboren am"
			}
			n.digits = anyDate.Replace(text[n.start:n.end])
			n.name, n.first = personBefore(text[max(0, m[0]-400):m[0]])
			out = append(out, n)
		}
	}
	return out
}

var anyDate = strings.NewReplacer("O", "0", "I", "1", "l", "1", "|", "1", "S", "5", "B", "8", "g", "9", "q", "9", "A", "4", "i", "1", "“", "", "”", "", "\"", "", "'", "", "‘", "", "’", "", ".", "", ",", "", "/", "", " ", "")

// near says whether what is called a birth date may be a day, with one slip.
func (m mention) near(day string) bool {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return false
	}
	for _, form := range []string{"02012006", "212006", "020106"} {
		if catalog.NameDistance(m.digits, d.Format(form), 1) <= 1 {
			return true
		}
	}
	return false
}

// dates finds the days on the letter up to a day: those that are called birth
// dates first, then those that are long past.
func (r *reading) dates(until string) []date {
	var out, old, rest []date
	for i, p := range r.pages {
		for _, part := range numbered(p.Text) {
			for _, d := range datesIn(p.Text, part[0], part[1]) {
				if d.day > until || d.day < "1900-01-01" {
					continue
				}
				d.page, d.token = i, r.tokenAt(i, d.start)
				switch {
				case d.labelled:
					out = append(out, d)
				case longBefore(d.day, until):
					old = append(old, d)
				default:
					rest = append(rest, d)
				}
			}
		}
	}
	out = append(out, old...)
	r.over = r.over || len(out) > maxDates // the days of a long bank statement are nobody's birth date
	out = append(out, rest...)
	return out[:min(len(out), maxDates)]
}

// datesIn finds the days in a stretch of text. A year of two digits counts only
// for what is called a birth date, and then for both centuries.
func datesIn(text string, from, to int) []date {
	var out []date
	s := text[from:to]
	put := func(m []int, year, month, day string) {
		at := from + m[0]
		if !alone(text, at, from+m[1]) {
			return
		}
		called := calledBirth(text, at)
		years := []string{year}
		if len(year) == 2 {
			if !called {
				return
			}
			years = []string{"19" + year, "20" + year}
		}
		for _, y := range years {
			if d, ok := realDay(y, month, day); ok {
				out = append(out, date{day: d, start: at, end: from + m[1], labelled: called})
			}
		}
	}
	for _, m := range written.FindAllStringSubmatchIndex(s, -1) {
		put(m, onlyDigits(s[m[6]:m[7]]), onlyDigits(s[m[4]:m[5]]), onlyDigits(s[m[2]:m[3]]))
	}
	for _, m := range iso.FindAllStringSubmatchIndex(s, -1) {
		put(m, s[m[2]:m[3]], s[m[4]:m[5]], s[m[6]:m[7]])
	}
	for _, m := range inWords.FindAllStringSubmatchIndex(s, -1) {
		put(m, s[m[6]:m[7]], strconv.Itoa(months[s[m[4]:m[5]]]), s[m[2]:m[3]])
	}
	for _, m := range together.FindAllStringSubmatchIndex(s, -1) {
		if calledBirth(text, from+m[0]) {
			put(m, s[m[6]:m[7]], s[m[4]:m[5]], s[m[2]:m[3]])
		}
	}
	return out
}

func realDay(year, month, day string) (string, bool) {
	d, err := time.Parse("2006-1-2", year+"-"+strings.TrimLeft(month, "0")+"-"+strings.TrimLeft(day, "0"))
	return d.Format(time.DateOnly), err == nil
}

// calledBirth says whether a birth date's label stands before a place in a text:
// on its line, or as the last thing above it.
func calledBirth(text string, at int) bool {
	before := text[max(0, at-birthNear):at]
	if m := birthLabel.FindAllStringIndex(before, -1); m != nil {
		return digitsIn(before[m[len(m)-1][1]:]) == 0
	}
	return false
}
