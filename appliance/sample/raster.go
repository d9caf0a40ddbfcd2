package sample

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/vector"
)

// drawPage draws a page on white, anti-aliased, in the given view; d is for
// what is uneven.
func drawPage(p *page, v view, colour bool, d dice) sheet {
	pen := &pen{view: v, img: newSheet(v, colour, p.paper), stamps: map[stampKey]stamp{}}
	pen.draw(p.fills, p.words, p.curves)
	if len(p.marks) > 0 {
		pen.pad = padPattern(d)
	}
	for _, m := range p.marks {
		pen.stamps = map[stampKey]stamp{} // turned otherwise
		pen.drawMark(m)
	}
	return pen.img
}

// pen draws on one page. Glyphs are rasterised once for each place within a
// pixel, to a quarter, and then stamped.
type pen struct {
	view
	img    sheet
	raster vector.Rasterizer
	stamps map[stampKey]stamp
	ink    *liquid // of a mark; nil: the greys of the page
	pad    []uint8
}

func (p *pen) draw(fills []fillBox, words []word, curves []curve) {
	for _, f := range fills {
		p.polygon([]point{{f.X, f.Y}, {f.X + f.W, f.Y}, {f.X + f.W, f.Y + f.H}, {f.X, f.Y + f.H}}, f.grey)
	}
	for _, w := range words {
		p.word(w)
	}
	for _, c := range curves {
		p.stroke(c)
	}
}

type stampKey struct {
	face   *face
	glyph  sfnt.GlyphIndex
	size   float64
	sx, sy uint8
}

type stamp struct {
	mask *image.Alpha
	x, y int // of its upper left corner, from the whole pixel of the origin
}

func (p *pen) word(w word) {
	x, s := w.x, w.size/w.face.upem
	for _, r := range w.text {
		g, ok := w.face.glyph(r)
		if ok && len(g.segments) > 0 {
			p.glyph(w, g, x)
		}
		x += g.advance * s
	}
}

func (p *pen) glyph(w word, g glyph, x float64) {
	px, py := p.at(x, w.y)
	ix, iy := math.Floor(px), math.Floor(py)
	key := stampKey{w.face, g.id, w.size, uint8((px - ix) * 4), uint8((py - iy) * 4)}
	st, ok := p.stamps[key]
	if !ok {
		st = p.makeStamp(g, w.size/w.face.upem*p.scale, float64(key.sx)/4, float64(key.sy)/4)
		p.stamps[key] = st
	}
	p.blend(st.mask, int(ix)+st.x, int(iy)+st.y, w.grey)
}

// makeStamp rasterises a glyph whose origin is at (fx, fy) within its pixel.
func (p *pen) makeStamp(g glyph, scale, fx, fy float64) stamp {
	turn := func(x, y float64) (float64, float64) {
		x, y = x*scale, y*scale
		return x*p.cos - y*p.sin + fx, x*p.sin + y*p.cos + fy
	}
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	b := g.bounds
	for _, c := range [4][2]float64{{float64(b.Min.X), float64(b.Min.Y)}, {float64(b.Max.X), float64(b.Min.Y)}, {float64(b.Min.X), float64(b.Max.Y)}, {float64(b.Max.X), float64(b.Max.Y)}} {
		x, y := turn(c[0]/64, c[1]/64)
		minX, maxX = min(minX, x), max(maxX, x)
		minY, maxY = min(minY, y), max(maxY, y)
	}
	ox, oy := math.Floor(minX)-1, math.Floor(minY)-1
	w, h := int(maxX-ox)+2, int(maxY-oy)+2
	p.raster.Reset(w, h)
	p.raster.DrawOp = draw.Src
	for _, s := range g.segments {
		var a [6]float32 // x and y of up to three points
		for i, q := range s.Args {
			x, y := turn(float64(q.X)/64, float64(q.Y)/64)
			a[2*i], a[2*i+1] = float32(x-ox), float32(y-oy)
		}
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			p.raster.ClosePath()
			p.raster.MoveTo(a[0], a[1])
		case sfnt.SegmentOpLineTo:
			p.raster.LineTo(a[0], a[1])
		case sfnt.SegmentOpQuadTo:
			p.raster.QuadTo(a[0], a[1], a[2], a[3])
		case sfnt.SegmentOpCubeTo:
			p.raster.CubeTo(a[0], a[1], a[2], a[3], a[4], a[5])
		}
	}
	p.raster.ClosePath()
	mask := image.NewAlpha(image.Rect(0, 0, w, h))
	p.raster.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	return stamp{mask: mask, x: int(ox), y: int(oy)}
}

