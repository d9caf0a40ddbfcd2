// Package render turns the bytes of a document into pages: what to recognise,
// what to show, and, for a PDF that was never on paper, its own words.
//
// It runs only in the worker process (see ingest/worker). What it reads is
// hostile until proven otherwise: sizes are taken from headers and checked
// before anything is decoded, and a document that can't be read whole is a
// Fault, never a document with fewer pages.
package render

import (
	"context"
	"image"
	"io"
	"os"
)

// Limits bound what one document may ask for.
type Limits struct {
	MaxPixels int64 // of one image, as its header says
	MaxPages  int
}

// Options say where and within what limits a document is read.
type Options struct {
	Limits
	// Scratch is a folder in memory (tmpfs) for tools that can write only files.
	// Empty: none; pages that need one take the slower way through a pipe.
	Scratch string
	// OnDemand leaves born-digital pages of a PDF without a picture to show: Draw
	// makes it when somebody wants to see it.
	OnDemand bool
	// Converted says that a PDF was made by a program from a text: its words are
	// the page's, however few they are.
	Converted bool
}

// Document is an opened document. Pages are read in any order, one at a time.
type Document interface {
	ContentType() string
	Pages() int
	// Page reads page n, 1 being the first.
	Page(ctx context.Context, n int) (Page, error)
	Close() error
}

// Page is one page before recognition.
type Page struct {
	Raster  Raster
	Digital bool   // Words are the document's own; there is nothing to recognise
	Words   []Word // in reading order; only if Digital
	// OnDemand: Raster is only for reading codes, grey whatever the page is. What
	// Draw makes in its width and height is the page.
	OnDemand bool
	// Faulty: the file is damaged here, and the picture may lack something.
	Faulty bool
}

// Word is a word of a born-digital page, its box in pixels of the page's raster.
// Words of the same Block and Line stand in one line.
type Word struct {
	Text        string
	Box         image.Rectangle
	Block, Line int
}

// Open looks at the document in f, size bytes, and counts its pages. f must
// allow to be read through /proc/self/fd by other programs and is not closed.
func Open(ctx context.Context, f *os.File, size int64, o Options) (Document, error) {
	if size == 0 {
		return nil, fault(ReasonEmpty, 0, "no bytes")
	}
	head := make([]byte, min(size, SniffLen))
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), head); err != nil {
		return nil, err
	}
	typ, ok := Sniff(head)
	if !ok {
		return nil, fault(ReasonUnknownFormat, 0, "none of the formats that are read")
	}
	switch typ {
	case TypeEML, TypeOLE, TypeZIP, TypeCMS, TypeRTF, TypeText, TypeHTML: // ingest/worker opens them
		return nil, fault(ReasonUnknownFormat, 0, "nothing with pages of its own")
	case TypePGP:
		return nil, fault(ReasonEncrypted, 0, "a PGP message")
	case TypeTNEF:
		return nil, fault(ReasonWinmail, 0, "winmail.dat")
	case TypePDF:
		return openPDF(ctx, f, o)
	case TypeTIFF:
		return openTIFF(f, size, o)
	case TypeHEIC:
		return openHEIC(ctx, f, size, o)
	default:
		return openSingle(f, size, typ, o)
	}
}
