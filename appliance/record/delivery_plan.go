package record

import (
	"slices"
	"time"
)

// DeliveryPlan says when a scan provider delivers: on which weekdays, by what
// time of day in Germany, and how long one waits before it counts as missing.
type DeliveryPlan struct {
	Provider string   `json:"provider"`
	Weekdays []int    `json:"weekdays"` // 1 Monday to 7 Sunday; empty: no day is expected
	By       string   `json:"by"`       // "16:00", Europe/Berlin
	Grace    int      `json:"grace"`    // minutes
	From     string   `json:"from"`     // the first day, YYYY-MM-DD
	Off      []string `json:"off"`      // days without delivery: holidays
}

// Bounds of a plan.
const (
	maxGrace   = 24 * 60
	maxDaysOff = 400
	// PlanLooksBack is how many days before now a missing delivery is found.
	PlanLooksBack = 60
)

// Validate names the first field that is wrong, and puts the lists in order.
func (p *DeliveryPlan) Validate() error {
	switch {
	case p.Provider == "":
		return Bad("provider", "is missing")
	case p.Grace < 0 || p.Grace > maxGrace:
		return Bad("grace", "is not between 0 and %d minutes", maxGrace)
	case len(p.Off) > maxDaysOff:
		return Bad("off", "has more than %d days", maxDaysOff)
	}
	for _, w := range p.Weekdays {
		if w < 1 || w > 7 {
			return Bad("weekdays", "are numbers from 1 (Monday) to 7 (Sunday)")
		}
	}
	if _, err := time.Parse("15:04", p.By); err != nil {
		return Bad("by", "is not a time of day of the form HH:MM")
	}
	if _, err := time.Parse(time.DateOnly, p.From); err != nil {
		return Bad("from", "is not a date of the form YYYY-MM-DD")
	}
	for _, d := range p.Off {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			return Bad("off", "is not a list of dates of the form YYYY-MM-DD")
		}
	}
	slices.Sort(p.Weekdays)
	slices.Sort(p.Off)
	p.Weekdays, p.Off = slices.Compact(p.Weekdays), slices.Compact(p.Off)
	return nil
}

// ExpectedDelivery is one day on which a delivery is expected.
type ExpectedDelivery struct {
	Day   string    // YYYY-MM-DD in Germany
	Start time.Time // of the day: what comes from here on counts for it
	By    time.Time // when it is expected
	Late  time.Time // By and the grace: from here on it is missing
}

// on says what is expected on a day of the calendar.
func (p DeliveryPlan) on(year int, month time.Month, day int) (e ExpectedDelivery, expected bool) {
	start := time.Date(year, month, day, 0, 0, 0, 0, Berlin())
	weekday := int(start.Weekday())
	if weekday == 0 {
		weekday = 7
	}
	e.Day = start.Format(time.DateOnly)
	at, err := time.Parse("15:04", p.By)
	if err != nil || e.Day < p.From || !slices.Contains(p.Weekdays, weekday) || slices.Contains(p.Off, e.Day) {
		return e, false
	}
	e.Start = start
	e.By = time.Date(year, month, day, at.Hour(), at.Minute(), 0, 0, Berlin())
	e.Late = e.By.Add(time.Duration(p.Grace) * time.Minute)
	return e, true
}

// Today is the expected delivery of the day in which now lies.
func (p DeliveryPlan) Today(now time.Time) (ExpectedDelivery, bool) {
	y, m, d := now.In(Berlin()).Date()
	return p.on(y, m, d)
}

// StillMissing says of a day on which nothing came whether that is so still: it is
// expected, and nothing has come since its beginning. last is as for Missed.
func (p DeliveryPlan) StillMissing(day string, last time.Time) bool {
	at, err := time.Parse(time.DateOnly, day)
	e, expected := p.on(at.Date())
	return err == nil && expected && last.Before(e.Start)
}

// Missed lists the days, oldest first, on which a delivery was expected, whose
// grace is over, and since whose beginning nothing has come; last is when
// something came last, zero for never.
func (p DeliveryPlan) Missed(last, now time.Time) []ExpectedDelivery {
	var out []ExpectedDelivery
	y, m, d := now.In(Berlin()).Date()
	for back := PlanLooksBack; back >= 0; back-- {
		e, expected := p.on(y, m, d-back)
		if expected && !now.Before(e.Late) && last.Before(e.Start) {
			out = append(out, e)
		}
	}
	return out
}
