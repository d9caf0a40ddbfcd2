package ocr

import (
	"image"
	"math"
)

// place is how a page was moved before recognition.
type place struct {
	size image.Point
	skew float64 // degrees it was turned by, clockwise as seen
	bend bend
}

// prepare gives the page as tesseract reads it best, and the way back.
func prepare(m Image) (Image, place) {
	at := place{size: m.Gray.Rect.Size()}
	if m.Bilevel {
		m.Gray = despeckled(m.Gray, m.DPI)
	} else if sheet := withoutSurroundings(m.Gray, m.DPI); sheet != m.Gray {
		m.Gray, at.bend = levelled(sheet)
	}
	if at.skew = skewOf(m.Gray, m.DPI); at.skew == 0 {
		return m, at
	}
	m.Gray = rotated(m.Gray, at.skew)
	if m.Bilevel {
		for i, v := range m.Gray.Pix {
			m.Gray.Pix[i] = byte(int8(v) >> 7)
		}
	}
	return m, at
}

// back gives the box, on the page as it was, round a box of the prepared page.
func (p place) back(box image.Rectangle) image.Rectangle {
	if p.skew != 0 {
		box = turnedBack(box, p.size, p.skew)
	}
	return p.bend.back(box).Intersect(image.Rectangle{Max: p.size})
}

// Angles, in degrees.
const (
	skewMost  = 5.0  // what a feeder does; more is meant so
	skewLeast = 0.5  // tesseract follows less by itself
	skewFine  = 0.05 // precision
)

// skewOf gives the angle by which lines of text fall to the right, or 0 if
// there are none or the page is straight. It looks where dark turns to light
// going down: the lower edges of letters stand on their baselines, and at the
// right angle many fall on the same height.
func skewOf(g *image.Gray, dpi int) float64 {
	points := lowerEdges(g, dpi)
	if len(points) < 200 {
		return 0
	}
	bin := max(1, dpi/100)
	level := sharpness(points, 0, bin)
	best, most := 0.0, level
	try := func(a float64) {
		if s := sharpness(points, a, bin); s > most {
			best, most = a, s
		}
	}
	for a := -skewMost; a <= skewMost; a += 0.25 {
		try(a)
	}
	for mid, d := best, skewFine; d < 0.25; d += skewFine {
		try(mid - d)
		try(mid + d)
	}
	if math.Abs(best) < skewLeast || most < 1.1*level {
		return 0
	}
	return best
}

// lowerEdges samples at most some 40,000 lower edges of the page.
func lowerEdges(g *image.Gray, dpi int) []image.Point {
	const contrast, enough = 60, 40_000
	w, h := g.Rect.Dx(), g.Rect.Dy()
	step := max(1, dpi/75)
	var out []image.Point
	for y := 0; y+1 < h; y++ {
		up, low := g.Pix[y*g.Stride:][:w], g.Pix[(y+1)*g.Stride:][:w]
		for x := 0; x < w; x += step {
			if int(low[x])-int(up[x]) > contrast {
				out = append(out, image.Pt(x, y))
			}
		}
	}
	if k := len(out)/enough + 1; k > 1 {
		for i := range len(out) / k {
			out[i] = out[i*k]
		}
		out = out[:len(out)/k]
	}
	return out
}

// sharpness is high when many points share a height after turning by deg.
func sharpness(points []image.Point, deg float64, bin int) float64 {
	slope := math.Tan(deg * math.Pi / 180)
	lo, hi := math.MaxInt, math.MinInt
	rows := make([]int, len(points))
	for i, p := range points {
		rows[i] = int(math.Floor(float64(p.Y)-slope*float64(p.X))) / bin
		lo, hi = min(lo, rows[i]), max(hi, rows[i])
	}
	count := make([]int, hi-lo+1)
	for _, r := range rows {
		count[r-lo]++
	}
	sum := 0.0
	for _, c := range count {
		sum += float64(c) * float64(c)
	}
	return sum
}

// rotated turns the picture about its middle so that lines falling by deg
// become level; what comes in from outside is white.
func rotated(src *image.Gray, deg float64) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	dst := image.NewGray(image.Rect(0, 0, w, h))
	sin, cos := math.Sincos(deg * math.Pi / 180)
	const one = 1 << 16
	stepX, stepY := int(cos*one), int(sin*one)
	for y := range h {
		dx, dy := -float64(w)/2, float64(y)-float64(h)/2
		fx := int((cos*dx - sin*dy + float64(w)/2) * one)
		fy := int((sin*dx + cos*dy + float64(h)/2) * one)
		line := dst.Pix[y*dst.Stride:][:w]
		for x := range line {
			line[x] = between(src, fx, fy, w, h)
			fx, fy = fx+stepX, fy+stepY
		}
	}
	return dst
}

// between mixes the four pixels round a point given in 1/65536 pixels.
func between(src *image.Gray, fx, fy, w, h int) byte {
	x, y := fx>>16, fy>>16
	if x < 0 || y < 0 || x >= w-1 || y >= h-1 {
		return 255
	}
	i := y*src.Stride + x
	ax, ay := (fx>>8)&255, (fy>>8)&255
	up, low := src.Pix[i:i+2:i+2], src.Pix[i+src.Stride:i+src.Stride+2:i+src.Stride+2]
	a := int(up[0])*(256-ax) + int(up[1])*ax
	b := int(low[0])*(256-ax) + int(low[1])*ax
	return byte((a*(256-ay) + b*ay) >> 16)
}

// turnedBack gives the box, on the page as it was, round a box of the turned page.
func turnedBack(b image.Rectangle, size image.Point, deg float64) image.Rectangle {
	sin, cos := math.Sincos(deg * math.Pi / 180)
	cx, cy := float64(size.X)/2, float64(size.Y)/2
	loX, loY, hiX, hiY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range []image.Point{b.Min, {X: b.Max.X, Y: b.Min.Y}, {X: b.Min.X, Y: b.Max.Y}, b.Max} {
		dx, dy := float64(p.X)-cx, float64(p.Y)-cy
		x, y := cos*dx-sin*dy+cx, sin*dx+cos*dy+cy
		loX, loY, hiX, hiY = min(loX, x), min(loY, y), max(hiX, x), max(hiY, y)
	}
	return image.Rect(int(math.Floor(loX)), int(math.Floor(loY)), int(math.Ceil(hiX)), int(math.Ceil(hiY)))
}
