package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eakte/ingest/render"
)

// extracted is what came of an extraction: each part's bytes.
func extracted(t *testing.T, p *Pool, doc []byte, ranges ...Range) ([][]byte, error) {
	t.Helper()
	var parts [][]byte
	err := p.Extract(t.Context(), Document{Open: func() io.Reader { return bytes.NewReader(doc) }, Size: int64(len(doc))}, ranges,
		func(part Part) error {
			if part.Number != len(parts)+1 {
				t.Errorf("part %d came instead of %d", part.Number, len(parts)+1)
			}
			b, err := io.ReadAll(part.Body)
			parts = append(parts, b)
			return err
		})
	return parts, err
}

// output runs a tool and gives its standard output.
func output(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).Output()
	if err != nil {
		t.Fatalf("%s %v: %v", name, args, err)
	}
	return string(out)
}

// imagesOf are the images of a PDF as they lie in it, page by page.
func imagesOf(t *testing.T, pdf []byte) [][]byte {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "in.pdf")
	if err := os.WriteFile(name, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	output(t, "pdfimages", "-all", name, filepath.Join(dir, "p"))
	names, err := filepath.Glob(filepath.Join(dir, "p-*"))
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	var out [][]byte
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, b)
	}
	return out
}

// bound is a PDF of scans: each page one JPEG, or, with shared, all pages with
// one list of all images, as some scanners' programs write it. It has a title,
// a script, an attachment and a form of its own.
func bound(t *testing.T, shared bool, pages int) []byte {
	t.Helper()
	var b bytes.Buffer
	var at []int
	obj := func(format string, args ...any) {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n", len(at))
		fmt.Fprintf(&b, format, args...)
		b.WriteString("\nendobj\n")
	}
	b.WriteString("%PDF-1.7\n")
	kids, all := "", ""
	for i := range pages {
		kids += fmt.Sprintf("%d 0 R ", 10+3*i)
		all += fmt.Sprintf("/I%d %d 0 R ", i, 12+3*i)
	}
	obj("<< /Type /Catalog /Pages 2 0 R /OpenAction 3 0 R /Names << /EmbeddedFiles << /Names [(secret.txt) 4 0 R] >> >> /AcroForm << /Fields [6 0 R] >> >>")
	obj("<< /Type /Pages /Count %d /Kids [%s] >>", pages, kids)
	obj("<< /S /JavaScript /JS (app.alert\\('whole'\\)) >>")
	obj("<< /Type /Filespec /F (secret.txt) /EF << /F 5 0 R >> >>")
	obj("<< /Type /EmbeddedFile /Length 13 >>\nstream\nATTACHED-BYTE\nendstream")
	obj("<< /FT /Tx /T (field) /V (FORM-OF-THE-WHOLE) >>")
	obj("<< /Title (TITLE-OF-THE-WHOLE) >>")
	obj("null")
	obj("null")
	for i := range pages {
		own := all
		if !shared {
			own = fmt.Sprintf("/I%d %d 0 R", i, 12+3*i)
		}
		obj("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 200 280] /Contents %d 0 R /Resources << /XObject << %s >> >> >>", 11+3*i, own)
		content := fmt.Sprintf("q 200 0 0 280 0 0 cm /I%d Do Q", i)
		obj("<< /Length %d >>\nstream\n%s\nendstream", len(content), content)
		j := asJPEG(t, drawn(t, 200, 280, 72, fmt.Sprintf("page %d", i+1)))
		obj("<< /Type /XObject /Subtype /Image /Width 200 /Height 280 /ColorSpace /DeviceGray /BitsPerComponent 8 /Filter /DCTDecode /Length %d >>\nstream\n%s\nendstream", len(j), j)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R /Info 7 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, start)
	return b.Bytes()
}

