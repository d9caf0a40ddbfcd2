package rendition

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/office/officetest"
	"eakte/ingest/worker"
)

// TestMain lets the test binary be the worker that reads the letters.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "worker" {
		os.Exit(worker.Main(os.Stdin, os.Stdout))
	}
	os.Exit(m.Run())
}

// document is a letter as it was read.
type document struct {
	pages []Page
	texts []string // corrected
}

func (d document) Page(n int) (Page, error) { return d.pages[n-1], nil }

func (d document) part(title string) Part {
	return Part{Title: title, Type: "Brief", Date: "02.03.2026", Pages: len(d.pages), Open: func() (Source, error) { return d, nil }}
}

// forms are the kinds of letter there are.
func forms() map[string]sample.Form {
	return map[string]sample.Form{
		"grey":    sample.CleanScan(),
		"fax":     sample.FaxScan(200),
		"digital": sample.Digital(),
		"colour":  {Container: sample.PDF, DPI: 150, Compression: sample.DCT, Quality: 60, Skew: 0.8, Noise: 1, Colour: true},
		"turned":  {Container: sample.PDF, DPI: 200, Compression: sample.DCT, Quality: 70, Noise: 1, Turned: 90},
		"photo":   {Container: sample.JPEG, DPI: 150, Quality: 60, Noise: 2, Light: 0.35, Colour: true, Photo: true},
	}
}

// letters are read by the real worker, one of each kind.
func letters(t testing.TB) map[string]document {
	t.Helper()
	tool(t, "tesseract")
	pool := worker.NewPool(worker.Config{})
	defer pool.Close()
	office := sample.Jobcenter(7, 3)
	out := map[string]document{}
	for name, form := range forms() {
		l := office.Letter(office.Files[0], sample.Sick, time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), 1)
		l.Form = form
		r, err := l.Render()
		if err != nil {
			t.Fatal(err)
		}
		out[name] = read(t, pool, r.Body)
	}
	for name, body := range map[string][]byte{
		"office": officetest.DOCX(t, officetest.Paragraphs("Änderungsantrag", "Hiermit beantrage ich die Übernahme der Heizkosten nach § 22 SGB II."), ""),
		"mail":   []byte("From: a@example.org\nTo: b@example.org\nSubject: Heizkosten\nContent-Type: text/plain; charset=utf-8\n\nAnbei die Abrechnung über 1.234,56 €.\n"),
		"html":   []byte("<!DOCTYPE html><title>Antrag</title><h1>Antrag</h1><p>Grüße <a href=\"https://example.org/\">hier</a>"),
		"text":   []byte("Mietbescheinigung\n\nKaltmiete;410,00\nNebenkosten;96,50\n"),
	} {
		out[name] = read(t, pool, body)
	}
	return out
}

