package vault_test

import (
	"context"
	"errors"
	"io"
	"testing"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// TestDestroyKey: no generation and no pack is left, and nobody in this process
// has the key in memory; it can be cut off at every call.
func TestDestroyKey(t *testing.T) {
	for n := 1; ; n++ {
		a := newArchive(t, 2)
		a.rotate(t)
		a.reseal(t)
		var victim, other record.ObjectID
		for id := range a.kept {
			victim, other = id, victim
		}
		key, err := a.OpenKey(t.Context(), victim)
		if err != nil {
			t.Fatal(err)
		}
		err = a.PutPack(t.Context(), key, func(w io.Writer) error { _, err := w.Write([]byte("pack")); return err })
		if err != nil {
			t.Fatal(err)
		}
		f := &vaulttest.Faults{From: n, To: n + 10}
		d := a.disposals()
		err = a.DestroyKey(t.Context(), vault.Disposals{Keys: faultyDisposal{f.Bucket(d.Keys), d.Keys, f}, Derived: faultyDisposal{f.Bucket(d.Derived), d.Derived, f}}, victim)
		if err != nil {
			if _, err := a.OpenKey(t.Context(), other); err != nil {
				t.Fatalf("call %d: another key: %v", n, err)
			}
			if err := a.DestroyKey(t.Context(), d, victim); err != nil {
				t.Fatalf("call %d, again: %v", n, err)
			}
		}
		if left := append(names(t, a.b.Keys, vault.KeyName(victim)), names(t, a.b.Derived, "")...); len(left) > 0 {
			t.Fatalf("call %d: left: %v", n, left)
		}
		if _, err := a.OpenOriginal(t.Context(), victim); !errors.Is(err, record.NotFound) {
			t.Fatalf("call %d: %v", n, err)
		}
		if _, err := a.OpenOriginal(t.Context(), other); err != nil {
			t.Fatalf("call %d: %v", n, err)
		}
		if f.Calls() < n {
			break
		}
	}
}

// faultyDisposal lets removals fail, too.
type faultyDisposal struct {
	vault.Bucket
	d vault.Disposal
	f *vaulttest.Faults
}

func (w faultyDisposal) Release(ctx context.Context, name string) error {
	return w.d.Release(ctx, name)
}

func (w faultyDisposal) Remove(ctx context.Context, name, version string) error {
	if _, err := w.f.Bucket(w.d).Stat(ctx, name); err != nil && !errors.Is(err, record.NotFound) { // counts, and fails in its turn
		return err
	}
	return w.d.Remove(ctx, name, version)
}

// TestKeyReadWhileDestroyed: who was reading a key while it was destroyed does
// not bring it back into memory.
func TestKeyReadWhileDestroyed(t *testing.T) {
	a := newArchive(t, 1)
	var victim record.ObjectID
	for victim = range a.kept {
	}
	slow := &slowKeys{Bucket: a.b.Keys}
	v := vault.New(vault.Buckets{Records: a.b.Records, Keys: slow, Derived: a.b.Derived}, a.Keyring(), record.SystemClock{})
	slow.meanwhile = func() {
		if err := v.DestroyKey(t.Context(), a.disposals(), victim); err != nil {
			t.Error(err)
		}
	}
	if _, err := v.OpenKey(t.Context(), victim); err != nil { // it had read it already
		t.Fatal(err)
	}
	slow.meanwhile = nil
	if _, err := v.OpenKey(t.Context(), victim); !errors.Is(err, record.NotFound) {
		t.Errorf("the destroyed key is still in memory: %v", err)
	}
}

// slowKeys lets something happen between reading a key and having it.
type slowKeys struct {
	vault.Bucket
	meanwhile func()
}

func (s *slowKeys) Get(ctx context.Context, name string, off, n int64) (io.ReadCloser, error) {
	r, err := s.Bucket.Get(ctx, name, off, n)
	if s.meanwhile != nil {
		s.meanwhile()
	}
	return r, err
}
