package worker

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"eakte/ingest/render"
)

// How much of a document may be lost before all of it is.
const (
	deathsOfPage = 3  // so many children a page may kill before it is given up
	mostLost     = 10 // pages given up in one document; more, and it is not worth keeping its text
)

// Document is one document that is read by as many children as it takes.
type Document struct {
	Open  func() io.Reader // its bytes from the start, anew for each child
	Size  int64
	Parts func(Part) error // as that of Input
	// OnDemand is that of Input.
	OnDemand bool
	// Deaths says how many children each page has killed in earlier tries, 0
	// standing for the opening of the document. It is counted on.
	Deaths map[int]int
	// Died keeps that a child more has died of a page, before that page is tried
	// again: the next one to die of it may be this process.
	Died func(page int, reason string) error
}

// Read reads a document and calls each for every page, in order. A page that
// kills the child that reads it is tried again by another, from that page on;
// the third time a page in its place says that it can't be read (Source
// SourceUnreadable), and reading goes on behind it. What blames a page without
// killing anybody, as damage does, ends the document as in Process; so does a
// document that can't be opened, one that is lost in more than ten pages or in
// all of them, and one that takes too long altogether.
func (p *Pool) Read(ctx context.Context, d Document, each func(Page) error) (Summary, error) {
	r := rereading{pool: p, doc: d, next: 1, each: each, state: state{left: p.documentTime()}}
	if r.doc.Deaths == nil {
		r.doc.Deaths = map[int]int{}
	}
	if r.doc.Deaths[0] >= deathsOfPage || len(r.lost()) > mostLost {
		return Summary{}, errGivenUp
	}
	for {
		in := Input{Body: d.Open(), Size: d.Size, Parts: d.Parts, OnDemand: d.OnDemand, From: r.next, Skip: r.lost()}
		sum, err := p.process(ctx, in, &r.state, r.came)
		if err == nil {
			return r.end(sum)
		}
		if err := r.after(ctx, err); err != nil {
			return Summary{}, err
		}
	}
}

// errGivenUp is the fault of a document that was given up in an earlier try.
var errGivenUp = &Fault{Reason: render.ReasonCrashed, Cause: errors.New("it has killed its workers before")}

// rereading is one document on its way through several children.
type rereading struct {
	pool  *Pool
	doc   Document
	each  func(Page) error
	next  int   // the page that is due
	state state // of the child that read last
}

// lost are the pages that were given up, sorted.
func (r *rereading) lost() []int {
	var lost []int
	for page, n := range r.doc.Deaths {
		if page > 0 && n >= deathsOfPage {
			lost = append(lost, page)
		}
	}
	slices.Sort(lost)
	return lost
}

// came takes a page over.
func (r *rereading) came(p Page) error {
	if err := r.passOver(p.Number); err != nil {
		return err
	}
	r.next = p.Number + 1
	return r.each(p)
}

// passOver puts a page in the place of each that was left out before page.
func (r *rereading) passOver(page int) error {
	for ; r.next < page; r.next++ {
		p, err := unreadable(r.next)
		if err != nil {
			return err
		}
		if err := r.each(p); err != nil {
			return err
		}
	}
	return nil
}

// end closes a document of which a child has seen the end.
func (r *rereading) end(sum Summary) (Summary, error) {
	sum.Unreadable = r.lost()
	if len(sum.Unreadable) > 0 && len(sum.Unreadable) == sum.Pages {
		return Summary{}, errGivenUp
	}
	return sum, r.passOver(sum.Pages + 1)
}

// after decides what a failure means: nil is to go on.
func (r *rereading) after(ctx context.Context, err error) error {
	var f *Fault
	if !errors.As(err, &f) || !kills(f.Reason) || r.state.left <= 0 {
		return err
	}
	page := f.Page
	if page < r.next || page > r.state.pages { // a child says what it likes
		page = 0
	}
	r.doc.Deaths[page]++
	if r.doc.Died != nil {
		if err := r.doc.Died(page, f.Reason); err != nil {
			return err
		}
	}
	lost := len(r.lost())
	switch {
	case r.doc.Deaths[0] >= deathsOfPage, lost > mostLost, lost > 0 && lost == r.state.pages:
		return err
	case r.doc.Deaths[page] == deathsOfPage-1: // the machine may have had a bad moment
		return r.pool.pause(ctx)
	}
	return nil
}

// kills says whether a fault ended the child, or would have with less care:
// another child may have better luck, and the next page is not to blame.
func kills(reason string) bool {
	return reason == render.ReasonCrashed || reason == render.ReasonTimeout || reason == render.ReasonMemory
}

// unreadable is the page that stands for page n.
func unreadable(n int) (Page, error) {
	r := render.Unreadable()
	images, err := r.Encode()
	if err != nil {
		return Page{}, err
	}
	return Page{Number: n, Width: r.Width(), Height: r.Height(), DPI: r.DPI, Source: SourceUnreadable,
		Image: images.Page, Full: images.Full, Thumb: images.Thumb}, nil
}

func (p *Pool) documentTime() time.Duration {
	return time.Duration(p.cfg.Limits.DocumentSeconds) * time.Second
}

// pause lets a machine that was short of something recover.
func (p *Pool) pause(ctx context.Context) error {
	wait := time.NewTimer(p.cfg.Pause)
	defer wait.Stop()
	select {
	case <-wait.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-p.ctx.Done():
		return ErrClosed
	}
}
