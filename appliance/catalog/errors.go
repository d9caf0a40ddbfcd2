package catalog

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"eakte/appliance/record"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
)

// explain gives a database error its category. op says what was being done.
// The texts of both databases are replaced where they could repeat values.
func explain(op string, err error) error {
	if err == nil || record.CategoryOf(err) != nil {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("catalog: %s: %w", op, err)
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return explainSQLite(op, lite)
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return explainPostgres(op, pg)
	}
	var network net.Error
	var connect *pgconn.ConnectError
	if errors.As(err, &network) || errors.As(err, &connect) || errors.Is(err, driver.ErrBadConn) ||
		errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, sql.ErrConnDone) {
		return down(op, err)
	}
	return fmt.Errorf("catalog: %s: %w", op, err)
}

// Primary result codes of SQLite (the lower eight bits of a code).
const (
	liteBusy       = 5
	liteLocked     = 6
	liteReadOnly   = 8
	liteIOErr      = 10
	liteCorrupt    = 11
	liteFull       = 13
	liteCantOpen   = 14
	liteConstraint = 19
	liteNotADB     = 26
	liteUnique     = 2067
	litePrimaryKey = 1555
	liteForeignKey = 787
)

func explainSQLite(op string, err *sqlite.Error) error {
	switch err.Code() {
	case liteUnique, litePrimaryKey:
		return taken(op, err)
	case liteForeignKey:
		return dangling(op, err)
	}
	switch err.Code() & 0xff {
	case liteBusy, liteLocked:
		return busy(op, err)
	case liteFull:
		return full(op, err)
	case liteReadOnly, liteIOErr, liteCantOpen:
		return down(op, err)
	case liteCorrupt, liteNotADB:
		return &record.Error{Category: record.Corrupt, Message: "The catalog's database is damaged.",
			Hint: "Stop the appliance, keep the data folder as it is, and go back to a copy of it; the documents themselves lie in the object store.", Cause: fmt.Errorf("catalog: %s: %w", op, err)}
	}
	return fmt.Errorf("catalog: %s: %w", op, err)
}

func explainPostgres(op string, err *pgconn.PgError) error {
	cause := pgCause{code: err.Code, constraint: err.ConstraintName}
	class := ""
	if len(err.Code) == 5 {
		class = err.Code[:2]
	}
	switch {
	case err.Code == "23505":
		return taken(op, cause)
	case err.Code == "23503":
		return dangling(op, cause)
	case class == "40", err.Code == "55P03", class == "53" && err.Code != "53100":
		return busy(op, cause)
	case err.Code == "53100":
		return full(op, cause)
	case err.Code == "57014": // the statement was cancelled: by us, or by a time limit of the server
		return busy(op, cause)
	case class == "57", class == "08", class == "58", class == "28", err.Code == "25006", err.Code == "25P03":
		return down(op, cause)
	case class == "XX":
		return &record.Error{Category: record.Corrupt, Message: "The catalog's database is damaged.",
			Hint: "Ask who runs the PostgreSQL server to look at its log.", Cause: fmt.Errorf("catalog: %s: %w", op, cause)}
	case class == "42": // a mistake in our SQL: its text names columns, no values
		return fmt.Errorf("catalog: %s: postgres %s: %s", op, err.Code, err.Message)
	}
	return fmt.Errorf("catalog: %s: %w", op, cause)
}

// pgCause is what may be said of a PostgreSQL error: its text can hold values.
type pgCause struct{ code, constraint string }

func (c pgCause) Error() string {
	return strings.TrimSuffix(fmt.Sprintf("postgres %s %s", c.code, c.constraint), " ")
}

func retryable(err error) bool {
	var c pgCause
	return errors.As(err, &c) && (c.code == "40001" || c.code == "40P01")
}

func taken(op string, cause error) error {
	return &record.Error{Category: record.Conflict, Message: "This exists already.", Cause: fmt.Errorf("catalog: %s: %w", op, cause)}
}

func dangling(op string, cause error) error {
	return &record.Error{Category: record.Conflict, Message: "This refers to something that the catalog doesn't have.",
		Cause: fmt.Errorf("catalog: %s: %w", op, cause)}
}

func busy(op string, cause error) error {
	return &record.Error{Category: record.Busy, Message: "The catalog is busy.", Hint: "Try again in a moment.",
		Cause: fmt.Errorf("catalog: %s: %w", op, cause)}
}

func full(op string, cause error) error {
	return &record.Error{Category: record.Unavailable, Message: "The disk of the catalog's database is full.",
		Hint: "Nothing is lost. Free space on the disk, then try again.", Cause: fmt.Errorf("catalog: %s: %w", op, cause)}
}

func down(op string, cause error) error {
	return record.Down("The catalog's database", fmt.Errorf("catalog: %s: %w", op, cause))
}

// missing is the answer when a row isn't there.
func missing(what string) error {
	return &record.Error{Category: record.NotFound, Message: "The catalog has no such " + what + "."}
}

// conflict is the answer when something unique exists already.
func conflict(message string) error {
	return &record.Error{Category: record.Conflict, Message: message}
}