func TestExtractPDF(t *testing.T) {
	p := newPool(t, Config{})
	for _, shared := range []bool{false, true} {
		doc := bound(t, shared, 6)
		ranges := []Range{{First: 1, Last: 2}, {First: 4, Last: 4}, {First: 5, Last: 6}, {First: 2, Last: 5}}
		parts, err := extracted(t, p, doc, ranges...)
		if err != nil || len(parts) != len(ranges) {
			t.Fatalf("shared %v: %d parts, %v", shared, len(parts), err)
		}
		again, err := extracted(t, p, doc, ranges[2])
		if err != nil || !bytes.Equal(again[0], parts[2]) {
			t.Errorf("shared %v: other bytes the second time (%v)", shared, err)
		}
		all := imagesOf(t, doc)
		for i, r := range ranges {
			got := imagesOf(t, parts[i])
			if want := all[r.First-1 : r.Last]; !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("shared %v, pages %v: %d images, not the %d of the document", shared, r, len(got), len(want))
			}
			name := filepath.Join(t.TempDir(), "part.pdf")
			if err := os.WriteFile(name, parts[i], 0o600); err != nil {
				t.Fatal(err)
			}
			output(t, "qpdf", "--check", name)
			plain := output(t, "qpdf", "--qdf", "--object-streams=disable", name, "-")
			for _, word := range []string{"WHOLE", "ATTACHED", "secret", "JavaScript", "AcroForm", "app.alert"} {
				if strings.Contains(plain, word) {
					t.Errorf("pages %v carry %q of the whole", r, word)
				}
			}
			if n := strings.Count(plain, "/Subtype /Image"); n != r.Last-r.First+1 {
				t.Errorf("shared %v, pages %v: %d images lie in it, also unseen ones", shared, r, n)
			}
		}
	}
}

// TestExtractTIFF holds what came out against libtiff: every page decodes to
// the same pixels and has the same compression and resolution.
func TestExtractTIFF(t *testing.T) {
	p := newPool(t, Config{})
	var images []image.Image
	for i := range 4 {
		images = append(images, drawn(t, 300, 200+i, 100, fmt.Sprintf("page %d of the batch", i+1)))
	}
	for _, compression := range []string{"none", "lzw", "zip", "g3", "g4", "jpeg"} {
		doc := asTIFF(t, compression, images...)
		for _, big := range []bool{false, true} {
			if big {
				doc = rewritten(t, doc, "-8")
			}
			ranges := []Range{{First: 1, Last: 1}, {First: 2, Last: 4}}
			parts, err := extracted(t, p, doc, ranges...)
			if err != nil || len(parts) != 2 {
				t.Fatalf("%s, big %v: %d parts, %v", compression, big, len(parts), err)
			}
			for i, r := range ranges {
				sameTIFF(t, fmt.Sprintf("%s, big %v, pages %v", compression, big, r), doc, parts[i], r)
			}
		}
	}
	// Big-endian, tiles instead of strips.
	doc := rewritten(t, asTIFF(t, "lzw", images...), "-B", "-t", "-w", "64", "-l", "64")
	parts, err := extracted(t, p, doc, Range{First: 3, Last: 4})
	if err != nil {
		t.Fatal(err)
	}
	sameTIFF(t, "tiles", doc, parts[0], Range{First: 3, Last: 4})
}

// rewritten is a TIFF in another shape.
func rewritten(t *testing.T, doc []byte, args ...string) []byte {
	t.Helper()
	in, out := filepath.Join(t.TempDir(), "in.tif"), filepath.Join(t.TempDir(), "out.tif")
	if err := os.WriteFile(in, doc, 0o600); err != nil {
		t.Fatal(err)
	}
	output(t, "tiffcp", append(args, in, out)...)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sameTIFF compares what a part says of its pages, and every raw strip, with
// the pages of the document.
func sameTIFF(t *testing.T, what string, doc, part []byte, r Range) {
	t.Helper()
	dir := t.TempDir()
	split := func(name string, b []byte) []string {
		file := filepath.Join(dir, name+".tif")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		output(t, "tiffsplit", file, filepath.Join(dir, name+"-")) // raw strips, page by page
		names, err := filepath.Glob(filepath.Join(dir, name+"-*"))
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(names)
		return names
	}
	want, got := split("doc", doc)[r.First-1:r.Last], split("part", part)
	if len(got) != len(want) {
		t.Fatalf("%s: %d pages", what, len(got))
	}
	for i := range got {
		a, errA := os.ReadFile(want[i])
		b, errB := os.ReadFile(got[i])
		if errA != nil || errB != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: page %d differs", what, i+1)
		}
	}
}

