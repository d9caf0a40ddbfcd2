// Package job runs durable jobs: work that must happen after a transaction
// has committed, at least once, on some node, perhaps much later.
//
// A job is enqueued in the transaction that causes it, leased by a Runner,
// kept alive by heartbeats while its handler runs, and finished, retried with
// growing pauses, or buried. A buried job is never deleted: a person sees it
// and decides. Handlers must be able to run twice: a node that dies between
// doing the work and saying so leaves a job that another node does again.
//
// Payloads hold ids, never personal data.
package job

import (
	"context"
	"encoding/json"
	"time"

	"eakte/appliance/record"
)

// DefaultMaxAttempts is used when Spec.MaxAttempts is 0. With the runner's
// pauses this is about a day and a half.
const DefaultMaxAttempts = 20

// Spec asks for a job.
//
// A Key names the work: enqueueing the same kind and key while such a job
// waits changes nothing, the waiting one does it. If it is running already it
// may have read what is now out of date, so the Store marks it, and Finish
// makes it wait to run once more instead of ending it. Under one key stands
// one and the same work: the first payload stays.
type Spec struct {
	Kind        string    // chooses the handler
	Key         string    // unique among jobs of this kind that wait or run; "" = none
	Payload     any       // marshalled to JSON; ids only
	At          time.Time // not before; zero = at once
	Priority    int       // higher goes first
	MaxAttempts int       // 0 = DefaultMaxAttempts
}

// Job is a job, as a Store keeps it and as a runner has leased it.
type Job struct {
	ID          string
	Kind        string
	Key         string
	Payload     json.RawMessage
	At          time.Time // not before
	Priority    int
	Attempt     int // 0 before the first run; while one runs it is counted
	MaxAttempts int
	EnqueuedAt  time.Time
	LastCause   string // why the attempt before failed; "" before the first
}

// New turns a spec into the job that a Store keeps, with a fresh id and the
// defaults filled in. It fails with record.Invalid if the spec has no kind or
// its payload is no JSON.
func New(s Spec, now time.Time) (Job, error) {
	if s.Kind == "" {
		return Job{}, record.Bad("kind", "A job needs a kind.")
	}
	payload, err := json.Marshal(s.Payload)
	if err != nil {
		return Job{}, &record.Error{Category: record.Invalid, Field: "payload", Message: "A job's payload is no JSON.", Cause: err}
	}
	j := Job{ID: record.NewID(), Kind: s.Kind, Key: s.Key, Payload: payload, At: s.At, Priority: s.Priority,
		MaxAttempts: s.MaxAttempts, EnqueuedAt: now}
	if j.At.Before(now) {
		j.At = now
	}
	if j.MaxAttempts <= 0 {
		j.MaxAttempts = DefaultMaxAttempts
	}
	return j, nil
}

// Store keeps jobs durably. The catalog is one; jobtest holds every Store to
// the same suite. A job is waiting, leased or buried; a finished one is gone.
//
// Every method that names a node fails with ErrLost if that node doesn't hold
// the job's lease any more; it then must not change the job.
type Store interface {
	// Lease takes up to n jobs of these kinds that are waiting and due, or
	// whose lease has run out, for node. Highest priority first, then the
	// earliest At, then the order of enqueueing. Each returned job counts one
	// attempt more, a job whose lease ran out as well: whatever killed its
	// node may be the job itself.
	Lease(ctx context.Context, node string, kinds []string, n int, lease time.Duration) ([]Job, error)
	// Heartbeat makes the lease run for that long from now.
	Heartbeat(ctx context.Context, id, node string, lease time.Duration) error
	// Finish ends a job that has succeeded and frees its key; or, if its key
	// was enqueued again meanwhile, makes it wait as if new, due at once.
	Finish(ctx context.Context, id, node string) error
	// Retry gives a job back to be run again at a time, and remembers why.
	Retry(ctx context.Context, id, node string, at time.Time, cause string) error
	// Snooze gives a job back to be run again at a time, and takes the attempt
	// back: nothing went wrong, it was only too early.
	Snooze(ctx context.Context, id, node string, at time.Time, cause string) error
	// Bury sets a job aside for a person to look at, keeps it for good, and
	// frees its key. If the key was enqueued again while it ran, that work
	// waits as a job of its own: the buried one read what is out of date.
	Bury(ctx context.Context, id, node, cause string) error
	// Release gives a job back at once, because its node is stopping, and
	// takes the attempt back.
	Release(ctx context.Context, id, node string) error
}

// Handler does a job. It returns nil when the work is done and durable, a
// Permanent error when trying again can't help, an After error when it is too
// early, and any other error when it may be tried again. It must return soon
// after ctx ends.
type Handler func(ctx context.Context, j Job) error
