package retention

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"eakte/appliance/record"
)

func class(years int, from string) record.RetentionClass {
	return record.RetentionClass{Class: "leistung", Years: years, From: from}
}

func TestKeepUntil(t *testing.T) {
	for _, c := range []struct {
		name  string
		class record.RetentionClass
		e     Events
		until string
		day   string
	}{
		{"closed in the middle of a year", class(10, FromEndOfYearOfClosing), Events{Closed: "2026-05-03"}, "2036-12-31", "2026-05-03"},
		{"closed on the last day of a year", class(10, FromEndOfYearOfClosing), Events{Closed: "2026-12-31"}, "2036-12-31", "2026-12-31"},
		{"closed on the first day of a year", class(10, FromEndOfYearOfClosing), Events{Closed: "2027-01-01"}, "2037-12-31", "2027-01-01"},
		{"closed in a leap year", class(10, FromEndOfYearOfClosing), Events{Closed: "2024-02-29"}, "2034-12-31", "2024-02-29"},
		{"not closed", class(10, FromEndOfYearOfClosing), Events{Received: "2026-05-03"}, "", ""},
		{"from closing itself", class(3, FromClosing), Events{Closed: "2026-05-03"}, "2029-05-03", "2026-05-03"},
		{"received", class(10, FromReceived), Events{Received: "2026-03-15", Closed: "2020-01-01"}, "2036-03-15", "2026-03-15"},
		{"received on a leap day", class(10, FromReceived), Events{Received: "2024-02-29"}, "2034-02-28", "2024-02-29"},
		{"received on a leap day, for four years", class(4, FromReceived), Events{Received: "2024-02-29"}, "2028-02-29", "2024-02-29"},
		{"a leap day before a century", class(4, FromReceived), Events{Received: "2096-02-29"}, "2100-02-28", "2096-02-29"},
		{"received on 28 February of a leap year", class(1, FromReceived), Events{Received: "2024-02-28"}, "2025-02-28", "2024-02-28"},
		{"received on 1 March", class(1, FromReceived), Events{Received: "2023-03-01"}, "2024-03-01", "2023-03-01"},
		{"end of the year of receipt", class(2, FromEndOfYearOfReceived), Events{Received: "2026-03-15"}, "2028-12-31", "2026-03-15"},
		{"dated", class(5, FromDated), Events{Dated: "2025-11-30", Received: "2025-12-02"}, "2030-11-30", "2025-11-30"},
		{"undated", class(5, FromDated), Events{Received: "2025-12-02"}, "", ""},
		{"end of the year it is dated", class(5, FromEndOfYearOfDated), Events{Dated: "2025-01-01"}, "2030-12-31", "2025-01-01"},
		{"bank statement after the grant was notified", class(10, FromGrantedNotice), Events{Received: "2026-01-02", Granted: "2026-02-10"}, "2036-02-10", "2026-02-10"},
		{"grant not yet notified", class(10, FromGrantedNotice), Events{Received: "2026-01-02"}, "", ""},
		{"end of the year of the grant", class(10, FromEndOfYearOfGranted), Events{Granted: "2026-02-10"}, "2036-12-31", "2026-02-10"},
	} {
		t.Run(c.name, func(t *testing.T) {
			until, why, err := KeepUntil(c.class, c.e)
			if err != nil || until != c.until {
				t.Errorf("kept until %q, %v; want %q", until, err, c.until)
			}
			key := "retention." + c.class.From
			if c.until == "" {
				key = "retention.open." + c.class.From
			}
			if want := (Why{Key: key, Event: c.class.From, Day: c.day, Years: c.class.Years}); why != want {
				t.Errorf("because %+v, want %+v", why, want)
			}
		})
	}
}

