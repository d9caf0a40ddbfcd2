package worker

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"eakte/ingest/render"
)

// pngHeader is a PNG that claims a size and has next to no data.
func pngHeader(w, h uint32) []byte {
	ihdr := binary.BigEndian.AppendUint32([]byte("IHDR"), w)
	ihdr = append(binary.BigEndian.AppendUint32(ihdr, h), 8, 0, 0, 0, 0)
	b := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), ihdr...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(ihdr))
	return append(b, "\x00\x00\x00\x00IDAT"...)
}

// bomb is a PDF whose page draws 10 forms that draw 10 forms … 14 deep.
func bomb() []byte {
	var d pdf
	last := d.stream("/Type/XObject/Subtype/Form/BBox[0 0 595 842]", []byte("0 0 500 500 re f 100 100 m 300 700 l S"))
	for range 14 {
		last = d.stream(fmt.Sprintf("/Type/XObject/Subtype/Form/BBox[0 0 595 842]/Resources<</XObject<</X %d 0 R>>>>", last),
			[]byte(strings.Repeat("/X Do ", 10)))
	}
	d.page(fmt.Sprintf("/Resources<</XObject<</X %d 0 R>>>>", last), "/X Do")
	return d.bytes()
}

func TestHostileDocumentsAreFaults(t *testing.T) {
	var good, encrypted, huge, large, noPages pdf
	good.text("", paragraph...)
	encrypted.text("", paragraph...)
	secret := strings.Repeat("ab", 32)
	encrypted.trailer = "/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<" + secret + ">/U<" + secret + ">>>"
	huge.image("/Width 40000/Height 40000/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/FlateDecode",
		deflate(t, make([]byte, mib)), "", "")
	for range 4 {
		large.text("", paragraph...)
	}
	g := drawn(t, 1240, 900, 200, "Bescheid")
	jpg, pic, tif, doc := asJPEG(t, g), asPNG(t, g), asTIFF(t, "lzw", g, g), good.bytes()
	circle := bytes.Clone(asTIFF(t, "g4", g))
	first := binary.LittleEndian.Uint32(circle[4:])
	entries := uint32(binary.LittleEndian.Uint16(circle[first:]))
	binary.LittleEndian.PutUint32(circle[first+2+entries*12:], first)
	halfTIFF := bytes.Clone(tif)
	for i := 16; i < len(halfTIFF)/3; i++ { // pixels of page 1; the directories stay
		halfTIFF[i] = 0xff
	}

	p := newPool(t, Config{Limits: Limits{MaxPages: 3, PageSeconds: 30, MemoryBytes: 1 << 30}})
	for _, c := range []struct {
		name   string
		doc    []byte
		reason string
	}{
		{"empty", nil, render.ReasonEmpty},
		{"garbage", bytes.Repeat([]byte("\x01\x02\x03 no document "), 500), render.ReasonUnknownFormat},
		{"zip, only its first line", []byte("PK\x03\x04 an office document"), render.ReasonDamaged},
		{"PDF, half", doc[:len(doc)/2], render.ReasonDamaged},
		{"PDF, only its first line", []byte("%PDF-1.7\n"), render.ReasonDamaged},
		{"PDF without pages", noPages.bytes(), render.ReasonDamaged},
		{"PDF with a password", encrypted.bytes(), render.ReasonEncrypted},
		{"PDF with a huge image", huge.bytes(), render.ReasonTooManyPixels},
		{"PDF with too many pages", large.bytes(), render.ReasonTooManyPages},
		{"JPEG, half", jpg[:len(jpg)/2], render.ReasonDamaged},
		{"JPEG, only its header", jpg[:3], render.ReasonDamaged},
		{"PNG, half", pic[:len(pic)/2], render.ReasonDamaged},
		{"PNG of 30000² pixels", pngHeader(30000, 30000), render.ReasonTooManyPixels},
		{"PNG of 2³¹ pixels a side", pngHeader(1<<31-1, 1<<31-1), render.ReasonTooManyPixels},
		{"PNG without pixels", pngHeader(100, 100), render.ReasonDamaged},
		{"TIFF, half", tif[:len(tif)/2], render.ReasonDamaged},
		{"TIFF with spoilt pixels", halfTIFF, render.ReasonDamaged},
		{"TIFF in a circle", circle, render.ReasonDamaged},
		{"TIFF with too many pages", asTIFF(t, "g4", g, g, g, g), render.ReasonTooManyPages},
	} {
		_, _, err := process(t, p, c.doc)
		var f *Fault
		if !errors.As(err, &f) || f.Reason != c.reason {
			t.Errorf("%s: %v, want %s", c.name, err, c.reason)
		}
		sees(t, mustProcess(t, p, doc, render.TypePDF, 1)[0], "Widerspruch") // the next one is read
	}
}

func TestGiantPageIsDrawnSmall(t *testing.T) {
	p := newPool(t, Config{})
	var d pdf
	d.text("/MediaBox[0 0 14400 14400]", "Klein")
	pg := mustProcess(t, p, d.bytes(), render.TypePDF, 1)[0]
	if pg.Width*pg.Height > 21e6 {
		t.Errorf("%d × %d pixels", pg.Width, pg.Height)
	}
}

