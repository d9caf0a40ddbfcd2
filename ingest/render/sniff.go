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
	TypeCMS  = "application/pkcs7-mime" // S/MIME: signed or encrypted
	TypePGP  = "application/pgp-encrypted"
)

// The types that other programs make pages of.
const (
	TypeHEIC = "image/heic"
	TypeRTF  = "application/rtf" // ingest/office converts it, and what it finds in ZIP and compound files
)

// SniffLen is how many bytes Sniff wants to see; fewer are fine if the document has no more.
const SniffLen = 1024

// Sniff tells the type of a document from its first bytes, never from a name
// or a header. ok is false for what nobody here reads. Where a file is two
// things at once, the order below decides: what has a signature of its own at
// the very beginning is that. A mail is a mail and HTML is HTML even if they
// say "%PDF-" further down; a PDF is one also behind lines of text, which mail
// gateways add, but not where a sentence of a text mentions it. Everything
// else without control characters is text. The rest of the file is held
// against the type when it is read.
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
	case isHEIC(head):
		return TypeHEIC, true
	case bytes.HasPrefix(head, []byte(`{\rtf`)):
		return TypeRTF, true
	case isCMS(head):
		return TypeCMS, true
	case bytes.HasPrefix(head, []byte("-----BEGIN PGP MESSAGE-----")):
		return TypePGP, true
	case isMail(head):
		return TypeEML, true
	case isHTML(head):
		return TypeHTML, true
	}
	text := IsText(head, len(head) < SniffLen)
	switch {
	case isPDF(head, text): // readers accept junk before it, and mail gateways add some
		return TypePDF, true
	case text && len(head) > 0:
		return TypeText, true
	}
	return "", false
}

// isPDF looks for the mark of a PDF: anywhere among other bytes, at the
// beginning of a line within text.
func isPDF(head []byte, text bool) bool {
	mark := []byte("%PDF-")
	for at := 0; ; at++ {
		i := bytes.Index(head[at:], mark)
		if i < 0 {
			return false
		}
		at += i
		if !text || at == 0 || head[at-1] == '\n' || head[at-1] == '\r' || bytes.Equal(head[:at], []byte("\xef\xbb\xbf")) {
			return true
		}
	}
}

// isCMS says whether the bytes begin as a signed or encrypted message does
// (RFC 5652), in its binary form or as text.
func isCMS(head []byte) bool {
	for _, begin := range []string{"-----BEGIN PKCS7-----", "-----BEGIN CMS-----"} {
		if bytes.HasPrefix(head, []byte(begin)) {
			return true
		}
	}
	if len(head) < 2 || head[0] != 0x30 {
		return false
	}
	head = head[1:]
	if n := int(head[0]); n > 0x84 || n < 0x80 {
		head = head[1:]
	} else {
		head = head[min(len(head), 1+n-0x80):]
	}
	pkcs7, auth := []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07"), []byte("\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x17")
	return bytes.HasPrefix(head, pkcs7) || bytes.HasPrefix(head, auth)
}
