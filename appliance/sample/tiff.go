package sample

import (
	"encoding/binary"
	"fmt"
)

// TIFF's types and the tags used here.
const (
	tiffShort    = 3
	tiffLong     = 4
	tiffRational = 5
)

// tiffEntry is one field of a directory; value fits four bytes or is an offset.
type tiffEntry struct {
	tag, kind uint16
	value     uint32
}

// writeTIFF writes all pages, each a strip and a directory, little-endian.
func writeTIFF(pages []scanned) ([]byte, error) {
	le := binary.LittleEndian
	out := []byte{'I', 'I', 42, 0, 0, 0, 0, 0}
	link := 4 // where the next directory's offset goes
	for i, p := range pages {
		compression, ok := map[Compression]uint32{Plain: 1, Group4: 4, Deflate: 8}[p.compression]
		if !ok {
			return nil, fmt.Errorf("no TIFF with compression %q", p.compression)
		}
		strip := uint32(len(out))
		out = append(out, p.data...)
		out = append(out, make([]byte, len(out)&1)...)
		res := uint32(len(out))
		out = le.AppendUint32(le.AppendUint32(out, uint32(p.dpi)), 1)
		down := res
		if p.coarse {
			down = uint32(len(out))
			out = le.AppendUint32(le.AppendUint32(out, uint32(p.dpi)), 2)
		}
		bits, photometric := uint32(8), uint32(1) // black is zero
		if p.bilevel {
			bits, photometric = 1, 0 // white is zero
		}
		entries := []tiffEntry{
			{254, tiffLong, 2}, // one page of many
			{256, tiffLong, uint32(p.width)},
			{257, tiffLong, uint32(p.height)},
			{258, tiffShort, bits},
			{259, tiffShort, compression},
			{262, tiffShort, photometric},
			{273, tiffLong, strip},
			{277, tiffShort, 1},
			{278, tiffLong, uint32(p.height)},
			{279, tiffLong, uint32(len(p.data))},
			{282, tiffRational, res},
			{283, tiffRational, down},
			{296, tiffShort, 2}, // resolution in inches
			{297, tiffShort, uint32(i) | uint32(len(pages))<<16},
		}
		le.PutUint32(out[link:], uint32(len(out)))
		out = le.AppendUint16(out, uint16(len(entries)))
		for _, e := range entries {
			count := uint32(1)
			if e.tag == 297 {
				count = 2
			}
			out = le.AppendUint16(le.AppendUint16(out, e.tag), e.kind)
			out = le.AppendUint32(le.AppendUint32(out, count), e.value)
		}
		link = len(out)
		out = le.AppendUint32(out, 0)
	}
	return out, nil
}