// blend puts a mask of ink on the page.
func (p *pen) blend(m *image.Alpha, x, y int, grey uint8) {
	if p.ink != nil {
		p.wet(m, x, y, grey)
		return
	}
	r := m.Rect.Add(image.Pt(x, y)).Intersect(p.img.Rect)
	if r.Empty() {
		return
	}
	for py := r.Min.Y; py < r.Max.Y; py++ {
		src := m.Pix[(py-y)*m.Stride+r.Min.X-x:]
		dst := p.img.Pix[py*p.img.Stride+r.Min.X : py*p.img.Stride+r.Max.X]
		for i, d := range dst {
			if a := uint32(src[i]); a != 0 {
				dst[i] = uint8((uint32(d)*(255-a) + uint32(grey)*a + 127) / 255)
			}
		}
	}
}

// polygon fills a closed path of straight lines, given in points.
func (p *pen) polygon(pts []point, grey uint8) {
	minX, minY, maxX, maxY := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	px := make([]point, len(pts))
	for i, q := range pts {
		x, y := p.at(q.x, q.y)
		px[i] = point{x, y}
		minX, maxX = min(minX, x), max(maxX, x)
		minY, maxY = min(minY, y), max(maxY, y)
	}
	ox, oy := math.Floor(minX), math.Floor(minY)
	w, h := int(maxX-ox)+2, int(maxY-oy)+2
	p.raster.Reset(w, h)
	p.raster.DrawOp = draw.Src
	for i, q := range px {
		if i == 0 {
			p.raster.MoveTo(float32(q.x-ox), float32(q.y-oy))
		} else {
			p.raster.LineTo(float32(q.x-ox), float32(q.y-oy))
		}
	}
	p.raster.ClosePath()
	mask := image.NewAlpha(image.Rect(0, 0, w, h))
	p.raster.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	p.blend(mask, int(ox), int(oy), grey)
}

// stroke draws a curve as short straight pieces.
func (p *pen) stroke(c curve) {
	const steps = 14
	last := c.points[0]
	for i := 0; i+3 < len(c.points); i += 3 {
		a, b, e, f := c.points[i], c.points[i+1], c.points[i+2], c.points[i+3]
		for n := 1; n <= steps; n++ {
			t := float64(n) / steps
			u := 1 - t
			k0, k1, k2, k3 := u*u*u, 3*u*u*t, 3*u*t*t, t*t*t
			q := point{k0*a.x + k1*b.x + k2*e.x + k3*f.x, k0*a.y + k1*b.y + k2*e.y + k3*f.y}
			p.piece(last, q, c.width, c.grey)
			last = q
		}
	}
}

// piece draws one straight piece, a little longer than it is so that pieces meet.
func (p *pen) piece(a, b point, width float64, grey uint8) {
	dx, dy := b.x-a.x, b.y-a.y
	n := math.Hypot(dx, dy)
	if n < 1e-6 {
		return
	}
	ux, uy := dx/n*width/2, dy/n*width/2
	lap := 0.35
	p.polygon([]point{
		{a.x - ux*lap - uy, a.y - uy*lap + ux}, {b.x + ux*lap - uy, b.y + uy*lap + ux},
		{b.x + ux*lap + uy, b.y + uy*lap - ux}, {a.x - ux*lap + uy, a.y - uy*lap - ux},
	}, grey)
}
