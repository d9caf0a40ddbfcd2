package catalog

import (
	"context"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"eakte/appliance/record"

	"github.com/jackc/pgx/v5/pgconn"
)

func openAt(t *testing.T, path string) *Catalog {
	t.Helper()
	c, err := Open(context.Background(), "sqlite:"+path, record.SystemClock{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// pragma sets something on SQLite's one writing connection.
func pragma(t *testing.T, c *Catalog, sql string) {
	t.Helper()
	if _, err := c.engine.writer.ExecContext(t.Context(), "PRAGMA "+sql); err != nil {
		t.Fatal(err)
	}
}

func TestDiskFull(t *testing.T) {
	c := openAt(t, filepath.Join(t.TempDir(), "c.db"))
	set := func(value string) error {
		return c.WithTx(t.Context(), func(tx *Tx) error { return tx.SetMeta("x", value) })
	}
	if err := set("before"); err != nil {
		t.Fatal(err)
	}
	pragma(t, c, "max_page_count = 1") // no more than there are
	err := set(strings.Repeat("x", 1<<20))
	if !errors.Is(err, record.Unavailable) {
		t.Errorf("on a full disk: %v", err)
	}
	var e *record.Error
	if !errors.As(err, &e) || !strings.Contains(e.Hint, "space") {
		t.Errorf("the error doesn't say what to do: %v", err)
	}
	if err := c.Read(t.Context(), func(tx *Tx) error {
		v, err := tx.Meta("x")
		if v != "before" {
			t.Errorf("read %q", v)
		}
		return err
	}); err != nil {
		t.Errorf("reading must go on: %v", err)
	}
	pragma(t, c, "max_page_count = 1000000")
	if err := set(strings.Repeat("x", 1<<20)); err != nil {
		t.Errorf("with space again: %v", err)
	}
}

func TestBusy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.db")
	c, other := openAt(t, path), openAt(t, path)
	pragma(t, c, "busy_timeout = 0")
	nothing := func(tx *Tx) error { return nil }
	err := other.WithTx(t.Context(), func(*Tx) error {
		if err := c.Read(t.Context(), nothing); err != nil {
			t.Errorf("a reader waits for another process: %v", err)
		}
		return c.WithTx(t.Context(), nothing)
	})
	if !errors.Is(err, record.Busy) {
		t.Errorf("while another process writes: %v", err)
	}
	if err := c.WithTx(t.Context(), nothing); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestPostgresErrors(t *testing.T) {
	for code, want := range map[string]error{
		"23505": record.Conflict, "23503": record.Conflict, "40001": record.Busy, "40P01": record.Busy, "55P03": record.Busy,
		"53300": record.Busy, "53100": record.Unavailable, "57P01": record.Unavailable, "08006": record.Unavailable,
		"28P01": record.Unavailable, "XX001": record.Corrupt, "22P02": nil, "42703": nil,
	} {
		err := explain("op", &pgconn.PgError{Code: code, ConstraintName: "file_number_open", Detail: "Key (norm)=(SECRET)"})
		if got := record.CategoryOf(err); got != want {
			t.Errorf("%s: category %v, want %v", code, got, want)
		}
		if err == nil || strings.Contains(err.Error(), "SECRET") {
			t.Errorf("%s: %v", code, err)
		}
	}
	secret := explain("op", &pgconn.PgError{Code: "22P02", Message: `invalid input syntax for type bigint: "SECRET"`})
	if strings.Contains(secret.Error(), "SECRET") {
		t.Errorf("the error repeats a value: %v", secret)
	}
	if !retryable(explain("op", &pgconn.PgError{Code: "40001"})) || retryable(secret) {
		t.Error("serialization failures are to be retried, others are not")
	}
}

func TestNormalizeNumber(t *testing.T) {
	for in, want := range map[string]string{
		"03104//0012345": "031040012345", "03104BG0012345": "031040012345", "03104 8G 0012345": "031040012345", "03104/0012345": "031040012345",
		"O31O4//OO12345": "031040012345", "03104||0012345": "031040012345", "031D123456": "031D123456", "031 d 12345B": "031D123458",
		"W-03104-00123/26": "W031040012326", "S 11 AS 409/26 ER": "S11AS40926ER", "": "", " // ": "", "Müller": "MÜLLER",
		"BALLDISILOGS": "BALLDISILOGS", // twelve letters are no number
	} {
		if got := NormalizeNumber(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
		if again := NormalizeNumber(want); again != want {
			t.Errorf("%q is not a fixed point: %q", want, again)
		}
	}
}

func TestSound(t *testing.T) {
	for word, want := range map[string]string{ // the examples of the rule's author, and others
		"wikipedia": "3412", "mueller": "657", "luedenscheidt": "52682", "breschnew": "17863", "meier": "67", "maier": "67", "mayr": "67",
		"schmidt": "862", "schmitt": "862", "philipp": "351", "filip": "351", "xaver": "4837", "christian": "47826", "h": "", "12": "",
	} {
		if got := sound(word); got != want {
			t.Errorf("%s sounds %s, want %s", word, got, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"a", "", 1}, {"mueller", "mueller", 0}, {"muler", "muller", 1}, {"mulelr", "muller", 1}, {"abc", "xyz", 3}, {"mayr", "meier", 3},
		{"straße", "strasse", 2}, {"abcdefgh", "x", 4}} {
		if got := distance(c.a, c.b, 3); got != c.want {
			t.Errorf("%s and %s are %d apart, want %d", c.a, c.b, got, c.want)
		}
	}
}

// TestRests: words one slip apart always have a rest in common; that is what
// finding by rests stands on.
func TestRests(t *testing.T) {
	share := func(a, b string) bool {
		return slices.ContainsFunc(rests(a), func(r string) bool { return slices.Contains(rests(b), r) })
	}
	const word = "schulze"
	for i := range word {
		for _, near := range []string{word[:i] + word[i+1:], word[:i] + "x" + word[i:], word[:i] + "x" + word[i+1:]} {
			if !share(word, near) {
				t.Errorf("%s and %s share no rest", word, near)
			}
		}
		if i+1 < len(word) {
			if near := word[:i] + word[i+1:i+2] + word[i:i+1] + word[i+2:]; !share(word, near) {
				t.Errorf("%s and %s share no rest", word, near)
			}
		}
	}
}

func TestAfter(t *testing.T) {
	for word, want := range map[string]string{"somm": "somn", "az": "b", "a9": "b", "mülz": "müm"} {
		if got := after(word); got != want {
			t.Errorf("after %s comes %s, want %s", word, got, want)
		}
	}
	if after("zz") <= "zzy" {
		t.Error("after zz comes nothing")
	}
}

// TestStatementsAreKept: more different statements than a connection keeps,
// and one that is used while its rows are being read.
func TestStatementsAreKept(t *testing.T) {
	c := openAt(t, filepath.Join(t.TempDir(), "c.db"))
	err := c.WithTx(t.Context(), func(tx *Tx) error {
		for i := range maxStatements + 50 {
			var got int
			if _, err := tx.one("test", "SELECT $1 + "+strings.Repeat("0 + ", i)+"1", []any{i}, &got); err != nil || got != i+1 {
				t.Fatalf("statement %d gave %d, %v", i, got, err)
			}
		}
		const q = "SELECT name FROM counter WHERE name > $1 ORDER BY name"
		outer, err := tx.tx.QueryContext(tx.ctx, q, "")
		if err != nil {
			return err
		}
		defer outer.Close()
		n := 0
		for outer.Next() {
			n++
			if inner, err := column[string](tx, "test", q, "job"); err != nil || len(inner) != 1 {
				t.Errorf("within: %v, %v", inner, err)
			}
		}
		if n != 5 {
			t.Errorf("%d rows, want 5", n)
		}
		return outer.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}
