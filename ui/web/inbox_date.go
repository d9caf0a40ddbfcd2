package web

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"eakte/ui/locale"
)

var (
	// inAWhile is "in 2 Wochen", "2w", "+2W", "14 days".
	inAWhile = regexp.MustCompile(`^(?:in\s+|\+\s*)?(\d{1,3}|ein(?:em|er)?|an?|one)\s*([a-zäöü]+)$`)
	// dayAndMonth is "1.12.", "1.12", "1. Dezember", "1 Dec", "1 December 2027".
	dayAndMonth = regexp.MustCompile(`^(\d{1,2})\.?\s*(\d{1,2}|[a-zäöü]+)\.?\s*(\d{4})?$`)
	// monthAndDay is "Dec 1", "December 1, 2027".
	monthAndDay = regexp.MustCompile(`^([a-z]+)\s+(\d{1,2})(?:st|nd|rd|th)?,?\s*(\d{4})?$`)
)

// weekdayNames and monthNames are told by their first letters; "mo" is Monday,
// "may" and "mai" are not.
var (
	weekdayNames = []string{"so", "mo", "di", "mi", "do", "fr", "sa", "su", "", "tu", "we", "th", "", ""}
	monthNames   = []string{"jan", "feb", "mär", "apr", "mai", "jun", "jul", "aug", "sep", "okt", "nov", "dez",
		"", "", "mar", "", "may", "", "", "", "", "oct", "", "dec"}
	fullWeekdays = []string{"sonntag", "montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag",
		"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"}
)

// followUpDay reads the day on which something is to come back, as people say
// it in either language: morgen, +2W, in 3 Tagen, Montag, nächste Woche,
// 1.12., 1. Dezember, next Friday, 1 Dec. It gives YYYY-MM-DD. A day without a
// year is the next one from today on, a weekday the next one after today.
// What it does not know is locale.ErrNoDate.
func followUpDay(text string, now time.Time) (string, error) {
	s := strings.Join(strings.Fields(strings.ToLower(text)), " ")
	for _, said := range []string{"am ", "on ", "bis ", "until ", "by "} {
		s = strings.TrimPrefix(s, said)
	}
	if s == "" {
		return "", locale.ErrNoDate
	}
	berlin := now.In(locale.Berlin())
	today := time.Date(berlin.Year(), berlin.Month(), berlin.Day(), 0, 0, 0, 0, time.UTC)
	for _, read := range []func(string, time.Time) (time.Time, bool){nextPeriod, weekday, aWhile, dayOfYear} {
		if t, ok := read(s, today); ok {
			return t.Format(time.DateOnly), nil
		}
	}
	return locale.ParseDate(s, now)
}

func nextPeriod(s string, today time.Time) (time.Time, bool) {
	switch s {
	case "nächste woche", "next week":
		return today.AddDate(0, 0, 7), true
	case "nächsten monat", "nächster monat", "next month":
		return months(today, 1), true
	}
	return today, false
}

func weekday(s string, today time.Time) (time.Time, bool) {
	for _, said := range []string{"nächsten ", "nächster ", "kommenden ", "next "} {
		s = strings.TrimPrefix(s, said)
	}
	s = strings.TrimSuffix(s, ".")
	for i, name := range fullWeekdays {
		short := len(s) == 2 && weekdayNames[i] == s || len(s) == 3 && i >= 7 && strings.HasPrefix(name, s)
		if s == name || short || s == "sonnabend" && i == int(time.Saturday) {
			ahead := (i%7 - int(today.Weekday()) + 7) % 7
			if ahead == 0 {
				ahead = 7
			}
			return today.AddDate(0, 0, ahead), true
		}
	}
	return today, false
}

// aWhile is a number of days, weeks, months or years from today.
func aWhile(s string, today time.Time) (time.Time, bool) {
	m := inAWhile.FindStringSubmatch(s)
	if m == nil {
		return today, false
	}
	n, err := strconv.Atoi(m[1])
	if err != nil {
		n = 1 // "in einer Woche"
	}
	switch m[2] {
	case "t", "d", "tag", "tage", "tagen", "day", "days":
		return today.AddDate(0, 0, n), true
	case "w", "woche", "wochen", "week", "weeks":
		return today.AddDate(0, 0, 7*n), true
	case "m", "monat", "monate", "monaten", "month", "months":
		return months(today, n), true
	case "j", "y", "jahr", "jahre", "jahren", "year", "years":
		return months(today, 12*n), true
	}
	return today, false
}

// months counts months; the 31st of a shorter one is its last day.
func months(t time.Time, n int) time.Time {
	first := time.Date(t.Year(), t.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1)
}

func dayOfYear(s string, today time.Time) (time.Time, bool) {
	var day, month, year string
	if m := dayAndMonth.FindStringSubmatch(s); m != nil {
		day, month, year = m[1], m[2], m[3]
	} else if m := monthAndDay.FindStringSubmatch(s); m != nil {
		day, month, year = m[2], m[1], m[3]
	} else {
		return today, false
	}
	d, err := strconv.Atoi(day)
	mm := monthOf(month)
	if err != nil || mm == 0 {
		return today, false
	}
	y := today.Year()
	if year != "" {
		if y, err = strconv.Atoi(year); err != nil {
			return today, false
		}
	}
	// Without a year the next one that has the day: the 29th of February may be far.
	for ; y <= today.Year()+8 || year != ""; y++ {
		t := time.Date(y, mm, d, 0, 0, 0, 0, time.UTC)
		if valid := t.Day() == d && t.Month() == mm; valid && (year != "" || !t.Before(today)) {
			return t, true
		} else if year != "" {
			return today, false
		}
	}
	return today, false
}

// monthOf reads a month by number or by the beginning of its name, 0 for none.
func monthOf(s string) time.Month {
	if n, err := strconv.Atoi(s); err == nil {
		if n > 12 {
			return 0
		}
		return time.Month(n)
	}
	for i, name := range monthNames {
		if name != "" && strings.HasPrefix(s, name) {
			return time.Month(i%12 + 1)
		}
	}
	if s == "maerz" {
		return time.March
	}
	return 0
}
