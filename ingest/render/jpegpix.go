package render

// #include <stdlib.h>
// #include <string.h>
// #include <leptonica/allheaders.h>
//
// static int greyJPEG(const unsigned char *pix, int stride, int w, int h, int quality,
//                     unsigned char **out, size_t *size) {
//     PIX *p = pixCreateNoInit(w, h, 8);
//     if (!p) return 1;
//     unsigned char *data = (unsigned char *)pixGetData(p);
//     size_t line = 4 * (size_t)pixGetWpl(p);
//     for (int y = 0; y < h; y++) memcpy(data + y * line, pix + (size_t)y * stride, w);
//     pixEndianByteSwap(p);
//     int failed = pixWriteMemJpeg(out, size, p, quality, 0);
//     pixDestroy(&p);
//     return failed;
// }
import "C"

import (
	"errors"
	"image"
	"unsafe"
)

// greyJPEG encodes a picture with leptonica.
func greyJPEG(g *image.Gray, quality int) ([]byte, error) {
	var out *C.uchar
	var size C.size_t
	failed := C.greyJPEG((*C.uchar)(unsafe.Pointer(unsafe.SliceData(g.Pix))), C.int(g.Stride),
		C.int(g.Rect.Dx()), C.int(g.Rect.Dy()), C.int(quality), &out, &size)
	defer C.free(unsafe.Pointer(out))
	if failed != 0 || out == nil {
		return nil, errors.New("image can't be encoded")
	}
	return C.GoBytes(unsafe.Pointer(out), C.int(size)), nil
}
