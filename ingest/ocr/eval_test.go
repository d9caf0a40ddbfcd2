package ocr_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/sample"
	"eakte/ingest/worker"
)

var (
	full  = flag.Bool("ocr-eval", false, "read all pages of `make ocr-eval` and print its table")
	pages = flag.Int("ocr-pages", 60, "pages of each condition of -ocr-eval")
	only  = flag.String("ocr-only", "", "conditions of -ocr-eval whose name holds this")
	dump  = flag.String("ocr-dump", "", "file for one line of each page of -ocr-eval, and each line with an error")
)

// seed of the pages: EAKTE_SEED gives those of an earlier run.
func seed(t testing.TB) uint64 {
	n := uint64(1)
	if s := os.Getenv("EAKTE_SEED"); s != "" {
		v, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		n = v
	}
	t.Logf("EAKTE_SEED=%d", n)
	return n
}

// condition is the shape in which pages come, and what is asked of them.
type condition struct {
	name  string
	forms bool // forms to be filled in instead of letters, notices and tables
	form  sample.Form
	most  float64 // share of wrong characters in running text; 0: nothing is asked
}

// conditions are those that are measured.
func conditions() []condition {
	grey := sample.Form{Container: sample.TIFF, DPI: 300, Compression: sample.Deflate, Noise: 2}
	scan := sample.Form{Container: sample.PDF, DPI: 300, Compression: sample.DCT, Quality: 75, Noise: 1}
	black := sample.Form{Container: sample.TIFF, DPI: 300, Bilevel: true, Compression: sample.Group4, Speckle: 3}
	photo := sample.Form{Container: sample.PDF, DPI: 300, Compression: sample.DCT, Quality: 60, Noise: 2, Light: 0.35, Photo: true, Skew: 1}
	at := func(f sample.Form, change func(*sample.Form)) sample.Form { change(&f); return f }
	turned := func(by int) sample.Form { return at(scan, func(f *sample.Form) { f.DPI, f.Turned = 200, by }) }
	coarser := func(f *sample.Form) { f.DPI = 200 }
	return []condition{
		{"grey 300", false, scan, 0.008},
		{"grey 200", false, at(scan, coarser), 0.008},
		{"bilevel 300, specks", false, black, 0.015},
		{"bilevel 200, specks", false, at(black, coarser), 0.015},
		{"skew 2.5°", false, at(grey, func(f *sample.Form) { f.Skew = 2.85 }), 0.015},
		{"uneven light", false, at(grey, func(f *sample.Form) { f.Light = 0.6 }), 0.015},
		{"JPEG quality 25, 200", false, at(scan, func(f *sample.Form) { f.DPI, f.Quality = 200, 25 }), 0},
		{"fax 200 × 100", false, at(black, func(f *sample.Form) { f.DPI, f.Coarse, f.Speckle = 200, true, 0 }), 0},
		{"upside down, 200", false, turned(180), 0.008},
		{"turned right, 200", false, turned(90), 0.008},
		{"turned left, 200", false, turned(270), 0.008},
		{"photograph", false, photo, 0},
		{"photograph, curled", false, at(photo, func(f *sample.Form) { f.Curl = true }), 0},
		{"forms, grey 300", true, scan, 0},
		{"forms, grey 200", true, at(scan, coarser), 0},
		{"forms, photograph", true, photo, 0},
	}
}

// types of pages: letters, notices and tables, or forms with boxes and ticks.
func (c condition) types() []sample.Type {
	forms := []sample.Type{sample.Renewal, sample.Application, sample.Rent, sample.Change, sample.Sick, sample.Service, sample.Slip}
	if c.forms {
		return forms
	}
	return slices.DeleteFunc(sample.Types(), func(t sample.Type) bool { return slices.Contains(forms, t) })
}

// letter gives the i-th letter of a condition and the page to be read of it, from 1.
func (c condition) letter(t testing.TB, o *sample.Office, i int) (sample.Rendered, int) {
	t.Helper()
	types := c.types()
	day := time.Date(2026, time.Month(1+i%12), 1+i%27, 0, 0, 0, 0, time.UTC)
	l := o.Letter(o.Files[2+i%(len(o.Files)-2)], types[i%len(types)], day, i)
	l.Form, l.Stamped, l.ByHand = c.form, i%3 == 0, i%2 == 0
	if i%2 == 1 {
		l.Form.Skew = -l.Form.Skew
	}
	r, err := l.Render()
	if err != nil {
		t.Fatal(err)
	}
	return r, 1 + (i/len(types))%len(r.Truth.Pages)
}

// read gives one page of a document as the worker's child reads it.
func read(t testing.TB, p *worker.Pool, doc []byte, page, of int) worker.Page {
	t.Helper()
	in := worker.Input{Body: bytes.NewReader(doc), Size: int64(len(doc)), From: page}
	for n := page + 1; n <= of; n++ {
		in.Skip = append(in.Skip, n)
	}
	var got worker.Page
	if _, err := p.Process(context.Background(), in, func(pg worker.Page) error { got = pg; return nil }); err != nil {
		t.Fatal(err)
	}
	return got
}

