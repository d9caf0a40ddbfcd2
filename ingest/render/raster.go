package render

import (
	"image"
	"image/color"
	"math"
)

// Raster is a page as pixels: its lightness, and its colour if it has any.
// A scan of black on white paper made by a colour scanner counts as grey.
type Raster struct {
	Y       *image.Gray // never nil; its size is the page's size
	Cb, Cr  *image.Gray // half the size of Y (rounded up), or nil
	Bilevel bool        // every pixel of Y is 0 or 255
	DPI     int
}

// Width is the page's width in pixels.
func (r Raster) Width() int { return r.Y.Rect.Dx() }

// Height is the page's height in pixels.
func (r Raster) Height() int { return r.Y.Rect.Dy() }

// What a raster is brought down to before anything else is done with it.
const (
	fullPixels  = 20_000_000 // A3 at 300 dpi has 17.4 million
	fullSide    = 20_000     // a long side beyond it is no paper
	fullDPI     = 300        // what is finer than finestDPI is brought to this:
	finestDPI   = 400        // recognition gains nothing above it and costs grow with the square
	defaultSide = 11.69      // inches: the long side of A4, taken when a document does not say
)

// normal brings r within the limits above.
func (r Raster) normal() Raster {
	w, h := float64(r.Width()), float64(r.Height())
	f := 1.0
	if r.DPI > finestDPI {
		f = fullDPI / float64(r.DPI)
	}
	f = min(f, math.Sqrt(fullPixels/(w*h)), fullSide/max(w, h))
	if f >= 1 {
		return r
	}
	return r.resized(max(1, int(w*f)), max(1, int(h*f)))
}

// resized gives r in another size, its resolution following.
func (r Raster) resized(w, h int) Raster {
	out := Raster{Y: scale(r.Y, w, h), DPI: max(1, int(math.Round(float64(r.DPI)*float64(max(w, h))/float64(max(r.Width(), r.Height())))))}
	if r.Cb != nil {
		out.Cb, out.Cr = scale(r.Cb, (w+1)/2, (h+1)/2), scale(r.Cr, (w+1)/2, (h+1)/2)
	}
	return out
}

// rgbRow fills row with the red, green and blue of line y.
type rgbRow func(y int, row []byte)

// rasterOfRGB reads w × h pixels line by line.
func rasterOfRGB(w, h, dpi int, read rgbRow) Raster {
	r := Raster{Y: newGray(w, h), Cb: newGray((w+1)/2, (h+1)/2), Cr: newGray((w+1)/2, (h+1)/2), DPI: dpi}
	a, b := make([]byte, w*3), make([]byte, w*3)
	for y := 0; y < h; y += 2 {
		read(y, a)
		luma(r.Y.Pix[y*w:y*w+w], a)
		low := a
		if y+1 < h {
			read(y+1, b)
			luma(r.Y.Pix[(y+1)*w:(y+1)*w+w], b)
			low = b
		}
		chroma(r.Cb.Pix[y/2*r.Cb.Stride:], r.Cr.Pix[y/2*r.Cr.Stride:], a, low)
	}
	return r.greyIfColourless()
}

// luma gives the JFIF lightness of each RGB triple.
func luma(dst, rgb []byte) {
	for i := range dst {
		p := rgb[i*3 : i*3+3 : i*3+3]
		dst[i] = byte((19595*uint32(p[0]) + 38470*uint32(p[1]) + 7471*uint32(p[2]) + 1<<15) >> 16)
	}
}

// chroma gives the JFIF colour of each 2 × 2 block.
func chroma(cb, cr, up, low []byte) {
	w := len(up) / 3
	for x := 0; x < w; x += 2 {
		i, j := x*3, min(x+1, w-1)*3
		red := int32(up[i]) + int32(up[j]) + int32(low[i]) + int32(low[j])
		green := int32(up[i+1]) + int32(up[j+1]) + int32(low[i+1]) + int32(low[j+1])
		blue := int32(up[i+2]) + int32(up[j+2]) + int32(low[i+2]) + int32(low[j+2])
		cb[x/2] = chromaByte(-11056*red - 21712*green + 32768*blue)
		cr[x/2] = chromaByte(32768*red - 27440*green - 5328*blue)
	}
}

func chromaByte(sum int32) byte {
	return byte(max(0, min(255, (sum+(128<<18)+1<<17)>>18)))
}

// greyIfColourless drops the colour of a page that has next to none, so that
// yellowed paper and a scanner's tint cost neither time nor space.
func (r Raster) greyIfColourless() Raster {
	const strong, share = 20, 1000 // a pixel this far from grey; one in so many makes a colour page
	if r.Cb == nil {
		return r
	}
	w, h := r.Cb.Rect.Dx(), r.Cb.Rect.Dy()
	var coloured int
	for y := 0; y < h; y += 2 {
		cb, cr := r.Cb.Pix[y*r.Cb.Stride:][:w], r.Cr.Pix[y*r.Cr.Stride:][:w]
		for x, v := range cb {
			if v < 128-strong || v > 128+strong || cr[x] < 128-strong || cr[x] > 128+strong {
				coloured++
			}
		}
	}
	if coloured*share < w*((h+1)/2) {
		r.Cb, r.Cr = nil, nil
	}
	return r
}

