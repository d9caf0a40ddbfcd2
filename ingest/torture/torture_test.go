package torture

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"

	"eakte/ingest/render"
	"eakte/ingest/worker"
)

var whole = flag.Bool("whole", false, "all files, and those of TORTURE (folders, separated by :)")

// TestMain lets the test binary be the worker's child.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(worker.Main(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// Limits of the run: those of the product but, in the whole one, for the time.
const (
	pageSeconds     = 20
	documentSeconds = 90
	memoryBytes     = 1536 << 20
	// What a process maps of files (the document, libraries, models) is not
	// counted by the limit on memory.
	mapped = 512 << 20
)

// seed is that of EAKTE_SEED, or a new one, which is printed.
func seed(t *testing.T) uint64 {
	t.Helper()
	n := uint64(time.Now().UnixNano() % 1e6)
	if s := os.Getenv("EAKTE_SEED"); s != "" {
		var err error
		if n, err = strconv.ParseUint(s, 10, 64); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("EAKTE_SEED=%d", n)
	return n
}

// trap is an address that nobody may ask for, and a file that nobody may make.
type trap struct {
	Options
	asked atomic.Int64
}

func setTrap(t *testing.T) *trap {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	tr := &trap{Options: Options{Seed: seed(t), URL: "http://" + l.Addr().String() + "/", Canary: filepath.Join(t.TempDir(), "canary")}}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			tr.asked.Add(1)
			_ = c.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		if n := tr.asked.Load(); n > 0 {
			t.Errorf("%d connections were made", n)
		}
		if _, err := os.Stat(tr.Canary); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("something was run: %v", err)
		}
	})
	return tr
}

// TestTorture reads the files by worker children behind their walls.
func TestTorture(t *testing.T) {
	tr := setTrap(t)
	tr.Light = !*whole
	files := Files(tr.Options)
	if *whole {
		files = append(files, external(t)...)
	} else {
		files = some(files, 90, tr.Seed)
	}
	if only := os.Getenv("TORTURE_ONLY"); only != "" { // the beginning of family and label
		files = slices.DeleteFunc(files, func(f File) bool { return !strings.HasPrefix(f.Family+": "+f.Label, only) })
	}
	t.Logf("%d files", len(files))
	table := newTable()
	next := make(chan File)
	t.Run("pool", func(t *testing.T) {
		for n := range 2 {
			t.Run(strconv.Itoa(n), func(t *testing.T) {
				t.Parallel()
				r := newRunner(t)
				for f := range next {
					table.add(f, r.read(f))
				}
				r.pool.Close()
			})
		}
		go func() {
			defer close(next)
			for _, f := range files {
				next <- f
			}
		}()
	})
	left, err := filepath.Glob(fmt.Sprintf("/dev/shm/eakte-worker-%d-*", os.Getpid()))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %q, %v", left, err)
	}
	table.print(t, tr.asked.Load())
}

// some draws n files that cost little.
func some(files []File, n int, seed uint64) []File {
	files = slices.DeleteFunc(slices.Clone(files), func(f File) bool { return f.Heavy })
	r := rand.New(rand.NewPCG(seed, 6))
	r.Shuffle(len(files), func(i, k int) { files[i], files[k] = files[k], files[i] })
	return files[:min(n, len(files))]
}

// result is what became of one file.
type result struct {
	outcome string
	deaths  int
	took    time.Duration
	memory  int64 // of the largest process that read it
	pages   int
	parts   int
}

// runner reads one file after the other, each by a child of its own.
type runner struct {
	t    *testing.T
	pool *worker.Pool
	look *lookout
}

func newRunner(t *testing.T) *runner {
	t.Helper()
	r := &runner{t: t, look: watch(t)}
	l := worker.Limits{MemoryBytes: memoryBytes, RecyclePages: 1}
	if *whole {
		l.PageSeconds, l.DocumentSeconds = pageSeconds, documentSeconds
	}
	r.pool = worker.NewPool(worker.Config{Pause: time.Millisecond, Logger: r.look.logger(), Limits: l})
	return r
}

// read reads a file and holds what comes out against what is promised.
func (r *runner) read(f File) (res result) {
	r.t.Helper()
	name := f.Family + ": " + f.Label
	ctx, cancel := context.WithTimeout(context.Background(), 10*documentSeconds*time.Second)
	defer cancel()
	r.look.begin()
	d := worker.Document{Open: func() io.Reader { return bytes.NewReader(f.Body) }, Size: int64(len(f.Body)),
		Died: func(int, string) error { res.deaths++; return nil },
		Parts: func(p worker.Part) error {
			res.parts++
			if !utf8.ValidString(p.Name) || len(p.Name) > 1000 {
				r.t.Errorf("%s: part %q", name, p.Name)
			}
			_, err := io.Copy(io.Discard, p.Body)
			return err
		}}
	start := time.Now()
	_, err := r.pool.Read(ctx, d, func(worker.Page) error { res.pages++; return nil })
	res.took = time.Since(start)
	res.memory = r.look.end()
	var fault *worker.Fault
	switch {
	case err == nil:
		res.outcome = Ready
	case errors.As(err, &fault):
		res.outcome = fault.Reason
	default:
		res.outcome = "machine"
	}
	switch {
	case res.outcome == "machine" || res.outcome != Ready && !render.ValidReason(res.outcome):
		r.t.Errorf("%s: no reason of quarantine: %v", name, err)
	case f.Want != nil && !slices.Contains(f.Want, res.outcome):
		r.t.Errorf("%s: %v, want one of %v", name, err, f.Want)
	case res.memory > memoryBytes+mapped+int64(len(f.Body)):
		r.t.Errorf("%s: %d MB", name, res.memory>>20)
	}
	if res.deaths > 0 || *whole {
		r.t.Logf("%s: %s, %d pages, %d parts, %d deaths, %.1f s, %d MB: %v", name, res.outcome, res.pages, res.parts, res.deaths, res.took.Seconds(), res.memory>>20, err)
	}
	return res
}

// TestGoodFiles: what is spoilt elsewhere is read while it is whole.
func TestGoodFiles(t *testing.T) {
	m := &maker{Options: setTrap(t).Options}
	r := newRunner(t)
	defer r.pool.Close()
	for format, b := range inOrder(m.good()) {
		r.read(File{Family: "good", Label: format, Body: b, Want: []string{Ready}})
	}
}

// TestWantOfMemory: a page that does not fit into the memory allowed is not
// called damaged.
func TestWantOfMemory(t *testing.T) {
	pool := worker.NewPool(worker.Config{Pause: time.Millisecond, Limits: worker.Limits{MemoryBytes: 300 << 20}})
	t.Cleanup(pool.Close)
	m := &maker{Options: setTrap(t).Options, dice: rand.New(rand.NewPCG(1, 1))}
	m.tiffs()
	i := slices.IndexFunc(m.files, func(f File) bool { return f.Label == "TIFF 7,700 × 7,700 in colour" })
	body := m.files[i].Body
	_, err := pool.Process(t.Context(), worker.Input{Body: bytes.NewReader(body), Size: int64(len(body))}, func(worker.Page) error { return nil })
	var fault *worker.Fault
	t.Log(err)
	if !errors.As(err, &fault) || fault.Reason != render.ReasonMemory {
		t.Errorf("%v, want %s", err, render.ReasonMemory)
	}
}
