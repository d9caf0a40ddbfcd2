package mail

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// Of a message of Outlook, as the tests make it.
func unicodeOf(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return b
}

func text(prop uint32, s string) tree {
	return tree{name: fmt.Sprintf("%s%04X001F", valuePrefix, prop), stream: true, data: unicodeOf(s)}
}

func binaryOf(prop uint32, b []byte) tree {
	return tree{name: fmt.Sprintf("%s%04X0102", valuePrefix, prop), stream: true, data: b}
}

func fixedOf(header int, values map[uint32]uint64) tree {
	b := make([]byte, header)
	for tag, v := range values {
		b = binary.LittleEndian.AppendUint32(b, tag)
		b = binary.LittleEndian.AppendUint32(b, 6)
		b = binary.LittleEndian.AppendUint64(b, v)
	}
	return tree{name: propertyStream, stream: true, data: b}
}

func storageOf(name string, children ...tree) tree { return tree{name: name, children: children} }

// sent is 2 March 2026, 8:15 UTC.
const sent = (1772439300 + 11644473600) * 10_000_000

func message(header int, subject string, more ...tree) tree {
	return tree{children: append([]tree{
		fixedOf(header, map[uint32]uint64{propSent<<16 | typeTime: sent}),
		text(propSubject, subject), text(propSender, "Erika Müller"), text(propSenderSMTP, "erika@example.org"),
		storageOf(recipientPrefix+"00000000", fixedOf(8, map[uint32]uint64{propRecipientType<<16 | typeIn: 1}), text(propName, "Jobcenter"), text(propSMTP, "post@jobcenter.example")),
		storageOf(recipientPrefix+"00000001", fixedOf(8, map[uint32]uint64{propRecipientType<<16 | typeIn: 2}), text(propName, "kopie@example.org"), text(propMail, "kopie@example.org")),
	}, more...)}
}

func outlook() []byte {
	inner := message(24, "Die frühere", text(propBody, "Innen"))
	inner.name = fmt.Sprintf("%s%04X000D", valuePrefix, propAttachData)
	return writeCompound(message(32, "Lohnabrechnung für März", text(propBody, "Guten Tag,\r\nanbei die Abrechnung."),
		storageOf(attachPrefix+"00000000", fixedOf(8, nil), text(propAttachName, "Lohn.pdf"), text(propAttachTag, "application/pdf"), binaryOf(propAttachData, []byte("%PDF-1.4"))),
		storageOf(attachPrefix+"00000001", fixedOf(8, nil), text(propAttachDisplay, "Die frühere"), inner),
		storageOf(attachPrefix+"00000002", fixedOf(8, nil), text(propAttachShort, "GROSS~1.JPG"), binaryOf(propAttachData, scan)),
		storageOf(attachPrefix+"00000003", fixedOf(8, nil), text(propAttachName, "image001.gif"), text(propAttachTag, "image/gif"),
			text(propAttachContentID, "image001"), binaryOf(propAttachData, []byte("GIF89a")))))
}

func TestOutlook(t *testing.T) {
	c := opened(t, outlook(), TypeMSG)
	if c.Title != "Lohnabrechnung für März" || c.Text != "Guten Tag,\nanbei die Abrechnung." || c.field("Von") != "Erika Müller <erika@example.org>" ||
		c.field("An") != "Jobcenter <post@jobcenter.example>" || c.field("Kopie") != "kopie@example.org" || c.field("Datum") != "02.03.2026 08:15:00 (+0000)" ||
		c.field("Im Text") == "" {
		t.Errorf("%q %q %+v", c.Title, c.Text, c.Fields)
	}
	if got := names(c); !slices.Equal(got, []string{"Lohn.pdf", "Die frühere.msg", "GROSS~1.JPG"}) {
		t.Fatalf("%q", got)
	}
	if string(content(t, c.Parts[0])) != "%PDF-1.4" || !bytes.Equal(content(t, c.Parts[2]), scan) {
		t.Error("other bytes came out")
	}
	within := opened(t, content(t, c.Parts[1]), TypeMSG)
	if within.Title != "Die frühere" || within.Text != "Innen" || within.field("Datum") == "" || within.field("An") == "" {
		t.Errorf("message within: %+v", within)
	}
}

func TestOutlookBodies(t *testing.T) {
	rtf := `{\rtf1\ansi\ansicpg1252\fromhtml1 {\fonttbl{\f0 Arial;}}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Gr\'fc\'dfe \u8364?\par zwei}\htmlrtf }\htmlrtf0}`
	packed := []byte{0, 0, 0, 0}
	packed = binary.LittleEndian.AppendUint32(packed, uint32(len(rtf)))
	packed = append(packed, "MELA\x00\x00\x00\x00"...)
	packed = append(packed, rtf...)
	for name, c := range map[string]struct {
		body tree
		want string
	}{
		"html": {binaryOf(propHTML, []byte("<p>Gr\xfc\xdfe<br>zwei</p>")), "Grüße\nzwei"},
		"rtf":  {binaryOf(propRTF, packed), "Grüße €\nzwei"},
	} {
		if got := opened(t, writeCompound(message(32, "x", c.body)), TypeMSG).Text; strings.TrimSpace(got) != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	// The example of the format's description.
	example := "\x2d\x00\x00\x00\x2b\x00\x00\x00LZFu\xf1\xc5\xc7\xa7\x03\x00\x0a\x00rcpg125\x42\x32\x0a\xf3 hel\x09\x00 bw\x05\xb0ld}\x0a\x80\x0f\xa0"
	if got, err := decompressRTF([]byte(example)); err != nil || string(got) != "{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestHostileOutlook(t *testing.T) {
	word := writeCompound(tree{children: []tree{{name: "WordDocument", stream: true, data: []byte("text")}}})
	whole := outlook()
	for name, c := range map[string]struct {
		b      []byte
		reason string
	}{"word": {word, reasonUnknown}, "head": {whole[:512], reasonDamaged}, "half": {whole[:len(whole)/2], reasonDamaged}} {
		_, err := Open(bytes.NewReader(c.b), int64(len(c.b)), TypeMSG, Limits{})
		t.Run(name, func(t *testing.T) { wantFault(t, err, c.reason) })
	}
	big := message(32, "x")
	for i := range 300 { // more sectors than the head can list
		big.children = append(big.children, storageOf(fmt.Sprintf("%s%08X", attachPrefix, i), fixedOf(8, nil),
			text(propAttachName, fmt.Sprint(i)), binaryOf(propAttachData, bytes.Repeat([]byte{byte(i)}, 40_000))))
	}
	c := opened(t, writeCompound(big), TypeMSG)
	if len(c.Parts) != 300 || !bytes.Equal(content(t, c.Parts[299]), bytes.Repeat([]byte{299 & 0xff}, 40_000)) {
		t.Error("a large message does not come out as it was written")
	}
}
