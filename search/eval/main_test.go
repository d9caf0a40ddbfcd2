package eval

import (
	"os"
	"syscall"
	"testing"

	"eakte/ingest/worker"
)

// TestMain lets this binary be the worker's child as well: the letters are read
// the way the product reads them. tesseract reads OMP_THREAD_LIMIT when it is
// loaded, before any Go runs.
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
