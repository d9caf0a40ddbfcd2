package mail

import (
	"bytes"
	"fmt"
	"io"
	"mime"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

// encodingOf finds a charset by any of its names; nil if it is unknown.
func encodingOf(charset string) encoding.Encoding {
	charset = strings.ToLower(strings.Trim(charset, " \"'"))
	if charset == "" || charset == "us-ascii" {
		return nil
	}
	if e, err := htmlindex.Get(charset); err == nil {
		return e
	}
	return nil
}

// decodeText makes UTF-8 of a text in a stated charset. One that is not known,
// or lies, is taken as UTF-8 if it is that, and as Windows-1252 if not.
func decodeText(b []byte, charset string) string {
	if e := encodingOf(charset); e != nil && !isUTF8(e) {
		if out, err := e.NewDecoder().Bytes(b); err == nil {
			return cleanText(string(out))
		}
	}
	return cleanText(guess(b))
}

func isUTF8(e encoding.Encoding) bool {
	name, err := htmlindex.Name(e)
	return err == nil && name == "utf-8"
}

func guess(b []byte) string {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	if utf8.Valid(b) {
		return string(b)
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil { // a table without holes: it always decodes
		return strings.ToValidUTF8(string(b), "\uFFFD")
	}
	return string(out)
}

// cleanText keeps newlines and takes out all other control characters. Tabs
// become spaces.
func cleanText(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\f", "\n", "\v", "\n", "\t", "    ", "\u00a0", " ").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r != '\n' && hidden(r) {
			return -1
		}
		return r
	}, s)
}

// hidden says whether r is a control character, or one that turns the order of
// what stands after it, so that a name looks like another one.
func hidden(r rune) bool {
	return unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 ||
		r == 0x200b || r == 0x200e || r == 0x200f || r == 0x2028 || r == 0x2029 || r == 0xfeff || r == 0xad
}

// nameBytes is the longest name that is kept.
const nameBytes = 400

// line makes one line of a header's value or of a name: decoded, without
// control characters, of bounded length.
func line(s string) string {
	if !utf8.ValidString(s) {
		s = guess([]byte(s))
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			return ' '
		case hidden(r):
			return -1
		}
		return r
	}, s)
	return strings.Join(strings.Fields(s), " ")
}

// nameOf is line, cut to a name's length; the ending is kept.
func nameOf(s string) string {
	s = line(s)
	if len(s) <= nameBytes {
		return s
	}
	end := ""
	if i := strings.LastIndexByte(s, '.'); i >= 0 && len(s)-i <= 10 {
		end = s[i:]
	}
	return strings.ToValidUTF8(s[:nameBytes-len(end)], "") + end
}

// words decodes RFC 2047 words of any charset that is known.
var words = mime.WordDecoder{CharsetReader: func(charset string, in io.Reader) (io.Reader, error) {
	e := encodingOf(charset)
	if e == nil {
		return nil, fmt.Errorf("unknown charset")
	}
	return e.NewDecoder().Reader(in), nil
}}

// headerText decodes a header's value. What can't be decoded stays as it is.
func headerText(s string) string {
	if out, err := words.DecodeHeader(s); err == nil {
		s = out
	}
	return line(s)
}

// sizeText writes a size for people.
func sizeText(n int64) string {
	switch {
	case n < 0:
		return ""
	case n < 1000:
		return fmt.Sprintf(" (%d Byte)", n)
	case n < 1000*1000:
		return fmt.Sprintf(" (%d KB)", (n+500)/1000)
	}
	return fmt.Sprintf(" (%d,%d MB)", n/1000000, n/100000%10)
}

// listed writes parts as the fields that name them.
func listed(parts []Part) []Field {
	out := make([]Field, 0, len(parts))
	for i, p := range parts {
		name := p.Name
		if name == "" {
			name = "ohne Namen"
		}
		out = append(out, Field{fmt.Sprintf("Anlage %d", i+1), name + sizeText(p.Size)})
	}
	return out
}

// cut bounds a text and says on the page that it did.
func cut(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "\n\n[Der Text ist länger. Der Rest steht im Original.]\n"
}

// extended reads a parameter in the form of RFC 2231, in pieces or whole, in
// any charset that is known; "" if there is none.
func extended(header, param string) string {
	pieces := map[string]string{}
	for _, p := range strings.Split(header, ";") {
		if key, value, ok := strings.Cut(p, "="); ok {
			pieces[strings.ToLower(strings.TrimSpace(key))] = strings.Trim(strings.TrimSpace(value), `"`)
		}
	}
	value := pieces[param+"*"]
	for i := 0; value == "" && i < 100 || i > 0 && i < 100; i++ {
		key := fmt.Sprintf("%s*%d", param, i)
		piece, ok := pieces[key+"*"]
		if !ok {
			if piece, ok = pieces[key]; !ok {
				break
			}
			piece = url.PathEscape(piece)
		}
		value += piece
	}
	parts := strings.SplitN(value, "'", 3)
	raw, err := url.PathUnescape(parts[len(parts)-1])
	if value == "" || err != nil {
		return ""
	}
	if len(parts) < 3 {
		return decodeText([]byte(raw), "")
	}
	return decodeText([]byte(raw), parts[0])
}
