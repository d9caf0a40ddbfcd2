package mail

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"unicode/utf16"
)

// tree is what a compound file is written of: a storage, or a stream.
type tree struct {
	name     string
	stream   bool
	data     []byte
	children []tree
}

// Numbers of the format ([MS-CFB]), version 3: sectors of 512 bytes, streams
// below 4096 bytes in sectors of 64 within one stream of the root.
const (
	sector     = 512
	mini       = 64
	miniCutoff = 4096
	endOfChain = 0xfffffffe
	fatSector  = 0xfffffffd
	difSector  = 0xfffffffc
	freeSector = 0xffffffff
	noEntry    = 0xffffffff
)

// dirEntry is an entry of the directory.
type dirEntry struct {
	name               string
	kind               byte // 1 storage, 2 stream, 5 root
	left, right, child uint32
	start              uint32
	size               uint64
}

// compoundWriter lays a compound file out: all sectors in the order they are
// given, the tables at the end.
type compoundWriter struct {
	body    bytes.Buffer // the sectors
	fat     []uint32
	mini    bytes.Buffer
	miniFAT []uint32
	dir     []dirEntry
}

// writeCompound writes a storage as a file of its own.
func writeCompound(root tree) []byte {
	w := &compoundWriter{dir: []dirEntry{{name: "Root Entry", kind: 5, left: noEntry, right: noEntry, child: noEntry}}}
	w.dir[0].child = w.storage(root.children)
	w.dir[0].start, w.dir[0].size = w.chain(w.mini.Bytes()), uint64(w.mini.Len())
	miniStart, miniCount := w.table(w.miniFAT)
	dirStart := w.chain(w.directory())
	return w.finish(dirStart, miniStart, miniCount)
}

// storage writes the children of a storage and gives the root of their tree,
// which is balanced by the order of the names.
func (w *compoundWriter) storage(children []tree) uint32 {
	slices.SortFunc(children, func(a, b tree) int {
		x, y := utf16.Encode([]rune(strings.ToUpper(a.name))), utf16.Encode([]rune(strings.ToUpper(b.name)))
		if len(x) != len(y) {
			return len(x) - len(y)
		}
		return slices.Compare(x, y)
	})
	ids := make([]uint32, len(children))
	for i, c := range children {
		ids[i] = uint32(len(w.dir))
		w.dir = append(w.dir, dirEntry{name: c.name, kind: 1, left: noEntry, right: noEntry, child: noEntry})
		if c.stream {
			w.streamEntry(&w.dir[ids[i]], c.data)
			continue
		}
		below := w.storage(c.children)
		w.dir[ids[i]].child = below
	}
	return w.balance(ids)
}

func (w *compoundWriter) balance(ids []uint32) uint32 {
	if len(ids) == 0 {
		return noEntry
	}
	m := len(ids) / 2
	w.dir[ids[m]].left, w.dir[ids[m]].right = w.balance(ids[:m]), w.balance(ids[m+1:])
	return ids[m]
}

func (w *compoundWriter) streamEntry(e *dirEntry, data []byte) {
	e.kind, e.size, e.start = 2, uint64(len(data)), endOfChain
	if len(data) >= miniCutoff {
		e.start = w.chain(data)
	} else if len(data) > 0 {
		e.start = uint32(len(w.miniFAT))
		n := (len(data) + mini - 1) / mini
		for i := range n {
			w.miniFAT = append(w.miniFAT, e.start+uint32(i)+1)
		}
		w.miniFAT[len(w.miniFAT)-1] = endOfChain
		w.mini.Write(data)
		w.mini.Write(make([]byte, n*mini-len(data)))
	}
}

// chain appends sectors and gives the first.
func (w *compoundWriter) chain(data []byte) uint32 {
	if len(data) == 0 {
		return endOfChain
	}
	first, n := uint32(len(w.fat)), (len(data)+sector-1)/sector
	for i := range n {
		w.fat = append(w.fat, first+uint32(i)+1)
	}
	w.fat[len(w.fat)-1] = endOfChain
	w.body.Write(data)
	w.body.Write(make([]byte, n*sector-len(data)))
	return first
}

