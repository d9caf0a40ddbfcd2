package rendition

import (
	"bytes"
	"encoding/binary"
)

// sfntTable is one table of a TrueType font.
type sfntTable struct {
	tag  string
	data []byte
}

// be writes numbers one after the other, the most significant byte first.
func be(values ...any) []byte {
	var b bytes.Buffer
	for _, v := range values {
		// Numbers of a fixed size into a bytes.Buffer: nothing can fail.
		_ = binary.Write(&b, binary.BigEndian, v)
	}
	return b.Bytes()
}

// glyphless makes a TrueType font of two glyphs without an outline: 0, which
// must not be used, and 1, which every character of the text layer is. It is
// made here so that nobody's font has to be carried along.
func glyphless() []byte {
	const em, up, down = 1000, 1000, -1 // a word fills its box; readers take 0 for not known
	width := uint16(glyphWidth)
	head := be(uint32(0x10000), uint32(0x10000), uint32(0), uint32(0x5f0f3cf5), uint16(3), uint16(em), uint64(0), uint64(0),
		int16(0), int16(0), int16(0), int16(0), uint16(0), uint16(3), int16(2), int16(0), int16(0))
	hhea := be(uint32(0x10000), int16(up), int16(down), int16(0), width, int16(0), int16(0), int16(0), int16(1), int16(0), int16(0),
		uint64(0), int16(0), uint16(2))
	maxp := be(uint32(0x10000), uint16(2), uint16(0), uint16(0), uint16(0), uint16(0), uint16(1), uint16(0), uint16(0),
		uint16(0), uint16(0), uint16(0), uint16(0), uint16(0), uint16(0))
	return sfntFile([]sfntTable{
		{"glyf", []byte{0, 0, 0, 0}}, {"head", head}, {"hhea", hhea}, {"hmtx", be(width, int16(0), width, int16(0))},
		{"loca", be(uint16(0), uint16(0), uint16(0))}, {"maxp", maxp},
	})
}

// sfntFile puts tables, sorted by their names, into a font file.
func sfntFile(tables []sfntTable) []byte {
	const entry = 16
	power, log := 1, 0
	for power*2 <= len(tables) {
		power, log = power*2, log+1
	}
	out := be(uint32(0x10000), uint16(len(tables)), uint16(power*entry), uint16(log), uint16((len(tables)-power)*entry))
	at := len(out) + entry*len(tables)
	var body []byte
	headAt := 0
	for _, t := range tables {
		if t.tag == "head" {
			headAt = at
		}
		out = append(out, t.tag...)
		out = append(out, be(checksum(t.data), uint32(at), uint32(len(t.data)))...)
		padded := append(bytes.Clone(t.data), make([]byte, (4-len(t.data)%4)%4)...)
		body = append(body, padded...)
		at += len(padded)
	}
	out = append(out, body...)
	binary.BigEndian.PutUint32(out[headAt+8:], 0xb1b0afba-checksum(out))
	return out
}

// checksum is the sum of a table's 32-bit words.
func checksum(b []byte) (sum uint32) {
	for i, c := range b {
		sum += uint32(c) << (24 - 8*(i%4))
	}
	return sum
}
