package vault

import (
	"encoding/json"
	"fmt"
	"time"

	"eakte/appliance/record"
)

// TombstoneVersion is the version of tombstones that is written.
const TombstoneVersion = 1

// Why something is gone.
const (
	ActErased   = "erased"   // its key was destroyed while the lock stood
	ActDisposed = "disposed" // its life ended as planned
)

// Tombstone says, without its content, that something is gone for good.
// Rebuild and restore read tombstones first and bring nothing back that one
// of them names. It holds no personal data about the person concerned.
type Tombstone struct {
	Version     int             `json:"version"`
	ID          record.ObjectID `json:"id"`  // its own; it lies under TombstoneName
	Act         string          `json:"act"` // ActErased or ActDisposed
	Kind        string          `json:"kind"`
	Subject     string          `json:"subject"` // id of the document, file or person
	Object      record.ObjectID `json:"object"`  // whose key was destroyed
	Names       []string        `json:"names"`   // the objects that are dead, in every bucket
	Class       string          `json:"class"`   // retention class
	KeepUntil   string          `json:"keep_until"`
	Basis       string          `json:"basis"` // the rule that allowed it, a key
	ProposedBy  record.UserID   `json:"proposed_by"`
	ApprovedBy  record.UserID   `json:"approved_by"` // never the same person
	At          time.Time       `json:"at"`
	Disposition string          `json:"disposition"` // id of the list it stood on; empty for an erasure
	Offered     string          `json:"offered"`     // what the state archive said: taken, declined, or empty
}

// EncodeTombstone checks and encodes a tombstone.
func EncodeTombstone(t Tombstone) ([]byte, error) {
	t.Version, t.At = TombstoneVersion, t.At.UTC()
	if err := t.check(); err != nil {
		return nil, err
	}
	return marshalWhole(t)
}

// ParseTombstone reads a tombstone. What is none of a known version is record.Corrupt.
func ParseTombstone(b []byte) (Tombstone, error) {
	var t Tombstone
	if err := json.Unmarshal(b, &t); err != nil {
		return Tombstone{}, corrupt("The tombstone", err)
	}
	if t.Version != TombstoneVersion {
		return Tombstone{}, corrupt("The tombstone", fmt.Errorf("version %d is not known", t.Version))
	}
	if err := t.check(); err != nil {
		return Tombstone{}, corrupt("The tombstone", err)
	}
	return t, nil
}

func (t Tombstone) check() error {
	switch {
	case t.Act != ActErased && t.Act != ActDisposed:
		return record.Bad("act", "neither erased nor disposed")
	case t.Kind != KindDocument && t.Kind != KindFile && t.Kind != KindPerson:
		return record.Bad("kind", "not a known kind")
	case !record.ValidID(string(t.ID)) || !record.ValidID(t.Subject) || !record.ValidID(string(t.Object)):
		return record.Bad("subject", "id, subject and object must be ids")
	case t.ProposedBy == "" || t.ApprovedBy == "" || t.ProposedBy == t.ApprovedBy:
		return record.Bad("approved_by", "two different people must be named")
	case t.At.IsZero():
		return record.Bad("at", "is missing")
	}
	return nil
}
