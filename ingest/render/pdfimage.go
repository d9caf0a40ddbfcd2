package render

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// pdfImage is one line of pdfimages -list.
type pdfImage struct {
	kind, enc  string
	w, h       int64
	comp, bpc  int
	xppi, yppi float64
}

// share is how much of the page the image covers, whichever way it is turned.
func (m pdfImage) share(s pdfSize) float64 {
	if m.xppi <= 0 || m.yppi <= 0 {
		return 0
	}
	w, h := float64(m.w)/m.xppi*72, float64(m.h)/m.yppi*72
	cover := func(w, h float64) float64 { return min(w, s.w) * min(h, s.h) / (s.w * s.h) }
	return max(cover(w, h), cover(h, w))
}

// plain says whether the image can be taken out of the file as it stands.
func (m pdfImage) plain() bool {
	if m.bpc == 1 && m.comp == 1 {
		return m.enc == "ccitt" || m.enc == "jbig2" || m.enc == "image"
	}
	return m.kind == "image" && m.enc == "jpeg" && m.bpc == 8 && (m.comp == 1 || m.comp == 3)
}

// readImageList reads the list of the images of the pages that facts are for
// and refuses one that is too large, before anything is decoded.
func readImageList(out io.Reader, first int, facts []pdfFacts, sizes []pdfSize, l Limits) error {
	in := bufio.NewScanner(io.LimitReader(out, 64<<20))
	for in.Scan() {
		f := strings.Fields(in.Text())
		if len(f) < 14 || f[0] == "page" {
			continue
		}
		page, err := strconv.Atoi(f[0])
		if err != nil || page < first || page >= first+len(facts) {
			return errors.New("unexpected line in the list of images")
		}
		m := pdfImage{kind: f[2], enc: f[8]}
		var errs [6]error
		m.w, errs[0] = strconv.ParseInt(f[3], 10, 64)
		m.h, errs[1] = strconv.ParseInt(f[4], 10, 64)
		m.comp, errs[2] = strconv.Atoi(f[6])
		m.bpc, errs[3] = strconv.Atoi(f[7])
		m.xppi, errs[4] = strconv.ParseFloat(f[len(f)-4], 64)
		m.yppi, errs[5] = strconv.ParseFloat(f[len(f)-3], 64)
		if err := errors.Join(errs[:]...); err != nil {
			return fmt.Errorf("list of images: %w", err)
		}
		if err := checkPixels(m.w, m.h, page, l); err != nil {
			return err
		}
		p, size := &facts[page-first], sizes[page-1]
		p.images++
		if m.share(size) > p.cover.share(size) {
			p.cover = m
		}
	}
	return in.Err()
}

// passThrough takes the one image of page n out of the file. ok is false when
// that is not what the page looks like, and it must be drawn instead.
func (d *pdfDoc) passThrough(ctx context.Context, n int, m pdfImage) (Raster, bool, error) {
	format := "-png"
	if m.enc == "jpeg" {
		format = "-j"
	}
	page := strconv.Itoa(n)
	drain := func(out io.Reader) error { _, err := io.Copy(io.Discard, out); return err }
	err := tool(ctx, d.f, n, drain, "pdfimages", "-f", page, "-l", page, format, inTool, filepath.Join(d.o.Scratch, "p"))
	r, ok := Raster{}, false
	var f *Fault
	if err == nil {
		r, ok, err = d.extracted(m)
	} else if errors.As(err, &f) && f.Reason == ReasonDamaged {
		err = nil
	}
	if err := errors.Join(err, d.emptyScratch()); err != nil || !ok {
		return Raster{}, false, err
	}
	switch d.sizes[n-1].rot {
	case 90:
		r = r.oriented(6)
	case 180:
		r = r.oriented(3)
	case 270:
		r = r.oriented(8)
	}
	seen, err := d.glance(ctx, n, glanceSide)
	if err != nil {
		return Raster{}, false, err
	}
	return r, alike(seen, r.Y), nil
}

// extracted reads the file that pdfimages wrote. A picture that our decoders
// do not know is no error: poppler may draw it.
func (d *pdfDoc) extracted(m pdfImage) (Raster, bool, error) {
	names, err := filepath.Glob(filepath.Join(d.o.Scratch, "p-*"))
	if err != nil || len(names) != 1 {
		return Raster{}, false, err
	}
	data, err := os.ReadFile(names[0])
	if err != nil {
		return Raster{}, false, fmt.Errorf("read extracted image: %w", err)
	}
	decode, config := png.Decode, png.DecodeConfig
	if strings.HasSuffix(names[0], ".jpg") {
		decode, config = jpeg.Decode, jpeg.DecodeConfig
	}
	c, err := config(bytes.NewReader(data))
	if err != nil || int64(c.Width) != m.w || int64(c.Height) != m.h {
		return Raster{}, false, nil
	}
	img, err := decode(bytes.NewReader(data))
	if err != nil {
		return Raster{}, false, nil
	}
	r := rasterOf(img, 0)
	r.Bilevel = m.bpc == 1 && r.Cb == nil && isBilevel(r.Y)
	r = r.squared(m.xppi, m.yppi)
	r.DPI = dpiOf(r.Width(), r.Height(), max(m.xppi, m.yppi))
	return r, true, nil
}

// How a page drawn small is held against its image.
const (
	glanceSide = 600
	glanceCell = 8  // pixels
	glanceDiff = 20 // grey levels of a cell's mean; a two-word stamp makes 40
)

// alike compares a page, drawn small, with the image that is said to be all of
// it. A letterhead behind real text, a stamp laid over the scan, an image
// that is mirrored or cut: none of them may get lost.
func alike(seen, img *image.Gray) bool {
	w, h := seen.Rect.Dx(), seen.Rect.Dy()
	ratio := float64(img.Rect.Dx()) * float64(h) / (float64(img.Rect.Dy()) * float64(w))
	if w < glanceCell || h < glanceCell || ratio < 0.97 || ratio > 1.03 {
		return false
	}
	a := scale(seen, w/glanceCell, h/glanceCell)
	b := scale(img, w/glanceCell, h/glanceCell)
	for i, v := range a.Pix {
		if d := int(v) - int(b.Pix[i]); d > glanceDiff || d < -glanceDiff {
			return false
		}
	}
	return true
}
