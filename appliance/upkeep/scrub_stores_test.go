package upkeep_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/upkeep"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
)

// openEmbedded starts the embedded store in a folder.
func openEmbedded(t testing.TB, dir string) vault.Buckets {
	t.Helper()
	t.Chdir(dir) // the store does so, too; this brings it back
	s, err := embedded.Start(t.Context(), embedded.Config{Dir: dir, CredentialsFile: filepath.Join(dir, "keys.json")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	conn := func(c embedded.Credentials) s3.Config {
		return s3.Config{Endpoint: s.Endpoint(), AccessKey: c.AccessKey, SecretKey: c.SecretKey}
	}
	if err := s3.Create(t.Context(), conn(s.RootCredentials())); err != nil {
		t.Fatal(err)
	}
	b, err := s3.Open(conn(s.Credentials()))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// openMinIO starts a MinIO with two sets of buckets: the first store's, reached
// with the running key, and the replica's. intruder writes as root.
func openMinIO(t testing.TB) (first, replica, intruder vault.Buckets) {
	t.Helper()
	m := vaulttest.StartMinIO(t)
	conn := func(k vaulttest.Key, prefix string) s3.Config {
		return s3.Config{Endpoint: m.Host, AccessKey: k.Access, SecretKey: k.Secret, Prefix: prefix}
	}
	if err := s3.Create(t.Context(), conn(m.Root, "second")); err != nil {
		t.Fatal(err)
	}
	var out []vault.Buckets
	for _, c := range []s3.Config{conn(m.Running, ""), conn(m.Root, "second"), conn(m.Root, "")} {
		b, err := s3.Open(c)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out[0], out[1], out[2]
}

// TestRottenFile: a bit that flips on the embedded store's disk is found by the
// scrub and put anew from the replica.
func TestRottenFile(t *testing.T) {
	dir := t.TempDir()
	buckets := openEmbedded(t, dir)
	h := newHouse(t, catalogtest.SQLite, &buckets)
	d := h.take(h.file, "the same bytes")
	h.replicate()
	var path string
	h.ok(filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && strings.Contains(p, string(d.Object)) && strings.Contains(p, "records") && strings.Contains(p, "/o/") {
			path = p
		}
		return err
	}))
	body, err := os.ReadFile(path)
	h.ok(err)
	body[len(body)-3] ^= 1
	h.ok(os.WriteFile(path, body, 0o600))
	h.scrubAll()
	if got := h.damaged(); !slices.Equal(got, []string{vault.OriginalName(d.Object)}) {
		t.Fatalf("found %v", got)
	}
	h.repair()
	after := h.document(d.ID)
	if after.Object == d.Object || h.body(after) != "the same bytes" {
		t.Error("it was not put anew")
	}
	if h.scrubAll(); len(h.damaged()) != 0 {
		t.Errorf("found again: %v", h.damaged())
	}
}

// TestWrittenOverAndHidden: on a store that keeps versions, what somebody wrote
// over or hid by a delete marker is read from the version below, which is ours,
// found by scrub or comparison, and put anew; with a replica, from there.
func TestWrittenOverAndHidden(t *testing.T) {
	first, replica, intruder := openMinIO(t)
	for _, withReplica := range []bool{false, true} {
		h := newHouse(t, catalogtest.SQLite, &first)
		over, hidden, key := h.take(h.file, "written over"), h.take(h.file, "hidden"), h.take(h.file, "key written over")
		want := map[string]bool{vault.PlaceVersion: true}
		if withReplica {
			h.copyTo(replica)
			want = map[string]bool{vault.PlaceReplica: true}
		}
		at := intruder.Records.(vault.LockTester)
		h.ok(at.Overwrite(t.Context(), vault.OriginalName(over.Object), []byte("something else")))
		h.ok(at.Delete(t.Context(), vault.OriginalName(hidden.Object)))
		h.ok(intruder.Keys.(vault.LockTester).Overwrite(t.Context(), vault.KeyName(key.Object), []byte("no key")))
		told := map[string]bool{}
		h.Vault.OnFallback(func(f vault.Fallback) { told[f.Place] = true })
		for _, d := range []record.Document{over, hidden, key} {
			h.Vault.ForgetKey(d.Object)
			c, err := h.Vault.OpenOriginal(t.Context(), d.Object)
			h.ok(err)
			b, err := io.ReadAll(c.Reader())
			if err != nil || !strings.Contains(string(b), "written over") && string(b) != "hidden" {
				t.Errorf("%q, %v", b, err)
			}
		}
		if len(told) != 1 || !want[slices.Collect(mapKeys(told))[0]] {
			t.Errorf("replica %v: read from %v", withReplica, told)
		}
		h.clock.Advance(48 * time.Hour)
		h.scrubAll()
		_, err := h.Reconcile(t.Context())
		h.ok(err)
		h.repair()
		for _, d := range []record.Document{over, hidden} {
			if after := h.document(d.ID); after.Object == d.Object || h.body(after) == "" {
				t.Errorf("replica %v: %s was not put anew", withReplica, d.Object)
			}
		}
	}
}

func mapKeys(m map[string]bool) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// copyTo fills another store with what the house's has, and makes it the
// replica.
func (h *house) copyTo(replica vault.Buckets) {
	h.Helper()
	for _, b := range [][2]vault.Bucket{{h.clean.Records, replica.Records}, {h.clean.Keys, replica.Keys}} {
		h.ok(b[0].List(context.Background(), "", "", func(o vault.ObjectInfo) error {
			r, err := b[0].Get(context.Background(), o.Name, 0, -1)
			h.ok(err)
			body, err := io.ReadAll(r)
			h.ok(err)
			if err := b[1].Put(context.Background(), vault.PutRequest{Name: o.Name, Size: int64(len(body)), Digest: record.Sum(body),
				Body: bytes.NewReader(body)}); err != nil && err != vault.ErrExists {
				return err
			}
			return nil
		}))
	}
	h.Vault.UseReplica(replica)
	h.direct.UseReplica(replica)
}

// BenchmarkScrub reads 200 objects of 200 KB in turns by the bare calls (GET and
// SHA-256, one after the other) and by the scrub, which lists, asks the catalog
// for the hashes and notes its place besides. ratio is that of their bytes a second.
func BenchmarkScrub(b *testing.B) {
	for _, c := range []struct {
		name string
		open func(testing.TB) vault.Buckets
	}{
		{"embedded", func(t testing.TB) vault.Buckets { return openEmbedded(t, t.TempDir()) }},
		{"minio", func(t testing.TB) vault.Buckets { first, _, _ := openMinIO(t); return first }},
	} {
		b.Run(c.name, func(b *testing.B) {
			benchmarkScrub(b, c.open(b))
		})
	}
}

func benchmarkScrub(b *testing.B, buckets vault.Buckets) {
	const objects, size = 200, 200_000
	body := make([]byte, size)
	var names []string
	var documents []record.Document
	for range objects {
		for i := range body {
			body[i] = byte(rand.N(256))
		}
		id := record.ObjectID("00" + record.NewID()[2:])
		name := vault.OriginalName(id)
		documents = append(documents, record.Document{ID: record.DocumentID(record.NewID()), Object: id, State: record.StateReady, Cipher: record.Sum(body),
			CipherSize: size, Plain: record.Sum(body), Size: size, Direction: record.DirectionIn, Received: "2026-03-01", Sensitivity: record.SensitivityNormal})
		if err := buckets.Records.Put(b.Context(), vault.PutRequest{Name: name, Size: size, Digest: record.Sum(body), Body: bytes.NewReader(body),
			LockUntil: time.Now().Add(time.Hour).Truncate(time.Second)}); err != nil {
			b.Fatal(err)
		}
		names = append(names, name)
	}
	clock := catalogtest.NewClock()
	tasks := &upkeep.Tasks{Catalog: catalogtest.SQLite(b, clock), Vault: vault.New(buckets, nil, clock), Clock: clock, Log: slog.New(slog.DiscardHandler)}
	if err := tasks.Catalog.WithTx(b.Context(), func(tx *catalog.Tx) error {
		err := tx.PutSite(record.Site{Code: "03104", Name: "Neustadt"})
		for _, d := range documents {
			err = errors.Join(err, tx.InsertDocument(d, "03104"))
		}
		return err
	}); err != nil {
		b.Fatal(err)
	}
	var bare, scrub time.Duration
	rounds := 0
	for b.Loop() {
		at := time.Now()
		for _, name := range names {
			r, err := buckets.Records.Get(b.Context(), name, 0, -1)
			if err != nil {
				b.Fatal(err)
			}
			h := sha256.New()
			if _, err := io.Copy(h, r); err != nil {
				b.Fatal(err)
			}
			_ = r.Close()
		}
		bare += time.Since(at)
		at = time.Now()
		n, _, err := tasks.ScrubShare(b.Context(), "records", "o/00/")
		if err != nil || n != objects {
			b.Fatal(fmt.Errorf("%d objects, %w", n, err))
		}
		scrub += time.Since(at)
		rounds++
	}
	mb := float64(rounds) * objects * size / 1e6
	b.ReportMetric(mb/bare.Seconds(), "bare-MB/s")
	b.ReportMetric(mb/scrub.Seconds(), "scrub-MB/s")
	b.ReportMetric(bare.Seconds()/scrub.Seconds(), "ratio")
}
