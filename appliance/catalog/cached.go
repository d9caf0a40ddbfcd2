package catalog

import (
	"context"
	"database/sql/driver"
)

// cached lets each SQLite connection keep its compiled statements: SQLite
// compiles a statement anew each time otherwise, which costs more than running
// it. pgx does this by itself.
type cached struct{ driver.Connector }

const maxStatements = 256 // kept by one connection

// Connect opens a connection that keeps its statements.
func (c cached) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &cachedConn{Conn: conn, kept: map[string]*keptStmt{}}, nil
}

type cachedConn struct {
	driver.Conn
	kept map[string]*keptStmt
}

// keptStmt is a compiled statement; busy while rows of it are being read.
type keptStmt struct {
	driver.Stmt
	busy bool
}

// Close releases the statements, then the connection.
func (c *cachedConn) Close() error {
	c.forget()
	return c.Conn.Close()
}

func (c *cachedConn) forget() {
	for q, s := range c.kept {
		s.Stmt.Close()
		delete(c.kept, q)
	}
}

// BeginTx passes on; so do the small ones below.
func (c *cachedConn) BeginTx(ctx context.Context, opts driver.TxOptions) (driver.Tx, error) {
	return c.Conn.(driver.ConnBeginTx).BeginTx(ctx, opts)
}

// Ping passes on.
func (c *cachedConn) Ping(ctx context.Context) error { return c.Conn.(driver.Pinger).Ping(ctx) }

// ResetSession passes on.
func (c *cachedConn) ResetSession(ctx context.Context) error {
	return c.Conn.(driver.SessionResetter).ResetSession(ctx)
}

// IsValid passes on.
func (c *cachedConn) IsValid() bool { return c.Conn.(driver.Validator).IsValid() }

// PrepareContext passes on: who prepares keeps the statement.
func (c *cachedConn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	return c.Conn.(driver.ConnPrepareContext).PrepareContext(ctx, query)
}

// stmt gives the kept statement of a query. It gives nil when the statement is
// being read from, or when there are none with arguments: schema changes and
// scripts of several statements come without.
func (c *cachedConn) stmt(ctx context.Context, query string, args []driver.NamedValue) (*keptStmt, error) {
	s := c.kept[query]
	if s != nil && !s.busy {
		return s, nil
	}
	if s != nil || len(args) == 0 {
		return nil, nil
	}
	if len(c.kept) >= maxStatements {
		for q, old := range c.kept { // any that isn't being read from
			if !old.busy {
				old.Stmt.Close()
				delete(c.kept, q)
				break
			}
		}
	}
	raw, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	s = &keptStmt{Stmt: raw}
	c.kept[query] = s
	return s, nil
}

// ExecContext runs a kept statement.
func (c *cachedConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.stmt(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	}
	return s.Stmt.(driver.StmtExecContext).ExecContext(ctx, args)
}

// QueryContext runs a kept statement, which stays busy until its rows close.
func (c *cachedConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.stmt(ctx, query, args)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
	}
	rows, err := s.Stmt.(driver.StmtQueryContext).QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return &keptRows{rows, s}, nil
}

type keptRows struct {
	driver.Rows
	stmt *keptStmt
}

// Close gives the statement back.
func (r *keptRows) Close() error {
	r.stmt.busy = false
	return r.Rows.Close()
}
