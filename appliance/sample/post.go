package sample

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"mime"
	"mime/multipart"
	"net/textproto"
	"strings"
	"time"
)

// Post is something else than a letter of the plan that the walk-through's
// file gets: a mail with attachments, a signed original, a stack scanned on
// both sides.
type Post struct {
	Title    string
	Name     string // as handed in
	Received string // YYYY-MM-DD
	make     func() ([]byte, error)
}

// Bytes makes the document.
func (p Post) Bytes() ([]byte, error) { return p.make() }

// post gives what the office's first file gets beside its letters.
func (o *Office) post() []Delivery {
	today, err := time.Parse(isoDate, o.Today)
	if err != nil {
		return nil
	}
	c := Showcase()
	var out []Delivery
	for _, p := range []Post{
		{"E-Mail: Unterlagen zur Heizkostenabrechnung", "unterlagen.eml", today.AddDate(0, 0, -2).Format(isoDate), func() ([]byte, error) { return mixedMail(c) }},
		{"Vollmacht, digital signiert", "vollmacht.pdf", today.AddDate(0, 0, -3).Format(isoDate), func() ([]byte, error) { return signedPDF(c) }},
		{"Abrechnung, beidseitig gescannt", "stapel.pdf", today.AddDate(0, 0, -4).Format(isoDate), func() ([]byte, error) { return bothSides(c) }},
	} {
		out = append(out, Delivery{User: o.Files[0].Responsible, File: o.Files[0].Number, Post: &p})
	}
	return out
}

// attachment is one part of a mail behind its text.
type attachment struct {
	name, kind string
	make       func() ([]byte, error)
}

// mixedMail carries a PDF with text, a photograph, and a PDF with a password,
// which nobody can read.
func mixedMail(c Case) ([]byte, error) {
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	if err := w.SetBoundary("unterlagen-2026"); err != nil {
		return nil, err
	}
	member := c.File.Members[0]
	fmt.Fprintf(&b, "From: %s <s.gruenwiese@example.org>\r\nTo: Jobcenter Musterkreis <post@example.org>\r\nSubject: %s\r\nDate: Wed, 18 Nov 2026 19:42:10 +0100\r\n"+
		"Message-ID: <unterlagen-1@example.org>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=%q\r\n\r\n",
		mime.QEncoding.Encode("utf-8", member.Full()), mime.QEncoding.Encode("utf-8", "Unterlagen zur Heizkostenabrechnung, "+c.File.Number), w.Boundary())
	text, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {"text/plain; charset=utf-8"}, "Content-Transfer-Encoding": {"8bit"}})
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(text, "Sehr geehrte Damen und Herren,\r\n\r\nanbei die Abrechnung, ein Foto des Zählers und das Schreiben des Vermieters.\r\n"+
		"Das letzte hat er mit einem Kennwort geschützt; ich frage ihn danach.\r\n\r\nMit freundlichen Grüßen\r\n%s\r\n", member.Full())
	digital := func() ([]byte, error) {
		l := c.Heating
		l.Form = Digital()
		r, err := l.Render()
		return r.Body, err
	}
	photo := Form{Container: JPEG, DPI: 150, Quality: 70, Colour: true, Photo: true}
	for _, a := range []attachment{{"abrechnung.pdf", "application/pdf", digital},
		{"zaehler.jpg", "image/jpeg", func() ([]byte, error) { return photo.writeSingle(c) }},
		{"vermieter.pdf", "application/pdf", func() ([]byte, error) { return lockedPDF(c, "Heizung2026", "Vermieter") }}} {
		if err := a.attach(w); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return b.Bytes(), err
}

func (a attachment) attach(w *multipart.Writer) error {
	body, err := a.make()
	if err != nil {
		return err
	}
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Type": {a.kind}, "Content-Transfer-Encoding": {"base64"},
		"Content-Disposition": {mime.FormatMediaType("attachment", map[string]string{"filename": a.name})}})
	if err != nil {
		return err
	}
	var lines strings.Builder
	for text := base64.StdEncoding.EncodeToString(body); text != ""; {
		n := min(76, len(text))
		lines.WriteString(text[:n] + "\r\n")
		text = text[n:]
	}
	_, err = part.Write([]byte(lines.String()))
	return err
}

// signedPDF bears the dictionary of a signature, as a reader shows it. No
// certificate stands behind it.
func signedPDF(c Case) ([]byte, error) {
	lay, err := c.Heating.layout()
	if err != nil {
		return nil, err
	}
	p := &pdfFile{}
	signature := p.add("<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/adbe.pkcs7.detached/ByteRange[0 100 200 100]/Contents<00>>>")
	field := p.add(fmt.Sprintf("<</FT/Sig/T(Unterschrift)/V %d 0 R>>", signature))
	p.extra = fmt.Sprintf("/AcroForm<</SigFlags 3/Fields[%d 0 R]>>", field)
	root, err := p.textPages(lay, pageWidth, pageHeight)
	if err == nil {
		err = p.err
	}
	if err != nil {
		return nil, err
	}
	return p.bytes(root, "Schreibdienst 3.2", c.Heating.Dated), nil
}

// bothSides is a letter fed through a scanner that takes both sides: a blank
// back, a page upside down, and one that nearly nothing can be read of.
func bothSides(c Case) ([]byte, error) {
	lay, err := c.Heating.layout()
	if err != nil {
		return nil, err
	}
	good := Form{Container: PDF, DPI: 200, Compression: DCT, Quality: 65, Noise: 1}
	turned, bad := good, good
	turned.Turned = 180
	bad.DPI, bad.Noise, bad.Quality = 55, 30, 30
	first, last := lay.pages[0], lay.pages[len(lay.pages)-1]
	streams := c.Heating.streams()
	var pages []scanned
	for i, s := range []struct {
		page *page
		form Form
	}{{first, good}, {&page{}, good}, {last, turned}, {first, bad}} {
		v := s.form.view(streams("both sides"), i)
		img, v := s.form.fed(s.form.scan(s.page, v, streams("both sides", i)), v)
		one, err := s.form.encode(img, v)
		if err != nil {
			return nil, err
		}
		pages = append(pages, one)
	}
	b, _, err := good.contain(pages, c.Heating.Dated)
	return b, err
}
