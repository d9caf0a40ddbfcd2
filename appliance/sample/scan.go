package sample

import (
	"fmt"
	"image"
	"math"

	"eakte/appliance/record"
)

// Container is the format a letter is written in.
type Container string

// The containers.
const (
	PDF  Container = "pdf"
	TIFF Container = "tiff" // all pages
	JPEG Container = "jpeg" // letters of one page only
	PNG  Container = "png"  // letters of one page only
)

// Compression of the page images in PDF and TIFF.
type Compression string

// The compressions. Group4 is for bilevel pages, DCT for grey ones and PDF.
const (
	Plain   Compression = "none"
	Deflate Compression = "deflate"
	Group4  Compression = "g4"
	DCT     Compression = "jpeg"
)

// Form says in which shape a letter comes: born digital, or scanned so and so.
type Form struct {
	Container   Container
	Digital     bool // PDF with real text; what follows is then ignored
	DPI         int
	Bilevel     bool // black and white, else grey
	Compression Compression
	Quality     int     // of JPEG, 1 to 100
	Skew        float64 // degrees clockwise; each page differs a little
	Noise       float64 // standard deviation, in grey levels
	Speckle     float64 // specks per square inch
	Light       float64 // how much darker the darkest corner is, 0 to 1
	Colour      bool    // JPEG or DCT only
	Photo       bool    // taken at an angle with a telephone, on a table
	Curl        bool    // of a photo: the sheet does not lie flat
	Turned      int     // degrees clockwise the sheet was fed in by: 0, 90, 180, 270; truth is of the upright page
	Coarse      bool    // half the lines, as a fax of the lower quality has them; TIFF only
}

// Digital is a PDF with real text.
func Digital() Form { return Form{Container: PDF, Digital: true} }

// CleanScan is a straight grey scan of 300 dpi in a PDF.
func CleanScan() Form {
	return Form{Container: PDF, DPI: 300, Compression: DCT, Quality: 75}
}

// FaxScan is a bilevel scan in a multi-page TIFF, as providers deliver it.
func FaxScan(dpi int) Form {
	return Form{Container: TIFF, DPI: dpi, Bilevel: true, Compression: Group4}
}

// WornScan is skewed, noisy, unevenly lit and specked.
func WornScan() Form {
	return Form{Container: PDF, DPI: 300, Compression: DCT, Quality: 60, Skew: 1.1, Noise: 5, Speckle: 1.5, Light: 0.25}
}

// view maps points of the page to pixels of the raster.
type view struct {
	dpi           int
	width, height int
	scale         float64
	sin, cos      float64
	cx, cy        float64 // the point of the page it is turned about
	px, py        float64 // the pixel that point falls on
	photo         *lens   // nil: scanned flat
}

// resolution is the form's, with 300 for what has none of its own.
func (f Form) resolution() int {
	if f.Digital || f.DPI == 0 {
		return 300
	}
	return f.DPI
}

// view of page i; d is a fresh stream. Each page lies a little differently on
// the scanner.
func (f Form) view(d dice, i int) view {
	v := view{dpi: f.resolution()}
	v.scale = float64(v.dpi) / 72
	v.width = int(math.Round(pageWidth * v.scale))
	v.height = int(math.Round(pageHeight * v.scale))
	var angle float64
	if f.Skew != 0 && !f.Digital {
		for range i + 1 {
			angle = f.Skew * d.within(0.75, 1)
		}
	}
	v.sin, v.cos = math.Sincos(angle * math.Pi / 180)
	v.cx, v.cy, v.px, v.py = pageWidth/2, pageHeight/2, float64(v.width)/2, float64(v.height)/2
	if f.Photo && !f.Digital {
		v.photo = newLens(d, v, f.Curl)
	}
	return v
}

// at gives the pixel a point of the page falls on.
func (v view) at(x, y float64) (float64, float64) {
	x -= v.cx
	y -= v.cy
	return (x*v.cos-y*v.sin)*v.scale + v.px, (x*v.sin+y*v.cos)*v.scale + v.py
}

