package mail

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sort"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/richardlehane/mscfb"
)

// The properties of a message that are read ([MS-OXPROPS]), and the types that
// they may have.
const (
	propSubject, propBody, propRTF, propHTML                = 0x0037, 0x1000, 0x1009, 0x1013
	propSender, propSenderMail, propSenderSMTP              = 0x0c1a, 0x0c1f, 0x5d01
	propTo, propCc, propBcc                                 = 0x0e04, 0x0e03, 0x0e02
	propSent, propReceived                                  = 0x0039, 0x0e06
	propCodePage, propMessageCodePage                       = 0x3fde, 0x3ffd
	propName, propMail, propSMTP, propRecipientType         = 0x3001, 0x3003, 0x39fe, 0x0c15
	propAttachName, propAttachShort, propAttachTag          = 0x3707, 0x3704, 0x370e
	propAttachData, propAttachDisplay, propAttachContentID  = 0x3701, 0x3001, 0x3712
	typeUnicode, typeString, typeBinary, typeObject, typeIn = 0x001f, 0x001e, 0x0102, 0x000d, 0x0003
	typeTime                                                = 0x0040
)

// Names of a message's storages and of its table of fixed properties.
const (
	propertyStream  = "__properties_version1.0"
	recipientPrefix = "__recip_version1.0_#"
	attachPrefix    = "__attach_version1.0_#"
	valuePrefix     = "__substg1.0_"
)

// Bounds of a compound file.
const (
	nodeCount  = 20_000   // streams and storages
	valueBytes = 16 << 20 // of one value that is read whole
)

// openMSG reads a message of Outlook.
func openMSG(r io.ReaderAt, size int64, l Limits) (*Container, error) {
	if size > l.MailBytes {
		return nil, fault(reasonTooLarge, "a message of %d bytes", size)
	}
	root, err := compound(r, size)
	if err != nil {
		return nil, err
	}
	if root.child(propertyStream) == nil {
		return nil, fault(reasonUnknown, "a compound file, but no message")
	}
	m := storage{node: root, header: 32}
	if err := m.load(""); err != nil {
		return nil, err
	}
	c := &Container{Type: TypeMSG, Title: line(m.text(propSubject))}
	if c.Parts, err = m.attachments(l); err != nil {
		return nil, err
	}
	text, err := m.body()
	if err != nil {
		return nil, err
	}
	c.Text = cut(text, l.TextBytes)
	fields, err := m.fields()
	c.Fields = append(append(fields, listed(c.Parts)...), ornamentField(m.ornaments)...)
	return c, err
}

// storage is a node with properties: a message, a recipient or an attachment.
type storage struct {
	*node
	header  int               // bytes before the fixed properties
	fixed   map[uint32]uint64 // by tag
	charset string            // of values that are not Unicode

	ornaments int // pictures that stay in the message
}

// load reads the fixed properties.
func (s *storage) load(charset string) error {
	s.fixed, s.charset = map[uint32]uint64{}, charset
	n := s.child(propertyStream)
	if n == nil {
		return nil
	}
	b, err := n.read(1 << 20)
	if err != nil {
		return err
	}
	for b = b[min(s.header, len(b)):]; len(b) >= 16; b = b[16:] {
		s.fixed[binary.LittleEndian.Uint32(b)] = binary.LittleEndian.Uint64(b[8:])
	}
	if s.charset == "" {
		for _, p := range []uint32{propMessageCodePage, propCodePage} {
			if cp, ok := s.fixed[p<<16|typeIn]; ok {
				s.charset = codePage(uint32(cp))
				break
			}
		}
	}
	return nil
}

func codePage(n uint32) string {
	switch n {
	case 65001:
		return "utf-8"
	case 28591, 28592, 28595, 28605:
		return fmt.Sprintf("iso-8859-%d", n-28590)
	}
	return fmt.Sprintf("windows-%d", n)
}

// value gives a property of variable length; nil if there is none.
func (s *storage) value(prop, typ uint32) *node {
	return s.child(fmt.Sprintf("%s%04X%04X", valuePrefix, prop, typ))
}

