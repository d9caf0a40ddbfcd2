package worker

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/jpeg"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"eakte/ingest/render"
)

// TestMain lets the test binary be the child, as the product's binary is its
// own; and it can be a child that behaves badly, which the product has not.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "worker":
			os.Exit(Main(os.Stdin, os.Stdout))
		case "bad":
			os.Exit(badChild(os.Args[2]))
		case "lying":
			os.Exit(lyingChild(os.Args[2]))
		case "lethal":
			os.Exit(lethalChild(os.Args[2]))
		case "confined":
			os.Exit(confined(os.Args[2], os.Args[3]))
		case "deadly":
			os.Exit(deadlyCall())
		}
	}
	os.Exit(m.Run())
}

// badChild takes a document in and then does what.
func badChild(what string) int {
	if what == "exit" {
		return 3
	}
	var l Limits
	if json.Unmarshal([]byte(os.Getenv(envLimits)), &l) != nil || restrain(l) != nil {
		return 4
	}
	for _, part := range []string{`{}`, ""} {
		if part != "" && writeFrame(os.Stdout, kindReady, []byte(part)) != nil || part == "" && writeFrame(os.Stdout, kindAccepted) != nil {
			return 5
		}
		if _, err := readFrame(os.Stdin); err != nil {
			return 6
		}
	}
	for f, err := readFrame(os.Stdin); f.kind != kindBodyEnd; f, err = readFrame(os.Stdin) {
		if err != nil {
			return 7
		}
	}
	switch what {
	case "hang": // with a tool running, as poppler would
		if exec.Command("sleep", "1000").Start() != nil {
			return 8
		}
		time.Sleep(time.Hour)
	case "spin":
		if syscall.Setrlimit(syscall.RLIMIT_CPU, &syscall.Rlimit{Cur: 1, Max: 3}) != nil {
			return 9
		}
		for n := 0; ; n++ {
			if n < 0 {
				return 9
			}
		}
	case "eat":
		var all [][]byte
		for {
			b := make([]byte, mib)
			for i := range b {
				b[i] = 1
			}
			if all = append(all, b); len(all) > 1<<20 {
				return 9
			}
		}
	case "kill":
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	case "babble":
		os.Stdout.WriteString(strings.Repeat("%!PS", 100))
	case "huge":
		os.Stdout.Write(append([]byte{kindPage, 7}, bytes.Repeat([]byte{255}, 28)...))
	case "skip": // an end without the pages
		_ = writeFrame(os.Stdout, kindSummary, []byte(`{"ContentType":"application/pdf","Pages":3}`))
	}
	time.Sleep(time.Minute)
	return 0
}

func newPool(t testing.TB, cfg Config) *Pool {
	t.Helper()
	p := NewPool(cfg)
	t.Cleanup(p.Close)
	return p
}

// process reads a document and gives its pages.
func process(t testing.TB, p *Pool, doc []byte) ([]Page, Summary, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	var pages []Page
	sum, err := p.Process(ctx, Input{Body: bytes.NewReader(doc), Size: int64(len(doc))}, func(pg Page) error {
		pages = append(pages, pg)
		return nil
	})
	return pages, sum, err
}

// mustProcess reads a good document.
func mustProcess(t testing.TB, p *Pool, doc []byte, typ string, n int) []Page {
	t.Helper()
	pages, sum, err := process(t, p, doc)
	if err != nil {
		t.Fatalf("%s: %v", typ, err)
	}
	if sum.ContentType != typ || sum.Pages != n || len(pages) != n {
		t.Fatalf("got %+v with %d pages, want %s with %d", sum, len(pages), typ, n)
	}
	return pages
}

