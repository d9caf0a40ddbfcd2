package worker

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// wholeWay reads the scans with one and with two workers into packs and gives
// them back as PDF/A, beside ocrmypdf on the same pages in one PDF.
func wholeWay(t *testing.T) {
	t.Helper()
	scans := letterScans(t, *benchScans)
	dir := t.TempDir()
	letters, pages := []string{}, 0
	for i, s := range scans {
		path := filepath.Join(dir, fmt.Sprintf("%04d.pdf", i))
		if err := os.WriteFile(path, s.body, 0o600); err != nil {
			t.Fatal(err)
		}
		letters, pages = append(letters, path), pages+s.pages
	}
	all := filepath.Join(dir, "all.pdf")
	run(t, "qpdf", append(append([]string{"--empty", "--pages"}, letters...), "--", all)...)
	ocrmypdf := func(jobs, in string, more ...string) {
		more = append(more, "--jobs", jobs, "-l", "deu+eng", "--tesseract-thresholding", "sauvola", "--quiet", in, in+".out")
		run(t, "ocrmypdf", more...)
	}
	var one, two, plain, cared, apart time.Duration
	for range *benchRounds {
		two += through(t, scans, 2)
		plain += clock(func() { ocrmypdf("2", all) })
		cared += clock(func() { ocrmypdf("2", all, "--deskew", "--rotate-pages") })
		apart += clock(func() { eachOfTwo(letters, func(letter string) { ocrmypdf("1", letter) }) })
		one += through(t, scans, 1)
	}
	rate := func(d time.Duration) float64 { return float64(pages**benchRounds) / d.Minutes() }
	for _, row := range []struct {
		what  string
		other time.Duration
	}{
		{"scans to PDF/A by two workers, beside `ocrmypdf --jobs 2`, all in one PDF", plain},
		{"beside it with `--deskew --rotate-pages`, which the workers do too", cared},
		{"beside it on each letter, two at a time", apart},
		{"beside one worker", one},
	} {
		fmt.Printf("| %s | %.1f pages/min | %.1f pages/min | %.2f | %d × %d |\n", row.what,
			rate(two), rate(row.other), rate(two)/rate(row.other), *benchRounds, pages)
	}
}

// eachOfTwo does something with all, two at a time.
func eachOfTwo(all []string, do func(string)) {
	var busy sync.WaitGroup
	slots := make(chan struct{}, 2)
	for _, one := range all {
		slots <- struct{}{}
		busy.Go(func() {
			defer func() { <-slots }()
			do(one)
		})
	}
	busy.Wait()
}

// through takes the scans the whole way: children, encrypted pack, PDF/A.
func through(t *testing.T, scans []scan, workers int) time.Duration {
	t.Helper()
	v := benchVault(t)
	p := NewPool(Config{Workers: workers})
	defer p.Close()
	next := make(chan scan, len(scans))
	for _, s := range scans {
		next <- s
	}
	close(next)
	return clock(func() {
		var wg sync.WaitGroup
		for range workers {
			wg.Go(func() {
				for s := range next {
					if err := wholeDocument(p, v, s.body); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
	})
}
