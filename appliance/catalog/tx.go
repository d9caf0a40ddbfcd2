package catalog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
	"unicode/utf8"

	"eakte/appliance/record"
)

// Tx is a transaction. It carries the context of the call that began it and
// ends with it. It is not safe for concurrent use.
//
// After the first statement that failed a Tx does nothing more and can only
// be rolled back, on both databases. NotFound, and the Conflict of methods
// that say so, are answers and not failures: a Tx goes on after them.
type Tx struct {
	ctx    context.Context
	tx     *sql.Tx
	c      *Catalog
	failed error
}

const maxTries = 8 // of a transaction that PostgreSQL asks to repeat

// WithTx runs fn in a writing transaction and commits it if fn returns nil.
// fn may run more than once and so must change nothing outside the catalog.
// When WithTx returns nil, what fn wrote is durable.
func (c *Catalog) WithTx(ctx context.Context, fn func(tx *Tx) error) error {
	release, err := c.acquire(ctx)
	if err != nil {
		return err
	}
	defer release()
	return c.repeat(ctx, func() error { return c.run(ctx, c.engine.begin, fn) })
}

// Read runs fn on a snapshot; what it sees doesn't change until it returns.
func (c *Catalog) Read(ctx context.Context, fn func(tx *Tx) error) error {
	begin := func(ctx context.Context) (*sql.Tx, error) {
		return c.engine.readers.BeginTx(ctx, &sql.TxOptions{Isolation: c.engine.isolation, ReadOnly: true})
	}
	return c.repeat(ctx, func() error { return c.run(ctx, begin, fn) })
}

// acquire queues for SQLite's one writer. A channel serves in the order of
// arrival, which neither database/sql nor SQLite's busy handler does.
func (c *Catalog) acquire(ctx context.Context) (release func(), err error) {
	if c.engine.name != "sqlite" {
		return func() {}, nil
	}
	select {
	case c.writing <- struct{}{}:
		return func() { <-c.writing }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("catalog: wait to write: %w", ctx.Err())
	}
}

func (c *Catalog) repeat(ctx context.Context, run func() error) error {
	for try := 1; ; try++ {
		err := run()
		if err == nil || !retryable(err) || try == maxTries {
			return err
		}
		pause := time.NewTimer(time.Duration(try) * time.Duration(1+rand.IntN(10)) * time.Millisecond)
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return fmt.Errorf("catalog: repeat: %w", ctx.Err())
		}
	}
}

func (c *Catalog) run(ctx context.Context, begin func(context.Context) (*sql.Tx, error), fn func(*Tx) error) error {
	stx, err := begin(ctx)
	if err != nil {
		return explain("begin", err)
	}
	defer stx.Rollback() // after a commit it does nothing
	tx := &Tx{ctx: ctx, tx: stx, c: c}
	if err := fn(tx); err != nil {
		return err
	}
	if tx.failed != nil { // fn went on after an error that can't be gone on after
		return tx.failed
	}
	return explain("commit", stx.Commit())
}

// Context is the context of the call that began the transaction.
func (t *Tx) Context() context.Context { return t.ctx }

// Now is the catalog's clock.
func (t *Tx) Now() time.Time { return t.c.clock.Now() }

// exec runs a statement and gives the number of rows it changed.
func (t *Tx) exec(op, query string, args ...any) (int64, error) {
	vals, err := t.bind(op, args)
	if err != nil {
		return 0, err
	}
	res, err := t.tx.ExecContext(t.ctx, query, vals...)
	if err != nil {
		return 0, t.fail(op, err)
	}
	n, err := res.RowsAffected()
	if err != nil {
		return 0, t.fail(op, err)
	}
	return n, nil
}

// change runs a statement that must change one row; what is missing otherwise.
func (t *Tx) change(op, what, query string, args ...any) error {
	n, err := t.exec(op, query, args...)
	if err == nil && n == 0 {
		err = missing(what)
	}
	return err
}

// each calls scan for every row of a query.
func (t *Tx) each(op, query string, args []any, scan func(row *sql.Rows) error) error {
	vals, err := t.bind(op, args)
	if err != nil {
		return err
	}
	rows, err := t.tx.QueryContext(t.ctx, query, vals...)
	if err != nil {
		return t.fail(op, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return t.fail(op, err)
		}
	}
	return t.fail(op, rows.Err())
}

// one reads one row into dest and says whether there was one.
func (t *Tx) one(op, query string, args []any, dest ...any) (bool, error) {
	found := false
	err := t.each(op, query, args, func(row *sql.Rows) error {
		if found {
			return errors.New("more than one row")
		}
		found = true
		return row.Scan(dest...)
	})
	return found, err
}

func (t *Tx) fail(op string, err error) error {
	if err == nil {
		return nil
	}
	if cause := t.ctx.Err(); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", cause, err) // why the database gave up
	}
	err = explain(op, err)
	if t.failed == nil {
		t.failed = err
	}
	return err
}

// bind makes plain values of the arguments and refuses text that one of the
// databases can't keep, so that both answer alike.
func (t *Tx) bind(op string, args []any) ([]any, error) {
	if t.failed != nil {
		return nil, fmt.Errorf("catalog: %s: the transaction has failed: %w", op, t.failed)
	}
	vals := make([]any, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, t.fail(op, err)
		}
		if s, ok := v.(string); ok && (!utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0) {
			t.failed = &record.Error{Category: record.Invalid, Message: "A text holds bytes that are not characters.",
				Hint: "Texts have to be UTF-8 without NUL.", Cause: fmt.Errorf("catalog: %s: argument %d", op, i+1)}
			return nil, t.failed
		}
		vals[i] = v
	}
	return vals, nil
}

// counter reads a counter; next takes its next number.
func (t *Tx) counter(name string) (int64, error) {
	var n int64
	found, err := t.one("counter", "SELECT value FROM counter WHERE name = $1", []any{name}, &n)
	if err == nil && !found {
		err = missing("counter")
	}
	return n, err
}

func (t *Tx) next(name string) (int64, error) {
	var n int64
	found, err := t.one("counter", "UPDATE counter SET value = value + 1 WHERE name = $1 RETURNING value", []any{name}, &n)
	if err == nil && !found {
		err = missing("counter")
	}
	return n, err
}
