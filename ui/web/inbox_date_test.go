package web

import (
	"errors"
	"testing"
	"time"

	"eakte/ui/locale"
)

func TestFollowUpDay(t *testing.T) {
	now := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC) // Monday the 23rd in Berlin
	for in, want := range map[string]string{
		"morgen": "2026-11-24", "Übermorgen": "2026-11-25", "heute": "2026-11-23", "tomorrow": "2026-11-24", "today": "2026-11-23",
		"+2W": "2026-12-07", "+ 2 w": "2026-12-07", "2w": "2026-12-07", "14t": "2026-12-07", "14d": "2026-12-07", "+1m": "2026-12-23", "1j": "2027-11-23",
		"in 2 Wochen": "2026-12-07", "in einer Woche": "2026-11-30", "in 3 Tagen": "2026-11-26", "in einem Monat": "2026-12-23",
		"in 2 weeks": "2026-12-07", "in a week": "2026-11-30", "3 days": "2026-11-26", "in a month": "2026-12-23", "in one year": "2027-11-23",
		"nächste Woche": "2026-11-30", "next week": "2026-11-30", "nächsten Monat": "2026-12-23", "next month": "2026-12-23",
		"Montag": "2026-11-30", "mo": "2026-11-30", "Di.": "2026-11-24", "nächsten Freitag": "2026-11-27", "am Donnerstag": "2026-11-26", "Sonnabend": "2026-11-28",
		"monday": "2026-11-30", "next friday": "2026-11-27", "on Thursday": "2026-11-26", "wed": "2026-11-25", "sunday": "2026-11-29",
		"1.12.": "2026-12-01", "1.12": "2026-12-01", "am 1.12.": "2026-12-01", "22.11.": "2027-11-22", "23.11.": "2026-11-23", "3. 1.": "2027-01-03",
		"1.12.26": "2026-12-01", "1.12.2027": "2027-12-01", "2027-02-01": "2027-02-01", "29.2.": "2028-02-29",
		"1. Dezember": "2026-12-01", "1. Dez.": "2026-12-01", "5 März": "2027-03-05", "5. Mai 2028": "2028-05-05",
		"1 Dec": "2026-12-01", "Dec 1": "2026-12-01", "December 1st": "2026-12-01", "1 March 2027": "2027-03-01", "October 3": "2027-10-03",
	} {
		if got, err := followUpDay(in, now); err != nil || got != want {
			t.Errorf("%q is %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"", " ", "bald", "31.2.", "31.2.2027", "1.13.", "+2X", "in 2 Mond", "Tag", "0.1.", "1 Foo"} {
		if got, err := followUpDay(in, now); !errors.Is(err, locale.ErrNoDate) {
			t.Errorf("%q is %q, %v", in, got, err)
		}
	}
	if got, err := followUpDay("+1M", time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)); err != nil || got != "2027-02-28" {
		t.Errorf("a month after the 31st of January is %q, %v", got, err)
	}
}

// TestFollowUpDayInSummer: what counts is the day in Berlin, and no day is lost
// or doubled when the clock changes.
func TestFollowUpDayInSummer(t *testing.T) {
	for _, now := range []time.Time{time.Date(2026, 3, 28, 22, 30, 0, 0, time.UTC), time.Date(2026, 10, 24, 21, 30, 0, 0, time.UTC)} {
		today := now.In(locale.Berlin())
		for n := 1; n < 5; n++ {
			want := time.Date(today.Year(), today.Month(), today.Day()+n, 12, 0, 0, 0, time.UTC).Format(time.DateOnly)
			if got, err := followUpDay("in "+string(rune('0'+n))+" Tagen", now); err != nil || got != want {
				t.Errorf("%d days after %s is %s, %v, want %s", n, today, got, err, want)
			}
		}
	}
}
