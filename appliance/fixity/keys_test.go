package fixity

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// reseal puts a key once more as its generation n, as a rotation does: the
// same key in other bytes.
func (a *archive) reseal(by string, n int, sealed []byte) *fakeObject {
	_, id, _ := parseObjectName(a.object("key of " + by))
	name := keyName(id, n)
	a.keys.put(name, sealed, time.Time{})
	a.keys.objects[name].Modified = now.Add(time.Hour)
	a.call(name, "new key of "+by)
	return a.keys.objects[name]
}

func (a *archive) sealed(by string) []byte { return a.keys.objects[a.object("key of "+by)].body }

// rotate gives the vault a key file with a second identity.
func (a *archive) rotate() {
	copied := filepath.Join(a.TempDir(), "key")
	b, err := os.ReadFile(a.keyFile)
	a.ok(err)
	a.ok(os.WriteFile(copied, b, 0o600))
	ring, err := vault.RotateKeyFile(copied, a.v.Keyring(), now)
	a.ok(err)
	a.v = vault.New(vault.Buckets{}, ring, fixedClock{})
}

func TestKeyGenerations(t *testing.T) {
	again := func(a *archive, by string) []byte {
		id := a.doc(by).Object
		key, err := a.v.KeyFromSealed(id, a.sealed(by))
		a.ok(err)
		a.rotate()
		fresh, err := a.v.Renew(key)
		a.ok(err)
		return fresh.Sealed()
	}
	tryFaults(t, map[string]fault{
		"sealed anew": {func(a *archive) { a.reseal("d1", 2, again(a, "d1")) }, nil},
		"sealed anew, the first one gone": {func(a *archive) {
			a.reseal("d1", 2, again(a, "d1"))
			delete(a.keys.objects, a.object("key of d1"))
		}, nil},
		"the newest counts": {func(a *archive) {
			a.reseal("d1", 2, []byte("nothing"))
			a.reseal("d1", 10, again(a, "d1"))
		}, nil},
		"sealed anew, another's key": {func(a *archive) { a.reseal("d1", 2, bytes.Clone(a.sealed("d2"))) },
			[]string{"changed document d1: The original is unchanged, but", "changed document d1: The personal part"}},
		"sealed anew, then described by a node that had not heard of it": {func(a *archive) {
			a.reseal("d1", 2, again(a, "d1")).Modified = now.Add(-time.Hour)
		}, nil},
		"first one in other bytes": {func(a *archive) {
			b := again(a, "d1")
			a.keys.rewrite(a.object("key of d1"), func([]byte) []byte { return b })
		}, []string{"mismatch document d1: The sealed key is not the one"}},
		"sealing of nothing": {func(a *archive) {
			a.keys.put(keyName(record.ObjectID(record.NewID()), 2), []byte("x"), time.Time{})
		}, nil},
		"no name of a sealing": {func(a *archive) { a.keys.put(a.object("key of d1")+".01", []byte("x"), time.Time{}) },
			[]string{"alien object key of d1.01"}},
		"erased, a sealing left": {func(a *archive) {
			a.reseal("d1", 2, again(a, "d1"))
			bury(a, "d1", true)
		}, []string{"erasure document d1: A tombstone says that it is erased, but its key"}},
	})
}
