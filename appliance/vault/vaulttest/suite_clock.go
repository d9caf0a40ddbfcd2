package vaulttest

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// clock asks the store for its time and tries dates at the edges.
func clock(t *testing.T, s Store) {
	b, ctx := s.Buckets.Records, t.Context()
	now, err := b.Now(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if off := time.Since(now).Abs(); off > 5*time.Minute || now.Location() != time.UTC || now.Nanosecond() != 0 {
		t.Errorf("the store's clock says %s, which is %s off", now, off)
	}
	for what, until := range map[string]time.Time{"an hour ago": now.Add(-time.Hour), "long ago": time.Unix(0, 0).UTC()} {
		r := request(newName("o"), noise(20), until)
		if err := b.Put(ctx, r); !errors.Is(err, record.Denied) {
			t.Errorf("locked until %s: %v", what, err)
		}
		if _, err := b.Stat(ctx, r.Name); !errors.Is(err, record.NotFound) {
			t.Errorf("locked until %s, it is there: %v", what, err)
		}
	}
	// The store keeps whole seconds; the vault never asks for less than it was asked.
	v := vault.New(s.Buckets, nil, record.SystemClock{})
	body := noise(20)
	name, until := newName("o"), tomorrow().Add(400*time.Millisecond)
	if err := v.PutLocked(ctx, name, int64(len(body)), record.Sum(body), bytes.NewReader(body), until); err != nil {
		t.Fatal(err)
	}
	info, err := b.Stat(ctx, name)
	if err != nil || info.LockedUntil.Before(until) || info.LockedUntil.Nanosecond() != 0 {
		t.Errorf("a date with a fraction: until %s, %v; want at least %s", info.LockedUntil, err, until)
	}
	if !s.Lasting {
		far(t, b)
	}
}

// far locks for as long as a date can say: the store keeps the date or
// refuses it, and never makes it an earlier one.
func far(t *testing.T, b vault.Bucket) {
	for _, until := range []time.Time{time.Date(2106, 2, 7, 6, 28, 17, 0, time.UTC), time.Date(2262, 4, 12, 0, 0, 0, 0, time.UTC),
		time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)} {
		r := request(newName("o"), noise(20), until)
		err := b.Put(t.Context(), r)
		if errors.Is(err, record.Denied) {
			t.Logf("locked until %s: refused", until)
			continue
		}
		if err != nil {
			t.Errorf("locked until %s: %v", until, err)
			continue
		}
		if info, err := b.Stat(t.Context(), r.Name); err != nil || !info.LockedUntil.Equal(until) {
			t.Errorf("locked until %s: %s, %v", until, info.LockedUntil, err)
		}
	}
}

// names puts names of every form that the vault makes, and of some that it
// doesn't but a store should not confuse.
func names(t *testing.T, s Store) {
	b, ctx := s.Buckets.Derived, t.Context()
	id := record.NewID()
	long := "d/" + strings.Repeat(strings.Repeat("x", 200)+"/", 3) + id
	for _, name := range []string{
		"d/" + id[:2] + "/" + id, "k/" + id[:2] + "/" + id + ".2", "a/2026/" + id + ".segment-0001_x", "r/" + id + ".age",
		long, "d/" + id + "/a b+c%20d=e&f", "d/" + id + "/Äöü-ß", "d/" + id + "/a~b!c(d)'e@f,g",
	} {
		body := []byte("under " + name)
		if err := b.Put(ctx, request(name, body, time.Time{})); err != nil {
			t.Errorf("put %q: %v", name, err)
			continue
		}
		if got := read(t, b, name, 0, -1); !bytes.Equal(got, body) {
			t.Errorf("%q holds %q", name, got)
		}
		found := false
		if err := b.List(ctx, name, "", func(o vault.ObjectInfo) error { found = found || o.Name == name; return nil }); err != nil || !found {
			t.Errorf("%q is listed: %v, %v", name, found, err)
		}
	}
	// No name is another's in other letters.
	low, up := "d/"+id+"/case", "d/"+id+"/CASE"
	for _, name := range []string{low, up} {
		if err := b.Put(ctx, request(name, []byte(name), time.Time{})); err != nil {
			t.Errorf("put %q: %v", name, err)
		}
	}
	if got := read(t, b, low, 0, -1); string(got) != low {
		t.Errorf("%q holds %q", low, got)
	}
	if s.Second != nil { // a name below another's, as a folder would be, is one that is not there
		if err := s.Second.Derived.Remove(ctx, low+"/below/it", ""); err != nil {
			t.Errorf("remove what can't be there: %v", err)
		}
	}
}
