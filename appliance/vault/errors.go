package vault

import (
	"context"
	"errors"
	"fmt"

	"eakte/appliance/record"
)

// ErrRefused is the cause of an error when the store said no: a wrong key, a
// missing right, a date moved back. It is record.Unavailable to those above
// and never record.Denied, which is policy's word about a person.
var ErrRefused = errors.New("vault: the object store refused")

// outward turns a store's refusal into what it means above the vault.
func outward(err error) error {
	if !errors.Is(err, record.Denied) {
		return err
	}
	return &record.Error{Category: record.Unavailable, Message: "The object store refuses the appliance.",
		Hint:  "Check the appliance's key, its rights and the buckets at the store.",
		Cause: fmt.Errorf("%w: %v", ErrRefused, err)} // %v: the category must not travel on
}

// corrupt says that bytes are there but are not what was put.
func corrupt(what string, cause error) error {
	return &record.Error{Category: record.Corrupt, Message: what + " is damaged.",
		Hint: "Run eakte verify; restore the object from a backup.", Cause: cause}
}

// decryptError tells a failure of the store (which keeps its category) from
// bytes that don't decrypt.
func decryptError(what string, err error) error {
	if record.CategoryOf(err) != nil || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", what, err)
	}
	return corrupt(what, err)
}
