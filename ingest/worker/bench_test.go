package worker

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"eakte/appliance/sample"
)

// BenchmarkPage compares the processor time of a page through the worker, all
// of it (start of the child, decoding, image care, recognition, page images,
// protocol), with that of the bare tesseract program on the same images, one
// process for all of them with the same models and settings. Both run in
// turns, so that the machine's other load falls on both alike.
//
//	go test -run '^$' -bench Page -benchtime 4x ./ingest/worker
func BenchmarkPage(b *testing.B) {
	for name, form := range map[string]sample.Form{
		"grey300":    {Container: sample.JPEG, DPI: 300, Quality: 75, Skew: 0.3, Noise: 1},
		"bilevel300": {Container: sample.TIFF, DPI: 300, Bilevel: true, Compression: sample.Group4},
	} {
		b.Run(name, func(b *testing.B) {
			docs, images := benchPages(b, form)
			var ours, bare time.Duration
			pages := 0
			for b.Loop() {
				n, spent := throughWorker(b, docs)
				pages += n
				ours += spent
				bare += throughTesseract(b, images)
			}
			b.ReportMetric(ours.Seconds()/float64(pages), "s/page")
			b.ReportMetric(bare.Seconds()/float64(pages), "tesseract-s/page")
			b.ReportMetric(ours.Seconds()/bare.Seconds(), "ratio")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// benchPages makes first pages of letters, as documents and as files.
func benchPages(b *testing.B, form sample.Form) (docs [][]byte, images []string) {
	b.Helper()
	office := sample.Jobcenter(7, 3)
	dated := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	dir := b.TempDir()
	for i, f := range office.Files {
		for j, t := range []sample.Type{sample.Heating, sample.Notice} {
			l := office.Letter(f, t, dated, i*2+j)
			l.Form = form
			if form.Container == sample.JPEG {
				l.Form.Container, l.Form.Compression = sample.TIFF, sample.Deflate // all pages of the letter
			}
			r, err := l.Render()
			if err != nil {
				b.Fatal(err)
			}
			path := filepath.Join(dir, fmt.Sprintf("%d-%d.tif", i, j))
			if err := os.WriteFile(path, r.Body, 0o600); err != nil {
				b.Fatal(err)
			}
			docs, images = append(docs, r.Body), append(images, singlePages(b, path)...)
		}
	}
	return docs, images
}

// singlePages splits a TIFF: of a list, tesseract reads first pages only.
func singlePages(b *testing.B, path string) []string {
	b.Helper()
	prefix := strings.TrimSuffix(path, ".tif") + "-"
	if out, err := exec.Command("tiffsplit", path, prefix).CombinedOutput(); err != nil {
		b.Fatalf("tiffsplit: %v %s", err, out)
	}
	pages, err := filepath.Glob(prefix + "*.tif")
	if err != nil || len(pages) == 0 {
		b.Fatalf("tiffsplit gave nothing: %v", err)
	}
	return pages
}

// throughWorker reads the documents in one child and gives what the child and
// this process spent.
func throughWorker(b *testing.B, docs [][]byte) (pages int, spent time.Duration) {
	b.Helper()
	before := cpu(b, syscall.RUSAGE_CHILDREN) + cpu(b, syscall.RUSAGE_SELF)
	p := NewPool(Config{})
	for _, d := range docs {
		sum, err := p.Process(context.Background(), Input{Body: bytes.NewReader(d), Size: int64(len(d))}, func(Page) error { return nil })
		if err != nil {
			b.Fatal(err)
		}
		pages += sum.Pages
	}
	p.Close()
	return pages, cpu(b, syscall.RUSAGE_CHILDREN) + cpu(b, syscall.RUSAGE_SELF) - before
}

func throughTesseract(b *testing.B, images []string) time.Duration {
	b.Helper()
	list := filepath.Join(b.TempDir(), "list.txt")
	if err := os.WriteFile(list, []byte(strings.Join(images, "\n")+"\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	cmd := exec.Command("tesseract", list, "-", "-l", "deu+eng", "-c", "thresholding_method=2")
	cmd.Env = append(os.Environ(), "OMP_THREAD_LIMIT=1")
	if out, err := cmd.Output(); err != nil || len(out) < 1000 {
		b.Fatalf("tesseract: %v, %d bytes", err, len(out))
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
}

func cpu(b *testing.B, who int) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(who, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
