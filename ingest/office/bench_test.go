package office

import (
	"bytes"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"eakte/ingest/office/officetest"
)

// BenchmarkToPDF converts texts of one page and of a hundred, and a table of
// ten pages, each in a process of its own, and tells the processor time.
func BenchmarkToPDF(b *testing.B) {
	if !Installed() {
		b.Skip("LibreOffice is not installed")
	}
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	page := append(strings.Split(strings.Repeat("Sehr geehrte Damen und Herren, anbei der Antrag auf Weiterbewilligung.\n", 40), "\n"), "")
	long := strings.Repeat(officetest.Paragraphs(page...)+`<w:p><w:r><w:br w:type="page"/></w:r></w:p>`, 100)
	for name, c := range map[string]struct {
		doc  []byte
		kind Kind
	}{
		"page":  {officetest.DOCX(b, officetest.Paragraphs(page...), ""), DOCX},
		"100":   {officetest.DOCX(b, long, ""), DOCX},
		"table": {officetest.XLSX(b, strings.Repeat(officetest.Cell("Miete"), 500)), XLSX},
	} {
		b.Run(name, func(b *testing.B) {
			used := childTime(b)
			for range b.N {
				conv := Converter{Command: []string{exe, "office"}, Scratch: b.TempDir()}
				if err := conv.ToPDF(b.Context(), bytes.NewReader(c.doc), int64(len(c.doc)), c.kind, io.Discard); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64((childTime(b)-used).Milliseconds())/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(peak(b))/1024, "peak-MB")
		})
	}
}

func usage(b *testing.B) syscall.Rusage {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_CHILDREN, &u); err != nil {
		b.Fatal(err)
	}
	return u
}

func childTime(b *testing.B) time.Duration {
	u := usage(b)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// peak is the largest child until now, in KB.
func peak(b *testing.B) int64 { return usage(b).Maxrss }
