package record

import (
	"crypto/rand"
	"encoding/hex"
)

// Ids are random, opaque and never used twice: 128 bits as 32 hex digits.
type (
	// FileID names a file (Akte).
	FileID string
	// DocumentID names a document.
	DocumentID string
	// PersonID names a person.
	PersonID string
	// UserID names a user of the appliance.
	UserID string
	// ItemID names an item: work that waits for somebody.
	ItemID string
	// ObjectID names what a document, file or person owns in the object store.
	ObjectID string
)

// NewID gives 128 random bits as 32 lower-case hex digits.
func NewID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails (crypto/rand, Go 1.24 and later)
	return hex.EncodeToString(b[:])
}

// ValidID says whether s has the form of an id. What has not is not looked up.
func ValidID(s string) bool {
	if len(s) != 32 {
		return false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
