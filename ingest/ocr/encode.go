package ocr

import (
	"encoding/binary"
)

// encode writes the page as an uncompressed TIFF, one bit a pixel if it has
// only black and white: the form that tesseract's image library reads at once
// and that carries the resolution.
func encode(m Image) []byte {
	w, h := m.Gray.Rect.Dx(), m.Gray.Rect.Dy()
	depth, stride, photometric := 8, w, uint32(1) // 0 is black
	if m.Bilevel {
		depth, stride, photometric = 1, (w+7)/8, 0 // 0 is white
	}
	const entries, dir = 11, 8
	rational := uint32(dir + 2 + entries*12 + 4)
	pixels := rational + 8
	out := make([]byte, int(pixels)+stride*h)
	le := binary.LittleEndian
	copy(out, "II*\x00")
	le.PutUint32(out[4:], dir)
	le.PutUint16(out[dir:], entries)
	for i, e := range [entries]struct {
		tag, typ uint16
		value    uint32
	}{
		{256, 4, uint32(w)}, {257, 4, uint32(h)}, {258, 3, uint32(depth)}, {259, 3, 1}, {262, 3, photometric},
		{273, 4, pixels}, {277, 3, 1}, {278, 4, uint32(h)}, {279, 4, uint32(stride * h)}, {282, 5, rational}, {283, 5, rational},
	} {
		b := out[dir+2+i*12:]
		le.PutUint16(b, e.tag)
		le.PutUint16(b[2:], e.typ)
		le.PutUint32(b[4:], 1)
		le.PutUint32(b[8:], e.value)
	}
	le.PutUint32(out[rational:], uint32(m.DPI)) // per inch, which is what TIFF takes for granted
	le.PutUint32(out[rational+4:], 1)
	for y := range h {
		line, row := m.Gray.Pix[y*m.Gray.Stride:][:w], out[int(pixels)+y*stride:][:stride]
		if !m.Bilevel {
			copy(row, line)
			continue
		}
		for x, v := range line {
			row[x>>3] |= (^v >> 7) << (7 - x&7)
		}
	}
	return out
}
