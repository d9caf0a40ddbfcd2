package torture

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"unicode/utf16"
)

const (
	sector     = 512
	endOfChain = 0xfffffffe
	nobody     = 0xffffffff
)

// compound is a message of Outlook with one attachment, in sectors of 512
// bytes: 0 is the table, 1 to 3 the directory, then streams of 4096 bytes each.
func compound() []byte { return compoundOf(func([]uint32, []byte) {}) }

// compoundOf lets edit spoil the table and the directory.
func compoundOf(edit func(fat []uint32, dir []byte)) []byte {
	le := binary.LittleEndian
	wide := func(s string) (b []byte) {
		for _, u := range utf16.Encode([]rune(s)) {
			b = le.AppendUint16(b, u)
		}
		return b
	}
	streams := [][]byte{make([]byte, 32), wide("Betreff der Nachricht"), wide("Guten Tag, anbei der Bescheid."), make([]byte, 8), []byte("%PDF-1.4"), wide("bescheid.pdf")}
	names := []string{"__properties_version1.0", "__substg1.0_0037001F", "__substg1.0_1000001F", "__properties_version1.0", "__substg1.0_37010102", "__substg1.0_3707001F"}
	var dir []byte
	put := func(name string, kind byte, right, child, start uint32, size int) {
		e := make([]byte, 128)
		copy(e, wide(name))
		le.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66], e[67] = kind, 1
		le.PutUint32(e[68:], nobody)
		le.PutUint32(e[72:], right)
		le.PutUint32(e[76:], child)
		le.PutUint32(e[116:], start)
		le.PutUint64(e[120:], uint64(size))
		dir = append(dir, e...)
	}
	stream := func(i int, right uint32) { put(names[i], 2, right, nobody, uint32(4+8*i), 4096) }
	put("Root Entry", 5, nobody, 1, endOfChain, 0)
	stream(1, 2)
	stream(2, 3)
	stream(0, 4)
	put("__attach_version1.0_#00000000", 1, nobody, 5, 0, 0)
	stream(4, 6)
	stream(5, 7)
	stream(3, nobody)
	dir = append(dir, make([]byte, 4*128)...)
	fat := []uint32{0xfffffffd, 2, 3, endOfChain}
	var body []byte
	for i, s := range streams {
		body = append(append(body, s...), make([]byte, 4096-len(s))...)
		for k := range 8 {
			next := uint32(4 + 8*i + k + 1)
			if k == 7 {
				next = endOfChain
			}
			fat = append(fat, next)
		}
	}
	for len(fat) < sector/4 {
		fat = append(fat, nobody)
	}
	edit(fat, dir)
	head := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 16)...)
	for _, v := range []uint16{0x3e, 3, 0xfffe, 9, 6} {
		head = le.AppendUint16(head, v)
	}
	head = append(head, make([]byte, 6)...)
	for _, v := range []uint32{0, 1, 1, 0, 4096, endOfChain, 0, endOfChain, 0, 0} {
		head = le.AppendUint32(head, v)
	}
	head = append(head, bytes.Repeat([]byte{0xff}, sector-len(head))...)
	for _, v := range fat {
		head = le.AppendUint32(head, v)
	}
	return append(append(head, dir...), body...)
}

// ole makes compound files whose chains and trees go in circles.
func (m *maker) ole() {
	const family = "Outlook"
	le := binary.LittleEndian
	spoil := func(label string, edit func(fat []uint32, dir []byte)) { m.add(family, label, compoundOf(edit)) }
	spoil("stream in a circle", func(fat []uint32, _ []byte) { fat[11] = 4 })
	spoil("all streams in a circle", func(fat []uint32, _ []byte) {
		for i := 4; i < len(fat); i++ {
			fat[i] = uint32(i)
		}
	})
	spoil("directory in a circle", func(fat []uint32, _ []byte) { fat[3] = 1 })
	spoil("table of the table", func(fat []uint32, _ []byte) { fat[0] = 0 })
	spoil("stream behind the file", func(fat []uint32, _ []byte) { fat[5] = 0x00ffffff })
	for entry := range 8 {
		for _, field := range []int{68, 72, 76} {
			for _, to := range []uint32{uint32(entry), 0, 1, 4, 77} {
				spoil(fmt.Sprintf("entry %d, field %d leads to %d", entry, field, to), func(_ []uint32, dir []byte) { le.PutUint32(dir[128*entry+field:], to) })
			}
		}
	}
	spoil("stream of 2⁶³ bytes", func(_ []uint32, dir []byte) { le.PutUint64(dir[128+120:], 1<<63-1) })
	spoil("stream of 2³¹ bytes", func(_ []uint32, dir []byte) { le.PutUint64(dir[5*128+120:], 1<<31) })
	spoil("name of 65,535 letters", func(_ []uint32, dir []byte) { le.PutUint16(dir[128+64:], 65535) })
	spoil("name of no letters", func(_ []uint32, dir []byte) { le.PutUint16(dir[128+64:], 0) })
	spoil("properties of noise", func([]uint32, []byte) {})
	for i := range 10 {
		head := compound()
		for range 3 {
			le.PutUint32(head[24+m.dice.IntN(120):], []uint32{0, nobody, endOfChain, 1 << 31, 3}[m.dice.IntN(5)])
		}
		m.add(family, fmt.Sprintf("head %d", i), head)
	}
	m.add(family, "locked office document", bytes.Replace(compound(), []byte("_\x00_\x00s\x00u\x00b\x00"), []byte("E\x00n\x00c\x00r\x00y\x00"), -1))
	m.add("TNEF", "head", []byte("\x78\x9f\x3e\x22\x01\x00"), "winmail")
	m.add("TNEF", "noise", append([]byte("\x78\x9f\x3e\x22\x01\x00"), m.noise(3000)...), "winmail")
}
