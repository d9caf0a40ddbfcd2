package ingest

import (
	"context"
	"errors"
	"time"

	"eakte/appliance/audit"
	"eakte/appliance/catalog"
	"eakte/appliance/record"
	"eakte/policy/access"
)

// Throughput is how the reading of documents goes on this appliance as a whole:
// numbers only, nothing of any document, person or site.
type Throughput struct {
	At       time.Time  `json:"at"`
	Queue    ReadQueue  `json:"queue"`
	Estimate Estimate   `json:"estimate"`
	Range    string     `json:"range"`          // 2h, 48h, 90d
	Width    int        `json:"bucket_seconds"` // of one of Buckets
	Sum      Interval   `json:"sum"`            // of all of them
	Buckets  []Interval `json:"buckets"`        // the oldest first, those in which nothing happened too
}

// ReadQueue is what waits to be read, and what is being read.
type ReadQueue struct {
	Waiting int          `json:"waiting"` // documents
	Running int          `json:"running"`
	Later   int          `json:"later"`    // of Waiting: tried before, or held; their time has not come yet
	GivenUp int          `json:"given_up"` // jobs that wait for a person
	Aside   int          `json:"quarantined"`
	Since   *time.Time   `json:"oldest_since"` // null: none waits
	Channel []QueueShare `json:"channels"`
	Node    []QueueShare `json:"nodes"` // that read just now
	Held    []QueueShare `json:"held"`  // what waits for something that is missing: room, verdict
	Workers int          `json:"workers"`
}

// QueueShare is the part of the queue that has something in common.
type QueueShare struct {
	Name    string `json:"name"`
	Waiting int    `json:"waiting"`
	Running int    `json:"running"`
}

// Interval is what was read in a stretch of time. A page counts when it was
// read, but not before its document has come to its end.
type Interval struct {
	From        time.Time        `json:"from"`
	Seconds     int              `json:"seconds"` // of it that are over
	Pages       int64            `json:"pages"`   // those of documents that were then set aside too
	Ready       int64            `json:"documents"`
	Quarantined int64            `json:"quarantined"`
	Reasons     map[string]int64 `json:"reasons"` // of quarantine
	Retries     int64            `json:"retries"` // tries of a document beyond the first
	Deaths      int64            `json:"deaths"`  // workers that a page has killed
	Stages      map[string]int64 `json:"stages"`  // milliseconds
}

// Ranges are the stretches of time that Throughput can be asked for.
func Ranges() []string { return []string{"2h", "48h", "90d"} }

// reach is how far a range goes back, and in which steps.
func reach(name string) (buckets int, width time.Duration, err error) {
	switch name {
	case "", "2h":
		return 24, 5 * time.Minute, nil
	case "48h":
		return 48, time.Hour, nil
	case "90d":
		return 90, 24 * time.Hour, nil
	}
	return 0, 0, record.Bad("range", "is one of 2h, 48h, 90d")
}

// Throughput tells how the reading goes. It needs the right to see that, at
// whatever site: there is one queue for all.
func (in *Intake) Throughput(ctx context.Context, actor record.Actor, span string) (Throughput, error) {
	var out Throughput
	allowed := false
	err := in.Catalog.Read(ctx, func(tx *catalog.Tx) (err error) {
		if allowed, err = in.mayWatch(tx, actor); err != nil || !allowed {
			return err
		}
		out, err = in.throughput(tx, span)
		return err
	})
	if err != nil {
		return Throughput{}, err
	}
	outcome := audit.Allowed
	if !allowed {
		outcome = audit.Denied
	}
	leaf, err := audit.Seal(audit.Entry{At: in.Clock.Now(), Action: audit.ThroughputRead, Outcome: outcome, Actor: actor.User, Via: actor.Via,
		Request: actor.Request, Personal: audit.Personal{ActorName: actor.Name, Address: actor.Address}})
	if err != nil {
		return Throughput{}, err
	}
	if err := in.Catalog.AppendAudit(ctx, leaf); err != nil {
		return Throughput{}, record.Down("The audit log", err)
	}
	if !allowed {
		return Throughput{}, &record.Error{Category: record.Denied, Message: "Only administrators, scan operators and the clearing desk see the throughput."}
	}
	return out, nil
}

