package job

import (
	"errors"
	"fmt"
	"time"
)

// ErrLost says that the lease of a job has gone to another node, or that the
// job has ended.
var ErrLost = errors.New("job: the lease is lost")

// ErrPanic is the cause of a failure when a handler panicked.
var ErrPanic = errors.New("job: the handler panicked")

type permanentError struct{ cause error }

func (e permanentError) Error() string { return e.cause.Error() }
func (e permanentError) Unwrap() error { return e.cause }

// Permanent says that trying again can't help: the job is buried at once.
// Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return permanentError{err}
}

type afterError struct {
	cause error
	pause time.Duration
}

func (e afterError) Error() string { return fmt.Sprintf("again in %v: %v", e.pause, e.cause) }
func (e afterError) Unwrap() error { return e.cause }

// After says that it is too early: the job is run again after d, and this run
// isn't counted as an attempt. err says what is waited for and must not be
// nil.
func After(err error, d time.Duration) error { return afterError{err, d} }
