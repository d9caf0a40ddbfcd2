package barcode

/*
#cgo pkg-config: zxing
#cgo CXXFLAGS: -std=c++17 -O2
#include "zxing.h"
*/
import "C"

import (
	"errors"
	"image"
	"unsafe"
)

// formats is a set of what zxing-cpp shall look for.
type formats int

const (
	code39     formats = C.EAKTE_CODE39
	code128    formats = C.EAKTE_CODE128
	qr         formats = C.EAKTE_QR
	dataMatrix formats = C.EAKTE_DATAMATRIX
)

// look is one search in one image.
type look struct {
	formats   formats
	global    bool // one threshold for each line instead of one for each neighbourhood
	downscale bool // also at half and a third of the size
	most      int
}

// finding is what zxing-cpp says, not yet believed.
type finding struct {
	format formats
	text   string
	box    image.Rectangle // round the corners, in pixels of the image looked at
	lines  int             // how many lines agreed; codes of bars only
}

var errNoMemory = errors.New("no memory to read codes")

// find has zxing-cpp look at part of an image. What makes it throw anything but
// a lack of memory holds no code that could be read.
func (l look) find(g *image.Gray, part image.Rectangle) ([]finding, error) {
	part = part.Intersect(g.Rect)
	if part.Dx() < smallest || part.Dy() < smallest {
		return nil, nil
	}
	found := make([]C.eakte_code, l.most)
	n := C.eakte_zxing_read((*C.uint8_t)(unsafe.Pointer(&g.Pix[g.PixOffset(part.Min.X, part.Min.Y)])),
		C.int(part.Dx()), C.int(part.Dy()), C.int(g.Stride), C.int(l.formats),
		cBool(l.global), cBool(l.downscale), &found[0], C.int(l.most))
	if n == C.EAKTE_NO_MEMORY {
		return nil, errNoMemory
	}
	var out []finding
	for i := range max(0, int(n)) {
		c := &found[i]
		out = append(out, finding{format: formats(c.format), lines: int(c.lines), box: corners(c).Add(part.Min),
			text: string(unsafe.Slice((*byte)(unsafe.Pointer(&c.text[0])), int(c.length)))})
	}
	return out, nil
}

// corners gives the smallest upright box round a code, at least a pixel each way.
func corners(c *C.eakte_code) image.Rectangle {
	r := image.Rect(int(c.x[0]), int(c.y[0]), int(c.x[0])+1, int(c.y[0])+1)
	for i := 1; i < 4; i++ {
		x, y := int(c.x[i]), int(c.y[i])
		r = r.Union(image.Rect(x, y, x+1, y+1))
	}
	return r
}

func cBool(b bool) C.int {
	if b {
		return 1
	}
	return 0
}
