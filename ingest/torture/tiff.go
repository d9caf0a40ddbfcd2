package torture

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// tag is one entry of a directory; values that do not fit into four bytes are offsets.
type tag struct {
	id, kind     uint16
	count, value uint32
}

type dir []tag

// order is a byte order that can append.
type order interface {
	binary.ByteOrder
	binary.AppendByteOrder
}

// tiffOf is a TIFF of one directory without any data.
func tiffOf(o order, d dir) []byte { return tiffPages(o, nil, d) }

// tiffPages puts data at offset 8 and the directories behind it.
func tiffPages(o order, data []byte, dirs ...dir) []byte {
	b := []byte("II*\x00")
	if o.Uint16([]byte{0, 1}) == 1 {
		b = []byte("MM\x00*")
	}
	at := 8 + len(data) + len(data)%2
	b = append(o.AppendUint32(b, uint32(at)), data...)
	b = append(b, make([]byte, len(data)%2)...)
	for i, d := range dirs {
		b = o.AppendUint16(b, uint16(len(d)))
		for _, t := range d {
			b = o.AppendUint32(o.AppendUint16(o.AppendUint16(b, t.id), t.kind), t.count)
			if t.kind == 3 && t.count == 1 {
				b = o.AppendUint16(o.AppendUint16(b, uint16(t.value)), 0)
			} else {
				b = o.AppendUint32(b, t.value)
			}
		}
		next := 0
		if at += 6 + 12*len(d); i+1 < len(dirs) {
			next = at
		}
		b = o.AppendUint32(b, uint32(next))
	}
	return b
}

// strip is the directory of a picture in one strip at offset 8.
func strip(w, h, size, compression uint32, more ...tag) dir {
	d := dir{{256, 4, 1, w}, {257, 4, 1, h}, {258, 3, 1, 8}, {259, 3, 1, compression}, {262, 3, 1, 1}, {273, 4, 1, 8}, {277, 3, 1, 1}, {278, 4, 1, h}, {279, 4, 1, size}}
	for _, t := range more {
		d = d.with(t)
	}
	return d
}

// with puts an entry in its place, or instead of the one with its number.
func (d dir) with(t tag) dir {
	var out dir
	done := false
	for _, have := range d {
		if !done && have.id >= t.id {
			out, done = append(out, t), true
			if have.id == t.id {
				continue
			}
		}
		out = append(out, have)
	}
	if !done {
		out = append(out, t)
	}
	return out
}

func goodTIFF() []byte {
	g := page()
	data := deflate(g.Pix)
	d := strip(640, 200, uint32(len(data)), 8)
	return tiffPages(binary.LittleEndian, data, d, d)
}

// tiffs makes TIFF of every kind of pixel, and directories that lie.
func (m *maker) tiffs() {
	m.tiffKinds()
	m.tiffLies()
	le := binary.LittleEndian
	for _, s := range [][2]uint32{{60_000_000, 1}, {1, 60_000_000}, {65_536, 900}, {1 << 31, 1 << 31}, {0, 0}, {20_000, 2900}} {
		data := zeros(int(min(64*mib, uint64(s[0])*uint64(s[1]))))
		m.add("images: size", fmt.Sprintf("TIFF %d × %d", s[0], s[1]), tiffPages(le, data, strip(s[0], s[1], uint32(len(data)), 8)))
	}
	data := zeros(7700 * 7700 * 3)
	m.heavy("images: size", "TIFF 7,700 × 7,700 in colour", func() []byte {
		return tiffPages(le, data, strip(7700, 7700, uint32(len(data)), 8, tag{258, 3, 1, 8}, tag{262, 3, 1, 2}, tag{277, 3, 1, 3}))
	})
}