func read(t testing.TB, pool *worker.Pool, body []byte) document {
	t.Helper()
	var d document
	_, err := pool.Process(context.Background(), worker.Input{Body: bytes.NewReader(body), Size: int64(len(body))}, func(p worker.Page) error {
		d.pages = append(d.pages, Page{Width: p.Width, Height: p.Height, DPI: p.DPI, JPEG: bytes.Clone(p.Full), Words: p.Words})
		d.texts = append(d.texts, p.Text)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func info(name string) Info {
	return Info{Title: "Schreiben „" + name + "“ <&>", About: "Das Original ist signiert", Seed: name, Created: time.Date(2026, 3, 2, 9, 30, 0, 0, time.UTC)}
}

func words() *Contents {
	return &Contents{Heading: "Inhalt", Subject: "Akte 03104//0012345", Title: "Schreiben", Type: "Art", Date: "Datum", Page: "Seite",
		PageOf: "Inhalt", Bookmark: "Inhalt"}
}

func mustNew(t testing.TB, i Info, parts ...Part) *Rendition {
	t.Helper()
	r, err := New(context.Background(), i, parts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// save writes a rendition to a file.
func save(t testing.TB, dir, name string, r *Rendition) string {
	t.Helper()
	path := filepath.Join(dir, name+".pdf")
	var b bytes.Buffer
	if n, err := r.WriteTo(&b); err != nil || n != r.Size {
		t.Fatalf("%s: %d of %d bytes, %v", name, n, r.Size, err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestSampleLetters goes the whole way with one letter of each kind, alone and
// merged: conforming, same text, same images, whole.
func TestSampleLetters(t *testing.T) {
	dir := t.TempDir()
	all := letters(t)
	var files []string
	var parts []Part
	for name, d := range all {
		r := mustNew(t, info(name), d.part(name))
		path := save(t, dir, name, r)
		if r.Level != LevelU {
			t.Errorf("%s is %s", name, r.Level)
		}
		files, parts = append(files, path), append(parts, d.part(name))
		checkText(t, name, path, d)
		checkImages(t, name, path, d)
	}
	parts = append(parts, Part{Title: "Nicht lesbar", Type: "Bescheid", Date: "", Note: "nicht lesbar"})
	merged := info("merged")
	merged.Contents = words()
	files = append(files, save(t, dir, "merged", mustNew(t, merged, parts...)))
	unknown := document{pages: []Page{withWords(all["grey"].pages[0], "gut", "\ufffd", "\ue000", "\ufeff", "Ende")}}
	r := mustNew(t, info("unknown"), unknown.part("unknown"))
	if r.Level != LevelB {
		t.Errorf("text without meaning is %s", r.Level)
	}
	files = append(files, save(t, dir, "unknown", r))
	files = append(files, save(t, dir, "many", manyParts(t)))
	files = append(files, save(t, dir, "form", printedForm(t)))
	for _, f := range files {
		run(t, "qpdf", "--check", f)
	}
	checkVerdicts(t, files)
}

// manyParts is a rendition with every kind of special case of structure: a
// table of several pages, a page tree of three levels, all kinds of letters.
func manyParts(t testing.TB) *Rendition {
	t.Helper()
	picture := plainJPEG(t, 8, 11)
	i := info("many")
	i.Contents = words()
	var parts []Part
	for n := range 100 {
		d := document{}
		for range 11 {
			d.pages = append(d.pages, withWords(Page{Width: 800, Height: 1100, DPI: 100, JPEG: picture}, "Seite", "Ünïcödé", "日本", "😀", "العربية"))
		}
		parts = append(parts, d.part(fmt.Sprintf("Schreiben Nr. %d an Nguyễn 日本, das einen sehr langen Betreff hat, der nicht passt", n)))
	}
	return mustNew(t, i, parts...)
}

func plainJPEG(t testing.TB, w, h int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func withWords(p Page, texts ...string) Page {
	p.Words = nil
	for i, s := range texts {
		p.Words = append(p.Words, record.Word{Text: s, X: 40 + 120*i, Y: 60, W: 100, H: 22})
	}
	return p
}

func checkText(t *testing.T, name, path string, d document) {
	t.Helper()
	for i, want := range d.texts {
		n := fmt.Sprint(i + 1)
		got := run(t, "pdftotext", "-raw", "-f", n, "-l", n, path, "-")
		g, w := strings.Fields(string(got)), strings.Fields(want)
		for k := range max(len(g), len(w)) {
			if k >= len(g) || k >= len(w) || g[k] != w[k] {
				t.Errorf("%s, page %s: pdftotext reads … %q instead of … %q", name, n, g[max(0, k-3):min(k+4, len(g))], w[max(0, k-3):min(k+4, len(w))])
				break
			}
		}
	}
}

func checkImages(t *testing.T, name, path string, d document) {
	t.Helper()
	prefix := strings.TrimSuffix(path, ".pdf")
	run(t, "pdfimages", "-all", path, prefix)
	for i, p := range d.pages {
		got, err := os.ReadFile(fmt.Sprintf("%s-%03d.jpg", prefix, i))
		if err != nil || !bytes.Equal(got, p.JPEG) {
			t.Errorf("%s, page %d: the image is not the same: %v", name, i+1, err)
		}
	}
}

func checkVerdicts(t *testing.T, files []string) {
	t.Helper()
	all := validate(t, files)
	for _, f := range files {
		v, ok := all[filepath.Base(f)]
		want := "PDF/A-2U"
		if filepath.Base(f) == "unknown.pdf" {
			want = "PDF/A-2B"
		}
		if !ok || !v.compliant || !strings.HasPrefix(v.profile, want) {
			t.Errorf("%s: %+v\n%s", filepath.Base(f), v.profile, strings.Join(v.failed, "\n"))
		}
	}
}
