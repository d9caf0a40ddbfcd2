// Package rendition makes a PDF/A-2u of pages that were read: each page's
// image exactly as it is kept, with its words invisibly above it, so that the
// text can be searched and copied. Several documents go into one PDF behind a
// table of contents.
//
// A Rendition is laid out once, page by page, and then read at any place: a
// page's bytes are made anew when they are asked for, since the same pages
// always give the same bytes. So nothing is kept on disk, one page at a time is
// held in memory, and a range of a thousand pages costs what lies in the range.
package rendition

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sort"
	"sync"
	"time"

	"eakte/appliance/record"
)

// The levels of conformance a rendition can have: ISO 19005-2, level U; level
// B where a character of the text has no known meaning in Unicode.
const (
	LevelU = "2u"
	LevelB = "2b"
)

// Page is one page: its image and its words, whose boxes are in pixels of
// Width × Height at DPI. The image may have fewer pixels than that.
type Page struct {
	Width, Height, DPI int
	JPEG               []byte // grey or colour; embedded as it is
	Words              []record.Word
}

// Source gives the pages of one document, counted from 1. The same page is
// asked for more than once and must be the same each time.
type Source interface {
	Page(n int) (Page, error)
}

// Part is one document of a rendition.
type Part struct {
	Title, Type, Date string // as the table of contents shows them
	Pages             int
	Note              string                 // shown instead of a page number if Pages is 0
	Open              func() (Source, error) // asked again for each pass; not called if Pages is 0
}

// Info describes the rendition. Everything in it is part of the bytes.
type Info struct {
	Title    string
	Created  time.Time // of the record, not of the rendition: the same input gives the same bytes
	About    string    // a remark for whoever opens it; may be empty
	Seed     string    // tells this rendition from all others, as a document's digest does; only its hash is written
	Contents *Contents // nil: no table of contents
}

// Contents are the words of the table of contents.
type Contents struct {
	Heading, Subject                string
	Title, Type, Date, Page, PageOf string // headings of the columns; PageOf stands before the number of a page of the table
	Bookmark                        string // of the table itself
}

// Rendition is a PDF laid out and ready to be read. It may be read by several
// at the same time, for as long as its sources can be opened.
type Rendition struct {
	Size   int64
	SHA256 record.Digest
	Level  string
	Pages  int // those of the table of contents included

	lay *layout

	mu   sync.Mutex
	last int    // the page whose bytes are kept; -1: none
	kept []byte // they are
	open opened
}

// opened is the source in use: pages come in order, so one is enough.
type opened struct {
	part   int // -1: none
	source Source
}

// New lays out a rendition. It reads every page once. A document without a
// page can't be rendered: Invalid.
func New(ctx context.Context, info Info, parts []Part) (*Rendition, error) {
	l, err := newLayout(info, parts, nil)
	if err != nil {
		return nil, err
	}
	return assemble(ctx, l)
}

// assemble reads every page and finds out where everything lies.
func assemble(ctx context.Context, l *layout) (_ *Rendition, err error) {
	r := &Rendition{lay: l, last: -1, open: opened{part: -1}, Pages: l.contents + l.body}
	hash := sha256.New()
	l.starts = make([]int64, 0, l.body+1)
	at := int64(len(fileHead))
	hash.Write([]byte(fileHead))
	for i := range l.body {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		segment, err := r.segment(i)
		if err != nil {
			return nil, err
		}
		l.starts = append(l.starts, at)
		l.noteOffsets(i, at, segment)
		hash.Write(segment.bytes())
		at += segment.len()
	}
	l.starts = append(l.starts, at)
	r.Level = l.level()
	if l.tail, err = l.end(at); err != nil {
		return nil, err
	}
	hash.Write(l.tail)
	r.Size = at + int64(len(l.tail))
	r.SHA256 = record.FromHash(hash)
	return r, nil
}

// segment makes the bytes of page i of the body, counted from 0.
func (r *Rendition) segment(i int) (segment, error) {
	part, n := r.lay.find(i)
	if r.open.part != part {
		s, err := r.lay.parts[part].Open()
		if err != nil {
			return segment{}, err
		}
		r.open = opened{part, s}
	}
	p, err := r.open.source.Page(n)
	if err != nil {
		return segment{}, err
	}
	return r.lay.page(i, p)
}

// errChanged says that a page is not what it was when it was laid out.
var errChanged = errors.New("rendition: a page has changed while it was read")

// bytesOf gives the bytes of page i, kept from the last call if they are the same.
func (r *Rendition) bytesOf(i int) ([]byte, error) {
	if r.last == i {
		return r.kept, nil
	}
	r.last, r.kept = -1, nil
	s, err := r.segment(i)
	if err != nil {
		return nil, err
	}
	b := s.bytes()
	if int64(len(b)) != r.lay.starts[i+1]-r.lay.starts[i] {
		return nil, errChanged
	}
	r.last, r.kept = i, b
	return b, nil
}

// ReadAt reads the PDF at any place.
func (r *Rendition) ReadAt(p []byte, off int64) (n int, err error) {
	if off < 0 {
		return 0, fmt.Errorf("rendition: read at %d", off)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for n < len(p) && off < r.Size {
		b, start, err := r.piece(off)
		if err != nil {
			return n, err
		}
		c := copy(p[n:], b[off-start:])
		n, off = n+c, off+int64(c)
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// piece gives the bytes that hold off, and where they start.
func (r *Rendition) piece(off int64) ([]byte, int64, error) {
	l := r.lay
	switch {
	case off < int64(len(fileHead)):
		return []byte(fileHead), 0, nil
	case off >= l.starts[l.body]:
		return l.tail, l.starts[l.body], nil
	}
	i := sort.Search(l.body, func(i int) bool { return l.starts[i+1] > off })
	b, err := r.bytesOf(i)
	return b, l.starts[i], err
}

// WriteTo writes the whole PDF, one page at a time.
func (r *Rendition) WriteTo(w io.Writer) (int64, error) {
	return io.Copy(w, io.NewSectionReader(r, 0, r.Size))
}