// sees checks that a page has what it must have, and that the word lies on ink.
func sees(t testing.TB, p Page, word string) {
	t.Helper()
	for _, w := range p.Words {
		if strings.Trim(w.Text, ".,") != word {
			continue
		}
		if p.Text[w.Start:w.Start+w.Len] != w.Text {
			t.Errorf("page %d: %q stands elsewhere in the text", p.Number, word)
		}
		m, err := jpeg.Decode(bytes.NewReader(p.Full))
		if err != nil {
			t.Fatal(err)
		}
		box := image.Rect(w.X, w.Y, w.X+w.W, w.Y+w.H)
		inside, beside := ink(m, box), ink(m, box.Inset(-6))-ink(m, box)
		if inside == 0 || beside > inside/3 {
			t.Errorf("page %d: box %v of %q has %d dark pixels, and %d round it", p.Number, box, word, inside, beside)
		}
		return
	}
	t.Errorf("page %d: no %q among %d words: %q", p.Number, word, len(p.Words), p.Text)
}

func ink(m image.Image, r image.Rectangle) int {
	n := 0
	r = r.Intersect(m.Bounds())
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if c, _, _, _ := m.At(x, y).RGBA(); c < 0x8000 {
				n++
			}
		}
	}
	return n
}

func TestReadsEveryPageOfEveryFormat(t *testing.T) {
	p := newPool(t, Config{})
	one := drawn(t, 1240, 900, 200, "Bescheid eins", "nach § 44b Abs. 1 SGB II")
	two := drawn(t, 1240, 900, 200, "Bescheid zwei")
	for _, c := range []struct {
		typ   string
		doc   []byte
		words []string
	}{
		{render.TypeJPEG, asJPEG(t, one), []string{"eins"}},
		{render.TypePNG, asPNG(t, two), []string{"zwei"}},
		{render.TypeTIFF, asTIFF(t, "g4", one, two, one), []string{"eins", "zwei", "eins"}},
		{render.TypeTIFF, asTIFF(t, "g3", one, two), []string{"eins", "zwei"}},
		{render.TypeTIFF, asTIFF(t, "lzw", two, one), []string{"zwei", "eins"}},
		{render.TypeTIFF, asTIFF(t, "jpeg", two, one), []string{"zwei", "eins"}},
	} {
		pages := mustProcess(t, p, c.doc, c.typ, len(c.words))
		for i, pg := range pages {
			sees(t, pg, c.words[i])
			if pg.Source != SourceOCR || pg.Confidence < 60 || pg.Confidence > 100 {
				t.Errorf("%s page %d: source %q, confidence %v", c.typ, i+1, pg.Source, pg.Confidence)
			}
			if pg.Took.Recognise == 0 { // no machine recognises a page within a millisecond
				t.Errorf("%s page %d took %+v", c.typ, i+1, pg.Took)
			}
		}
		if c.typ == render.TypeJPEG && !(strings.Contains(pages[0].Text, "§ 44b Abs.") && !strings.Contains(pages[0].Raw, "§")) {
			t.Errorf("§ not restored, or raw text changed: %q, raw %q", pages[0].Text, pages[0].Raw)
		}
	}
}

func TestReadsPDFTheCheapestTrueWay(t *testing.T) {
	p := newPool(t, Config{})
	scan := asJPEG(t, drawn(t, 1654, 2339, 200, paragraph...))
	const grey = "/Width 1654/Height 2339/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode"
	var d pdf
	d.text("", paragraph...)                                                                           // born digital
	d.text("/Rotate 90", paragraph...)                                                                 // the same, turned
	d.text("/CropBox[50 400 500 800]", paragraph...)                                                   // the same, cut
	d.image(grey, scan, "", "")                                                                        // a scan
	d.image(grey, scan, "", "BT /F 14 Tf 300 200 Td (Eingegangen) Tj ET")                              // with a stamp over it
	d.image(grey, scan, "", "BT 3 Tr /F 11 Tf 72 760 Td ("+strings.Repeat("verborgen ", 40)+") Tj ET") // with somebody's OCR
	d.text("", "Nur eine Zeile")                                                                       // too little to believe
	pages := mustProcess(t, p, d.bytes(), render.TypePDF, 7)
	for i, want := range []string{SourceDigital, SourceDigital, SourceDigital, SourceOCR, SourceOCR, SourceOCR, SourceOCR} {
		if pages[i].Source != want {
			t.Errorf("page %d: source %q, want %q", i+1, pages[i].Source, want)
		}
	}
	for _, pg := range pages[:6] {
		sees(t, pg, "Widerspruch")
	}
	if !(pages[1].Width > pages[1].Height && pages[0].Width < pages[0].Height) {
		t.Errorf("page 2 is not turned: %d × %d", pages[1].Width, pages[1].Height)
	}
	if pages[3].Width != 1654 || pages[3].Height != 2339 || pages[3].DPI != 200 {
		t.Errorf("the scan has become %d × %d at %d dpi", pages[3].Width, pages[3].Height, pages[3].DPI)
	}
	sees(t, pages[4], "Eingegangen") // the image alone would have lost it
	if strings.Contains(pages[5].Text, "verborgen") {
		t.Error("invisible text was believed")
	}
	sees(t, pages[6], "Zeile")
}

