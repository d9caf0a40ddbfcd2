package job

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// maxCause is how much of a failure's text is kept, in bytes.
const maxCause = 500

// settle tells the store how a run ended.
func (r *Runner) settle(ctx context.Context, l *lane, j Job, err error, log *slog.Logger) {
	var snooze afterError
	var permanent permanentError
	ended := ctx.Err() != nil
	keep := context.WithoutCancel(ctx)
	switch {
	case err == nil:
		r.tell(keep, log, "finish", func(c context.Context) error { return r.store.Finish(c, j.ID, r.cfg.Node) })
	case ended: // whatever it says, the end of the node may be why
		r.tell(keep, log, "release", func(c context.Context) error { return r.store.Release(c, j.ID, r.cfg.Node) })
	case errors.As(err, &snooze):
		at := r.clock.Now().Add(snooze.pause)
		r.tell(keep, log, "snooze", func(c context.Context) error { return r.store.Snooze(c, j.ID, r.cfg.Node, at, causeText(err)) })
	case errors.As(err, &permanent) || j.Attempt >= j.MaxAttempts:
		log.Error("job is buried", "error", err)
		r.tellBury(keep, l, j, causeText(err), log)
		r.tell(keep, log, "bury", func(c context.Context) error { return r.store.Bury(c, j.ID, r.cfg.Node, causeText(err)) })
	default:
		wait := pause(j.Attempt, r.random)
		log.Warn("job failed and will be tried again", "error", err, "pause", wait)
		at := r.clock.Now().Add(wait)
		r.tell(keep, log, "retry", func(c context.Context) error { return r.store.Retry(c, j.ID, r.cfg.Node, at, causeText(err)) })
	}
}

// tell makes a call on the store, again with growing pauses while it fails,
// for as long as the lease lasts. If it never succeeds the lease runs out and
// the job is run again, which handlers must bear anyway.
func (r *Runner) tell(ctx context.Context, log *slog.Logger, what string, call func(context.Context) error) {
	ctx, cancel := context.WithTimeout(ctx, r.cfg.Lease)
	defer cancel()
	for wait := 10 * time.Millisecond; ; wait *= 2 {
		err := call(ctx)
		if err == nil {
			return
		}
		if errors.Is(err, ErrLost) {
			log.Warn("job is lost to another node", "call", what)
			return
		}
		log.Error("the job store fails", "call", what, "error", err)
		select {
		case <-ctx.Done():
			log.Error("job could not be settled, its lease runs out", "call", what)
			return
		case <-time.After(wait):
		}
	}
}

// tellBury tells the kind's callback, before the store is told: a node that
// dies in between leaves a leased job, and so the callback is called again.
func (r *Runner) tellBury(ctx context.Context, l *lane, j Job, cause string, log *slog.Logger) {
	if l.onBury == nil {
		return
	}
	err := call(ctx, func(ctx context.Context, j Job) error {
		l.onBury(ctx, j, cause)
		return nil
	}, j, log)
	if err != nil {
		log.Error("the callback for buried jobs failed", "error", err)
	}
}

// call runs h and turns a panic, or an end of its goroutine, into an error.
// The panic's value goes nowhere unless it is the runtime's own: it may hold
// what a document says.
func call(ctx context.Context, h Handler, j Job, log *slog.Logger) error {
	result := make(chan error, 1)
	go func() {
		returned := false
		var err error
		defer func() {
			if !returned {
				err = ErrPanic
				v := recover()
				if re, ok := v.(runtime.Error); ok {
					err = fmt.Errorf("%w: %w", ErrPanic, re)
				}
				log.Error("handler panicked", "type", fmt.Sprintf("%T", v), "stack", string(debug.Stack()))
			}
			result <- err
		}()
		err = h(ctx, j)
		returned = true
	}()
	return <-result
}

func causeText(err error) string {
	s := strings.ToValidUTF8(err.Error(), "\uFFFD")
	if len(s) > maxCause {
		s = strings.ToValidUTF8(s[:maxCause], "")
	}
	return s
}