// table appends a table of numbers as sectors.
func (w *compoundWriter) table(numbers []uint32) (start, count uint32) {
	var b []byte
	for _, n := range numbers {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for len(b)%sector != 0 {
		b = binary.LittleEndian.AppendUint32(b, freeSector)
	}
	return w.chain(b), uint32(len(b) / sector)
}

func (w *compoundWriter) directory() []byte {
	var out []byte
	for _, e := range w.dir {
		b := make([]byte, 128)
		name := utf16.Encode([]rune(e.name))
		name = name[:min(len(name), 31)]
		for i, u := range name {
			binary.LittleEndian.PutUint16(b[2*i:], u)
		}
		binary.LittleEndian.PutUint16(b[64:], uint16(2*len(name)+2))
		b[66], b[67] = e.kind, 1 // all black: the tree is balanced
		binary.LittleEndian.PutUint32(b[68:], e.left)
		binary.LittleEndian.PutUint32(b[72:], e.right)
		binary.LittleEndian.PutUint32(b[76:], e.child)
		binary.LittleEndian.PutUint32(b[116:], e.start)
		binary.LittleEndian.PutUint64(b[120:], e.size)
		out = append(out, b...)
	}
	for len(out)%sector != 0 {
		b := make([]byte, 128)
		for _, at := range []int{68, 72, 76} {
			binary.LittleEndian.PutUint32(b[at:], noEntry)
		}
		out = append(out, b...)
	}
	return out
}

// finish appends the table of sectors and the list of its sectors, and puts
// the head before all.
func (w *compoundWriter) finish(dirStart, miniStart, miniCount uint32) []byte {
	const perTable, perList, inHead = sector / 4, sector/4 - 1, 109
	tables, lists := 0, 0
	for {
		t := (len(w.fat) + tables + lists + perTable - 1) / perTable
		l := max(0, (t-inHead+perList-1)/perList)
		if t == tables && l == lists {
			break
		}
		tables, lists = t, l
	}
	first := uint32(len(w.fat))
	for range tables {
		w.fat = append(w.fat, fatSector)
	}
	for range lists {
		w.fat = append(w.fat, difSector)
	}
	for len(w.fat) < tables*perTable {
		w.fat = append(w.fat, freeSector)
	}
	for _, n := range w.fat {
		w.body.Write(binary.LittleEndian.AppendUint32(nil, n))
	}
	listStart := uint32(endOfChain)
	if lists > 0 {
		listStart = first + uint32(tables)
	}
	for l := range lists {
		for i := range perList {
			v := uint32(freeSector)
			if t := inHead + l*perList + i; t < tables {
				v = first + uint32(t)
			}
			w.body.Write(binary.LittleEndian.AppendUint32(nil, v))
		}
		next := uint32(endOfChain)
		if l+1 < lists {
			next = listStart + uint32(l) + 1
		}
		w.body.Write(binary.LittleEndian.AppendUint32(nil, next))
	}
	h := make([]byte, sector)
	copy(h, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	binary.LittleEndian.PutUint16(h[24:], 0x3e)
	binary.LittleEndian.PutUint16(h[26:], 3)
	binary.LittleEndian.PutUint16(h[28:], 0xfffe)
	binary.LittleEndian.PutUint16(h[30:], 9)
	binary.LittleEndian.PutUint16(h[32:], 6)
	for at, v := range map[int]uint32{44: uint32(tables), 48: dirStart, 56: miniCutoff, 60: miniStart, 64: miniCount, 68: listStart, 72: uint32(lists)} {
		binary.LittleEndian.PutUint32(h[at:], v)
	}
	for i := range inHead {
		v := uint32(freeSector)
		if i < tables {
			v = first + uint32(i)
		}
		binary.LittleEndian.PutUint32(h[76+4*i:], v)
	}
	return append(h, w.body.Bytes()...)
}
