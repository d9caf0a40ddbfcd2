package vault

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"filippo.io/age"
	"golang.org/x/sync/errgroup"

	"eakte/appliance/record"
)

// A rotation changes the appliance's identity that keys are sealed to, not the
// keys: no original, manifest or pack is touched. Each key is opened and sealed
// to the new identity and the recovery recipient, and put under the name of
// the new generation. The older copy stays until somebody retires it.
//
// All passes go through the bucket in batches and say after each where they
// stand; begun again from there they go on, and what is done is skipped.

// KeyPass is one way through all sealed keys.
type KeyPass struct {
	// Note is called after each batch; everything up to the name after is
	// done. An error ends the pass.
	Note func(after string, c KeyCounts) error
	// Broken is told of a key that can't be opened or is not the same in all
	// its copies. The pass goes on without it.
	Broken func(id record.ObjectID, err error)
	// Recovery, if given, opens what the key file's identities don't.
	Recovery *RecoveryIdentity
}

// KeyCounts are numbers of keys, not of their copies.
type KeyCounts struct {
	Seen    int64 `json:"seen"`
	Done    int64 `json:"done"` // resealed, or whose older copies were removed
	Missing int64 `json:"missing"`
	Broken  int64 `json:"broken"`
}

func (c *KeyCounts) add(o KeyCounts) {
	c.Seen, c.Done, c.Missing, c.Broken = c.Seen+o.Seen, c.Done+o.Done, c.Missing+o.Missing, c.Broken+o.Broken
}

const (
	keyBatch   = 250 // keys whose names are in memory at once
	keyWorkers = 8   // requests at the same time
)

// ResealKeys puts every key that lies behind the name after under the newest
// generation, unless it is there already, and reads each new copy back.
func (v *Vault) ResealKeys(ctx context.Context, after string, p KeyPass) (KeyCounts, error) {
	return v.eachKey(ctx, after, p, v.reseal)
}

// ProveKeys opens every copy of every key from behind the name after. Missing
// counts keys that are not there in the newest generation, Broken those of
// which a copy does not open or holds another key than the newest.
func (v *Vault) ProveKeys(ctx context.Context, after string, p KeyPass) (KeyCounts, error) {
	return v.eachKey(ctx, after, p, v.proveKey)
}

// keyCopies are the generations in which a key lies in the bucket.
type keyCopies struct {
	id          record.ObjectID
	generations []int
}

// eachKey does one thing with every key.
func (v *Vault) eachKey(ctx context.Context, after string, p KeyPass, act func(context.Context, keyCopies, KeyPass) (KeyCounts, error)) (KeyCounts, error) {
	var total KeyCounts
	for {
		batch, err := v.keysBehind(ctx, after)
		if err != nil || len(batch) == 0 {
			return total, err
		}
		counts, err := v.batch(ctx, batch, p, act)
		total.add(counts)
		if err != nil {
			return total, err
		}
		after = KeyName(batch[len(batch)-1].id) + ".~" // behind all its generations
		if p.Note != nil {
			if err := p.Note(after, total); err != nil {
				return total, err
			}
		}
	}
}

func (v *Vault) batch(ctx context.Context, batch []keyCopies, p KeyPass, act func(context.Context, keyCopies, KeyPass) (KeyCounts, error)) (KeyCounts, error) {
	counts, errs := make([]KeyCounts, len(batch)), make([]error, len(batch))
	var g errgroup.Group
	g.SetLimit(keyWorkers)
	for i, k := range batch {
		g.Go(func() error {
			counts[i], errs[i] = act(ctx, k, p)
			counts[i].Seen = 1
			if errors.Is(errs[i], record.Corrupt) {
				counts[i].Broken = 1
				return nil
			}
			return errs[i]
		})
	}
	err := g.Wait()
	var total KeyCounts
	for i, c := range counts {
		total.add(c)
		if c.Broken > 0 && p.Broken != nil {
			p.Broken(batch[i].id, errs[i])
		}
	}
	return total, err
}

var errEnough = errors.New("vault: enough names")

