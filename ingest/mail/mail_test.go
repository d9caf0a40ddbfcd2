package mail

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
)

// mailText writes a mail with the line ends that mails have.
func mailText(lines ...string) []byte { return []byte(strings.Join(lines, "\r\n")) }

func opened(t *testing.T, b []byte, typ string) *Container {
	t.Helper()
	c, err := Open(bytes.NewReader(b), int64(len(b)), typ, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func content(t *testing.T, p Part) []byte {
	t.Helper()
	in, err := p.Open()
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(in)
	if err := errors.Join(err, in.Close()); err != nil {
		t.Fatal(err)
	}
	return b
}

func (c *Container) field(label string) string {
	for _, f := range c.Fields {
		if f.Label == label {
			return f.Text
		}
	}
	return ""
}

func names(c *Container) []string {
	var out []string
	for _, p := range c.Parts {
		out = append(out, p.Name)
	}
	return out
}

var scan = bytes.Repeat([]byte("\xff\xd8\xff\xe0 a photograph \x00\r\n"), 600)

func lines64(b []byte) string {
	s, out := base64.StdEncoding.EncodeToString(b), ""
	for len(s) > 76 {
		out, s = out+s[:76]+"\r\n", s[76:]
	}
	return out + s
}

// mixed is a mail as people send it: alternative texts, a logo and a photograph
// in the text, a letter attached, another mail attached.
func mixed() []byte {
	return mailText(
		"Return-Path: <erika@example.org>", "From: =?utf-8?Q?Erika_M=C3=BCller?= <erika@example.org>",
		"To: Jobcenter <post@jobcenter.example>, Zweite <zweite@example.org>", "Cc: kopie@example.org",
		"Subject: =?iso-8859-1?Q?Lohnabrechnung_f=FCr_M=E4rz?=", "Date: Mon, 2 Mar 2026 09:15:00 +0100", "MIME-Version: 1.0",
		`Content-Type: multipart/mixed; boundary="aussen"`, "", "Dies ist eine MIME-Mail.",
		"--aussen", `Content-Type: multipart/related; boundary="bild"`, "",
		"--bild", `Content-Type: multipart/alternative; boundary="wahl"`, "",
		"--wahl", "Content-Type: text/plain; charset=iso-8859-1", "Content-Transfer-Encoding: quoted-printable", "",
		"Guten Tag,", "anbei die Lohnabrechnung f=FCr M=E4rz, 1.250,00 =80.", "", "Gr=FC=DFe",
		"--wahl", "Content-Type: text/html; charset=utf-8", "", "<p>Guten Tag,<br>anbei die Lohnabrechnung</p>",
		"--wahl--",
		"--bild", "Content-Type: image/png", "Content-ID: <logo>", "Content-Disposition: inline", "Content-Transfer-Encoding: base64", "",
		lines64([]byte("\x89PNG tiny")),
		"--bild", `Content-Type: image/jpeg; name="foto.jpg"`, "Content-ID: <foto>", "Content-Disposition: inline", "Content-Transfer-Encoding: base64", "",
		lines64(scan),
		"--bild--",
		"--aussen", "Content-Type: application/pdf", "Content-Transfer-Encoding: base64",
		"Content-Disposition: attachment;", " filename*0*=utf-8''Lohn%C3%BC;", " filename*1=bersicht.pdf", "",
		lines64([]byte("%PDF-1.4 the letter")),
		"--aussen", "Content-Type: message/rfc822", "", "From: a@example.org", "Subject: =?utf-8?B?"+base64.StdEncoding.EncodeToString([]byte("Früher"))+"?=", "", "Inhalt",
		"--aussen", `Content-Type: text/plain; name="=?utf-8?Q?Notiz=2Etxt?="`, "Content-Disposition: attachment", "Content-Transfer-Encoding: 8bit", "",
		"latin1: \xfc",
		"--aussen--", "")
}

func TestMixedMail(t *testing.T) {
	c := opened(t, mixed(), TypeEML)
	if c.Title != "Lohnabrechnung für März" || c.field("Von") != "Erika Müller <erika@example.org>" || c.field("Kopie") != "kopie@example.org" ||
		c.field("Datum") != "02.03.2026 09:15:00 (+0100)" || c.field("Im Text") == "" || c.field("Hinweis") != "" {
		t.Errorf("head: %q %+v", c.Title, c.Fields)
	}
	if c.Text != "Guten Tag,\nanbei die Lohnabrechnung für März, 1.250,00 €.\n\nGrüße" {
		t.Errorf("text: %q", c.Text)
	}
	if got := names(c); !slices.Equal(got, []string{"foto.jpg", "Lohnübersicht.pdf", "Früher.eml", "Notiz.txt"}) {
		t.Errorf("parts: %q", got)
	}
	for i, want := range []string{string(scan), "%PDF-1.4 the letter", "From: a@example.org", "latin1: \xfc"} {
		if got := content(t, c.Parts[i]); !strings.HasPrefix(string(got), want) || c.Parts[i].Size != int64(len(got)) {
			t.Errorf("part %d: %.60q of %d", i, got, c.Parts[i].Size)
		}
	}
	if c.field("Anlage 2") != "Lohnübersicht.pdf (19 Byte)" {
		t.Errorf("listed: %+v", c.Fields)
	}
}

func TestMailsAsTheyCome(t *testing.T) {
	for name, c := range map[string]struct {
		mail  []byte
		title string
		text  string
		parts []string
	}{
		"plain": {mailText("From: a@b.de", "Subject: Hallo", "", "Zeile 1", "", "Zeile 3"), "Hallo", "Zeile 1\n\nZeile 3", nil},
		"html only": {mailText("From: a@b.de", "Content-Type: text/html; charset=windows-1252", "",
			"<html><head><title>x</title><style>p{}</style></head><body onload='a>b'><p>Gr\xfc\xdfe &amp; <b>Dank</b></p><script>alert(1)</script><ul><li>eins<li>zwei</ul><img src='http://example.org/p.png'></body>"),
			"", "Grüße & Dank\n• eins\n• zwei", nil},
		"raw latin1 in the head": {[]byte("From: M\xfcller <a@b.de>\nSubject: Gr\xfc\xdfe\n\nHallo"), "Grüße", "Hallo", nil},
		"mailbox line":           {[]byte("\xef\xbb\xbfFrom a@b.de Mon Mar  2 09:15:00 2026\nFrom: a@b.de\nSubject: Hallo\n\nText"), "Hallo", "Text", nil},
		"plain says nothing": {mailText("From: a@b.de", "Content-Type: multipart/alternative; boundary=x", "", "--x", "Content-Type: text/plain", "",
			"Ihr Programm zeigt kein HTML.", "--x", "Content-Type: text/html", "", "<p>"+strings.Repeat("Ein langer Text. ", 40)+"</p>", "--x--"),
			"", strings.TrimSpace(strings.Repeat("Ein langer Text. ", 40)), nil},
		"boundary never closed": {mailText("From: a@b.de", "Content-Type: multipart/mixed; boundary=x", "", "--x", "", "Text",
			"--x", "Content-Type: application/pdf; name=a.pdf", "", "%PDF-"), "", "Text", []string{"a.pdf"}},
		"no boundary stated": {mailText("From: a@b.de", "Content-Type: multipart/mixed", "", "--x", "", "Text"), "", "--x\n\nText", nil},
		"unknown charset":    {mailText("From: a@b.de", "Content-Type: text/plain; charset=x-klingon", "", "Gr\xfc\xdfe"), "", "Grüße", nil},
		"broken base64": {mailText("From: a@b.de", "Content-Type: multipart/mixed; boundary=x", "", "--x",
			"Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64", "", "JVBERi0x!!!LjQg", "--x--"), "", "", []string{"a.pdf"}},
		"names": {mailText("From: a@b.de", "Content-Type: multipart/mixed; boundary=x", "",
			"--x", `Content-Type: application/pdf; name="../../etc/passwd"`, "", "1",
			"--x", "Content-Type: application/pdf", "Content-Disposition: attachment; filename=\"rechnung\u202efdp.exe\"", "", "2",
			"--x", "Content-Type: application/pdf", "Content-Disposition: attachment; filename*=iso-8859-1''Gr%FC%DFe.pdf", "", "3",
			"--x", "Content-Type: application/pdf", "Content-Disposition: attachment;", " filename*0*=iso-8859-1''Gr%FC;", " filename*1=ne.pdf", "", "3",
			"--x", "Content-Type: application/octet-stream", "Content-Disposition: attachment", "", "4", "--x--"), "", "",
			[]string{"../../etc/passwd", "rechnungfdp.exe", "Grüße.pdf", "Grüne.pdf", ""}},
		"winmail": {mailText("From: a@b.de", "Content-Type: multipart/mixed; boundary=x", "", "--x", "", "Text", "--x",
			"Content-Type: application/ms-tnef; name=winmail.dat", "Content-Transfer-Encoding: base64", "", "eJ8+IgAA", "--x--"), "", "Text", []string{"winmail.dat"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := opened(t, c.mail, TypeEML)
			if got.Title != c.title || strings.TrimSpace(got.Text) != c.text || !slices.Equal(names(got), c.parts) {
				t.Errorf("title %q, text %q, parts %q", got.Title, got.Text, names(got))
			}
		})
	}
}

func wantFault(t *testing.T, err error, reason string) {
	t.Helper()
	var f *Fault
	if !errors.As(err, &f) || f.Reason != reason {
		t.Errorf("%v, want %s", err, reason)
	}
}

// nested is a mail of so many multiparts in each other.
func nested(n int) []byte {
	var b strings.Builder
	b.WriteString("From: a@b.de\r\n")
	for i := range n {
		fmt.Fprintf(&b, "Content-Type: multipart/mixed;\r\n boundary=\"b%d\"\r\n\r\n--b%d\r\n", i, i)
	}
	b.WriteString("\r\nText\r\n")
	for i := n - 1; i >= 0; i-- {
		fmt.Fprintf(&b, "--b%d--\r\n", i)
	}
	return []byte(b.String())
}

func TestHostileMails(t *testing.T) {
	if c := opened(t, nested(20), TypeEML); strings.TrimSpace(c.Text) != "Text" {
		t.Errorf("20 levels: %q", c.Text)
	}
	many := "From: a@b.de\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\n\r\n", 100_000)
	some := "From: a@b.de\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" + strings.Repeat("--x\r\nContent-Type: image/png\r\n\r\n1\r\n", 501)
	for name, c := range map[string]struct {
		mail   []byte
		limits Limits
		reason string
	}{
		"1000 levels":      {nested(1000), Limits{}, reasonTooDeep},
		"100000 parts":     {[]byte(many), Limits{}, reasonManyParts},
		"501 attachments":  {[]byte(some), Limits{}, reasonManyParts},
		"too large":        {mixed(), Limits{MailBytes: 100}, reasonTooLarge},
		"parts too large":  {mixed(), Limits{Total: 100}, reasonTooLarge},
		"head without end": {append([]byte("From: a@b.de\r\nSubject: "), bytes.Repeat([]byte("x\r\n "), 400_000)...), Limits{}, reasonDamaged},
	} {
		_, err := Open(bytes.NewReader(c.mail), int64(len(c.mail)), TypeEML, c.limits)
		t.Run(name, func(t *testing.T) { wantFault(t, err, c.reason) })
	}
}

func TestTextIsBounded(t *testing.T) {
	b := append([]byte("From: a@b.de\r\n\r\n"), bytes.Repeat([]byte("Wort "), 1<<20)...)
	if c := opened(t, b, TypeEML); len(c.Text) > 2<<20+200 || !strings.Contains(c.Text[len(c.Text)-100:], "im Original") {
		t.Errorf("%d bytes, %q", len(c.Text), c.Text[len(c.Text)-100:])
	}
}

type zipped struct {
	name string
	data []byte
	raw  *zip.FileHeader
}

func archive(t testing.TB, entries ...zipped) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := e.raw
		if h == nil {
			h = &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		}
		create := w.CreateHeader
		if e.raw != nil {
			create = w.CreateRaw
		}
		out, err := create(h)
		if err == nil {
			_, err = out.Write(e.data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestZIP(t *testing.T) {
	c := opened(t, archive(t, zipped{name: "ordner/"}, zipped{name: "../../x.pdf", data: []byte("%PDF-1.4")},
		zipped{raw: &zip.FileHeader{Name: "Gr\x81\xe1e.txt", NonUTF8: true, UncompressedSize64: 3, CompressedSize64: 3, CRC32: 0x352441c2}, data: []byte("abc")},
		zipped{name: "leer.txt"}), TypeZIP)
	if got := names(c); !slices.Equal(got, []string{"../../x.pdf", "Grüße.txt", "leer.txt"}) {
		t.Errorf("%q", got)
	}
	if string(content(t, c.Parts[0])) != "%PDF-1.4" || string(content(t, c.Parts[1])) != "abc" || len(content(t, c.Parts[2])) != 0 {
		t.Error("other bytes came out")
	}
}

// overlap lists one entry's bytes many times.
func overlap(t *testing.T) []byte {
	one := archive(t, zipped{name: "a", data: bytes.Repeat([]byte{0}, 1<<20)})
	dir := bytes.Index(one, []byte("PK\x01\x02"))
	end := bytes.Index(one, []byte("PK\x05\x06"))
	entry := one[dir:end]
	out := append([]byte{}, one[:dir]...)
	for range 100 {
		out = append(out, entry...)
	}
	tail := bytes.Clone(one[end:])
	binary.LittleEndian.PutUint16(tail[8:], 100)
	binary.LittleEndian.PutUint16(tail[10:], 100)
	binary.LittleEndian.PutUint32(tail[12:], uint32(100*len(entry)))
	return append(out, tail...)
}

func TestHostileZIPs(t *testing.T) {
	var lots []zipped
	for i := range 501 {
		lots = append(lots, zipped{name: fmt.Sprint(i)})
	}
	good := archive(t, zipped{name: "a.txt", data: bytes.Repeat([]byte("abc"), 1000)})
	flipped := bytes.Clone(good)
	flipped[45] ^= 0xff
	for name, c := range map[string]struct {
		zip    []byte
		reason string
	}{
		"password":      {archive(t, zipped{raw: &zip.FileHeader{Name: "a", Flags: 1, UncompressedSize64: 1, CompressedSize64: 1}, data: []byte("x")}), reasonEncrypted},
		"bomb":          {archive(t, zipped{name: "a", data: make([]byte, 40<<20)}), reasonBomb},
		"overlap":       {overlap(t), reasonBomb},
		"many":          {archive(t, lots...), reasonManyParts},
		"empty":         {archive(t), reasonEmpty},
		"half":          {good[:len(good)/2], reasonDamaged},
		"other packing": {archive(t, zipped{raw: &zip.FileHeader{Name: "a", Method: 14, UncompressedSize64: 1, CompressedSize64: 1}, data: []byte("x")}), reasonUnknown},
		"huge by the list": {archive(t, zipped{raw: &zip.FileHeader{Name: "a", Method: zip.Deflate, UncompressedSize64: 1 << 49, CompressedSize64: 1 << 48}, data: []byte("x")}),
			reasonBomb},
		"word": {archive(t, zipped{name: "[Content_Types].xml"}, zipped{name: "word/document.xml"}), reasonUnknown},
		"odt":  {archive(t, zipped{raw: &zip.FileHeader{Name: "mimetype", UncompressedSize64: 39, CompressedSize64: 39}, data: []byte("application/vnd.oasis.opendocument.text")}), reasonUnknown},
	} {
		_, err := Open(bytes.NewReader(c.zip), int64(len(c.zip)), TypeZIP, Limits{})
		t.Run(name, func(t *testing.T) { wantFault(t, err, c.reason) })
	}
	for name, b := range map[string][]byte{"spoilt": flipped,
		"checksum": archive(t, zipped{raw: &zip.FileHeader{Name: "a", UncompressedSize64: 3, CompressedSize64: 3, CRC32: 1}, data: []byte("abc")})} {
		in, err := opened(t, b, TypeZIP).Parts[0].Open()
		if err == nil {
			_, err = io.ReadAll(in)
		}
		t.Run(name, func(t *testing.T) { wantFault(t, err, reasonDamaged) })
	}
}
