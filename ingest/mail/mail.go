// Package mail takes containers apart: e-mails as files (EML), messages of
// Outlook (MSG) and ZIP archives. It gives what is to be read on the
// container's own pages, and what it carries, in its order.
//
// It runs only in the worker process (see ingest/worker). What it reads is
// hostile until proven otherwise: numbers and sizes are bounded before anything
// is unpacked, names are data and never paths, nothing is fetched and nothing
// of HTML or RTF is carried out. One level is opened: a mail in a mail is a
// part, to be opened on its own.
package mail

import (
	"errors"
	"fmt"
	"io"
)

// The types of container this package opens.
const (
	TypeEML = "message/rfc822"
	TypeMSG = "application/vnd.ms-outlook"
	TypeZIP = "application/zip"
)

// Reasons why a container can't be opened; see ingest/render for the others.
const (
	reasonDamaged   = "damaged"
	reasonEmpty     = "empty"
	reasonEncrypted = "encrypted"
	reasonTooLarge  = "too_large"
	reasonTooDeep   = "too_deep"
	reasonManyParts = "too_many_parts"
	reasonBomb      = "bomb"
	reasonUnknown   = "unknown_format"
)

// Fault says that the container is to blame. Reason is one of ingest/render's
// reasons; Cause never holds content of the document.
type Fault struct {
	Reason string
	Cause  error
}

// Error names the reason and the cause.
func (f *Fault) Error() string {
	return fmt.Sprintf("container can't be opened: %s: %v", f.Reason, f.Cause)
}

// Unwrap gives the cause.
func (f *Fault) Unwrap() error { return f.Cause }

func fault(reason, format string, args ...any) error {
	return &Fault{Reason: reason, Cause: fmt.Errorf(format, args...)}
}

// damaged makes a Fault of an error, unless it is one.
func damaged(err error) error {
	var f *Fault
	if err == nil || errors.As(err, &f) {
		return err
	}
	return &Fault{Reason: reasonDamaged, Cause: err}
}

// Limits bound what a container may hold. Zero fields take the default.
type Limits struct {
	MailBytes int64 // of an e-mail, which is held in memory; default 256 MiB
	Parts     int   // default 500
	Total     int64 // bytes of all parts unpacked; default 2 GiB
	TextBytes int   // of a mail's own text; what is longer is cut, and the page says so; default 2 MiB
	Depth     int   // of multiparts in each other; default 30
}

func (l Limits) withDefaults() Limits {
	def := Limits{MailBytes: 256 << 20, Parts: 500, Total: 2 << 30, TextBytes: 2 << 20, Depth: 30}
	l.MailBytes, l.Total = or(l.MailBytes, def.MailBytes), or(l.Total, def.Total)
	l.Parts, l.TextBytes, l.Depth = or(l.Parts, def.Parts), or(l.TextBytes, def.TextBytes), or(l.Depth, def.Depth)
	return l
}

func or[N int | int64](have, def N) N {
	if have <= 0 {
		return def
	}
	return have
}

// Container is an opened mail or archive.
type Container struct {
	Type   string
	Title  string  // a mail's subject; empty for an archive
	Fields []Field // what stands above the text
	Text   string  // UTF-8, paragraphs as written; no control characters but newlines
	Parts  []Part  // in their order
	Signed bool    // it came within a signature, which was not verified
}

// Field is one line of a mail's head, its label in German: the pages are made
// once and kept.
type Field struct{ Label, Text string }

// Part is something carried. Name is data: it may be empty, or look like a path.
type Part struct {
	Name string
	Type string // as the container says; a hint for people, never believed
	Size int64  // of its bytes; -1 where it isn't known before they are read
	open func() (io.ReadCloser, error)
}

// Open gives the part's bytes. An error of Read is a *Fault where the
// container is to blame.
func (p Part) Open() (io.ReadCloser, error) {
	r, err := p.open()
	return r, damaged(err)
}

// Open opens a container of the given type: one of TypeEML, TypeZIP and TypeCMS, or any
// file of Microsoft's compound format for TypeMSG. Any error that blames the
// container is a *Fault; a compound file or archive that is no container of
// ours, as a text document, gives unknown_format.
func Open(r io.ReaderAt, size int64, typ string, l Limits) (c *Container, err error) {
	l = l.withDefaults()
	defer func() { // the libraries meet here what nobody has tried them on
		if p := recover(); p != nil {
			c, err = nil, fault(reasonDamaged, "the reader gave up")
		}
	}()
	switch typ {
	case TypeEML:
		c, err = openEML(r, size, l)
	case TypeMSG:
		c, err = openMSG(r, size, l)
	case TypeZIP:
		c, err = openZIP(r, size, l)
	case TypeCMS:
		c, err = openCMS(r, size, l)
	default:
		return nil, fault(reasonUnknown, "no container")
	}
	if err != nil {
		return nil, damaged(err)
	}
	return c, c.check(l)
}

// check holds what was found against the limits.
func (c *Container) check(l Limits) error {
	if len(c.Parts) > l.Parts {
		return fault(reasonManyParts, "%d parts", len(c.Parts))
	}
	var total int64
	for _, p := range c.Parts {
		if total += max(0, p.Size); total > l.Total || total < 0 {
			return fault(reasonTooLarge, "more than %d bytes unpacked", l.Total)
		}
	}
	return nil
}
