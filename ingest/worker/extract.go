package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"eakte/ingest/render"
)

// Range is pages First to Last of a document, both in it, counted from 1.
type Range = render.Range

// MostRanges is how many can be taken of a document at once.
const MostRanges = mostParts

// extraction is what is asked of a child with a document of which pages are
// wanted.
type extraction struct {
	Ranges []Range `json:"ranges"`
}

// Extract takes pages of a PDF or a TIFF as documents of their own, of the same
// type: the pages as they are in the document, with nothing that belongs to the
// whole of it. each is called for every range in its order, as Input.Parts is
// for what a container carries; Number counts the ranges from 1. Ranges may
// overlap; at most MostRanges are taken at once.
//
// Errors are those of Process. A document of another type, or one that has not
// all of the pages, is a *Fault, which may come after the first parts and in the
// middle of one. Nothing is tried again.
func (p *Pool) Extract(ctx context.Context, d Document, ranges []Range, each func(Part) error) error {
	if len(ranges) > MostRanges {
		return &Fault{Reason: render.ReasonManyParts, Cause: fmt.Errorf("%d ranges of pages", len(ranges))}
	}
	if len(ranges) == 0 {
		return nil
	}
	if err := p.enter(); err != nil {
		return err
	}
	defer p.busy.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.ctx, func() { cancel(ErrClosed) })()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return p.extract(ctx, d, ranges, each)
}

// extract has a child take the pages; the caller holds a slot.
func (p *Pool) extract(ctx context.Context, d Document, ranges []Range, each func(Part) error) error {
	body := bufio.NewReaderSize(d.Open(), bodyChunk)
	if err := p.look(body, d.Size); err != nil {
		return err
	}
	c, err := p.ready(ctx, kindExtract, extraction{ranges})
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, c.kill)
	r := reading{child: c, limits: p.cfg.Limits, in: Input{Body: body, Size: d.Size, Parts: each}, state: &state{left: p.documentTime()}}
	err = r.extract(len(ranges))
	stopped := !stop()
	if err != nil || stopped {
		if stopped {
			err = context.Cause(ctx)
		}
		p.end(c, "failed")
		return err
	}
	c.pages += len(ranges)
	p.rest(c)
	return nil
}

// extract sends the body and receives so many parts. The child must be killed
// after any error.
func (r *reading) extract(want int) error {
	if err := r.send(); err != nil {
		return err
	}
	for {
		f, err := r.next()
		if err != nil {
			return err
		}
		switch {
		case f.kind == kindPart && r.parts < want:
			if err := r.part(f); err != nil {
				return err
			}
		case f.kind == kindPartEnd && r.parts == want:
			return nil
		case f.kind == kindFault:
			fault, err := checkedFault(f, r.limits)
			if err != nil {
				return r.hostile(err)
			}
			return fault
		case f.kind == kindFailure:
			return fmt.Errorf("worker can't take pages: %w", said(f.parts[0]))
		default:
			return r.hostile(errProtocol)
		}
	}
}

// extract is the child's side: each range as a part, and one end more when all
// have been sent. An error means that the protocol can't go on.
func (s *server) extract(asked frame) error {
	var x extraction
	if err := json.Unmarshal(asked.parts[0], &x); err != nil {
		return fmt.Errorf("extraction: %w", err)
	}
	f, size, err := s.body()
	if err != nil {
		return err
	}
	err = s.ranges(f, size, x.Ranges)
	if err := f.Close(); err != nil {
		return fmt.Errorf("drop document: %w", err)
	}
	var fault *Fault
	switch {
	case errors.As(err, &fault):
		head := faultHead{Reason: fault.Reason, Page: fault.Page}
		if fault.Cause != nil {
			head.Cause = short(fault.Cause.Error())
		}
		return s.sayJSON(kindFault, head)
	case err != nil:
		return s.say(kindFailure, []byte(short(err.Error())))
	}
	return s.say(kindPartEnd)
}

// ranges sends what is wanted of the document.
func (s *server) ranges(f *os.File, size int64, ranges []Range) (err error) {
	ctx := context.Background() // the parent kills the whole group when time is up
	if err := s.allowPage(); err != nil {
		return err
	}
	src, err := render.OpenSource(ctx, f, size, s.opts)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	for i, r := range ranges {
		if err := s.allowPage(); err != nil {
			return err
		}
		if err := s.sayJSON(kindPart, partHead{Number: i + 1, Name: strconv.Itoa(r.First) + "-" + strconv.Itoa(r.Last), Type: src.ContentType()}); err != nil {
			return err
		}
		if err := src.Write(ctx, partWriter{s}, r); err != nil {
			return err
		}
		if err := s.say(kindPartEnd); err != nil {
			return err
		}
	}
	return nil
}

// partWriter sends what is written as bytes of the part that was begun.
type partWriter struct{ s *server }

// Write sends all of b, in pieces.
func (w partWriter) Write(b []byte) (int, error) {
	sent := 0
	for sent < len(b) {
		piece := b[sent:min(len(b), sent+bodyChunk)]
		if err := w.s.say(kindPartBody, piece); err != nil {
			return sent, err
		}
		sent += len(piece)
	}
	return sent, nil
}
