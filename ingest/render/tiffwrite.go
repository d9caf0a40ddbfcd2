package render

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// The tags of a directory that point to something.
const (
	tagStripOffsets = 273
	tagStripCounts  = 279
	tagFreeOffsets  = 288
	tagFreeCounts   = 289
	tagTileOffsets  = 324
	tagTileCounts   = 325
	tagSubIFDs      = 330
	tagJPEGOffset   = 513
	tagJPEGLength   = 514
	tagJPEGTables   = 519 // and the two after it: offsets without lengths
	tagEXIF         = 34665
	tagGPS          = 34853
	tagInterop      = 40965
)

// tiffSizes are the bytes of one value, by its type.
var tiffSizes = [...]uint64{1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}

// tiffEntry is one entry of a directory on its way into another file.
type tiffEntry struct {
	head   []byte // tag, type and count as they stand
	value  []byte
	blocks [][]byte // of an entry that points to image data: what it points to
}

// write writes pages as a TIFF of the same byte order and kind, directory by
// directory: the compressed data as they are, behind each directory.
func (d *tiffDoc) write(w io.Writer, r Range) error {
	in := tiffReader{b: d.data, order: binary.LittleEndian}
	if d.data[0] == 'M' {
		in.order = binary.BigEndian
	}
	in.big = in.order.Uint16(d.data[2:]) == 43
	head, first := d.data[:4], uint64(8)
	if in.big {
		head, first = d.data[:8], 16
	}
	out := tiffWriter{w: w, in: in, most: uint64(len(d.data)) + 1<<20}
	out.put(head)
	out.put(in.pointer(first))
	for n := r.First; n <= r.Last && out.err == nil; n++ {
		if err := out.page(d.dirs[n-1].offset, n == r.Last); err != nil {
			return &Fault{Reason: ReasonDamaged, Page: n, Cause: err}
		}
	}
	return out.err
}

// tiffWriter writes one TIFF from its first byte to its last.
type tiffWriter struct {
	w    io.Writer
	in   tiffReader
	at   uint64
	most uint64 // more than that is no honest document: its pages lie over each other
	err  error
}

func (t *tiffWriter) put(b []byte) {
	if t.err == nil {
		_, t.err = t.w.Write(b)
		t.at += uint64(len(b))
	}
}

// page writes the directory at off with all that belongs to it.
func (t *tiffWriter) page(off uint64, last bool) error {
	entries, err := t.in.entries(off)
	if err != nil {
		return err
	}
	countSize, entrySize, inline := uint64(2), uint64(12), uint64(4)
	if t.in.big {
		countSize, entrySize, inline = 8, 20, 8
	}
	end := t.at + countSize + uint64(len(entries))*entrySize + inline
	dir, rest := t.in.number(countSize, uint64(len(entries))), [][]byte(nil)
	for i := range entries {
		e := &entries[i]
		for k, b := range e.blocks {
			e.setPointer(t.in, k, end)
			rest = append(rest, b)
			if len(b)%2 == 1 {
				rest = append(rest, []byte{0})
			}
			end += uint64(len(b)) + uint64(len(b)%2)
		}
		if end > t.most || !t.in.big && end > 1<<32-1<<20 {
			return errors.New("more image data than the file holds")
		}
		field := make([]byte, inline)
		if uint64(len(e.value)) <= inline {
			copy(field, e.value)
		} else {
			copy(field, t.in.pointer(end))
			rest = append(rest, e.value, make([]byte, len(e.value)%2))
			end += uint64(len(e.value)) + uint64(len(e.value)%2)
		}
		dir = append(append(dir, e.head...), field...)
	}
	if last {
		end = 0
	}
	t.put(append(dir, t.in.pointer(end)...))
	for _, b := range rest {
		t.put(b)
	}
	return nil
}

// setPointer lets block k of an entry stand at off.
func (e *tiffEntry) setPointer(in tiffReader, k int, off uint64) {
	size := len(e.value) / len(e.blocks)
	copy(e.value[k*size:], in.number(uint64(size), off))
}

// entries reads a directory with the data that belong to it. What points to
// other directories, or to nothing that is used, is left out.
func (r tiffReader) entries(off uint64) ([]tiffEntry, error) {
	countSize, size := uint64(2), uint64(12)
	if r.big {
		countSize, size = 8, 20
	}
	head, err := r.span(off, countSize)
	if err != nil {
		return nil, err
	}
	n := uint64(r.order.Uint16(head))
	if r.big {
		n = r.order.Uint64(head)
	}
	if n > 4096 {
		return nil, errors.New("too many entries")
	}
	body, err := r.span(off+countSize, n*size)
	if err != nil {
		return nil, err
	}
	var out []tiffEntry
	byTag := map[uint16]int{}
	for i := range n {
		raw := body[i*size:][:size]
		switch tag := r.order.Uint16(raw); tag {
		case tagFreeOffsets, tagFreeCounts, tagSubIFDs, tagEXIF, tagGPS, tagInterop:
		case tagJPEGTables, tagJPEGTables + 1, tagJPEGTables + 2:
			return nil, errors.New("JPEG in the way of TIFF 6.0, in pieces")
		default:
			e, err := r.whole(raw)
			if err != nil {
				return nil, fmt.Errorf("tag %d: %w", tag, err)
			}
			byTag[tag] = len(out)
			out = append(out, e)
		}
	}
	return out, r.attach(out, byTag)
}

