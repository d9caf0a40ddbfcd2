package worker

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/tiff"
)

// drawn draws lines of text on white, 11 points at dpi.
func drawn(t testing.TB, w, h int, dpi float64, lines ...string) *image.Gray {
	t.Helper()
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		t.Fatal(err)
	}
	face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 11, DPI: dpi})
	if err != nil {
		t.Fatal(err)
	}
	defer face.Close()
	g := image.NewGray(image.Rect(0, 0, w, h))
	draw.Draw(g, g.Rect, image.White, image.Point{}, draw.Src)
	d := font.Drawer{Dst: g, Src: image.NewUniform(color.Black), Face: face}
	for i, line := range lines {
		d.Dot = fixed.P(w/10, h/10+i*int(dpi*16/72))
		d.DrawString(line)
	}
	return g
}

func asJPEG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 85}); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func asPNG(t testing.TB, m image.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// asTIFF binds pages into one file with libtiff's own tool, compressed as asked for.
func asTIFF(t testing.TB, compression string, pages ...image.Image) []byte {
	t.Helper()
	dir := t.TempDir()
	args := []string{"-c", compression, "-r", "64"}
	for i, m := range pages {
		var b bytes.Buffer
		if err := tiff.Encode(&b, m, nil); err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(dir, fmt.Sprintf("%d.tif", i))
		if err := os.WriteFile(name, b.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(compression, "g") { // black and white
			flat := name + ".bw"
			run(t, "tiffdither", "-t", "128", name, flat)
			name = flat
		}
		args = append(args, name)
	}
	out := filepath.Join(dir, "out.tif")
	run(t, "tiffcp", append(args, out)...)
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func run(t testing.TB, name string, args ...string) {
	t.Helper()
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// pdf builds a PDF by hand.
type pdf struct {
	objects []string
	kids    []string
	trailer string
}

// add gives the number of a new object.
func (p *pdf) add(body string) int {
	p.objects = append(p.objects, body)
	return len(p.objects) + 2 // 1 is the catalog, 2 the page tree
}

func (p *pdf) stream(dict string, data []byte) int {
	return p.add(fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(data), data))
}

func (p *pdf) page(extra, content string) {
	c := p.stream("", []byte(content))
	if !strings.Contains(extra, "/MediaBox") {
		extra += "/MediaBox[0 0 595 842]"
	}
	p.kids = append(p.kids, fmt.Sprintf("%d 0 R", p.add(fmt.Sprintf("<</Type/Page/Parent 2 0 R/Contents %d 0 R%s>>", c, extra))))
}

// text adds a page of text lines in Helvetica.
func (p *pdf) text(extra string, lines ...string) {
	f := p.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	content := "BT /F 11 Tf 14 TL 72 760 Td "
	for _, l := range lines {
		content += "(" + latin1(l) + ") Tj T* "
	}
	p.page(fmt.Sprintf("/Resources<</Font<</F %d 0 R>>>>%s", f, extra), content+"ET")
}

// image adds a page that is one image, with content drawn over it.
func (p *pdf) image(dict string, data []byte, extra, over string) {
	f := p.add("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	x := p.stream("/Type/XObject/Subtype/Image"+dict, data)
	p.page(fmt.Sprintf("/Resources<</Font<</F %d 0 R>>/XObject<</I %d 0 R>>>>%s", f, x, extra), "q 595 0 0 842 0 0 cm /I Do Q "+over)
}

func latin1(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '§':
			b.WriteString(`\247`)
		case r > 126:
			fmt.Fprintf(&b, `\%03o`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (p *pdf) bytes() []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.4\n")
	all := append([]string{"<</Type/Catalog/Pages 2 0 R>>",
		fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", strings.Join(p.kids, " "), len(p.kids))}, p.objects...)
	var at []int
	for i, o := range all {
		at = append(at, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	x := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(all)+1)
	for _, o := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(all)+1, p.trailer, x)
	return b.Bytes()
}

func deflate(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	w := zlib.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// paragraph is enough text to be born digital. No person is meant.
var paragraph = strings.Split(`Bescheid zur Sicherung des Lebensunterhalts
Sehr geehrte Damen und Herren,
nach § 44b Abs. 1 SGB II wird der Antrag vom 3. Mai bewilligt.
Die Miete von 412,80 Euro wird bis zum Ende des Jahres gezahlt.
Gegen diesen Bescheid ist der Widerspruch zulässig. Er ist
binnen eines Monats schriftlich einzureichen, und zwar beim
Jobcenter, das diesen Bescheid erlassen hat. Mit freundlichen
Grüßen, im Auftrag der Leitung des Hauses.`, "\n")
