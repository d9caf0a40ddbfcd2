package ui

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Serve answers on l until ctx ends; then no new request is taken, those that
// run may finish within the grace, and the rest is cut off. It closes l.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	served := make(chan error, 1)
	go func() { served <- a.fiber.Listener(patient{l}) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.grace)
	defer cancel()
	err := a.fiber.ShutdownWithContext(stop)
	if errors.Is(err, context.DeadlineExceeded) {
		a.log.Warn("requests were cut off at shutdown")
		err = nil
	}
	_ = l.Close() //nolint:errcheck // closed already, unless the end came before Fiber had begun: then it would serve for ever
	if serr := <-served; err == nil && !errors.Is(serr, net.ErrClosed) {
		err = serr
	}
	return err
}

// writePatience is how long one write may wait for a slow reader.
const writePatience = 60 * time.Second

// lingering bounds what is read from a client that still sends although it
// has been refused.
const (
	lingerTime  = 2 * time.Second
	lingerBytes = 256 << 20
)

// patient hands out connections that judge a slow reader write by write, and
// that close politely.
type patient struct{ net.Listener }

func (p patient) Accept() (net.Conn, error) {
	c, err := p.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &conn{Conn: c}, nil
}

type conn struct {
	net.Conn
	once  sync.Once
	err   error
	ended atomic.Bool
}

// Read notes when nothing more comes. A chunked body whose end was never sent
// looks to fasthttp like a whole one; border.Body asks Ended to tell them apart.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil {
		c.ended.Store(true)
	}
	return n, err
}

// Ended says whether a read has met the end of the connection, or a fault.
func (c *conn) Ended() bool { return c.ended.Load() }

// Write gives each write its own deadline: a large original may take long on
// a slow line, but not stand still.
func (c *conn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writePatience)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close first says that nothing more will come and then reads on for a
// moment. Closing with unread bytes resets the connection, and the client
// would lose the answer that tells it why (413, 431).
func (c *conn) Close() error {
	c.once.Do(func() {
		half, ok := c.Conn.(interface{ CloseWrite() error })
		if !ok || half.CloseWrite() != nil {
			c.err = c.Conn.Close()
			return
		}
		go func() {
			_ = c.SetReadDeadline(time.Now().Add(lingerTime))               //nolint:errcheck // closed next anyway
			_, _ = io.Copy(io.Discard, io.LimitReader(c.Conn, lingerBytes)) //nolint:errcheck // closed next anyway
			_ = c.Conn.Close()                                              //nolint:errcheck // nothing is lost with it
		}()
	})
	return c.err
}
