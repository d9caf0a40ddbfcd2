package render

import (
	"bytes"
	"slices"
	"strings"
	"unicode/utf8"
)

// The types of text, which ingest/worker lays out.
const (
	TypeText = "text/plain"
	TypeHTML = "text/html"
)

// htmlBegins are the elements that an HTML document begins with, after white
// space and comments. A fragment that begins otherwise is shown as text.
var htmlBegins = []string{"html", "head", "body", "title", "meta", "script", "style", "table", "div", "p", "h1", "h2", "h3",
	"font", "center", "iframe", "link", "base"}

// isHTML says whether the first bytes are the beginning of an HTML document,
// in UTF-8 or a code page that shares its letters; UTF-16 with a byte order
// mark too.
func isHTML(head []byte) bool {
	s := strings.ToLower(string(narrow(head)))
	for {
		s = strings.TrimLeft(s, " \t\r\n\f")
		rest, comment := strings.CutPrefix(s, "<!--")
		declaration := strings.HasPrefix(s, "<?xml")
		var ended bool
		switch {
		case comment:
			_, s, ended = strings.Cut(rest, "-->")
		case declaration:
			_, s, ended = strings.Cut(s, "?>")
		default:
			return htmlTag(s)
		}
		if !ended {
			return false
		}
	}
}

func htmlTag(s string) bool {
	if rest, ok := strings.CutPrefix(s, "<!doctype"); ok {
		rest = strings.TrimLeft(rest, " \t\r\n\f")
		return strings.HasPrefix(rest, "html")
	}
	name, ok := strings.CutPrefix(s, "<")
	if !ok {
		return false
	}
	end := strings.IndexAny(name, " \t\r\n\f>/")
	return end > 0 && slices.Contains(htmlBegins, name[:end])
}

// narrow takes a byte order mark off, and of UTF-16 every second byte, where
// that is ASCII.
func narrow(b []byte) []byte {
	low := 0
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		low = 1
	default:
		return b
	}
	var out []byte
	for i := 2; i+1 < len(b); i += 2 {
		c := b[i+low]
		if b[i+1-low] != 0 || c >= 0x80 {
			c = '?'
		}
		out = append(out, c)
	}
	return out
}

// IsText says whether b is text and nothing else: UTF-8, UTF-16 with a byte
// order mark, or a Western code page, without control characters but those of
// lines and pages. whole is false for the beginning of something longer, which
// may be cut within a letter.
func IsText(b []byte, whole bool) bool {
	if bytes.HasPrefix(b, []byte("\xff\xfe")) || bytes.HasPrefix(b, []byte("\xfe\xff")) {
		return wideText(b, whole)
	}
	for _, c := range b {
		if c < ' ' && !lineControl(uint16(c)) || c == 0x7f {
			return false
		}
	}
	if !whole {
		b = b[:len(b)-cutOff(b)]
	}
	return utf8.Valid(b) || westernText(b)
}

// lineControl are tab, the ends of lines and pages, and what DOS put at the
// end of a file.
func lineControl(c uint16) bool {
	return c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v' || c == 0x1a
}

// cutOff is how many bytes at the end are the beginning of a letter.
func cutOff(b []byte) int {
	for n := 1; n <= min(3, len(b)); n++ {
		if c := b[len(b)-n]; utf8.RuneStart(c) {
			if !utf8.FullRune(b[len(b)-n:]) {
				return n
			}
			break
		}
	}
	return 0
}

// westernText says whether b may be Windows-1252: no holes of that code page,
// and mostly plain letters.
func westernText(b []byte) bool {
	high := 0
	for _, c := range b {
		switch {
		case c == 0x81 || c == 0x8d || c == 0x8f || c == 0x90 || c == 0x9d:
			return false
		case c >= 0x80:
			high++
		}
	}
	return high*10 <= len(b)*3
}

// wideText says whether b, which begins with a byte order mark, is UTF-16.
func wideText(b []byte, whole bool) bool {
	if len(b)%2 != 0 {
		if whole {
			return false
		}
		b = b[:len(b)-1]
	}
	big := b[0] == 0xfe
	open := false // after the first half of a pair
	for i := 2; i+1 < len(b); i += 2 {
		c := uint16(b[i]) | uint16(b[i+1])<<8
		if big {
			c = uint16(b[i])<<8 | uint16(b[i+1])
		}
		first, second := c >= 0xd800 && c < 0xdc00, c >= 0xdc00 && c < 0xe000
		if second != open || c < ' ' && !lineControl(c) || c == 0x7f || c == 0xfffe || c == 0xffff {
			return false
		}
		open = first
	}
	return !open || !whole
}
