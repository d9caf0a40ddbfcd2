package catalog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"sync"
	"time"

	"eakte/appliance/record"
)

// Catalog is an open catalog. It is safe for concurrent use.
type Catalog struct {
	engine  engine
	clock   record.Clock
	writing chan struct{} // SQLite: holds one token while a transaction writes; FIFO
	appends chan appendRequest
	closing chan struct{} // closed: take no more appends
	stopped chan struct{} // closed: the last append is answered
	once    sync.Once
}

// Option changes how a catalog is opened.
type Option func(*options)

type options struct {
	wrap func(driver.Connector) driver.Connector
}

// WithConnector puts wrap between the catalog and its database driver. Tests
// use it to let the n-th statement fail.
func WithConnector(wrap func(driver.Connector) driver.Connector) Option {
	return func(o *options) { o.wrap = wrap }
}

// Open opens the catalog at dsn, "sqlite:/path/catalog.db" or a "postgres://"
// URL, and brings its tables up to date. An SQLite catalog is made if it is
// missing, readable by its owner only. Close it after use.
func Open(ctx context.Context, dsn string, clock record.Clock, opts ...Option) (*Catalog, error) {
	o := options{wrap: func(c driver.Connector) driver.Connector { return c }}
	for _, set := range opts {
		set(&o)
	}
	e, err := openEngine(ctx, dsn, o.wrap)
	if err != nil {
		return nil, err
	}
	c := &Catalog{engine: e, clock: clock, writing: make(chan struct{}, 1),
		appends: make(chan appendRequest, appendBatch), closing: make(chan struct{}), stopped: make(chan struct{})}
	if err := c.migrate(ctx); err != nil {
		e.close()
		return nil, err
	}
	go c.commitAppends()
	return c, nil
}

// Close waits for running audit appends and closes the database.
func (c *Catalog) Close() error {
	var err error
	c.once.Do(func() {
		close(c.closing)
		<-c.stopped
		err = c.engine.close()
	})
	return err
}

// Engine is the kind of database: "sqlite" or "postgres".
func (c *Catalog) Engine() string { return c.engine.name }

// Ping says whether the database answers.
func (c *Catalog) Ping(ctx context.Context) error {
	return c.Read(ctx, func(tx *Tx) error {
		_, err := tx.counter("change")
		return err
	})
}

// now is the time in microseconds, as columns keep it.
func (c *Catalog) now() int64 { return toMicros(c.clock.Now()) }

// Today is the day by which grants, denials and substitutions count, as
// YYYY-MM-DD: it begins at midnight in Germany.
func (c *Catalog) Today() string { return c.Day(c.clock.Now()) }

// Day is the day, YYYY-MM-DD, that a moment belongs to.
func (c *Catalog) Day(at time.Time) string { return at.In(record.Berlin()).Format(time.DateOnly) }

// engine is a kind of database and its two ways in.
type engine struct {
	name    string
	writer  *sql.DB
	readers *sql.DB
	// begin starts a writing transaction that has the database's writing to
	// itself; beginAppend one that only adds rows without numbers.
	begin       func(context.Context) (*sql.Tx, error)
	beginAppend func(context.Context) (*sql.Tx, error)
	isolation   sql.IsolationLevel // of readers
}

func (e engine) close() error {
	err := e.writer.Close()
	if e.readers == e.writer {
		return err
	}
	if rerr := e.readers.Close(); err == nil {
		err = rerr
	}
	return err
}
