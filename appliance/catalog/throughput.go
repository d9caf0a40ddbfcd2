package catalog

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"
	"time"

	"eakte/appliance/record"
)

// The kinds of what is counted while documents are read. Each number is added
// up, but that of workers: there the largest of its bucket counts.
const (
	CountPages       = "pages"
	CountReady       = "ready"       // documents that became readable
	CountQuarantined = "quarantined" // documents set aside, by reason
	CountRetries     = "retries"     // tries that a document needed beyond its first
	CountDeaths      = "deaths"      // workers that a page has killed
	CountWorkers     = "workers"     // how many documents a node reads at a time
	CountStage       = "stage"       // milliseconds, by stage
)

// StageIndex is the stage that follows reading: bringing a document to the index.
const StageIndex = "index"

// The buckets that counts are kept in.
const (
	minuteBucket = time.Minute
	dayBucket    = 24 * time.Hour
)

// Count is a number of one bucket. It says nothing of any document or person.
type Count struct {
	At   time.Time // read: when the bucket began; added: any time within it
	Kind string
	Name string // of the stage, or the reason of quarantine; else empty
	N    int64
}

// AddCounts adds what a node has counted to the minutes it was counted in.
func (t *Tx) AddCounts(node string, counts []Count) error {
	counts = slices.Clone(counts)
	for i := range counts {
		counts[i].At = counts[i].At.UTC().Truncate(minuteBucket)
	}
	// One order for all: two that add to the same rows would else wait for
	// each other.
	slices.SortStableFunc(counts, func(a, b Count) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Name, b.Name))
	})
	for _, c := range counts {
		sum := "throughput.n + excluded.n"
		if c.Kind == CountWorkers {
			sum = "CASE WHEN excluded.n > throughput.n THEN excluded.n ELSE throughput.n END"
		}
		if _, err := t.exec("add counts", `INSERT INTO throughput (span, at, node, kind, name, n) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (span, at, node, kind, name) DO UPDATE SET n = `+sum,
			int64(minuteBucket/time.Second), toMicros(c.At), node, c.Kind, c.Name, c.N); err != nil {
			return err
		}
	}
	return nil
}