func TestEndlessDocumentTimesOut(t *testing.T) {
	p := newPool(t, Config{Limits: Limits{PageSeconds: 8}})
	_, _, err := process(t, p, bomb())
	wantFault(t, err, render.ReasonTimeout)
	var d pdf
	d.text("", paragraph...)
	mustProcess(t, p, d.bytes(), render.TypePDF, 1)
}

func TestMemoryLimitHolds(t *testing.T) {
	p := newPool(t, Config{Limits: Limits{MemoryBytes: 200 << 20}})
	_, _, err := process(t, p, asPNG(t, drawn(t, 7000, 8000, 300, "Bescheid")))
	wantFault(t, err, render.ReasonMemory)
}

func wantFault(t *testing.T, err error, reason string) {
	t.Helper()
	var f *Fault
	if !errors.As(err, &f) || f.Reason != reason {
		t.Errorf("%v, want fault %s", err, reason)
	}
}

func TestBadChildrenHarmNobody(t *testing.T) {
	for what, reason := range map[string]string{
		"hang": render.ReasonTimeout, "spin": render.ReasonTimeout, "eat": render.ReasonMemory, "kill": render.ReasonCrashed,
		"babble": render.ReasonCrashed, "huge": render.ReasonCrashed, "skip": render.ReasonCrashed,
	} {
		t.Run(what, func(t *testing.T) {
			pids := &pidLog{}
			p := newPool(t, Config{Args: []string{"bad", what}, Logger: slog.New(pids),
				Limits: Limits{PageSeconds: 5, MemoryBytes: 300 << 20}})
			_, _, err := process(t, p, []byte("%PDF-1.4 whatever"))
			wantFault(t, err, reason)
			p.Close()
			if left := inGroup(t, int(pids.last.Load())); len(left) > 0 {
				t.Errorf("still running: %v", left)
			}
		})
	}
}

func TestChildThatDoesNotStartIsNoFault(t *testing.T) {
	for _, cfg := range []Config{{Args: []string{"bad", "exit"}}, {Exe: "/nonexistent"}} {
		p := newPool(t, cfg)
		_, _, err := process(t, p, []byte("%PDF-1.4 whatever"))
		var f *Fault
		if err == nil || errors.As(err, &f) {
			t.Errorf("%v", err)
		}
	}
}

func TestChildKilledBetweenPages(t *testing.T) {
	pids := &pidLog{}
	p := newPool(t, Config{Logger: slog.New(pids)})
	g := drawn(t, 1240, 900, 200, "Bescheid")
	doc, seen := asTIFF(t, "g4", g, g, g, g, g, g), 0
	_, err := p.Process(context.Background(), Input{Body: bytes.NewReader(doc), Size: -1}, func(pg Page) error {
		if seen++; pg.Number == 1 {
			return syscall.Kill(int(pids.last.Load()), syscall.SIGKILL)
		}
		return nil
	})
	wantFault(t, err, render.ReasonCrashed)
	if seen == 6 {
		t.Error("all pages came from a dead child")
	}
	mustProcess(t, p, doc, render.TypeTIFF, 6)
}

func TestIdleChildThatDiedIsReplaced(t *testing.T) {
	pids := &pidLog{}
	p := newPool(t, Config{Logger: slog.New(pids)})
	doc := asPNG(t, drawn(t, 600, 200, 200, "Bescheid"))
	mustProcess(t, p, doc, render.TypePNG, 1)
	if err := syscall.Kill(int(pids.last.Load()), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	mustProcess(t, p, doc, render.TypePNG, 1)
}

// pidLog catches the process ids that a pool logs.
type pidLog struct {
	last atomic.Int64
	n    atomic.Int64
}

func (l *pidLog) Enabled(context.Context, slog.Level) bool { return true }
func (l *pidLog) WithAttrs([]slog.Attr) slog.Handler       { return l }
func (l *pidLog) WithGroup(string) slog.Handler            { return l }
func (l *pidLog) Handle(_ context.Context, r slog.Record) error {
	if r.Message != "worker started" {
		return nil
	}
	r.Attrs(func(a slog.Attr) bool {
		l.last.Store(a.Value.Int64())
		l.n.Add(1)
		return true
	})
	return nil
}

// inGroup lists the living processes of a process group.
func inGroup(t *testing.T, group int) []string {
	t.Helper()
	var left []string
	for range 50 { // the kernel takes a moment to clear away what was killed
		left = nil
		names, err := filepath.Glob("/proc/[0-9]*/stat")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			b, err := os.ReadFile(name)
			if err != nil {
				continue // it has just ended
			}
			_, rest, _ := strings.Cut(string(b), ") ")
			if f := strings.Fields(rest); len(f) > 2 && f[0] != "Z" && f[2] == fmt.Sprint(group) {
				left = append(left, name)
			}
		}
		if len(left) == 0 {
			return nil
		}
		time.Sleep(20 * time.Millisecond)
	}
	return left
}
