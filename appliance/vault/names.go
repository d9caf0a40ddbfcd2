package vault

import (
	"strconv"
	"strings"

	"eakte/appliance/record"
)

// Objects are named <letter>/<2 hex>/<id>: flat and of fixed depth, because
// some stores can't hold a/b and a/b/c side by side, and spread over 256
// folders for those that keep objects as files.

func objectName(letter string, id record.ObjectID) string {
	if len(id) < 2 {
		return letter + "/00/" + string(id) // never valid; the store refuses to find it
	}
	return letter + "/" + string(id[:2]) + "/" + string(id)
}

// OriginalName is where a document's original lies, in records.
func OriginalName(id record.ObjectID) string { return objectName("o", id) }

// ManifestName is where a manifest lies, in records.
func ManifestName(id record.ObjectID) string { return objectName("m", id) }

// TombstoneName is where a tombstone lies, in records.
func TombstoneName(id record.ObjectID) string { return objectName("t", id) }

// KeyName is where an object's sealed key lies, in keys: as it was sealed
// first, or sealed by the appliance's first identity.
func KeyName(id record.ObjectID) string { return objectName("k", id) }

// KeyNameOf is where the key of an object lies that an identity of this
// generation sealed: KeyName for 1, and KeyName.<generation> above.
func KeyNameOf(id record.ObjectID, generation int) string {
	if generation <= 1 {
		return KeyName(id)
	}
	return KeyName(id) + "." + strconv.Itoa(generation)
}

// PackName is where a document's pack lies, in derived.
func PackName(id record.ObjectID) string { return objectName("d", id) }

// ParseName gives the letter and the id of an object's name; ok is false for
// a name that the vault did not make. Every generation of a sealed key has
// the letter k and the id of the object that it is for; see ParseKeyName.
func ParseName(name string) (letter string, id record.ObjectID, ok bool) {
	if id, _, ok := ParseKeyName(name); ok {
		return "k", id, true
	}
	parts := strings.Split(name, "/")
	if len(parts) != 3 || len(parts[0]) != 1 || !record.ValidID(parts[2]) || parts[1] != parts[2][:2] {
		return "", "", false
	}
	return parts[0], record.ObjectID(parts[2]), true
}

// maxGeneration bounds what a name may say.
const maxGeneration = 1 << 20

// ParseKeyName gives the object that a sealed key is for, and the generation
// (from 1) of the identity that sealed it; ok is false for any other name. An
// id's generations stand side by side in a listing, not in their order.
func ParseKeyName(name string) (id record.ObjectID, generation int, ok bool) {
	bare, suffix, later := strings.Cut(name, ".")
	parts := strings.Split(bare, "/")
	if len(parts) != 3 || parts[0] != "k" || !record.ValidID(parts[2]) || parts[1] != parts[2][:2] {
		return "", 0, false
	}
	id = record.ObjectID(parts[2])
	if !later {
		return id, 1, true
	}
	n, err := strconv.Atoi(suffix)
	if err != nil || n < 2 || n > maxGeneration || KeyNameOf(id, n) != name { // one form only: no sign, no leading zero
		return "", 0, false
	}
	return id, n, true
}
