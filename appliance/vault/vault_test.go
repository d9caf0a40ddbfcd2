package vault_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
)

// secrets makes a key file and a recovery recipient, as setup does.
func secrets(t *testing.T) (ring *vault.Keyring, keyFile string, pairs map[string][]byte, custodians []string) {
	t.Helper()
	keyFile = filepath.Join(t.TempDir(), "eakte.key")
	if _, err := vault.NewKeyFile(keyFile, time.Now()); err != nil {
		t.Fatal(err)
	}
	recipient, pairs, custodians, err := vault.NewRecovery(nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err = vault.LoadKeyring(keyFile, recipient)
	if err != nil {
		t.Fatal(err)
	}
	return ring, keyFile, pairs, custodians
}

func newVault(t *testing.T, b vault.Buckets) *vault.Vault {
	t.Helper()
	ring, _, _, _ := secrets(t)
	return vault.New(b, ring, record.SystemClock{})
}

func newID() record.ObjectID { return record.ObjectID(record.NewID()) }

func newKey(t *testing.T, v *vault.Vault, id record.ObjectID) vault.Key {
	t.Helper()
	k, err := v.NewKey(id)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func encrypt(t *testing.T, k vault.Key, plain []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := k.Encrypt(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// keep puts a document as intake does: key, then original.
func keep(t *testing.T, v *vault.Vault, plain []byte) (record.ObjectID, []byte) {
	t.Helper()
	id := newID()
	k := newKey(t, v, id)
	cipher := encrypt(t, k, plain)
	if err := v.PutKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if err := v.PutLocked(t.Context(), vault.OriginalName(id), int64(len(cipher)), record.Sum(cipher), bytes.NewReader(cipher), inTwoYears()); err != nil {
		t.Fatal(err)
	}
	return id, cipher
}

func inTwoYears() time.Time { return time.Now().AddDate(2, 0, 0) }

func noise(n int) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{7}).Read(b)
	return b
}

// TestPutLocked puts, repeats, and meets other bytes.
func TestPutLocked(t *testing.T) {
	b := vaulttest.NewBuckets()
	v := newVault(t, b)
	body, other, name, until := noise(1000), noise(1001), vault.OriginalName(newID()), inTwoYears()
	put := func(body []byte, until time.Time) error {
		return v.PutLocked(t.Context(), name, int64(len(body)), record.Sum(body), bytes.NewReader(body), until)
	}
	for range 2 {
		if err := put(body, until); err != nil {
			t.Fatal(err)
		}
	}
	if err := put(other, until); !errors.Is(err, record.Conflict) {
		t.Errorf("other bytes: %v", err)
	}
	later := until.AddDate(1, 0, 0)
	if err := put(body, later); err != nil {
		t.Fatalf("the same with a later date: %v", err)
	}
	if info, err := v.Stat(t.Context(), name); err != nil || info.LockedUntil.Before(later) {
		t.Errorf("locked until %s, %v; want %s", info.LockedUntil, err, later)
	}
	if err := put(body, until); err != nil {
		t.Errorf("the same with an earlier date: %v", err)
	}
	if err := put(body, time.Time{}); !errors.Is(err, record.Invalid) {
		t.Errorf("without a date: %v", err)
	}
	if err := v.PutLocked(t.Context(), "x/00/y", 1, record.Sum(body), bytes.NewReader(body), until); !errors.Is(err, record.Invalid) {
		t.Errorf("a name of no bucket: %v", err)
	}
}

// TestPutNotices shows that a store that forgets a duty is found out.
func TestPutNotices(t *testing.T) {
	for name, lax := range map[string]vaulttest.Lax{
		"no lock": {NoLock: true}, "other bytes": {OtherBytes: true}, "no checksum": {NoChecksum: true},
	} {
		b := vaulttest.NewBuckets()
		b.Records.(*vaulttest.Memory).Lax = lax
		v := newVault(t, b)
		body := noise(10)
		err := v.PutLocked(t.Context(), vault.OriginalName(newID()), 10, record.Sum(body), bytes.NewReader(body), inTwoYears())
		if !errors.Is(err, record.Corrupt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestEveryFault lets the n-th call fail, for every n, before and after the
// store has acted: with the vault's own tries the put goes through; a longer
// outage is an error, and doing all of it again succeeds.
func TestEveryFault(t *testing.T) {
	for _, late := range []bool{false, true} {
		for outage := range 2 {
			for n := 1; ; n++ {
				f := &vaulttest.Faults{From: n, Late: late}
				if outage == 1 {
					f.To = n + 100
				}
				mem := vaulttest.NewBuckets()
				v := vault.New(f.Wrap(mem), nil, record.SystemClock{})
				vault.WithoutPauses(v)
				body, name := noise(500), vault.ManifestName(newID())
				put := func(v *vault.Vault) error {
					return v.PutLocked(t.Context(), name, 500, record.Sum(body), bytes.NewReader(body), inTwoYears())
				}
				err := put(v)
				if f.Calls() < n {
					break // the fault lies behind the last call: all were tried
				}
				what := fmt.Sprintf("call %d, late %v, outage %v", n, late, outage == 1)
				if outage == 0 && err != nil {
					t.Errorf("%s: %v", what, err)
				}
				if outage == 1 && !errors.Is(err, record.Unavailable) {
					t.Errorf("%s: %v, want unavailable", what, err)
				}
				if err := put(vault.New(mem, nil, record.SystemClock{})); err != nil {
					t.Errorf("%s: the redo: %v", what, err)
				}
			}
		}
	}
}

// TestRefusal: what is refused is asked once, and is not taken for policy's word.
func TestRefusal(t *testing.T) {
	f := &vaulttest.Faults{From: 1, To: 10, Category: record.Denied}
	v := vault.New(f.Wrap(vaulttest.NewBuckets()), nil, record.SystemClock{})
	body := noise(5)
	err := v.PutLocked(t.Context(), vault.ManifestName(newID()), 5, record.Sum(body), bytes.NewReader(body), inTwoYears())
	if !errors.Is(err, vault.ErrRefused) || record.CategoryOf(err) != record.Unavailable || f.Calls() != 1 {
		t.Errorf("%v after %d calls", err, f.Calls())
	}
}

// TestOriginal reads a document back, whole and in ranges, with few requests.
func TestOriginal(t *testing.T) {
	for _, size := range []int{0, 1, 64<<10 - 1, 64 << 10, 64<<10 + 1, 300_000, 9 << 20} {
		b := vaulttest.NewBuckets()
		v := newVault(t, b)
		plain := noise(size)
		id, _ := keep(t, v, plain)
		c, err := v.OpenOriginal(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(c.Reader())
		if err != nil || !bytes.Equal(got, plain) || c.Size() != int64(size) {
			t.Fatalf("%d bytes: %d came back, size %d, %v", size, len(got), c.Size(), err)
		}
		if gets := b.Records.(*vaulttest.Memory).Gets(); gets > 10 {
			t.Errorf("%d bytes took %d requests", size, gets)
		}
		r := rand.New(rand.NewPCG(1, uint64(size)))
		for range 50 {
			off, p := r.Int64N(int64(size)+1), make([]byte, r.IntN(200_000))
			n, err := c.ReadAt(p, off)
			want := plain[off:min(int64(size), off+int64(len(p)))]
			if !bytes.Equal(p[:n], want) || err != nil && err != io.EOF || n < len(p) && err != io.EOF {
				t.Fatalf("%d at %d of %d: %d bytes, %v", len(p), off, size, n, err)
			}
		}
	}
}

// TestDamage flips one bit anywhere: reading must not give wrong bytes.
func TestDamage(t *testing.T) {
	plain := noise(200_000)
	r := rand.New(rand.NewPCG(2, 2))
	for i := range 60 {
		b := vaulttest.NewBuckets()
		v := newVault(t, b)
		id, cipher := keep(t, v, plain)
		mem := b.Records.(*vaulttest.Memory)
		if i%4 == 0 {
			mem.Truncate(vault.OriginalName(id), r.Int64N(int64(len(cipher))))
		} else {
			mem.Damage(vault.OriginalName(id), r.Int64N(int64(len(cipher))))
		}
		c, err := v.OpenOriginal(t.Context(), id)
		if err == nil {
			_, err = io.Copy(io.Discard, c.Reader())
		}
		if !errors.Is(err, record.Corrupt) {
			t.Errorf("round %d: %v, want corrupt", i, err)
		}
	}
}

// TestOutageWhileReading: a store that fails is unavailable, not corrupt.
func TestOutageWhileReading(t *testing.T) {
	b := vaulttest.NewBuckets()
	v := newVault(t, b)
	vault.WithoutPauses(v)
	id, _ := keep(t, v, noise(1<<20))
	b.Records.(*vaulttest.Memory).Lax.ShortAnswers = true
	if _, err := v.OpenOriginal(t.Context(), id); !errors.Is(err, record.Unavailable) {
		t.Errorf("short answers: %v", err)
	}
	f := &vaulttest.Faults{From: 1, To: 1000}
	down := vault.New(f.Wrap(b), v.Keyring(), record.SystemClock{})
	vault.WithoutPauses(down)
	if _, err := down.OpenOriginal(t.Context(), id); !errors.Is(err, record.Unavailable) {
		t.Errorf("outage: %v", err)
	}
	if _, err := v.OpenOriginal(t.Context(), newID()); !errors.Is(err, record.NotFound) {
		t.Errorf("a document that is not there: %v", err)
	}
}

// TestProbe: a store that keeps its word passes, each way of not keeping it
// is named.
func TestProbe(t *testing.T) {
	if err := newVault(t, vaulttest.NewBuckets()).Probe(t.Context()); err != nil {
		t.Error(err)
	}
	for name, lax := range map[string]vaulttest.Lax{
		"no lock": {NoLock: true}, "deletes": {Deletes: true}, "bypasses": {Bypasses: true}, "shortens": {Shortens: true},
		"weakens": {Weakens: true}, "overwrites": {Overwrites: true}, "puts twice": {PutsTwice: true},
	} {
		for _, bucket := range []string{"records", "audit"} {
			b := vaulttest.NewBuckets()
			if bucket == "records" {
				b.Records.(*vaulttest.Memory).Lax = lax
			} else {
				b.Audit.(*vaulttest.Memory).Lax = lax
			}
			err := newVault(t, b).Probe(t.Context())
			var e *record.Error
			if !errors.As(err, &e) || e.Field != "store" || e.Hint == "" || !errors.Is(err, record.Invalid) {
				t.Errorf("%s in %s: %v", name, bucket, err)
			}
		}
	}
	f := &vaulttest.Faults{From: 1, To: 100}
	v := vault.New(f.Wrap(vaulttest.NewBuckets()), nil, record.SystemClock{})
	vault.WithoutPauses(v)
	if err := v.Probe(t.Context()); !errors.Is(err, record.Unavailable) || errors.Is(err, record.Invalid) {
		t.Errorf("a store that is away: %v", err)
	}
}

// TestAudit keeps and lists objects of the audit log.
func TestAudit(t *testing.T) {
	v := newVault(t, vaulttest.NewBuckets())
	for i := range 3 {
		body := fmt.Appendf(nil, "segment %d", i)
		for range 2 {
			if err := v.PutAudit(t.Context(), fmt.Sprintf("a/2026/%d", i), body, inTwoYears()); err != nil {
				t.Fatal(err)
			}
		}
		got, err := v.GetAudit(t.Context(), fmt.Sprintf("a/2026/%d", i))
		if err != nil || !bytes.Equal(got, body) {
			t.Errorf("%q, %v", got, err)
		}
	}
	var names []string
	if err := v.ListAudit(t.Context(), "a/2026/", "a/2026/0", func(i vault.ObjectInfo) error { names = append(names, i.Name); return nil }); err != nil || len(names) != 2 {
		t.Errorf("%v, %v", names, err)
	}
	if err := v.PutAudit(t.Context(), "a/2026/0", []byte("other"), inTwoYears()); !errors.Is(err, record.Conflict) {
		t.Errorf("other bytes: %v", err)
	}
}
