package catalog

import (
	"context"
	"database/sql"
	"time"

	"eakte/appliance/record"
)

// purgeBatch is the most rows that one call below takes away. Call them in a
// transaction each, until they say 0 (InSteps).
const purgeBatch = 500

// InSteps repeats a bounded change, each time in a transaction of its own,
// until it finds nothing more to do, and gives the sum of what it says.
func (c *Catalog) InSteps(ctx context.Context, step func(*Tx) (int64, error)) (total int64, err error) {
	for {
		var n int64
		err := c.WithTx(ctx, func(tx *Tx) (err error) {
			n, err = step(tx)
			return err
		})
		if err != nil || n == 0 {
			return total, err
		}
		total += n
	}
}

// PurgeExpired removes sessions, tokens and sign-in failures that ended before
// a time, and says how many.
func (t *Tx) PurgeExpired(before time.Time) (int64, error) {
	for _, q := range []string{
		"DELETE FROM user_session WHERE hash IN (SELECT hash FROM user_session WHERE expires_at < $1 LIMIT $2)",
		"DELETE FROM user_token WHERE hash IN (SELECT hash FROM user_token WHERE expires_at > 0 AND expires_at < $1 LIMIT $2)",
		"DELETE FROM signin_failure WHERE (name, at) IN (SELECT name, at FROM signin_failure WHERE at < $1 LIMIT $2)",
	} {
		n, err := t.exec("purge expired", q, toMicros(before), purgeBatch)
		if err != nil || n > 0 {
			return n, err
		}
	}
	return 0, nil
}

// PurgeAnswers removes answers to idempotency keys given before a time, and
// says how many.
func (t *Tx) PurgeAnswers(before time.Time) (int64, error) {
	return t.exec("purge answers", `DELETE FROM idempotency WHERE (actor, request_key) IN
		(SELECT actor, request_key FROM idempotency WHERE created_at < $1 LIMIT $2)`, toMicros(before), purgeBatch)
}

// SlimJournal takes the sealed key, the manifest and the submission out of rows
// stored before a time: the store has them, and a key that is destroyed there
// must not live on here. What tells a repetition from a new document stays. It
// says how many rows.
func (t *Tx) SlimJournal(before time.Time) (int64, error) {
	return t.exec("slim journal", `UPDATE journal SET key_sealed = '', manifest = '', submission = '' WHERE id IN
		(SELECT id FROM journal WHERE key_sealed <> '' AND changed_at < $1 AND state = $2 LIMIT $3)`,
		toMicros(before), JournalStored, purgeBatch)
}

// PurgeJournal removes rows stored before a time, and says how many. A row
// whose document still has a job of a kind stays: the job reads it.
func (t *Tx) PurgeJournal(before time.Time, kind string) (int64, error) {
	return t.exec("purge journal", `DELETE FROM journal WHERE id IN (SELECT j.id FROM journal j WHERE j.state = $1 AND j.changed_at < $2
		AND NOT EXISTS (SELECT 1 FROM job o WHERE o.kind = $3 AND o.job_key = j.document_id AND o.job_key <> '' AND o.state <> 'buried')
		AND NOT EXISTS (SELECT 1 FROM job b WHERE b.kind = $3 AND b.job_key = j.document_id AND b.state = 'buried')
		ORDER BY j.changed_at, j.id LIMIT $4)`, JournalStored, toMicros(before), kind, purgeBatch)
}

// JournalOf says of each object in which state the row is by which it came in,
// and for which document; objects without a row are absent.
func (t *Tx) JournalOf(objects []record.ObjectID) (map[record.ObjectID]JournalRow, error) {
	out := map[record.ObjectID]JournalRow{}
	for part := range chunks(objects) {
		var p params
		err := t.each("journal of", "SELECT id, node, document_id, object_id, state, changed_at FROM journal WHERE object_id IN ("+
			list(&p, part)+")", p.args, func(row *sql.Rows) error {
			var j JournalRow
			var changed int64
			err := row.Scan(&j.ID, &j.Node, &j.Document, &j.Object, &j.State, &changed)
			j.ChangedAt = fromMicros(changed)
			out[j.Object] = j
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

// OpenJobs says which of the keys have a job of a kind that waits, runs or was
// set aside: the work is not known to be done. (Asked in two halves, so that
// each has its index.)
func (t *Tx) OpenJobs(kind string, jobKeys []string) (map[string]bool, error) {
	out := map[string]bool{}
	for part := range chunks(jobKeys) {
		var p params
		kind, in := p.add(kind), list(&p, part)
		found, err := column[string](t, "open jobs", "SELECT job_key FROM job WHERE kind = "+kind+" AND job_key IN ("+in+
			") AND job_key <> '' AND state <> 'buried' UNION SELECT job_key FROM job WHERE kind = "+kind+" AND job_key IN ("+in+
			") AND state = 'buried'", p.args...)
		if err != nil {
			return nil, err
		}
		for _, k := range found {
			out[k] = true
		}
	}
	return out, nil
}

// Unfinished is a document that is on its way in.
type Unfinished struct {
	Row    string
	Object record.ObjectID
}

// UnfinishedBefore lists rows of any node that have been on their way in since
// before a time, by id from behind after, at most 500.
func (t *Tx) UnfinishedBefore(before time.Time, after string) ([]Unfinished, error) {
	var out []Unfinished
	err := t.each("unfinished", "SELECT id, object_id FROM journal WHERE state = $1 AND created_at < $2 AND id > $3 ORDER BY id LIMIT 500",
		[]any{JournalSpooled, toMicros(before), after}, func(row *sql.Rows) error {
			var u Unfinished
			err := row.Scan(&u.Row, &u.Object)
			out = append(out, u)
			return err
		})
	return out, err
}
