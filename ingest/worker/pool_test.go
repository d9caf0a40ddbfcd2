package worker

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"eakte/ingest/render"
)

// small is a document that is read in no time.
func small(t *testing.T) []byte { return asPNG(t, drawn(t, 400, 120, 200, "Akte")) }

func TestChildIsReusedAndRecycled(t *testing.T) {
	pids := &pidLog{}
	p := newPool(t, Config{Logger: slog.New(pids), Limits: Limits{RecyclePages: 3}})
	doc := small(t)
	for range 6 {
		mustProcess(t, p, doc, render.TypePNG, 1)
	}
	if n := pids.n.Load(); n != 2 {
		t.Errorf("%d children for 6 pages, want 2", n)
	}
}

func TestIdleChildIsEnded(t *testing.T) {
	pids := &pidLog{}
	p := newPool(t, Config{Logger: slog.New(pids), IdleAfter: time.Millisecond})
	mustProcess(t, p, small(t), render.TypePNG, 1)
	pid := int(pids.last.Load())
	for range 500 {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("an idle child goes on living")
}

func TestDocumentsAreReadSideBySide(t *testing.T) {
	pids := &pidLog{}
	p := newPool(t, Config{Workers: 2, Logger: slog.New(pids)})
	doc := small(t)
	both, meet := sync.WaitGroup{}, make(chan struct{})
	for range 2 {
		both.Go(func() {
			_, err := p.Process(t.Context(), Input{Body: bytes.NewReader(doc), Size: -1}, func(Page) error {
				select { // each waits for the other: one after the other would never end
				case meet <- struct{}{}:
				case <-meet:
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	if pids.n.Load() != 2 {
		t.Errorf("%d children", pids.n.Load())
	}
}

func TestErrorsThatAreNoFault(t *testing.T) {
	p := newPool(t, Config{})
	doc, torn := small(t), errors.New("torn")
	keep := func(Page) error { return nil }
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		name string
		ctx  context.Context
		in   Input
		each func(Page) error
		want error
	}{
		{"body breaks off", t.Context(), Input{Body: io.MultiReader(bytes.NewReader(doc[:len(doc)/2]), iotest.ErrReader(torn)), Size: -1}, keep, torn},
		{"body breaks off early", t.Context(), Input{Body: iotest.ErrReader(torn), Size: -1}, keep, torn},
		{"body ends unexpectedly", t.Context(), Input{Body: io.MultiReader(bytes.NewReader(doc[:len(doc)/2]), iotest.ErrReader(io.ErrUnexpectedEOF)), Size: -1}, keep, io.ErrUnexpectedEOF},
		{"page refused", t.Context(), Input{Body: bytes.NewReader(doc), Size: -1}, func(Page) error { return torn }, torn},
		{"canceled", canceled, Input{Body: bytes.NewReader(doc), Size: -1}, keep, context.Canceled},
		{"too short", t.Context(), Input{Body: bytes.NewReader(doc[:len(doc)/2]), Size: int64(len(doc))}, keep, nil},
		{"too long", t.Context(), Input{Body: bytes.NewReader(doc), Size: int64(len(doc) - 1)}, keep, nil},
		{"nothing of something", t.Context(), Input{Body: bytes.NewReader(nil), Size: 10}, keep, nil},
	} {
		_, err := p.Process(c.ctx, c.in, c.each)
		var f *Fault
		if err == nil || errors.As(err, &f) || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	mustProcess(t, p, doc, render.TypePNG, 1)
}

func TestTooLarge(t *testing.T) {
	p := newPool(t, Config{Limits: Limits{MaxBytes: 500}})
	doc := small(t)
	for _, size := range []int64{-1, int64(len(doc))} {
		_, err := p.Process(t.Context(), Input{Body: bytes.NewReader(doc), Size: size}, func(Page) error { return nil })
		wantFault(t, err, render.ReasonTooLarge)
	}
}

func TestCancelKillsTheChild(t *testing.T) {
	pids := &pidLog{}
	p := newPool(t, Config{Args: []string{"bad", "hang"}, Logger: slog.New(pids)})
	ctx, cancel := context.WithCancel(t.Context())
	body := io.MultiReader(strings.NewReader("%PDF-1.4"), atEnd(func() { time.AfterFunc(200*time.Millisecond, cancel) }))
	_, err := p.Process(ctx, Input{Body: body, Size: -1}, func(Page) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if left := inGroup(t, int(pids.last.Load())); len(left) > 0 {
		t.Errorf("still running: %v", left)
	}
}

func TestCloseEndsWhatIsBeingRead(t *testing.T) {
	p := newPool(t, Config{Args: []string{"bad", "hang"}})
	body := io.MultiReader(strings.NewReader("%PDF-1.4"), atEnd(func() { go p.Close() }))
	if _, err := p.Process(t.Context(), Input{Body: body, Size: -1}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
	if _, err := p.Process(t.Context(), Input{Body: strings.NewReader("%PDF-1.4"), Size: -1}, nil); !errors.Is(err, ErrClosed) {
		t.Errorf("%v", err)
	}
}

// atEnd calls itself when it is read, and is empty.
type atEnd func()

func (f atEnd) Read([]byte) (int, error) {
	f()
	return 0, io.EOF
}

func TestChildIsRestrained(t *testing.T) {
	t.Setenv("EAKTE_SECRET", "none of its business")
	pids := &pidLog{}
	p := newPool(t, Config{Logger: slog.New(pids)})
	mustProcess(t, p, small(t), render.TypePNG, 1)
	proc := fmt.Sprintf("/proc/%d/", pids.last.Load())
	read := func(name string) string {
		b, err := os.ReadFile(proc + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if env := read("environ"); strings.Contains(env, "EAKTE_SECRET") || !strings.Contains(env, "OMP_THREAD_LIMIT=1") {
		t.Errorf("environment: %q", env)
	}
	limits := read("limits")
	for _, want := range []string{"Max core file size        0", "Max data size             1610612736", "Max open files            64"} {
		if !strings.Contains(limits, want) {
			t.Errorf("no %q in %s", want, limits)
		}
	}
	if s := strings.TrimSpace(read("oom_score_adj")); s != "900" {
		t.Errorf("out-of-memory score %s", s)
	}
	if stat := strings.Fields(read("stat")); stat[4] != stat[0] {
		t.Errorf("process group %s of process %s", stat[4], stat[0])
	}
}

func TestNothingIsLeftInMemory(t *testing.T) {
	stale, err := os.MkdirTemp(scratchRoot, scratchName(1<<22+1)+"*") // no process has that number
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("no memory file system")
	}
	p := NewPool(Config{})
	var d pdf
	d.image("/Width 827/Height 1170/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode",
		asJPEG(t, drawn(t, 827, 1170, 100, "Akte")), "", "")
	mustProcess(t, p, d.bytes(), render.TypePDF, 1)
	p.Close()
	left, err := os.ReadDir(scratchRoot)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range left {
		if name := scratchRoot + "/" + e.Name(); name == stale || strings.HasPrefix(e.Name(), scratchName(os.Getpid())) {
			t.Errorf("%s is still there", name)
		}
	}
}
