package sample

import (
	"image"
	"image/color"
	"math"
)

// sheet is a page's raster: its brightness, and for colour two planes of half
// the resolution, as JPEG has them. Grey letters carry no colour planes.
type sheet struct {
	*image.Gray
	cb, cr []uint8 // nil: grey
}

// newSheet is blank paper; without a colour of its own it is white.
func newSheet(v view, colour bool, paper color.RGBA) sheet {
	s := sheet{Gray: image.NewGray(image.Rect(0, 0, v.width, v.height))}
	y, cb, cr := uint8(255), uint8(128), uint8(128)
	if paper.A != 0 {
		y, cb, cr = color.RGBToYCbCr(paper.R, paper.G, paper.B)
	}
	for i := range s.Pix {
		s.Pix[i] = y
	}
	if colour {
		n := s.chromaStride() * ((v.height + 1) / 2)
		s.cb, s.cr = make([]uint8, n), make([]uint8, n)
		for i := range s.cb {
			s.cb[i], s.cr[i] = cb, cr
		}
	}
	return s
}

func (s sheet) chromaStride() int { return (s.Rect.Dx() + 1) / 2 }

// picture is what the JPEG encoder takes.
func (s sheet) picture() image.Image {
	if s.cb == nil {
		return s.Gray
	}
	return &image.YCbCr{Y: s.Pix, Cb: s.cb, Cr: s.cr, YStride: s.Stride, CStride: s.chromaStride(),
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: s.Rect}
}

// padTile is a side of the pattern by which a stamp pad's ink is uneven.
const padTile = 256

// padPattern gives how much of the ink takes at each place, 0 to 255: spots of
// some tenths of a millimetre, made once for a page.
func padPattern(d dice) []uint8 {
	const coarse = 64
	var grid [coarse * coarse]float64
	for i := range grid {
		grid[i] = d.within(0.45, 1.25)
	}
	out := make([]uint8, padTile*padTile)
	for y := range padTile {
		for x := range padTile {
			gx, gy := x*coarse/padTile, y*coarse/padTile
			fx, fy := float64(x*coarse%padTile)/padTile, float64(y*coarse%padTile)/padTile
			at := func(i, j int) float64 { return grid[(gy+j)%coarse*coarse+(gx+i)%coarse] }
			v := (at(0, 0)*(1-fx)+at(1, 0)*fx)*(1-fy) + (at(0, 1)*(1-fx)+at(1, 1)*fx)*fy
			out[y*padTile+x] = uint8(255 * min(1, v))
		}
	}
	return out
}

// drawMark puts a mark on the sheet, turned about its point.
func (p *pen) drawMark(m mark) {
	keep := p.view
	px, py := keep.at(m.x, m.y)
	sin, cos := math.Sincos(m.angle * math.Pi / 180)
	p.view.sin, p.view.cos = keep.sin*cos+keep.cos*sin, keep.cos*cos-keep.sin*sin
	p.cx, p.cy, p.px, p.py = m.x, m.y, px, py
	y, cb, cr := color.RGBToYCbCr(m.ink.R, m.ink.G, m.ink.B)
	p.ink = &liquid{y: y, cb: cb, cr: cr, cover: uint32(m.cover * 256), worn: m.worn}
	p.draw(m.fills, m.words, m.curves)
	p.ink, p.view = nil, keep
}

// liquid is the ink of a mark.
type liquid struct {
	y, cb, cr uint8
	cover     uint32 // of 256
	worn      bool
}

// wet puts a mask of a mark's ink on the sheet; light thins it.
func (p *pen) wet(m *image.Alpha, x, y int, light uint8) {
	r := m.Rect.Add(image.Pt(x, y)).Intersect(p.img.Rect)
	cover := p.ink.cover * (255 - uint32(light)) / 255
	for py := r.Min.Y; py < r.Max.Y; py++ {
		src := m.Pix[(py-y)*m.Stride:]
		row := p.img.Pix[py*p.img.Stride:]
		for px := r.Min.X; px < r.Max.X; px++ {
			a := uint32(src[px-x]) * cover >> 8
			if p.ink.worn {
				a = a * uint32(p.pad[py%padTile*padTile+px%padTile]) >> 8
			}
			if a == 0 {
				continue
			}
			row[px] = mix(row[px], p.ink.y, a)
			if p.img.cb != nil && px&1 == 0 && py&1 == 0 {
				i := py/2*p.img.chromaStride() + px/2
				p.img.cb[i], p.img.cr[i] = mix(p.img.cb[i], p.ink.cb, a), mix(p.img.cr[i], p.ink.cr, a)
			}
		}
	}
}

// mix takes a of 255 parts of the ink.
func mix(paper, ink uint8, a uint32) uint8 {
	return uint8((uint32(paper)*(255-a) + uint32(ink)*a + 127) / 255)
}