// keysBehind lists the next keys, each with all its generations.
func (v *Vault) keysBehind(ctx context.Context, after string) (batch []keyCopies, err error) {
	err = v.retry(ctx, func() error {
		batch = nil
		err := v.buckets.Keys.List(ctx, "k/", after, func(o ObjectInfo) error {
			id, generation, ok := ParseKeyName(o.Name)
			if !ok {
				return nil // what is not ours is for verify to name
			}
			n := len(batch)
			switch {
			case n > 0 && batch[n-1].id == id:
				batch[n-1].generations = append(batch[n-1].generations, generation)
			case n == keyBatch:
				return errEnough
			default:
				batch = append(batch, keyCopies{id, []int{generation}})
			}
			return nil
		})
		if errors.Is(err, errEnough) {
			return nil
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("vault: list keys: %w", err)
	}
	return batch, nil
}

// reseal puts one key under the newest generation.
func (v *Vault) reseal(ctx context.Context, k keyCopies, p KeyPass) (KeyCounts, error) {
	ring := v.Keyring()
	if newest := slices.Max(k.generations); newest > ring.Generation() {
		return KeyCounts{}, olderKeyFile(k.id, newest, ring.Generation())
	}
	if slices.Contains(k.generations, ring.Generation()) {
		return KeyCounts{}, nil
	}
	identity, err := v.openCopy(ctx, k, p)
	if errors.Is(err, record.NotFound) { // destroyed since it was listed
		return KeyCounts{}, nil
	}
	if err != nil {
		return KeyCounts{}, err
	}
	next, err := seal(k.id, identity, ring)
	if err != nil {
		return KeyCounts{}, err
	}
	// Conflict: an earlier try got through, or another process was faster.
	// Either way what lies there is held against the key.
	if err := v.putKey(ctx, next); err != nil && !errors.Is(err, record.Conflict) {
		return KeyCounts{}, err
	}
	v.keys.drop(k.id)
	return KeyCounts{Done: 1}, v.sameKey(ctx, k.id, ring, ring.Generation(), identity)
}

func olderKeyFile(id record.ObjectID, there, have int) error {
	return &record.Error{Category: record.Unavailable, Field: "EAKTE_KEY_FILE", Message: "The key file is older than the keys in the object store.",
		Hint:  "Put the archive's newest key file in its place on this machine and restart the appliance.",
		Cause: fmt.Errorf("%s: generation %d is in the store, %d in the key file", id, there, have)}
}

// openCopy opens the newest copy that can be opened.
func (v *Vault) openCopy(ctx context.Context, k keyCopies, p KeyPass) (*age.X25519Identity, error) {
	var last error
	for _, generation := range slices.Backward(slices.Sorted(slices.Values(k.generations))) {
		sealed, err := v.getAll(ctx, v.buckets.Keys, KeyNameOf(k.id, generation))
		if err != nil {
			return nil, err
		}
		plain, _, err := v.Keyring().unseal(sealed)
		if err != nil && p.Recovery != nil {
			plain, err = ageDecrypt(sealed, p.Recovery.identity)
		}
		if err == nil {
			var identity *age.X25519Identity
			if identity, err = parseKey(k.id, plain); err == nil {
				return identity, nil
			}
		}
		last = corrupt("The key of the object", err)
	}
	return nil, last
}

// sameKey reads one copy back and makes sure that the ring's newest identity,
// or for an older copy any of the ring's, opens it to the key that is wanted.
func (v *Vault) sameKey(ctx context.Context, id record.ObjectID, ring *Keyring, generation int, want *age.X25519Identity) error {
	sealed, err := v.getAll(ctx, v.buckets.Keys, KeyNameOf(id, generation))
	if err != nil {
		return err
	}
	plain, of, err := ring.unseal(sealed)
	if err != nil {
		return corrupt("The key of the object", err)
	}
	if generation == ring.Generation() && of != generation {
		return corrupt("The key of the object", fmt.Errorf("%s is sealed to generation %d", KeyNameOf(id, generation), of))
	}
	have, err := parseKey(id, plain)
	if err != nil {
		return corrupt("The key of the object", err)
	}
	if want != nil && have.String() != want.String() {
		return corrupt("The key of the object", fmt.Errorf("%s holds another key", KeyNameOf(id, generation)))
	}
	return nil
}

// proveKey opens all copies of a key and compares them with the newest.
func (v *Vault) proveKey(ctx context.Context, k keyCopies, _ KeyPass) (KeyCounts, error) {
	ring := v.Keyring()
	if newest := slices.Max(k.generations); newest > ring.Generation() {
		return KeyCounts{}, olderKeyFile(k.id, newest, ring.Generation())
	}
	if !slices.Contains(k.generations, ring.Generation()) {
		return KeyCounts{Missing: 1}, nil
	}
	identity, err := v.openCopy(ctx, keyCopies{id: k.id, generations: []int{ring.Generation()}}, KeyPass{})
	for _, generation := range k.generations {
		if err != nil {
			break
		}
		if err = v.sameKey(ctx, k.id, ring, generation, identity); errors.Is(err, record.NotFound) {
			err = nil // removed since it was listed
		}
	}
	if errors.Is(err, record.NotFound) { // destroyed since it was listed
		return KeyCounts{}, nil
	}
	return KeyCounts{}, err
}
