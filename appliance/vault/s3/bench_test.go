package s3_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/appliance/vault/vaulttest"
)

// The benchmarks stand beside a yardstick that runs in turns with them on the
// same server. They report milliseconds of one call, of the yardstick's, and
// the ratio of the two.
//
//	go test -run '^$' -bench Put -benchtime 200x ./appliance/vault/s3

// server is one store under measurement.
type server struct {
	vault *vault.Vault
	key   vault.Key // making a key belongs to the intake, not to the put
	bare  *minio.Client
}

// servers start the stores: the embedded one over loopback, and a real MinIO.
func servers() map[string]func(b *testing.B) server {
	return map[string]func(b *testing.B) server{
		"embedded": func(b *testing.B) server {
			e, err := embedded.Start(b.Context(), embedded.Config{Dir: b.TempDir(), Listen: vaulttest.FreePort(b)})
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() {
				if err := e.Close(); err != nil {
					b.Error(err)
				}
			})
			root := s3.Config{Endpoint: e.Endpoint(), AccessKey: e.RootCredentials().AccessKey, SecretKey: e.RootCredentials().SecretKey}
			if err := s3.Create(b.Context(), root); err != nil {
				b.Fatal(err)
			}
			return measure(b, s3.Config{Endpoint: e.Endpoint(), AccessKey: e.Credentials().AccessKey, SecretKey: e.Credentials().SecretKey})
		},
		"minio": func(b *testing.B) server {
			m := vaulttest.StartMinIO(b)
			return measure(b, s3.Config{Endpoint: m.Host, AccessKey: m.Running.Access, SecretKey: m.Running.Secret})
		},
	}
}

func measure(b *testing.B, cfg s3.Config) server {
	b.Helper()
	buckets, err := s3.Open(cfg)
	if err != nil {
		b.Fatal(err)
	}
	path := b.TempDir() + "/key"
	recipient, err := vault.NewKeyFile(path, time.Now())
	if err != nil {
		b.Fatal(err)
	}
	ring, err := vault.LoadKeyring(path, recipient)
	if err != nil {
		b.Fatal(err)
	}
	bare, err := minio.New(cfg.Endpoint, &minio.Options{Creds: credentials.NewStaticV4(cfg.AccessKey, cfg.SecretKey, ""), TrailingHeaders: true})
	if err != nil {
		b.Fatal(err)
	}
	v := vault.New(buckets, ring, record.SystemClock{})
	key, err := v.NewKey(record.ObjectID(record.NewID()))
	if err != nil {
		b.Fatal(err)
	}
	return server{v, key, bare}
}

// scan are the bytes of one scanned page, other ones each time.
func scan() []byte {
	body := bytes.Clone(page())
	copy(body, record.NewID())
	return body
}

var page = sync.OnceValue(func() []byte {
	body := make([]byte, 200_000)
	for i := range body {
		body[i] = byte(rand.Uint32())
	}
	return body
})

// BenchmarkPut is one object of 200 KB encrypted, put with its lock and
// verified, beside a bare PutObject of minio-go with retention and checksum.
func BenchmarkPut(b *testing.B) {
	for name, start := range servers() {
		b.Run(name, func(b *testing.B) {
			s := start(b)
			for _, writers := range []int{1, 8, 32} {
				b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
					inTurns(b, writers, s.put, s.barePut)
				})
			}
		})
	}
}

// inTurns runs n of ours at once, then n of the yardstick's, again and again.
func inTurns(b *testing.B, n int, ours, yardstick func(context.Context) error) {
	b.Helper()
	var own, bare time.Duration
	calls := 0
	for b.Loop() {
		own += atOnce(b, n, ours)
		bare += atOnce(b, n, yardstick)
		calls += n
	}
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(calls) }
	b.ReportMetric(ms(own), "ms")
	b.ReportMetric(ms(bare), "bare-ms")
	b.ReportMetric(own.Seconds()/bare.Seconds(), "ratio")
	b.ReportMetric(0, "ns/op")
}

// each is how many calls one writer makes in a turn, so that writers overlap.
const each = 4

func atOnce(b *testing.B, n int, f func(context.Context) error) time.Duration {
	b.Helper()
	errs := make([]error, n)
	var wg sync.WaitGroup
	began := time.Now()
	for i := range n {
		wg.Go(func() {
			for range each {
				errs[i] = errors.Join(errs[i], f(b.Context()))
			}
		})
	}
	wg.Wait()
	took := time.Since(began)
	if err := errors.Join(errs...); err != nil {
		b.Fatal(err)
	}
	return took / each
}

func (s server) put(ctx context.Context) error {
	id := record.ObjectID(record.NewID())
	var sealed bytes.Buffer
	sealed.Grow(len(page()) + 1000)
	w, err := s.key.Encrypt(&sealed)
	if err != nil {
		return err
	}
	if _, err := w.Write(scan()); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return s.vault.PutLocked(ctx, vault.OriginalName(id), int64(sealed.Len()), record.Sum(sealed.Bytes()),
		bytes.NewReader(sealed.Bytes()), time.Now().Add(24*time.Hour))
}

func (s server) barePut(ctx context.Context) error {
	id, body := record.NewID(), scan()
	_, err := s.bare.PutObject(ctx, "eakte-records", "b/"+id[:2]+"/"+id, bytes.NewReader(body), int64(len(body)), minio.PutObjectOptions{
		Mode: minio.Compliance, RetainUntilDate: time.Now().UTC().Add(24 * time.Hour).Truncate(time.Second), DisableMultipart: true,
		UserMetadata: map[string]string{"x-amz-checksum-sha256": record.Sum(body).Base64()}})
	return err
}

// BenchmarkRange is a page's range of 200 KB, decrypted, out of an original of
// 300 MB that is open, beside the store's own ranged GET of as many bytes.
func BenchmarkRange(b *testing.B) {
	for name, start := range servers() {
		b.Run(name, func(b *testing.B) {
			s := start(b)
			id, size := s.large(b)
			content, err := s.vault.OpenOriginal(b.Context(), id)
			if err != nil {
				b.Fatal(err)
			}
			at := func() int64 { return rand.Int64N(size - int64(len(page()))) }
			buf := make([]byte, len(page()))
			inTurns(b, 1, func(context.Context) error { _, err := content.ReadAt(buf, at()); return err },
				func(ctx context.Context) error {
					var o minio.GetObjectOptions
					from := at()
					if err := o.SetRange(from, from+int64(len(buf))-1); err != nil {
						return err
					}
					r, err := s.bare.GetObject(ctx, "eakte-records", vault.OriginalName(id), o)
					if err != nil {
						return err
					}
					defer r.Close()
					_, err = io.ReadFull(r, buf)
					return err
				})
		})
	}
}

// large puts an original of 300 MB.
func (s server) large(b *testing.B) (record.ObjectID, int64) {
	b.Helper()
	const size = 300_000_000
	id := record.ObjectID(record.NewID())
	key, err := s.vault.NewKey(id)
	if err != nil {
		b.Fatal(err)
	}
	var sealed bytes.Buffer
	w, err := key.Encrypt(&sealed)
	if err != nil {
		b.Fatal(err)
	}
	for range size / len(page()) {
		if _, err := w.Write(page()); err != nil {
			b.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), s.vault.PutKey(b.Context(), key)); err != nil {
		b.Fatal(err)
	}
	err = s.vault.PutLocked(b.Context(), vault.OriginalName(id), int64(sealed.Len()), record.Sum(sealed.Bytes()),
		bytes.NewReader(sealed.Bytes()), time.Now().Add(24*time.Hour))
	if err != nil {
		b.Fatal(err)
	}
	return id, size
}
