package vault

import (
	"context"
	"errors"
	"fmt"

	"eakte/appliance/record"
)

// DestroyKey destroys an object's key in the store: every version of every
// generation, and its pack besides. Then it makes sure by listing that nothing
// is left, and forgets the key. What the key encrypted can't be read any more,
// though its bytes stay for as long as their lock.
//
// It can be cut off anywhere and begun again. Nothing there is success.
func (v *Vault) DestroyKey(ctx context.Context, d Disposals, id record.ObjectID) error {
	if !record.ValidID(string(id)) {
		return record.Bad("object", "not an object id")
	}
	v.keys.drop(id)
	defer v.keys.drop(id) // whoever was reading it meanwhile
	isKey := func(name string) bool {
		of, _, ok := ParseKeyName(name)
		return ok && of == id
	}
	if err := v.destroy(ctx, d.Keys, KeyName(id), isKey); err != nil {
		return err
	}
	return v.destroy(ctx, d.Derived, PackName(id), func(name string) bool { return name == PackName(id) })
}

// destroy removes all versions of the names with a prefix that are meant.
func (v *Vault) destroy(ctx context.Context, b Disposal, prefix string, meant func(name string) bool) error {
	found, err := v.versions(ctx, b, prefix, "", meant, 0)
	if err != nil {
		return err
	}
	if err := v.removeAll(ctx, b, found); err != nil {
		return err
	}
	left, err := v.versions(ctx, b, prefix, "", meant, 0)
	if err != nil {
		return err
	}
	if len(left) > 0 {
		return fmt.Errorf("vault: destroy %s: %d versions are still there after they were removed: %w", prefix, len(left), record.Unavailable)
	}
	return nil
}

// versions lists versions and delete markers, of at least min names (0: all)
// and of each all.
func (v *Vault) versions(ctx context.Context, b Bucket, prefix, after string, meant func(name string) bool, min int) (found []ObjectInfo, err error) {
	err = v.retry(ctx, func() error {
		found = nil
		names, last := 0, ""
		err := b.Versions(ctx, prefix, after, func(o ObjectInfo) error {
			if !meant(o.Name) {
				return nil
			}
			if o.Name != last {
				if names++; min > 0 && names > min && !sameKeyName(o.Name, last) {
					return errEnough
				}
				last = o.Name
			}
			found = append(found, o)
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("vault: list versions of %s: %w", prefix, err)
	}
	return found, nil
}

// sameKeyName says whether two names are generations of one key.
func sameKeyName(a, b string) bool {
	x, _, isX := ParseKeyName(a)
	y, _, isY := ParseKeyName(b)
	return isX && isY && x == y
}

func (v *Vault) removeAll(ctx context.Context, b Disposal, found []ObjectInfo) error {
	for _, o := range found {
		if err := v.retry(ctx, func() error { return b.Remove(ctx, o.Name, o.Version) }); err != nil {
			return fmt.Errorf("vault: remove a version of %s: %w", o.Name, err)
		}
	}
	return nil
}

// RemoveOlderKeys removes the copies of every key that older generations
// sealed, all their versions. A key that is not there in the newest generation
// is left as it is and ends the pass with record.Conflict: prove the keys
// first. When it returns nil, a listing has shown that none is left.
func (v *Vault) RemoveOlderKeys(ctx context.Context, d Disposals, note func(c KeyCounts) error) (KeyCounts, error) {
	var total KeyCounts
	newest := v.Keyring().Generation()
	for after := ""; ; {
		found, err := v.versions(ctx, d.Keys, "k/", after, isKeyName, keyBatch)
		if err != nil {
			return total, err
		}
		if len(found) == 0 {
			break
		}
		older, keys, err := olderCopies(found, newest)
		if err != nil {
			return total, err
		}
		if err := v.removeAll(ctx, d.Keys, older); err != nil {
			return total, err
		}
		total.Seen += keys
		total.Done += int64(len(older))
		if note != nil {
			if err := note(total); err != nil {
				return total, err
			}
		}
		after = found[len(found)-1].Name
	}
	left, err := v.versions(ctx, d.Keys, "k/", "", func(name string) bool {
		_, generation, ok := ParseKeyName(name)
		return ok && generation < newest
	}, 1)
	if err == nil && len(left) > 0 {
		err = &record.Error{Category: record.Conflict, Message: "Keys of an older generation have come in meanwhile.", Hint: "Run the rotation again, then retire."}
	}
	return total, err
}

func isKeyName(name string) bool {
	_, _, ok := ParseKeyName(name)
	return ok
}

// olderCopies picks the versions of older generations, of keys that are there
// in the newest one. Versions of one key stand side by side.
func olderCopies(found []ObjectInfo, newest int) (older []ObjectInfo, keys int64, err error) {
	there := map[record.ObjectID]bool{}
	for _, o := range found {
		if id, generation, _ := ParseKeyName(o.Name); generation == newest && o.Latest && !o.Marker {
			there[id] = true
		}
	}
	for _, o := range found {
		id, generation, _ := ParseKeyName(o.Name)
		if generation >= newest {
			continue
		}
		if !there[id] {
			return nil, 0, &record.Error{Category: record.Conflict, Message: "A key is not sealed by the newest identity yet.",
				Hint: "Run the rotation again.", Cause: fmt.Errorf("%s", o.Name)}
		}
		older = append(older, o)
	}
	return older, int64(len(there)), nil
}
