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

func (f *Faults) check(kind string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.only != "" && f.only != kind {
		return nil
	}
	f.n++
	if f.n == f.at {
		return ErrInjected
	}
	return nil
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
	if err := c.faults.check("begin"); err != nil {
		return nil, err
	}
	tx, err := c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
	if err != nil {
		return nil, err
	}
	return &faultyTx{tx, c.faults}, nil
}

func (c *faultyConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if err := c.faults.check("exec"); err != nil {
		return nil, err
	}
	return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
}

func (c *faultyConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	if err := c.faults.check("query"); err != nil {
		return nil, err
	}
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
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
	if err := t.faults.check("commit"); err != nil {
		return errors.Join(err, t.Tx.Rollback())
	}
	return t.Tx.Commit()
}
