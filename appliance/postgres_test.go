package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"eakte/appliance/catalog/catalogtest"
)

// onPostgres is a house whose catalog lies in a real PostgreSQL, by environment
// alone; of the data folder SQLite has nothing.
func onPostgres(t *testing.T, pg *catalogtest.Postgres) *house {
	t.Helper()
	h := newHouse(t)
	h.env = []string{"EAKTE_CATALOG_DSN=" + pg.DSN(t)}
	t.Cleanup(func() {
		if _, err := os.Stat(filepath.Join(h.data, "catalog.db")); !os.IsNotExist(err) {
			t.Errorf("there is a SQLite catalog, too: %v", err)
		}
	})
	return h
}

// TestOnPostgres goes the whole way with the catalog on PostgreSQL: set up by
// command and in the browser, served, stopped, verified.
func TestOnPostgres(t *testing.T) {
	pg := catalogtest.StartPostgres(t)
	t.Run("way", func(t *testing.T) {
		h := onPostgres(t, pg)
		wholeWay(t, h)
		h.must("verify", "--data", h.data)
	})
	t.Run("first run", func(t *testing.T) {
		h := onPostgres(t, pg)
		b := h.serveSetup()
		b.enter("/setup/name")
		b.firstHalf("kind", "embedded")
		b.s.kill() // the folder is there, the database is empty
		b = h.serveSetup()
		b.enter("/setup/users")
		b.secondHalf()
		b.get("/setup/summary")
		b.post("/setup/finish", "/sign-in")
		b.signIn("k.sommer", "ein langes Wort")
		b.s.stop()
		if out, _, code := h.run("verify", "--data", h.data); code != exitDone || !strings.Contains(out, "0 findings") {
			t.Errorf("exit %d\n%s", code, out)
		}
		h.serve().as("k.sommer").makeFile("03104//0000009", "Neu", "03104")
	})
	t.Run("no server", func(t *testing.T) {
		h := newHouse(t)
		h.env = []string{"EAKTE_CATALOG_DSN=postgres:///x?host=" + t.TempDir() + "&user=eakte&password=streng-geheim"}
		for _, args := range [][]string{{"serve", "--data", h.data, "--listen", "127.0.0.1:0"}, {"verify", "--data", h.data}} {
			_, said, code := h.run(args...)
			if code != exitUnavailable || strings.Contains(said, "streng") {
				t.Errorf("%v: exit %d\n%s", args, code, said)
			}
		}
	})
}