// rasterOf takes over a decoded image.
func rasterOf(m image.Image, dpi int) Raster {
	b := m.Bounds()
	w, h := b.Dx(), b.Dy()
	switch m := m.(type) {
	case *image.Gray:
		return Raster{Y: m, DPI: dpi}
	case *image.YCbCr:
		return rasterOfYCbCr(m, dpi)
	case *image.Gray16:
		g := newGray(w, h)
		for y := range h {
			row := m.Pix[y*m.Stride:][:w*2]
			for x := range w {
				g.Pix[y*w+x] = row[2*x]
			}
		}
		return Raster{Y: g, DPI: dpi}
	case *image.Paletted:
		return rasterOfRGB(w, h, dpi, palettedRow(m))
	case *image.NRGBA:
		return rasterOfRGB(w, h, dpi, func(y int, row []byte) {
			for x, src := 0, m.Pix[y*m.Stride:]; x < w; x++ {
				onWhite(row[x*3:x*3+3], src[x*4], src[x*4+1], src[x*4+2], src[x*4+3])
			}
		})
	}
	return rasterOfRGB(w, h, dpi, func(y int, row []byte) {
		for x := range w {
			c := color.NRGBAModel.Convert(m.At(b.Min.X+x, b.Min.Y+y)).(color.NRGBA)
			onWhite(row[x*3:x*3+3], c.R, c.G, c.B, c.A)
		}
	})
}

func palettedRow(m *image.Paletted) rgbRow {
	var table [256][3]byte
	for i, c := range m.Palette {
		n := color.NRGBAModel.Convert(c).(color.NRGBA)
		onWhite(table[i][:], n.R, n.G, n.B, n.A)
	}
	return func(y int, row []byte) {
		for x, i := range m.Pix[y*m.Stride:][:m.Rect.Dx()] {
			copy(row[x*3:x*3+3], table[i][:])
		}
	}
}

// onWhite lays a half-transparent pixel on white paper.
func onWhite(dst []byte, r, g, b, a byte) {
	if a == 255 {
		dst[0], dst[1], dst[2] = r, g, b
		return
	}
	paper := uint32(255-a) * 255
	dst[0] = byte((uint32(r)*uint32(a) + paper) / 255)
	dst[1] = byte((uint32(g)*uint32(a) + paper) / 255)
	dst[2] = byte((uint32(b)*uint32(a) + paper) / 255)
}

func rasterOfYCbCr(m *image.YCbCr, dpi int) Raster {
	w, h := m.Rect.Dx(), m.Rect.Dy()
	r := Raster{Y: &image.Gray{Pix: m.Y, Stride: m.YStride, Rect: image.Rect(0, 0, w, h)}, DPI: dpi}
	cw, ch := w, h
	switch m.SubsampleRatio {
	case image.YCbCrSubsampleRatio422:
		cw = (w + 1) / 2
	case image.YCbCrSubsampleRatio420:
		cw, ch = (w+1)/2, (h+1)/2
	case image.YCbCrSubsampleRatio440:
		ch = (h + 1) / 2
	case image.YCbCrSubsampleRatio411:
		cw = (w + 3) / 4
	case image.YCbCrSubsampleRatio410:
		cw, ch = (w+3)/4, (h+1)/2
	}
	rect := image.Rect(0, 0, cw, ch)
	r.Cb = &image.Gray{Pix: m.Cb, Stride: m.CStride, Rect: rect}
	r.Cr = &image.Gray{Pix: m.Cr, Stride: m.CStride, Rect: rect}
	r = r.greyIfColourless()
	if r.Cb != nil && (cw != (w+1)/2 || ch != (h+1)/2) {
		r.Cb, r.Cr = scale(r.Cb, (w+1)/2, (h+1)/2), scale(r.Cr, (w+1)/2, (h+1)/2)
	}
	return r
}

// isBilevel looks whether g has nothing but black and white.
func isBilevel(g *image.Gray) bool {
	w := g.Rect.Dx()
	for y := range g.Rect.Dy() {
		for _, v := range g.Pix[y*g.Stride:][:w] {
			if v != 0 && v != 255 {
				return false
			}
		}
	}
	return true
}

func newGray(w, h int) *image.Gray { return image.NewGray(image.Rect(0, 0, w, h)) }

// dpiOf takes what a document says about its resolution if that can be true of
// a sheet of paper, and else what its long side would have if it were A4.
// 72 and 96 are what programs write that don't know.
func dpiOf(w, h int, said float64) int {
	long := float64(max(w, h))
	if inches := long / said; said >= 90 && said <= 1250 && said != 96 && inches > 2 && inches < 48 {
		return int(math.Round(said))
	}
	return max(50, min(1200, int(math.Round(long/defaultSide))))
}
