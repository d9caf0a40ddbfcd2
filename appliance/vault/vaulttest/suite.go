package vaulttest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/vault"
)

// Store is what Run works on: the buckets as the appliance sees them and, if
// there are such, the same ones with the second key and with the store's root.
type Store struct {
	Buckets vault.Buckets
	Second  *vault.Disposals
	Root    *vault.Buckets
	// OneKey says that the store does not tell its keys apart: what is refused
	// to one of them alone is not tried.
	OneKey bool
	// OneVersion says that the store keeps no second version of a name.
	OneVersion bool
	// Lasting says that the store outlives the test: nothing is locked into it
	// for more than a day.
	Lasting bool
	// Objects is how many the listing puts; 0: as few as are more than one
	// page, and 10,000 with EAKTE_TEST_FULL.
	Objects int
}

// Full says whether what takes long is to be run, too.
func Full() bool { return os.Getenv("EAKTE_TEST_FULL") != "" }

// Run tries everything that the vault asks of an object store. The buckets
// may hold other objects; Run uses names of its own and leaves locked objects
// behind, for a day.
func Run(t *testing.T, s Store) {
	brief := lockBriefly(t, s) // their locks end while the rest runs
	t.Run("what was put is there", func(t *testing.T) { putAndRead(t, s) })
	t.Run("what is not there is not found", func(t *testing.T) { notFound(t, s) })
	t.Run("a name is put once", func(t *testing.T) { putOnce(t, s) })
	t.Run("wrong bytes are refused", func(t *testing.T) { checksum(t, s) })
	t.Run("ranges", func(t *testing.T) { ranges(t, s) })
	t.Run("replace", func(t *testing.T) { replace(t, s) })
	t.Run("listing", func(t *testing.T) { listing(t, s) })
	t.Run("a context that has ended", func(t *testing.T) { ended(t, s) })
	t.Run("lock", func(t *testing.T) { lock(t, s) })
	t.Run("hold", func(t *testing.T) { hold(t, s) })
	t.Run("versions", func(t *testing.T) { versions(t, s) })
	t.Run("clock", func(t *testing.T) { clock(t, s) })
	t.Run("names", func(t *testing.T) { names(t, s) })
	t.Run("the second key", func(t *testing.T) { second(t, s, brief) })
	t.Run("vault", func(t *testing.T) { probe(t, s) })
}

// put stores random bytes under a new name of the letter, and gives both.
func put(t *testing.T, b vault.Bucket, letter string, size int, until time.Time) (string, []byte) {
	t.Helper()
	body := noise(size)
	name := newName(letter)
	if err := b.Put(t.Context(), request(name, body, until)); err != nil {
		t.Fatalf("put %d bytes: %v", size, err)
	}
	return name, body
}

func newName(letter string) string {
	id := record.NewID()
	return letter + "/" + id[:2] + "/" + id
}

func noise(n int) []byte {
	var seed [32]byte
	copy(seed[:], record.NewID())
	b := make([]byte, n)
	rand.NewChaCha8(seed).Read(b) // never fails
	return b
}

func request(name string, body []byte, until time.Time) vault.PutRequest {
	return vault.PutRequest{Name: name, Size: int64(len(body)), Digest: record.Sum(body), Body: bytes.NewReader(body), LockUntil: until}
}

func tomorrow() time.Time { return time.Now().UTC().Add(24 * time.Hour).Truncate(time.Second) }

func read(t *testing.T, b vault.Bucket, name string, off, n int64) []byte {
	t.Helper()
	r, err := b.Get(t.Context(), name, off, n)
	if err != nil {
		t.Fatalf("get %d bytes from %d: %v", n, off, err)
	}
	defer r.Close()
	got, err := io.ReadAll(r)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	return got
}

func putAndRead(t *testing.T, s Store) {
	for _, size := range []int{0, 1, 100, 64 << 10, 5<<20 + 3} {
		for _, in := range []struct {
			bucket vault.Bucket
			letter string
			until  time.Time
		}{{s.Buckets.Records, "o", tomorrow()}, {s.Buckets.Audit, "a", tomorrow()}, {s.Buckets.Keys, "k", time.Time{}}} {
			name, body := put(t, in.bucket, in.letter, size, in.until)
			info, err := in.bucket.Stat(t.Context(), name)
			if err != nil {
				t.Fatal(err)
			}
			if info.Size != int64(size) || info.Digest != record.Sum(body) {
				t.Errorf("%s: %d bytes, %s; want %d, %s", in.letter, info.Size, info.Digest, size, record.Sum(body))
			}
			locked := !in.until.IsZero()
			if locked != (info.Mode == vault.Compliance) || !info.LockedUntil.Equal(in.until) || info.Hold {
				t.Errorf("%s: lock is %q until %s, hold %v; want until %s", in.letter, info.Mode, info.LockedUntil, info.Hold, in.until)
			}
			if got := read(t, in.bucket, name, 0, -1); !bytes.Equal(got, body) {
				t.Errorf("%s: %d bytes came back as others", in.letter, size)
			}
		}
	}
}

