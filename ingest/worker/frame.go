package worker

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// A frame is one message in either direction:
//
//	kind   1 byte
//	parts  1 byte: how many
//	length 4 bytes for each part, big endian
//	the parts, one after the other
//
// What kinds there are, how many parts each has and how long a part may be is
// fixed in shapes: nothing is allocated before it has been looked up there.
type frame struct {
	kind  byte
	parts [][]byte
}

// The kinds of frame. A document goes: accept? accepted; body frames and an
// end of body; opened, page frames, and one of summary, fault and failure.
const (
	kindReady    = 'R' // child: limits and isolation are set; JSON of Isolation. Send documents
	kindDocument = 'D' // parent: JSON of request: a document follows
	kindAccepted = 'A' // child: send its body
	kindBody     = 'B' // parent: some of its bytes
	kindBodyEnd  = 'E' // parent: that was all
	kindOpened   = 'O' // child: JSON of opened: how many pages there are
	kindPage     = 'P' // child: JSON of pageHead, JSON of the words, text, raw, image, full, thumb
	kindSummary  = 'S' // child: JSON of Summary
	kindFault    = 'F' // child: JSON of faultHead: the document is to blame
	kindFailure  = 'X' // child: a sentence: the machine is to blame
	kindPart     = 'T' // child: JSON of partHead: something that a container carries; before all pages
	kindPartBody = 'U' // child: some of its bytes
	kindPartEnd  = 'V' // child: that was all of it
	kindExtract  = 'Q' // parent: JSON of extraction: a document follows, of which pages are wanted as parts
	kindDraw     = 'W' // parent: JSON of drawing: a PDF follows, of which pictures are wanted
	kindPicture  = 'I' // child: a JPEG that was asked for
	kindCount    = 'C' // parent: a document follows, of which the number of pages is wanted: opened is the answer
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// bodyChunk is how many bytes of a document go into one frame.
const bodyChunk = 256 * kib

// shapes says how long each part of a frame may be.
func shapes(kind byte) ([]uint32, bool) {
	switch kind {
	case kindAccepted, kindBodyEnd, kindPartEnd:
		return nil, true
	case kindReady, kindDocument, kindOpened, kindCount:
		return []uint32{kib}, true
	case kindExtract:
		return []uint32{MostRanges * 32}, true
	case kindDraw:
		return []uint32{4 * kib}, true
	case kindPicture:
		return []uint32{64 * mib}, true
	case kindBody, kindPartBody:
		return []uint32{bodyChunk}, true
	case kindPage:
		return []uint32{256 * kib, 16 * mib, 4 * mib, 4 * mib, 32 * mib, 64 * mib, mib}, true
	case kindSummary, kindFault, kindFailure, kindPart:
		return []uint32{4 * kib}, true
	}
	return nil, false
}

var errProtocol = errors.New("not the agreed protocol")

// writeFrame sends one frame.
func writeFrame(w io.Writer, kind byte, parts ...[]byte) error {
	shape, ok := shapes(kind)
	if !ok || len(shape) != len(parts) {
		return fmt.Errorf("frame %q: %w", kind, errProtocol)
	}
	head := make([]byte, 2, 2+4*len(parts))
	head[0], head[1] = kind, byte(len(parts))
	for i, p := range parts {
		if uint64(len(p)) > uint64(shape[i]) {
			return fmt.Errorf("frame %q, part %d of %d bytes: %w", kind, i, len(p), errProtocol)
		}
		head = binary.BigEndian.AppendUint32(head, uint32(len(p)))
	}
	if _, err := w.Write(head); err != nil {
		return fmt.Errorf("write frame: %w", err)
	}
	for _, p := range parts {
		if _, err := w.Write(p); err != nil {
			return fmt.Errorf("write frame: %w", err)
		}
	}
	return nil
}

// readFrame receives one frame. io.EOF means that the other side has ended
// between frames.
func readFrame(r io.Reader) (frame, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return frame{}, err
	}
	shape, ok := shapes(head[0])
	if !ok || int(head[1]) != len(shape) {
		return frame{}, errProtocol
	}
	lengths := make([]byte, 4*len(shape))
	if _, err := io.ReadFull(r, lengths); err != nil {
		return frame{}, unexpected(err)
	}
	f := frame{kind: head[0], parts: make([][]byte, len(shape))}
	for i, most := range shape {
		if binary.BigEndian.Uint32(lengths[4*i:]) > most {
			return frame{}, errProtocol
		}
	}
	for i := range shape {
		f.parts[i] = make([]byte, binary.BigEndian.Uint32(lengths[4*i:]))
		if _, err := io.ReadFull(r, f.parts[i]); err != nil {
			return frame{}, unexpected(err)
		}
	}
	return f, nil
}

// unexpected: an end inside a frame is never a good one.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
