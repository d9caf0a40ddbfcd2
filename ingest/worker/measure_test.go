package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// usage is the processor time of this process ("self") or of its children that
// have ended ("children").
func usage(t testing.TB, who string) time.Duration {
	t.Helper()
	var u syscall.Rusage
	of := syscall.RUSAGE_SELF
	if who == "children" {
		of = syscall.RUSAGE_CHILDREN
	}
	if err := syscall.Getrusage(of, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// liveTime is the processor time of this process, of the children that have
// ended and of those that live.
func liveTime(t testing.TB) time.Duration {
	t.Helper()
	sum := processorTime(t)
	for pid := range children(t) {
		if f := statFields(fmt.Sprintf("/proc/%d/stat", pid)); f != nil {
			for _, ticks := range f[11:15] { // utime, stime, and those of its own children
				sum += time.Duration(number(ticks)) * 10 * time.Millisecond
			}
		}
	}
	return sum
}

// watchMemory looks ten times a second at the resident memory of the children
// and of this process. The function it gives ends that, and says how much one
// child had by itself at most, how much the children with their tools had
// together, and how much this process grew.
func watchMemory(t testing.TB) func() (child, tree, grown int) {
	t.Helper()
	debug.FreeOSMemory()
	before := resident(os.Getpid(), "VmRSS")
	done, ended := make(chan struct{}), make(chan struct{})
	var child, tree, own int
	go func() {
		defer close(ended)
		for {
			sum := 0
			for pid, group := range children(t) {
				sum += resident(pid, "VmRSS")
				if pid == group {
					child = max(child, resident(pid, "VmHWM"))
				}
			}
			tree, own = max(tree, sum), max(own, resident(os.Getpid(), "VmRSS"))
			select {
			case <-done:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	}()
	return func() (int, int, int) {
		close(done)
		<-ended
		return child, tree, max(0, own-before)
	}
}

// resident is a field of /proc/PID/status in bytes; 0 if it is gone.
func resident(pid int, field string) int {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			return number(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB"))) << 10
		}
	}
	return 0
}

// spread gives the median and the largest of the durations.
func spread(d []time.Duration) (median, worst time.Duration) {
	slices.Sort(d)
	return d[len(d)/2], d[len(d)-1]
}

// processorTime is that of this process and of the children that have ended.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var sum time.Duration
	for _, name := range []string{"self", "children"} {
		sum += usage(t, name)
	}
	return sum
}

// children lists the processes below this one, with the group each is in.
func children(t testing.TB) map[int]int {
	t.Helper()
	out := map[int]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		t.Fatal(err)
	}
	below := map[int][][2]int{}
	for _, path := range stats {
		f := statFields(path)
		if f == nil {
			continue
		}
		pid, parent, group := number(strings.Split(path, "/")[2]), number(f[1]), number(f[2])
		below[parent] = append(below[parent], [2]int{pid, group})
	}
	for todo := []int{os.Getpid()}; len(todo) > 0; todo = todo[1:] {
		for _, c := range below[todo[0]] {
			out[c[0]] = c[1]
			todo = append(todo, c[0])
		}
	}
	return out
}

// statFields are those of /proc/PID/stat behind the name; nil: it is gone.
func statFields(path string) []string {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	_, rest, _ := strings.Cut(string(b), ") ")
	if f := strings.Fields(rest); len(f) > 20 {
		return f
	}
	return nil
}

func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return 0
	}
	return n
}
