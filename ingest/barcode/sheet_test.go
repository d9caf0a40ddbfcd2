package barcode

import (
	"image"
	"math"
	"math/rand/v2"
	"testing"

	"eakte/appliance/record"
	"eakte/ingest/sheet"
)

// paper is a separator sheet with a patch T along its upper edge, scanned at
// some angle and turned by quarters.
type paper struct {
	dpi      int
	bars     []sheet.Bar
	skew     float64 // degrees
	quarters int
	noise    int
	depth    int // hundredths of an inch from the edge to the patch
}

// gray draws the sheet; a pixel is as dark as the part of it that has ink.
func (p paper) gray(r *rand.Rand) *image.Gray {
	w, h := 827*p.dpi/100, 1169*p.dpi/100
	if p.quarters%2 == 1 {
		w, h = h, w
	}
	g := image.NewGray(image.Rect(0, 0, w, h))
	sin, cos := math.Sincos((p.skew + 90*float64(p.quarters)) * math.Pi / 180)
	for y := range h {
		for x := range w {
			dark := 0
			for _, s := range [4][2]float64{{.25, .25}, {.75, .25}, {.25, .75}, {.75, .75}} {
				dx, dy := (float64(x)+s[0]-float64(w)/2)*100/float64(p.dpi), (float64(y)+s[1]-float64(h)/2)*100/float64(p.dpi)
				if p.ink(dx*cos+dy*sin+827./2, dy*cos-dx*sin+1169./2) {
					dark++
				}
			}
			v := 240 - 55*dark
			if p.noise > 0 {
				v += r.IntN(2*p.noise) - p.noise
			}
			g.Pix[y*g.Stride+x] = uint8(max(0, min(255, v)))
		}
	}
	return g
}

// ink says what is printed at a place, in hundredths of an inch.
func (p paper) ink(x, y float64) bool {
	if x < 250 || x > 250+320 {
		return false
	}
	for _, b := range p.bars {
		if y >= float64(p.depth+b.At) && y < float64(p.depth+b.At+b.Width) {
			return true
		}
	}
	return false
}

func TestPatchTIsSeen(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 1))
	for _, p := range []paper{{dpi: 200, depth: 40}, {dpi: 200, skew: 2, noise: 20, depth: 40}, {dpi: 150, skew: -2, quarters: 1, depth: 80},
		{dpi: 300, skew: 1, quarters: 2, depth: 25, noise: 10}, {dpi: 200, quarters: 3, depth: 60, skew: -1}} {
		p.bars = sheet.PatchT()
		codes, err := Read(Image{Gray: p.gray(r), DPI: p.dpi})
		if err != nil || len(codes) != 1 || codes[0].Format != PatchT {
			t.Errorf("%+v: %+v, %v", p, codes, err)
			continue
		}
		if _, ok := sheet.Find(codes); !ok {
			t.Errorf("%+v: %+v does not separate", p, codes)
		}
	}
}

