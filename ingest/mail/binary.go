package mail

import (
	"encoding/binary"
	"io"
)

// What a compound file is, beside a message.
const (
	TypeDOC = "application/msword"
	TypeXLS = "application/vnd.ms-excel"
)

const reasonSlides = "slides"

// CompoundType says which kind of document a file of Microsoft's compound
// format is: TypeMSG, TypeDOC or TypeXLS. Any error is a *Fault: one that is
// encrypted, slides, or something else altogether.
func CompoundType(r io.ReaderAt, size int64) (typ string, err error) {
	defer func() { // as in Open
		if p := recover(); p != nil {
			typ, err = "", fault(reasonDamaged, "the reader gave up")
		}
	}()
	root, err := compound(r, size)
	if err != nil {
		return "", damaged(err)
	}
	text, table := root.child("WordDocument"), root.child("Workbook")
	if table == nil {
		table = root.child("Book") // Excel 5
	}
	switch {
	case root.child(propertyStream) != nil:
		return TypeMSG, nil
	case root.child("EncryptedPackage") != nil, root.child("EncryptionInfo") != nil:
		return "", fault(reasonEncrypted, "a package with a password")
	case text != nil:
		return TypeDOC, lockedText(text)
	case table != nil:
		return TypeXLS, lockedTable(table)
	case root.child("PowerPoint Document") != nil:
		return "", fault(reasonSlides, "slides")
	}
	return "", fault(reasonUnknown, "a compound file of no known kind")
}

// lockedText looks for the flag of encryption in the head of a text ([MS-DOC], FibBase).
func lockedText(n *node) error {
	head, err := n.beginning(32)
	if err == nil && binary.LittleEndian.Uint16(head[10:])&0x0100 != 0 {
		err = fault(reasonEncrypted, "a text with a password")
	}
	return err
}

// lockedTable looks for the record FilePass among the first ([MS-XLS]). The
// records after it are encrypted, so it is one of them.
func lockedTable(n *node) error {
	const filePass, records = 0x2f, 10
	b, err := n.beginning(min(n.size(), 1024))
	if err != nil {
		return err
	}
	for i := 0; i < records && len(b) >= 4; i++ {
		kind, size := binary.LittleEndian.Uint16(b), int(binary.LittleEndian.Uint16(b[2:]))
		if kind == filePass {
			return fault(reasonEncrypted, "a table with a password")
		}
		b = b[min(len(b), 4+size):]
	}
	return nil
}

// beginning gives the first bytes of a stream.
func (n *node) beginning(count int64) ([]byte, error) {
	if n.size() < count {
		return nil, fault(reasonDamaged, "a stream without a head")
	}
	b := make([]byte, count)
	if _, err := n.file.Seek(0, io.SeekStart); err != nil {
		return nil, fault(reasonDamaged, "a stream can't be read")
	}
	if _, err := io.ReadFull(n.file, b); err != nil {
		return nil, fault(reasonDamaged, "a stream ends early")
	}
	return b, nil
}
