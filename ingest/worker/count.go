package worker

import (
	"bufio"
	"context"
	"errors"
	"fmt"

	"eakte/ingest/render"
)

// Count says how many pages a PDF, a TIFF or a picture has, without reading
// them: 0 if the document is of another kind, or can't be opened; why, reading
// finds out. An error blames the machine, the bytes' source or ctx. Nothing is
// tried again.
func (p *Pool) Count(ctx context.Context, d Document) (int, error) {
	if err := p.enter(); err != nil {
		return 0, err
	}
	defer p.busy.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.ctx, func() { cancel(ErrClosed) })()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return 0, context.Cause(ctx)
	}
	pages, err := p.count(ctx, d)
	var fault *Fault
	if errors.As(err, &fault) {
		return 0, nil
	}
	return pages, err
}

// count has a child count; the caller holds a slot.
func (p *Pool) count(ctx context.Context, d Document) (int, error) {
	body := bufio.NewReaderSize(d.Open(), bodyChunk)
	if err := p.look(body, d.Size); err != nil {
		return 0, err
	}
	if head, _ := body.Peek(render.SniffLen); !render.Countable(head) { // look has seen that they can be read
		return 0, nil
	}
	c, err := p.ready(ctx, kindCount, struct{}{})
	if err != nil {
		return 0, err
	}
	stop := context.AfterFunc(ctx, c.kill)
	r := reading{child: c, limits: p.cfg.Limits, in: Input{Body: body, Size: d.Size}, state: &state{left: p.documentTime()}}
	pages, err := r.count()
	stopped := !stop()
	if err != nil || stopped {
		if stopped {
			err = context.Cause(ctx)
		}
		p.end(c, "failed")
		return 0, err
	}
	c.pages++
	p.rest(c)
	return pages, nil
}

// count sends the body and receives the number.
func (r *reading) count() (int, error) {
	if err := r.send(); err != nil {
		return 0, err
	}
	f, err := r.next()
	if err != nil {
		return 0, err
	}
	switch f.kind {
	case kindOpened:
		pages, err := checkedOpened(f, 0, r.limits)
		if err != nil {
			return 0, r.hostile(err)
		}
		return pages, nil
	case kindFault:
		fault, err := checkedFault(f, r.limits)
		if err != nil {
			return 0, r.hostile(err)
		}
		return 0, fault
	case kindFailure:
		return 0, fmt.Errorf("worker can't count: %w", said(f.parts[0]))
	}
	return 0, r.hostile(errProtocol)
}

// count is the child's side. An error means that the protocol can't go on.
func (s *server) count() error {
	f, size, err := s.body()
	if err != nil {
		return err
	}
	if err := s.allowPage(); err != nil {
		return err
	}
	pages, err := render.Count(context.Background(), f, size, s.opts) // the parent kills when time is up
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
	return s.sayJSON(kindOpened, opened{Pages: pages})
}