func TestExtractRefuses(t *testing.T) {
	p := newPool(t, Config{})
	pdf := bound(t, false, 3)
	dir := t.TempDir()
	in, locked := filepath.Join(dir, "in.pdf"), filepath.Join(dir, "locked.pdf")
	if err := os.WriteFile(in, pdf, 0o600); err != nil {
		t.Fatal(err)
	}
	output(t, "qpdf", "--encrypt", "user", "owner", "256", "--", in, locked)
	encrypted, err := os.ReadFile(locked)
	if err != nil {
		t.Fatal(err)
	}
	tif := asTIFF(t, "lzw", drawn(t, 60, 60, 72, "x"), drawn(t, 60, 60, 72, "y"))
	tests := []struct {
		name   string
		doc    []byte
		r      Range
		reason string
	}{
		{"pages that are not there", pdf, Range{First: 2, Last: 4}, render.ReasonDamaged},
		{"no page", pdf, Range{First: 0, Last: 1}, render.ReasonDamaged},
		{"backwards", pdf, Range{First: 3, Last: 2}, render.ReasonDamaged},
		{"encrypted", encrypted, Range{First: 1, Last: 1}, render.ReasonEncrypted},
		{"cut off", pdf[:len(pdf)/2], Range{First: 1, Last: 1}, render.ReasonDamaged},
		{"a page tree in a circle", bytes.Replace(pdf, []byte("/Kids [10 0 R"), []byte("/Kids [ 2 0 R"), 1), Range{First: 1, Last: 1}, render.ReasonDamaged},
		{"image", asPNG(t, drawn(t, 60, 60, 72, "x")), Range{First: 1, Last: 1}, render.ReasonUnknownFormat},
		{"mail", []byte("From: a@b\r\nTo: b@c\r\nSubject: x\r\nDate: Mon, 2 Mar 2026 10:00:00 +0100\r\n\r\nx"), Range{First: 1, Last: 1}, render.ReasonUnknownFormat},
		{"TIFF cut off", tif[:len(tif)-40], Range{First: 1, Last: 2}, render.ReasonDamaged},
		{"directories in a circle", circular(tif), Range{First: 1, Last: 1}, render.ReasonDamaged},
		{"strips without end", endless(tif), Range{First: 1, Last: 1}, render.ReasonDamaged},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := extracted(t, p, test.doc, test.r)
			var f *Fault
			if !errors.As(err, &f) || f.Reason != test.reason {
				t.Errorf("%v, want %s", err, test.reason)
			}
		})
	}
	if _, err := extracted(t, p, pdf, make([]Range, MostRanges+1)...); err == nil {
		t.Error("more ranges than allowed")
	}
	if parts, err := extracted(t, p, pdf, Range{First: 1, Last: 3}); err != nil || len(parts) != 1 {
		t.Errorf("the pool is of no use any more: %v", err)
	}
}

// circular lets the last directory of a little-endian TIFF point to the first.
func circular(tif []byte) []byte {
	b, at := bytes.Clone(tif), le32(tif[4:])
	for {
		link := at + 2 + 12*int(le16(b[at:]))
		next := le32(b[link:])
		if next == 0 {
			copy(b[link:], b[4:8])
			return b
		}
		at = next
	}
}

// endless lets the first page's strips be longer than the file.
func endless(tif []byte) []byte {
	b, at := bytes.Clone(tif), le32(tif[4:])
	for i := range int(le16(b[at:])) {
		e := b[at+2+12*i:]
		if le16(e) == 279 {
			if le32(e[4:]) == 1 {
				copy(e[8:], []byte{0xff, 0xff, 0xff, 0x7f})
			} else {
				copy(b[le32(e[8:]):], []byte{0xff, 0xff, 0xff, 0x7f})
			}
		}
	}
	return b
}

func le16(b []byte) uint16 { return uint16(b[0]) | uint16(b[1])<<8 }
func le32(b []byte) int    { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 | int(b[3])<<24 }