// bytes reads a property; a damaged one counts as missing, for which the
// original is kept.
func (s *storage) bytes(prop, typ uint32) []byte {
	n := s.value(prop, typ)
	if n == nil || !n.stream() {
		return nil
	}
	b, err := n.read(valueBytes)
	if err != nil {
		return nil
	}
	return b
}

// text gives a text of either kind.
func (s *storage) text(prop uint32) string {
	if b := s.bytes(prop, typeUnicode); b != nil {
		u := make([]uint16, len(b)/2)
		for i := range u {
			u[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		return strings.TrimRight(cleanText(string(utf16.Decode(u))), "\x00")
	}
	return decodeText(bytes.TrimRight(s.bytes(prop, typeString), "\x00"), s.charset)
}

// fields are the lines above the text.
func (s *storage) fields() ([]Field, error) {
	to, err := s.recipients()
	if err != nil {
		return nil, err
	}
	from := address(s.text(propSender), s.first(propSenderSMTP, propSenderMail))
	when := ""
	for _, p := range []uint32{propSent, propReceived} {
		if v, ok := s.fixed[p<<16|typeTime]; ok && when == "" {
			when = fileTime(v)
		}
	}
	var out []Field
	for _, f := range []Field{{"Von", from}, {"An", to[1]}, {"Kopie", to[2]}, {"Blindkopie", to[3]}, {"Datum", when},
		{"Betreff", line(s.text(propSubject))}} {
		if f.Text != "" {
			out = append(out, Field{f.Label, nameCut(f.Text)})
		}
	}
	return out, nil
}

func (s *storage) first(props ...uint32) string {
	for _, p := range props {
		if v := line(s.text(p)); v != "" {
			return v
		}
	}
	return ""
}

// address writes a name and its address; one of Exchange's own is of no use.
func address(name, mail string) string {
	name = line(name)
	switch {
	case strings.HasPrefix(strings.ToUpper(mail), "/O="), mail == "", strings.EqualFold(mail, name):
		return name
	case name == "":
		return mail
	}
	return name + " <" + mail + ">"
}

// fileTime writes a time of Windows: tenths of microseconds since 1601, UTC.
func fileTime(v uint64) string {
	const toUnix = 11644473600
	sec := int64(v/10_000_000) - toUnix
	if sec < 0 || sec > 1<<35 {
		return ""
	}
	return time.Unix(sec, 0).UTC().Format("02.01.2006 15:04:05 (-0700)")
}

// recipients gives the recipients by kind: 1 to, 2 copy, 3 blind copy. Where
// none are listed, what was shown of them counts.
func (s *storage) recipients() ([4]string, error) {
	var out [4]string
	for _, n := range s.numbered(recipientPrefix) {
		r := storage{node: n, header: 8}
		if err := r.load(s.charset); err != nil {
			return out, err
		}
		kind := r.fixed[propRecipientType<<16|typeIn] & 0xf
		if who := address(r.text(propName), r.first(propSMTP, propMail)); kind >= 1 && kind <= 3 && who != "" {
			out[kind] = strings.TrimPrefix(out[kind]+", "+who, ", ")
		}
	}
	for kind, prop := range map[int]uint32{1: propTo, 2: propCc, 3: propBcc} {
		if out[kind] == "" {
			out[kind] = line(s.text(prop))
		}
	}
	return out, nil
}

// numbered lists the storages of a kind in the order of their numbers.
func (s *storage) numbered(prefix string) []*node {
	var out []*node
	for _, n := range s.children {
		if strings.HasPrefix(n.name, prefix) && !n.stream() {
			out = append(out, n)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].name < out[j].name })
	return out
}

// body gives the text: the plain one, or made of HTML or RTF.
func (s *storage) body() (string, error) {
	if t := strings.TrimSpace(s.text(propBody)); t != "" {
		return t, nil
	}
	if b := s.bytes(propHTML, typeBinary); b != nil {
		charset := ""
		if cp, ok := s.fixed[propCodePage<<16|typeIn]; ok {
			charset = codePage(uint32(cp))
		}
		return htmlText(decodeText(b, charset)), nil
	}
	if t := s.text(propHTML); t != "" {
		return htmlText(t), nil
	}
	if b := s.bytes(propRTF, typeBinary); b != nil {
		rtf, err := decompressRTF(b)
		return rtfText(rtf), err
	}
	return "", nil
}

// attachments lists what is attached. A message in the message becomes a file
// of its own.
func (s *storage) attachments(l Limits) ([]Part, error) {
	var out []Part
	for _, n := range s.numbered(attachPrefix) {
		if len(out) == l.Parts {
			return nil, fault(reasonManyParts, "more than %d attachments", l.Parts)
		}
		a := storage{node: n, header: 8}
		if err := a.load(s.charset); err != nil {
			return nil, err
		}
		p := Part{Name: nameOf(a.first(propAttachName, propAttachShort, propAttachDisplay)), Type: a.first(propAttachTag), Size: -1}
		data, inner := a.value(propAttachData, typeBinary), a.value(propAttachData, typeObject)
		switch {
		case data != nil && data.stream():
			p.Size = data.size()
			if a.text(propAttachContentID) != "" && strings.HasPrefix(p.Type, "image/") && p.Size < ornament {
				s.ornaments++
				continue
			}
			p.open = func() (io.ReadCloser, error) { return streamOf(data) }
		case inner != nil && !inner.stream() && inner.child(propertyStream) != nil:
			if p.Type = TypeMSG; !strings.HasSuffix(strings.ToLower(p.Name), ".msg") {
				p.Name = nameOf(p.Name + ".msg")
			}
			p.open = func() (io.ReadCloser, error) { return messageOf(inner, l.MailBytes) }
		default:
			continue // a link to a file elsewhere, or a drawing of another program: no bytes
		}
		out = append(out, p)
	}
	return out, nil
}

func streamOf(n *node) (io.ReadCloser, error) {
	if n.size() == 0 {
		return io.NopCloser(bytes.NewReader(nil)), nil
	}
	if _, err := n.file.Seek(0, io.SeekStart); err != nil {
		return nil, fault(reasonDamaged, "an attachment can't be read")
	}
	return io.NopCloser(&streamReader{f: n.file, left: n.size()}), nil
}

// streamReader reads a stream to its end; one that ends early is damage.
type streamReader struct {
	f    *mscfb.File
	left int64
}

func (s *streamReader) Read(b []byte) (n int, err error) {
	defer func() {
		if recover() != nil {
			err = fault(reasonDamaged, "an attachment can't be read")
		}
	}()
	if s.left == 0 {
		return 0, io.EOF
	}
	n, err = s.f.Read(b[:min(int64(len(b)), s.left)])
	if s.left -= int64(n); n == 0 && err != nil {
		return 0, fault(reasonDamaged, "an attachment ends early")
	}
	return n, nil
}

// messageOf makes a file of a message within a message.
func messageOf(n *node, limit int64) (io.ReadCloser, error) {
	t, err := copyOf(n, &limit)
	if err != nil {
		return nil, err
	}
	for i, c := range t.children { // the head of a message that stands alone is 8 bytes longer
		if c.name == propertyStream && len(c.data) >= 24 {
			t.children[i].data = append(append(bytes.Clone(c.data[:24]), make([]byte, 8)...), c.data[24:]...)
		}
	}
	return io.NopCloser(bytes.NewReader(writeCompound(t))), nil
}

// copyOf takes a storage with all below it into memory.
func copyOf(n *node, left *int64) (tree, error) {
	t := tree{name: n.name}
	if n.stream() {
		if *left -= n.size(); *left < 0 {
			return t, fault(reasonTooLarge, "a message within a message beyond the limit")
		}
		var err error
		t.data, err = n.read(n.size())
		t.stream = true
		return t, err
	}
	for _, c := range n.children {
		ct, err := copyOf(c, left)
		if err != nil {
			return t, err
		}
		t.children = append(t.children, ct)
	}
	return t, nil
}