func notFound(t *testing.T, s Store) {
	for name, b := range map[string]vault.Bucket{"records": s.Buckets.Records, "audit": s.Buckets.Audit,
		"keys": s.Buckets.Keys, "derived": s.Buckets.Derived} {
		if _, err := b.Stat(t.Context(), newName("o")); !errors.Is(err, record.NotFound) {
			t.Errorf("%s: stat: %v", name, err)
		}
		if _, err := b.Get(t.Context(), newName("o"), 0, -1); !errors.Is(err, record.NotFound) {
			t.Errorf("%s: get: %v", name, err)
		}
	}
	if err := s.Buckets.Records.ExtendLock(t.Context(), newName("o"), tomorrow()); !errors.Is(err, record.NotFound) {
		t.Errorf("extend: %v", err)
	}
}

// putOnce lets sixteen race for a name: exactly one wins, and its bytes stay.
func putOnce(t *testing.T, s Store) {
	for _, in := range []struct {
		bucket vault.Bucket
		until  time.Time
	}{{s.Buckets.Records, tomorrow()}, {s.Buckets.Keys, time.Time{}}} {
		const racers = 16
		name, bodies, results := newName("o"), [racers][]byte{}, [racers]error{}
		done := make(chan struct{})
		for i := range racers {
			bodies[i] = noise(20<<10 + i)
			go func() {
				results[i] = in.bucket.Put(t.Context(), request(name, bodies[i], in.until))
				done <- struct{}{}
			}()
		}
		for range racers {
			<-done
		}
		winner := -1
		for i, err := range results {
			switch {
			case err == nil && winner < 0:
				winner = i
			case err == nil:
				t.Errorf("racers %d and %d both won", winner, i)
			case !errors.Is(err, vault.ErrExists):
				t.Errorf("racer %d: %v", i, err)
			}
		}
		if winner < 0 {
			t.Fatal("nobody won")
		}
		if err := in.bucket.Put(t.Context(), request(name, bodies[winner], in.until)); !errors.Is(err, vault.ErrExists) {
			t.Errorf("the same bytes again: %v", err)
		}
		if got := read(t, in.bucket, name, 0, -1); !bytes.Equal(got, bodies[winner]) {
			t.Error("the winner's bytes are gone")
		}
	}
}

func checksum(t *testing.T, s Store) {
	for letter, in := range map[string]struct {
		bucket vault.Bucket
		until  time.Time
	}{"o": {s.Buckets.Records, tomorrow()}, "k": {s.Buckets.Keys, time.Time{}}} {
		r := request(newName(letter), noise(5000), in.until)
		r.Digest = record.Sum([]byte("others"))
		if err := in.bucket.Put(t.Context(), r); !errors.Is(err, record.Denied) {
			t.Errorf("%s: put with a wrong checksum: %v", letter, err)
		}
		if _, err := in.bucket.Stat(t.Context(), r.Name); !errors.Is(err, record.NotFound) {
			t.Errorf("%s: refused bytes are there: %v", letter, err)
		}
	}
}

func ranges(t *testing.T, s Store) {
	b := s.Buckets.Records
	name, body := put(t, b, "o", 300_000, tomorrow())
	size := int64(len(body))
	for _, r := range []struct{ off, n int64 }{{0, 1}, {0, size}, {0, -1}, {1, -1}, {size - 1, 1}, {size - 1, -1},
		{65535, 2}, {65536, 65536}, {299_000, 5000}, {0, 0}, {500, 0}} {
		want := body[r.off:]
		if r.n >= 0 {
			want = body[r.off:min(size, r.off+r.n)]
		}
		if got := read(t, b, name, r.off, r.n); !bytes.Equal(got, want) {
			t.Errorf("%d from %d: %d bytes, want %d", r.n, r.off, len(got), len(want))
		}
	}
	for _, off := range []int64{size, size + 1, -1} {
		if _, err := b.Get(t.Context(), name, off, 10); !errors.Is(err, record.Invalid) {
			t.Errorf("from %d: %v", off, err)
		}
	}
}

func replace(t *testing.T, s Store) {
	b, name := s.Buckets.Derived, newName("d")
	for _, size := range []int{10, 200_000, 0, 7} {
		body := noise(size)
		// Some callers hand over a file, some a stream.
		var r io.Reader = bytes.NewReader(body)
		if size == 7 {
			r = io.MultiReader(r)
		}
		if err := b.Replace(t.Context(), name, int64(size), r); err != nil {
			t.Fatalf("replace by %d bytes: %v", size, err)
		}
		if got := read(t, b, name, 0, -1); !bytes.Equal(got, body) {
			t.Errorf("%d bytes came back as %d others", size, len(got))
		}
		info, err := b.Stat(t.Context(), name)
		if err != nil || info.Size != int64(size) || info.Digest != record.Sum(body) {
			t.Errorf("stat after replace: %+v, %v", info, err)
		}
	}
}

func ended(t *testing.T, s Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	b := s.Buckets.Records
	name, _ := put(t, b, "o", 10, tomorrow())
	_, statErr := b.Stat(ctx, name)
	_, getErr := b.Get(ctx, name, 0, -1)
	for what, err := range map[string]error{"stat": statErr, "get": getErr,
		"put":  b.Put(ctx, request(newName("o"), []byte("x"), tomorrow())),
		"list": b.List(ctx, "o/", "", func(vault.ObjectInfo) error { return nil })} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// probe lets the vault itself judge the store.
func probe(t *testing.T, s Store) {
	if err := vault.New(s.Buckets, nil, record.SystemClock{}).Probe(t.Context()); err != nil {
		t.Error(err)
	}
}
