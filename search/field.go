package search

import (
	"strings"
	"time"
)

// fieldName reads the name of a field and the colon at the beginning of s. It
// gives the field and the length of both, 0 if there is none.
func fieldName(s string) (field string, n int) {
	name, _, ok := strings.Cut(s[:min(len(s), len("received:"))], ":")
	if !ok {
		return "", 0
	}
	switch strings.ToLower(name) {
	case "type", "typ", "art":
		field = FieldType
	case "site", "standort":
		field = FieldSite
	case "file", "akte":
		field = FieldFile
	case "section", "register":
		field = FieldSection
	case "received", "eingang":
		field = FieldReceived
	case "from", "von", "absender":
		field = FieldSender
	default:
		return "", 0
	}
	return field, len(name) + 1
}

// filter makes the filter of an item with a field that is not the sender.
func (it *item) filter() (Filter, error) {
	f := Filter{Field: it.field, Not: it.not}
	if it.field == FieldReceived {
		if len(it.values) > 1 {
			return f, noDay()
		}
		var err error
		f.From, f.To, err = days(it.values[0].written())
		return f, err
	}
	for i := range it.values {
		f.Values = append(f.Values, strings.TrimSpace(it.values[i].written()))
	}
	return f, nil
}

// written is a value as it was typed: a * at its end is part of it.
func (it *item) written() string {
	if it.prefix {
		return it.text + "*"
	}
	return it.text
}

// days reads a day, month or year, or a range of them that may be open at one
// side. It gives the first and the last day, YYYY-MM-DD.
func days(s string) (from, to string, err error) {
	a, b, isRange := strings.Cut(strings.TrimSpace(s), "..")
	if !isRange {
		b = a
	}
	if a == "" && b == "" {
		return "", "", noDay()
	}
	var ok bool
	if a != "" {
		if from, _, ok = calendarSpan(a); !ok {
			return "", "", noDay()
		}
	}
	if b != "" {
		if _, to, ok = calendarSpan(b); !ok {
			return "", "", noDay()
		}
	}
	if from != "" && to != "" && from > to {
		return "", "", noDay()
	}
	return from, to, nil
}

// calendarSpan gives the first and the last day of a day, month or year.
func calendarSpan(s string) (first, last string, ok bool) {
	for _, l := range [...]struct {
		layout              string
		years, months, days int
	}{{"2006", 1, 0, 0}, {"2006-01", 0, 1, 0}, {"1.2006", 0, 1, 0}, {"2006-01-02", 0, 0, 1}, {"2.1.2006", 0, 0, 1}} {
		if t, err := time.Parse(l.layout, s); err == nil {
			return t.Format(time.DateOnly), t.AddDate(l.years, l.months, l.days-1).Format(time.DateOnly), true
		}
	}
	return "", "", false
}

func noDay() error {
	return wrong(ReasonDate, "The day of receipt is no day, month or year.",
		"Write received:2026, received:2026-03, received:31.03.2026, or a range: received:2026-01..2026-03.")
}
