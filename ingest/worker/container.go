package worker

import (
	"errors"
	"io"
	"os"
	"strings"

	"eakte/ingest/mail"
	"eakte/ingest/office"
	"eakte/ingest/render"
)

// container opens the document if it has no pages of its own: a mail or an
// archive, whose parts it sends, unless a page behind the first is wanted; a
// text; a document of an office program. ok is false if it is none of them.
func (s *server) container(f *os.File, size int64, from int) (doc render.Document, ok bool, err error) {
	head := make([]byte, min(size, render.SniffLen))
	if _, err := f.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return nil, false, err
	}
	typ, _ := render.Sniff(head)
	switch typ {
	case render.TypeText, render.TypeHTML:
		doc, err = s.text(f, size, typ)
		return doc, true, err
	case render.TypeRTF, render.TypeZIP, render.TypeOLE:
		kind, isOffice, err := officeKind(f, size, typ)
		if err != nil {
			return nil, true, asFault(err)
		}
		if isOffice {
			doc, err = s.office(f, size, kind)
			return doc, true, asFault(err)
		}
		if typ == render.TypeOLE {
			typ = mail.TypeMSG
		}
	case render.TypeEML, render.TypeCMS:
	default:
		return nil, false, nil
	}
	doc, err = s.unpack(f, size, typ, from)
	return doc, true, err
}

// unpack opens a mail or an archive and sends what it carries.
func (s *server) unpack(f *os.File, size int64, typ string, from int) (render.Document, error) {
	c, err := mail.Open(f, size, typ, mail.Limits{Parts: mostParts, Total: mostPartBytes})
	if err != nil {
		return nil, asFault(err)
	}
	for i, p := range c.Parts {
		if from > 1 {
			break // they were given by the child before
		}
		if err := s.part(i+1, p); err != nil {
			return nil, asFault(err)
		}
	}
	doc, err := render.LayOut(c.Type, containerPages(c), s.limits.MaxPages)
	if err == nil && c.Signed {
		doc = signedMail{doc}
	}
	return doc, err
}

// signedMail is a mail that came within its signature.
type signedMail struct{ render.Document }

// asFault makes a fault of the document of one of its container or conversion.
func asFault(err error) error {
	var f *mail.Fault
	if errors.As(err, &f) {
		return &render.Fault{Reason: f.Reason, Cause: f.Cause}
	}
	var o *office.Fault
	if errors.As(err, &o) {
		return &render.Fault{Reason: o.Reason, Cause: o.Cause}
	}
	return err
}

// part sends one part in pieces.
func (s *server) part(n int, p mail.Part) (err error) {
	if err := s.allowPage(); err != nil {
		return err
	}
	in, err := p.Open()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	head := partHead{Number: n, Name: strings.ReplaceAll(p.Name, "\n", " "), Type: strings.ReplaceAll(p.Type, "\n", " ")}
	if len(head.Type) > partName {
		head.Type = ""
	}
	if err := s.sayJSON(kindPart, head); err != nil {
		return err
	}
	buf := make([]byte, bodyChunk)
	for {
		n, err := io.ReadFull(in, buf)
		if n > 0 {
			if err := s.say(kindPartBody, buf[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return s.say(kindPartEnd)
		}
		if err != nil {
			return err
		}
	}
}

// containerPages is what is to be read of a container: its head, and a mail's
// own text.
func containerPages(c *mail.Container) []render.TextLine {
	var out []render.TextLine
	if c.Title != "" {
		out = append(out, render.TextLine{Text: c.Title, Bold: true}, render.TextLine{})
	}
	for _, f := range c.Fields {
		out = append(out, render.TextLine{Label: f.Label, Text: f.Text})
	}
	out = append(out, render.TextLine{Rule: true})
	if strings.TrimSpace(c.Text) == "" {
		return out
	}
	return append(out, render.PlainText(c.Text)...)
}
