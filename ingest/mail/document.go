package mail

import (
	"bytes"
	"regexp"

	"golang.org/x/text/encoding/unicode"
)

// TextOf gives the text of a document that is nothing but text: UTF-8, UTF-16
// with a byte order mark, or a Western code page. It has no control characters
// but newlines.
func TextOf(b []byte) string {
	if s, ok := wide(b); ok {
		return cleanText(s)
	}
	return cleanText(guess(b))
}

// HTMLOf gives what is to be read of an HTML document: its text, and behind
// each link where it leads. Nothing is fetched and nothing carried out. The
// charset is that of the byte order mark, or what the document says near its
// beginning, or a guess.
func HTMLOf(b []byte) string {
	s, ok := wide(b)
	if ok {
		s = cleanText(s)
	} else {
		s = decodeText(b, statedCharset(b))
	}
	w := htmlWriter{links: true}
	return w.document(s)
}

// wide decodes UTF-16 that has a byte order mark.
func wide(b []byte) (string, bool) {
	if !bytes.HasPrefix(b, []byte("\xff\xfe")) && !bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return "", false
	}
	out, err := unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM).NewDecoder().Bytes(b)
	return string(out), err == nil
}

// charsetPattern finds a charset in an element meta or in an XML declaration.
var charsetPattern = regexp.MustCompile(`(?i)<(?:meta\b[^>]{0,300}?charset|\?xml\b[^>]{0,100}?encoding)\s*=\s*["']?\s*([a-z0-9_:.-]{1,40})`)

// statedCharset is what the first bytes say; "" with a byte order mark, which
// says more.
func statedCharset(b []byte) string {
	if bytes.HasPrefix(b, []byte("\xef\xbb\xbf")) {
		return ""
	}
	m := charsetPattern.FindSubmatch(b[:min(len(b), 4096)])
	if m == nil {
		return ""
	}
	return string(m[1])
}
