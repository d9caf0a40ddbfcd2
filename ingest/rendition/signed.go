package rendition

import (
	"bytes"
	"io"
)

// Signed says whether a PDF bears a digital signature: its dictionary can't be
// compressed, since it names places in the file. It reads r to its end, or to
// the first sign of one.
func Signed(r io.Reader) (bool, error) {
	sign := []byte("/ByteRange")
	const piece = 64 << 10
	buf := make([]byte, 0, piece+len(sign))
	for {
		n, err := r.Read(buf[len(buf) : len(buf)+piece])
		buf = buf[:len(buf)+n]
		if bytes.Contains(buf, sign) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		keep := min(len(buf), len(sign)-1)
		buf = append(buf[:0], buf[len(buf)-keep:]...)
	}
}
