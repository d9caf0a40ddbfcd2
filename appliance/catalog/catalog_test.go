package catalog_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

func TestSQLite(t *testing.T) { catalogtest.Run(t, catalogtest.SQLite) }

func TestPostgres(t *testing.T) { catalogtest.Run(t, catalogtest.StartPostgres(t).Open) }

func TestOpenRefuses(t *testing.T) {
	ctx := context.Background()
	damaged := filepath.Join(t.TempDir(), "damaged.db")
	if err := os.WriteFile(damaged, []byte("this is no database, it is text; this is no database, it is text"), 0o600); err != nil {
		t.Fatal(err)
	}
	for dsn, want := range map[string]error{
		"":                          record.Invalid,
		"mysql://x":                 record.Invalid,
		"postgres://%zz":            record.Invalid,
		"sqlite:/nowhere/at/all.db": record.Unavailable,
		"sqlite:" + damaged:         record.Corrupt,
		"postgres:///x?host=/nowhere/at/all&user=x&connect_timeout=1": record.Unavailable,
	} {
		c, err := catalog.Open(ctx, dsn, record.SystemClock{})
		if !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", dsn, err, want)
		}
		if err == nil {
			c.Close()
		}
	}
}

// TestReopen: what was written is there after a restart, and only the owner
// may read it.
func TestReopen(t *testing.T) {
	ctx := context.Background()
	path := filepath.Join(t.TempDir(), "with space#and%20?.db")
	for _, want := range []string{"", "kept"} {
		c, err := catalog.Open(ctx, "sqlite:"+path, record.SystemClock{})
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := c.WithTx(ctx, func(tx *catalog.Tx) (err error) {
			if got, err = tx.Meta("x"); err != nil {
				return err
			}
			return tx.SetMeta("x", "kept")
		}); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("found %q, want %q", got, want)
		}
		for _, p := range []string{path, path + "-wal"} {
			info, err := os.Stat(p)
			if err != nil {
				t.Fatal(err)
			}
			if info.Mode().Perm() != 0o600 {
				t.Errorf("%s has mode %o", filepath.Base(p), info.Mode().Perm())
			}
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Errorf("second close: %v", err)
		}
	}
}