// box is the smallest upright box of pixels round r.
func (v view) box(r Rect) record.Box {
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range [4]point{{r.X, r.Y}, {r.X + r.W, r.Y}, {r.X, r.Y + r.H}, {r.X + r.W, r.Y + r.H}} {
		x, y := v.at(p.x, p.y)
		if v.photo != nil {
			x, y = v.photo.seen(x, y)
		}
		minX, maxX = min(minX, x), max(maxX, x)
		minY, maxY = min(minY, y), max(maxY, y)
	}
	b := record.Box{X: int(math.Floor(minX)), Y: int(math.Floor(minY))}
	b.W, b.H = int(math.Ceil(maxX))-b.X, int(math.Ceil(maxY))-b.Y
	return b
}

// write gives the letter's bytes and their content type. date goes into the
// PDF's particulars, so that the same letter has the same bytes.
func (f Form) write(lay *layout, streams streams, date string) ([]byte, string, error) {
	if f.Digital {
		b, err := writeTextPDF(lay, date)
		return b, "application/pdf", err
	}
	if (f.Container == JPEG || f.Container == PNG) && len(lay.pages) != 1 {
		return nil, "", fmt.Errorf("%d pages do not go into one %s", len(lay.pages), f.Container)
	}
	pages := make([]scanned, len(lay.pages))
	for i, p := range lay.pages {
		v := f.view(streams("view"), i)
		img := f.scan(p, v, streams("scan", i))
		var err error
		if img, v = f.fed(img, v); f.Coarse && f.Container != TIFF {
			return nil, "", fmt.Errorf("half the lines are for TIFF")
		}
		if pages[i], err = f.encode(img, v); err != nil {
			return nil, "", err
		}
	}
	return f.contain(pages, date)
}

// contain puts the pages' images into the form's container.
func (f Form) contain(pages []scanned, date string) ([]byte, string, error) {
	switch f.Container {
	case PDF:
		b, err := writeImagePDF(pages, date)
		return b, "application/pdf", err
	case TIFF:
		b, err := writeTIFF(pages)
		return b, "image/tiff", err
	case JPEG:
		return pages[0].data, "image/jpeg", nil
	case PNG:
		return pages[0].data, "image/png", nil
	}
	return nil, "", fmt.Errorf("no container %q", f.Container)
}

// scan draws the page and puts on it what scanners add.
func (f Form) scan(p *page, v view, d dice) sheet {
	img := drawPage(p, v, f.Colour, d)
	if v.photo != nil {
		img = v.photo.take(img)
	}
	if f.Noise > 0 || f.Light > 0 {
		shadeAndNoise(img.Gray, d, f.Noise, f.Light)
	}
	if f.Speckle > 0 {
		specks := int(f.Speckle * float64(v.width) * float64(v.height) / float64(v.dpi*v.dpi))
		speckle(img.Gray, d, specks, max(1, v.dpi/150))
	}
	return img
}

// noiseTile is how many noise values are made; each row starts elsewhere in
// them, which no eye and no reader can tell from fresh ones.
const noiseTile = 1 << 15

// shadeAndNoise darkens the page towards one corner and adds grain.
func shadeAndNoise(img *image.Gray, d dice, noise, light float64) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	grain := make([]int32, noiseTile+w)
	for i := range grain {
		grain[i] = int32(math.Round(d.NormFloat64() * noise))
	}
	fx := make([]int32, w)
	for x := range fx {
		t := float64(x) / float64(w)
		fx[x] = int32(256 - 256*light*0.55*t*t)
	}
	for y := range h {
		t := float64(y) / float64(h)
		fy := int32(256 * light * 0.45 * t)
		row := img.Pix[y*img.Stride : y*img.Stride+w]
		g, f := grain[d.IntN(noiseTile):][:w], fx[:w]
		for x, p := range row {
			v := (int32(p)*(f[x]-fy))>>8 + g[x]
			row[x] = uint8(max(0, min(255, v)))
		}
	}
}

// speckle puts n specks of up to size pixels on the page, most of them dark.
func speckle(img *image.Gray, d dice, n, size int) {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	for range n {
		x, y, s := d.IntN(w), d.IntN(h), 1+d.IntN(size)
		grey := uint8(d.between(20, 120))
		if d.chance(0.2) {
			grey = 255
		}
		for dy := range s {
			for dx := range s {
				if x+dx < w && y+dy < h {
					img.Pix[(y+dy)*img.Stride+x+dx] = grey
				}
			}
		}
	}
}
