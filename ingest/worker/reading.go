package worker

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"eakte/ingest/render"
)

// reading is one document being read by one child that has accepted it.
type reading struct {
	child  *child
	limits Limits
	in     Input
	each   func(Page) error
	page   int // the last one that came, or was not wanted
	state  *state

	parts     int   // that have come
	partBytes int64 // of them all
}

// run sends the body and receives the pages. The child must be killed after
// any error.
func (r *reading) run() (Summary, error) {
	if err := r.send(); err != nil {
		return Summary{}, err
	}
	for {
		for slices.Contains(r.in.Skip, r.page+1) {
			r.page++
		}
		f, err := r.next()
		if err != nil {
			return Summary{}, err
		}
		switch f.kind {
		case kindPart:
			if r.state.pages > 0 { // they come before it is opened
				return Summary{}, r.hostile(errProtocol)
			}
			if err := r.part(f); err != nil {
				return Summary{}, err
			}
		case kindOpened:
			if r.state.pages, err = checkedOpened(f, r.page, r.limits); err != nil {
				return Summary{}, r.hostile(err)
			}
		case kindPage:
			p, err := checkedPage(f, r.page+1, r.limits)
			if err == nil && p.OnDemand && !r.in.OnDemand {
				err = errors.New("a page without its images")
			}
			if err != nil {
				return Summary{}, r.hostile(err)
			}
			r.page++
			if err := r.each(p); err != nil {
				return Summary{}, err
			}
		case kindSummary:
			s, err := checkedSummary(f, r.page)
			if err != nil {
				return Summary{}, r.hostile(err)
			}
			return s, nil
		case kindFault:
			fault, err := checkedFault(f, r.limits)
			if err != nil {
				return Summary{}, r.hostile(err)
			}
			return Summary{}, fault
		case kindFailure:
			return Summary{}, fmt.Errorf("worker can't read documents: %w", said(f.parts[0]))
		default:
			return Summary{}, r.hostile(errProtocol)
		}
	}
}

// send gives the child the document, which it keeps in memory.
func (r *reading) send() error {
	buf := make([]byte, bodyChunk)
	var total int64
	for {
		n, err := r.in.Body.Read(buf)
		total += int64(n)
		if total > r.limits.MaxBytes {
			return &Fault{Reason: render.ReasonTooLarge, Cause: fmt.Errorf("more than %d bytes", r.limits.MaxBytes)}
		}
		if n > 0 {
			if err := r.timed(func(by time.Time) error { return r.child.send(by, kindBody, buf[:n]) }); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("read document: %w", err)
		}
	}
	if r.in.Size >= 0 && total != r.in.Size {
		return fmt.Errorf("read document: %d bytes instead of %d", total, r.in.Size)
	}
	return r.timed(func(by time.Time) error { return r.child.send(by, kindBodyEnd) })
}

// next waits for the child's next frame.
func (r *reading) next() (frame, error) {
	var f frame
	err := r.timed(func(by time.Time) error {
		var err error
		f, err = r.child.receive(by)
		return err
	})
	return f, err
}

// timed lets the child work until the page's or the document's time is up and
// makes a fault of whatever goes wrong.
func (r *reading) timed(work func(by time.Time) error) error {
	start := time.Now()
	err := work(start.Add(min(r.state.left, time.Duration(r.limits.PageSeconds)*time.Second)))
	r.state.left -= time.Since(start)
	switch {
	case err == nil && r.state.left > 0:
		return nil
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
		return &Fault{Reason: render.ReasonTimeout, Page: r.blamed(), Cause: errors.New("time is up")}
	case errors.Is(err, errProtocol):
		return r.hostile(err)
	}
	how := r.child.exit()
	return &Fault{Reason: r.child.reason(), Page: r.blamed(), Cause: errors.Join(err, how)}
}

// blamed is the page that was being read, or 0 if it was none: the document
// was not opened yet, or its last page had come already.
func (r *reading) blamed() int {
	if r.page >= r.state.pages {
		return 0
	}
	return r.page + 1
}

// hostile: a child that breaks the protocol has been taken over or is broken.
func (r *reading) hostile(err error) error {
	return &Fault{Reason: render.ReasonCrashed, Page: r.blamed(), Cause: err}
}
