package job

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"eakte/appliance/record"
)

// SchedulePrefix begins the kind of a schedule's jobs: "schedule.locks".
const SchedulePrefix = "schedule."

// Off in place of an expression switches a schedule off.
const Off = "off"

// Schedule is work that comes round.
type Schedule struct {
	Name string // small letters; names the kind of its jobs
	Cron string // minute, hour, day of month, month, day of week, in UTC; or Off
	// Within is the longest time that may lie between two due times; such a
	// schedule can't be switched off. 0: any time, and it can.
	Within time.Duration
}

// Kind is the kind of the schedule's jobs.
func (s Schedule) Kind() string { return SchedulePrefix + s.Name }

// spec asks for a run. The key is the same for every run, so that no two runs
// of one schedule go on at the same time; that a due time is enqueued once is
// for the ScheduleStore to see to.
func (s Schedule) spec(due time.Time) Spec {
	return Spec{Kind: s.Kind(), Key: s.Name, MaxAttempts: scheduleAttempts, Payload: struct {
		Due time.Time `json:"due"`
	}{due.UTC()}}
}

// scheduleAttempts is about two to three hours with the runner's pauses; after
// that the next due time is near enough.
const scheduleAttempts = 12

// Plan is a table of schedules whose expressions are known to be good.
type Plan struct {
	entries []entry
}

type entry struct {
	Schedule
	times cron.Schedule // nil: switched off
}

// NewPlan lays the overrides (name to expression, or Off) over the schedules
// and checks all of them. An expression that can't be read or never comes
// round, one that comes round too rarely, and a name that isn't there are
// record.Invalid: a schedule that silently never runs is worse than a server
// that does not start. from is the time from which it is looked ahead.
func NewPlan(schedules []Schedule, overrides map[string]string, from time.Time) (Plan, error) {
	var p Plan
	for _, s := range schedules {
		if expression, ok := overrides[s.Name]; ok {
			s.Cron = strings.TrimSpace(expression)
		}
		times, err := s.parse(from)
		if err != nil {
			return Plan{}, err
		}
		p.entries = append(p.entries, entry{s, times})
	}
	for name := range overrides {
		if _, err := p.entry(name); err != nil {
			return Plan{}, &record.Error{Category: record.Invalid, Field: "schedules." + name,
				Message: "There is no schedule of this name.", Hint: "The schedules are: " + strings.Join(p.names(), ", ") + "."}
		}
	}
	return p, nil
}

// scheduleChars are those of a five-field expression. The parser would take
// more: a time zone before it, in which days of 23 and 25 hours lie.
const scheduleChars = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz*/,?-"

func (s Schedule) parse(from time.Time) (cron.Schedule, error) {
	wrong := func(message string, cause error) error {
		return &record.Error{Category: record.Invalid, Field: "schedules." + s.Name, Message: "The schedule " + s.Name + " " + message,
			Hint: "Write five fields in UTC, as \"15 1 * * *\" for 01:15 each day.", Cause: cause}
	}
	if s.Cron == Off {
		if s.Within > 0 {
			return nil, wrong("can't be switched off: what it does keeps documents safe.", nil)
		}
		return nil, nil
	}
	fields := strings.Fields(s.Cron)
	if len(fields) != 5 || strings.Trim(strings.Join(fields, ""), scheduleChars) != "" {
		return nil, wrong("has no cron expression of five fields.", nil)
	}
	times, err := cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow).Parse(strings.Join(fields, " "))
	if err != nil {
		return nil, wrong("has a cron expression that can't be read.", err)
	}
	if times.Next(from.UTC()).IsZero() {
		return nil, wrong("has a cron expression that never comes round.", nil)
	}
	if s.Within > 0 && gap(times, from.UTC(), s.Within) > s.Within {
		return nil, wrong(fmt.Sprintf("comes round too rarely: it must run every %d days.", int(s.Within.Hours()/24)), nil)
	}
	return times, nil
}

// gap is the longest time within a year between the end of a day with a due
// time and the next due time, or the first that is longer than enough. By days,
// because a schedule of every minute has half a million due times a year.
func gap(times cron.Schedule, from time.Time, enough time.Duration) time.Duration {
	longest := time.Duration(0)
	for last, end := from, from.AddDate(1, 0, 0); last.Before(end) && longest <= enough; {
		next := times.Next(last)
		if next.IsZero() {
			return end.Sub(last)
		}
		longest = max(longest, next.Sub(last))
		last = next.Truncate(24 * time.Hour).Add(24*time.Hour - time.Second)
	}
	return longest
}

func (p Plan) entry(name string) (entry, error) {
	i := slices.IndexFunc(p.entries, func(e entry) bool { return e.Name == name })
	if i < 0 {
		return entry{}, &record.Error{Category: record.NotFound, Message: "There is no schedule of this name."}
	}
	return p.entries[i], nil
}

func (p Plan) names() []string {
	var out []string
	for _, e := range p.entries {
		out = append(out, e.Name)
	}
	return out
}

// Schedules lists the table with the expressions that count.
func (p Plan) Schedules() []Schedule {
	var out []Schedule
	for _, e := range p.entries {
		out = append(out, e.Schedule)
	}
	return out
}

// Next is a schedule's first due time after a time, in UTC; zero when it is
// switched off or there is none.
func (p Plan) Next(name string, after time.Time) time.Time {
	e, err := p.entry(name)
	if err != nil || e.times == nil {
		return time.Time{}
	}
	return e.times.Next(after.UTC())
}

// Spec asks for a run of a schedule out of turn: due is the time at which it
// is asked for. If one waits already, that is the run; if one is going on,
// another one follows. NotFound if there is no such schedule.
func (p Plan) Spec(name string, due time.Time) (Spec, error) {
	e, err := p.entry(name)
	if err != nil {
		return Spec{}, err
	}
	return e.spec(due), nil
}

// latest is the last due time after one time and not after another; zero if
// there is none.
func (e entry) latest(after, until time.Time) time.Time {
	var last time.Time
	if e.times == nil {
		return last
	}
	after = later(after, until.AddDate(-1, 0, 0)) // of what was missed only the last counts, so a year is far enough
	for next := e.times.Next(after.UTC()); !next.IsZero() && !next.After(until); next = e.times.Next(next) {
		last = next
	}
	return last
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
