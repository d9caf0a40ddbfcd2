package worker

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"eakte/ingest/render"
)

// Pool reads documents in child processes, at most Config.Workers at a time.
// Children are started when there is work and ended when there is none.
type Pool struct {
	cfg    Config
	slots  chan struct{} // one for each document being read
	starts chan startRequest
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	busy   sync.WaitGroup
	layers atomic.Pointer[Isolation] // of the child that was started last; nil: none was yet

	mu     sync.Mutex
	closed bool
	idle   []*child // the one used last is at the end
}

type startRequest struct{ answer chan<- startAnswer }

type startAnswer struct {
	child *child
	err   error
}

// ErrClosed is what Process gives after Close.
var ErrClosed = errors.New("the worker pool is closed")

// NewPool makes a pool. Close must be called in the end.
func NewPool(cfg Config) *Pool {
	if cfg.Exe == "" {
		cfg.Exe = "/proc/self/exe"
	}
	if cfg.Args == nil {
		cfg.Args = []string{"worker"}
	}
	if cfg.IdleAfter <= 0 {
		cfg.IdleAfter = time.Minute
	}
	if cfg.Pause <= 0 {
		cfg.Pause = 10 * time.Second
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	cfg.Workers = max(1, cfg.Workers)
	cfg.Limits = cfg.Limits.withDefaults()
	p := &Pool{cfg: cfg, slots: make(chan struct{}, cfg.Workers), starts: make(chan startRequest)}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	if err := sweepScratch(); err != nil {
		cfg.Logger.Warn("scratch of an earlier run could not be removed", "error", err)
	}
	go p.starter()
	return p
}

// starter starts all children, on one thread that lives as long as the pool:
// the kernel kills a child when the thread that started it ends.
func (p *Pool) starter() {
	runtime.LockOSThread()
	for {
		select {
		case r := <-p.starts:
			c, err := startChild(p.cfg)
			r.answer <- startAnswer{c, err}
		case <-p.ctx.Done():
			p.busy.Wait()
			return
		}
	}
}

// Close kills all children and waits until nothing is left of them. Documents
// being read end with ErrClosed.
func (p *Pool) Close() {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	p.cancel()
	for _, c := range idle {
		p.end(c, "closed")
	}
	p.busy.Wait()
}

// Workers is how many documents are read at the same time.
func (p *Pool) Workers() int { return p.cfg.Workers }

// Process reads one document and calls each for every page, in order. An error
// that is a *Fault blames the document; pages given before it are void. Any
// other error blames the machine, Body, each or ctx. When it returns an error
// the child that read the document has been killed. Nothing is tried again.
func (p *Pool) Process(ctx context.Context, in Input, each func(Page) error) (Summary, error) {
	return p.process(ctx, in, &state{left: p.documentTime()}, each)
}

// state is what outlives the child that reads a document.
type state struct {
	left  time.Duration // of the document's time; the time spent in each does not count
	pages int           // of the document, as the child says that read last; 0: it could not be opened
}

func (p *Pool) process(ctx context.Context, in Input, st *state, each func(Page) error) (Summary, error) {
	st.pages = 0
	if err := p.enter(); err != nil {
		return Summary{}, err
	}
	defer p.busy.Done()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.ctx, func() { cancel(ErrClosed) })()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return Summary{}, context.Cause(ctx)
	}
	body := bufio.NewReaderSize(in.Body, bodyChunk)
	if err := p.look(body, in.Size); err != nil {
		return Summary{}, err
	}
	c, err := p.ready(ctx, kindDocument, request{From: in.From, Skip: in.Skip, OnDemand: in.OnDemand})
	if err != nil {
		return Summary{}, err
	}
	stop := context.AfterFunc(ctx, c.kill)
	in.Body = body
	r := reading{child: c, limits: p.cfg.Limits, in: in, each: each, page: max(1, in.From) - 1, state: st}
	sum, err := r.run()
	stopped := !stop()
	if err != nil || stopped {
		if stopped {
			err = context.Cause(ctx)
		}
		p.end(c, "failed")
		return Summary{}, err
	}
	c.pages += max(1, sum.Pages-max(0, in.From-1)) // a document that was only opened wears it out too
	p.rest(c)
	return sum, nil
}

// enter counts a document in, unless the pool is closed.
func (p *Pool) enter() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	p.busy.Add(1)
	return nil
}

// look refuses, without any child, what its first bytes and its size forbid.
func (p *Pool) look(body *bufio.Reader, size int64) error {
	if size > p.cfg.Limits.MaxBytes {
		return &Fault{Reason: render.ReasonTooLarge, Cause: fmt.Errorf("%d bytes", size)}
	}
	first, err := body.Peek(render.SniffLen)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read document: %w", err)
	}
	if len(first) == 0 && size <= 0 {
		return &Fault{Reason: render.ReasonEmpty, Cause: errors.New("no bytes")}
	}
	if _, ok := render.Sniff(first); !ok && len(first) > 0 {
		return &Fault{Reason: render.ReasonUnknownFormat, Cause: errors.New("unknown first bytes")}
	}
	return nil
}

// ready gives a child that has accepted a document and what is wanted of it. One that has died while
// it was idle is no document's fault.
func (p *Pool) ready(ctx context.Context, kind byte, r any) (*child, error) {
	asked, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode request: %w", err)
	}
	for {
		c, err := p.child()
		if err != nil {
			return nil, err
		}
		stop := context.AfterFunc(ctx, c.kill)
		fresh := c.pages == 0
		if fresh {
			err = p.begun(c)
		}
		if err == nil {
			err = c.ask(kind, kindAccepted, asked)
		}
		if stop() && err == nil {
			return c, nil
		}
		p.end(c, "not ready")
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if fresh {
			return nil, fmt.Errorf("worker accepts no document (%s): %w", c.cmd.ProcessState, err)
		}
	}
}

// child gives an idle child or starts one.
func (p *Pool) child() (*child, error) {
	p.mu.Lock()
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	p.mu.Unlock()
	answer := make(chan startAnswer, 1)
	select {
	case p.starts <- startRequest{answer}:
	case <-p.ctx.Done():
		return nil, ErrClosed
	}
	a := <-answer
	if a.err == nil {
		p.cfg.Logger.Debug("worker started", "pid", a.child.cmd.Process.Pid)
	}
	return a.child, a.err
}

// rest keeps a child for the next document, for a while.
func (p *Pool) rest(c *child) {
	p.mu.Lock()
	if p.closed || c.pages >= p.cfg.Limits.RecyclePages {
		p.mu.Unlock()
		p.end(c, "recycled")
		return
	}
	pages := c.pages // from then on it may be another's
	p.idle = append(p.idle, c)
	p.mu.Unlock()
	time.AfterFunc(p.cfg.IdleAfter, func() { p.retire(c, pages) })
}

// retire ends a child if it still rests and has read nothing since.
func (p *Pool) retire(c *child, pages int) {
	p.mu.Lock()
	for i, other := range p.idle {
		if other == c && c.pages == pages {
			p.idle = append(p.idle[:i], p.idle[i+1:]...)
			p.mu.Unlock()
			p.end(c, "idle")
			return
		}
	}
	p.mu.Unlock()
}

// end ends a child and notes it.
func (p *Pool) end(c *child, why string) {
	if err := c.end(); err != nil {
		p.cfg.Logger.Warn("worker could not be cleared away", "error", err)
	}
	ps := c.cmd.ProcessState
	p.cfg.Logger.Debug("worker ended", "pid", ps.Pid(), "why", why, "pages", c.pages, "cpu", ps.UserTime()+ps.SystemTime())
}
