package search

import (
	_ "embed"
	"strings"
	"testing"

	"eakte/appliance/record"
)

//go:embed testdata/words_de.tsv
var wordTable string

// TestWordTable goes through testdata/words_de.tsv, which says how a row is
// written.
func TestWordTable(t *testing.T) {
	rows := 0
	for line := range strings.Lines(strings.NewReplacer(`\n`, "\x00", "{Mark}", "\u0308").Replace(wordTable)) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "# ") {
			continue
		}
		f := strings.Split(strings.ReplaceAll(line, "\x00", "\n"), "\t")
		if len(f) != 3 {
			t.Fatalf("%q is no row", line)
		}
		rows++
		switch f[1] {
		case "=":
			if got := show(f[0]); got != f[2] {
				t.Errorf("%q gives %s, want %s", f[0], got, f[2])
			}
		case "finds", "not":
			if got := stands(t, f[2], f[0]); got != (f[1] == "finds") {
				t.Errorf("%s in %q: %v\n\tasked %+v\n\tterms %s", f[0], f[2], got, parsed(t, f[0]).Must, show(f[2]))
			}
		default:
			t.Errorf("%q is no row", line)
		}
	}
	if rows < 350 {
		t.Errorf("only %d rows", rows)
	}
}

func parsed(t *testing.T, q string) Parsed {
	t.Helper()
	p, err := Parse(q)
	if err != nil {
		t.Fatalf("%q: %v", q, err)
	}
	return p
}

// stands says whether every clause of q stands in text, as every engine has
// to find it.
func stands(t *testing.T, text, q string) bool {
	t.Helper()
	for _, c := range parsed(t, q).Must {
		if !clauseStands(text, c) {
			return false
		}
	}
	return true
}

func clauseStands(text string, c Clause) bool {
	also := c.Also
	c.Also = nil
	if len(find(record.PageWords{}, text, Parsed{Must: []Clause{c}})) > 0 {
		return true
	}
	for _, a := range also {
		if !clauseStands(text, a) {
			return false
		}
	}
	return len(also) > 0
}
