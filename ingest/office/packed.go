package office

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// What a packed document may ask for before LibreOffice sees it.
const (
	listBytes   = 16 << 20  // of the list of its entries
	mostEntries = 10_000    // sheets, pictures and their relations
	mostBytes   = 512 << 20 // of all entries unpacked
	bombRatio   = 200       // an entry that grows more than so many times …
	bombMinimum = 32 << 20  // … and beyond so many bytes
	tableBytes  = 4 << 20   // of the entry that names what the others are
)

// mainParts are the content types of a document's main part, and what it is then.
var mainParts = []struct {
	part string
	kind Kind
}{
	{"wordprocessingml.document.main+xml", DOCX}, {"wordprocessingml.template.main+xml", DOTX},
	{"ms-word.document.macroEnabled.main+xml", DOCM}, {"ms-word.template.macroEnabledTemplate.main+xml", DOTM},
	{"spreadsheetml.sheet.main+xml", XLSX}, {"spreadsheetml.template.main+xml", XLTX},
	{"ms-excel.sheet.macroEnabled.main+xml", XLSM}, {"ms-excel.template.macroEnabled.main+xml", XLTM},
	{"ms-excel.sheet.binary.macroEnabled.main", XLSB},
}

// Packed says which office document a ZIP archive is. ok is false if it is
// none, but an archive like any other. A document of a kind that is not
// converted, or that must not be opened, is a *Fault.
func Packed(r io.ReaderAt, size int64) (k Kind, ok bool, err error) {
	z, err := zip.NewReader(&budgetReader{r: r, left: listBytes}, size)
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return Kind{}, false, nil // whoever opens archives says what is wrong with it
	}
	k, ok, err = kindOf(z)
	if !ok || err != nil {
		return k, ok, err
	}
	if z, err = zip.NewReader(r, size); err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return k, true, fault(reasonDamaged, "no list of entries")
	}
	return k, true, weigh(z)
}

// kindOf looks at the entries that say what the others are.
func kindOf(z *zip.Reader) (k Kind, ok bool, err error) {
	for _, f := range z.File {
		switch {
		case f.Name == "[Content_Types].xml":
			b, err := whole(f, tableBytes)
			if err != nil {
				return k, true, err
			}
			k, err = openXML(b)
			return k, true, err
		case f.Name == "mimetype" && f.UncompressedSize64 < 200 && f.Method == zip.Store:
			b, err := whole(f, 200)
			if err != nil || !bytes.HasPrefix(b, []byte("application/")) {
				continue
			}
			k, err = openDocument(strings.TrimSpace(string(b)))
			return k, true, err
		}
	}
	return k, false, nil
}

func openXML(table []byte) (Kind, error) {
	for _, m := range mainParts {
		if bytes.Contains(table, []byte(m.part)) {
			return m.kind, nil
		}
	}
	if bytes.Contains(table, []byte("presentationml.")) || bytes.Contains(table, []byte("ms-powerpoint.")) {
		return Kind{}, fault(reasonSlides, "slides")
	}
	return Kind{}, fault(reasonUnknown, "a package of something else")
}

func openDocument(mimetype string) (Kind, error) {
	if k, ok := KindOf(mimetype); ok && slices.Contains([]Kind{ODT, OTT, ODS, OTS}, k) {
		return k, nil
	}
	if strings.HasPrefix(mimetype, "application/vnd.oasis.opendocument.presentation") {
		return Kind{}, fault(reasonSlides, "slides")
	}
	return Kind{}, fault(reasonUnknown, "a package of something else")
}

// weigh unpacks everything once and keeps nothing: what an archive says of its
// sizes is believed by nobody.
func weigh(z *zip.Reader) error {
	if len(z.File) > mostEntries {
		return fault(reasonManyParts, fmt.Sprintf("%d entries", len(z.File)))
	}
	left := int64(mostBytes)
	for _, f := range z.File {
		if f.Flags&1 != 0 || f.Name == "encrypted-package" {
			return fault(reasonEncrypted, "an entry with a password")
		}
		n, err := measure(f, left)
		if err != nil {
			return err
		}
		if left -= n; left < 0 {
			return fault(reasonTooLarge, fmt.Sprintf("more than %d bytes unpacked", mostBytes))
		}
		if f.Name == "META-INF/manifest.xml" {
			b, err := whole(f, tableBytes)
			if err != nil {
				return err
			}
			if bytes.Contains(b, []byte("encryption-data")) {
				return fault(reasonEncrypted, "encrypted entries")
			}
		}
	}
	return nil
}

// measure unpacks an entry into nothing, and stops at a bomb.
func measure(f *zip.File, left int64) (n int64, err error) {
	in, err := f.Open()
	if err != nil {
		return 0, fault(reasonDamaged, "an entry can't be opened")
	}
	most := min(left+1, max(bombMinimum, int64(min(f.CompressedSize64, 1<<40))*bombRatio)+1)
	n, err = io.Copy(io.Discard, io.LimitReader(in, most))
	if cerr := in.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return n, fault(reasonDamaged, "an entry can't be unpacked")
	case n == most && n <= left:
		return n, fault(reasonBomb, fmt.Sprintf("more than %d bytes out of %d", n, f.CompressedSize64))
	}
	return n, nil
}

// whole unpacks an entry of at most limit bytes.
func whole(f *zip.File, limit int64) ([]byte, error) {
	in, err := f.Open()
	if err != nil {
		return nil, fault(reasonDamaged, "an entry can't be opened")
	}
	b, err := io.ReadAll(io.LimitReader(in, limit+1))
	if cerr := in.Close(); err == nil {
		err = cerr
	}
	switch {
	case err != nil:
		return nil, fault(reasonDamaged, "an entry can't be unpacked")
	case int64(len(b)) > limit:
		return nil, fault(reasonBomb, "a table of contents without end")
	}
	return b, nil
}

// budgetReader ends when more is read than a list of entries, and the entries
// that are looked at for the kind, may take.
type budgetReader struct {
	r    io.ReaderAt
	left int64
}

func (b *budgetReader) ReadAt(p []byte, off int64) (int, error) {
	if b.left -= int64(len(p)); b.left < 0 {
		return 0, errors.New("the list of entries is too long")
	}
	return b.r.ReadAt(p, off)
}
