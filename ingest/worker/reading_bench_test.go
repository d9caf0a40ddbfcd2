package worker

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/appliance/vault"
	"eakte/appliance/vault/vaulttest"
	"eakte/ingest/rendition"
)

// What `make bench-reading` measures, and how much of it.
var (
	readingBench = flag.Bool("bench-reading", false, "measure what `make bench-reading` prints")
	benchScans   = flag.Int("bench-scans", 100, "scans that go the whole way")
	benchLong    = flag.Int("bench-long", 1000, "pages of the PDF whose memory is measured")
	benchFar     = flag.Int("bench-far", 20_000, "pages of the PDF whose first and last pages are compared")
	benchRounds  = flag.Int("bench-rounds", 2, "how often each is measured")
	benchOnly    = flag.String("bench-only", "", "parts, by comma: digital, look, far, long-digital, long-scans, scans")
)

// TestReadingBench prints the table of docs/performance.md that is about
// reading. Both sides of a ratio run in turns.
func TestReadingBench(t *testing.T) {
	if !*readingBench {
		t.Skip("only with -bench-reading")
	}
	fmt.Println("| what | figure | yardstick | ratio | n |\n|---|---|---|---|---|")
	for _, part := range []struct {
		name    string
		measure func(*testing.T)
	}{{"digital", digitalRate}, {"look", firstLook}, {"far", flat}, {"long-digital", longDigital},
		{"long-scans", longScans}, {"scans", wholeWay}} {
		if *benchOnly == "" || slices.Contains(strings.Split(*benchOnly, ","), part.name) {
			part.measure(t)
		}
	}
}

// scan is a scanned letter.
type scan struct {
	body  []byte
	pages int
}

// letterScans are letters of so many pages together, each a PDF.
func letterScans(t testing.TB, want int) (out []scan) {
	t.Helper()
	office := sample.Jobcenter(7, 40)
	for i := 0; want > 0; i++ {
		kinds := []sample.Type{sample.Heating, sample.Notice, sample.Sick}
		l := office.Letter(office.Files[i%len(office.Files)], kinds[i%len(kinds)], time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), i)
		l.Form = sample.CleanScan()
		l.Form.Skew, l.Form.Noise = 0.3, 1
		r, err := l.Render()
		if err != nil {
			t.Fatal(err)
		}
		if n := len(r.Truth.Pages); n <= want {
			out, want = append(out, scan{r.Body, n}), want-n
		}
	}
	return out
}

