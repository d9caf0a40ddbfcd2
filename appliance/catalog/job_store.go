package catalog

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"time"

	"eakte/appliance/job"
	"eakte/appliance/record"
)

var _ job.Store = (*Catalog)(nil)

// Lease implements job.Store.
func (c *Catalog) Lease(ctx context.Context, node string, kinds []string, n int, lease time.Duration) ([]job.Job, error) {
	if len(kinds) == 0 || n <= 0 {
		return nil, nil
	}
	now := c.now()
	free := func(tx *Tx) ([]string, error) { return tx.leasable(kinds, min(n, maxList), now) }
	idle := false
	err := c.Read(ctx, func(tx *Tx) error { // who polls in vain must not keep writers waiting
		ids, err := free(tx)
		idle = len(ids) == 0
		return err
	})
	if err != nil || idle {
		return nil, err
	}
	var out []job.Job
	err = c.WithTx(ctx, func(tx *Tx) error {
		out = nil
		ids, err := free(tx)
		if err != nil || len(ids) == 0 {
			return err
		}
		var p params
		q := "UPDATE job SET state = 'leased', node = " + p.add(node) + ", leased_until = " + p.add(now+lease.Microseconds()) +
			", attempt = attempt + 1, changed_at = " + p.add(now) + " WHERE id IN (" + list(&p, ids) + ") RETURNING " + jobColumns
		if out, err = tx.jobs("lease", q, p.args...); err != nil {
			return err
		}
		slices.SortFunc(out, func(a, b job.Job) int { return cmp.Compare(slices.Index(ids, a.ID), slices.Index(ids, b.ID)) })
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// leasable gives the ids of up to n jobs that may be leased, in their order.
// It asks kind by kind, so that the index has them in order already.
func (t *Tx) leasable(kinds []string, n int, now int64) ([]string, error) {
	type candidate struct {
		id                 string
		priority, at, turn int64
	}
	var all []candidate
	add := func(row *sql.Rows) error {
		var c candidate
		if err := row.Scan(&c.id, &c.priority, &c.at, &c.turn); err != nil {
			return err
		}
		all = append(all, c)
		return nil
	}
	for _, kind := range kinds {
		if err := t.each("lease", `SELECT id, priority, run_at, place FROM job WHERE state = 'waiting' AND kind = $1 AND run_at <= $2
			ORDER BY priority DESC, run_at, place LIMIT $3`, []any{kind, now, n}, add); err != nil {
			return nil, err
		}
	}
	var p params
	q := "SELECT id, priority, run_at, place FROM job WHERE state = 'leased' AND leased_until <= " + p.add(now) +
		" AND kind IN (" + list(&p, kinds) + ") ORDER BY priority DESC, run_at, place LIMIT " + p.add(n)
	if err := t.each("lease", q, p.args, add); err != nil {
		return nil, err
	}
	slices.SortFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(b.priority, a.priority), cmp.Compare(a.at, b.at), cmp.Compare(a.turn, b.turn))
	})
	ids := make([]string, 0, n)
	for _, c := range all[:min(n, len(all))] {
		ids = append(ids, c.id)
	}
	return ids, nil
}

// Heartbeat implements job.Store.
func (c *Catalog) Heartbeat(ctx context.Context, id, node string, lease time.Duration) error {
	return c.held(ctx, "heartbeat", "leased_until = $3", id, node, c.now()+lease.Microseconds())
}

// Retry implements job.Store.
func (c *Catalog) Retry(ctx context.Context, id, node string, at time.Time, cause string) error {
	return c.held(ctx, "retry", "state = 'waiting', node = '', again = 0, run_at = $3, cause = $4, changed_at = $5",
		id, node, toMicros(at), cause, c.now())
}

// Snooze implements job.Store.
func (c *Catalog) Snooze(ctx context.Context, id, node string, at time.Time, cause string) error {
	return c.held(ctx, "snooze", "state = 'waiting', node = '', again = 0, run_at = $3, cause = $4, changed_at = $5, attempt = attempt - 1",
		id, node, toMicros(at), cause, c.now())
}

// Release implements job.Store.
func (c *Catalog) Release(ctx context.Context, id, node string) error {
	return c.held(ctx, "release", "state = 'waiting', node = '', again = 0, run_at = $3, changed_at = $3, attempt = attempt - 1",
		id, node, c.now())
}

// ReleaseNode gives back what a node still holds from before it was killed, so
// that its work goes on at once and not when the leases run out. Call it when
// the node starts and nothing of it can run any more. The attempts count: the
// job itself may be what killed it.
func (c *Catalog) ReleaseNode(ctx context.Context, node string) error {
	return c.WithTx(ctx, func(tx *Tx) error {
		_, err := tx.exec("release node", "UPDATE job SET leased_until = $2 WHERE node = $1 AND state = 'leased'", node, c.now())
		return err
	})
}

// held changes a job that node holds; set takes its values from $3 on.
func (c *Catalog) held(ctx context.Context, op, set, id, node string, values ...any) error {
	return c.WithTx(ctx, func(tx *Tx) error {
		n, err := tx.exec(op, "UPDATE job SET "+set+" WHERE id = $1 AND node = $2 AND state = 'leased'", append([]any{id, node}, values...)...)
		if err == nil && n == 0 {
			err = job.ErrLost
		}
		return err
	})
}

// Finish implements job.Store.
func (c *Catalog) Finish(ctx context.Context, id, node string) error {
	return c.WithTx(ctx, func(tx *Tx) error {
		n, err := tx.exec("finish", "DELETE FROM job WHERE id = $1 AND node = $2 AND state = 'leased' AND again = 0", id, node)
		if err != nil || n > 0 {
			return err
		}
		place, err := tx.next("job")
		if err != nil {
			return err
		}
		n, err = tx.exec("finish", `UPDATE job SET state = 'waiting', node = '', again = 0, attempt = 0, cause = '', run_at = $3, changed_at = $3,
			place = $4 WHERE id = $1 AND node = $2 AND state = 'leased'`, id, node, c.now(), place)
		if err == nil && n == 0 {
			err = job.ErrLost
		}
		return err
	})
}

// Bury implements job.Store. If the job's key was enqueued again while it ran,
// that work is added as a job of its own: the buried one read what is now out
// of date.
func (c *Catalog) Bury(ctx context.Context, id, node, cause string) error {
	return c.WithTx(ctx, func(tx *Tx) error {
		var again bool
		found, err := tx.one("bury", "SELECT again FROM job WHERE id = $1 AND node = $2 AND state = 'leased'", []any{id, node}, &again)
		if err != nil {
			return err
		}
		if !found {
			return job.ErrLost
		}
		js, err := tx.jobs("bury", `UPDATE job SET state = 'buried', node = '', again = 0, cause = $2, changed_at = $3
			WHERE id = $1 RETURNING `+jobColumns, id, cause, c.now())
		if err != nil || !again || len(js) == 0 {
			return err
		}
		j := js[0]
		j.ID, j.At, j.EnqueuedAt = record.NewID(), tx.Now(), tx.Now()
		return tx.putJob(j)
	})
}
