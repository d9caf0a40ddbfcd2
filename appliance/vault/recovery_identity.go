package vault

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"filippo.io/age"

	"eakte/appliance/record"
)

// RecoveryIdentity opens every key of an archive, as two custodians together
// have it after docs/recovery.md.
type RecoveryIdentity struct{ identity *age.X25519Identity }

// ParseRecovery reads the age identity file that two custodians have opened.
func ParseRecovery(b []byte) (*RecoveryIdentity, error) {
	identities, err := age.ParseIdentities(bytes.NewReader(b))
	if err == nil {
		if identity, ok := identities[0].(*age.X25519Identity); ok && len(identities) == 1 {
			return &RecoveryIdentity{identity}, nil
		}
	}
	return nil, &record.Error{Category: record.Invalid, Field: "--recovery", Message: "The file holds no recovery identity.",
		Hint: "Two custodians open it: age -d -i custodian-1.key recovery-1-2.age | age -d -i custodian-2.key > recovery.key", Cause: err}
}

// Recipient is what keys are sealed to besides the appliance's own.
func (r *RecoveryIdentity) Recipient() string { return r.identity.Recipient().String() }

// RecoverKeyFile makes a key file for an archive that has lost its own: with a
// new identity, of the generation behind those of the keys that lie in the
// bucket, and new secrets. Nothing is opened by it before ResealKeys has gone
// through with the recovery identity.
func RecoverKeyFile(ctx context.Context, keys Bucket, path string, now time.Time) error {
	newest, found := 0, int64(0)
	err := keys.List(ctx, "k/", "", func(o ObjectInfo) error {
		if _, generation, ok := ParseKeyName(o.Name); ok {
			newest, found = max(newest, generation), found+1
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("vault: list keys: %w", err)
	}
	if found == 0 {
		return &record.Error{Category: record.NotFound, Message: "The object store holds no keys of an archive.",
			Hint: "Check the address and the prefix of the buckets."}
	}
	_, err = newKeyFile(path, newest+1, now)
	return err
}
