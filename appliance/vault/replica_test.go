package vault_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// mirrored is a vault with a replica that has everything, and what it told.
type mirrored struct {
	*vault.Vault
	first, replica vault.Buckets
	mu             sync.Mutex
	told           []vault.Fallback
}

func newMirrored(t *testing.T) *mirrored {
	t.Helper()
	m := &mirrored{first: vaulttest.NewBuckets(), replica: vaulttest.NewBuckets()}
	m.Vault = newVault(t, m.first)
	m.UseReplica(m.replica)
	m.OnFallback(func(f vault.Fallback) {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.told = append(m.told, f)
	})
	return m
}

// mirror copies what the replica doesn't have, as the stores do.
func (m *mirrored) mirror(t *testing.T) {
	t.Helper()
	for _, b := range [][2]vault.Bucket{{m.first.Records, m.replica.Records}, {m.first.Keys, m.replica.Keys}} {
		err := b[0].List(t.Context(), "", "", func(o vault.ObjectInfo) error {
			r, err := b[0].Get(t.Context(), o.Name, 0, -1)
			if err != nil {
				return err
			}
			body, err := io.ReadAll(r)
			if err != nil {
				return err
			}
			return b[1].Put(t.Context(), vault.PutRequest{Name: o.Name, Size: int64(len(body)), Digest: record.Sum(body), Body: bytes.NewReader(body)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// lose takes an object away behind the store's back.
func lose(t *testing.T, b vault.Bucket, name string) {
	t.Helper()
	m := b.(*vaulttest.Memory)
	m.Lax.Deletes = true
	if err := m.Delete(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	m.Lax.Deletes = false
}

func (m *mirrored) places() (out []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, f := range m.told {
		out = append(out, f.Place)
	}
	m.told = nil
	return out
}

// TestReplicaServes reads an original whose bytes or key are lost, cut off or
// damaged, at each 64 KiB chunk and at the header.
func TestReplicaServes(t *testing.T) {
	plain := make([]byte, 5*64<<10+100)
	for i := range plain {
		plain[i] = byte(rand.N(256))
	}
	for name, harm := range map[string]func(t *testing.T, b vault.Buckets, id record.ObjectID){
		"original lost": func(t *testing.T, b vault.Buckets, id record.ObjectID) { lose(t, b.Records, vault.OriginalName(id)) },
		"original cut off": func(t *testing.T, b vault.Buckets, id record.ObjectID) {
			b.Records.(*vaulttest.Memory).Truncate(vault.OriginalName(id), 100<<10)
		},
		"header damaged": func(t *testing.T, b vault.Buckets, id record.ObjectID) {
			b.Records.(*vaulttest.Memory).Damage(vault.OriginalName(id), 60)
		},
		"first chunk damaged": func(t *testing.T, b vault.Buckets, id record.ObjectID) {
			b.Records.(*vaulttest.Memory).Damage(vault.OriginalName(id), 1000)
		},
		"third chunk damaged": func(t *testing.T, b vault.Buckets, id record.ObjectID) {
			b.Records.(*vaulttest.Memory).Damage(vault.OriginalName(id), 150<<10)
		},
		"last chunk damaged": func(t *testing.T, b vault.Buckets, id record.ObjectID) {
			b.Records.(*vaulttest.Memory).Damage(vault.OriginalName(id), 328050)
		},
		"key lost": func(t *testing.T, b vault.Buckets, id record.ObjectID) { lose(t, b.Keys, vault.KeyName(id)) },
		"key damaged": func(t *testing.T, b vault.Buckets, id record.ObjectID) {
			b.Keys.(*vaulttest.Memory).Damage(vault.KeyName(id), 200)
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMirrored(t)
			id, _ := keep(t, m.Vault, plain)
			m.mirror(t)
			m.ForgetKey(id)
			if got := readAll(t, m.Vault, id); !bytes.Equal(got, plain) || m.places() != nil {
				t.Fatal("a sound original is not read from its own place")
			}
			harm(t, m.first, id)
			m.ForgetKey(id)
			if got := readAll(t, m.Vault, id); !bytes.Equal(got, plain) {
				t.Error("other bytes")
			}
			if got := m.places(); !slices.Equal(got, []string{vault.PlaceReplica}) {
				t.Errorf("told of %v", got)
			}
		})
	}
}

func readAll(t *testing.T, v *vault.Vault, id record.ObjectID) []byte {
	t.Helper()
	c, err := v.OpenOriginal(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c.Reader())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBothDamaged: two copies that are damaged in different places make one
// whole; where both are, it is said.
func TestBothDamaged(t *testing.T) {
	m := newMirrored(t)
	plain := bytes.Repeat([]byte("0123456789abcdef"), 30<<10)
	id, _ := keep(t, m.Vault, plain)
	m.mirror(t)
	m.first.Records.(*vaulttest.Memory).Damage(vault.OriginalName(id), 100<<10)
	m.replica.Records.(*vaulttest.Memory).Damage(vault.OriginalName(id), 300<<10)
	if !bytes.Equal(readAll(t, m.Vault, id), plain) {
		t.Error("other bytes")
	}
	m.first.Records.(*vaulttest.Memory).Damage(vault.OriginalName(id), 300<<10)
	c, err := m.OpenOriginal(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c.Reader()); !errors.Is(err, record.Corrupt) {
		t.Errorf("%v", err)
	}
}

// TestReplicaWhileTheStoreIsDown: reading goes on; what neither has is still
// unknown and not absent.
func TestReplicaWhileTheStoreIsDown(t *testing.T) {
	m := newMirrored(t)
	id, _ := keep(t, m.Vault, []byte("still here"))
	m.mirror(t)
	down := &vaulttest.Faults{From: 1, To: 1 << 30, Category: record.Unavailable}
	v := vault.New(down.Wrap(m.first), m.Keyring(), record.SystemClock{})
	v.UseReplica(m.replica)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := v.OpenOriginal(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(c.Reader()); err != nil || string(b) != "still here" {
		t.Errorf("%q, %v", b, err)
	}
	if _, err := v.OpenOriginal(ctx, newID()); !errors.Is(err, record.Unavailable) || errors.Is(err, record.NotFound) {
		t.Errorf("what may be in the store that is down: %v", err)
	}
	alone := vault.New(down.Wrap(m.first), m.Keyring(), record.SystemClock{})
	if _, err := alone.OpenOriginal(ctx, id); !errors.Is(err, record.Unavailable) {
		t.Errorf("without a replica: %v", err)
	}
}

// TestManifestFromTheReplica: one that is not what the vault puts there is read
// elsewhere; where it is sound nowhere, the reader gets it as it lies there.
func TestManifestFromTheReplica(t *testing.T) {
	m := newMirrored(t)
	id := newID()
	stone, err := vault.EncodeTombstone(vault.Tombstone{ID: id, Act: vault.ActErased, Kind: vault.KindDocument, Subject: record.NewID(),
		Object: newID(), ProposedBy: "a", ApprovedBy: "b", At: inTwoYears()})
	if err != nil {
		t.Fatal(err)
	}
	name := vault.TombstoneName(id)
	if err := m.PutLocked(t.Context(), name, int64(len(stone)), record.Sum(stone), bytes.NewReader(stone), inTwoYears()); err != nil {
		t.Fatal(err)
	}
	m.mirror(t)
	m.first.Records.(*vaulttest.Memory).Damage(name, 3)
	if b, err := m.GetLocked(t.Context(), name); err != nil || !bytes.Equal(b, stone) || len(m.places()) != 1 {
		t.Errorf("%v", err)
	}
	m.replica.Records.(*vaulttest.Memory).Damage(name, 3)
	if b, err := m.GetLocked(t.Context(), name); err != nil || bytes.Equal(b, stone) {
		t.Errorf("sound nowhere: %v", err)
	}
}

// TestRelocate puts a copy of the replica under a new name; begun again it goes
// on; what is sound nowhere is said and nothing is put.
func TestRelocate(t *testing.T) {
	m := newMirrored(t)
	plain := bytes.Repeat([]byte("relocate"), 40<<10)
	id, cipher := keep(t, m.Vault, plain)
	o := vault.Original{Object: id, Cipher: record.Sum(cipher), CipherSize: int64(len(cipher)), LockedUntil: inTwoYears()}
	m.mirror(t)
	if err := m.Sound(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	m.first.Records.(*vaulttest.Memory).Damage(vault.OriginalName(id), 200<<10)
	if err := m.Sound(t.Context(), o); !errors.Is(err, record.Corrupt) {
		t.Errorf("damaged, but %v", err)
	}
	to := newID()
	for range 2 {
		k, err := m.Relocate(t.Context(), o, to)
		if err != nil || k.Object() != to {
			t.Fatal(err)
		}
	}
	m.replica.Records.(*vaulttest.Memory).Truncate(vault.OriginalName(id), 10) // it isn't needed any more
	if !bytes.Equal(readAll(t, m.Vault, to), plain) {
		t.Error("other bytes under the new name")
	}
	info, err := m.Stat(t.Context(), vault.OriginalName(to))
	if err != nil || info.Digest != o.Cipher || info.LockedUntil.Before(o.LockedUntil) {
		t.Errorf("%+v, %v", info, err)
	}
	other := newID()
	if _, err := m.Relocate(t.Context(), o, other); !errors.Is(err, record.Corrupt) {
		t.Errorf("sound nowhere: %v", err)
	}
	if _, err := m.Stat(t.Context(), vault.OriginalName(other)); !errors.Is(err, record.NotFound) {
		t.Errorf("something was put: %v", err)
	}
}
