package sample

import (
	"image/color"
	"math"
)

// lens is where the corners of a sheet fall on a picture taken by hand: a
// projection, and its way back.
type lens struct {
	there, back [9]float64
	v           view
	seed        uint64
	table       uint8   // brightness of what the sheet lies on
	curl        float64 // pixels by which the middle of the sheet bulges upwards in the picture
}

// newLens holds the telephone a little askew; the whole sheet stays in sight.
func newLens(d dice, v view, curl bool) *lens {
	w, h := float64(v.width), float64(v.height)
	in := func(share float64) float64 { return d.within(0.012, share) }
	corners := [4]point{{w * in(0.05), h * in(0.04)}, {w * (1 - in(0.05)), h * in(0.04)},
		{w * (1 - in(0.025)), h * (1 - in(0.03))}, {w * in(0.025), h * (1 - in(0.03))}}
	l := &lens{there: projection(w, h, corners), v: v, seed: d.Uint64(), table: uint8(d.between(70, 130))}
	l.back = inverse(l.there)
	if curl {
		l.curl = h * d.within(0.008, 0.018)
	}
	return l
}

// bulge gives by how many pixels the sheet stands higher at x.
func (l *lens) bulge(x float64) float64 {
	if l.curl == 0 {
		return 0
	}
	return l.curl * math.Sin(math.Pi*max(0, min(1, x/float64(l.v.width))))
}

// seen gives the pixel of the picture on which a pixel of the sheet falls.
func (l *lens) seen(x, y float64) (float64, float64) { return project(l.there, x, y-l.bulge(x)) }

// take photographs the sheet.
func (l *lens) take(s sheet) sheet {
	out := newSheet(l.v, s.cb != nil, color.RGBA{})
	w, h := l.v.width, l.v.height
	grain := newDice(l.seed, "table")
	m := l.back
	for y := range h {
		row := out.Pix[y*out.Stride : y*out.Stride+w]
		wood := int(l.table) + grain.between(-6, 6)
		fy := float64(y)
		nx, ny, nz := m[1]*fy+m[2], m[4]*fy+m[5], m[7]*fy+m[8]
		for x := range row {
			fx := float64(x)
			q := 1 / (m[6]*fx + nz)
			sx, sy := (m[0]*fx+nx)*q, (m[3]*fx+ny)*q
			sy += l.bulge(sx)
			ix, iy := int(math.Floor(sx)), int(math.Floor(sy))
			if ix < 0 || iy < 0 || ix+1 >= w || iy+1 >= h {
				row[x] = uint8(wood)
				if s.cb != nil && x&1 == 0 && y&1 == 0 {
					i := y/2*out.chromaStride() + x/2
					out.cb[i], out.cr[i] = 112, 142 // wood
				}
				continue
			}
			at := iy*s.Stride + ix
			ax, ay := int((sx-float64(ix))*256), int((sy-float64(iy))*256)
			top := int(s.Pix[at])*(256-ax) + int(s.Pix[at+1])*ax
			low := int(s.Pix[at+s.Stride])*(256-ax) + int(s.Pix[at+s.Stride+1])*ax
			row[x] = uint8((top*(256-ay) + low*ay) >> 16)
			if s.cb != nil && x&1 == 0 && y&1 == 0 {
				i, from := y/2*out.chromaStride()+x/2, iy/2*s.chromaStride()+ix/2
				out.cb[i], out.cr[i] = s.cb[from], s.cr[from]
			}
		}
	}
	return out
}

func project(m [9]float64, x, y float64) (float64, float64) {
	q := 1 / (m[6]*x + m[7]*y + m[8])
	return (m[0]*x + m[1]*y + m[2]) * q, (m[3]*x + m[4]*y + m[5]) * q
}

// projection maps the rectangle from (0, 0) to (w, h) onto four corners, in
// the order upper left, upper right, lower right, lower left.
func projection(w, h float64, c [4]point) [9]float64 {
	dx1, dx2, sx := c[1].x-c[2].x, c[3].x-c[2].x, c[0].x-c[1].x+c[2].x-c[3].x
	dy1, dy2, sy := c[1].y-c[2].y, c[3].y-c[2].y, c[0].y-c[1].y+c[2].y-c[3].y
	det := dx1*dy2 - dx2*dy1
	g, k := (sx*dy2-dx2*sy)/det, (dx1*sy-sx*dy1)/det
	return [9]float64{
		(c[1].x - c[0].x + g*c[1].x) / w, (c[3].x - c[0].x + k*c[3].x) / h, c[0].x,
		(c[1].y - c[0].y + g*c[1].y) / w, (c[3].y - c[0].y + k*c[3].y) / h, c[0].y,
		g / w, k / h, 1,
	}
}

// inverse of a projection, to a factor.
func inverse(m [9]float64) [9]float64 {
	return [9]float64{
		m[4]*m[8] - m[5]*m[7], m[2]*m[7] - m[1]*m[8], m[1]*m[5] - m[2]*m[4],
		m[5]*m[6] - m[3]*m[8], m[0]*m[8] - m[2]*m[6], m[2]*m[3] - m[0]*m[5],
		m[3]*m[7] - m[4]*m[6], m[1]*m[6] - m[0]*m[7], m[0]*m[4] - m[1]*m[3],
	}
}
