// Package barcode reads the codes on a page image: Code 39, Code 128, QR,
// DataMatrix, and the patch T of separator sheets. Its Read runs only in the
// worker process (see ingest/worker).
//
// A code that is misread files a letter in a stranger's file, so a reading has
// to be certain: formats with a checksum are taken as they come, Code 39, which
// has none, must be read twice in different ways.
package barcode

import (
	"fmt"
	"image"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"eakte/appliance/record"
)

// The formats, as record.Code names them.
const (
	Code39     = "code39"
	Code128    = "code128"
	QR         = "qr"
	DataMatrix = "datamatrix"
	PatchT     = "patch-t" // has no text of its own; its Text is "T"
)

// Formats gives every format there is.
func Formats() []string { return []string{Code39, Code128, QR, DataMatrix, PatchT} }

// Bounds of what is read and of what may be said of a page.
const (
	MostText  = 1024 // bytes
	MostCodes = 32   // on a page
)

const (
	smallest   = 16         // pixels a side: less holds no code
	mostPixels = 64_000_000 // of a page
	mostSide   = 1 << 15    // zxing-cpp keeps places in few bits
)

// Image is a page: 0 is black. It is not changed.
type Image struct {
	Gray *image.Gray
	DPI  int
}

// Read gives the codes of a page from top to bottom, each once, with boxes in
// pixels of the image. A page too large to be one is an error; one without
// codes is not.
func Read(in Image) ([]record.Code, error) {
	size := in.Gray.Rect.Size()
	if size.X > mostSide || size.Y > mostSide || size.X*size.Y > mostPixels || in.DPI < 1 {
		return nil, fmt.Errorf("read codes: an image of %d × %d pixels, %d dpi", size.X, size.Y, in.DPI)
	}
	if size.X < smallest || size.Y < smallest {
		return nil, nil
	}
	p := newPage(in)
	for _, read := range []func() error{p.whole, p.small, p.patch} {
		if err := read(); err != nil {
			return nil, fmt.Errorf("read codes: %w", err)
		}
	}
	return p.sorted(), nil
}

// page is a page being read.
type page struct {
	gray  *image.Gray
	mm    float64 // pixels a millimetre
	ink   uint8   // what is darker is ink
	codes []record.Code
}

func newPage(in Image) *page {
	g := in.Gray
	if g.Rect.Min != (image.Point{}) {
		g = &image.Gray{Pix: g.Pix, Stride: g.Stride, Rect: g.Rect.Sub(g.Rect.Min)}
	}
	return &page{gray: g, mm: float64(in.DPI) / 25.4, ink: inkLevel(g)}
}

// whole looks at the page at once for what is found so: bars and QR.
func (p *page) whole() error {
	wanted := code39 | code128 | qr
	if p.crowded(p.gray.Rect) {
		wanted &^= qr
	}
	found, err := look{formats: wanted, most: MostCodes}.find(p.gray, p.gray.Rect)
	if err != nil {
		return err
	}
	for _, f := range found {
		if f.format != code39 {
			p.add(f)
			continue
		}
		again, err := p.closely(f.box.Inset(-int(around * p.mm)))
		if err != nil {
			return err
		}
		if slices.ContainsFunc(again, func(g finding) bool { return g.format == code39 && g.text == f.text }) {
			p.add(f)
		}
	}
	return nil
}

// small looks closely at the places that may hold a code.
func (p *page) small() error {
	left := mostCandidates
	for _, at := range p.places() {
		read := p.closely
		switch {
		case left == 0 || p.known(at.box):
			continue
		case at.square():
			read = p.square
		case !p.barred(at):
			continue
		}
		left--
		found, err := read(at.box.Inset(-int(margin * p.mm)))
		if err != nil {
			return err
		}
		for _, f := range found {
			p.add(f)
		}
	}
	return nil
}

// square looks for a DataMatrix, or a QR that was not found on the whole page.
func (p *page) square(at image.Rectangle) ([]finding, error) {
	wanted := dataMatrix | qr
	if p.crowded(at) {
		wanted &^= qr
	}
	return look{formats: wanted, downscale: true, most: 4}.find(p.gray, at)
}

// known says whether a code that was read lies there.
func (p *page) known(at image.Rectangle) bool {
	return slices.ContainsFunc(p.codes, func(c record.Code) bool {
		return image.Pt(c.X+c.W/2, c.Y+c.H/2).In(at)
	})
}

func name(f formats) string {
	return map[formats]string{code39: Code39, code128: Code128, qr: QR, dataMatrix: DataMatrix}[f]
}

// add takes a reading over, unless its text is not fit to be shown or the same
// code was read before.
func (p *page) add(f finding) {
	p.keep(name(f.format), strings.ReplaceAll(f.text, "\r\n", "\n"), f.box)
}

func (p *page) keep(format, text string, box image.Rectangle) {
	box = box.Intersect(p.gray.Rect)
	if box.Empty() || !Printable(text) || len(p.codes) >= MostCodes {
		return
	}
	for _, c := range p.codes {
		at := image.Rect(c.X, c.Y, c.X+c.W, c.Y+c.H)
		if c.Format == format && c.Text == text && at.Inset(-int(3*p.mm)).Overlaps(box) {
			return
		}
	}
	p.codes = append(p.codes, record.Code{Format: format, Text: text, X: box.Min.X, Y: box.Min.Y, W: box.Dx(), H: box.Dy()})
}

func (p *page) sorted() []record.Code {
	slices.SortStableFunc(p.codes, func(a, b record.Code) int {
		if a.Y != b.Y {
			return a.Y - b.Y
		}
		return a.X - b.X
	})
	return p.codes
}

// Printable says whether a code's text may be kept: UTF-8 of one to MostText
// bytes, every character one that can be seen, or a space or newline.
func Printable(text string) bool {
	if text == "" || len(text) > MostText || !utf8.ValidString(text) {
		return false
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return r != '\n' && (!unicode.IsPrint(r) || r == utf8.RuneError)
	})
}

// Check holds what somebody says of a page's codes against the page, which is
// width × height pixels.
func Check(codes []record.Code, width, height int) error {
	if len(codes) > MostCodes {
		return fmt.Errorf("%d codes on a page", len(codes))
	}
	for i, c := range codes {
		inPage := c.X >= 0 && c.Y >= 0 && c.W > 0 && c.H > 0 && c.X <= width && c.Y <= height &&
			c.W <= width-c.X && c.H <= height-c.Y
		if !slices.Contains(Formats(), c.Format) || !Printable(c.Text) || !inPage {
			return fmt.Errorf("code %d does not fit the page", i)
		}
	}
	return nil
}
