package rendition

import (
	"bytes"
	"io"
)

// Signed says whether a PDF bears a digital signature: its dictionary can't be
// compressed, since it names places in the file ("/ByteRange [0 840 960 240]").
// It reads r to its end, or to the first sign of one, and understands nothing
// of the rest.
func Signed(r io.Reader) (bool, error) {
	const piece = 64 << 10
	buf := make([]byte, 0, piece+signLength)
	for {
		n, err := r.Read(buf[len(buf) : len(buf)+piece])
		buf = buf[:len(buf)+n]
		if namesPlaces(buf) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		keep := min(len(buf), signLength-1)
		buf = append(buf[:0], buf[len(buf)-keep:]...)
	}
}

// signLength is how long the beginning of a signature's places may be.
const signLength = 64

// namesPlaces finds "/ByteRange", a bracket and a number, with white space
// between them as PDF allows it. A text about the word has no number there.
func namesPlaces(b []byte) bool {
	sign := []byte("/ByteRange")
	for {
		_, after, found := bytes.Cut(b, sign)
		if !found {
			return false
		}
		rest := bytes.TrimLeft(after[:min(len(after), signLength-len(sign))], "\x00\t\n\f\r ")
		if list, ok := bytes.CutPrefix(rest, []byte("[")); ok {
			list = bytes.TrimLeft(list, "\x00\t\n\f\r ")
			if len(list) > 0 && '0' <= list[0] && list[0] <= '9' {
				return true
			}
		}
		b = after
	}
}
