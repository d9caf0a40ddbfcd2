package worker

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"image/jpeg"
	"io"
	"os"

	"eakte/appliance/record"
	"eakte/ingest/render"
)

// MostPictures is how many pictures are drawn at one asking.
const MostPictures = render.MostPictures

// drawing is what is asked of a child with a PDF of which pictures are wanted.
type drawing struct {
	Pictures []record.Picture `json:"pictures"`
}

// Draw draws pages of a PDF, size bytes, each in the pixels asked for (the short
// side may be two more or less, but for the size that the page was read in),
// and calls each with their JPEGs in the order asked; at most MostPictures. An
// error that is a *Fault blames the document. Nothing is tried again, and
// pictures that were given stay good.
func (p *Pool) Draw(ctx context.Context, body io.Reader, size int64, want []record.Picture, each func(jpeg []byte) error) error {
	if len(want) == 0 || len(want) > MostPictures {
		return record.Bad("pictures", "are none or more than %d", MostPictures)
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
	return p.draw(ctx, body, size, want, each)
}

// draw has a child draw; the caller holds a slot.
func (p *Pool) draw(ctx context.Context, body io.Reader, size int64, want []record.Picture, each func([]byte) error) error {
	in := bufio.NewReaderSize(body, bodyChunk)
	if err := p.look(in, size); err != nil {
		return err
	}
	c, err := p.ready(ctx, kindDraw, drawing{want})
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, c.kill)
	r := reading{child: c, limits: p.cfg.Limits, in: Input{Body: in, Size: size}, state: &state{left: p.documentTime()}}
	err = r.draw(want, each)
	stopped := !stop()
	if err != nil || stopped {
		if stopped {
			err = context.Cause(ctx)
		}
		p.end(c, "failed")
		return err
	}
	c.pages += len(want)
	p.rest(c)
	return nil
}

// draw sends the body and receives the pictures. The child must be killed
// after any error.
func (r *reading) draw(want []record.Picture, each func([]byte) error) error {
	if err := r.send(); err != nil {
		return err
	}
	for i := 0; ; {
		f, err := r.next()
		if err != nil {
			return err
		}
		switch {
		case f.kind == kindPicture && i < len(want):
			if err := checkPicture(f.parts[0], want[i]); err != nil {
				return r.hostile(err)
			}
			if err := each(f.parts[0]); err != nil {
				return err
			}
			i++
		case f.kind == kindPartEnd && i == len(want):
			return nil
		case f.kind == kindFault:
			fault, err := checkedFault(f, r.limits)
			if err != nil {
				return r.hostile(err)
			}
			return fault
		case f.kind == kindFailure:
			return fmt.Errorf("worker can't draw: %w", said(f.parts[0]))
		default:
			return r.hostile(errProtocol)
		}
	}
}

// checkPicture looks at a picture's header only: decoding is the browser's business.
func checkPicture(b []byte, want record.Picture) error {
	c, err := jpeg.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("picture: %w", err)
	}
	if !render.Fits(c.Width, c.Height, want) {
		return fmt.Errorf("picture: %d × %d pixels", c.Width, c.Height)
	}
	return nil
}

// draw is the child's side: the pictures, and one end when all have been sent.
// An error means that the protocol can't go on.
func (s *server) draw(asked frame) error {
	var d drawing
	if err := json.Unmarshal(asked.parts[0], &d); err != nil {
		return fmt.Errorf("drawing: %w", err)
	}
	f, _, err := s.body()
	if err != nil {
		return err
	}
	err = s.pictures(f, d.Pictures)
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

func (s *server) pictures(f *os.File, want []record.Picture) error {
	if err := s.allowPage(); err != nil {
		return err
	}
	return render.Draw(context.Background(), f, want, s.opts.Limits, func(b []byte) error { // the parent kills when time is up
		return s.say(kindPicture, b)
	})
}
