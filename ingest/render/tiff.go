package render

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// tiffDoc is a TIFF with all its pages.
type tiffDoc struct {
	data  []byte // the file, mapped
	dirs  []tiffDir
	limit Limits
}

func openTIFF(f *os.File, size int64, o Options) (Document, error) {
	if size > math.MaxInt32 {
		return nil, fault(ReasonTooLarge, 0, "TIFF beyond 2 GiB")
	}
	data, err := unix.Mmap(int(f.Fd()), 0, int(size), unix.PROT_READ, unix.MAP_PRIVATE)
	if err != nil {
		return nil, fmt.Errorf("map document: %w", err)
	}
	d := &tiffDoc{data: data, limit: o.Limits}
	if err := d.look(); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

func (d *tiffDoc) look() error {
	var err error
	d.dirs, err = tiffDirectories(d.data, d.limit.MaxPages)
	switch {
	case errors.Is(err, errManyPages):
		return fault(ReasonTooManyPages, 0, "more than "+strconv.Itoa(d.limit.MaxPages)+" pages")
	case err != nil:
		return &Fault{Reason: ReasonDamaged, Cause: err}
	case len(d.dirs) == 0:
		return fault(ReasonDamaged, 0, "a TIFF without pages")
	}
	for i, dir := range d.dirs {
		if err := checkPixels(dir.w, dir.h, i+1, d.limit); err != nil {
			return err
		}
	}
	return nil
}

func (d *tiffDoc) ContentType() string { return TypeTIFF }

func (d *tiffDoc) Pages() int { return len(d.dirs) }

func (d *tiffDoc) Close() error { return unix.Munmap(d.data) }

// Page decodes one page.
func (d *tiffDoc) Page(_ context.Context, n int) (Page, error) {
	dir := d.dirs[n-1]
	r, err := decodeTIFF(d.data, dir.offset)
	if err != nil {
		reason := ReasonDamaged
		if !roomFor(dir.w, dir.h) {
			reason = ReasonMemory
		}
		return Page{}, &Fault{Reason: reason, Page: n, Cause: err}
	}
	if got, said := int64(r.Width())*int64(r.Height()), dir.w*dir.h; got != said {
		return Page{}, fault(ReasonDamaged, n, "size differs from the header")
	}
	x, y := dir.xres, dir.yres
	if r.Width() != int(dir.w) { // the decoder has turned the page
		x, y = y, x
	}
	r = r.squared(x, y)
	r.DPI = dpiOf(r.Width(), r.Height(), max(x, y))
	return Page{Raster: r.normal()}, nil
}

// squared repeats lines or columns of a fax page, whose pixels are twice (or
// more) as high as wide, so that letters have their shape.
func (r Raster) squared(xres, yres float64) Raster {
	if xres <= 0 || yres <= 0 || r.Cb != nil {
		return r
	}
	kx, ky := int(math.Round(yres/xres)), int(math.Round(xres/yres))
	kx, ky = max(1, min(4, kx)), max(1, min(4, ky))
	if kx == 1 && ky == 1 || len(r.Y.Pix)*kx*ky > 4*fullPixels {
		return r
	}
	w, h := r.Width(), r.Height()
	out := newGray(w*kx, h*ky)
	for y := range h * ky {
		line := out.Pix[y*w*kx:][:w*kx]
		for x, v := range r.Y.Pix[y/ky*r.Y.Stride:][:w] {
			for i := range kx {
				line[x*kx+i] = v
			}
		}
	}
	r.Y = out
	return r
}