func (m *maker) tiffKinds() {
	const family = "TIFF: pixels"
	for _, o := range []order{binary.LittleEndian, binary.BigEndian} {
		for _, compression := range []uint32{1, 2, 3, 4, 5, 6, 7, 8, 32766, 32771, 32773, 32809, 32895, 32908, 32946, 34661, 34676, 34677, 34712, 34887, 34925, 50000, 50001, 65535} {
			data := m.noise(3000)
			m.add(family, fmt.Sprintf("%v, noise compressed by %d", o, compression), tiffPages(o, data, strip(64, 64, 3000, compression)))
		}
	}
	data := m.noise(64 * 64 * 8)
	size := uint32(len(data))
	for photometric := range uint32(11) {
		for _, bits := range []uint32{1, 4, 8, 16, 32} {
			for _, samples := range []uint32{1, 3, 4} {
				m.add(family, fmt.Sprintf("meaning %d, %d × %d bits", photometric, samples, bits), tiffPages(binary.LittleEndian, data,
					strip(64, 64, size, 1, tag{258, 3, 1, bits}, tag{262, 3, 1, photometric}, tag{277, 3, 1, samples})))
			}
		}
	}
	for label, more := range inOrder(map[string]dir{
		"floating": {{258, 3, 1, 32}, {339, 3, 1, 3}}, "signed": {{339, 3, 1, 2}}, "complex": {{258, 3, 1, 64}, {339, 3, 1, 6}}, "planes": {{277, 3, 1, 3}, {284, 3, 1, 2}, {262, 3, 1, 2}},
		"tiles": {{322, 4, 1, 64}, {323, 4, 1, 64}, {324, 4, 1, 8}, {325, 4, 1, 4096}}, "tiles of 2³¹": {{322, 4, 1, 1 << 31}, {323, 4, 1, 1 << 31}, {324, 4, 1, 8}, {325, 4, 1, 4096}},
		"tiles of nothing": {{322, 4, 1, 0}, {323, 4, 1, 0}, {324, 4, 1, 8}}, "reversed bits": {{266, 3, 1, 2}}, "fax that is to be mended": {{259, 3, 1, 3}, {292, 4, 1, 7}, {258, 3, 1, 1}},
		"sampling 0": {{262, 3, 1, 6}, {277, 3, 1, 3}, {530, 3, 2, 0}}, "sampling 255": {{262, 3, 1, 6}, {277, 3, 1, 3}, {530, 3, 2, 0x00ff00ff}}, "predictor": {{317, 3, 1, 3}, {259, 3, 1, 8}}, "old JPEG": {{259, 3, 1, 6}, {512, 3, 1, 1}, {513, 4, 1, 8}, {514, 4, 1, 9000}},
		"JPEG tables of noise": {{259, 3, 1, 7}, {347, 7, 3000, 8}}, "profile of 2³²": {{34675, 7, 1<<32 - 1, 8}}, "turned 6": {{274, 3, 1, 6}}, "turned 99": {{274, 3, 1, 99}}, "halftone": {{321, 3, 2, 1}},
	}) {
		m.add(family, label, tiffPages(binary.LittleEndian, data, strip(64, 64, size, 1, more...)))
	}
}

func (m *maker) tiffLies() {
	const family = "TIFF: structure"
	le := binary.LittleEndian
	data := m.noise(4096)
	for label, more := range inOrder(map[string]dir{
		"2³¹ strips": {{273, 4, 1 << 31, 8}, {279, 4, 1 << 31, 8}, {278, 4, 1, 1}}, "no rows in a strip": {{278, 4, 1, 0}}, "2³² rows in a strip": {{278, 4, 1, 1<<32 - 1}},
		"strip of 2³² bytes": {{279, 4, 1, 1<<32 - 1}}, "strip of nothing": {{279, 4, 1, 0}}, "strip behind the file": {{273, 4, 1, 1<<32 - 16}}, "65,535 samples": {{277, 3, 1, 65535}}, "no samples": {{277, 3, 1, 0}},
		"65,535 bits": {{258, 3, 1, 65535}}, "0 bits": {{258, 3, 1, 0}}, "type 0": {{258, 0, 1, 8}}, "type 255": {{256, 255, 1, 64}}, "width as a fraction": {{256, 5, 1, 8}}, "width as text": {{256, 2, 4, 0x36343634}},
		"density 1/0": {{282, 5, 1, 8}, {283, 5, 1, 10}}, "density outside": {{282, 5, 1, 1<<32 - 4}}, "directories below itself": {{330, 4, 1, 4104}}, "EXIF is itself": {{34665, 4, 1, 4104}}, "text of 2³²": {{270, 2, 1<<32 - 1, 8}},
		"palette of nothing": {{262, 3, 1, 3}}, "palette outside": {{262, 3, 1, 3}, {320, 3, 768, 1<<32 - 100}}, "a million strips": {{273, 4, 1_000_000, 8}, {279, 4, 1_000_000, 8}, {278, 4, 1, 1}},
	}) {
		m.add(family, label, tiffPages(le, data, strip(64, 64, 4096, 1, more...)))
	}
	circle := tiffPages(le, data, strip(64, 64, 4096, 1))
	copy(circle[len(circle)-4:], circle[4:8])
	m.add(family, "in a circle", circle, "damaged")
	bad := bytes.Clone(circle)
	le.PutUint32(bad[len(bad)-4:], 1<<32-5)
	m.add(family, "next one behind the file", bad, "damaged")
	var many []dir
	for range 6000 {
		many = append(many, strip(64, 64, 4096, 1))
	}
	m.add(family, "6,000 pages", tiffPages(le, data, many...), "too_many_pages")
	m.add(family, "40 pages that are one", tiffPages(le, data, many[:40]...))
	m.add(family, "a directory of 65,535 entries", append(tiffPages(le, data)[:4104], bytes.Repeat([]byte{0xff}, 100_000)...))
	for n := range 17 {
		m.add(family, fmt.Sprintf("first %d bytes", n), circle[:n])
	}
	big := []byte("II+\x00\x08\x00\x00\x00\x10\x00\x00\x00\x00\x00\x00\x00")
	m.add(family, "big, 2⁶⁴ entries", append(bytes.Clone(big), bytes.Repeat([]byte{0xff}, 3000)...))
	m.add(family, "big, at its head", append(big[:8:8], make([]byte, 3000)...))
	m.add(family, "big, noise", append(bytes.Clone(big), m.noise(3000)...))
	bomb := zeros(60_000_000)
	m.heavy(family, "20 pages of 60 million pixels", func() []byte {
		return tiffPages(le, bomb, func() (d []dir) {
			for range 20 {
				d = append(d, strip(60_000, 1000, uint32(len(bomb)), 8))
			}
			return d
		}()...)
	})
}
