package barcode

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"eakte/appliance/record"
	"eakte/appliance/sample"
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

// spoiling is what scanners do to a page.
type spoiling struct {
	name string
	form sample.Form
	blur int // passes of a 3 × 3 box
}

// spoilings are those that are measured, all of 200 dpi.
func spoilings(i int, seed uint64) []spoiling {
	d := rand.New(rand.NewPCG(seed, uint64(i)))
	skew := d.Float64()*4 - 2
	grey := sample.Form{Container: sample.PNG, Compression: sample.Deflate, DPI: 200}
	at := func(change func(*sample.Form)) sample.Form {
		f := grey
		change(&f)
		return f
	}
	return []spoiling{
		{"clean", grey, 0},
		{"skew ±2°", at(func(f *sample.Form) { f.Skew = skew }), 0},
		{"noise, uneven light", at(func(f *sample.Form) { f.Skew, f.Noise, f.Light = skew/2, 8, 0.35 }), 0},
		{"bilevel, specks", at(func(f *sample.Form) { f.Skew, f.Noise, f.Speckle = skew/2, 4, 2 }), -1},
		{"blur", at(func(f *sample.Form) { f.Skew, f.Noise = skew/2, 3 }), 2},
	}
}

// pixels takes a page's picture and spoils it. A blur of -1 is black and white.
func (s spoiling) pixels(t testing.TB, body []byte) *image.Gray {
	t.Helper()
	m, err := png.Decode(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	g, ok := m.(*image.Gray)
	if !ok {
		t.Fatalf("a page of %T", m)
	}
	for range max(0, s.blur) {
		g = blurred(g)
	}
	if s.blur < 0 {
		for i, v := range g.Pix {
			g.Pix[i] = 0
			if v > 140 {
				g.Pix[i] = 255
			}
		}
	}
	return g
}

func blurred(g *image.Gray) *image.Gray {
	out := image.NewGray(g.Rect)
	copy(out.Pix, g.Pix)
	for y := 1; y < g.Rect.Dy()-1; y++ {
		for x := 1; x < g.Rect.Dx()-1; x++ {
			sum := 0
			for dy := -1; dy <= 1; dy++ {
				row := g.Pix[(y+dy)*g.Stride+x-1:][:3]
				sum += int(row[0]) + int(row[1]) + int(row[2])
			}
			out.Pix[y*out.Stride+x] = uint8(sum / 9)
		}
	}
	return out
}

// score counts what came of one kind of code in one kind of page.
type score struct{ pages, found, exact, boxed, wrong int }

func (s *score) add(codes []record.Code, want sample.TruthMark) {
	s.pages++
	found, exact, boxed := false, false, false
	for _, c := range codes {
		if c.Format != format(want.Kind) || c.Text != want.Text {
			s.wrong++
			if c.Format == format(want.Kind) {
				found = true
			}
			continue
		}
		found, exact = true, true
		boxed = boxed || near(c, want.Pixels)
	}
	s.found += one(found)
	s.exact += one(exact)
	s.boxed += one(boxed)
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

func format(k sample.MarkKind) string {
	return map[sample.MarkKind]string{sample.MarkCode: Code128, sample.MarkCode39: Code39, sample.MarkQR: QR, sample.MarkDataMatrix: DataMatrix}[k]
}

// near: the box's middle lies in the truth's box, and it is about as wide.
func near(c record.Code, b record.Box) bool {
	x, y := c.X+c.W/2, c.Y+c.H/2
	return x > b.X && x < b.X+b.W && y > b.Y && y < b.Y+b.H && c.W*10 > b.W*8 && c.W*8 < b.W*10
}

func codePage(t testing.TB, o *sample.Office, kind sample.MarkKind, n int, s spoiling) (*image.Gray, sample.TruthMark) {
	t.Helper()
	r, err := o.CodePage(kind, n, s.form)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Truth.Pages[0].Marks {
		if m.Kind == kind {
			return s.pixels(t, r.Body), m
		}
	}
	t.Fatal("no code on the page")
	return nil, sample.TruthMark{}
}

// scores makes n pages for each kind of code and of spoiling and reads them.
func scores(t testing.TB, n int, each func(kind sample.MarkKind, spoiling string, s score)) {
	t.Helper()
	seed := seed(t)
	o := sample.Jobcenter(seed, 40)
	for _, kind := range sample.CodeKinds() {
		for si := range spoilings(0, seed) {
			var sc score
			for i := range n {
				s := spoilings(i, seed)[si]
				g, want := codePage(t, o, kind, i, s)
				codes, err := Read(Image{Gray: g, DPI: 200})
				if err != nil {
					t.Fatal(err)
				}
				before := sc
				sc.add(codes, want)
				if sc.exact == before.exact || sc.wrong > before.wrong {
					t.Logf("%s, %s, page %d: %q at %+v read as %+v", kind, s.name, i, want.Text, want.Pixels, codes)
				}
			}
			each(kind, spoilings(0, seed)[si].name, sc)
		}
	}
}

// TestCodesAreRead is a small part of `make code-eval`.
func TestCodesAreRead(t *testing.T) {
	scores(t, 2, func(kind sample.MarkKind, name string, s score) {
		if s.exact < s.pages || s.wrong > 0 || s.boxed < s.exact {
			t.Errorf("%s, %s: %+v", kind, name, s)
		}
	})
}

// codeless gives pages of letters without codes, each in one of the spoilings.
func codeless(t testing.TB, n int, each func(i int, name string, g *image.Gray)) {
	t.Helper()
	seed := seed(t)
	o := sample.Jobcenter(seed, 60)
	types := sample.Types()
	for i := range n {
		s := spoilings(i, seed)[i%5]
		for tries := i; ; tries++ {
			day := time.Date(2026, time.Month(1+tries%12), 1+tries%27, 0, 0, 0, 0, time.UTC)
			l := o.Letter(o.Files[tries%len(o.Files)], types[tries%len(types)], day, tries)
			l.Form, l.Stamped, l.ByHand = s.form, tries%3 == 0, tries%2 == 0
			pages, err := l.PagesWithoutCodes()
			if err != nil {
				t.Fatal(err)
			}
			if len(pages) == 0 {
				continue
			}
			each(i, fmt.Sprint(l.Type, ", ", s.name), s.pixels(t, pages[tries%len(pages)]))
			break
		}
	}
}

// TestNothingIsRead is a small part of `make code-eval`.
func TestNothingIsRead(t *testing.T) {
	codeless(t, 15, func(i int, name string, g *image.Gray) { nothing(t, i, name, g) })
}

func nothing(t testing.TB, i int, name string, g *image.Gray) int {
	t.Helper()
	codes, err := Read(Image{Gray: g, DPI: 200})
	if err != nil {
		t.Fatal(err)
	}
	if len(codes) > 0 {
		t.Errorf("page %d (%s) without codes: %+v", i, name, codes)
	}
	return len(codes)
}
