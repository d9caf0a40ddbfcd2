package render

import "image"

// scale gives src in w × h pixels, each the mean of what it covers.
func scale(src *image.Gray, w, h int) *image.Gray {
	sw, sh := src.Rect.Dx(), src.Rect.Dy()
	dst := newGray(w, h)
	if sw == w && sh == h {
		for y := range h {
			copy(dst.Pix[y*w:y*w+w], src.Pix[y*src.Stride:])
		}
		return dst
	}
	cols := spans(sw, w)
	rows := spans(sh, h)
	acc := make([]uint32, sw) // weighted sums of the lines under one line of dst
	for y, r := range rows {
		clear(acc)
		var weight uint64
		for i := r.from; i <= r.to; i++ {
			k := r.weight(i)
			weight += uint64(k)
			addLine(acc, src.Pix[i*src.Stride:][:sw], k)
		}
		line := dst.Pix[y*w : y*w+w]
		for x, c := range cols {
			line[x] = mean(acc, c, weight)
		}
	}
	return dst
}

// addLine is where the time of scaling goes: one multiplication a pixel.
func addLine(acc []uint32, line []byte, k uint32) {
	acc = acc[:len(line)]
	if k == whole {
		for x, v := range line {
			acc[x] += uint32(v) << 8
		}
		return
	}
	for x, v := range line {
		acc[x] += uint32(v) * k
	}
}

func mean(acc []uint32, c span, weight uint64) byte {
	var sum, area uint64
	sum = uint64(acc[c.from]) * uint64(c.first)
	area = uint64(c.first)
	for _, v := range acc[c.from+1 : max(c.from+1, c.to)] {
		sum += uint64(v) * whole
		area += whole
	}
	if c.to > c.from {
		sum += uint64(acc[c.to]) * uint64(c.last)
		area += uint64(c.last)
	}
	area *= weight
	return byte((sum + area/2) / area)
}

// whole is the weight of a pixel that is covered entirely.
const whole = 256

// span is the source pixels under one target pixel: from and to, inclusive,
// with the weights of the outer two.
type span struct {
	from, to    int
	first, last uint32
}

func (s span) weight(i int) uint32 {
	switch i {
	case s.from:
		return s.first
	case s.to:
		return s.last
	}
	return whole
}

// spans divides n source pixels among m target pixels.
func spans(n, m int) []span {
	out := make([]span, m)
	for i := range out {
		lo, hi := int64(i)*int64(n)*whole/int64(m), int64(i+1)*int64(n)*whole/int64(m)
		hi = max(hi, lo+1)
		s := span{from: int(lo / whole), to: int((hi - 1) / whole)}
		if s.from == s.to {
			s.first = uint32(hi - lo)
		} else {
			s.first = uint32(whole - lo%whole)
			s.last = uint32((hi-1)%whole + 1)
		}
		out[i] = s
	}
	return out
}

// turned gives src as a viewer shows it that follows the EXIF or TIFF
// orientation o: 1 as it is, 2 mirrored, 3 upside down, 4 flipped, 5 to 8 with
// width and height exchanged.
func turned(src *image.Gray, o int) *image.Gray {
	w, h := src.Rect.Dx(), src.Rect.Dy()
	if o <= 1 || o > 8 {
		return src
	}
	if o <= 4 {
		dst := newGray(w, h)
		for y := range h {
			from, to := src.Pix[y*src.Stride:][:w], y
			if o != 2 {
				to = h - 1 - y
			}
			line := dst.Pix[to*w : to*w+w]
			if o == 4 {
				copy(line, from)
				continue
			}
			for x, v := range from {
				line[w-1-x] = v
			}
		}
		return dst
	}
	dst := newGray(h, w)
	for y := range h {
		from, x := src.Pix[y*src.Stride:][:w], y // the line becomes column x
		if o == 6 || o == 7 {
			x = h - 1 - y
		}
		for i, v := range from {
			if o == 7 || o == 8 {
				i = w - 1 - i
			}
			dst.Pix[i*h+x] = v
		}
	}
	return dst
}

// Turned gives r turned by 0, 90, 180 or 270 degrees clockwise.
func (r Raster) Turned(deg int) Raster {
	return r.oriented(map[int]int{90: 6, 180: 3, 270: 8}[deg])
}

// oriented turns all planes of r.
func (r Raster) oriented(o int) Raster {
	r.Y = turned(r.Y, o)
	if r.Cb != nil {
		r.Cb, r.Cr = turned(r.Cb, o), turned(r.Cr, o)
	}
	return r
}
