package vault

import (
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

// KeyName is where an object's sealed key lies, in keys.
func KeyName(id record.ObjectID) string { return objectName("k", id) }

// PackName is where a document's pack lies, in derived.
func PackName(id record.ObjectID) string { return objectName("d", id) }

// ParseName gives the letter and the id of an object's name; ok is false for
// a name that the vault did not make.
func ParseName(name string) (letter string, id record.ObjectID, ok bool) {
	parts := strings.Split(name, "/")
	if len(parts) != 3 || len(parts[0]) != 1 || !record.ValidID(parts[2]) || parts[1] != parts[2][:2] {
		return "", "", false
	}
	return parts[0], record.ObjectID(parts[2]), true
}
