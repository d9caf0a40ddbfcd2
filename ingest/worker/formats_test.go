package worker

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"

	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"eakte/ingest/render"
)

func TestTextAndHTMLThroughTheWorker(t *testing.T) {
	p := newPool(t, Config{Limits: Limits{MaxPages: 20}})
	long := strings.Repeat("Wort ", 3000)
	for name, c := range map[string]struct {
		doc, typ string
		want     []string
		pages    int
	}{
		"UTF-8":        {"Grüße § 22 SGB II\n\nZweiter Absatz\tmit Tab", render.TypeText, []string{"Grüße § 22 SGB II\n\nZweiter Absatz mit Tab"}, 1},
		"Windows-1252": {"Viele Gr\xfc\xdfe zu \xa7 22, 5 \x80", render.TypeText, []string{"Viele Grüße zu § 22, 5 €"}, 1},
		"UTF-16":       {"\xff\xfeG\x00r\x00\xfc\x00\xdf\x00e\x00", render.TypeText, []string{"Grüße"}, 1},
		"CSV":          {"Name;Betrag\r\nMüller;12,50\r\n", render.TypeText, []string{"Name;Betrag\nMüller;12,50"}, 1},
		"one line":     {long, render.TypeText, []string{"Wort Wort"}, 4},
		"SVG":          {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, render.TypeText, []string{"alert(1)"}, 1},
		"HTML": {"<!doctype html><head><title>x</title><style>p{}</style></head><h1>Antrag</h1><ul><li>erstens<li>zweitens</ul>" +
			"<table><tr><td>Miete<td>500&nbsp;&euro;</tr></table><p><a title=' href=https://bank.example' HREF=\"https://boese.example/x?a=1&amp;b=2\">Ihre Bank</a>" +
			" <a href='https://gut.example/'>gut.example</a><script>alert(1)</script>", render.TypeHTML,
			[]string{"Antrag\n", "• erstens\n• zweitens", "Miete 500 €", "Ihre Bank <https://boese.example/x?a=1&b=2> gut.example"}, 1},
		"HTML, stated charset": {"<html><meta http-equiv=content-type content='text/html; charset=iso-8859-15'><body>5 \xa4 f\xfcr Caf\xe9", render.TypeHTML, []string{"5 € für Café"}, 1},
	} {
		_, pages, sum, err := unpack(t, p, []byte(c.doc))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text := ""
		for _, pg := range pages {
			text += pg.Text
		}
		if sum.ContentType != c.typ || sum.Pages != c.pages || sum.Converted || pages[0].Source != SourceDigital {
			t.Errorf("%s: %+v", name, sum)
		}
		for _, w := range c.want {
			if !strings.Contains(strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ' ' }), " "), w) {
				t.Errorf("%s: %q is missing in %.300q", name, w, text)
			}
		}
		if name == "HTML" && strings.Contains(text, "alert") {
			t.Errorf("a script is shown: %q", text)
		}
	}
}

func TestTextsThatAreRefused(t *testing.T) {
	p := newPool(t, Config{Limits: Limits{MaxPages: 20}})
	begin := strings.Repeat("Zeile\n", 400)
	for name, c := range map[string]struct{ doc, reason string }{
		"binary behind text": {begin + "\x00\x01\x02", render.ReasonUnknownFormat},
		"binary behind HTML": {"<html>" + begin + "\x00", render.ReasonUnknownFormat},
		"too long":           {strings.Repeat(begin, 5), render.ReasonTooManyPages},
		"only blanks":        {strings.Repeat(" \n", 2000), render.ReasonEmpty},
		"HTML of nothing":    {"<html><script>document.write('x')</script>", render.ReasonEmpty},
		"PGP":                {"-----BEGIN PGP MESSAGE-----\n\nhQEMA\n", render.ReasonEncrypted},
		"PDF in text":        {"Guten Tag\n%PDF-1.4\nkein PDF", render.ReasonDamaged},
	} {
		_, _, _, err := unpack(t, p, []byte(c.doc))
		t.Run(name, func(t *testing.T) { wantFault(t, err, c.reason) })
	}
}

// der writes a value with its length, ber one whose length is left open.
func der(tag byte, body ...[]byte) []byte {
	all := bytes.Join(body, nil)
	return append([]byte{tag, 0x82, byte(len(all) >> 8), byte(len(all))}, all...)
}

func ber(tag byte, body ...[]byte) []byte {
	return append(append([]byte{tag, 0x80}, bytes.Join(body, nil)...), 0, 0)
}

func identifier(last byte) []byte {
	return []byte("\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07" + string(last))
}

