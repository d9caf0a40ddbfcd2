package record

import (
	"errors"
	"slices"
	"testing"
	"time"
)

func weekdays() DeliveryPlan {
	return DeliveryPlan{Provider: "Scandienst", Weekdays: []int{1, 2, 3, 4, 5}, By: "16:00", Grace: 60, From: "2026-01-01"}
}

func utc(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		panic(err)
	}
	return t
}

func days(es []ExpectedDelivery) (out []string) {
	for _, e := range es {
		out = append(out, e.Day)
	}
	return out
}

// TestMissed: what comes within the grace is in time, weekends and days off
// are none, and one delivery makes up for all the days before it.
func TestMissed(t *testing.T) {
	p := weekdays()
	p.Off = []string{"2026-12-24", "2026-12-25", "2026-12-31", "2027-01-01"}
	for what, c := range map[string]struct {
		last, now string
		want      []string
	}{
		"in time":            {"2026-11-19 10:00", "2026-11-19 20:00", nil},
		"an hour of grace":   {"2026-11-18 10:00", "2026-11-19 15:59", nil}, // 16:59 in Berlin
		"and not more":       {"2026-11-18 10:00", "2026-11-19 16:00", []string{"2026-11-19"}},
		"early on the day":   {"2026-11-18 23:00", "2026-11-19 20:00", nil}, // 00:00 in Berlin
		"the evening before": {"2026-11-18 22:59", "2026-11-19 20:00", []string{"2026-11-19"}},
		"a weekend":          {"2026-11-20 10:00", "2026-11-23 10:00", nil},
		"three days":         {"2026-11-17 10:00", "2026-11-20 20:00", []string{"2026-11-18", "2026-11-19", "2026-11-20"}},
		"over the year":      {"2026-12-29 10:00", "2027-01-04 20:00", []string{"2026-12-30", "2027-01-04"}},
		"Christmas":          {"2026-12-23 10:00", "2026-12-27 20:00", nil},
		"summer time begins": {"2026-03-27 10:00", "2026-03-30 14:59", nil},
		"and counts":         {"2026-03-27 10:00", "2026-03-30 15:00", []string{"2026-03-30"}}, // 17:00 in Berlin is 15:00 UTC now
		"winter time begins": {"2026-10-23 10:00", "2026-10-26 15:59", nil},
		"and is late again":  {"2026-10-23 10:00", "2026-10-26 16:00", []string{"2026-10-26"}},
	} {
		if got := days(p.Missed(utc(c.last), utc(c.now))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", what, got, c.want)
		}
	}
	p.From = "2026-11-19"
	if got := days(p.Missed(time.Time{}, utc("2026-11-20 20:00"))); !slices.Equal(got, []string{"2026-11-19", "2026-11-20"}) {
		t.Errorf("never delivered: %v", got)
	}
	// A time that the night of the change does not have, or has twice.
	p.Weekdays, p.By, p.Grace = []int{7}, "02:30", 0
	for _, day := range []string{"2027-03-28", "2027-10-31"} {
		e, ok := p.Today(utc(day + " 12:00"))
		if !ok || e.Day != day || e.By.Sub(e.Start) < 90*time.Minute || e.By.Sub(e.Start) > 4*time.Hour {
			t.Errorf("%s: %+v %v", day, e, ok)
		}
	}
}

func TestDeliveryPlanValidate(t *testing.T) {
	for field, spoil := range map[string]func(*DeliveryPlan){
		"provider": func(p *DeliveryPlan) { p.Provider = "" },
		"weekdays": func(p *DeliveryPlan) { p.Weekdays = []int{0} },
		"by":       func(p *DeliveryPlan) { p.By = "25:00" },
		"grace":    func(p *DeliveryPlan) { p.Grace = -1 },
		"from":     func(p *DeliveryPlan) { p.From = "" },
		"off":      func(p *DeliveryPlan) { p.Off = []string{"1.5.2027"} },
	} {
		p := weekdays()
		if err := p.Validate(); err != nil {
			t.Fatal(err)
		}
		spoil(&p)
		var e *Error
		if err := p.Validate(); !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}
