package vaulttest

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// versions makes second versions and delete markers where the store allows
// them, and looks at what is listed.
func versions(t *testing.T, s Store) {
	b, ctx := s.Buckets.Keys, t.Context()
	name, body := put(t, b, "k", 300, time.Time{})
	first, err := b.Stat(ctx, name)
	if err != nil || first.Version == "" {
		t.Fatalf("a key has version %q, %v", first.Version, err)
	}
	if got := versionsOf(t, b, name); len(got) != 1 || got[0].Version != first.Version || !got[0].Latest || got[0].Marker || got[0].Size != 300 || got[0].Modified.IsZero() {
		t.Errorf("one version is listed as %+v", got)
	}
	want := []string{first.Version}
	if s.OneVersion {
		t.Log("no second version is tried")
	} else if err := b.(vault.LockTester).Overwrite(ctx, name, noise(40)); err == nil {
		second, err := b.Stat(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		want = append([]string{second.Version}, want...)
	} else if !errors.Is(err, record.Denied) && !errors.Is(err, vault.ErrExists) {
		t.Errorf("overwrite a key: %v", err)
	}
	t.Logf("versions of a name that are possible: %d", len(want))
	got := versionsOf(t, b, name)
	if len(got) != len(want) {
		t.Fatalf("%d versions are listed, want %d: %+v", len(got), len(want), got)
	}
	for i, o := range got {
		if o.Version != want[i] || o.Latest != (i == 0) || o.Marker {
			t.Errorf("version %d is %+v, want %s", i, o, want[i])
		}
	}
	r, err := b.GetVersion(ctx, name, first.Version, 10, 20)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if part, err := io.ReadAll(r); err != nil || !bytes.Equal(part, body[10:30]) {
		t.Errorf("20 bytes of the first version: %d others, %v", len(part), err)
	}
	markers(t, s, name)
	versionPages(t, s)
}

func versionsOf(t *testing.T, b vault.Bucket, name string) (out []vault.ObjectInfo) {
	t.Helper()
	err := b.Versions(t.Context(), name, "", func(o vault.ObjectInfo) error {
		if o.Name == name {
			out = append(out, o)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// markers hides a key as somebody with root's key might, sees that, and takes
// the marker away again with the second key.
func markers(t *testing.T, s Store, name string) {
	if s.Root == nil || s.Second == nil || s.OneKey {
		t.Log("no root key or no second one: nothing is hidden")
		return
	}
	ctx, b := t.Context(), s.Buckets.Keys
	before := versionsOf(t, b, name)
	err := s.Root.Keys.(vault.LockTester).Delete(ctx, name)
	if errors.Is(err, record.Denied) {
		t.Log("root can't hide a name")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Stat(ctx, name); !errors.Is(err, record.NotFound) {
		t.Errorf("a hidden name: %v", err)
	}
	after := versionsOf(t, b, name)
	if len(after) != len(before)+1 || !after[0].Marker || !after[0].Latest || after[1].Latest || after[1].Version != before[0].Version {
		t.Fatalf("with a marker: %+v; before: %+v", after, before)
	}
	if err := s.Second.Keys.Remove(ctx, name, after[0].Version); err != nil {
		t.Fatalf("take the marker away: %v", err)
	}
	if got := versionsOf(t, b, name); len(got) != len(before) || !got[0].Latest {
		t.Errorf("without the marker: %+v", got)
	}
}

// versionPages lists more versions than one page holds.
func versionPages(t *testing.T, s Store) {
	const count = page + 5
	b, prefix := s.Buckets.Keys, "v"+record.NewID()[:8]+"/"
	fill(t, b, prefix, count)
	list := func(after string) (got []string) {
		t.Helper()
		err := b.Versions(t.Context(), prefix, after, func(o vault.ObjectInfo) error {
			if o.Version == "" || !o.Latest || o.Marker {
				t.Errorf("%+v", o)
			}
			got = append(got, o.Name)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	all := list("")
	for i, name := range all {
		if want := nth(prefix, i); name != want {
			t.Fatalf("version %d is of %s, want %s", i, name, want)
		}
	}
	if len(all) != count {
		t.Fatalf("%d of %d versions are listed", len(all), count)
	}
	if got := list(all[page]); len(got) != count-page-1 || got[0] != all[page+1] {
		t.Errorf("after %s: %d versions, want %d", all[page], len(got), count-page-1)
	}
	stop, seen := errors.New("enough"), 0
	if err := b.Versions(t.Context(), prefix, "", func(vault.ObjectInfo) error { seen++; return stop }); !errors.Is(err, stop) || seen != 1 {
		t.Errorf("stopped listing: %v after %d", err, seen)
	}
}
