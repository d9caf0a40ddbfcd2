package barcode

import (
	"flag"
	"fmt"
	"image"
	"os"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/sample"
)

var full = flag.Bool("code-eval", false, "read all pages of `make code-eval` and print its table")

// TestEvalCodes prints how many codes of each kind were read, on 200 pages of
// 200 dpi each.
func TestEvalCodes(t *testing.T) {
	if !*full {
		t.Skip("only with -code-eval")
	}
	fmt.Println("| code | page | pages | found | exact | wrong |\n|---|---|---|---|---|---|")
	all := map[sample.MarkKind]score{}
	scores(t, 40, func(kind sample.MarkKind, name string, s score) {
		fmt.Printf("| %s | %s | %d | %d | %d | %d |\n", format(kind), name, s.pages, s.found, s.exact, s.wrong)
		sum := all[kind]
		sum.pages, sum.found, sum.exact, sum.wrong = sum.pages+s.pages, sum.found+s.found, sum.exact+s.exact, sum.wrong+s.wrong
		all[kind] = sum
	})
	for kind, s := range all {
		fmt.Printf("| %s | all | %d | %d | %d | %d |\n", format(kind), s.pages, s.found, s.exact, s.wrong)
		if s.exact*100 < s.pages*wanted(kind) || s.wrong > 0 {
			t.Errorf("%s: %+v", kind, s)
		}
	}
	sayLoad()
}

// TestEvalNoCodes says what was read on 1,000 pages without any code.
func TestEvalNoCodes(t *testing.T) {
	if !*full {
		t.Skip("only with -code-eval")
	}
	pages, read := 0, 0
	codeless(t, 1000, func(i int, name string, g *image.Gray) {
		pages++
		read += nothing(t, i, name, g)
		if pages%100 == 0 {
			fmt.Printf("%d pages without codes: %d readings\n", pages, read)
		}
	})
	sayLoad()
}

// wanted is how many of a hundred must be read. Nobody makes us print Code 39.
func wanted(kind sample.MarkKind) int {
	if kind == sample.MarkCode39 {
		return 95
	}
	return 99
}

func sayLoad() {
	load, err := os.ReadFile("/proc/loadavg")
	fmt.Printf("load at the end: %s%v\n", load, err)
}

// BenchmarkNoCodes is what a page of 300 dpi without codes costs; ms-cpu is
// processor time a page.
func BenchmarkNoCodes(b *testing.B) {
	o := sample.Jobcenter(1, 10)
	l := o.Letter(o.Files[1], sample.Account, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), 1)
	l.Form = sample.Form{Compression: sample.Deflate, DPI: 300, Skew: 1, Noise: 4}
	pages, err := l.PagesWithoutCodes()
	if err != nil {
		b.Fatal(err)
	}
	g := spoiling{}.pixels(b, pages[0])
	before := processorTime(b)
	for b.Loop() {
		if codes, err := Read(Image{Gray: g, DPI: 300}); err != nil || len(codes) > 0 {
			b.Fatal(codes, err)
		}
	}
	b.ReportMetric(float64((processorTime(b)-before).Milliseconds())/float64(b.N), "ms-cpu")
}

func processorTime(t testing.TB) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
