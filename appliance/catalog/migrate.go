package catalog

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"eakte/appliance/record"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the tables up to date. On PostgreSQL several nodes may start
// at once; one migrates and the others wait.
func (c *Catalog) migrate(ctx context.Context) error {
	sqls, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("catalog: migrate: %w", err)
	}
	dialect := goose.DialectSQLite3
	opts := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true), goose.WithSlog(slog.New(slog.DiscardHandler))}
	if c.engine.name == "postgres" {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return fmt.Errorf("catalog: migrate: %w", err)
		}
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	p, err := goose.NewProvider(dialect, c.engine.writer, sqls, opts...)
	if err != nil {
		return fmt.Errorf("catalog: migrate: %w", err)
	}
	if _, err := p.Up(ctx); err != nil {
		return explain("migrate", err)
	}
	is, want, err := p.GetVersions(ctx)
	if err != nil {
		return explain("migrate", err)
	}
	if is > want {
		return &record.Error{Category: record.Unavailable, Message: "The catalog was written by a newer version of the appliance.",
			Hint: "Start that version, or restore a backup of this one.", Cause: fmt.Errorf("catalog: migration %d, this version knows %d", is, want)}
	}
	return nil
}
