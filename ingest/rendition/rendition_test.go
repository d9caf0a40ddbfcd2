package rendition

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"os"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"eakte/appliance/record"
)

// drawnPages is a source of any number of pages, made when they are asked for.
type drawnPages struct{ picture []byte }

func (d drawnPages) Page(n int) (Page, error) {
	p := Page{Width: 2480, Height: 3508, DPI: 300, JPEG: d.picture}
	for i := range 300 {
		p.Words = append(p.Words, record.Word{Text: words300[(i*7+n)%len(words300)], X: 200 + 200*(i%10), Y: 200 + 100*(i/10), W: 150, H: 40})
	}
	return p, nil
}

var words300 = strings.Fields("Die Heizkostenabrechnung für das Jahr 2025 geht Ihnen hiermit zu § 22 Abs. 1 SGB II Öl Fußweg")

func drawn(t testing.TB, pages, size int) []Part {
	picture := plainJPEG(t, 2480, 3508)
	picture = append(picture, make([]byte, max(0, size-len(picture)))...) // what follows the picture's end is carried along
	d := drawnPages{picture}
	return []Part{{Title: "Lang", Pages: pages, Open: func() (Source, error) { return d, nil }}}
}

// heap notes the largest heap that was seen while it was written to.
type heap struct{ most uint64 }

func (h *heap) Write(p []byte) (int, error) {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	h.most = max(h.most, m.HeapInuse)
	return len(p), nil
}

// TestMemoryIsFlat: five hundred pages of 300 KB, which are 150 MB, need no
// more memory than a few of them.
func TestMemoryIsFlat(t *testing.T) {
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	r := mustNew(t, info("long"), drawn(t, 500, 300_000)...)
	if r.Size < 150_000_000 || r.Pages != 500 {
		t.Fatalf("%d bytes, %d pages", r.Size, r.Pages)
	}
	var h heap
	if _, err := io.CopyBuffer(struct{ io.Writer }{&h}, io.NewSectionReader(r, 0, r.Size), make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if grown := int64(h.most) - int64(before.HeapInuse); grown > 32<<20 {
		t.Errorf("the heap grew by %d MB", grown>>20)
	}
}

// TestSameBytes: the same input gives the same bytes, in whatever pieces they
// are read, and another document gives others.
func TestSameBytes(t *testing.T) {
	whole := func(r *Rendition) []byte {
		var b bytes.Buffer
		if _, err := r.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	a, again := mustNew(t, info("a"), drawn(t, 70, 0)...), mustNew(t, info("a"), drawn(t, 70, 0)...)
	want := whole(a)
	if !bytes.Equal(want, whole(again)) || a.SHA256 != again.SHA256 {
		t.Error("the same input gives other bytes")
	}
	if err := iotest.TestReader(io.NewSectionReader(again, 0, min(again.Size, 4096)), want[:min(len(want), 4096)]); err != nil {
		t.Error(err)
	}
	dice := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		off := dice.Int64N(a.Size)
		part := make([]byte, dice.Int64N(100_000))
		n, err := a.ReadAt(part, off)
		if n < len(part) != (err == io.EOF) || !bytes.Equal(part[:n], want[off:off+int64(n)]) {
			t.Fatalf("%d bytes at %d: %d, %v", len(part), off, n, err)
		}
	}
	if b := mustNew(t, info("b"), drawn(t, 70, 0)...); b.SHA256 == a.SHA256 {
		t.Error("another document has the same bytes")
	}
}

// turning is a source whose page changes, vanishes or is no picture.
type turning struct {
	page func() (Page, error)
}

func (s turning) Page(int) (Page, error) { return s.page() }

// TestBadPages: an error, never a PDF with something else in it.
func TestBadPages(t *testing.T) {
	good := Page{Width: 10, Height: 10, DPI: 100, JPEG: plainJPEG(t, 10, 10)}
	next := func() (Page, error) { return good, nil }
	s := turning{func() (Page, error) { return next() }}
	parts := []Part{{Pages: 1, Open: func() (Source, error) { return s, nil }}}
	r := mustNew(t, info("turning"), parts...)
	gone := errors.New("gone")
	next = func() (Page, error) { return Page{}, gone }
	if _, err := r.WriteTo(io.Discard); !errors.Is(err, gone) {
		t.Errorf("a page that is gone: %v", err)
	}
	next = func() (Page, error) { return withWords(good, "neu"), nil }
	if _, err := r.WriteTo(io.Discard); !errors.Is(err, errChanged) {
		t.Errorf("a page that has changed: %v", err)
	}
	next = func() (Page, error) { return Page{JPEG: []byte("no picture")}, nil }
	if _, err := New(context.Background(), info("bad"), parts); record.CategoryOf(err) != record.Corrupt {
		t.Errorf("no picture: %v", err)
	}
	if _, err := New(context.Background(), info("none"), nil); record.CategoryOf(err) != record.Invalid {
		t.Errorf("no page: %v", err)
	}
	stopped, stop := context.WithCancel(context.Background())
	stop()
	if _, err := New(stopped, info("stopped"), drawn(t, 2, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("nobody waits any more: %v", err)
	}
}

// TestSigned finds the sign of a signature wherever it lies.
func TestSigned(t *testing.T) {
	for _, at := range []int{0, 10, 64<<10 - 5, 64 << 10, 200_000} {
		body := append(bytes.Repeat([]byte{'x'}, at), "/ByteRange [0 1 2 3]"...)
		for name, r := range map[string]io.Reader{"whole": bytes.NewReader(body), "halves": iotest.HalfReader(bytes.NewReader(body))} {
			if ok, err := Signed(r); !ok || err != nil {
				t.Errorf("at %d, %s: %v %v", at, name, ok, err)
			}
		}
	}
	for body, want := range map[string]bool{strings.Repeat("\x00", 300_000): false, "Der Eintrag /ByteRange steht in jeder Signatur.": false,
		"/ByteRange[": false, "/ByteRange /ByteRange\n[\t0 1": true, "/ByteRange " + strings.Repeat(" ", 100) + "[0": false} {
		if ok, err := Signed(strings.NewReader(body)); ok != want || err != nil {
			t.Errorf("%.40q: %v %v", body, ok, err)
		}
	}
	if _, err := Signed(iotest.ErrReader(os.ErrClosed)); !errors.Is(err, os.ErrClosed) {
		t.Errorf("unreadable: %v", err)
	}
}

// BenchmarkRendition is what a page of 300 words and 300 KB costs, laid out and written.
func BenchmarkRendition(b *testing.B) {
	parts := drawn(b, 100, 300_000)
	b.SetBytes(100 * 300_000)
	for b.Loop() {
		r := mustNew(b, info("bench"), parts...)
		if _, err := r.WriteTo(io.Discard); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/100/1000, "ms/page")
}