func TestAScanIsTakenOutOfThePDFAsItIs(t *testing.T) {
	g := drawn(t, 1640, 2320, 200, paragraph...)
	jpg := asJPEG(t, g)
	bits := make([]byte, 1640/8*2320)
	for i, v := range g.Pix {
		bits[i/8] |= v >> 7 << (7 - i%8)
	}
	var d pdf
	d.image("/Width 1640/Height 2320/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode", jpg, "", "")
	d.image("/Width 1640/Height 2320/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/FlateDecode", deflate(t, bits), "", "")
	doc := d.bytes()
	f, err := os.CreateTemp(t.TempDir(), "*.pdf")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(doc); err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(jpg))
	if err != nil {
		t.Fatal(err)
	}
	for _, scratch := range []string{t.TempDir(), ""} { // without a folder poppler draws it
		o := render.Options{Limits: render.Limits{MaxPixels: 60e6, MaxPages: 10}, Scratch: scratch}
		r, err := render.Open(t.Context(), f, int64(len(doc)), o)
		if err != nil {
			t.Fatal(err)
		}
		one, err := r.Page(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		two, err := r.Page(t.Context(), 2)
		if err != nil {
			t.Fatal(err)
		}
		same := one.Raster.Y.Rect == m.Bounds() && bytes.Equal(one.Raster.Y.Pix, m.(*image.Gray).Pix)
		if want := scratch != ""; same != want || two.Raster.Bilevel != want {
			t.Errorf("scratch %q: same %v, black and white %v", scratch, same, two.Raster.Bilevel)
		}
		if ink(two.Raster.Y, two.Raster.Y.Rect) > len(g.Pix)/2 {
			t.Error("black and white are exchanged")
		}
	}
}

func TestTurnedPicturesAreReadUpright(t *testing.T) {
	p := newPool(t, Config{})
	g := drawn(t, 900, 700, 200, "Bescheid oben")
	side := image.NewGray(image.Rect(0, 0, 700, 900)) // its right is up
	for y := range 700 {
		for x := range 900 {
			side.SetGray(y, 899-x, g.GrayAt(x, y))
		}
	}
	name := filepath.Join(t.TempDir(), "side.tif")
	if err := os.WriteFile(name, asTIFF(t, "lzw", side), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "tiffset", "-s", "274", "6", name)
	doc, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	pg := mustProcess(t, p, doc, render.TypeTIFF, 1)[0]
	if pg.Width != 900 || pg.Height != 700 {
		t.Errorf("%d × %d", pg.Width, pg.Height)
	}
	sees(t, pg, "oben")
}

func TestImagesAreSmallAndNew(t *testing.T) {
	p := newPool(t, Config{})
	doc := asJPEG(t, drawn(t, 2480, 3508, 300, "Bescheid"))
	pg := mustProcess(t, p, doc, render.TypeJPEG, 1)[0]
	for _, c := range []struct {
		name string
		b    []byte
		w, h int
	}{{"image", pg.Image, 1075, 1520}, {"full", pg.Full, 2480, 3508}, {"thumb", pg.Thumb, 169, 240}} {
		m, err := jpeg.DecodeConfig(bytes.NewReader(c.b))
		if err != nil || m.Width != c.w || m.Height != c.h {
			t.Errorf("%s: %d × %d, %v; want %d × %d", c.name, m.Width, m.Height, err, c.w, c.h)
		}
	}
	if bytes.Equal(pg.Full, doc) {
		t.Error("bytes of the document would reach the browser")
	}
}
