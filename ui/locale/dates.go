package locale

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // the machine may have no time zones; dates are those of Berlin everywhere
)

// Berlin is the zone all dates are shown in.
func Berlin() *time.Location {
	z, err := time.LoadLocation("Europe/Berlin")
	if err != nil { // can't happen: the zones are compiled in
		return time.FixedZone("MEZ", 3600)
	}
	return z
}

const iso = "2006-01-02"

var weekdays = map[string][7]string{
	German:  {"So", "Mo", "Di", "Mi", "Do", "Fr", "Sa"},
	English: {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"},
}

// Date writes YYYY-MM-DD with its weekday: "Fr 20.11.2026", "Fri 20 Nov 2026".
// What is no date is given back as it is.
func (l *Lang) Date(date string) string {
	t, err := time.Parse(iso, date)
	if err != nil {
		return date
	}
	return weekdays[l.Code][t.Weekday()] + " " + l.Day(date)
}

// Day writes YYYY-MM-DD without weekday, as for a birth date.
func (l *Lang) Day(date string) string {
	t, err := time.Parse(iso, date)
	if err != nil {
		return date
	}
	if l.Code == English {
		return t.Format("2 Jan 2006")
	}
	return t.Format("02.01.2006")
}

// Input writes YYYY-MM-DD the way ParseDate reads it back, for a field; what
// is no date stays as it was typed.
func (l *Lang) Input(date string) string {
	if l.Code == German {
		return l.Day(date)
	}
	return date
}

// Time writes a moment in Berlin: "Fr 20.11.2026, 16:02".
func (l *Lang) Time(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(Berlin())
	return l.Date(t.Format(iso)) + ", " + t.Format("15:04")
}

// DateOf writes the day of a moment in Berlin.
func (l *Lang) DateOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return l.Date(t.In(Berlin()).Format(iso))
}

// ErrNoDate says that a text is no date.
var ErrNoDate = errors.New("locale: no date")

var (
	ahead  = regexp.MustCompile(`^([+-])\s*(\d{1,3})\s*([twmjdy])$`)
	dotted = regexp.MustCompile(`^(\d{1,2})\.\s*(\d{1,2})\.\s*(\d{2}|\d{4})?$`)
)

// words are days as people say them, in both languages.
var words = map[string]int{"heute": 0, "today": 0, "gestern": -1, "yesterday": -1, "morgen": 1, "tomorrow": 1,
	"vorgestern": -2, "übermorgen": 2}

// ParseDate reads a date as people type it, seen from now: heute, gestern,
// +2W, -3T, 1.12., 1.12.26, 1.12.2026, 2026-12-01. It gives YYYY-MM-DD, "" for
// an empty text, and ErrNoDate for what is none. A day without a year is the
// one nearest to today; a year of two digits is the one in this century.
func ParseDate(text string, now time.Time) (string, error) {
	s := strings.ToLower(strings.TrimSpace(text))
	today := now.In(Berlin())
	if s == "" {
		return "", nil
	}
	if days, ok := words[s]; ok {
		return today.AddDate(0, 0, days).Format(iso), nil
	}
	if t, err := time.Parse(iso, s); err == nil {
		return t.Format(iso), nil
	}
	if m := ahead.FindStringSubmatch(s); m != nil {
		n, err := strconv.Atoi(m[1] + m[2])
		if err != nil {
			return "", ErrNoDate
		}
		switch m[3] {
		case "t", "d":
			return today.AddDate(0, 0, n).Format(iso), nil
		case "w":
			return today.AddDate(0, 0, 7*n).Format(iso), nil
		case "m":
			return today.AddDate(0, n, 0).Format(iso), nil
		}
		return today.AddDate(n, 0, 0).Format(iso), nil
	}
	if m := dotted.FindStringSubmatch(s); m != nil {
		return day(m[1], m[2], m[3], today)
	}
	return "", ErrNoDate
}

func day(d, m, y string, today time.Time) (string, error) {
	dd, err1 := strconv.Atoi(d)
	mm, err2 := strconv.Atoi(m)
	if err := errors.Join(err1, err2); err != nil {
		return "", ErrNoDate
	}
	if y != "" {
		yy, err := strconv.Atoi(y)
		if err != nil {
			return "", ErrNoDate
		}
		if len(y) == 2 {
			yy += 2000
		}
		return valid(yy, mm, dd)
	}
	best, distance := "", time.Duration(1<<62)
	for _, yy := range []int{today.Year() - 1, today.Year(), today.Year() + 1} {
		s, err := valid(yy, mm, dd)
		if err != nil {
			continue
		}
		if gap := time.Date(yy, time.Month(mm), dd, 12, 0, 0, 0, today.Location()).Sub(today).Abs(); gap < distance {
			best, distance = s, gap
		}
	}
	if best == "" {
		return "", ErrNoDate
	}
	return best, nil
}

func valid(y, m, d int) (string, error) {
	t := time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
	if t.Day() != d || int(t.Month()) != m {
		return "", ErrNoDate
	}
	return t.Format(iso), nil
}
