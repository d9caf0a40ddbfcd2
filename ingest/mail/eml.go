package mail

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"

	"github.com/jhillyerd/enmime/v2"
)

// ornament is up to which size a picture that only stands in the text is taken
// for decoration, as a logo or a line: it stays in the mail and makes no
// document. Photographs and scans are larger.
const ornament = 8 << 10

func ornamentField(n int) []Field {
	switch n {
	case 0:
		return nil
	case 1:
		return []Field{{"Im Text", "ein kleines Bild (nur im Original)"}}
	}
	return []Field{{"Im Text", fmt.Sprintf("%d kleine Bilder (nur im Original)", n)}}
}

// openEML reads an e-mail. What stands in it is kept as it came until it is
// asked for: enmime takes the structure apart, the contents are decoded here,
// so that an attached text stays what was attached, byte for byte.
func openEML(r io.ReaderAt, size int64, l Limits) (*Container, error) {
	if size > l.MailBytes {
		return nil, fault(reasonTooLarge, "a mail of %d bytes", size)
	}
	if err := surveyEML(io.NewSectionReader(r, 0, size), l); err != nil {
		return nil, err
	}
	parser := enmime.NewParser(enmime.RawContent(true), enmime.SkipMalformedParts(true), enmime.MultipartWOBoundaryAsSinglePart(true),
		enmime.MaxStoredPartErrors(20), enmime.DisableTextConversion(true), enmime.StripMediaTypeInvalidCharacters(true))
	root, err := parser.ReadParts(skipEnvelope(r, size))
	if err != nil {
		return nil, fault(reasonDamaged, "no mail")
	}
	m := emlReader{limits: l}
	m.walk(root, 0)
	if m.tooMany {
		return nil, fault(reasonManyParts, "more than %d parts", l.Parts)
	}
	c := &Container{Type: TypeEML, Title: headerText(root.Header.Get("Subject")), Text: cut(strings.Join(m.texts, "\n\n"), l.TextBytes), Parts: m.parts}
	c.Fields = append(emlFields(root), listed(m.parts)...)
	c.Fields = append(c.Fields, ornamentField(m.ornaments)...)
	if m.broken {
		c.Fields = append(c.Fields, Field{"Hinweis", "Die E-Mail ist an einzelnen Stellen fehlerhaft; maßgeblich ist das Original."})
	}
	return c, nil
}

// skipEnvelope leaves out what some programs write before the head: a byte
// order mark, empty lines, or the line "From …" of a mailbox file.
func skipEnvelope(r io.ReaderAt, size int64) io.Reader {
	head := make([]byte, min(size, 1024))
	n, _ := r.ReadAt(head, 0) // what can't be read here can't be read below either
	skip := int64(envelopeLen(head[:n]))
	return io.NewSectionReader(r, skip, size-skip)
}

func envelopeLen(head []byte) int {
	n := len(head) - len(bytes.TrimLeft(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), "\r\n"))
	if rest := head[n:]; bytes.HasPrefix(rest, []byte("From ")) {
		if i := bytes.IndexByte(rest, '\n'); i >= 0 {
			return n + i + 1
		}
	}
	return n
}

// emlFields are the lines above the text.
func emlFields(root *enmime.Part) []Field {
	var out []Field
	for _, h := range []struct{ label, name string }{{"Von", "From"}, {"Absender", "Sender"}, {"An", "To"}, {"Kopie", "Cc"},
		{"Blindkopie", "Bcc"}, {"Antwort an", "Reply-To"}, {"Datum", "Date"}, {"Betreff", "Subject"}} {
		value := headerText(root.Header.Get(h.name))
		if h.name == "Date" {
			value = dateText(value)
		}
		if value != "" {
			out = append(out, Field{h.label, nameCut(value)})
		}
	}
	return out
}

// nameCut bounds a header: a mail can have thousands of recipients.
func nameCut(s string) string {
	const limit = 4000
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + " …"
}

// dateText writes a date as it is written here, in the sender's own zone.
func dateText(s string) string {
	t, err := netmail.ParseDate(s)
	if err != nil {
		return s
	}
	return t.Format("02.01.2006 15:04:05 (-0700)")
}

// emlReader walks the tree of a mail's parts.
type emlReader struct {
	limits    Limits
	texts     []string
	textBytes int
	parts     []Part
	ornaments int
	broken    bool
	tooMany   bool
}

// walk takes over a part and those in it, in their order.
func (m *emlReader) walk(p *enmime.Part, depth int) {
	if depth > m.limits.Depth+1 || m.tooMany {
		m.tooMany = true
		return
	}
	m.broken = m.broken || severe(p)
	if p.FirstChild == nil {
		m.leaf(p)
		return
	}
	skip := map[*enmime.Part]bool{}
	if p.ContentType == "multipart/alternative" {
		skip = m.alternative(p)
	}
	for c := p.FirstChild; c != nil; c = c.NextSibling {
		if !skip[c] {
			m.walk(c, depth+1)
		}
	}
}

func severe(p *enmime.Part) bool {
	for _, e := range p.Errors {
		if e.Severe || e.Name == enmime.ErrorMissingBoundary || e.Name == enmime.ErrorMalformedChildPart {
			return true
		}
	}
	return false
}