// whole reads one entry with its value, wherever that stands.
func (r tiffReader) whole(raw []byte) (tiffEntry, error) {
	headSize, count := 8, uint64(r.order.Uint32(raw[4:]))
	if r.big {
		headSize, count = 12, r.order.Uint64(raw[4:])
	}
	typ := r.order.Uint16(raw[2:])
	if int(typ) >= len(tiffSizes) || tiffSizes[typ] == 0 {
		return tiffEntry{}, errors.New("a type that is none")
	}
	if count > uint64(len(r.b)) {
		return tiffEntry{}, errOutside
	}
	field, size := raw[headSize:], count*tiffSizes[typ]
	if size > uint64(len(field)) {
		var err error
		if field, err = r.span(r.offset(field), size); err != nil {
			return tiffEntry{}, err
		}
	}
	return tiffEntry{head: raw[:headSize], value: append([]byte(nil), field[:size]...)}, nil
}

// attach gives the entries that point to image data what they point to.
func (r tiffReader) attach(entries []tiffEntry, byTag map[uint16]int) error {
	found := false
	for _, pair := range [][2]uint16{{tagStripOffsets, tagStripCounts}, {tagTileOffsets, tagTileCounts}, {tagJPEGOffset, tagJPEGLength}} {
		o, ok := byTag[pair[0]]
		if !ok {
			continue
		}
		c, ok := byTag[pair[1]]
		if !ok {
			return errors.New("image data without a length")
		}
		offsets, err := r.numbers(entries[o])
		if err != nil {
			return err
		}
		lengths, err := r.numbers(entries[c])
		if err != nil {
			return err
		}
		if len(offsets) != len(lengths) || len(offsets) == 0 {
			return errors.New("offsets and lengths don't match")
		}
		for i := range offsets {
			b, err := r.span(offsets[i], lengths[i])
			if err != nil {
				return err
			}
			entries[o].blocks = append(entries[o].blocks, b)
		}
		found = true
	}
	if !found {
		return errors.New("a page without image data")
	}
	r.widen(entries, byTag)
	return nil
}

// widen makes offsets of 16 bits, which a short file may have, 32 bits wide.
func (r tiffReader) widen(entries []tiffEntry, byTag map[uint16]int) {
	for _, tag := range []uint16{tagStripOffsets, tagTileOffsets, tagJPEGOffset} {
		i, ok := byTag[tag]
		if !ok || r.order.Uint16(entries[i].head[2:]) != 3 {
			continue
		}
		e := &entries[i]
		e.head = append([]byte(nil), e.head...)
		r.order.PutUint16(e.head[2:], 4)
		e.value = make([]byte, 4*len(e.blocks))
	}
}

// numbers gives the values of an entry of unsigned integers.
func (r tiffReader) numbers(e tiffEntry) ([]uint64, error) {
	typ := r.order.Uint16(e.head[2:])
	var out []uint64
	switch typ {
	case 3, 4, 13, 16, 18:
	default:
		return nil, errors.New("no number")
	}
	size := int(tiffSizes[typ])
	for v := e.value; len(v) >= size; v = v[size:] {
		switch size {
		case 2:
			out = append(out, uint64(r.order.Uint16(v)))
		case 4:
			out = append(out, uint64(r.order.Uint32(v)))
		default:
			out = append(out, r.order.Uint64(v))
		}
	}
	return out, nil
}

// offset reads a pointer as wide as the file's.
func (r tiffReader) offset(b []byte) uint64 {
	if r.big {
		return r.order.Uint64(b)
	}
	return uint64(r.order.Uint32(b))
}

// pointer is the opposite of offset.
func (r tiffReader) pointer(v uint64) []byte {
	if r.big {
		return r.number(8, v)
	}
	return r.number(4, v)
}

// number writes v in size bytes: 2, 4 or 8.
func (r tiffReader) number(size, v uint64) []byte {
	b := make([]byte, size)
	switch size {
	case 2:
		r.order.PutUint16(b, uint16(v))
	case 4:
		r.order.PutUint32(b, uint32(v))
	default:
		r.order.PutUint64(b, v)
	}
	return b
}
