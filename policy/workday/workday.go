// Package workday counts working days as German authorities do: Monday to
// Friday, without the holidays that the whole country has.
package workday

import "time"

// Is says whether a day is a working day. Only the date counts, in the time's
// own zone.
func Is(t time.Time) bool {
	if wd := t.Weekday(); wd == time.Saturday || wd == time.Sunday {
		return false
	}
	return !holiday(t.Year(), t.Month(), t.Day())
}

// Between counts the working days that begin after a moment and not after
// another: from Friday afternoon to Monday morning it is 1. Both are taken in
// the zone of until.
func Between(since, until time.Time) int {
	n := 0
	last := date(until)
	for d := date(since.In(until.Location())).AddDate(0, 0, 1); !d.After(last); d = d.AddDate(0, 0, 1) {
		if Is(d) {
			n++
		}
	}
	return n
}

// Before is the moment n working days before another, at the same time of day:
// what came before it has waited for more than n working days. On days off no
// time passes.
func Before(until time.Time, n int) time.Time {
	t := until
	if !Is(t) {
		for t = date(t); !Is(t.AddDate(0, 0, -1)); {
			t = t.AddDate(0, 0, -1)
		}
	}
	for n > 0 {
		if t = t.AddDate(0, 0, -1); Is(t) {
			n--
		}
	}
	return t
}

func date(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, t.Location())
}

// holiday says whether a date is a holiday in all of Germany.
func holiday(year int, month time.Month, day int) bool {
	switch [2]int{int(month), day} {
	case [2]int{1, 1}, [2]int{5, 1}, [2]int{10, 3}, [2]int{12, 25}, [2]int{12, 26}:
		return true
	}
	d := time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
	switch int(d.Sub(easter(year)).Hours() / 24) { // whole days: UTC has no summer time
	case -2, 1, 39, 50: // Good Friday, Easter Monday, Ascension, Whit Monday
		return true
	}
	return false
}

// easter is Easter Sunday of the Gregorian calendar (Meeus, Jones and Butcher).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (8*b + 13) / 25
	h := (19*a + b - d - g + 15) % 30
	i, k := c/4, c%4
	l := (32 + 2*e + 2*i - h - k) % 7
	m := (a + 11*h + 22*l) / 451
	n := h + l - 7*m + 114
	return time.Date(year, time.Month(n/31), n%31+1, 0, 0, 0, 0, time.UTC)
}
