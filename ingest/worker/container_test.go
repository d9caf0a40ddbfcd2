package worker

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"

	"eakte/ingest/render"
)

// mailWith is an e-mail with attachments.
func mailWith(attached ...[]byte) []byte {
	var b strings.Builder
	b.WriteString("From: Erika M\u00fcller <erika@example.org>\r\nTo: post@jobcenter.example\r\nSubject: Lohnabrechnung\r\n" +
		"Date: Mon, 2 Mar 2026 09:15:00 +0100\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n" +
		"--x\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nGuten Tag,\r\n\r\nanbei die Überweisung.\r\n" + strings.Repeat("Noch eine Zeile.\r\n", 60))
	for i, a := range attached {
		b.WriteString("\r\n--x\r\nContent-Type: application/pdf; name=\"Anlage " + string(rune('a'+i)) + ".pdf\"\r\n" +
			"Content-Transfer-Encoding: base64\r\n\r\n" + base64.StdEncoding.EncodeToString(a))
	}
	return []byte(b.String() + "\r\n--x--\r\n")
}

type taken struct {
	name string
	body []byte
}

// unpack reads a container and keeps what it carries.
func unpack(t *testing.T, p *Pool, b []byte) (parts []taken, pages []Page, sum Summary, err error) {
	t.Helper()
	sum, err = p.Process(context.Background(), Input{Body: bytes.NewReader(b), Size: int64(len(b)), Parts: func(part Part) error {
		body, err := io.ReadAll(part.Body)
		parts = append(parts, taken{part.Name, body})
		return err
	}}, func(pg Page) error { pages = append(pages, pg); return nil })
	return parts, pages, sum, err
}

func TestMailThroughTheWorker(t *testing.T) {
	p := newPool(t, Config{})
	large := bytes.Repeat([]byte("0123456789"), 100_000)
	doc := mailWith([]byte("%PDF-1.4"), large, nil)
	parts, pages, sum, err := unpack(t, p, doc)
	if err != nil {
		t.Fatal(err)
	}
	if len(parts) != 3 || parts[0].name != "Anlage a.pdf" || string(parts[0].body) != "%PDF-1.4" || !bytes.Equal(parts[1].body, large) || len(parts[2].body) != 0 {
		t.Errorf("%d parts", len(parts))
	}
	if sum.ContentType != render.TypeEML || sum.Pages != 2 || len(pages) != 2 {
		t.Fatalf("%+v", sum)
	}
	text := pages[0].Text
	for _, want := range []string{"Von: Erika Müller <erika@example.org>", "Betreff: Lohnabrechnung", "02.03.2026", "Anlage b.pdf (1,0 MB)", "Guten Tag,\n\nanbei die Überweisung."} {
		if !strings.Contains(strings.ReplaceAll(text, "\nAnlage", " Anlage"), want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	if pages[0].Source != SourceDigital || pages[0].Confidence != 100 {
		t.Errorf("source %s, confidence %v", pages[0].Source, pages[0].Confidence)
	}
	if _, err := p.Process(context.Background(), Input{Body: bytes.NewReader(doc), Size: -1}, func(Page) error { return nil }); err != nil {
		t.Errorf("parts that nobody wants: %v", err)
	}
	wrong := errors.New("the store is down")
	_, err = p.Process(context.Background(), Input{Body: bytes.NewReader(doc), Size: -1, Parts: func(Part) error { return wrong }}, func(Page) error { return nil })
	if !errors.Is(err, wrong) {
		t.Errorf("%v", err)
	}
}

// TestOutlookThroughTheWorker reads a message made by the tests of ingest/mail,
// which olefile (Python) reads without complaint.
func TestOutlookThroughTheWorker(t *testing.T) {
	doc, err := os.ReadFile("testdata/outlook.msg")
	if err != nil {
		t.Fatal(err)
	}
	p := newPool(t, Config{})
	parts, pages, sum, err := unpack(t, p, doc)
	if err != nil || sum.ContentType != render.TypeMSG || len(parts) != 3 || len(pages) != 1 || !strings.Contains(pages[0].Text, "anbei die Abrechnung.") {
		t.Fatalf("%d parts, %+v, %v", len(parts), sum, err)
	}
	inner, pages, _, err := unpack(t, p, parts[1].body) // the message within
	if err != nil || len(inner) != 0 || !strings.Contains(pages[0].Text, "Die frühere") {
		t.Errorf("%d parts, %v", len(inner), err)
	}
}

func TestContainersThatAreRefused(t *testing.T) {
	p := newPool(t, Config{})
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, h := range []*zip.FileHeader{{Name: "gut", UncompressedSize64: 1, CompressedSize64: 1, CRC32: 0x8cdc1683}, {Name: "falsch", UncompressedSize64: 1, CompressedSize64: 1, CRC32: 1}} {
		out, err := w.CreateRaw(h)
		if err == nil {
			_, err = out.Write([]byte("x"))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		doc    []byte
		reason string
	}{
		"checksum":    {b.Bytes(), render.ReasonDamaged},
		"winmail.dat": {[]byte("\x78\x9f\x3e\x22 what Outlook packs"), render.ReasonWinmail},
		"old office":  {[]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 half"), render.ReasonDamaged},
	} {
		_, _, _, err := unpack(t, p, c.doc)
		t.Run(name, func(t *testing.T) { wantFault(t, err, c.reason) })
	}
}

func TestLyingPartsAreRefused(t *testing.T) {
	for _, h := range []partHead{{Number: 2}, {Number: 0}, {Number: 1, Name: "a\x1b[2J"}, {Number: 1, Name: strings.Repeat("a", 1001)},
		{Number: 1, Type: "a\x00"}} {
		b, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := checkedPart(frame{parts: [][]byte{b}}, 1); err == nil {
			t.Errorf("%+v was believed", h)
		}
	}
	if _, err := checkedPart(frame{parts: [][]byte{[]byte(`{"number":501}`)}}, mostParts+1); err == nil {
		t.Error("parts without end were believed")
	}
}
