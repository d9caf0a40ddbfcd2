package vaulttest

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// lock tries to get at locked objects in every way, with the running
// credentials and with root's.
func lock(t *testing.T, s Store) {
	for _, where := range []struct {
		name    string
		running vault.Bucket
		root    func(*vault.Buckets) vault.Bucket
	}{
		{"records", s.Buckets.Records, func(b *vault.Buckets) vault.Bucket { return b.Records }},
		{"audit", s.Buckets.Audit, func(b *vault.Buckets) vault.Bucket { return b.Audit }},
	} {
		t.Run(where.name, func(t *testing.T) { attack(t, where.running, where.running) })
		if s.Root != nil {
			t.Run(where.name+" by root", func(t *testing.T) { attack(t, where.running, where.root(s.Root)) })
		}
	}
	if s.Second != nil {
		t.Run("records by the second key", func(t *testing.T) { attack(t, s.Buckets.Records, s.Second.Records) })
	}
	t.Run("extend", func(t *testing.T) { extend(t, s.Buckets.Records, s.Lasting) })
	t.Run("racing extensions", func(t *testing.T) { racingExtensions(t, s.Buckets.Records) })
}

// attack puts an object through one bucket and attacks it through another,
// which is the same bucket with other credentials. Afterwards the object is
// as it was.
func attack(t *testing.T, b, by vault.Bucket) {
	until := tomorrow()
	name, body := put(t, b, "o", 3000, until)
	before, err := b.Stat(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	intruder, ok := by.(vault.LockTester)
	if !ok {
		t.Fatal("the bucket is no LockTester")
	}
	tryLock(t, intruder, before)
	ctx := t.Context()
	if err := by.ExtendLock(ctx, name, until.Add(-time.Minute)); !errors.Is(err, record.Denied) {
		t.Errorf("shorten through the vault: %v", err)
	}
	if err := by.Put(ctx, request(name, noise(50), until)); !errors.Is(err, vault.ErrExists) && (by == b || !errors.Is(err, record.Denied)) {
		t.Errorf("put over it: %v", err)
	}
	unchanged(t, b, name, "", before)
	if got := read(t, b, name, 0, -1); !bytes.Equal(got, body) {
		t.Error("after the attack the bytes are others")
	}
	// A store with versions may take these two; the version then stays below.
	for what, err := range map[string]error{"overwrite": intruder.Overwrite(ctx, name, noise(50)), "delete": intruder.Delete(ctx, name)} {
		if err != nil && !errors.Is(err, record.Denied) {
			t.Errorf("%s: %v", what, err)
		}
	}
	tryVersion(t, intruder, before, "hidden, ")
	unchanged(t, b, name, before.Version, before)
	found := false
	err = b.Versions(ctx, name, "", func(o vault.ObjectInfo) error {
		found = found || o.Name == name && o.Version == before.Version && !o.Marker
		return nil
	})
	if err != nil || !found {
		t.Errorf("the version is listed: %v, %v", found, err)
	}
}

// tryLock does to an object that is locked for a day what must be refused.
func tryLock(t *testing.T, intruder vault.LockTester, o vault.ObjectInfo) {
	t.Helper()
	tryVersion(t, intruder, o, "")
	ctx, until := t.Context(), o.LockedUntil
	for what, err := range map[string]error{
		"shorten":               intruder.SetLock(ctx, o.Name, vault.Compliance, until.Add(-time.Hour), false),
		"shorten, bypass":       intruder.SetLock(ctx, o.Name, vault.Compliance, until.Add(-time.Hour), true),
		"shorten to almost now": intruder.SetLock(ctx, o.Name, vault.Compliance, time.Now().Add(2*time.Second), true),
		"weaken to governance":  intruder.SetLock(ctx, o.Name, "GOVERNANCE", until, false),
		"weaken, bypass":        intruder.SetLock(ctx, o.Name, "GOVERNANCE", until.Add(time.Hour), true),
		"a date that is past":   intruder.SetLock(ctx, o.Name, vault.Compliance, time.Now().Add(-time.Hour), true),
	} {
		if !errors.Is(err, record.Denied) {
			t.Errorf("%s: %v, want it refused", what, err)
		}
	}
}

// tryVersion tries to destroy one version, in every way there is.
func tryVersion(t *testing.T, intruder vault.LockTester, o vault.ObjectInfo, when string) {
	t.Helper()
	for _, bypass := range []bool{false, true} {
		for what, err := range map[string]error{
			"delete version":    intruder.DeleteVersion(t.Context(), o.Name, o.Version, bypass),
			"delete among many": intruder.DeleteMany(t.Context(), o.Name, o.Version, bypass),
		} {
			if !errors.Is(err, record.Denied) {
				t.Errorf("%s%s, bypass %v: %v, want it refused", when, what, bypass, err)
			}
		}
	}
}

// unchanged looks whether an object's version, or the one that is read, is as
// it was, its lock included.
func unchanged(t *testing.T, b vault.Bucket, name, version string, before vault.ObjectInfo) {
	t.Helper()
	after, err := b.StatVersion(t.Context(), name, version)
	if err != nil {
		t.Fatalf("after the attack: %v", err)
	}
	if after.Size != before.Size || after.Digest != before.Digest || after.Mode != before.Mode ||
		!after.LockedUntil.Equal(before.LockedUntil) || after.Hold != before.Hold {
		t.Errorf("after the attack: %+v; before: %+v", after, before)
	}
}

func extend(t *testing.T, b vault.Bucket, lasting bool) {
	until := tomorrow()
	name, _ := put(t, b, "m", 100, until)
	far := until.AddDate(10, 0, 0)
	if lasting {
		far = until.Add(time.Hour)
	}
	for _, later := range []time.Time{until, until.Add(time.Second), far} {
		if err := b.ExtendLock(t.Context(), name, later); err != nil {
			t.Fatalf("extend to %s: %v", later, err)
		}
		info, err := b.Stat(t.Context(), name)
		if err != nil || info.Mode != vault.Compliance || !info.LockedUntil.Equal(later) {
			t.Errorf("extended to %s: %q until %s, %v", later, info.Mode, info.LockedUntil, err)
		}
	}
	if err := b.ExtendLock(t.Context(), name, until); !errors.Is(err, record.Denied) {
		t.Errorf("back to the first date: %v", err)
	}
}

// racingExtensions moves one lock to many dates at once; the latest must
// stand, whichever request came last.
func racingExtensions(t *testing.T, b vault.Bucket) {
	until := tomorrow()
	name, _ := put(t, b, "m", 100, until)
	const racers = 24
	results := make(chan error, racers)
	for i := range racers {
		go func() {
			results <- b.ExtendLock(t.Context(), name, until.Add(time.Duration((i*7)%racers+1)*time.Minute))
		}()
	}
	for range racers {
		if err := <-results; err != nil && !errors.Is(err, record.Denied) {
			t.Errorf("extend: %v", err)
		}
	}
	info, err := b.Stat(t.Context(), name)
	if want := until.Add(racers * time.Minute); err != nil || !info.LockedUntil.Equal(want) {
		t.Errorf("locked until %s, %v; want %s", info.LockedUntil, err, want)
	}
}