// run reads n pages of a condition, one page a letter. CPU is the child's
// processor time, all of it: start, decoding, recognition, page images.
func (c condition) run(t testing.TB, n int, each func(sample.Type, int, worker.Page, score)) (s score, cpu time.Duration) {
	t.Helper()
	o := sample.Jobcenter(seed(t), 60)
	before := childTime(t)
	p := worker.NewPool(worker.Config{})
	for i := range n {
		r, page := c.letter(t, o, i)
		got := read(t, p, r.Body, page, len(r.Truth.Pages))
		one := scored(r.Truth.Pages[page-1], got, r.Truth.Number, r.Truth.CustomerNumber)
		if want := (360 - c.form.Turned) % 360; got.Turned != want {
			t.Errorf("%s, %s, page %d of letter %d: turned by %d°, want %d°", c.name, r.Truth.Type, page, i, got.Turned, want)
		}
		if w := r.Truth.Pages[page-1]; c.form.Turned != 0 && (got.Width != w.Width || got.Height != w.Height) {
			t.Errorf("%s: %d × %d pixels, want %d × %d", c.name, got.Width, got.Height, w.Width, w.Height)
		}
		each(r.Truth.Type, i, got, one)
		s.add(one)
	}
	p.Close()
	return s, childTime(t) - before
}

func childTime(t testing.TB) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// missed says what a condition does not reach of what is asked of it.
func (c condition) missed(s score) []string {
	var out []string
	ask := func(what string, have, total int, least float64) {
		if c.most > 0 && total > 0 && share(have, total) < least {
			out = append(out, fmt.Sprintf("%s: %d of %d", what, have, total))
		}
	}
	if cer := share(s.runningWrong, s.running); c.most > 0 && cer >= c.most {
		out = append(out, fmt.Sprintf("CER %.2f %%, asked for less than %.1f %%", 100*cer, 100*c.most))
	}
	ask("§", s.signsRight, s.signs, 0.98)
	ask("BG numbers", s.fileRight, s.file, 0.99)
	ask("Kundennummern", s.clientRight, s.client, 0.99)
	if mean, _, _ := s.boxes(); c.most > 0 && mean < 0.7 {
		out = append(out, fmt.Sprintf("boxes: mean IoU %.2f", mean))
	}
	return out
}

func share(n, of int) float64 { return float64(n) / float64(max(1, of)) }

// boxes gives mean, 5th percentile and share of at least 0.7 of the words' IoU.
func (s score) boxes() (mean, low, good float64) {
	if len(s.overlap) == 0 {
		return 0, 0, 0
	}
	slices.Sort(s.overlap)
	for _, v := range s.overlap {
		mean += v
		if v >= 0.7 {
			good++
		}
	}
	n := float64(len(s.overlap))
	return mean / n, s.overlap[len(s.overlap)/20], good / n
}

// TestEvalRecognition prints the table of docs/quality.md.
func TestEvalRecognition(t *testing.T) {
	if !*full {
		t.Skip("only with -ocr-eval")
	}
	out := os.Stderr
	if *dump != "" {
		f, err := os.Create(*dump)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		out = f
	}
	fmt.Println("| pages | n | CER running text | CER all print | words wrong | § right | BG number | Kundennummer | IoU mean | p5 | ≥ 0.7 | confidence | doubtful | CPU s a page |")
	fmt.Println("|---|---|---|---|---|---|---|---|---|---|---|---|---|---|")
	for _, c := range conditions() {
		if !bytes.Contains([]byte(c.name), []byte(*only)) {
			continue
		}
		s, cpu := c.run(t, *pages, func(typ sample.Type, i int, p worker.Page, s score) {
			if *dump != "" {
				fmt.Fprintf(out, "PAGE\t%s\t%s\t%d\t%.4f\t%.4f\t%s\n", c.name, typ, i, share(s.wrong, s.chars), share(s.runningWrong, s.running), features(p))
				for _, w := range s.worst {
					fmt.Fprintf(out, "LINE\t%s\t%s\t%d\t%s\n", c.name, typ, i, w)
				}
			}
		})
		mean, low, good := s.boxes()
		fmt.Printf("| %s | %d | %.2f %% | %.2f %% | %.1f %% | %d of %d, %d false | %d of %d | %d of %d | %.2f | %.2f | %.1f %% | %.1f | %d | %.2f |\n",
			c.name, s.pages, 100*share(s.runningWrong, s.running), 100*share(s.wrong, s.chars), 100*share(s.wordsWrong, s.words),
			s.signsRight, s.signs, s.signsFalse, s.fileRight, s.file, s.clientRight, s.client,
			mean, low, 100*good, s.confidence/float64(s.pages), s.doubt, cpu.Seconds()/float64(s.pages))
		for _, m := range c.missed(s) {
			t.Errorf("%s: %s", c.name, m)
		}
	}
	load, err := os.ReadFile("/proc/loadavg")
	fmt.Printf("load at the end: %s%v\n", load, err)
}

// features are what a page's doubtfulness could be told by.
func features(p worker.Page) string {
	var all []float64
	for _, w := range p.Words {
		all = append(all, float64(w.Confidence))
	}
	slices.Sort(all)
	q := func(f float64) float64 {
		if len(all) == 0 {
			return 0
		}
		return all[int(f*float64(len(all)))]
	}
	low := 0
	for _, v := range all {
		low += one(v < 60)
	}
	return fmt.Sprintf("words=%d\tmean=%.1f\tq10=%.1f\tq25=%.1f\tlow=%.3f\tdoubtful=%v\tblank=%v", len(all), p.Confidence, q(0.1), q(0.25), share(low, len(all)), p.Doubtful, p.Blank)
}