// TestExtractStops: an error of the taker, and the end of its context, end the
// extraction, and the pool goes on.
func TestExtractStops(t *testing.T) {
	p := newPool(t, Config{})
	pdf := bound(t, false, 4)
	doc := Document{Open: func() io.Reader { return bytes.NewReader(pdf) }, Size: int64(len(pdf))}
	enough := errors.New("enough")
	n := 0
	err := p.Extract(t.Context(), doc, []Range{{First: 1, Last: 1}, {First: 2, Last: 2}, {First: 3, Last: 3}}, func(Part) error {
		if n++; n == 2 {
			return enough
		}
		return nil // its bytes are passed over
	})
	if !errors.Is(err, enough) || n != 2 {
		t.Errorf("%d parts, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	err = p.Extract(ctx, doc, []Range{{First: 1, Last: 1}, {First: 2, Last: 2}}, func(Part) error { cancel(); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if parts, err := extracted(t, p, pdf, Range{First: 4, Last: 4}); err != nil || len(parts) != 1 {
		t.Errorf("afterwards: %v", err)
	}
}

// lyingChild answers an extraction with frames of its own choice.
func lyingChild(script string) int {
	if writeFrame(os.Stdout, kindReady, []byte(`{}`)) != nil {
		return 4
	}
	f, err := readFrame(os.Stdin)
	var x extraction
	if err != nil || f.kind != kindExtract || json.Unmarshal(f.parts[0], &x) != nil || writeFrame(os.Stdout, kindAccepted) != nil {
		return 5
	}
	for f.kind != kindBodyEnd {
		if f, err = readFrame(os.Stdin); err != nil {
			return 6
		}
	}
	for _, c := range script {
		switch c {
		case 'T':
			err = writeFrame(os.Stdout, kindPart, []byte(`{"number":1,"name":"1-1","type":"application/pdf"}`))
		case 'U':
			err = writeFrame(os.Stdout, kindPartBody, []byte("bytes"))
		case 'V':
			err = writeFrame(os.Stdout, kindPartEnd)
		case 'S':
			err = writeFrame(os.Stdout, kindSummary, []byte(`{"ContentType":"application/pdf","Pages":1}`))
		case 'F':
			err = writeFrame(os.Stdout, kindFault, []byte(`{"reason":"damaged","page":1}`))
		}
		if err != nil {
			return 7
		}
	}
	return 0
}

func TestExtractBelievesNothing(t *testing.T) {
	for script, reason := range map[string]string{
		"TUVV": "",                   // as it should be
		"V":    render.ReasonCrashed, // ended before anything came
		"TUV":  render.ReasonCrashed, // and then it is gone
		"TUVT": render.ReasonCrashed, // one part more than was asked for
		"TUS":  render.ReasonCrashed, // an end that is none
		"S":    render.ReasonCrashed,
		"TUF":  render.ReasonDamaged, // in the middle of a part
	} {
		t.Run(script, func(t *testing.T) {
			p := newPool(t, Config{Args: []string{"lying", script}})
			_, err := extracted(t, p, []byte("%PDF-1.4 whatever"), Range{First: 1, Last: 1})
			var f *Fault
			if errors.As(err, &f) != (reason != "") || f != nil && f.Reason != reason {
				t.Errorf("%v, want %q", err, reason)
			}
		})
	}
}

// TestExtractManyPages takes letters out of a long batch: what one costs must
// not grow with all others' images.
func TestExtractManyPages(t *testing.T) {
	p := newPool(t, Config{})
	doc := bound(t, true, 300)
	var ranges []Range
	for i := 1; i <= 300; i += 30 {
		ranges = append(ranges, Range{First: i, Last: i + 29})
	}
	parts, err := extracted(t, p, doc, ranges...)
	if err != nil || len(parts) != 10 {
		t.Fatalf("%d parts, %v", len(parts), err)
	}
	for i, b := range parts {
		if len(b) > len(doc)/5 {
			t.Errorf("part %d is %d bytes of %d", i+1, len(b), len(doc))
		}
	}
}
