package catalog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"eakte/appliance/record"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"modernc.org/sqlite"
)

const (
	lockWait     = 10 * time.Second // for another process's write on SQLite, for the writer lock on PostgreSQL
	sqliteReads  = 8                // connections that read at the same time
	postgresOpen = 32               // connections of one node
)

func openEngine(ctx context.Context, dsn string, wrap func(driver.Connector) driver.Connector) (engine, error) {
	if path, ok := strings.CutPrefix(dsn, "sqlite:"); ok {
		return openSQLite(ctx, path, wrap)
	}
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		return openPostgres(ctx, dsn, wrap)
	}
	return engine{}, record.Bad("catalog", "A catalog is sqlite:/path/catalog.db or a postgres:// URL.")
}

func openSQLite(ctx context.Context, path string, wrap func(driver.Connector) driver.Connector) (engine, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return engine{}, fmt.Errorf("catalog: %w", err)
	}
	if err := touch(path); err != nil {
		return engine{}, record.Down("The catalog's database", fmt.Errorf("catalog: open: %w", err))
	}
	writer, err := sqliteDB(path, wrap, "_txlock=immediate", "_journal_mode=WAL", "_pragma=secure_delete(1)")
	if err != nil {
		return engine{}, err
	}
	writer.SetMaxOpenConns(1)
	readers, err := sqliteDB(path, wrap, "_query_only=1")
	if err != nil {
		writer.Close()
		return engine{}, err
	}
	readers.SetMaxOpenConns(sqliteReads)
	readers.SetMaxIdleConns(sqliteReads)
	begin := func(ctx context.Context) (*sql.Tx, error) { return writer.BeginTx(ctx, nil) }
	e := engine{name: "sqlite", writer: writer, readers: readers, begin: begin, beginAppend: begin}
	if err := checkPragmas(ctx, writer); err != nil {
		e.close()
		return engine{}, err
	}
	return e, nil
}

// touch makes an empty database file that only its owner may read, durably,
// before SQLite makes one that others may read as well.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer dir.Close()
	return dir.Sync()
}

// sqliteDB opens a pool of connections. temp_store keeps what sorting needs in
// memory: personal data must not end up in a temporary file.
func sqliteDB(path string, wrap func(driver.Connector) driver.Connector, more ...string) (*sql.DB, error) {
	params := append([]string{fmt.Sprintf("_busy_timeout=%d", lockWait.Milliseconds()), "_foreign_keys=1", "_synchronous=FULL",
		"_defensive=1", "_dqs=0", "_pragma=temp_store(2)", "_pragma=cache_size(-16000)"}, more...)
	u := url.URL{Scheme: "file", Path: path, RawQuery: strings.Join(params, "&")}
	c, err := sqlite.NewConnector(u.String())
	if err != nil {
		return nil, fmt.Errorf("catalog: open: %w", err)
	}
	return sql.OpenDB(wrap(cached{c})), nil
}

// checkPragmas makes sure that SQLite took what durability rests on: a pragma
// that it can't fulfil is ignored without an error.
func checkPragmas(ctx context.Context, db *sql.DB) error {
	for _, p := range []struct{ name, want string }{{"journal_mode", "wal"}, {"synchronous", "2"}, {"foreign_keys", "1"}} {
		var got string
		if err := db.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&got); err != nil {
			return explain("open", err)
		}
		if got != p.want {
			return &record.Error{Category: record.Unavailable, Message: "SQLite can't keep the catalog durably here.",
				Hint:  "The catalog needs a local file system; network file systems don't do.",
				Cause: fmt.Errorf("catalog: pragma %s is %s, want %s", p.name, got, p.want)}
		}
	}
	return nil
}

func openPostgres(ctx context.Context, dsn string, wrap func(driver.Connector) driver.Connector) (engine, error) {
	cfg, err := pgx.ParseConfig(dsn)
	if err != nil { // its text repeats parts of the URL
		return engine{}, record.Bad("catalog", "The catalog's postgres:// URL can't be read.")
	}
	for name, value := range map[string]string{
		"application_name":                    "eakte",
		"lock_timeout":                        fmt.Sprint(lockWait.Milliseconds()),
		"idle_in_transaction_session_timeout": "60000", // a node that hangs must not hold the writer lock for ever
		"synchronous_commit":                  "on",
	} {
		if _, set := cfg.RuntimeParams[name]; !set {
			cfg.RuntimeParams[name] = value
		}
	}
	db := sql.OpenDB(wrap(stdlib.GetConnector(*cfg)))
	db.SetMaxOpenConns(postgresOpen)
	db.SetMaxIdleConns(postgresOpen)
	var encoding string
	if err := db.QueryRowContext(ctx, "SHOW server_encoding").Scan(&encoding); err != nil {
		db.Close()
		return engine{}, explain("open", err)
	}
	if encoding != "UTF8" {
		db.Close()
		return engine{}, record.Bad("catalog", "The PostgreSQL database has to be of encoding UTF8, it is %s.", encoding)
	}
	snapshot := &sql.TxOptions{Isolation: sql.LevelRepeatableRead}
	return engine{name: "postgres", writer: db, readers: db, isolation: sql.LevelRepeatableRead,
		begin: func(ctx context.Context) (*sql.Tx, error) {
			tx, err := db.BeginTx(ctx, snapshot)
			if err != nil {
				return nil, err
			}
			// The snapshot is taken by the first statement that reads, so it
			// comes after the lock: nothing seen here can be stale.
			if _, err := tx.ExecContext(ctx, "LOCK TABLE writer IN EXCLUSIVE MODE"); err != nil {
				tx.Rollback()
				return nil, err
			}
			return tx, nil
		},
		beginAppend: func(ctx context.Context) (*sql.Tx, error) { return db.BeginTx(ctx, snapshot) },
	}, nil
}
