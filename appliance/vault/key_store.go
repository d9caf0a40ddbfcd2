package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"eakte/appliance/record"
)

// PutKey keeps a sealed key. The same key again is success; another one under
// the id is record.Conflict. A key sealed to an identity that the key file no
// longer holds is record.Unavailable: nobody could open it.
func (v *Vault) PutKey(ctx context.Context, k Key) error {
	if !v.Keyring().holds(k.generation) {
		return &record.Error{Category: record.Unavailable, Message: "The appliance's key was changed in the meantime.", Hint: "Try again."}
	}
	epoch := v.keys.epoch()
	if err := v.putKey(ctx, k); err != nil {
		return err
	}
	v.keys.put(k, epoch)
	return nil
}

func (v *Vault) putKey(ctx context.Context, k Key) error {
	_, err := v.putOnce(ctx, v.buckets.Keys, PutRequest{Name: KeyNameOf(k.id, k.generation), Size: int64(len(k.sealed)),
		Digest: record.Sum(k.sealed), Body: bytes.NewReader(k.sealed)})
	return err
}

func (k *Keyring) holds(generation int) bool {
	for _, i := range k.identities {
		if i.generation == generation {
			return true
		}
	}
	return false
}

// OpenKey gets an object's key. One that is not there is record.NotFound, one
// that doesn't open is record.Corrupt. While the key file holds identities of
// several generations, the newest is asked for first.
func (v *Vault) OpenKey(ctx context.Context, id record.ObjectID) (Key, error) {
	if k, ok := v.keys.get(id); ok {
		return k, nil
	}
	epoch := v.keys.epoch() // a key that is destroyed while it is read is not kept
	k, err := v.openKey(ctx, id)
	if err != nil {
		other, ok := v.keyElsewhere(ctx, id, err)
		if !ok {
			return Key{}, err
		}
		k = other
	}
	v.keys.put(k, epoch)
	return k, nil
}

func (v *Vault) openKey(ctx context.Context, id record.ObjectID) (Key, error) {
	sealed, err := v.getKey(ctx, id)
	if err != nil {
		return Key{}, err
	}
	return v.KeyFromSealed(id, sealed)
}

// getKey reads an object's sealed key, of the newest generation there is.
func (v *Vault) getKey(ctx context.Context, id record.ObjectID) (sealed []byte, err error) {
	ring := v.Keyring()
	for _, generation := range ring.Generations() {
		sealed, err = v.getAll(ctx, v.buckets.Keys, KeyNameOf(id, generation))
		if !errors.Is(err, record.NotFound) {
			return sealed, err
		}
	}
	// Not there is what a destroyed key is. Before that is said, one that
	// another identity sealed must be ruled out.
	other, lerr := v.generationsOf(ctx, id)
	if lerr != nil {
		return nil, lerr
	}
	if i := slices.IndexFunc(other, ring.holds); i >= 0 { // put just now
		return v.getAll(ctx, v.buckets.Keys, KeyNameOf(id, other[i]))
	}
	if len(other) > 0 {
		return nil, &record.Error{Category: record.Unavailable, Field: "EAKTE_KEY_FILE",
			Message: "A key was sealed by an identity that this key file doesn't hold.",
			Hint:    "Put the archive's newest key file in its place on this machine and restart the appliance.",
			Cause:   fmt.Errorf("%s: generations %v are in the store, %v in the key file", id, other, ring.Generations())}
	}
	return nil, err
}

// generationsOf lists the generations in which an object's key is there.
func (v *Vault) generationsOf(ctx context.Context, id record.ObjectID) (found []int, err error) {
	err = v.retry(ctx, func() error {
		found = nil
		return v.buckets.Keys.List(ctx, KeyName(id), "", func(o ObjectInfo) error {
			if of, generation, ok := ParseKeyName(o.Name); ok && of == id {
				found = append(found, generation)
			}
			return nil
		})
	})
	return found, err
}

// ForgetKey drops a key from memory, as when it has been destroyed.
func (v *Vault) ForgetKey(id record.ObjectID) { v.keys.drop(id) }

// KeyNames lists the names of all generations of an object's key that are there.
func (v *Vault) KeyNames(ctx context.Context, id record.ObjectID) ([]string, error) {
	generations, err := v.generationsOf(ctx, id)
	var out []string
	for _, generation := range generations {
		out = append(out, KeyNameOf(id, generation))
	}
	return out, err
}
