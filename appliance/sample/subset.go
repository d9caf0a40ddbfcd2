package sample

import (
	"encoding/binary"
	"errors"
	"slices"
)

// errFont says that a font file is not a TrueType file we can read.
var errFont = errors.New("not a TrueType font")

// subset gives a TrueType file with the outlines of the given glyphs only.
// Glyphs keep their numbers, so that nothing else has to be renumbered. Only
// the tables that PDF asks for are kept. ids grows by the parts of composites.
// The font has been parsed before, so its offsets are known to be good.
func subset(font []byte, ids map[uint16]bool) ([]byte, error) {
	be := binary.BigEndian
	tables := map[string][]byte{}
	for i := range int(be.Uint16(font[4:])) {
		e := font[12+16*i:]
		off, n := be.Uint32(e[8:]), be.Uint32(e[12:])
		tables[string(e[:4])] = font[off : off+n]
	}
	head, maxp, loca, glyf := tables["head"], tables["maxp"], tables["loca"], tables["glyf"]
	if head == nil || maxp == nil || loca == nil || glyf == nil {
		return nil, errFont
	}
	long := be.Uint16(head[50:]) == 1
	outline := func(id int) []byte {
		if long {
			return glyf[be.Uint32(loca[4*id:]):be.Uint32(loca[4*id+4:])]
		}
		return glyf[2*int(be.Uint16(loca[2*id:])) : 2*int(be.Uint16(loca[2*id+2:]))]
	}
	addParts(ids, outline)

	n := int(be.Uint16(maxp[4:]))
	var newGlyf, newLoca []byte
	for id := range n {
		newLoca = be.AppendUint32(newLoca, uint32(len(newGlyf)))
		if ids[uint16(id)] {
			newGlyf = append(newGlyf, outline(id)...)
			for len(newGlyf)%4 != 0 {
				newGlyf = append(newGlyf, 0)
			}
		}
	}
	newLoca = be.AppendUint32(newLoca, uint32(len(newGlyf)))
	newHead := slices.Clone(head)
	be.PutUint16(newHead[50:], 1) // long offsets
	tables["head"], tables["loca"], tables["glyf"] = newHead, newLoca, newGlyf
	tables["hmtx"] = usedMetrics(tables["hmtx"], int(be.Uint16(tables["hhea"][34:])), ids)
	return joinTables(tables, []string{"cvt ", "fpgm", "glyf", "head", "hhea", "hmtx", "loca", "maxp", "prep"}), nil
}

// addParts adds the parts of composite glyphs, and theirs.
func addParts(ids map[uint16]bool, outline func(int) []byte) {
	be := binary.BigEndian
	todo := make([]uint16, 0, len(ids))
	for id := range ids {
		todo = append(todo, id)
	}
	for len(todo) > 0 {
		g := outline(int(todo[0]))
		todo = todo[1:]
		if len(g) < 10 || int16(be.Uint16(g)) >= 0 {
			continue
		}
		const words, scale, more, xyScale, matrix = 1, 8, 32, 64, 128
		for at, flags := 10, uint16(more); flags&more != 0; {
			flags = be.Uint16(g[at:])
			if part := be.Uint16(g[at+2:]); !ids[part] {
				ids[part] = true
				todo = append(todo, part)
			}
			at += 6
			if flags&words != 0 {
				at += 2
			}
			switch {
			case flags&scale != 0:
				at += 2
			case flags&xyScale != 0:
				at += 4
			case flags&matrix != 0:
				at += 8
			}
		}
	}
}

// usedMetrics blanks the metrics of glyphs that are not there, so that the
// table compresses to next to nothing.
func usedMetrics(hmtx []byte, n int, ids map[uint16]bool) []byte {
	out := make([]byte, len(hmtx))
	for id := range ids {
		i := int(id)
		if i < n {
			copy(out[4*i:4*i+4], hmtx[4*i:])
		} else if at := 4*n + 2*(i-n); at+2 <= len(hmtx) {
			copy(out[at:at+2], hmtx[at:])
		}
	}
	copy(out[4*n-4:4*n], hmtx[4*n-4:]) // the advance of all that follow
	return out
}

// joinTables writes a font file of the named tables that exist.
func joinTables(tables map[string][]byte, names []string) []byte {
	be := binary.BigEndian
	names = slices.DeleteFunc(names, func(s string) bool { return tables[s] == nil })
	search, log := 16, 0
	for search*2 <= 16*len(names) {
		search, log = search*2, log+1
	}
	out := []byte{0, 1, 0, 0}
	for _, v := range []int{len(names), search, log, 16*len(names) - search} {
		out = be.AppendUint16(out, uint16(v))
	}
	at := 12 + 16*len(names)
	for _, name := range names {
		t := tables[name]
		var sum uint32
		for i := 0; i < len(t); i += 4 {
			var four [4]byte
			copy(four[:], t[i:])
			sum += be.Uint32(four[:])
		}
		out = append(out, name...)
		out = be.AppendUint32(be.AppendUint32(be.AppendUint32(out, sum), uint32(at)), uint32(len(t)))
		at += (len(t) + 3) &^ 3
	}
	for _, name := range names {
		out = append(out, tables[name]...)
		for len(out)%4 != 0 {
			out = append(out, 0)
		}
	}
	return out
}
