package torture

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// table counts what became of the files of each family.
type table struct {
	mu   sync.Mutex
	rows map[string]*row
}

type row struct {
	files, ready, deaths int
	reasons              map[string]int
	took                 time.Duration
	memory               int64
}

func newTable() *table { return &table{rows: map[string]*row{}} }

func (t *table) add(f File, r result) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, family := range []string{f.Family, "all"} {
		w := t.rows[family]
		if w == nil {
			w = &row{reasons: map[string]int{}}
			t.rows[family] = w
		}
		w.files++
		if r.outcome == Ready {
			w.ready++
		} else {
			w.reasons[r.outcome]++
		}
		w.deaths += r.deaths
		w.took, w.memory = max(w.took, r.took), max(w.memory, r.memory)
	}
}

// print writes the table as docs/hostile-files.md has it.
func (t *table) print(tt *testing.T, asked int64) {
	tt.Helper()
	var b strings.Builder
	b.WriteString("\n| family | files | ready | quarantined | worker deaths | longest, s | largest process, MB |\n|---|---|---|---|---|---|---|\n")
	families := []string{}
	for f := range t.rows {
		if f != "all" {
			families = append(families, f)
		}
	}
	slices.Sort(families)
	for _, f := range append(families, "all") {
		w := t.rows[f]
		if w == nil {
			continue
		}
		var reasons []string
		for r, n := range inOrder(w.reasons) {
			reasons = append(reasons, fmt.Sprintf("%s %d", r, n))
		}
		fmt.Fprintf(&b, "| %s | %d | %d | %s | %d | %.1f | %d |\n", f, w.files, w.ready, strings.Join(reasons, ", "), w.deaths, w.took.Seconds(), w.memory>>20)
	}
	tt.Logf("%s\n%d connections to the address in the files; the process that started the children lived", b.String(), asked)
}

// lookout measures the processes of the children that one pool starts. Each
// child leads a process group of its own.
type lookout struct {
	mu     sync.Mutex
	groups map[int]bool // of the file being read
	peak   int64
}

// watch looks at the children every few milliseconds: what a process needed in
// its last ones may be missed.
func watch(t *testing.T) *lookout {
	l := &lookout{groups: map[int]bool{}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		for ctx.Err() == nil {
			l.measure()
			time.Sleep(100 * time.Millisecond)
		}
	}()
	t.Cleanup(func() { cancel(); <-done })
	return l
}

func (l *lookout) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.groups, l.peak = map[int]bool{}, 0
}

func (l *lookout) end() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.peak
}

func (l *lookout) measure() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.groups) == 0 {
		return
	}
	names, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // it has just ended
		}
		_, rest, _ := strings.Cut(string(b), ") ")
		f := strings.Fields(rest)
		if len(f) < 3 {
			continue
		}
		if group, err := strconv.Atoi(f[2]); err == nil && l.groups[group] {
			l.peak = max(l.peak, peakOf(filepath.Dir(name)))
		}
	}
}

// peakOf is the most that a process has had in memory, in bytes.
func peakOf(dir string) int64 {
	b, err := os.ReadFile(filepath.Join(dir, "status"))
	if err != nil {
		return 0
	}
	_, rest, _ := strings.Cut(string(b), "VmHWM:")
	f := strings.Fields(rest)
	if len(f) == 0 {
		return 0
	}
	kb, err := strconv.ParseInt(f[0], 10, 64)
	if err != nil {
		return 0
	}
	return kb << 10
}

// logger takes the process ids of the children from what a pool logs.
func (l *lookout) logger() *slog.Logger { return slog.New(started{l}) }

type started struct{ l *lookout }

func (s started) Enabled(context.Context, slog.Level) bool { return true }
func (s started) WithAttrs([]slog.Attr) slog.Handler       { return s }
func (s started) WithGroup(string) slog.Handler            { return s }
func (s started) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "worker started" {
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == "pid" {
			s.l.mu.Lock()
			s.l.groups[int(a.Value.Int64())] = true
			s.l.mu.Unlock()
		}
		return true
	})
	return nil
}
