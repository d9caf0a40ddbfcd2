package worker

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"eakte/ingest/mail"
	"eakte/ingest/office"
	"eakte/ingest/render"
)

// officeArg is the argument behind "worker" of the process that LibreOffice is
// loaded into.
const officeArg = "office"

// officeKind says whether a file is a document of an office program, by what
// is in it.
func officeKind(f io.ReaderAt, size int64, typ string) (office.Kind, bool, error) {
	switch typ {
	case render.TypeRTF:
		return office.RTF, true, nil
	case render.TypeZIP:
		return office.Packed(f, size)
	}
	typ, err := mail.CompoundType(f, size)
	if err != nil || typ == mail.TypeMSG {
		return office.Kind{}, false, err
	}
	k, ok := office.KindOf(typ)
	return k, ok, nil
}

// office has a document converted to PDF, which is then read as any other. The
// PDF lies where the document does: in memory, without a name.
func (s *server) office(f *os.File, size int64, k office.Kind) (doc render.Document, err error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("converted", unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	pdf := os.NewFile(uintptr(fd), "converted")
	defer func() {
		if err != nil {
			err = errors.Join(err, pdf.Close())
		}
	}()
	ctx := context.Background() // the parent kills the whole group when time is up
	c := office.Converter{Command: []string{filepath.Clean(exe), "worker", officeArg}, Scratch: s.opts.Scratch}
	if err := c.ToPDF(ctx, f, size, k, pdf); err != nil {
		return nil, err
	}
	length, err := pdf.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	opts := s.opts
	opts.Converted = true
	inner, err := render.Open(ctx, pdf, length, opts)
	if err != nil {
		return nil, err
	}
	return converted{inner, pdf, k.Type}, nil
}

// converted is a document whose pages are a conversion. Its pictures are made
// with its words: nobody converts it a second time to draw one.
type converted struct {
	render.Document
	pdf *os.File
	typ string
}

// ContentType is that of what came, not of what is read.
func (d converted) ContentType() string { return d.typ }

// Close gives the conversion back.
func (d converted) Close() error { return errors.Join(d.Document.Close(), d.pdf.Close()) }

// Formats says which of the programs are there that not every machine has.
type Formats struct {
	Office bool // LibreOffice with Writer and Calc: documents and tables
	HEIC   bool // heif-convert: photographs of some phones
}

// Extra looks which formats can be read here beyond those that always can.
func Extra() Formats { return Formats{Office: office.Installed(), HEIC: render.HEICInstalled()} }
