package folder

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"eakte/appliance/vault"
	"eakte/appliance/vault/embedded"
	"eakte/appliance/vault/s3"
)

const benchFiles = 5000

// BenchmarkFiveThousand takes a folder of 5,000 small files in, through the
// real intake into the embedded store, and measures how far the process's
// memory grew meanwhile.
func BenchmarkFiveThousand(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		h := newHouse(b)
		h.store(b)
		rnd := rand.New(rand.NewPCG(1, 2))
		for i := range benchFiles {
			body := make([]byte, 500+rnd.IntN(8000))
			for j := range body {
				body[j] = byte(rnd.Uint32())
			}
			h.put(fmt.Sprintf("%05d.tif", i), string(body))
		}
		h.look(0)
		before := memory(b, "VmRSS")
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200); err != nil { // forget the peak so far
			b.Fatal(err)
		}
		b.StartTimer()
		start := time.Now()
		for h.w.State().Taken < benchFiles {
			h.look(settle)
			if st := h.w.State(); st.Message != "" {
				b.Fatal(st.Message, st.Hint)
			}
		}
		b.ReportMetric(benchFiles/time.Since(start).Seconds(), "files/s")
		b.ReportMetric(float64(memory(b, "VmHWM")-before)/1024, "MB-growth")
		b.ReportMetric(float64(memory(b, "VmHWM"))/1024, "MB-peak")
	}
}

// store puts the embedded store, as it is in the product, behind the intake.
func (h *house) store(b *testing.B) {
	b.Helper()
	ctx, stop := context.WithCancel(context.Background())
	b.Cleanup(stop)
	srv, err := embedded.Start(ctx, embedded.Config{Dir: filepath.Join(b.TempDir(), "store"), Prefix: "eakte"})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = srv.Close() })
	conn := func(c embedded.Credentials) s3.Config {
		return s3.Config{Endpoint: srv.Endpoint(), Region: "us-east-1", AccessKey: c.AccessKey, SecretKey: c.SecretKey, Prefix: "eakte"}
	}
	if err := s3.Create(ctx, conn(srv.RootCredentials())); err != nil {
		b.Fatal(err)
	}
	buckets, err := s3.Open(conn(srv.Credentials()))
	if err != nil {
		b.Fatal(err)
	}
	h.in.Vault = vault.New(buckets, h.ring, h.clock)
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
