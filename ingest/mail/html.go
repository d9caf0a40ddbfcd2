package mail

import (
	"html"
	"strings"
)

// blocks are the elements that begin a new line.
var blocks = map[string]bool{"p": true, "div": true, "br": true, "tr": true, "table": true, "ul": true, "ol": true, "li": true,
	"h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "blockquote": true, "pre": true, "hr": true,
	"section": true, "article": true, "header": true, "footer": true, "address": true, "dt": true, "dd": true, "title": true}

// silent are the elements whose content is not for reading.
var silent = map[string]bool{"script": true, "style": true, "head": true, "template": true, "noscript": true, "svg": true,
	"object": true, "iframe": true, "math": true}

// htmlText gives the text of an HTML document. It is no parser: what is not a
// tag is text, addresses are never followed, and the time grows with the length
// only. Where the end of a silent element is missing, nothing after it is
// shown but the page of the original.
func htmlText(s string) string {
	w := htmlWriter{}
	return w.document(s)
}

func (w *htmlWriter) document(s string) string {
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			w.text(s)
			break
		}
		w.text(s[:i])
		s = s[i:]
		switch {
		case strings.HasPrefix(s, "<!--"):
			s = after(s[4:], "-->")
		case len(s) > 1 && (isLetter(s[1]) || s[1] == '/' || s[1] == '!' || s[1] == '?'):
			tag, rest := tagOf(s)
			if w.links {
				w.link(tag, s[:len(s)-len(rest)])
			}
			s = w.tag(tag, rest)
		default:
			w.text("<")
			s = s[1:]
		}
	}
	return strings.TrimSpace(w.b.String()) + "\n"
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// after is s behind the first mark; nothing if there is none.
func after(s, mark string) string {
	_, rest, _ := strings.Cut(s, mark)
	return rest
}

// tagOf cuts the tag that s begins with: its name, small, with "/" if it
// closes, and what follows it. A ">" in quotes does not end it.
func tagOf(s string) (name, rest string) {
	end := len(s)
	for i, quote := 1, byte(0); i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case (c == '"' || c == '\'') && strings.HasSuffix(strings.TrimRight(s[:i], " "), "="):
			quote = c
		case c == '>':
			end = i
		}
		if end < len(s) {
			break
		}
	}
	inner := s[1:end]
	if end < len(s) {
		rest = s[end+1:]
	}
	n := strings.IndexFunc(inner[min(1, len(inner)):], func(r rune) bool { return !(r < 0x80 && (isLetter(byte(r)) || r >= '0' && r <= '9')) })
	if n >= 0 {
		inner = inner[:n+1]
	}
	return strings.ToLower(inner), rest
}

// htmlWriter gathers text, white space brought together, at most one empty line.
type htmlWriter struct {
	b     strings.Builder
	space bool
	lines int    // newlines that wait for the next word
	links bool   // say where they lead
	open  string // where the link leads that is open
	from  int    // where its text begins
}

// link notes where a link leads, and writes it behind the link's text unless
// that says the same. An address is text here and never more.
func (w *htmlWriter) link(name, tag string) {
	switch name {
	case "a":
		w.open, w.from = strings.TrimSpace(html.UnescapeString(attribute(tag, "href"))), w.b.Len()
	case "/a":
		shown := strings.TrimSpace(w.b.String()[min(w.from, w.b.Len()):])
		if w.open != "" && w.open[0] != '#' && strings.TrimSuffix(withoutScheme(w.open), "/") != strings.TrimSuffix(withoutScheme(shown), "/") {
			w.space = true
			w.plain("<" + shortAddress(w.open) + ">")
		}
		w.open = ""
	}
}

// withoutScheme takes off what people leave out.
func withoutScheme(address string) string {
	for _, s := range []string{"https://", "http://", "mailto:", "tel:"} {
		address = strings.TrimPrefix(address, s)
	}
	return address
}

// shortAddress bounds a link's address: a picture can be in one.
func shortAddress(s string) string {
	if len(s) > mostAddress {
		return strings.ToValidUTF8(s[:mostAddress], "") + "…"
	}
	return s
}

// mostAddress is how much of a link's address is shown, in bytes.
const mostAddress = 2000

// attribute gives the value of an attribute as it stands in a tag; "" if there
// is none. Of two of the same name the first counts, as in a browser.
func attribute(tag, name string) string {
	const blank = " \t\r\n\f/"
	rest := ""
	if i := strings.IndexAny(tag, blank); i >= 0 {
		rest = tag[i:]
	}
	for {
		rest = strings.TrimLeft(rest, blank)
		end := strings.IndexAny(rest, blank+"=>")
		if end < 0 || rest == "" || rest[0] == '>' {
			return ""
		}
		key := rest[:max(1, end)]
		rest = strings.TrimLeft(rest[len(key):], blank)
		value, ok := strings.CutPrefix(rest, "=")
		if !ok {
			continue
		}
		value = strings.TrimLeft(value, " \t\r\n\f")
		if value != "" && (value[0] == '"' || value[0] == '\'') {
			value, rest, _ = strings.Cut(value[1:], value[:1])
		} else if i := strings.IndexAny(value, " \t\r\n\f>"); i >= 0 {
			value, rest = value[:i], value[i:]
		} else {
			rest = ""
		}
		if strings.EqualFold(key, name) {
			return value
		}
	}
}

func (w *htmlWriter) text(s string) {
	if strings.IndexByte(s, '&') >= 0 {
		s = html.UnescapeString(s)
	}
	w.plain(s)
}

// plain writes a text that has no entities.
func (w *htmlWriter) plain(s string) {
	for _, r := range s {
		switch {
		case r == ' ' || r == '\n' || r == '\r' || r == '\t' || r == 0xa0:
			w.space = true
		case hidden(r):
		default:
			w.rune(r)
		}
	}
}

func (w *htmlWriter) rune(r rune) {
	switch {
	case w.b.Len() == 0:
	case w.lines > 0:
		w.b.WriteString("\n\n"[:min(2, w.lines)])
	case w.space:
		w.b.WriteByte(' ')
	}
	w.lines, w.space = 0, false
	w.b.WriteRune(r)
}

// tag does what a tag means for the text and gives what is to be read next.
func (w *htmlWriter) tag(name, rest string) string {
	switch bare := strings.TrimPrefix(name, "/"); {
	case silent[name]:
		return closing(rest, name)
	case bare == "td" || bare == "th":
		w.space = true
	case name == "p" || bare == "table" || bare == "blockquote":
		w.lines = max(w.lines, 2)
	case name == "br":
		w.lines++
	case blocks[bare]:
		w.lines = max(w.lines, 1)
	}
	if name == "li" {
		w.rune('•')
		w.space = true
	}
	return rest
}

// closing is s behind the end of an element.
func closing(s, name string) string {
	for {
		i := strings.Index(s, "</")
		if i < 0 {
			return ""
		}
		s = s[i+2:]
		if len(s) >= len(name) && strings.EqualFold(s[:len(name)], name) && (len(s) == len(name) || !isLetter(s[len(name)])) {
			return after(s, ">")
		}
	}
}
