package catalog

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"eakte/appliance/record"
)

// SetDeliveryPlan keeps when a provider delivers.
func (t *Tx) SetDeliveryPlan(p record.DeliveryPlan, by record.UserID) error {
	body, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("catalog: set delivery plan: %w", err)
	}
	_, err = t.exec("set delivery plan", `INSERT INTO delivery_plan (provider, body, changed_by, changed_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (provider) DO UPDATE SET body = excluded.body, changed_by = excluded.changed_by, changed_at = excluded.changed_at`,
		p.Provider, string(body), by, t.c.now())
	return err
}

// DropDeliveryPlan forgets when a provider delivers, and what was missing.
func (t *Tx) DropDeliveryPlan(provider string) error {
	if _, err := t.exec("drop delivery plan", "DELETE FROM delivery_missing WHERE provider = $1 AND resolved_at = 0", provider); err != nil {
		return err
	}
	_, err := t.exec("drop delivery plan", "DELETE FROM delivery_plan WHERE provider = $1", provider)
	return err
}

// PlannedProvider is a provider with a plan, and when something came last.
type PlannedProvider struct {
	Plan record.DeliveryPlan
	Last time.Time // zero: never
}

// DeliveryPlans lists the plans by the provider's name. A delivery counts from
// its manifest on; what is only announced, or was withdrawn, does not.
func (t *Tx) DeliveryPlans() ([]PlannedProvider, error) {
	var out []PlannedProvider
	err := t.each("delivery plans", `SELECT p.body, COALESCE((SELECT MAX(d.opened_at) FROM delivery d
		WHERE d.provider = p.provider AND d.state <> 'withdrawn'), 0) FROM delivery_plan p ORDER BY p.provider`, nil, func(row *sql.Rows) error {
		var body string
		var last int64
		if err := row.Scan(&body, &last); err != nil {
			return err
		}
		p := PlannedProvider{Last: fromMicros(last)}
		if err := json.Unmarshal([]byte(body), &p.Plan); err != nil {
			return fmt.Errorf("catalog: delivery plans: %w", err)
		}
		out = append(out, p)
		return nil
	})
	return out, err
}

// LastDelivery is when a delivery of a provider came last; zero: never. It counts
// from its manifest on, unless it was withdrawn.
func (t *Tx) LastDelivery(provider string) (time.Time, error) {
	var last int64
	_, err := t.one("last delivery", "SELECT COALESCE(MAX(opened_at), 0) FROM delivery WHERE provider = $1 AND state <> 'withdrawn'", []any{provider}, &last)
	return fromMicros(last), err
}

// MissingDelivery is a day on which a provider was expected and nothing came.
type MissingDelivery struct {
	Provider   string
	Day        string // YYYY-MM-DD in Germany
	Due        time.Time
	FoundAt    time.Time
	ResolvedAt time.Time // zero: nothing has come since
}

// NoteMissing notes what is missing now of one provider, and resolves what is not
// any more, however long ago it was noted. It says how many are new and how many
// were resolved.
func (t *Tx) NoteMissing(p PlannedProvider, now time.Time) (found, resolved int64, err error) {
	for _, e := range p.Plan.Missed(p.Last, now) {
		n, err := t.exec("note missing", `INSERT INTO delivery_missing (provider, day, due_at, found_at, resolved_at) VALUES ($1, $2, $3, $4, 0)
			ON CONFLICT (provider, day) DO UPDATE SET resolved_at = 0, due_at = excluded.due_at WHERE delivery_missing.resolved_at <> 0`,
			p.Plan.Provider, e.Day, toMicros(e.Late), toMicros(now))
		if err != nil {
			return 0, 0, err
		}
		found += n
	}
	days, err := column[string](t, "still missing", "SELECT day FROM delivery_missing WHERE provider = $1 AND resolved_at = 0", p.Plan.Provider)
	for _, day := range days {
		if err != nil || p.Plan.StillMissing(day, p.Last) {
			continue
		}
		_, err = t.exec("resolve missing", "UPDATE delivery_missing SET resolved_at = $1 WHERE provider = $2 AND day = $3", toMicros(now), p.Plan.Provider, day)
		resolved++
	}
	return found, resolved, err
}

// MissingDeliveries lists what is missing now, by provider and day.
func (t *Tx) MissingDeliveries() ([]MissingDelivery, error) {
	var out []MissingDelivery
	err := t.each("missing deliveries", `SELECT provider, day, due_at, found_at, resolved_at FROM delivery_missing
		WHERE resolved_at = 0 ORDER BY provider, day`, nil, func(row *sql.Rows) error {
		var m MissingDelivery
		var due, found, resolved int64
		err := row.Scan(&m.Provider, &m.Day, &due, &found, &resolved)
		m.Due, m.FoundAt, m.ResolvedAt = fromMicros(due), fromMicros(found), fromMicros(resolved)
		out = append(out, m)
		return err
	})
	return out, err
}
