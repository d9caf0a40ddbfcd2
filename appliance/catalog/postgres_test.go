package catalog_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/catalog/catalogtest"
	"eakte/appliance/record"
)

// TestPostgresTroubles: what only a server of its own can do to a catalog.
func TestPostgresTroubles(t *testing.T) {
	pg := catalogtest.StartPostgres(t)
	t.Run("another collation, no prepared statements", func(t *testing.T) {
		catalogtest.Run(t, pg.German(t), "files", "find names", "find pages", "document lists", "item lists", "index rows", "keeping",
			"held not due", "visible", "audit query", "findings", "order of names", "texts")
	})
	t.Run("too many connections", func(t *testing.T) { tooManyConnections(t, pg) })
	t.Run("terminated in the middle", func(t *testing.T) { terminated(t, pg) })
	t.Run("restart", func(t *testing.T) { restart(t, pg) })
}

func setMeta(c *catalog.Catalog, value string) error {
	return c.WithTx(context.Background(), func(tx *catalog.Tx) error { return tx.SetMeta("x", value) })
}

func meta(t *testing.T, c *catalog.Catalog) (value string) {
	t.Helper()
	if err := c.Read(t.Context(), func(tx *catalog.Tx) (err error) { value, err = tx.Meta("x"); return err }); err != nil {
		t.Fatal(err)
	}
	return value
}

// tooManyConnections: the server has no room for one more. That is busy, not
// broken, and goes by.
func tooManyConnections(t *testing.T, pg *catalogtest.Postgres) {
	dsn := pg.DSN(t)
	c, err := catalog.Open(t.Context(), dsn, catalogtest.NewClock())
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	pg.SQL(t, "CREATE ROLE crowded LOGIN CONNECTION LIMIT 2; GRANT ALL ON ALL TABLES IN SCHEMA "+dsn[strings.LastIndex(dsn, "=")+1:]+
		" TO crowded; GRANT ALL ON SCHEMA "+dsn[strings.LastIndex(dsn, "=")+1:]+" TO crowded")
	if c, err = catalog.Open(t.Context(), strings.Replace(dsn, "user=eakte", "user=crowded", 1), catalogtest.NewClock()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	var refused []error
	var mu sync.Mutex
	var inside, all sync.WaitGroup
	inside.Add(5)
	for range 5 {
		all.Go(func() {
			once := sync.OnceFunc(inside.Done)
			err := c.Read(t.Context(), func(tx *catalog.Tx) error {
				once()
				inside.Wait() // all at the same time
				return nil
			})
			once()
			if err != nil {
				mu.Lock()
				refused = append(refused, err)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(refused) == 0 {
		t.Error("five readers had room in two connections")
	}
	for _, err := range refused {
		if !errors.Is(err, record.Busy) {
			t.Errorf("no room: %v, want busy", err)
		}
	}
	if err := setMeta(c, "after"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

// terminated: an administrator ends the session of a transaction, or the
// connection breaks. Nothing of it is there, and the next one works.
func terminated(t *testing.T, pg *catalogtest.Postgres) {
	c := pg.Open(t, catalogtest.NewClock())
	runs := 0
	err := c.WithTx(t.Context(), func(tx *catalog.Tx) error {
		runs++
		if err := tx.SetMeta("x", "lost"); err != nil {
			return err
		}
		pg.SQL(t, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'eakte' AND state = 'idle in transaction'")
		return nil
	})
	if !errors.Is(err, record.Unavailable) || runs != 1 {
		t.Errorf("%v after %d runs, want unavailable after one", err, runs)
	}
	if got := meta(t, c); got != "" {
		t.Errorf("of a transaction that was cut off there is %q", got)
	}
	if err := setMeta(c, "next"); err != nil || meta(t, c) != "next" {
		t.Errorf("the next transaction: %v", err)
	}
}

// restart: while the server is away everything is unavailable, nothing hangs,
// and the same catalog works again when it is back.
func restart(t *testing.T, pg *catalogtest.Postgres) {
	c := pg.Open(t, catalogtest.NewClock())
	if err := setMeta(c, "before"); err != nil {
		t.Fatal(err)
	}
	err := c.WithTx(t.Context(), func(tx *catalog.Tx) error {
		if err := tx.SetMeta("x", "lost"); err != nil {
			return err
		}
		pg.Stop()
		return nil
	})
	if !errors.Is(err, record.Unavailable) {
		t.Errorf("in the middle: %v, want unavailable", err)
	}
	for range 3 {
		if err := setMeta(c, "down"); !errors.Is(err, record.Unavailable) {
			t.Errorf("while it is down: %v, want unavailable", err)
		}
	}
	pg.Start(t)
	for deadline := time.Now().Add(30 * time.Second); ; { // the pool notices its dead connections one by one
		if err = setMeta(c, "back"); err == nil || time.Now().After(deadline) {
			break
		}
	}
	if err != nil || meta(t, c) != "back" {
		t.Errorf("after the restart: %v", err)
	}
}

// TestSuiteIsComplete: a test of the suite that nothing starts would be green
// for ever.
func TestSuiteIsComplete(t *testing.T) {
	paths, err := filepath.Glob("catalogtest/*.go")
	if err != nil {
		t.Fatal(err)
	}
	declared, named := map[string]bool{}, map[string]bool{}
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				if n.Recv != nil && len(n.Type.Params.List) == 0 && n.Type.Results == nil && isSuite(n.Recv.List[0].Type) {
					declared[n.Name.Name] = true
				}
			case *ast.SelectorExpr:
				named[n.Sel.Name] = true
			}
			return true
		})
	}
	if len(declared) < 50 {
		t.Fatalf("only %d tests were seen", len(declared))
	}
	for _, name := range slices.Sorted(maps.Keys(declared)) {
		if !named[name] {
			t.Errorf("nothing starts %s", name)
		}
	}
}

func isSuite(e ast.Expr) bool {
	star, ok := e.(*ast.StarExpr)
	if !ok {
		return false
	}
	id, ok := star.X.(*ast.Ident)
	return ok && id.Name == "suite"
}
