// Package torture makes files that should harm nobody: damaged, endless,
// self-contained, far too large, in two formats at once, badly named, or full
// of things that a careless program would fetch or run. Tests hand them to the
// real worker pool and to the real server. Nothing of the product uses it.
//
// What was run and what came of it stands in docs/hostile-files.md. `make
// torture` runs everything; a test run takes a part. EAKTE_SEED=n replays a run.
package torture

import (
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"slices"
)

// File is one thing to hand in. Name is data, and may be anything.
type File struct {
	Family string // what it is counted with
	Label  string // for messages; once in a family
	Name   string
	Body   []byte
	Want   []string // outcomes that are right: Ready or reasons of quarantine; nil: any that has a name
	Heavy  bool     // costs more than a few seconds of a processor
}

// Ready is the outcome of a document that was read.
const Ready = "ready"

// Options say what goes into the files.
type Options struct {
	Seed   uint64
	URL    string // an address that nobody may ask for; ends in "/"
	Canary string // a path that nobody may create
	Light  bool   // leave out what is Heavy
}

// maker collects the files of a run.
type maker struct {
	Options
	dice  *rand.Rand
	files []File
}

// Files makes all files of our own. The same options give the same files.
func Files(o Options) []File {
	m := &maker{Options: o, dice: rand.New(rand.NewPCG(o.Seed, 5))}
	m.pdfStructure()
	m.pdfStreams()
	m.pdfDrawing()
	m.pdfActive()
	m.pngs()
	m.jpegs()
	m.tiffs()
	m.archives()
	m.ole()
	m.mails()
	m.office()
	m.texts()
	m.polyglots()
	m.names()
	m.mutations()
	return m.files
}

func (m *maker) add(family, label string, body []byte, want ...string) *File {
	m.files = append(m.files, File{Family: family, Label: label, Name: label, Body: body, Want: want})
	return &m.files[len(m.files)-1]
}

// heavy adds what costs much, also to be made.
func (m *maker) heavy(family, label string, body func() []byte, want ...string) {
	if !m.Light {
		m.add(family, label, body(), want...).Heavy = true
	}
}

// mutations spoils one good file of each format in several ways at many places.
func (m *maker) mutations() {
	for format, b := range inOrder(m.good()) {
		family := "spoilt " + format
		for i := range 12 { // more of them near the start, where the headers are
			at := len(b) * (i + 1) * (i + 1) / 170
			m.add(family, fmt.Sprintf("cut at %d", at), b[:at])
		}
		for i := range 12 {
			m.add(family, fmt.Sprintf("flips %d", i), m.flipped(b, 1<<(i%6)))
		}
		for i := range 8 {
			m.add(family, fmt.Sprintf("swap %d", i), m.swapped(b))
		}
		for i := range 8 {
			m.add(family, fmt.Sprintf("head %d", i), m.edited(b))
		}
		for i := range 3 {
			m.add(family, fmt.Sprintf("doubled %d", i), m.doubled(b))
		}
	}
}

func inOrder[V any](of map[string]V) iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, k := range slices.Sorted(maps.Keys(of)) {
			if !yield(k, of[k]) {
				return
			}
		}
	}
}

// flipped turns n bits over.
func (m *maker) flipped(b []byte, n int) []byte {
	b = slices.Clone(b)
	for range n {
		b[m.dice.IntN(len(b))] ^= 1 << m.dice.IntN(8)
	}
	return b
}

// swapped exchanges two stretches of the same length.
func (m *maker) swapped(b []byte) []byte {
	b = slices.Clone(b)
	n := 1 + m.dice.IntN(max(1, len(b)/8))
	x, y := m.dice.IntN(len(b)-n), m.dice.IntN(len(b)-n)
	first := slices.Clone(b[x : x+n])
	copy(b[x:], b[y:y+n])
	copy(b[y:], first)
	return b
}

// edited puts telling values into the first bytes behind the mark of the format.
func (m *maker) edited(b []byte) []byte {
	b = slices.Clone(b)
	telling := [][]byte{{0}, {0xff}, {0, 0}, {0xff, 0xff}, {0x80, 0}, {0xff, 0xff, 0xff, 0xff}, {0x7f, 0xff, 0xff, 0xff},
		{0, 0, 0, 0}, {0, 0, 0, 1}, {0x80, 0, 0, 0}, []byte("%n%n%s"), []byte("-1 "), []byte("99999999999")}
	for range 1 + m.dice.IntN(3) {
		v := telling[m.dice.IntN(len(telling))]
		copy(b[min(len(b)-1, 5+m.dice.IntN(min(len(b), 250))):], v)
	}
	return b
}

// doubled writes a stretch twice, so that every offset behind it is wrong.
func (m *maker) doubled(b []byte) []byte {
	n := 1 + m.dice.IntN(max(1, len(b)/4))
	x := m.dice.IntN(len(b) - n)
	return slices.Concat(b[:x+n], b[x:])
}

func (m *maker) noise(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(m.dice.Uint32())
	}
	return b
}
