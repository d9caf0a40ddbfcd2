package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"eakte/appliance/job"
)

var _ job.ScheduleStore = (*Catalog)(nil)

// The outcomes of a schedule's run.
const (
	OutcomeOK     = "ok"
	OutcomeFailed = "failed"
)

// ScheduleRow is what is known of a schedule.
type ScheduleRow struct {
	Name      string
	Due       time.Time        // enqueued up to this due time; zero: never looked at
	StartedAt time.Time        // of the last run; zero: none
	EndedAt   time.Time        // of the last run that ended; before StartedAt while one goes on or after one was cut off
	Outcome   string           // of the last run that ended: "", OutcomeOK or OutcomeFailed
	Result    string           // one or two sentences, English, without personal data
	Counts    map[string]int64 // what was done, by name
}

// LastDue implements job.ScheduleStore.
func (c *Catalog) LastDue(ctx context.Context, name string) (last time.Time, err error) {
	err = c.Read(ctx, func(tx *Tx) error {
		var due int64
		_, err := tx.one("last due", "SELECT due FROM schedule WHERE name = $1", []any{name}, &due)
		last = fromMicros(due)
		return err
	})
	return last, err
}

// Advance implements job.ScheduleStore.
func (c *Catalog) Advance(ctx context.Context, name string, from, to time.Time, spec *job.Spec) (moved bool, err error) {
	err = c.WithTx(ctx, func(tx *Tx) error {
		moved = false
		if err := tx.knowSchedule(name); err != nil {
			return err
		}
		n, err := tx.exec("advance", "UPDATE schedule SET due = $3 WHERE name = $1 AND due = $2", name, toMicros(from), toMicros(to))
		if err != nil || n == 0 {
			return err
		}
		moved = true
		if spec == nil {
			return nil
		}
		return tx.Enqueue(*spec)
	})
	return moved && err == nil, err
}

// knowSchedule adds a schedule's row if it is missing.
func (t *Tx) knowSchedule(name string) error {
	_, err := t.exec("know schedule", `INSERT INTO schedule (name, due, started_at, ended_at, outcome, result, counts, progress)
		VALUES ($1, 0, 0, 0, '', '', '{}', '') ON CONFLICT DO NOTHING`, name)
	return err
}

// Schedules lists what is known of schedules, by name.
func (t *Tx) Schedules() ([]ScheduleRow, error) {
	var out []ScheduleRow
	err := t.each("schedules", "SELECT name, due, started_at, ended_at, outcome, result, counts FROM schedule ORDER BY name", nil,
		func(row *sql.Rows) error {
			var s ScheduleRow
			var due, started, ended int64
			var counts string
			if err := row.Scan(&s.Name, &due, &started, &ended, &s.Outcome, &s.Result, &counts); err != nil {
				return err
			}
			if err := json.Unmarshal([]byte(counts), &s.Counts); err != nil {
				return err
			}
			s.Due, s.StartedAt, s.EndedAt = fromMicros(due), fromMicros(started), fromMicros(ended)
			out = append(out, s)
			return nil
		})
	return out, err
}

// StartSchedule notes that a run has begun.
func (t *Tx) StartSchedule(name string, at time.Time) error {
	if err := t.knowSchedule(name); err != nil {
		return err
	}
	return t.change("start schedule", "schedule", "UPDATE schedule SET started_at = $2 WHERE name = $1", name, toMicros(at))
}

// EndSchedule notes how a run ended.
func (t *Tx) EndSchedule(name string, at time.Time, outcome, result string, counts map[string]int64) error {
	if counts == nil {
		counts = map[string]int64{}
	}
	b, err := json.Marshal(counts)
	if err != nil {
		return err
	}
	return t.change("end schedule", "schedule", "UPDATE schedule SET ended_at = $2, outcome = $3, result = $4, counts = $5 WHERE name = $1",
		name, toMicros(at), outcome, result, string(b))
}

// Progress reads where a schedule's task goes on; "" at its beginning.
func (t *Tx) Progress(name string) (string, error) {
	var s string
	_, err := t.one("progress", "SELECT progress FROM schedule WHERE name = $1", []any{name}, &s)
	return s, err
}

// SetProgress notes where a schedule's task goes on.
func (t *Tx) SetProgress(name, progress string) error {
	if err := t.knowSchedule(name); err != nil {
		return err
	}
	return t.change("set progress", "schedule", "UPDATE schedule SET progress = $2 WHERE name = $1", name, progress)
}
