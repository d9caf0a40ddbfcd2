package worker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"eakte/ingest/mail"
	"eakte/ingest/render"
)

// mostText is how long a text may be: more fills more pages than a document
// may have by default, and it is held in memory.
const mostText = 32 << 20

// text lays out a text, or what is to be read of an HTML document. What looks
// like text only at its beginning is none.
func (s *server) text(f *os.File, size int64, typ string) (render.Document, error) {
	if size > mostText {
		return nil, &render.Fault{Reason: render.ReasonTooManyPages, Cause: fmt.Errorf("a text of %d bytes", size)}
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(io.NewSectionReader(f, 0, size), b); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	if !render.IsText(b, true) {
		return nil, &render.Fault{Reason: render.ReasonUnknownFormat, Cause: errors.New("text at its beginning only")}
	}
	read := mail.TextOf
	if typ == render.TypeHTML {
		read = mail.HTMLOf
	}
	text := read(b)
	if strings.TrimSpace(text) == "" {
		return nil, &render.Fault{Reason: render.ReasonEmpty, Cause: errors.New("nothing to read")}
	}
	return render.LayOut(typ, render.PlainText(text), s.limits.MaxPages)
}
