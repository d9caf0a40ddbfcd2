package vault

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"

	"eakte/appliance/record"
)

// Vault keeps what may not change and proves it. It is safe for concurrent use.
type Vault struct {
	buckets Buckets
	ring    atomic.Pointer[Keyring] // another one after a rotation
	clock   record.Clock
	keys    *keyCache
	sleep   func(ctx context.Context, d time.Duration) error

	elsewhere elsewhere
}

// New makes a vault over four buckets. The keyring seals and opens keys; the
// clock dates what the vault makes itself (probes).
func New(b Buckets, k *Keyring, clock record.Clock) *Vault {
	v := &Vault{buckets: b, clock: clock, keys: newKeyCache(1024), sleep: sleep}
	v.ring.Store(k)
	return v
}

// Keyring gives the appliance's secrets to those who sign and hash with them.
func (v *Vault) Keyring() *Keyring { return v.ring.Load() }

// SetKeyring makes the vault seal and open keys with another ring, as after a
// rotation. What goes on meanwhile ends with the ring that it began with.
func (v *Vault) SetKeyring(k *Keyring) {
	v.ring.Store(k)
	v.keys.clear() // keys as the old ring had them sealed
}

// Buckets gives the buckets themselves, for listing and reconciliation.
func (v *Vault) Buckets() Buckets { return v.buckets }

// StoreTime is the store's own clock, in UTC and whole seconds. It decides
// when a lock ends.
func (v *Vault) StoreTime(ctx context.Context) (now time.Time, err error) {
	err = v.retry(ctx, func() error { now, err = v.buckets.Records.Now(ctx); return err })
	return now, err
}

// bucketOf finds the bucket by the name's letter.
func (v *Vault) bucketOf(name string) (Bucket, error) {
	letter, _, _ := strings.Cut(name, "/")
	switch letter {
	case "o", "m", "t", "p":
		return v.buckets.Records, nil
	case "k":
		return v.buckets.Keys, nil
	case "d":
		return v.buckets.Derived, nil
	}
	return nil, record.Bad("name", "no bucket holds names like this")
}

const (
	attempts   = 4                      // of one call to the store
	firstPause = 100 * time.Millisecond // doubled after each, with jitter
)

// retry calls op again while the store says that this may help, and gives the
// last error; what the store refuses is ErrRefused and not tried again.
func (v *Vault) retry(ctx context.Context, op func() error) error {
	pause := firstPause
	for i := 1; ; i++ {
		err := op()
		if err == nil || i == attempts || ctx.Err() != nil ||
			(!errors.Is(err, record.Unavailable) && !errors.Is(err, record.Busy)) {
			return outward(err)
		}
		if serr := v.sleep(ctx, pause/2+rand.N(pause)); serr != nil {
			return err // the caller gave up; what the store said is worth more
		}
		pause *= 2
	}
}

// sleep waits for d or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
