package sample

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
)

// scanned is one page image as it lies in its container.
type scanned struct {
	width, height, dpi int
	coarse             bool // a line stands for two
	bilevel            bool
	colour             bool
	compression        Compression
	data               []byte // compressed; bilevel: 1 is black
}

// encode compresses a page's image as the form says.
func (f Form) encode(img sheet, v view) (scanned, error) {
	s := scanned{width: v.width, height: v.height, dpi: v.dpi, coarse: f.Coarse, bilevel: f.Bilevel, colour: f.Colour, compression: f.Compression}
	if f.Colour && (f.Bilevel || f.Container != JPEG && f.Compression != DCT) {
		return s, fmt.Errorf("colour is for JPEG")
	}
	var err error
	switch {
	case f.Container == PNG:
		s.data, err = encodePNG(img.Gray, f.Bilevel, v.dpi)
		return s, err
	case f.Container == JPEG || f.Compression == DCT:
		if f.Container == TIFF || f.Bilevel {
			return s, fmt.Errorf("JPEG is for grey pages in PDF or alone")
		}
		s.data, err = encodeJPEG(img.picture(), f.Quality, v.dpi)
		return s, err
	}
	raw := img.Pix
	if f.Bilevel {
		raw = pack(img.Gray)
	}
	switch f.Compression {
	case Plain:
		s.data = raw
	case Deflate:
		s.data = deflate(raw)
	case Group4:
		if !f.Bilevel {
			return s, fmt.Errorf("compression Group 4 is for bilevel pages")
		}
		s.data = encodeG4(raw, v.width, v.height)
	default:
		return s, fmt.Errorf("no compression %q", f.Compression)
	}
	return s, nil
}

// pack makes one bit a pixel, 1 is black, rows on whole bytes.
func pack(img *image.Gray) []byte {
	w, h := img.Rect.Dx(), img.Rect.Dy()
	stride := (w + 7) / 8
	out := make([]byte, stride*h)
	for y := range h {
		row, bits := img.Pix[y*img.Stride:y*img.Stride+w], out[y*stride:]
		for x, p := range row {
			if p < 140 {
				bits[x>>3] |= 0x80 >> (x & 7)
			}
		}
	}
	return out
}

// deflate never fails: it writes to memory.
func deflate(b []byte) []byte {
	var buf bytes.Buffer
	z, _ := zlib.NewWriterLevel(&buf, zlib.BestSpeed) // the level is a valid one
	z.Write(b)
	z.Close()
	return buf.Bytes()
}

// encodeJPEG writes a JFIF with its resolution, which image/jpeg leaves out.
func encodeJPEG(img image.Image, quality, dpi int) ([]byte, error) {
	var buf bytes.Buffer
	if err := jpeg.Encode(&buf, img, &jpeg.Options{Quality: quality}); err != nil {
		return nil, err
	}
	jfif := []byte{0xFF, 0xD8, 0xFF, 0xE0, 0, 16, 'J', 'F', 'I', 'F', 0, 1, 1, 1, byte(dpi >> 8), byte(dpi), byte(dpi >> 8), byte(dpi), 0, 0}
	return append(jfif, buf.Bytes()[2:]...), nil
}

// encodePNG writes a PNG with its resolution.
func encodePNG(img *image.Gray, bilevel bool, dpi int) ([]byte, error) {
	var m image.Image = img
	if bilevel {
		pal := image.NewPaletted(img.Rect, grey2())
		for i, p := range img.Pix {
			if p >= 140 {
				pal.Pix[i] = 1
			}
		}
		m = pal
	}
	var buf bytes.Buffer
	enc := png.Encoder{CompressionLevel: png.BestSpeed}
	if err := enc.Encode(&buf, m); err != nil {
		return nil, err
	}
	perMetre := uint32(float64(dpi)/0.0254 + 0.5)
	phys := binary.BigEndian.AppendUint32(nil, perMetre)
	phys = append(binary.BigEndian.AppendUint32(phys, perMetre), 1)
	const afterHeader = 8 + 25 // signature, IHDR
	b := buf.Bytes()
	out := append([]byte(nil), b[:afterHeader]...)
	out = append(out, pngChunk("pHYs", phys)...)
	return append(out, b[afterHeader:]...), nil
}

func pngChunk(kind string, data []byte) []byte {
	b := binary.BigEndian.AppendUint32(nil, uint32(len(data)))
	b = append(append(b, kind...), data...)
	return binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[4:]))
}

// grey2 is the palette of a bilevel picture.
func grey2() color.Palette { return color.Palette{color.Gray{0}, color.Gray{255}} }
