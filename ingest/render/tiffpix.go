package render

// #cgo LDFLAGS: -lleptonica
// #include <stdlib.h>
// #include <leptonica/allheaders.h>
//
// // pageOf decodes the page whose directory stands at offset, to 1 bit (1 is
// // black), 8 bits grey or 32 bits colour, its bytes in memory order.
// static PIX *pageOf(const unsigned char *data, size_t size, size_t offset) {
//     PIX *raw = pixReadMemFromMultipageTiff(data, size, &offset);
//     if (!raw) return NULL;
//     PIX *flat = pixRemoveColormap(raw, REMOVE_CMAP_BASED_ON_SRC);
//     pixDestroy(&raw);
//     if (!flat) return NULL;
//     if (pixGetDepth(flat) != 1 && pixGetDepth(flat) != 32) {
//         PIX *grey = pixConvertTo8(flat, 0);
//         pixDestroy(&flat);
//         if (!grey) return NULL;
//         flat = grey;
//     }
//     if (pixGetDepth(flat) != 32) pixEndianByteSwap(flat);
//     return flat;
// }
//
// static void freePage(PIX *p) { pixDestroy(&p); }
//
// // room says whether size bytes can be had.
// static int room(size_t size) {
//     void *volatile p = malloc(size);
//     free(p);
//     return p != NULL;
// }
import "C"

import (
	"errors"
	"unsafe"
)

var errUndecoded = errors.New("TIFF page can't be decoded")

// roomFor says whether there was memory to decode w × h pixels in any depth:
// leptonica gives the same answer for a broken page and for want of memory.
func roomFor(w, h int64) bool { return C.room(C.size_t(2*4*w*h)) != 0 }

// decodeTIFF decodes one page with leptonica, which knows every compression a
// scanner writes (G3, G4, LZW, JPEG, deflate). x/image/tiff would lose all
// pages but the first.
func decodeTIFF(data []byte, offset uint64) (Raster, error) {
	p := C.pageOf((*C.uchar)(unsafe.Pointer(unsafe.SliceData(data))), C.size_t(len(data)), C.size_t(offset))
	if p == nil {
		return Raster{}, errUndecoded
	}
	defer C.freePage(p)
	w, h, stride := int(C.pixGetWidth(p)), int(C.pixGetHeight(p)), 4*int(C.pixGetWpl(p))
	pix := unsafe.Slice((*byte)(unsafe.Pointer(C.pixGetData(p))), stride*h)
	switch C.pixGetDepth(p) {
	case 1:
		return rasterOfBits(pix, stride, w, h), nil
	case 8:
		g := newGray(w, h)
		for y := range h {
			copy(g.Pix[y*w:y*w+w], pix[y*stride:])
		}
		return Raster{Y: g, Bilevel: isBilevel(g)}, nil
	}
	return rasterOfRGB(w, h, 0, func(y int, row []byte) {
		src := unsafe.Slice((*uint32)(unsafe.Pointer(&pix[y*stride])), w)
		for x, v := range src {
			row[x*3], row[x*3+1], row[x*3+2] = byte(v>>24), byte(v>>16), byte(v>>8)
		}
	}), nil
}

// rasterOfBits unpacks eight pixels a byte, the highest bit first, 1 being black.
func rasterOfBits(pix []byte, stride, w, h int) Raster {
	g := newGray(w, h)
	for y := range h {
		row, line := pix[y*stride:], g.Pix[y*w:y*w+w]
		for x := range line {
			line[x] = ^byte(int8(row[x>>3]<<(x&7)) >> 7)
		}
	}
	return Raster{Y: g, Bilevel: true}
}
