package render

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// tiffDir is what one directory of a TIFF (one page) says about its image.
type tiffDir struct {
	offset      uint64 // of the directory in the file
	w, h        int64
	orientation int
	xres, yres  float64 // dots per inch, 0 if unknown
}

var errManyPages = errors.New("more directories than allowed")

// tiffReader reads numbers of either byte order from classic and big TIFF.
type tiffReader struct {
	b     []byte
	order binary.ByteOrder
	big   bool
}

// tiffDirectories walks the chain of directories, at most maxDirs of them. It
// decodes nothing. A chain that leaves the file or bites its tail is an error:
// the rest of the pages would be lost in silence.
func tiffDirectories(b []byte, maxDirs int) ([]tiffDir, error) {
	if len(b) < 8 {
		return nil, errors.New("short TIFF header")
	}
	r := tiffReader{b: b, order: binary.LittleEndian}
	if b[0] == 'M' {
		r.order = binary.BigEndian
	}
	next, seen := uint64(r.order.Uint32(b[4:])), map[uint64]bool{}
	if r.big = r.order.Uint16(b[2:]) == 43; r.big {
		if len(b) < 16 {
			return nil, errors.New("short BigTIFF header")
		}
		next = r.order.Uint64(b[8:])
	}
	var dirs []tiffDir
	for next != 0 {
		if len(dirs) == maxDirs {
			return dirs, errManyPages
		}
		if seen[next] {
			return nil, errors.New("directories in a circle")
		}
		seen[next] = true
		d, after, err := r.directory(next)
		if err != nil {
			return nil, fmt.Errorf("directory %d: %w", len(dirs)+1, err)
		}
		dirs, next = append(dirs, d), after
	}
	return dirs, nil
}

var errOutside = errors.New("points outside the file")

// span gives n bytes at off.
func (r tiffReader) span(off, n uint64) ([]byte, error) {
	if off > uint64(len(r.b)) || n > uint64(len(r.b))-off {
		return nil, errOutside
	}
	return r.b[off : off+n], nil
}

// directory reads one directory and where the next one is.
func (r tiffReader) directory(off uint64) (tiffDir, uint64, error) {
	d := tiffDir{offset: off, orientation: 1}
	countSize, entrySize, linkSize := uint64(2), uint64(12), uint64(4)
	if r.big {
		countSize, entrySize, linkSize = 8, 20, 8
	}
	head, err := r.span(off, countSize)
	if err != nil {
		return d, 0, err
	}
	n := uint64(r.order.Uint16(head))
	if r.big {
		n = r.order.Uint64(head)
	}
	if n > 4096 {
		return d, 0, errors.New("too many entries")
	}
	body, err := r.span(off+countSize, n*entrySize+linkSize)
	if err != nil {
		return d, 0, err
	}
	unit := 2.0
	for i := range n {
		if err := r.entry(body[i*entrySize:][:entrySize], &d, &unit); err != nil {
			return d, 0, err
		}
	}
	switch unit {
	case 3: // per centimetre
		d.xres, d.yres = d.xres*2.54, d.yres*2.54
	case 1: // no unit: only the ratio means something
		if d.yres > 0 {
			d.xres, d.yres = 200*d.xres/d.yres, 200
		}
	}
	link := body[n*entrySize:]
	if r.big {
		return d, r.order.Uint64(link), nil
	}
	return d, uint64(r.order.Uint32(link)), nil
}

// entry takes over the value of one entry if it is of use.
func (r tiffReader) entry(e []byte, d *tiffDir, unit *float64) error {
	tag := r.order.Uint16(e)
	switch tag {
	case 256, 257, 274, 282, 283, 296:
	default:
		return nil
	}
	v, err := r.value(e)
	if err != nil {
		return err
	}
	switch tag {
	case 256:
		d.w = int64(v)
	case 257:
		d.h = int64(v)
	case 274:
		if v >= 1 && v <= 8 {
			d.orientation = int(v)
		}
	case 282:
		d.xres = v
	case 283:
		d.yres = v
	case 296:
		*unit = v
	}
	return nil
}

// value reads the first value of an entry: SHORT, LONG, LONG8 or RATIONAL.
func (r tiffReader) value(e []byte) (float64, error) {
	field := e[8:]
	if r.big {
		field = e[12:]
	}
	switch typ := r.order.Uint16(e[2:]); typ {
	case 3:
		return float64(r.order.Uint16(field)), nil
	case 4:
		return float64(r.order.Uint32(field)), nil
	case 16:
		if len(field) >= 8 {
			return float64(r.order.Uint64(field)), nil
		}
	case 5:
		if !r.big {
			var err error
			if field, err = r.span(uint64(r.order.Uint32(field)), 8); err != nil {
				return 0, err
			}
		}
		if den := r.order.Uint32(field[4:]); den != 0 {
			return float64(r.order.Uint32(field)) / float64(den), nil
		}
	}
	return 0, nil
}