func TestSignedMessages(t *testing.T) {
	p := newPool(t, Config{})
	entity := []byte("Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n\r\nunterschriebener Text\r\n" +
		"--x\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4\r\n--x--\r\n")
	version, digests, data := []byte{2, 1, 1}, []byte{0x31, 0}, identifier(1)
	message := func(inner ...[]byte) []byte {
		return append(append(append([]byte{}, version...), digests...), bytes.Join(inner, nil)...)
	}
	whole := der(0x30, identifier(2), der(0xa0, der(0x30, message(der(0x30, data, der(0xa0, der(4, entity)))))))
	pieces := ber(0x30, identifier(2), ber(0xa0, ber(0x30, message(ber(0x30, data, ber(0xa0, ber(0x24, der(4, entity[:30]), der(4, entity[30:]))))))))
	for name, doc := range map[string][]byte{"DER": whole, "BER": pieces,
		"PEM": []byte("-----BEGIN PKCS7-----\n" + base64.StdEncoding.EncodeToString(whole) + "\n-----END PKCS7-----\n")} {
		parts, pages, sum, err := unpack(t, p, doc)
		if err != nil || !sum.Signed || sum.ContentType != render.TypeCMS || len(parts) != 1 || string(parts[0].body) != "%PDF-1.4" ||
			!strings.Contains(pages[0].Text, "unterschriebener Text") {
			t.Errorf("%s: %+v, %d parts, %v", name, sum, len(parts), err)
		}
	}
	for name, c := range map[string]struct {
		doc    []byte
		reason string
	}{
		"encrypted":      {der(0x30, identifier(3), der(0xa0, []byte{0x30, 0})), render.ReasonEncrypted},
		"signature only": {der(0x30, identifier(2), der(0xa0, der(0x30, message(der(0x30, data))))), render.ReasonSignature},
		"half":           {whole[:60], render.ReasonDamaged},
		"without end":    {ber(0x30, identifier(2), bytes.Repeat([]byte{0xa0, 0x80}, 5000)), render.ReasonDamaged},
	} {
		_, _, _, err := unpack(t, p, c.doc)
		t.Run(name, func(t *testing.T) { wantFault(t, err, c.reason) })
	}
}

// asHEIC encodes a picture with Debian's encoder.
func asHEIC(t *testing.T, png []byte) []byte {
	t.Helper()
	if _, err := exec.LookPath("heif-enc"); err != nil || !render.HEICInstalled() {
		if os.Getenv("CI") == "true" {
			t.Fatal("heif-enc or heif-convert is missing")
		}
		t.Skip("heif-enc or heif-convert is missing")
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "a.png"), filepath.Join(dir, "a.heic")
	if err := os.WriteFile(from, png, 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("heif-enc", "-o", to, from).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	b, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// turned adds a turn by 90° counter-clockwise (irot) to a HEIC of one picture,
// as a phone that is held upright does.
func turned(t *testing.T, b []byte) []byte {
	t.Helper()
	grow := func(kind string, by uint32) {
		at := bytes.Index(b, []byte(kind)) - 4
		binary.BigEndian.PutUint32(b[at:], binary.BigEndian.Uint32(b[at:])+by)
	}
	b = bytes.Clone(b)
	end := bytes.Index(b, []byte("ipma")) - 4 // ipco ends here
	links := int(b[end+18])                   // one picture, so many properties
	properties := 0
	for at := bytes.Index(b, []byte("ipco")) + 4; at < end; properties++ {
		at += int(binary.BigEndian.Uint32(b[at:]))
	}
	b[end+18]++
	offset := bytes.Index(b, []byte("iloc")) + 4 + 4 + 2 + 2 + 2 + 2 // version, sizes, count, item, source
	old := binary.BigEndian.Uint32(b[offset:])
	if int(old) != bytes.Index(b, []byte("mdat"))+4 {
		t.Fatal("the encoder writes its list of places differently")
	}
	binary.BigEndian.PutUint32(b[offset:], old+10)
	for kind, by := range map[string]uint32{"meta": 10, "iprp": 10, "ipco": 9, "ipma": 1} {
		grow(kind, by)
	}
	after := end + 19 + links
	out := append(bytes.Clone(b[:end]), "\x00\x00\x00\x09irot\x01"...)
	out = append(append(out, b[end:after]...), 0x80|byte(properties+1))
	return append(out, b[after:]...)
}

func TestHEIC(t *testing.T) {
	p := newPool(t, Config{Limits: Limits{MaxPixels: 4e6}})
	doc := asHEIC(t, asPNG(t, drawn(t, 1240, 900, 150, "Bescheid", "Kundennummer 4711")))
	_, pages, sum, err := unpack(t, p, doc)
	if err != nil || sum.ContentType != render.TypeHEIC || sum.Pages != 1 || pages[0].Width != 1240 || pages[0].Height != 900 ||
		!strings.Contains(pages[0].Text, "Kundennummer") {
		t.Fatalf("%+v, %v, %d pages", sum, err, len(pages))
	}
	_, pages, _, err = unpack(t, p, turned(t, doc))
	if err != nil {
		t.Fatal(err)
	}
	if w, h := pages[0].Width, pages[0].Height; (w > h) != (pages[0].Turned%180 != 0) {
		t.Errorf("turned once more or not at all: %d × %d, %d", w, h, pages[0].Turned)
	}
	size := bytes.Index(doc, []byte("ispe")) + 8
	giant := bytes.Clone(doc)
	binary.BigEndian.PutUint32(giant[size:], 30000)
	small := bytes.Clone(doc)
	binary.BigEndian.PutUint32(small[size:], 10)
	for name, c := range map[string]struct {
		doc    []byte
		reason []string
	}{
		"claims to be giant": {giant, []string{render.ReasonTooManyPixels}},
		"half":               {doc[:len(doc)*2/3], []string{render.ReasonDamaged}},
		"head only":          {doc[:28], []string{render.ReasonDamaged}},
		"a box in itself":    {append(bytes.Clone(doc[:28]), "\x00\x00\x00\x10meta\x00\x00\x00\x00\xff\xff\xff\xffiprp"...), []string{render.ReasonDamaged}},
	} {
		_, _, _, err := unpack(t, p, c.doc)
		t.Run(name, func(t *testing.T) { wantFault(t, err, c.reason[0]) })
	}
	if _, _, _, err := unpack(t, p, small); err != nil { // the decoder may take it or not
		wantFault(t, err, render.ReasonDamaged)
	}
}
