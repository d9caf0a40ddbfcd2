package render

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
)

// single is a document that is one image: JPEG or PNG.
type single struct {
	typ         string
	data        []byte
	dpi         int
	orientation int
}

func openSingle(f *os.File, size int64, typ string, o Options) (Document, error) {
	data := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), data); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	d := &single{typ: typ, data: data}
	var c image.Config
	var err error
	var said float64
	if typ == TypeJPEG {
		c, err = jpeg.DecodeConfig(bytes.NewReader(data))
		said, d.orientation = jpegFacts(data)
	} else {
		c, err = png.DecodeConfig(bytes.NewReader(data))
		said = pngDPI(data)
	}
	if err != nil {
		return nil, undecoded(err)
	}
	if err := checkPixels(int64(c.Width), int64(c.Height), 1, o.Limits); err != nil {
		return nil, err
	}
	d.dpi = dpiOf(c.Width, c.Height, said)
	return d, nil
}

// undecoded tells a picture of a kind that is not read (of twelve bits,
// arithmetic coding) from one that is broken.
func undecoded(err error) error {
	var j jpeg.UnsupportedError
	var p png.UnsupportedError
	if errors.As(err, &p) && p == "dimension overflow" {
		return &Fault{Reason: ReasonTooManyPixels, Page: 1, Cause: err}
	}
	if errors.As(err, &j) || errors.As(err, &p) {
		return &Fault{Reason: ReasonUnknownFormat, Page: 1, Cause: err}
	}
	return &Fault{Reason: ReasonDamaged, Page: 1, Cause: err}
}

// checkPixels refuses an image by its declared size.
func checkPixels(w, h int64, page int, l Limits) error {
	if w <= 0 || h <= 0 {
		return fault(ReasonDamaged, page, "an image without area")
	}
	if w > l.MaxPixels || h > l.MaxPixels || w*h > l.MaxPixels {
		return fault(ReasonTooManyPixels, page, fmt.Sprintf("%d × %d pixels", w, h))
	}
	return nil
}

func (d *single) ContentType() string { return d.typ }

func (d *single) Pages() int { return 1 }

func (d *single) Close() error { return nil }

// Page decodes the image. The whole stream must decode: half a picture is damage.
func (d *single) Page(context.Context, int) (Page, error) {
	var m image.Image
	var err error
	if d.typ == TypeJPEG {
		m, err = jpeg.Decode(bytes.NewReader(d.data))
	} else {
		m, err = png.Decode(bytes.NewReader(d.data))
	}
	if err != nil {
		return Page{}, undecoded(err)
	}
	r := rasterOf(m, d.dpi)
	if d.typ == TypePNG {
		r.Bilevel = r.Cb == nil && isBilevel(r.Y)
	}
	return Page{Raster: r.normal().oriented(d.orientation)}, nil
}

// pngDPI reads the pHYs chunk; 0 if there is none.
func pngDPI(b []byte) float64 {
	for b = b[8:]; len(b) >= 12; {
		n := binary.BigEndian.Uint32(b)
		if uint64(n)+12 > uint64(len(b)) || string(b[4:8]) == "IDAT" {
			return 0
		}
		if string(b[4:8]) == "pHYs" && n == 9 && b[16] == 1 {
			return float64(binary.BigEndian.Uint32(b[8:])) * 0.0254
		}
		b = b[12+n:]
	}
	return 0
}

// jpegFacts reads resolution (dpi, 0 if unknown) and EXIF orientation (1 if
// unknown) from the segments before the picture.
func jpegFacts(b []byte) (dpi float64, orientation int) {
	orientation = 1
	for b = b[2:]; len(b) >= 4 && b[0] == 0xff; {
		marker, n := b[1], int(binary.BigEndian.Uint16(b[2:]))
		if marker == 0xda || n < 2 || 2+n > len(b) {
			break
		}
		seg := b[4 : 2+n]
		switch {
		case marker == 0xe0 && len(seg) >= 12 && string(seg[:5]) == "JFIF\x00":
			switch d := float64(binary.BigEndian.Uint16(seg[8:])); seg[7] {
			case 1:
				dpi = d
			case 2:
				dpi = d * 2.54
			}
		case marker == 0xe1 && len(seg) > 14 && string(seg[:6]) == "Exif\x00\x00":
			orientation = exifOrientation(seg[6:])
		}
		b = b[2+n:]
	}
	return dpi, orientation
}

// exifOrientation finds tag 0x0112 in the first directory of a TIFF structure.
func exifOrientation(b []byte) int {
	dirs, err := tiffDirectories(b, 1)
	if err != nil || len(dirs) == 0 {
		return 1
	}
	return dirs[0].orientation
}
