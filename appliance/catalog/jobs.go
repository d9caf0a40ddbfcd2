package catalog

import (
	"context"
	"database/sql"
	"encoding/json"
	"time"

	"eakte/appliance/job"
)

// Enqueue adds a job that becomes visible with the transaction's commit. If
// one of the same kind and key waits already, nothing is added; if one is
// running, it will be run once more after it has ended.
func (t *Tx) Enqueue(s job.Spec) error {
	j, err := job.New(s, t.Now())
	if err != nil {
		return err
	}
	if j.Key != "" {
		n, err := t.exec("enqueue", `UPDATE job SET again = CASE WHEN state = 'leased' THEN 1 ELSE 0 END
			WHERE kind = $1 AND job_key = $2 AND state <> 'buried'`, j.Kind, j.Key)
		if err != nil || n > 0 {
			return err
		}
	}
	return t.putJob(j)
}

func (t *Tx) putJob(j job.Job) error {
	place, err := t.next("job")
	if err != nil {
		return err
	}
	_, err = t.exec("enqueue", `INSERT INTO job (id, place, kind, job_key, payload, priority, state, attempt, max_attempts, run_at,
		node, leased_until, cause, again, created_at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, 'waiting', 0, $7, $8, '', 0, '', 0, $9, $9)`,
		j.ID, place, j.Kind, j.Key, string(j.Payload), j.Priority, j.MaxAttempts, toMicros(j.At), toMicros(j.EnqueuedAt))
	return err
}

const jobColumns = "id, kind, job_key, payload, priority, attempt, max_attempts, run_at, created_at, cause"

func (t *Tx) jobs(op, query string, args ...any) ([]job.Job, error) {
	var out []job.Job
	err := t.each(op, query, args, func(row *sql.Rows) error {
		var j job.Job
		var payload string
		var at, created int64
		if err := row.Scan(&j.ID, &j.Kind, &j.Key, &payload, &j.Priority, &j.Attempt, &j.MaxAttempts, &at, &created, &j.LastCause); err != nil {
			return err
		}
		j.Payload, j.At, j.EnqueuedAt = json.RawMessage(payload), fromMicros(at), fromMicros(created)
		out = append(out, j)
		return nil
	})
	return out, err
}

// UntriedJobs says which of the keys have a job of a kind that waits or runs
// and has not failed yet.
func (t *Tx) UntriedJobs(kind string, jobKeys []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range chunks(jobKeys) {
		var p params
		found, err := column[string](t, "untried jobs", "SELECT job_key FROM job WHERE kind = "+p.add(kind)+
			" AND job_key IN ("+list(&p, part)+") AND job_key <> '' AND state <> 'buried' AND cause = ''", p.args...)
		if err != nil {
			return nil, err
		}
		for _, k := range found {
			out[k] = true
		}
	}
	return out, nil
}

// JobCount says how many jobs of a kind there are, and since when the oldest
// that is due has been waiting (zero: none is due).
type JobCount struct {
	Kind      string
	Waiting   int
	Leased    int
	Buried    int
	OldestDue time.Time
}

// JobStats counts the jobs of each kind.
func (t *Tx) JobStats() ([]JobCount, error) {
	var out []JobCount
	err := t.each("job stats", `SELECT kind, SUM(CASE WHEN state = 'waiting' THEN 1 ELSE 0 END),
		SUM(CASE WHEN state = 'leased' THEN 1 ELSE 0 END), SUM(CASE WHEN state = 'buried' THEN 1 ELSE 0 END),
		COALESCE(MIN(CASE WHEN state = 'waiting' AND run_at <= $1 THEN run_at END), 0)
		FROM job GROUP BY kind ORDER BY kind`, []any{t.c.now()}, func(row *sql.Rows) error {
		var c JobCount
		var oldest int64
		if err := row.Scan(&c.Kind, &c.Waiting, &c.Leased, &c.Buried, &oldest); err != nil {
			return err
		}
		c.OldestDue = fromMicros(oldest)
		out = append(out, c)
		return nil
	})
	return out, err
}

// BuriedJobs lists jobs that were set aside, the latest first, at most n.
func (t *Tx) BuriedJobs(n int) ([]job.Job, error) {
	return t.jobs("buried jobs", "SELECT "+jobColumns+" FROM job WHERE state = 'buried' ORDER BY changed_at DESC, id LIMIT $1", clampLimit(n))
}

// ReviveJob lets a buried job run again as if new: a person has decided so. It
// gives Conflict if the same work is waiting or running already.
func (t *Tx) ReviveJob(id string) error {
	taken, err := t.one("revive job", `SELECT 1 FROM job b JOIN job o ON o.kind = b.kind AND o.job_key = b.job_key
		WHERE b.id = $1 AND b.state = 'buried' AND b.job_key <> '' AND o.state <> 'buried' LIMIT 1`, []any{id}, new(int))
	if err != nil {
		return err
	}
	if taken {
		return conflict("The same work is waiting or running already.")
	}
	return t.change("revive job", "job", `UPDATE job SET state = 'waiting', attempt = 0, cause = '', again = 0, run_at = $2, changed_at = $2
		WHERE id = $1 AND state = 'buried'`, id, t.c.now())
}

// Enqueue adds a job in a transaction of its own.
func (c *Catalog) Enqueue(ctx context.Context, s job.Spec) error {
	return c.WithTx(ctx, func(tx *Tx) error { return tx.Enqueue(s) })
}

// Buried lists the jobs that were set aside, at most 500.
func (c *Catalog) Buried(ctx context.Context) ([]job.Job, error) {
	var out []job.Job
	err := c.Read(ctx, func(tx *Tx) (err error) {
		out, err = tx.BuriedJobs(500)
		return err
	})
	return out, err
}
