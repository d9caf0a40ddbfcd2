package delivery_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
	"eakte/ingest/delivery"
)

var benchDocuments = flag.Int("bench-documents", 200, "documents in the delivery of BenchmarkDelivery")

// BenchmarkDelivery hands a delivery of small PDFs over, as a provider does that
// sends four at a time, into the embedded store, and waits for its receipt.
// Nothing is recognised. Beside it, in the same run, the same bytes are put bare
// into the same store, locked like documents.
func BenchmarkDelivery(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		h := newHouse(b, catalogtest.SQLite)
		buckets := h.embedded(b)
		n, m := *benchDocuments, manifestOf(*benchDocuments)
		before := memory(b, "VmRSS")
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200); err != nil { // forget the peak so far
			b.Fatal(err)
		}
		b.StartTimer()
		start := time.Now()
		id := h.open(batch{Manifest: m}).ID
		opened := time.Now()
		each(b, n, 4, func(i int) error {
			pdf, _ := body(i)
			_, err := h.desk.Put(context.Background(), h.scan, id, m.Documents[i].Name, bytes.NewReader(pdf), int64(len(pdf)))
			return err
		})
		sent := time.Now()
		r := h.complete(id)
		done := time.Now()
		b.StopTimer()
		if len(r.Documents) != n {
			b.Fatalf("%d documents", len(r.Documents))
		}
		b.ReportMetric(opened.Sub(start).Seconds(), "manifest-s")
		b.ReportMetric(sent.Sub(opened).Seconds(), "objects-s")
		b.ReportMetric(done.Sub(sent).Seconds(), "complete-s")
		b.ReportMetric(float64(n)/done.Sub(start).Seconds(), "documents/s")
		b.ReportMetric(float64(memory(b, "VmHWM")-before)/1024, "MB-growth")
		b.ReportMetric(float64(memory(b, "VmHWM"))/1024, "MB-peak")
		start = time.Now()
		each(b, n, 8, func(i int) error {
			pdf, _ := body(i)
			return buckets.Records.Put(context.Background(), vault.PutRequest{Name: vault.OriginalName(record.ObjectID(record.NewID())), Size: int64(len(pdf)),
				Digest: record.Sum(pdf), Body: bytes.NewReader(pdf), LockUntil: time.Now().AddDate(2, 0, 0).Truncate(time.Second)})
		})
		b.ReportMetric(float64(n)/time.Since(start).Seconds(), "bare-puts/s")
		b.StartTimer()
	}
}

// manifestOf is a delivery of n PDFs.
func manifestOf(n int) delivery.Manifest {
	small := newBatch("B-1", 1)
	m := small.Manifest
	m.Documents = nil
	for i := range n {
		b, pages := body(i)
		d := small.Documents[0]
		d.Name, d.SHA256, d.Size, d.Pages, d.PaperPosition = fmt.Sprintf("%05d.pdf", i+1), hexOf(b), int64(len(b)), pages, i+1
		d.Barcodes = []string{fmt.Sprintf("03104//%07d", i)}
		m.Documents = append(m.Documents, d)
	}
	return m
}

// body is the i-th PDF, of one to five pages and 10 to 30 KB. It is made anew
// whenever it is wanted: the memory that is measured is not the bench's.
func body(i int) ([]byte, int) {
	rnd := rand.New(rand.NewPCG(1, uint64(i)))
	fill := make([]byte, 10_000+rnd.IntN(20_000))
	for j := range fill {
		fill[j] = byte('a' + rnd.IntN(26))
	}
	pages := 1 + rnd.IntN(5)
	return pdf(pages, fmt.Sprint(i)+string(fill)), pages
}

func each(b *testing.B, n, parallel int, do func(i int) error) {
	b.Helper()
	var g errgroup.Group
	g.SetLimit(parallel)
	for i := range n {
		g.Go(func() error { return do(i) })
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
}

// embedded puts the embedded store, as it is in the product, behind the intake.
func (h *house) embedded(t testing.TB) vault.Buckets {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	t.Cleanup(stop)
	srv, err := embedded.Start(ctx, embedded.Config{Dir: filepath.Join(t.TempDir(), "store"), Prefix: "eakte"})
	h.must(err)
	t.Cleanup(func() { _ = srv.Close() })
	conn := func(c embedded.Credentials) s3.Config {
		return s3.Config{Endpoint: srv.Endpoint(), Region: "us-east-1", AccessKey: c.AccessKey, SecretKey: c.SecretKey, Prefix: "eakte"}
	}
	h.must(s3.Create(ctx, conn(srv.RootCredentials())))
	buckets, err := s3.Open(conn(srv.Credentials()))
	h.must(err)
	h.clock.Advance(time.Since(h.clock.Now())) // the store's locks go by the real time
	h.clean = buckets
	h.restart("node")
	return buckets
}

// memory is a line of the process's status in kilobytes.
func memory(b *testing.B, name string) int {
	b.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Fatal(err)
	}
	for line := range bytes.Lines(status) {
		if rest, ok := strings.CutPrefix(string(line), name+":"); ok {
			n, err := strconv.Atoi(strings.Fields(rest)[0])
			if err != nil {
				b.Fatal(err)
			}
			return n
		}
	}
	b.Fatalf("the status has no %s", name)
	return 0
}

// The embedded store, as it is in the product, holds what the receipt says.
func TestEmbeddedStore(t *testing.T) {
	h := newHouse(t, catalogtest.SQLite)
	h.embedded(t)
	b := newBatch("E-1", 1, 2)
	r, err := h.hand(b)
	h.must(err)
	h.holds(b, r)
	h.readBack()
	if h.spooled() != 0 {
		t.Errorf("%d in the spool", h.spooled())
	}
}
