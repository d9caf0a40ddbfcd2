package locale

import (
	"errors"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	texts := load(t)
	de, en := texts.Lang(German), texts.Lang(English)
	if got := de.Date("2026-11-20"); got != "Fr 20.11.2026" {
		t.Errorf("German: %s", got)
	}
	if got := en.Date("2026-11-20"); got != "Fri 20 Nov 2026" {
		t.Errorf("English: %s", got)
	}
	if got := de.Date("gestern"); got != "gestern" {
		t.Errorf("what is no date: %s", got)
	}
	// half an hour before midnight in UTC it is already tomorrow in Berlin
	if got := de.Time(time.Date(2026, 7, 31, 22, 30, 0, 0, time.UTC)); got != "Sa 01.08.2026, 00:30" {
		t.Errorf("Berlin: %s", got)
	}
	if got := de.Time(time.Time{}); got != "" {
		t.Errorf("no time: %s", got)
	}
}

func TestParseDate(t *testing.T) {
	now := time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC) // Monday the 23rd in Berlin
	for in, want := range map[string]string{
		"": "", " heute ": "2026-11-23", "today": "2026-11-23", "Gestern": "2026-11-22", "morgen": "2026-11-24", "übermorgen": "2026-11-25",
		"+2W": "2026-12-07", "-3T": "2026-11-20", "+1m": "2026-12-23", "-1J": "2025-11-23", "+ 2 w": "2026-12-07", "-2d": "2026-11-21",
		"1.12.": "2026-12-01", "1.12.26": "2026-12-01", "01.12.2026": "2026-12-01", "3.4.1985": "1985-04-03", "2026-12-01": "2026-12-01",
		"3. 1.": "2027-01-03", "20.11.": "2026-11-20", "29.2.2024": "2024-02-29",
	} {
		got, err := ParseDate(in, now)
		if err != nil || got != want {
			t.Errorf("ParseDate(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	for _, in := range []string{"bald", "31.2.2026", "29.2.2025", "1.13.", "12", "2026-13-01", "+2X", "1.12.202"} {
		if got, err := ParseDate(in, now); !errors.Is(err, ErrNoDate) {
			t.Errorf("ParseDate(%q) = %q, %v, want ErrNoDate", in, got, err)
		}
	}
}

// TestInputComesBack: what a field shows is read back as the same date.
func TestInputComesBack(t *testing.T) {
	for _, code := range Languages() {
		shown := load(t).Lang(code).Input("2026-02-03")
		if got, err := ParseDate(shown, time.Now()); err != nil || got != "2026-02-03" {
			t.Errorf("%s: %q reads as %q, %v", code, shown, got, err)
		}
	}
}
