package vaulttest

import (
	"errors"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// shortLock is how long what is to end in a test stays locked: long enough to
// be tried while it is, on a busy machine, too.
const shortLock = 4 * time.Second

// soon is the end of such a lock.
func soon() time.Time { return time.Now().UTC().Add(shortLock).Truncate(time.Second).Add(time.Second) }

// isHeld looks whether the store says so.
func isHeld(t *testing.T, b vault.Bucket, name string) bool {
	t.Helper()
	info, err := b.Stat(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Hold
}

// hold sets a hold, attacks what is held, and lifts it with the second key.
func hold(t *testing.T, s Store) {
	b, ctx := s.Buckets.Records, t.Context()
	name, _ := put(t, b, "o", 200, tomorrow())
	if isHeld(t, b, name) {
		t.Fatal("held from the start")
	}
	for range 2 { // again is success
		if err := b.Hold(ctx, name); err != nil {
			t.Fatalf("hold: %v", err)
		}
	}
	if err := b.ExtendLock(ctx, name, tomorrow().Add(time.Hour)); err != nil {
		t.Errorf("extend what is held: %v", err)
	}
	before, err := b.Stat(ctx, name)
	if err != nil || !before.Hold {
		t.Fatalf("after it was set: %+v, %v", before, err)
	}
	intruders := map[string]vault.Bucket{"the running key": b}
	if s.Second != nil {
		intruders["the second key"] = s.Second.Records
	}
	if s.Root != nil {
		intruders["root"] = s.Root.Records
	}
	for who, by := range intruders {
		tryVersion(t, by.(vault.LockTester), before, who+": ")
	}
	if !s.OneKey {
		if err := b.(vault.Disposal).Release(ctx, name); !errors.Is(err, record.Denied) {
			t.Errorf("lifted by the running key: %v", err)
		}
	}
	unchanged(t, b, name, before.Version, before)
	if err := b.Hold(ctx, newName("o")); !errors.Is(err, record.NotFound) {
		t.Errorf("hold what is not there: %v", err)
	}
	if s.Second == nil {
		t.Log("no second key: nothing is lifted")
		return
	}
	for range 2 {
		if err := s.Second.Records.Release(ctx, name); err != nil {
			t.Fatalf("release: %v", err)
		}
	}
	if isHeld(t, b, name) {
		t.Error("held after it was lifted")
	}
	if err := s.Second.Records.Remove(ctx, name, before.Version); !errors.Is(err, record.Denied) {
		t.Errorf("removed although its lock stands: %v", err)
	}
}

// brief are objects whose locks end while a test runs.
type brief struct {
	until                    time.Time
	free, held, audit        string
	freeVersion, heldVersion string
}

// lockBriefly puts them, and tries one that is locked still.
func lockBriefly(t *testing.T, s Store) (o brief) {
	t.Helper()
	if s.Second == nil {
		return o
	}
	b, ctx := s.Buckets.Records, t.Context()
	o.until = soon()
	o.free, _ = put(t, b, "o", 100, o.until)
	o.held, _ = put(t, b, "o", 100, o.until)
	o.audit, _ = put(t, s.Buckets.Audit, "a", 100, o.until)
	if err := b.Hold(ctx, o.held); err != nil {
		t.Fatal(err)
	}
	o.freeVersion, o.heldVersion = versionOf(t, b, o.free), versionOf(t, b, o.held)
	if err := s.Second.Records.Remove(ctx, o.free, o.freeVersion); time.Now().Before(o.until) && !errors.Is(err, record.Denied) {
		t.Fatalf("removed before its date: %v", err)
	}
	return o
}

func versionOf(t *testing.T, b vault.Bucket, name string) string {
	t.Helper()
	info, err := b.Stat(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return info.Version
}

// second waits for those locks to end, and then removes with the second key
// what no hold protects; with any other key nothing goes.
func second(t *testing.T, s Store, o brief) {
	if s.Second == nil {
		t.Skip("no second key")
	}
	b, ctx := s.Buckets.Records, t.Context()
	key, _ := put(t, s.Buckets.Keys, "k", 100, time.Time{})
	awaitStore(t, b, o.until)
	if !s.OneKey {
		for name, by := range map[string]vault.Bucket{o.free: b, o.audit: s.Buckets.Audit, key: s.Buckets.Keys} {
			if err := by.(vault.Disposal).Remove(ctx, name, versionOf(t, by, name)); !errors.Is(err, record.Denied) {
				t.Errorf("the running key removed %s: %v", name, err)
			}
		}
	}
	if err := s.Second.Records.Remove(ctx, o.held, o.heldVersion); !errors.Is(err, record.Denied) {
		t.Errorf("removed although it is held: %v", err)
	}
	if !isHeld(t, b, o.held) {
		t.Error("the hold went with the lock")
	}
	if err := s.Second.Records.Release(ctx, o.held); err != nil {
		t.Fatal(err)
	}
	for _, r := range []struct {
		by            vault.Disposal
		b             vault.Bucket
		name, version string
	}{{s.Second.Records, b, o.free, o.freeVersion}, {s.Second.Records, b, o.held, o.heldVersion},
		{s.Second.Keys, s.Buckets.Keys, key, versionOf(t, s.Buckets.Keys, key)}} {
		for range 2 { // what is gone is gone
			if err := r.by.Remove(ctx, r.name, r.version); err != nil {
				t.Errorf("remove %s: %v", r.name, err)
			}
		}
		if _, err := r.b.Stat(ctx, r.name); !errors.Is(err, record.NotFound) {
			t.Errorf("%s after it was removed: %v", r.name, err)
		}
	}
	throwAway(t, s)
}

// throwAway removes with the second key what can be made again, and puts a key.
func throwAway(t *testing.T, s Store) {
	ctx := t.Context()
	d, _ := put(t, s.Buckets.Derived, "d", 100, time.Time{})
	info, err := s.Buckets.Derived.Stat(ctx, d)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{d, d, newName("d")} { // what is not there is gone
		if err := s.Second.Derived.Remove(ctx, name, info.Version); err != nil {
			t.Errorf("remove %s from derived: %v", name, err)
		}
	}
	if _, err := s.Buckets.Derived.Stat(ctx, d); !errors.Is(err, record.NotFound) {
		t.Errorf("from derived, afterwards: %v", err)
	}
	k := newName("k")
	if err := s.Second.Keys.Put(ctx, request(k, noise(50), time.Time{})); err != nil {
		t.Errorf("put a key: %v", err)
	}
	if err := s.Second.Keys.Put(ctx, request(k, noise(50), time.Time{})); !errors.Is(err, vault.ErrExists) {
		t.Errorf("put a key twice: %v", err)
	}
	if s.OneKey {
		return
	}
	if err := s.Second.Records.Put(ctx, request(newName("o"), noise(50), tomorrow())); !errors.Is(err, record.Denied) {
		t.Errorf("put into records: %v", err)
	}
}

// awaitStore waits until the store's own clock is behind a moment.
func awaitStore(t *testing.T, b vault.Bucket, moment time.Time) {
	t.Helper()
	for {
		now, err := b.Now(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if now.After(moment) {
			return
		}
		time.Sleep(200 * time.Millisecond)
	}
}
