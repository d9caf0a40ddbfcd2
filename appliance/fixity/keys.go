package fixity

import (
	"context"
	"errors"
	"strconv"
	"strings"

	"eakte/appliance/record"
)

// A key that was sealed anew lies beside the one before: generation n of
// k/ab/<id> is k/ab/<id>.<n>, and the newest one present is the one that counts.

// keyName is where a generation of a sealed key lies.
func keyName(id record.ObjectID, generation int) string {
	if generation < 2 {
		return objectName("k", id)
	}
	return objectName("k", id) + "." + strconv.Itoa(generation)
}

// parseKeyName is the way back; ok is false for any other name.
func parseKeyName(name string) (id record.ObjectID, generation int, ok bool) {
	bare, suffix, later := strings.Cut(name, ".")
	letter, id, ok := parseObjectName(bare)
	if !ok || letter != "k" {
		return "", 0, false
	}
	if !later {
		return id, 1, true
	}
	n, err := strconv.Atoi(suffix)
	return id, n, err == nil && n >= 2 && strconv.Itoa(n) == suffix
}

// sealedKey is a sealed key as it lies in the store.
type sealedKey struct {
	object     record.ObjectID
	generation int
	bytes      []byte // nil if it could not be read
}

// fetchKey reads the newest generation of an object's sealed key, and adds a
// finding where there is none.
func (v *verifier) fetchKey(ctx context.Context, id record.ObjectID, subject, what string, c *checked) (sealedKey, error) {
	for g := v.generation; g >= 1; g-- { // that of the newest key in the store is that of nearly all
		_, err := v.keys.Stat(ctx, keyName(id, g))
		if err == nil {
			return v.readKey(ctx, id, g, subject, what, c)
		}
		if !errors.Is(err, record.NotFound) {
			return sealedKey{object: id}, c.failed(ctx, subject, what, err)
		}
	}
	newest := 0 // a rotation may have begun and ended since
	err := v.keys.List(ctx, objectName("k", id), func(o Object) error {
		if of, g, ok := parseKeyName(o.Name); ok && of == id {
			newest = max(newest, g)
		}
		return nil
	})
	if err == nil && newest == 0 {
		err = record.NotFound
	}
	if err != nil {
		return sealedKey{object: id}, c.failed(ctx, subject, what, err)
	}
	return v.readKey(ctx, id, newest, subject, what, c)
}

func (v *verifier) readKey(ctx context.Context, id record.ObjectID, generation int, subject, what string, c *checked) (sealedKey, error) {
	name := keyName(id, generation)
	c.names = append(c.names, name)
	_, b, err := c.fetch(ctx, v.keys, name, subject, what)
	return sealedKey{id, generation, b}, err
}

// named says whether a manifest names the key: by its bytes, or because the
// key was sealed anew. A manifest may be younger than that and still name the
// former bytes, when a node wrote it that had not heard of the rotation.
// Whether it is the same key shows where it has to open what was encrypted.
func (k sealedKey) named(m manifest) bool {
	return record.Sum(k.bytes) == m.Header.SealedKey || k.generation > 1
}
