package audit

import (
	"fmt"

	"eakte/appliance/record"
)

// The forms of what a header holds, as docs/formats/audit.md states them.
const (
	wordForm = `[a-z][a-z0-9._-]{0,63}`
	nameForm = `[A-Za-z0-9._:-]{1,128}`
)

func (h Header) validate() error {
	switch {
	case h.Version != Version:
		return record.Bad("version", "An audit entry of version %d is not known.", h.Version)
	case !record.ValidID(h.ID):
		return record.Bad("id", "An audit entry's id is 32 hex digits.")
	case h.At.Year() < 2000 || h.At.Year() > 9999:
		return record.Bad("at", "An audit entry needs the time it happened.")
	case !isWord(h.Action):
		return record.Bad("action", "An audit entry's action has the form %s.", wordForm)
	case h.Outcome != Allowed && h.Outcome != Denied && h.Outcome != Failed && h.Outcome != Done:
		return record.Bad("outcome", "An audit entry's outcome is allowed, denied, failed or done.")
	case h.Actor != "" && !isName(string(h.Actor)):
		return record.Bad("actor", "An audit entry's actor is an id of the form %s, never a name.", nameForm)
	case h.Via != "" && !isWord(h.Via):
		return record.Bad("via", "An audit entry's way has the form %s.", wordForm)
	case h.Request != "" && !isName(h.Request):
		return record.Bad("request", "An audit entry's request has the form %s.", nameForm)
	}
	for i, o := range h.Objects {
		if !isWord(o.Kind) || !isName(o.ID) {
			return record.Bad(fmt.Sprintf("objects[%d]", i), "An object is a kind %s and an id %s.", wordForm, nameForm)
		}
	}
	if _, err := record.ParseDigest(string(h.Payload)); err != nil {
		return record.Bad("payload", "An audit entry's payload is named by its sha256.")
	}
	return nil
}

// isWord says whether s has wordForm. (No regexp: this is on the way of every
// read, and a compiled one would be a global.)
func isWord(s string) bool {
	if s == "" || len(s) > 64 || s[0] < 'a' || s[0] > 'z' {
		return false
	}
	for i := 1; i < len(s); i++ {
		if c := s[i]; !isLower(c) && !isDigit(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// isName says whether s has nameForm.
func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLower(c) && !isDigit(c) && (c < 'A' || c > 'Z') && c != '.' && c != '_' && c != ':' && c != '-' {
			return false
		}
	}
	return s != "" && len(s) <= 128
}

func isLower(c byte) bool { return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool { return c >= '0' && c <= '9' }