// Counts gives the sums over all nodes of the minutes from a time on, in
// buckets of width, which is whole minutes; the oldest first. Buckets of which
// nothing was counted are left out. Minutes are kept for two days.
func (t *Tx) Counts(from time.Time, width time.Duration) ([]Count, error) {
	return t.counts("counts", `SELECT at - at % $1, kind, name, CAST(SUM(n) AS BIGINT) FROM throughput WHERE span = 60 AND at >= $2 AND kind <> $3
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, width.Microseconds(), toMicros(from.Truncate(width)), CountWorkers)
}

// Days gives the sums of the days from a time on that lie more than two days
// back, as Counts does.
func (t *Tx) Days(from time.Time) ([]Count, error) {
	return t.counts("days", `SELECT at, kind, name, CAST(SUM(n) AS BIGINT) FROM throughput WHERE span = 86400 AND at >= $1 AND kind <> $2
		GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`, toMicros(from), CountWorkers)
}

func (t *Tx) counts(op, query string, args ...any) ([]Count, error) {
	var out []Count
	err := t.each(op, query, args, func(row *sql.Rows) error {
		var c Count
		var at int64
		err := row.Scan(&at, &c.Kind, &c.Name, &c.N)
		c.At = fromMicros(at)
		out = append(out, c)
		return err
	})
	return out, err
}

// CountedWorkers says how many documents can be read at a time, over all nodes
// that have read one since a time; 0 if none has.
func (t *Tx) CountedWorkers(since time.Time) (int, error) {
	n := 0
	_, err := t.one("counted workers", `SELECT CAST(COALESCE(SUM(n), 0) AS BIGINT) FROM (SELECT MAX(n) AS n FROM throughput
		WHERE span = 60 AND at >= $1 AND kind = $2 GROUP BY node) AS each_node`, []any{toMicros(since), CountWorkers}, &n)
	return n, err
}

// FoldCounts turns the minutes of one day that lie before a time into that
// day's sums and removes them. Call it until it says 0: nothing is left.
func (t *Tx) FoldCounts(before time.Time) (int64, error) {
	var oldest int64
	if _, err := t.one("fold counts", "SELECT COALESCE(MIN(at), 0) FROM throughput WHERE span = 60 AND at < $1", []any{toMicros(before)}, &oldest); err != nil || oldest == 0 {
		return 0, err
	}
	day := fromMicros(oldest).Truncate(dayBucket)
	from, to := toMicros(day), min(toMicros(day.Add(dayBucket)), toMicros(before))
	for _, how := range []struct{ sum, which, merge string }{
		{"SUM(n)", "kind <> $4", "throughput.n + excluded.n"},
		{"MAX(n)", "kind = $4", "CASE WHEN excluded.n > throughput.n THEN excluded.n ELSE throughput.n END"},
	} {
		if _, err := t.exec("fold counts", `INSERT INTO throughput (span, at, node, kind, name, n)
			SELECT 86400, CAST($1 AS BIGINT), node, kind, name, `+how.sum+` FROM throughput WHERE span = 60 AND at >= $2 AND at < $3 AND `+how.which+
			` GROUP BY node, kind, name ON CONFLICT (span, at, node, kind, name) DO UPDATE SET n = `+how.merge, from, from, to, CountWorkers); err != nil {
			return 0, err
		}
	}
	return t.exec("fold counts", "DELETE FROM throughput WHERE span = 60 AND at >= $1 AND at < $2", from, to)
}

// PurgeCounts removes the days before a time.
func (t *Tx) PurgeCounts(before time.Time) (int64, error) {
	return t.exec("purge counts", "DELETE FROM throughput WHERE span = 86400 AND at < $1", toMicros(before))
}

// Queue is what waits to be read or is being read, in groups of equals.
type Queue struct {
	Channel string // that the documents came by
	Running bool   // it is being read, by Node; else it waits
	Node    string
	Held    string // the cause among those asked for that it waits for; "" for none of them
	Later   bool   // its time has not come yet: something went wrong before, or is missing

	Documents int
	Known     int       // pages of those that were read before
	Unread    int       // documents whose pages nobody knows
	Oldest    time.Time // when the oldest of them was enqueued
}

// Queued groups the jobs of a kind whose key is a document. held are parts
// of causes that a waiting job may have.
func (t *Tx) Queued(kind string, held [2]string) ([]Queue, error) {
	var out []Queue
	err := t.each("queued", `SELECT channel, state, node, held, later, COUNT(*), CAST(SUM(pages) AS BIGINT),
			SUM(CASE WHEN pages = 0 THEN 1 ELSE 0 END), MIN(created_at)
		FROM (SELECT COALESCE(d.channel, '') AS channel, j.state AS state, j.node AS node, COALESCE(d.pages, 0) AS pages, j.created_at AS created_at,
				CASE WHEN j.state <> 'waiting' THEN 0 WHEN j.cause LIKE $1 THEN 1 WHEN j.cause LIKE $2 THEN 2 ELSE 0 END AS held,
				CASE WHEN j.state = 'waiting' AND j.run_at > $3 THEN 1 ELSE 0 END AS later
			FROM job j LEFT JOIN document d ON d.id = j.job_key WHERE j.kind = $4 AND j.state <> 'buried') AS reading
		GROUP BY channel, state, node, held, later ORDER BY channel, state, node, held, later`,
		[]any{"%" + held[0] + "%", "%" + held[1] + "%", t.c.now(), kind}, func(row *sql.Rows) error {
			var q Queue
			var state string
			var cause int
			var oldest int64
			if err := row.Scan(&q.Channel, &state, &q.Node, &cause, &q.Later, &q.Documents, &q.Known, &q.Unread, &oldest); err != nil {
				return err
			}
			q.Running, q.Oldest = state == "leased", fromMicros(oldest)
			if cause > 0 {
				q.Held = held[cause-1]
			}
			out = append(out, q)
			return nil
		})
	return out, err
}

// InQuarantine says how many documents lie in quarantine now.
func (t *Tx) InQuarantine() (int, error) {
	n := 0
	_, err := t.one("in quarantine", "SELECT COUNT(*) FROM document WHERE state = $1", []any{record.StateQuarantined}, &n)
	return n, err
}
