package workday

import (
	"testing"
	"time"
)

func TestIs(t *testing.T) {
	for day, want := range map[string]bool{
		"2026-01-01": false, "2026-04-03": false, "2026-04-06": false, "2026-05-01": false, "2026-05-14": false, "2026-05-25": false,
		"2026-10-03": false, "2026-12-25": false, "2027-03-26": false, "2027-03-29": false, "2024-03-29": false, "2025-06-09": false,
		"2026-04-02": true, "2026-04-07": true, "2026-06-04": true, "2026-11-23": true, "2026-11-21": false, "2026-11-22": false,
	} {
		d, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if Is(d) != want {
			t.Errorf("%s: %v", day, !want)
		}
	}
}

func TestBetween(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		since, until string
		want         int
	}{
		{"2026-11-20 15:00", "2026-11-20 18:00", 0}, {"2026-11-20 15:00", "2026-11-22 18:00", 0}, {"2026-11-20 15:00", "2026-11-23 08:00", 1},
		{"2026-04-02 15:00", "2026-04-07 08:00", 1}, {"2026-12-23 10:00", "2026-12-28 10:00", 2}, {"2026-03-27 10:00", "2026-03-30 10:00", 1},
	} {
		if got := Between(at(c.since), at(c.until)); got != c.want {
			t.Errorf("%s to %s: %d, not %d", c.since, c.until, got, c.want)
		}
	}
	for until, want := range map[string]string{"2026-11-23 08:00": "2026-11-20 08:00", "2026-11-24 08:00": "2026-11-23 08:00",
		"2026-11-22 08:00": "2026-11-20 00:00", "2026-04-07 09:00": "2026-04-02 09:00"} {
		if got := Before(at(until), 1); !got.Equal(at(want)) {
			t.Errorf("one before %s is %s, not %s", until, got, want)
		}
	}
}
