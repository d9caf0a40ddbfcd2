package ocr

// #cgo LDFLAGS: -lleptonica
// #include <stdlib.h>
// #include <string.h>
// #include <leptonica/allheaders.h>
//
// // levelled follows the lines of text of a grey picture and writes it into out
// // with these lines level; pixel (x, y) of out was at (x, y - shift), shifts
// // standing in grid for every step pixels, row by row. 1: it could not be done.
// static int levelled(const unsigned char *pix, int stride, int w, int h, unsigned char *out, float *grid, int step) {
//     setMsgSeverity(L_SEVERITY_NONE);
//     PIX *in = pixCreateNoInit(w, h, 8), *black = NULL, *flat = NULL;
//     L_DEWARPA *all = NULL;
//     L_DEWARP *page = NULL;
//     int failed = 1;
//     if (!in) return 1;
//     unsigned char *data = (unsigned char *)pixGetData(in);
//     size_t line = 4 * (size_t)pixGetWpl(in);
//     for (int y = 0; y < h; y++) memcpy(data + y * line, pix + (size_t)y * stride, w);
//     pixEndianByteSwap(in);
//     if (dewarpSinglePageInit(in, 0, 1, 0, 1, &black, &all) || !black || !all) goto done;
//     if (!(page = dewarpCreate(black, 0)) || dewarpaInsertDewarp(all, page)) goto done;
//     if (dewarpBuildPageModel(page, NULL) || !page->vsuccess || dewarpPopulateFullRes(page, in, 0, 0) || !page->fullvdispar) goto done;
//     for (int y = 0; y < h; y += step)
//         for (int x = 0; x < w; x += step)
//             if (fpixGetPixel(page->fullvdispar, x, y, grid++)) goto done;
//     if (dewarpaApplyDisparity(all, 0, in, 255, 0, 0, &flat, NULL) || !flat || !page->vvalid) goto done;
//     if ((int)pixGetWidth(flat) != w || (int)pixGetHeight(flat) != h) goto done;
//     pixEndianByteSwap(flat);
//     data = (unsigned char *)pixGetData(flat);
//     line = 4 * (size_t)pixGetWpl(flat);
//     for (int y = 0; y < h; y++) memcpy(out + (size_t)y * w, data + y * line, w);
//     failed = 0;
// done:
//     dewarpaDestroy(&all);
//     pixDestroy(&flat);
//     pixDestroy(&black);
//     pixDestroy(&in);
//     return failed;
// }
import "C"

import (
	"image"
	"math"
	"unsafe"
)

// bend is how lines of text were made level: where the pixels of the levelled
// picture were before. The zero value is no bend.
type bend struct {
	shift         []float32 // pixels downwards, for each step pixels, row by row
	step, columns int
}

// bendStep is the distance of the places at which a bend is known, in pixels.
const bendStep = 16

// levelled gives a photograph with its lines of text made level, as leptonica
// does it, and how to find the way back; where no lines can be followed, the
// photograph as it is.
func levelled(g *image.Gray) (*image.Gray, bend) {
	w, h := g.Rect.Dx(), g.Rect.Dy()
	b := bend{step: bendStep, columns: (w + bendStep - 1) / bendStep}
	b.shift = make([]float32, b.columns*((h+bendStep-1)/bendStep))
	out := image.NewGray(image.Rect(0, 0, w, h))
	failed := C.levelled((*C.uchar)(unsafe.Pointer(unsafe.SliceData(g.Pix))), C.int(g.Stride), C.int(w), C.int(h),
		(*C.uchar)(unsafe.Pointer(unsafe.SliceData(out.Pix))), (*C.float)(unsafe.Pointer(unsafe.SliceData(b.shift))), bendStep)
	if failed != 0 {
		return g, bend{}
	}
	return out, b
}

// back gives the box, on the photograph, round a box of the levelled picture.
func (b bend) back(r image.Rectangle) image.Rectangle {
	if b.shift == nil {
		return r
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for x := r.Min.X; x <= r.Max.X; x += b.step {
		lo = min(lo, float64(r.Min.Y)-b.at(x, r.Min.Y))
		hi = max(hi, float64(r.Max.Y)-b.at(x, r.Max.Y))
	}
	r.Min.Y, r.Max.Y = int(math.Floor(lo)), int(math.Ceil(hi))
	return r
}

func (b bend) at(x, y int) float64 {
	row := max(0, min(y/b.step, len(b.shift)/b.columns-1))
	return float64(b.shift[row*b.columns+max(0, min(x/b.step, b.columns-1))])
}
