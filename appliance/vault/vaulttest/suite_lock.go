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
	t.Run("extend", func(t *testing.T) { extend(t, s.Buckets.Records) })
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
	ctx := t.Context()
	for what, err := range map[string]error{
		"delete version":            intruder.DeleteVersion(ctx, name, before.Version, false),
		"delete version, bypass":    intruder.DeleteVersion(ctx, name, before.Version, true),
		"shorten":                   intruder.SetLock(ctx, name, vault.Compliance, until.Add(-time.Hour), false),
		"shorten, bypass":           intruder.SetLock(ctx, name, vault.Compliance, until.Add(-time.Hour), true),
		"shorten to almost now":     intruder.SetLock(ctx, name, vault.Compliance, time.Now().Add(2*time.Second), true),
		"weaken to governance":      intruder.SetLock(ctx, name, "GOVERNANCE", until, false),
		"weaken, bypass":            intruder.SetLock(ctx, name, "GOVERNANCE", until.Add(time.Hour), true),
		"a date that is past":       intruder.SetLock(ctx, name, vault.Compliance, time.Now().Add(-time.Hour), true),
		"shorten through the vault": by.ExtendLock(ctx, name, until.Add(-time.Minute)),
	} {
		if !errors.Is(err, record.Denied) {
			t.Errorf("%s: %v, want it refused", what, err)
		}
	}
	if err := by.Put(ctx, request(name, noise(50), until)); !errors.Is(err, vault.ErrExists) {
		t.Errorf("put over it: %v", err)
	}
	check := func(version string) {
		t.Helper()
		after, err := b.(vault.LockTester).StatVersion(ctx, name, version)
		if err != nil {
			t.Fatalf("after the attack: %v", err)
		}
		if after.Size != before.Size || after.Digest != before.Digest {
			t.Errorf("after the attack: %d bytes, %s; before: %d, %s", after.Size, after.Digest, before.Size, before.Digest)
		}
		if version == "" && (after.Mode != vault.Compliance || !after.LockedUntil.Equal(until)) {
			t.Errorf("after the attack: %q until %s, want until %s", after.Mode, after.LockedUntil, until)
		}
	}
	check("")
	if got := read(t, b, name, 0, -1); !bytes.Equal(got, body) {
		t.Error("after the attack the bytes are others")
	}
	// A store with versions may take these two; the version then stays below.
	for what, err := range map[string]error{"overwrite": intruder.Overwrite(ctx, name, noise(50)), "delete": intruder.Delete(ctx, name)} {
		if err != nil && !errors.Is(err, record.Denied) {
			t.Errorf("%s: %v", what, err)
		}
	}
	check(before.Version)
}

func extend(t *testing.T, b vault.Bucket) {
	until := tomorrow()
	name, _ := put(t, b, "m", 100, until)
	for _, later := range []time.Time{until, until.Add(time.Second), until.AddDate(10, 0, 0)} {
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
		go func() { results <- b.ExtendLock(t.Context(), name, until.AddDate(0, 0, (i*7)%racers+1)) }()
	}
	for range racers {
		if err := <-results; err != nil && !errors.Is(err, record.Denied) {
			t.Errorf("extend: %v", err)
		}
	}
	info, err := b.Stat(t.Context(), name)
	if want := until.AddDate(0, 0, racers); err != nil || !info.LockedUntil.Equal(want) {
		t.Errorf("locked until %s, %v; want %s", info.LockedUntil, err, want)
	}
}
