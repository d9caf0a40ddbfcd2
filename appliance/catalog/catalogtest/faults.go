package catalogtest

import (
	"context"
	"database/sql/driver"
	"errors"
	"sync"
)

// ErrInjected is the error of a call that Faults let fail.
var ErrInjected = errors.New("catalogtest: injected fault")

// Faults lets database calls fail: beginning, statements and commits count,
// rollbacks don't. A commit that fails has rolled back. Use it as
// catalog.WithConnector(faults.Wrap).
type Faults struct {
	// Meet, when set, is asked about each call of a kind ("begin", "exec",
	// "query" or "commit") and decides in place of FailAt: with before the
	// call doesn't happen, with after it happens and its answer is lost. Set it
	// before the first call.
	Meet func(ctx context.Context, kind string) (before, after error)

	mu   sync.Mutex
	n    int
	at   int
	only string
}

// FailAt lets the n-th call from now on fail, 0 none. Counting starts anew.
func (f *Faults) FailAt(n int) { f.set(n, "") }

// FailNext lets the next call of a kind fail: "begin", "exec", "query" or
// "commit".
func (f *Faults) FailNext(kind string) { f.set(1, kind) }

func (f *Faults) set(n int, only string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.n, f.at, f.only = 0, n, only
}

// Count is the number of calls since FailAt.
func (f *Faults) Count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.n
}

func (f *Faults) check(ctx context.Context, kind string) (before, after error) {
	if f.Meet != nil {
		return f.Meet(ctx, kind)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.only != "" && f.only != kind {
		return nil, nil
	}
	f.n++
	if f.n == f.at {
		return ErrInjected, nil
	}
	return nil, nil
}

// Wrap puts the faults between a catalog and its driver.
func (f *Faults) Wrap(c driver.Connector) driver.Connector { return faultyConnector{c, f} }

type faultyConnector struct {
	driver.Connector
	faults *Faults
}

func (c faultyConnector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &faultyConn{conn, c.faults}, nil
}

// faultyConn passes everything on that both drivers can do.
type faultyConn struct {
	driver.Conn
	faults *Faults
}

func (c *faultyConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	before, after := c.faults.check(ctx, "begin")
	if before != nil {
		return nil, before
	}
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	if after != nil {
		return nil, errors.Join(after, tx.Rollback())
	}
	return &faultyTx{tx, c.faults}, nil
}

func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	before, after := c.faults.check(ctx, "exec")
	if before != nil {
		return nil, before
	}
	r, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	if err == nil && after != nil {
		return nil, after
	}
	return r, err
}

func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	before, after := c.faults.check(ctx, "query")
	if before != nil {
		return nil, before
	}
	rows, err := c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	if err == nil && after != nil {
		return nil, errors.Join(after, rows.Close())
	}
	return rows, err
}

func (c *faultyConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

func (c *faultyConn) Ping(ctx context.Context) error { return c.Conn.(driver.Pinger).Ping(ctx) }

func (c *faultyConn) ResetSession(ctx context.Context) error {
	return c.Conn.(driver.SessionResetter).ResetSession(ctx)
}

type faultyTx struct {
	driver.Tx
	faults *Faults
}

func (t *faultyTx) Commit() error {
	before, after := t.faults.check(context.Background(), "commit")
	if before != nil {
		return errors.Join(before, t.Tx.Rollback())
	}
	return errors.Join(t.Tx.Commit(), after)
}