// TestOtherPatchesAreNone: the other five patches, bars of other widths and
// ruled paper separate nothing.
func TestOtherPatchesAreNone(t *testing.T) {
	r := rand.New(rand.NewPCG(seed(t), 2))
	widths := func(w ...int) (bars []sheet.Bar) {
		at := 0
		for _, w := range w {
			bars = append(bars, sheet.Bar{At: at, Width: w})
			at += w + 8
		}
		return bars
	}
	for name, bars := range map[string][]sheet.Bar{"1": widths(20, 20, 8, 8), "2": widths(20, 8, 8, 20), "3": widths(20, 8, 20, 8),
		"4": widths(8, 20, 20, 8), "6": widths(8, 8, 20, 20), "narrow": widths(8, 8, 8, 8, 8, 8), "wide": widths(20, 20, 20, 20),
		"five": widths(8, 20, 8, 20, 8), "rules": widths(2, 2, 2, 2)} {
		codes, err := Read(Image{Gray: paper{dpi: 120, bars: bars, depth: 40, noise: 10}.gray(r), DPI: 120})
		if err != nil || len(codes) != 0 {
			t.Errorf("patch %s: %+v, %v", name, codes, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	good := record.Code{Format: QR, Text: "Grüße 1\n2", X: 1, Y: 2, W: 98, H: 97}
	if err := Check([]record.Code{good}, 99, 99); err != nil {
		t.Error(err)
	}
	for name, change := range map[string]func(*record.Code){
		"no format":     func(c *record.Code) { c.Format = "" },
		"another":       func(c *record.Code) { c.Format = "aztec" },
		"no text":       func(c *record.Code) { c.Text = "" },
		"control":       func(c *record.Code) { c.Text = "a\x1d" },
		"direction":     func(c *record.Code) { c.Text = "a\u202eb" },
		"not UTF-8":     func(c *record.Code) { c.Text = "a\xff" },
		"replaced":      func(c *record.Code) { c.Text = "a\ufffd" },
		"too long":      func(c *record.Code) { c.Text = string(make([]byte, MostText+1)) },
		"left of it":    func(c *record.Code) { c.X = -1 },
		"right of it":   func(c *record.Code) { c.W = 99 },
		"far below":     func(c *record.Code) { c.Y = math.MaxInt },
		"without width": func(c *record.Code) { c.W = 0 },
	} {
		c := good
		change(&c)
		if Check([]record.Code{c}, 99, 99) == nil {
			t.Errorf("%s: %+v", name, c)
		}
	}
	if Check(make([]record.Code, MostCodes+1), 99, 99) == nil {
		t.Error("any number of codes")
	}
}

// FuzzRead holds images of any size, with any pixels and any resolution,
// against what Read promises.
func FuzzRead(f *testing.F) {
	f.Add(uint16(0), uint16(0), uint16(300), []byte{})
	f.Add(uint16(16), uint16(16), uint16(1), []byte{0, 255})
	f.Add(uint16(17), uint16(3000), uint16(72), []byte{0, 0, 255, 255, 255})
	f.Add(uint16(2999), uint16(15), uint16(1200), []byte{255, 0, 0})
	f.Add(uint16(400), uint16(300), uint16(200), []byte{0, 255, 0, 0, 0, 255, 0})
	f.Fuzz(func(t *testing.T, w, h, dpi uint16, pattern []byte) {
		w, h = w%3000, h%3000
		if int(w)*int(h) > 1_000_000 || dpi == 0 {
			t.Skip()
		}
		outer := image.NewGray(image.Rect(0, 0, int(w)+5, int(h)))
		for i := range outer.Pix {
			if len(pattern) > 0 {
				outer.Pix[i] = pattern[i%len(pattern)]
			}
		}
		g := outer.SubImage(image.Rect(3, 0, int(w)+3, int(h))).(*image.Gray) // rows do not follow each other
		codes, err := Read(Image{Gray: g, DPI: int(dpi)})
		if err != nil {
			t.Fatal(err)
		}
		if err := Check(codes, int(w), int(h)); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTooLargeIsSaid(t *testing.T) {
	for _, g := range []*image.Gray{{Rect: image.Rect(0, 0, mostSide+1, 20), Stride: mostSide + 1}, {Rect: image.Rect(0, 0, 9000, 9000), Stride: 9000}} {
		if _, err := Read(Image{Gray: g, DPI: 300}); err == nil {
			t.Errorf("%v was read", g.Rect)
		}
	}
}

// TestCrowdOfFinders: a page tiled with the corners of QR codes is known for
// what it is, and one code is no crowd.
func TestCrowdOfFinders(t *testing.T) {
	for pitch, crowded := range map[int]bool{9: true, 200: false} {
		g := image.NewGray(image.Rect(0, 0, 1600, 1600))
		for i := range g.Pix {
			x, y := i%1600/4%pitch, i/1600/4%pitch
			ring, core := max(abs(x-3), abs(y-3)) == 3, max(abs(x-3), abs(y-3)) <= 1
			if g.Pix[i] = 255; x < 7 && y < 7 && (ring || core) {
				g.Pix[i] = 0
			}
		}
		p := newPage(Image{Gray: g, DPI: 200})
		if p.crowded(g.Rect) != crowded {
			t.Errorf("pitch %d: crowded is %v", pitch, !crowded)
		}
		if _, err := Read(Image{Gray: g, DPI: 200}); err != nil {
			t.Error(err)
		}
	}
}

func abs(n int) int { return max(n, -n) }