func clock(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

func wholeDocument(p *Pool, v *vault.Vault, body []byte) error {
	ctx, id := context.Background(), record.ObjectID(record.NewID())
	key, err := v.NewKey(id)
	if err != nil {
		return err
	}
	if err := v.PutKey(ctx, key); err != nil {
		return err
	}
	pages := 0
	if err := v.PutPack(ctx, key, func(w io.Writer) error {
		pages, err = readInto(p, w, body, nil)
		return err
	}); err != nil {
		return err
	}
	r, err := rendition.New(ctx, rendition.Info{Title: "Probe", Created: time.Unix(0, 0), Seed: string(id)}, []rendition.Part{{Title: "Probe", Pages: pages,
		Open: func() (rendition.Source, error) {
			pack, err := v.OpenPack(ctx, id)
			return packed{pack}, err
		}}})
	if err != nil {
		return err
	}
	_, err = r.WriteTo(io.Discard)
	return err
}

// readInto reads a document into a pack; seen, if given, is told of each page.
func readInto(p *Pool, w io.Writer, body []byte, seen func(n int)) (int, error) {
	pack := vault.WritePack(w)
	sum, err := p.Process(context.Background(), Input{Body: bytes.NewReader(body), Size: int64(len(body)), OnDemand: true}, func(g Page) error {
		if seen != nil {
			seen(g.Number)
		}
		return pack.AddPage(vault.PackPage{Number: g.Number, Width: g.Width, Height: g.Height, ImageWidth: g.ImageWidth, ImageHeight: g.ImageHeight, DPI: g.DPI,
			Source: g.Source, Confidence: g.Confidence, OnDemand: g.OnDemand}, g.Text, g.Raw,
			record.PageWords{Width: g.Width, Height: g.Height, Words: g.Words, Codes: g.Codes}, g.Image, g.Full, g.Thumb)
	})
	if err != nil {
		return 0, err
	}
	return sum.Pages, pack.Close()
}

// packed gives a pack's pages to a rendition, as the archive does.
type packed struct{ *vault.Pack }

func (p packed) Page(n int) (rendition.Page, error) {
	page, err := p.Pack.Page(n)
	if err != nil {
		return rendition.Page{}, err
	}
	out := rendition.Page{Width: page.Width, Height: page.Height, DPI: page.DPI}
	if out.JPEG, err = p.Image(n, vault.ImageFull); err != nil {
		return rendition.Page{}, err
	}
	words, err := p.Words(n)
	out.Words = words.Words
	return out, err
}

func benchVault(t testing.TB) *vault.Vault {
	t.Helper()
	file := filepath.Join(t.TempDir(), "key")
	if _, err := vault.NewKeyFile(file, time.Now()); err != nil {
		t.Fatal(err)
	}
	recovery, _, _, err := vault.NewRecovery(nil)
	if err != nil {
		t.Fatal(err)
	}
	ring, err := vault.LoadKeyring(file, recovery)
	if err != nil {
		t.Fatal(err)
	}
	return vault.New(vaulttest.NewBuckets(), ring, record.SystemClock{})
}

// digitalLetters is a PDF of so many pages that were never on paper: letters,
// again and again.
func digitalLetters(t testing.TB, pages int) []byte {
	t.Helper()
	office := sample.Jobcenter(7, 40)
	var scans []scan
	for i, f := range office.Files {
		l := office.Letter(f, []sample.Type{sample.Heating, sample.Notice}[i%2], time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), i)
		l.Form = sample.Digital()
		r, err := l.Render()
		if err != nil {
			t.Fatal(err)
		}
		scans = append(scans, scan{r.Body, len(r.Truth.Pages)})
	}
	return repeated(t, scans, pages)
}

