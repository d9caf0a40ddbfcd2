package render

import (
	"context"
	"io"
	"os"
)

// Countable says whether pages can be counted without reading the document, by
// its first SniffLen bytes.
func Countable(head []byte) bool {
	typ, _ := Sniff(head)
	switch typ {
	case TypePDF, TypeTIFF, TypeJPEG, TypePNG:
		return true
	}
	return false
}

// Count says how many pages the document in f, size bytes, has: those that a PDF
// lists, the directories of a TIFF, one for a picture. Anything else is a Fault.
// f is as for Open.
func Count(ctx context.Context, f *os.File, size int64, o Options) (pages int, err error) {
	head := make([]byte, min(size, SniffLen))
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), head); err != nil {
		return 0, err
	}
	if !Countable(head) {
		return 0, fault(ReasonUnknownFormat, 0, "nothing whose pages can be counted")
	}
	if typ, _ := Sniff(head); typ == TypeJPEG || typ == TypePNG {
		return 1, nil
	}
	d, err := Open(ctx, f, size, o)
	if err != nil {
		return 0, err
	}
	return d.Pages(), d.Close()
}
