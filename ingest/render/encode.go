package render

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"math"
)

// What the browser gets.
const (
	pageDPI        = 130 // readable on a screen at once; zooming fetches the full image
	thumbSide      = 240
	qualityPage    = 70
	qualityFull    = 70
	qualityBilevel = 40 // black and white: what JPEG loses are shadows beside strokes
	qualityThumb   = 60
)

// Images are a page's JPEG images.
type Images struct{ Page, Full, Thumb []byte }

// Encode makes the images of r. They are always encoded anew: bytes of the
// document never reach a browser as an image.
func (r Raster) Encode() (Images, error) {
	var out Images
	var err error
	quality := qualityFull
	if r.Bilevel {
		quality = qualityBilevel
	}
	if out.Full, err = r.jpeg(quality); err != nil {
		return Images{}, err
	}
	page := r
	if w, h := PictureSize(r.Width(), r.Height(), r.DPI); w < r.Width() {
		page = r.resized(w, h)
		if out.Page, err = page.jpeg(qualityPage); err != nil {
			return Images{}, err
		}
	} else {
		out.Page = out.Full
	}
	out.Thumb, err = page.resized(ThumbSize(page.Width(), page.Height())).jpeg(qualityThumb)
	return out, err
}

func scaled(side int, f float64) int { return max(1, int(math.Round(float64(side)*f))) }

// jpeg encodes r. Grey pages, which are most, go through libjpeg, at a third of
// the standard library's time. It can fail only for want of memory.
func (r Raster) jpeg(quality int) ([]byte, error) {
	if r.Cb == nil {
		b, err := greyJPEG(r.Y, quality)
		if err != nil {
			return nil, &Fault{Reason: ReasonMemory, Cause: err}
		}
		return b, nil
	}
	m := &image.YCbCr{Y: r.Y.Pix, YStride: r.Y.Stride, Cb: r.Cb.Pix, Cr: r.Cr.Pix, CStride: r.Cb.Stride,
		SubsampleRatio: image.YCbCrSubsampleRatio420, Rect: r.Y.Rect}
	var b bytes.Buffer
	b.Grow(len(r.Y.Pix) / 8)
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: quality}); err != nil {
		return nil, fmt.Errorf("encode page image: %w", err)
	}
	return b.Bytes(), nil
}
