package routing_test

import (
	"flag"
	"os"
	"strconv"
	"syscall"
	"testing"

	"eakte/ingest/worker"
)

var (
	full    = flag.Bool("routing-eval", false, "route the post of `make routing-eval` and print its tables")
	letters = flag.Int("routing-letters", 500, "pieces of post of -routing-eval through real recognition")
	noisy   = flag.Int("routing-noise", 20_000, "pieces of post of -routing-eval through the noise model")
	files   = flag.Int("routing-files", 2_000, "files of the house of -routing-eval")
	learn   = flag.Int("routing-learn", 0, "measure recognition on so many pages of each condition, and write testdata/noise.json")
	misses  = flag.String("routing-misses", "", "folder for what -routing-eval got wrong: misses-routing.txt, misses-types.txt")
	show    = flag.Int("routing-show", -1, "print this piece of post as recognition left it by the noise model, and what was decided")
)

// seed of the post: EAKTE_SEED gives that of an earlier run.
func seed(t testing.TB) uint64 {
	n := uint64(1)
	if s := os.Getenv("EAKTE_SEED"); s != "" {
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		n = v
	}
	return n
}

// TestMain lets the test binary be the worker's child, as the product's binary
// is its own; with one thread for tesseract, as in the product.
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
