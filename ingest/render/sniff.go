package render

import "bytes"

// The types of document this package reads.
const (
	TypePDF  = "application/pdf"
	TypeTIFF = "image/tiff"
	TypeJPEG = "image/jpeg"
	TypePNG  = "image/png"
)

// The types of container, which ingest/mail opens. TypeOLE is Microsoft's
// compound format, which messages of Outlook share with old text documents:
// which it is stands further down in the file.
const (
	TypeEML  = "message/rfc822"
	TypeMSG  = "application/vnd.ms-outlook"
	TypeOLE  = "application/x-ole-storage"
	TypeZIP  = "application/zip"
	TypeTNEF = "application/ms-tnef"
)

// SniffLen is how many bytes Sniff wants to see; fewer are fine if the document has no more.
const SniffLen = 1024

// Sniff tells the type of a document from its first bytes, never from a name
// or a header. ok is false for what neither this package nor ingest/mail reads.
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
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")):
		return TypeOLE, true
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return TypeZIP, true
	case bytes.HasPrefix(head, []byte("\x78\x9f\x3e\x22")):
		return TypeTNEF, true
	case isMail(head):
		return TypeEML, true
	case bytes.Contains(head, []byte("%PDF-")): // readers accept junk before it, and mail gateways add some
		return TypePDF, true
	}
	return "", false
}
