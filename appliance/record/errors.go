package record

import (
	"errors"
	"fmt"
)

// The categories of error. Every error that reaches a user is one of them;
// ui maps each to a status and a code, once.
var (
	Unauthenticated = errors.New("unauthenticated")
	Denied          = errors.New("denied")
	NotFound        = errors.New("not_found")
	Invalid         = errors.New("invalid")
	Conflict        = errors.New("conflict")
	Held            = errors.New("held")
	Retained        = errors.New("retained")
	TooLarge        = errors.New("too_large")
	Corrupt         = errors.New("corrupt")
	Busy            = errors.New("busy")
	Unavailable     = errors.New("unavailable")
)

// Error is an error meant for a person: what happened, what to do, and, kept
// from them, the cause. Neither Message nor Hint may name a person or repeat
// what somebody wrote.
type Error struct {
	Category error  // one of the categories above
	Message  string // what happened, English, one sentence
	Hint     string // what to do about it, English; may be empty
	Field    string // the parameter that is wrong, if one is
	Cause    error  // for the log, never shown
}

// Error names the category, the field and the message.
func (e *Error) Error() string {
	s := e.Category.Error() + ": " + e.Message
	if e.Field != "" {
		s = e.Category.Error() + ": " + e.Field + ": " + e.Message
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

// Unwrap gives category and cause, so that errors.Is works for both.
func (e *Error) Unwrap() []error {
	if e.Cause == nil {
		return []error{e.Category}
	}
	return []error{e.Category, e.Cause}
}

// Bad says that a parameter is wrong and what it should be.
func Bad(field, format string, args ...any) error {
	return &Error{Category: Invalid, Field: field, Message: fmt.Sprintf(format, args...)}
}

// Missing is what everybody gets who may not know whether a thing exists.
func Missing() error {
	return &Error{Category: NotFound, Message: "There is nothing here that you may see.",
		Hint: "Check the number, or ask who is responsible for the file."}
}

// Down says that a part of the appliance can't be reached.
func Down(what string, cause error) error {
	return &Error{Category: Unavailable, Message: what + " can't be reached at the moment.",
		Hint: "Try again in a minute; the health page says more.", Cause: cause}
}

// CategoryOf gives the category of err, or nil if it has none.
func CategoryOf(err error) error {
	for _, c := range []error{Unauthenticated, Denied, NotFound, Invalid, Conflict, Held, Retained, TooLarge, Corrupt, Busy, Unavailable} {
		if errors.Is(err, c) {
			return c
		}
	}
	return nil
}