func TestKeepUntilRefuses(t *testing.T) {
	for _, c := range []struct {
		name  string
		class record.RetentionClass
		e     Events
		field string
	}{
		{"unknown event", class(10, "end_of_year_of_clsing"), Events{Closed: "2026-05-03"}, "from"},
		{"no event", class(10, ""), Events{Closed: "2026-05-03"}, "from"},
		{"no years", class(0, FromReceived), Events{Received: "2026-05-03"}, "years"},
		{"negative years", class(-10, FromReceived), Events{Received: "2026-05-03"}, "years"},
		{"too many years", class(201, FromReceived), Events{Received: "2026-05-03"}, "years"},
		{"no name", record.RetentionClass{Years: 1, From: FromReceived}, Events{}, "class"},
		{"unknown lock", record.RetentionClass{Class: "x", Years: 1, From: FromReceived, Lock: "ful"}, Events{}, "lock"},
		{"no day", class(1, FromReceived), Events{Received: "2026-02-30"}, "received"},
		{"German day", class(1, FromDated), Events{Dated: "3.4.2026"}, "dated"},
		{"a time", class(1, FromClosing), Events{Closed: "2026-05-03T10:00:00Z"}, "closed"},
		{"year nought", class(1, FromGrantedNotice), Events{Granted: "0000-01-01"}, "granted"},
		{"beyond the calendar", class(200, FromReceived), Events{Received: "9900-01-01"}, "received"},
	} {
		t.Run(c.name, func(t *testing.T) {
			until, _, err := KeepUntil(c.class, c.e)
			var e *record.Error
			if until != "" || !errors.As(err, &e) || e.Category != record.Invalid || e.Field != c.field {
				t.Errorf("kept until %q, %v; want an error about %s", until, err, c.field)
			}
		})
	}
	for _, name := range EventNames() {
		if err := Validate(class(10, name)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLockUntil(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	full := record.RetentionClass{Class: "x", Years: 10, From: FromReceived, Lock: LockFull}
	rolling := class(10, FromReceived)
	now := day("2026-11-20")
	for _, c := range []struct {
		name    string
		class   record.RetentionClass
		keep    string
		current time.Time
		want    time.Time
	}{
		{"at intake", rolling, "", time.Time{}, day("2028-11-20")},
		{"at intake, kept for long", rolling, "2036-12-31", time.Time{}, day("2028-11-20")},
		{"at intake, kept shortly", rolling, "2027-01-01", time.Time{}, day("2028-11-20")},
		{"full, at intake", full, "2036-12-31", time.Time{}, day("2037-01-01")},
		{"full, not yet known", full, "", time.Time{}, day("2028-11-20")},
		{"full, kept shortly", full, "2027-01-01", time.Time{}, day("2028-11-20")},
		{"still far enough", rolling, "", day("2028-05-21"), day("2028-05-21")},
		{"exactly eighteen months", rolling, "", day("2028-05-20"), day("2028-05-20")},
		{"less than eighteen months", rolling, "", day("2028-05-19"), day("2028-11-20")},
		{"ran out", rolling, "", day("2020-01-01"), day("2028-11-20")},
		{"extension ends with keeping", rolling, "2028-06-30", day("2028-05-01"), day("2028-07-01")},
		{"keeping ended before the lock", rolling, "2027-06-30", day("2028-05-01"), day("2028-05-01")},
		{"keeping ended long ago", rolling, "2020-06-30", day("2026-05-01"), day("2026-05-01")},
		{"full, keeping became known", full, "2036-12-31", day("2028-11-19"), day("2037-01-01")},
		{"full, keeping was shortened", full, "2030-12-31", day("2037-01-01"), day("2037-01-01")},
		{"keeping is no day", rolling, "soon", day("2028-05-01"), day("2028-11-20")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := LockUntil(c.class, c.keep, now, c.current); !got.Equal(c.want) {
				t.Errorf("locked until %v, want %v", got, c.want)
			}
		})
	}
	next := day("2026-12-25")
	for current, want := range map[string]string{"2028-06-24": "2028-11-20", "2028-06-25": "2028-06-25"} {
		if got := LockUntilNext(rolling, "", now, next, day(current)); !got.Equal(day(want)) {
			t.Errorf("who comes again on %v locks until %v, want %s", next, got, want)
		}
	}
	if got := LockUntil(rolling, "", now.Add(time.Microsecond), time.Time{}); !got.Equal(day("2028-11-20").Add(time.Second)) {
		t.Errorf("a lock is rounded up to whole seconds, got %v", got)
	}
}

// Whatever the dates and the clock say, a lock never gets shorter.
func TestLockOnlyGrows(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	base := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	random := func() time.Time { return base.Add(time.Duration(r.Int64N(int64(30 * 365 * 24 * time.Hour)))) }
	for range 20000 {
		c := class(1+r.IntN(30), FromReceived)
		if r.IntN(2) == 0 {
			c.Lock = LockFull
		}
		keep := random().Format(time.DateOnly)
		if r.IntN(4) == 0 {
			keep = ""
		}
		now, current := random(), random()
		got := LockUntil(c, keep, now, current)
		if got.Before(current) {
			t.Fatalf("%+v, kept until %s, at %v: %v became %v", c, keep, now, current, got)
		}
		if again := LockUntil(c, keep, now, got); again.Before(got) || again.After(got) && c.Lock == "" {
			t.Fatalf("asking twice moved the lock from %v to %v", got, again)
		}
	}
}