// repeated joins documents to one of so many pages.
func repeated(t testing.TB, scans []scan, pages int) []byte {
	t.Helper()
	dir := t.TempDir()
	join := func(out string, in ...string) {
		run(t, "qpdf", append(append([]string{"--empty", "--pages"}, in...), "--", out)...)
	}
	var parts []string
	once, have := filepath.Join(dir, "once.pdf"), 0
	for i, s := range scans {
		path := filepath.Join(dir, fmt.Sprintf("%04d.pdf", i))
		if err := os.WriteFile(path, s.body, 0o600); err != nil {
			t.Fatal(err)
		}
		parts, have = append(parts, path), have+s.pages
	}
	join(once, parts...)
	var again []string
	for range pages / have {
		again = append(again, once)
	}
	if rest := pages % have; rest > 0 {
		again = append(again, once, "1-"+strconv.Itoa(rest))
	}
	out := filepath.Join(dir, "out.pdf")
	join(out, again...)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// digitalRate is how many born-digital pages one core reads in a second.
func digitalRate(t *testing.T) {
	t.Helper()
	body, pages := digitalLetters(t, 200), 200
	var spent time.Duration
	for range *benchRounds {
		before := processorTime(t)
		p := NewPool(Config{})
		if _, err := readInto(p, io.Discard, body, nil); err != nil {
			t.Fatal(err)
		}
		p.Close()
		spent += processorTime(t) - before
	}
	rate := float64(pages**benchRounds) / spent.Seconds()
	fmt.Printf("| born-digital pages a second and core, child's start in it | %.1f, %.1f ms CPU a page | 15 | %.2f | %d × %d |\n",
		rate, 1000/rate, rate/15, *benchRounds, pages)
}

// firstLook is how long somebody waits for pictures that are drawn on demand.
func firstLook(t *testing.T) {
	t.Helper()
	office := sample.Jobcenter(7, 1)
	l := office.Letter(office.Files[0], sample.Notice, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 1)
	l.Form = sample.Digital()
	r, err := l.Render()
	if err != nil {
		t.Fatal(err)
	}
	p := NewPool(Config{})
	defer p.Close()
	thumbs := []record.Picture{{Page: 1, Width: 169, Height: 240}, {Page: 2, Width: 169, Height: 240}}
	for name, want := range map[string][]record.Picture{"page at 130 dpi": {{Page: 1, Width: 1075, Height: 1520}},
		"page at 200 dpi": {{Page: 1, Width: 1654, Height: 2339}}, "two thumbnails": thumbs[:len(r.Truth.Pages)]} {
		var first time.Duration
		rest := make([]time.Duration, 0, 20)
		for i := range 21 {
			took := clock(func() {
				if err := p.Draw(context.Background(), bytes.NewReader(r.Body), int64(len(r.Body)), want, func([]byte) error { return nil }); err != nil {
					t.Fatal(err)
				}
			})
			if i == 0 {
				first = took
				continue
			}
			rest = append(rest, took)
		}
		median, worst := spread(rest)
		fmt.Printf("| drawn on demand: %s | median %d ms, worst %d ms | 150 ms | %.2f | 20; the first in this child %d ms |\n",
			name, median.Milliseconds(), worst.Milliseconds(), median.Seconds()/0.15, first.Milliseconds())
	}
}

func longDigital(t *testing.T) { longDocument(t, "born digital", digitalLetters(t, *benchLong)) }

// longScans is twenty scans again and again.
func longScans(t *testing.T) {
	longDocument(t, "scans", repeated(t, letterScans(t, min(*benchLong, 20)), *benchLong))
}

// longDocument measures the memory of the child, with all it starts, and what
// this process grows by, while a long PDF goes into an encrypted pack.
func longDocument(t *testing.T, name string, body []byte) {
	t.Helper()
	key, err := benchVault(t).NewKey(record.ObjectID(record.NewID()))
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.CreateTemp(t.TempDir(), "pack")
	if err != nil {
		t.Fatal(err)
	}
	w, err := key.Encrypt(f)
	if err != nil {
		t.Fatal(err)
	}
	p := NewPool(Config{})
	defer p.Close()
	watch := watchMemory(t)
	pages, err := readInto(p, w, body, nil)
	child, tree, grown := watch()
	size, _ := f.Seek(0, io.SeekCurrent)
	if err := errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	fmt.Printf("| memory of the worker, PDF of %d pages, %s, %d MB; its pack %d MB | %d MB, with its tools %d MB | 600 MB | %.2f | 1 |\n",
		pages, name, len(body)>>20, size>>20, child>>20, tree>>20, float64(max(child, tree))/(600<<20))
	fmt.Printf("| the same, growth of the parent | %d MB | 50 MB | %.2f | 1 |\n", grown>>20, float64(grown)/(50<<20))
}

// flat compares the processor time of the first thousand pages of a very long
// PDF with that of the last thousand.
func flat(t *testing.T) {
	t.Helper()
	body := digitalLetters(t, *benchFar)
	p := NewPool(Config{Limits: Limits{MaxPages: *benchFar}})
	defer p.Close()
	step := min(1000, *benchFar/2)
	at := map[int]time.Duration{0: liveTime(t)}
	var buf bytes.Buffer
	pages, err := readInto(p, &buf, body, func(n int) {
		if n == step || n == *benchFar-step || n == *benchFar {
			at[n] = liveTime(t)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	first, last := at[step]-at[0], at[*benchFar]-at[*benchFar-step]
	ms := func(d time.Duration) float64 { return d.Seconds() * 1000 / float64(step) }
	fmt.Printf("| CPU a page, the last %d of %d born-digital pages beside the first | %.1f ms | %.1f ms | %.2f | 1 |\n", step, pages, ms(last), ms(first), ms(last)/ms(first))
	open := func(n int) time.Duration {
		return clock(func() {
			pack, err := vault.ReadPack(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
			if err == nil {
				_, err = pack.Words(n)
			}
			if err != nil {
				t.Fatal(err)
			}
		})
	}
	near, far := open(1), open(pages)
	whole := clock(func() {
		pack, err := vault.ReadPack(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
		for n := 1; n <= pages && err == nil; n++ {
			_, err = pack.Text(n)
		}
		if err != nil {
			t.Fatal(err)
		}
	})
	fmt.Printf("| opening the pack of %d pages (%d MB) and reading the words of the last, beside the first | %.1f ms | %.1f ms | %.2f | 1; the text of all %.2f s |\n",
		pages, buf.Len()>>20, far.Seconds()*1000, near.Seconds()*1000, far.Seconds()/near.Seconds(), whole.Seconds())
}