// alternative says which of the versions of a text are left out: one of plain
// text and HTML is enough. The plain one is taken unless it only says that
// there is another.
func (m *emlReader) alternative(p *enmime.Part) map[*enmime.Part]bool {
	var plain, htm *enmime.Part
	for c := p.FirstChild; c != nil; c = c.NextSibling {
		switch {
		case plain == nil && c.ContentType == "text/plain" && bodyText(c):
			plain = c
		case htm == nil:
			htm = firstHTML(c, 0)
		}
	}
	if plain == nil || htm == nil {
		return nil
	}
	if short, long := len(strings.TrimSpace(textOf(plain))), len(textOf(htm)); long > 2*short+200 {
		return map[*enmime.Part]bool{plain: true}
	}
	return map[*enmime.Part]bool{htm: true}
}

// firstHTML finds the HTML of an alternative, which may stand beside its
// pictures.
func firstHTML(p *enmime.Part, depth int) *enmime.Part {
	if p.ContentType == "text/html" && bodyText(p) {
		return p
	}
	if p.ContentType != "multipart/related" && p.ContentType != "multipart/mixed" || depth > 5 || p.FirstChild == nil {
		return nil
	}
	return firstHTML(p.FirstChild, depth+1)
}

// bodyText says whether a leaf is to be read with the mail.
func bodyText(p *enmime.Part) bool {
	switch p.ContentType {
	case "", "text/plain", "text/html", "text/enriched", "message/delivery-status", "message/disposition-notification", "text/rfc822-headers":
		return p.Disposition != "attachment" && p.FileName == ""
	}
	return false
}

func textOf(p *enmime.Part) string {
	b, _ := io.ReadAll(io.LimitReader(decoded(p), 8<<20)) // what is broken ends the text
	s := decodeText(b, p.ContentTypeParams["charset"])
	if p.ContentType == "text/html" {
		return htmlText(s)
	}
	return s
}

// leaf takes over one part without parts of its own.
func (m *emlReader) leaf(p *enmime.Part) {
	if strings.HasPrefix(p.ContentType, "multipart/") && len(bytes.TrimSpace(p.Content)) == 0 {
		return // an empty frame
	}
	if bodyText(p) || strings.HasPrefix(p.ContentType, "multipart/") && p.FileName == "" {
		if m.textBytes <= m.limits.TextBytes {
			text := strings.TrimRight(textOf(p), " \n")
			if m.textBytes += len(text); text != "" {
				m.texts = append(m.texts, text)
			}
		}
		return
	}
	if p.ContentID != "" && p.Disposition != "attachment" && strings.HasPrefix(p.ContentType, "image/") &&
		len(p.Content) < ornament*4/3 {
		m.ornaments++
		return
	}
	if len(m.parts) == m.limits.Parts {
		m.tooMany = true
		return
	}
	m.parts = append(m.parts, Part{Name: partName(p), Type: line(p.ContentType), Size: sizeOf(p),
		open: func() (io.ReadCloser, error) { return io.NopCloser(decoded(p)), nil }})
}

// partName is the name a part came with; a mail in the mail is called by its subject.
func partName(p *enmime.Part) string {
	for _, from := range []struct{ header, param string }{{"Content-Disposition", "filename"}, {"Content-Type", "name"}} {
		if name := nameOf(extended(p.Header.Get(from.header), from.param)); name != "" {
			return name
		}
	}
	if name := nameOf(headerText(p.FileName)); name != "" {
		return name
	}
	if p.ContentType != "message/rfc822" {
		return ""
	}
	inner, err := netmail.ReadMessage(io.LimitReader(decoded(p), 256<<10))
	if err != nil {
		return "E-Mail.eml"
	}
	if s := headerText(inner.Header.Get("Subject")); s != "" {
		return nameOf(s + ".eml")
	}
	return "E-Mail.eml"
}

// sizeOf counts a part's bytes after decoding.
func sizeOf(p *enmime.Part) int64 {
	n, _ := io.Copy(io.Discard, decoded(p)) // what is broken ends it, here as when it is taken out
	return n
}

// decoded undoes the transfer encoding. Broken encoding gives what can be had:
// the mail itself is kept as it came.
func decoded(p *enmime.Part) io.Reader {
	raw := bytes.NewReader(p.Content)
	switch strings.ToLower(strings.TrimSpace(p.Header.Get("Content-Transfer-Encoding"))) {
	case "base64":
		return lenient{base64.NewDecoder(base64.RawStdEncoding, &base64Letters{r: raw})}
	case "quoted-printable":
		return lenient{quotedprintable.NewReader(raw)}
	}
	return raw
}

// lenient ends where decoding fails.
type lenient struct{ r io.Reader }

func (l lenient) Read(b []byte) (int, error) {
	n, err := l.r.Read(b)
	if err != nil && !errors.Is(err, io.EOF) {
		err = io.EOF
	}
	return n, err
}

// base64Letters lets through the letters of base64 only: mail programs break
// lines, and some put signs between them.
type base64Letters struct{ r io.Reader }

func (l *base64Letters) Read(b []byte) (int, error) {
	for {
		n, err := l.r.Read(b)
		kept := 0
		for _, c := range b[:n] {
			if isLetter(c) || c >= '0' && c <= '9' || c == '+' || c == '/' {
				b[kept] = c
				kept++
			}
		}
		if kept > 0 || err != nil || len(b) == 0 {
			return kept, err
		}
	}
}
