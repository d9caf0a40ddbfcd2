package mail

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// What a ZIP may ask for before anything of it is unpacked.
const (
	listBytes   = 16 << 20 // of the list of its entries
	bombRatio   = 200      // a part that grows more than so many times …
	bombMinimum = 32 << 20 // … and beyond so many bytes
)

// openZIP reads the list of an archive. Nothing is unpacked yet.
func openZIP(r io.ReaderAt, size int64, l Limits) (*Container, error) {
	budget := &budgetReader{r: r, left: listBytes}
	z, err := zip.NewReader(budget, size)
	if budget.left < 0 {
		return nil, fault(reasonManyParts, "a list of more than %d bytes", listBytes)
	}
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // names are data
		return nil, fault(reasonDamaged, "no list of entries")
	}
	if isOffice(z) {
		return nil, fault(reasonUnknown, "an office document")
	}
	budget.left = 1 << 62
	c := &Container{Type: TypeZIP}
	var spans []span
	for _, f := range z.File {
		if strings.HasSuffix(f.Name, "/") && f.UncompressedSize64 == 0 {
			continue // a folder
		}
		if err := checkEntry(f); err != nil {
			return nil, err
		}
		at, err := f.DataOffset()
		if err != nil {
			return nil, fault(reasonDamaged, "an entry without a head")
		}
		spans = append(spans, span{at, at + int64(f.CompressedSize64)})
		if len(c.Parts) == l.Parts {
			return nil, fault(reasonManyParts, "more than %d entries", l.Parts)
		}
		c.Parts = append(c.Parts, Part{Name: nameOf(entryName(f)), Size: int64(f.UncompressedSize64), open: opener(f)})
	}
	if len(c.Parts) == 0 {
		return nil, fault(reasonEmpty, "no entries")
	}
	if overlapping(spans, size) {
		return nil, fault(reasonBomb, "entries share their bytes")
	}
	c.Fields = append([]Field{{"Archiv", fmt.Sprintf("ZIP mit %d Dateien", len(c.Parts))}}, listed(c.Parts)...)
	return c, nil
}

// checkEntry refuses by what the list says.
func checkEntry(f *zip.File) error {
	switch {
	case f.Flags&1 != 0:
		return fault(reasonEncrypted, "an entry with a password")
	case f.Method != zip.Store && f.Method != zip.Deflate:
		return fault(reasonUnknown, "packed by method %d", f.Method)
	case f.UncompressedSize64 > 1<<50 || f.CompressedSize64 > 1<<50:
		return fault(reasonDamaged, "a size beyond all bounds")
	case f.UncompressedSize64 > bombMinimum && f.UncompressedSize64/bombRatio > f.CompressedSize64:
		return fault(reasonBomb, "%d bytes out of %d", f.UncompressedSize64, f.CompressedSize64)
	}
	return nil
}

// opener unpacks an entry and ends one byte after the size the list states:
// what is longer is damage.
func opener(f *zip.File) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) {
		in, err := f.Open()
		if err != nil {
			return nil, fault(reasonDamaged, "an entry can't be opened")
		}
		return &entry{in: in, left: int64(f.UncompressedSize64)}, nil
	}
}

type entry struct {
	in   io.ReadCloser
	left int64
}

// Read gives a *Fault where the entry is not what the list says; its checksum
// counts too.
func (e *entry) Read(b []byte) (int, error) {
	n, err := e.in.Read(b)
	if e.left -= int64(n); e.left < 0 {
		return 0, fault(reasonBomb, "an entry longer than the list says")
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return n, fault(reasonDamaged, "an entry can't be unpacked")
	}
	return n, err
}

func (e *entry) Close() error { return e.in.Close() }

// entryName decodes a name: UTF-8 if it is that, and else the code page that
// DOS had here, which is what the format says.
func entryName(f *zip.File) string {
	if utf8.ValidString(f.Name) {
		return f.Name
	}
	s, err := charmap.CodePage850.NewDecoder().String(f.Name)
	if err != nil { // a table without holes
		return strings.ToValidUTF8(f.Name, "\uFFFD")
	}
	return s
}

// isOffice says whether the archive is a text document or table: those of both
// families are ZIPs with fixed entries.
func isOffice(z *zip.Reader) bool {
	for _, f := range z.File {
		switch {
		case f.Name == "[Content_Types].xml":
			return true
		case f.Name == "mimetype" && f.UncompressedSize64 < 200 && f.Method == zip.Store:
			in, err := f.Open()
			if err != nil {
				continue
			}
			b, _ := io.ReadAll(io.LimitReader(in, 200)) // unreadable: no office document
			if err := in.Close(); err == nil && strings.HasPrefix(string(b), "application/") {
				return true
			}
		}
	}
	return false
}

// span is where an entry's bytes lie.
type span struct{ from, to int64 }

// overlapping says whether two entries share bytes, as in a bomb without
// layers, or one lies outside the file.
func overlapping(all []span, size int64) bool {
	slices.SortFunc(all, func(a, b span) int { return int(max(-1, min(1, a.from-b.from))) })
	end := int64(0)
	for _, s := range all {
		if s.from < end || s.to > size || s.to < s.from {
			return true
		}
		end = s.to
	}
	return false
}

// budgetReader ends when more is read than a list of entries may take.
type budgetReader struct {
	r    io.ReaderAt
	left int64
}

var errBudget = errors.New("the list of entries is too long")

func (b *budgetReader) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errBudget
	}
	return b.r.ReadAt(p, off)
}
