// Package retention computes two dates that are kept apart: keep_until, the
// law's, up to which a document must be kept, and locked_until, up to which the
// object store refuses to delete it. It is pure: no clock, no database.
//
// Dates are calendar days, YYYY-MM-DD. A period of years ends with the day of
// the same number, or with the month's last day if that day does not exist
// (§ 188 BGB). keep_until is the last day of keeping: what is kept until
// 2036-12-31 is due from 2037-01-01.
package retention

import (
	"slices"
	"strings"
	"time"

	"eakte/appliance/record"
)

// The events a class may count from (record.RetentionClass.From).
const (
	FromEndOfYearOfClosing  = "end_of_year_of_closing" // the end of the year in which the file was closed
	FromClosing             = "closing"                // the day the file was closed
	FromReceived            = "received"               // the day the document was received
	FromEndOfYearOfReceived = "end_of_year_of_received"
	FromDated               = "dated" // the document's own date
	FromEndOfYearOfDated    = "end_of_year_of_dated"
	FromGrantedNotice       = "granted_notice" // the day the grant that rests on it was notified
	FromEndOfYearOfGranted  = "end_of_year_of_granted_notice"
)

// LockFull is a class's wish to lock to keep_until at once when it is known;
// an empty lock rolls.
const LockFull = "full"

// MaxYears is the longest period a class may name.
const MaxYears = 200

// How far ahead the store's lock is kept, in months.
const (
	LockAhead   = 24 // at intake, and after each extension
	LockAtLeast = 18 // below this the nightly job extends
)

// Events are the days that have happened; an empty one has not, or is unknown.
type Events struct {
	Closed   string // the file was closed
	Received string // the document was received
	Dated    string // the document's own date
	Granted  string // the grant was notified
}

// Why explains a keep_until: Years from Day, the day of Event (at the end of
// that year, if the event says so). Day is empty while the event is open. Key
// is the sentence to show, a key of ui/locale below "retention.".
type Why struct {
	Key   string
	Event string
	Day   string
	Years int
}

// event is how a word of a class is read.
type event struct {
	name      string
	field     string // of Events, as errors name it
	day       func(Events) string
	endOfYear bool
}

func events() []event {
	closed := func(e Events) string { return e.Closed }
	received := func(e Events) string { return e.Received }
	dated := func(e Events) string { return e.Dated }
	granted := func(e Events) string { return e.Granted }
	return []event{
		{FromEndOfYearOfClosing, "closed", closed, true},
		{FromClosing, "closed", closed, false},
		{FromReceived, "received", received, false},
		{FromEndOfYearOfReceived, "received", received, true},
		{FromDated, "dated", dated, false},
		{FromEndOfYearOfDated, "dated", dated, true},
		{FromGrantedNotice, "granted", granted, false},
		{FromEndOfYearOfGranted, "granted", granted, true},
	}
}

// EventNames lists what a class may count from.
func EventNames() []string {
	var out []string
	for _, e := range events() {
		out = append(out, e.name)
	}
	return out
}

// Validate checks a class as setup brings it. The error is record.Invalid and
// names the field: class, years, from or lock.
func Validate(c record.RetentionClass) error {
	switch {
	case strings.TrimSpace(c.Class) == "":
		return record.Bad("class", "a retention class needs a name")
	case c.Years < 1 || c.Years > MaxYears:
		return record.Bad("years", "a retention class keeps 1 to %d years", MaxYears)
	case !slices.Contains(EventNames(), c.From):
		return record.Bad("from", "a retention class counts from one of: %s", strings.Join(EventNames(), ", "))
	case c.Lock != "" && c.Lock != LockFull:
		return record.Bad("lock", "a lock is left out (it rolls) or \"full\"")
	}
	return nil
}

// KeepUntil gives the last day of keeping, or "" while the event is open. A
// class that is not valid, or a day that is none, is record.Invalid with the
// field's name; it never yields a date.
func KeepUntil(c record.RetentionClass, e Events) (until string, why Why, err error) {
	if err := Validate(c); err != nil {
		return "", Why{}, err
	}
	all := events()
	ev := all[slices.IndexFunc(all, func(ev event) bool { return ev.name == c.From })]
	why = Why{Key: "retention." + ev.name, Event: ev.name, Day: ev.day(e), Years: c.Years}
	if why.Day == "" {
		why.Key = "retention.open." + ev.name
		return "", why, nil
	}
	day, err := time.Parse(time.DateOnly, why.Day)
	if err != nil || day.Year() < 1 {
		return "", Why{}, record.Bad(ev.field, "this is no day of the form YYYY-MM-DD")
	}
	if ev.endOfYear {
		day = time.Date(day.Year(), time.December, 31, 0, 0, 0, 0, time.UTC)
	}
	last := addYears(day, c.Years)
	if last.Year() > 9999 {
		return "", Why{}, record.Bad(ev.field, "the period would end after the year 9999")
	}
	return last.Format(time.DateOnly), why, nil
}

// addYears gives the day of the same number, or 28 February for the 29th.
func addYears(day time.Time, years int) time.Time {
	out := day.AddDate(years, 0, 0)
	if out.Day() != day.Day() {
		return out.AddDate(0, 0, -out.Day())
	}
	return out
}

// LockUntil gives the date to which the store's lock should stand. current is
// the lock that stands (zero at intake); the result is never before it.
//
// At intake it is 24 months ahead. Later it is left alone while it is 18 months
// ahead, then brought to 24 months, but not beyond the end of keepUntil. A
// class with lock "full" goes to the end of keepUntil as soon as that is known.
// A keepUntil that is empty or no day counts as not known: the lock rolls on.
// The result is in UTC and in whole seconds, rounded up: what stores keep.
func LockUntil(c record.RetentionClass, keepUntil string, now, current time.Time) time.Time {
	return LockUntilNext(c, keepUntil, now, now, current)
}

// LockUntilNext is LockUntil for who comes again only at next: it extends what
// would be less than 18 months ahead by then.
func LockUntilNext(c record.RetentionClass, keepUntil string, now, next, current time.Time) time.Time {
	end, known := lastMoment(keepUntil)
	ahead := now.AddDate(0, LockAhead, 0)
	want := current
	switch {
	case current.IsZero():
		want = ahead
	case current.Before(next.AddDate(0, LockAtLeast, 0)):
		want = ahead
		if known && end.Before(ahead) {
			want = end
		}
	}
	if c.Lock == LockFull && known && end.After(want) {
		want = end
	}
	if want.Before(current) {
		want = current
	}
	return wholeSecond(want.UTC())
}

// lastMoment is the end of a day in UTC. In Europe/Berlin the day has ended an
// hour or two before, so a lock never ends early.
func lastMoment(day string) (time.Time, bool) {
	d, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return time.Time{}, false
	}
	return d.AddDate(0, 0, 1), true
}

func wholeSecond(t time.Time) time.Time {
	if down := t.Truncate(time.Second); down.Before(t) {
		return down.Add(time.Second)
	}
	return t
}
