package render

import "bytes"

// The types of document this package reads.
const (
	TypePDF  = "application/pdf"
	TypeTIFF = "image/tiff"
	TypeJPEG = "image/jpeg"
	TypePNG  = "image/png"
)

// SniffLen is how many bytes Sniff wants to see; fewer are fine if the document has no more.
const SniffLen = 1024

// Sniff tells the type of a document from its first bytes, never from a name
// or a header. ok is false for what this package does not read.
func Sniff(head []byte) (contentType string, ok bool) {
	if len(head) > SniffLen {
		head = head[:SniffLen]
	}
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xd8\xff")):
		return TypeJPEG, true
	case bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")):
		return TypePNG, true
	case bytes.HasPrefix(head, []byte("II*\x00")), bytes.HasPrefix(head, []byte("MM\x00*")),
		bytes.HasPrefix(head, []byte("II+\x00")), bytes.HasPrefix(head, []byte("MM\x00+")):
		return TypeTIFF, true
	case bytes.Contains(head, []byte("%PDF-")): // readers accept junk before it, and mail gateways add some
		return TypePDF, true
	}
	return "", false
}
