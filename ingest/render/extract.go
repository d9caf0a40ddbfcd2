package render

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
)

// Range is pages First to Last of a document, both in it, counted from 1.
type Range struct {
	First int `json:"first"`
	Last  int `json:"last"`
}

// Source is a document of which pages can be taken as they are: a PDF or a
// TIFF. What belongs to the whole and not to a page (outlines, scripts,
// attachments, metadata) stays behind; pages are neither decoded nor changed.
type Source struct {
	doc  Document
	f    *os.File
	tiff *tiffDoc // nil: a PDF
}

// OpenSource opens a document to take pages of it, as Open does. Any other
// kind of document than PDF and TIFF is a Fault.
func OpenSource(ctx context.Context, f *os.File, size int64, o Options) (*Source, error) {
	head := make([]byte, min(size, SniffLen))
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), head); err != nil {
		return nil, err
	}
	if typ, _ := Sniff(head); typ != TypePDF && typ != TypeTIFF {
		return nil, fault(ReasonUnknownFormat, 0, "pages can be taken of PDF and TIFF only")
	}
	doc, err := Open(ctx, f, size, o)
	if err != nil {
		return nil, err
	}
	t, _ := doc.(*tiffDoc)
	return &Source{doc: doc, f: f, tiff: t}, nil
}

// ContentType is that of the document, and of what is taken of it.
func (s *Source) ContentType() string { return s.doc.ContentType() }

// Pages is how many the document has.
func (s *Source) Pages() int { return s.doc.Pages() }

// Close ends the use of the document; its file stays open.
func (s *Source) Close() error { return s.doc.Close() }

// Write writes the pages of r as a document of their own. The same pages give
// the same bytes, as long as qpdf is the same. What was written before an error
// is worth nothing.
func (s *Source) Write(ctx context.Context, w io.Writer, r Range) error {
	if r.First < 1 || r.Last < r.First || r.Last > s.Pages() {
		return fault(ReasonDamaged, 0, fmt.Sprintf("no pages %d to %d among %d", r.First, r.Last, s.Pages()))
	}
	if s.tiff != nil {
		return s.tiff.write(w, r)
	}
	copied := func(out io.Reader) error {
		n, err := io.Copy(w, out)
		if err == nil && n == 0 {
			err = errors.New("nothing came out")
		}
		return err
	}
	// Starting from nothing leaves behind what belongs to the whole. Pages often
	// share one list of resources: without its last option each letter of a batch
	// would carry the images of all.
	return tool(ctx, s.f, r.First, copied, "qpdf", "--empty", "--deterministic-id", "--stream-data=preserve",
		"--object-streams=generate", "--remove-unreferenced-resources=yes",
		"--pages", inTool, fmt.Sprintf("%d-%d", r.First, r.Last), "--", "-")
}
