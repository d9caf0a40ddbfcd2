package worker

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"eakte/ingest/render"
)

// Part is one thing that a container carries, as the parent gets it. Body must
// be read before the call that gives it returns; an error of Body that is a
// *Fault blames the container. Name is data, Type what the container says of
// it: nothing is decided by either.
type Part struct {
	Number int // from 1, in the container's order
	Name   string
	Type   string
	Body   io.Reader
}

// Reasons of a Fault that whoever takes parts in may give.
const (
	ReasonTooLarge  = render.ReasonTooLarge
	ReasonTooDeep   = render.ReasonTooDeep
	ReasonManyParts = render.ReasonManyParts
)

// partHead is what a part frame says of a part.
type partHead struct {
	Number int    `json:"number"`
	Name   string `json:"name"`
	Type   string `json:"type"`
}

// What the parent takes of one container, whatever the child says.
const (
	mostParts     = 500
	mostPartBytes = 2 << 30
	partName      = 1000 // bytes
)

// checkedPart takes over the head of a part.
func checkedPart(f frame, want int) (Part, error) {
	var h partHead
	if err := json.Unmarshal(f.parts[0], &h); err != nil {
		return Part{}, fmt.Errorf("part head: %w", err)
	}
	switch {
	case h.Number != want || want > mostParts:
		return Part{}, fmt.Errorf("part %d came instead of %d", h.Number, want)
	case len(h.Name) > partName || len(h.Type) > partName, !plainText(h.Name) || !plainText(h.Type), !utf8.ValidString(h.Name):
		return Part{}, fmt.Errorf("the name of part %d is no text", h.Number)
	}
	return Part{Number: h.Number, Name: h.Name, Type: h.Type}, nil
}

// part gives one part to who asked for parts, while it comes.
func (r *reading) part(f frame) error {
	p, err := checkedPart(f, r.parts+1)
	if err != nil {
		return r.hostile(err)
	}
	r.parts++
	body := &partBody{r: r}
	p.Body = body
	if r.in.Parts != nil {
		err = r.in.Parts(p)
	}
	if err == nil {
		_, err = io.Copy(io.Discard, body) // what nobody wanted
	}
	if body.failed != nil { // the cause of what it says
		return body.failed
	}
	return err
}

// partBody is a part's bytes, frame by frame.
type partBody struct {
	r      *reading
	rest   []byte
	ended  bool
	failed error
}

// Read waits for the child. What it gives is bounded over all parts.
func (b *partBody) Read(p []byte) (int, error) {
	for len(b.rest) == 0 {
		if b.failed != nil {
			return 0, b.failed
		}
		if b.ended {
			return 0, io.EOF
		}
		b.failed = b.more()
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

func (b *partBody) more() error {
	f, err := b.r.next()
	if err != nil {
		return err
	}
	switch f.kind {
	case kindPartBody:
		b.rest = f.parts[0]
		if b.r.partBytes += int64(len(b.rest)); b.r.partBytes > mostPartBytes {
			return b.r.hostile(errors.New("parts without end"))
		}
		return nil
	case kindPartEnd:
		b.ended = true
		return nil
	case kindFault:
		fault, err := checkedFault(f, b.r.limits)
		if err != nil {
			return b.r.hostile(err)
		}
		return fault
	case kindFailure:
		return fmt.Errorf("worker can't read documents: %w", said(f.parts[0]))
	}
	return b.r.hostile(errProtocol)
}
