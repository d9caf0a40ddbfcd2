package ocr_test

import (
	"os"
	"syscall"
	"testing"

	"eakte/ingest/worker"
)

// TestMain lets the test binary be the worker's child, as the product's binary
// is its own; and else starts itself again with one thread for tesseract,
// which reads that before main; with more it takes four times as long.
func TestMain(m *testing.M) {
	const limit = "OMP_THREAD_LIMIT"
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(worker.Main(os.Stdin, os.Stdout))
	}
	if os.Getenv(limit) == "" {
		if err := syscall.Exec("/proc/self/exe", os.Args, append(os.Environ(), limit+"=1")); err != nil {
			panic(err)
		}
	}
	os.Exit(m.Run())
}
