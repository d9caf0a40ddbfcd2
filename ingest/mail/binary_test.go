package mail

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"testing"
)

func TestCompoundType(t *testing.T) {
	head := make([]byte, 64)
	locked := bytes.Clone(head)
	binary.LittleEndian.PutUint16(locked[10:], 0x0100)
	record := func(kind uint16, body string) string {
		b := binary.LittleEndian.AppendUint16(binary.LittleEndian.AppendUint16(nil, kind), uint16(len(body)))
		return string(b) + body
	}
	table := record(0x809, strings.Repeat("x", 16)) + record(0xe1, "xx")
	for name, c := range map[string]struct {
		stream, data string
		want, reason string
	}{
		"text":           {"WordDocument", string(head), TypeDOC, ""},
		"locked text":    {"WordDocument", string(locked), TypeDOC, reasonEncrypted},
		"short text":     {"WordDocument", "x", TypeDOC, reasonDamaged},
		"table":          {"Workbook", table + record(0x0a, ""), TypeXLS, ""},
		"old table":      {"Book", table, TypeXLS, ""},
		"locked table":   {"Workbook", table + record(0x2f, "xxxx"), TypeXLS, reasonEncrypted},
		"locked package": {"EncryptedPackage", "x", "", reasonEncrypted},
		"slides":         {"PowerPoint Document", "x", "", reasonSlides},
		"message":        {propertyStream, strings.Repeat("\x00", 64), TypeMSG, ""},
		"something else": {"Contents", "x", "", reasonUnknown},
	} {
		b := writeCompound(tree{children: []tree{{name: c.stream, stream: true, data: []byte(c.data)}}})
		got, err := CompoundType(bytes.NewReader(b), int64(len(b)))
		var f *Fault
		if got != c.want || (err == nil) != (c.reason == "") || err != nil && (!errors.As(err, &f) || f.Reason != c.reason) {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestDocumentsOfText(t *testing.T) {
	for name, c := range map[string]struct{ html, want string }{
		"link":                  {`<a href="https://a.example/b">hier</a>`, "hier <https://a.example/b>\n"},
		"link that says itself": {`<a href='https://a.example/'>a.example</a> <a href=mailto:a@b.de>a@b.de</a>`, "a.example a@b.de\n"},
		"link that says another": {`<a title=" href='https://bank.example'" HREF = https://boese.example>bank.example</a>`,
			"bank.example <https://boese.example>\n"},
		"link within the page": {`<a href="#oben">oben</a>`, "oben\n"},
		"picture with a link":  {`<a href="https://a.example"><img src=x></a>Text`, "<https://a.example>Text\n"},
		"link that never ends": {`<a href="https://a.example`, "\n"},
		"two addresses":        {`<a href=https://a.example href=https://b.example>x</a>`, "x <https://a.example>\n"},
	} {
		if got := HTMLOf([]byte(c.html)); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
	long := HTMLOf([]byte(`<a href="data:` + strings.Repeat("ä", 5000) + `">x</a>`))
	if len(long) > mostAddress+20 || !strings.HasSuffix(long, "…>\n") {
		t.Errorf("%d bytes", len(long))
	}
	for name, c := range map[string]struct{ doc, want string }{
		"declared":          {"<?xml version=\"1.0\" encoding=\"iso-8859-15\"?><html>5 \xa4", "5 €\n"},
		"declared in meta":  {"<meta charset=windows-1251><p>\xcf\xf0\xe8", "При\n"},
		"byte mark wins":    {"\xef\xbb\xbf<meta charset=windows-1251><p>é", "é\n"},
		"UTF-16":            {"\xff\xfe<\x00p\x00>\x00\xe9\x00", "é\n"},
		"unknown charset":   {"<meta charset=x-nothing><p>\xe9", "é\n"},
		"nothing is stated": {"<p>\xe9", "é\n"},
	} {
		if got := HTMLOf([]byte(c.doc)); got != c.want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func FuzzHTMLOf(f *testing.F) {
	for _, s := range []string{`<a href="x">y</a>`, `<a href=`, `<a href="`, `<p title='>' a=b>`, "<a\x00href>", "<script>"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, r := range HTMLOf(b) {
			if r != '\n' && hidden(r) {
				t.Fatalf("%q", r)
			}
		}
	})
}

func FuzzSignedContent(f *testing.F) {
	f.Add([]byte("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80\x30\x80\x02\x01\x01\x31\x00\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01\xa0\x80\x24\x80\x04\x01x\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := signedContent(b)
		var fault *Fault
		if err != nil && !errors.As(err, &fault) {
			t.Fatal(err)
		}
	})
}
