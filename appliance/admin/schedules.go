package admin

import (
	"context"
	"errors"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Schedule is work that comes round, as the page shows it. Times are in UTC;
// one that is null has not been or will not be.
type Schedule struct {
	Name        string           `json:"name"`
	Cron        string           `json:"cron"`         // five fields in UTC, or "off"
	NextRun     *time.Time       `json:"next_run"`     // null while it is off
	LastStart   *time.Time       `json:"last_start"`   // null: it never ran
	LastEnd     *time.Time       `json:"last_end"`     // of the last run that ended
	LastOutcome string           `json:"last_outcome"` // of that run: ok, failed, or empty
	LastResult  string           `json:"last_result"`  // one or two sentences, English
	Counts      map[string]int64 `json:"counts"`       // what that run did, by name
	Running     int              `json:"running"`
	Waiting     int              `json:"waiting"`
	GivenUp     int              `json:"given_up"` // runs that ended their machine again and again
}

// Schedules lists what comes round, when it ran, how, and when it runs next.
// It needs the right to read the appliance's health.
func (a *Admin) Schedules(ctx context.Context, actor record.Actor) ([]Schedule, error) {
	var out []Schedule
	allowed := false
	err := a.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if allowed, err = a.may(tx, actor, access.HealthRead); err != nil || !allowed {
			return err
		}
		out, err = a.schedules(tx)
		return err
	})
	if err != nil {
		return nil, err
	}
	outcome := audit.Allowed
	if !allowed {
		outcome = audit.Denied
	}
	leaf, err := a.seal(actor, audit.ScheduleRead, outcome, "")
	if err != nil {
		return nil, err
	}
	if err := a.Catalog.AppendAudit(ctx, leaf); err != nil {
		return nil, err
	}
	if !allowed {
		return nil, noAdministrator()
	}
	return out, nil
}

func (a *Admin) schedules(tx *catalog.Tx) ([]Schedule, error) {
	rows, err := tx.Schedules()
	if err != nil {
		return nil, err
	}
	jobs, err := tx.JobStats()
	if err != nil {
		return nil, err
	}
	known, queue := map[string]catalog.ScheduleRow{}, map[string]catalog.JobCount{}
	for _, r := range rows {
		known[r.Name] = r
	}
	for _, j := range jobs {
		queue[j.Kind] = j
	}
	var out []Schedule
	for _, p := range a.Plan.Schedules() {
		r, q := known[p.Name], queue[p.Kind()]
		s := Schedule{Name: p.Name, Cron: p.Cron, NextRun: moment(a.Plan.Next(p.Name, a.Clock.Now())), LastStart: moment(r.StartedAt),
			LastEnd: moment(r.EndedAt), LastOutcome: r.Outcome, LastResult: r.Result, Counts: r.Counts,
			Running: q.Leased, Waiting: q.Waiting, GivenUp: q.Buried}
		if s.Counts == nil {
			s.Counts = map[string]int64{}
		}
		out = append(out, s)
	}
	return out, nil
}

// moment is nil for the time that has not been.
func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// RunNow lets a schedule run as soon as a worker is free, also one that is
// switched off. While such a run waits, asking again changes nothing; while one
// goes on, another one follows it. It needs the right to manage settings.
func (a *Admin) RunNow(ctx context.Context, actor record.Actor, name string) error {
	err := a.Catalog.WithTx(ctx, func(tx *catalog.Tx) error {
		allowed, err := a.may(tx, actor, access.SettingsManage)
		if err != nil {
			return err
		}
		if !allowed {
			return noAdministrator()
		}
		spec, err := a.Plan.Spec(name, a.Clock.Now())
		if err != nil {
			return err
		}
		leaf, err := a.seal(actor, audit.ScheduleRun, audit.Done, name)
		if err != nil {
			return err
		}
		return errors.Join(tx.Enqueue(spec), tx.Append(leaf))
	})
	if errors.Is(err, record.Denied) || errors.Is(err, record.NotFound) {
		leaf, serr := a.seal(actor, audit.ScheduleRun, audit.Denied, "")
		if serr == nil {
			serr = a.Catalog.AppendAudit(ctx, leaf)
		}
		if serr != nil {
			return serr
		}
	}
	if err == nil && a.Wake != nil {
		a.Wake()
	}
	return err
}

// may says whether an actor, at any site, may do what concerns the appliance
// as a whole.
func (a *Admin) may(tx *catalog.Tx, actor record.Actor, act access.Action) (bool, error) {
	user, err := tx.UserByID(actor.User)
	if errors.Is(err, record.NotFound) || err == nil && user.Disabled {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	roles, err := tx.Roles(actor.User)
	return err == nil && a.Policy.DecideAt(roles, "", "", act).Allowed, err
}

// seal makes an entry about a schedule; "" if none in particular is meant.
func (a *Admin) seal(actor record.Actor, action, outcome, schedule string) (audit.Leaf, error) {
	e := audit.Entry{At: a.Clock.Now(), Action: action, Outcome: outcome, Actor: actor.User, Via: actor.Via, Request: actor.Request,
		Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address}}
	if schedule != "" {
		e.Objects = []audit.Object{{Kind: audit.KindSchedule, ID: schedule}}
	}
	return audit.Seal(e)
}

func noAdministrator() error {
	return &record.Error{Category: record.Denied, Message: "Only administrators see and start what the appliance does by schedule."}
}