func (in *Intake) mayWatch(tx *catalog.Tx, actor record.Actor) (bool, error) {
	user, err := tx.UserByID(actor.User)
	if errors.Is(err, record.NotFound) || err == nil && user.Disabled {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	roles, err := tx.Roles(actor.User)
	return err == nil && in.Policy.DecideAt(roles, "", "", access.ThroughputRead).Allowed, err
}

func (in *Intake) throughput(tx *catalog.Tx, span string) (Throughput, error) {
	now := in.Clock.Now().UTC()
	n, width, err := reach(span)
	if err != nil {
		return Throughput{}, err
	}
	out := Throughput{At: now, Range: span, Width: int(width / time.Second)}
	if span == "" {
		out.Range = Ranges()[0]
	}
	from := now.Truncate(width).Add(-time.Duration(n-1) * width)
	counts, err := tx.Counts(from, width)
	if err != nil {
		return out, err
	}
	if width > time.Hour { // most of it lies beyond the minutes
		days, err := tx.Days(from)
		if err != nil {
			return out, err
		}
		counts = append(counts, days...)
	}
	out.Buckets, out.Sum = intervals(counts, from, now, n, width)
	groups, err := tx.Queued(KindRead, [2]string{heldForRoom, heldForVerdict})
	if err != nil {
		return out, err
	}
	if out.Queue, err = in.queue(tx, groups, now); err != nil {
		return out, err
	}
	lately, err := tx.Counts(now.Add(-paceDay), time.Minute)
	out.Estimate = estimate(now, groups, lately, out.Queue.Workers)
	return out, err
}

// queue sums the groups up.
func (in *Intake) queue(tx *catalog.Tx, groups []catalog.Queue, now time.Time) (ReadQueue, error) {
	q := ReadQueue{Channel: []QueueShare{}, Node: []QueueShare{}, Held: []QueueShare{}}
	for _, g := range groups {
		share(&q.Channel, g.Channel, g)
		if g.Running {
			q.Running += g.Documents
			share(&q.Node, g.Node, g)
			continue
		}
		q.Waiting += g.Documents
		if g.Later {
			q.Later += g.Documents
		}
		if g.Held != "" {
			share(&q.Held, map[string]string{heldForRoom: "room", heldForVerdict: "verdict"}[g.Held], g)
		}
		if oldest := g.Oldest; q.Since == nil || oldest.Before(*q.Since) {
			q.Since = &oldest
		}
	}
	stats, err := tx.JobStats()
	if err != nil {
		return q, err
	}
	for _, s := range stats {
		if s.Kind == KindRead {
			q.GivenUp = s.Buried
		}
	}
	if q.Workers, err = tx.CountedWorkers(now.Add(-paceDay)); err != nil {
		return q, err
	}
	q.Aside, err = tx.InQuarantine()
	return q, err
}

// share adds a group to the share of its name.
func share(list *[]QueueShare, name string, g catalog.Queue) {
	i := 0
	for i < len(*list) && (*list)[i].Name != name {
		i++
	}
	if i == len(*list) {
		*list = append(*list, QueueShare{Name: name})
	}
	if g.Running {
		(*list)[i].Running += g.Documents
	} else {
		(*list)[i].Waiting += g.Documents
	}
}

// intervals puts counts into n buckets from a time on, and sums them up.
func intervals(counts []catalog.Count, from, now time.Time, n int, width time.Duration) ([]Interval, Interval) {
	fresh := func(at, end time.Time) Interval {
		return Interval{From: at, Seconds: int(end.Sub(at) / time.Second), Reasons: map[string]int64{}, Stages: map[string]int64{}}
	}
	buckets, sum := make([]Interval, n), fresh(from, now)
	for i := range buckets {
		at := from.Add(time.Duration(i) * width)
		end := at.Add(width)
		if end.After(now) {
			end = now
		}
		buckets[i] = fresh(at, end)
	}
	for _, c := range counts {
		if i := int(c.At.Sub(from) / width); i >= 0 && i < n {
			buckets[i].add(c)
			sum.add(c)
		}
	}
	return buckets, sum
}

func (v *Interval) add(c catalog.Count) {
	switch c.Kind {
	case catalog.CountPages:
		v.Pages += c.N
	case catalog.CountReady:
		v.Ready += c.N
	case catalog.CountQuarantined:
		v.Quarantined += c.N
		v.Reasons[c.Name] += c.N
	case catalog.CountRetries:
		v.Retries += c.N
	case catalog.CountDeaths:
		v.Deaths += c.N
	case catalog.CountStage:
		v.Stages[c.Name] += c.N
	}
}
