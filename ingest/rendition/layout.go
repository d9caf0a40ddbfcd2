package rendition

import (
	"crypto/sha256"
	"fmt"

	"eakte/appliance/record"
)

// fileHead opens the file. The second line has bytes above 127, which tells
// programs that move files that this one is binary.
const fileHead = "%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"

// The objects that every rendition has. Those of the pages follow.
const (
	objCatalog = 1 + iota
	objRoot    // of the page tree
	objFont
	objCIDFont
	objDescriptor
	objFontFile
	objCIDToGID
	objToUnicode
	objProfile
	objMetadata
	objInfo
	objPages // the first page's
)

// Objects of one page: the page itself, what is drawn, its image.
const perPage = 3

// layout is where everything lies.
type layout struct {
	info     Info
	parts    []Part
	contents int // pages of the table of contents, or of the form; they come first
	form     *drawing
	body     int   // all others
	first    []int // of each part: its first page of the body, counted from 0
	tree     tree
	text     *text
	starts   []int64 // of each page of the body, and of the tail
	offsets  []int64 // of each object by its number; 0: not written
	tail     []byte
	id       [16]byte
}

func newLayout(info Info, parts []Part, form *drawing) (*layout, error) {
	l := &layout{info: info, parts: parts, text: newText(), form: form}
	for _, p := range parts {
		l.first = append(l.first, l.body)
		l.body += p.Pages
	}
	switch {
	case form != nil:
		l.contents = len(form.pages)
	case info.Contents != nil:
		l.contents = contentsPages(len(parts))
	}
	if l.body+l.contents == 0 {
		return nil, record.Bad("pages", "has no page to be shown")
	}
	l.tree = newTree(l.contents+l.body, objPages+perPage*l.body)
	l.offsets = make([]int64, objPages+perPage*l.body)
	sum := sha256.Sum256([]byte("rendition 1\x00" + info.Seed))
	l.id = [16]byte(sum[:16])
	return l, nil
}

// find says in which part page i of the body lies, and which of its pages it
// is, counted from 1.
func (l *layout) find(i int) (part, n int) {
	for part = len(l.parts) - 1; l.first[part] > i || l.parts[part].Pages == 0; part-- {
	}
	return part, i - l.first[part] + 1
}

func (l *layout) level() string {
	if l.text.unknown {
		return LevelB
	}
	return LevelU
}

// pageObject is the number of the object of page i of the body.
func pageObject(i int) int { return objPages + perPage*i }

// ref is a reference to an object.
func ref(n int) string { return fmt.Sprintf("%d 0 R", n) }
