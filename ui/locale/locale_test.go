package locale

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

func load(t *testing.T) *Texts {
	t.Helper()
	texts, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return texts
}

// TestKeysInEveryLanguage: no key in one language only, no empty text, the
// same values to put in.
func TestKeysInEveryLanguage(t *testing.T) {
	texts := load(t)
	german := texts.Lang(German)
	for _, code := range Languages() {
		l := texts.Lang(code)
		for _, k := range german.Keys() {
			s, ok := l.texts[k]
			if !ok || strings.TrimSpace(s) == "" {
				t.Errorf("%s: %s is missing or empty", code, k)
			}
			if got, want := braces(s), braces(german.texts[k]); !slices.Equal(got, want) {
				t.Errorf("%s: %s takes %v, in German %v", code, k, got, want)
			}
		}
		for _, k := range l.Keys() {
			if _, ok := german.texts[k]; !ok {
				t.Errorf("%s: %s is not in German", code, k)
			}
		}
	}
}

func braces(s string) []string {
	var names []string
	for _, part := range strings.Split(s, "{")[1:] {
		name, _, _ := strings.Cut(part, "}")
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// uses are the keys that the sources of the pages name.
type uses struct {
	keys     map[string]string // key → where
	families map[string]bool   // of Of and Has: every key below is used
	literals map[string]bool   // any string, for keys that are handed on
}

// TestKeysUsed: every key the sources name is there, and every key that is
// there is named.
func TestKeysUsed(t *testing.T) {
	u := uses{map[string]string{}, map[string]bool{}, map[string]bool{}}
	for _, dir := range []string{".", "../web", "../api", "../border", ".."} {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if name := e.Name(); strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") {
				u.read(t, filepath.Join(dir, name))
			}
		}
	}
	if len(u.keys) < 100 {
		t.Fatalf("only %d keys are used: the test does not see the sources any more", len(u.keys))
	}
	l := load(t).Lang(German)
	for k, where := range u.keys {
		if _, ok := l.texts[k]; !ok {
			t.Errorf("%s: %s has no text", where, k)
		}
	}
	for _, k := range l.Keys() {
		if !u.used(k) {
			t.Errorf("%s is never used", k)
		}
	}
}

func (u uses) used(key string) bool {
	if _, ok := u.keys[key]; ok || u.literals[key] {
		return true
	}
	for _, end := range []string{".title", ".hint"} { // problems are keys with two texts
		if base, ok := strings.CutSuffix(key, end); ok && u.literals[base] {
			return true
		}
	}
	for f := range u.families {
		if strings.HasPrefix(key, f+".") {
			return true
		}
	}
	return false
}

func (u uses) read(t *testing.T, path string) {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(f, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok {
			if s := text(lit); s != "" {
				u.literals[s] = true
			}
		}
		call, ok := n.(*ast.CallExpr)
		if !ok || len(call.Args) == 0 {
			return true
		}
		fn, ok := call.Fun.(*ast.SelectorExpr)
		key := text(call.Args[0])
		if !ok || key == "" {
			return true
		}
		switch fn.Sel.Name {
		case "T":
			if _, whole := call.Args[0].(*ast.BasicLit); whole {
				u.keys[key] = path
			}
		case "N":
			u.keys[key+".one"], u.keys[key+".other"] = path, path
		case "Of", "Has":
			u.families[key] = true
		}
		return true
	})
}

func text(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		return ""
	}
	return s
}

// TestValuesHaveTexts: what the catalog can say about a document has a word.
func TestValuesHaveTexts(t *testing.T) {
	values := map[string][]string{
		"reason": {"empty", "unknown_format", "damaged", "encrypted", "too_many_pixels", "too_many_pages", "timeout", "memory", "crashed", "too_large", "machine",
			"slides", "office_missing", "heic_missing", "signature"},
		"state":        {"received", "processing", "ready", "clearing", "quarantined", "disposed"},
		"viewer.state": {"received", "processing", "ready", "clearing", "disposed"},
		"direction":    {"in", "out", "internal"},
		"error": {"denied.title", "not_found.title", "invalid.title", "conflict.title", "held.title", "retained.title",
			"too_large.title", "corrupt.title", "busy.title", "unavailable.title", "internal.title"},
	}
	texts := load(t)
	for family, list := range values {
		for _, v := range list {
			for _, code := range Languages() {
				if !texts.Lang(code).Has(family, v) {
					t.Errorf("%s: %s.%s has no text", code, family, v)
				}
			}
		}
	}
	if got := texts.Lang(German).ReasonText("from another planet"); got != texts.Lang(German).T("reason.other") {
		t.Errorf("an unknown reason reads %q", got)
	}
}

func TestAccept(t *testing.T) {
	texts := load(t)
	for header, want := range map[string]string{
		"": "de", "fr": "de", "en": "en", "en-GB,en;q=0.9,de;q=0.8": "en", "de;q=0.5, en;q=0.4": "de", "fr, en;q=0.3": "en",
		"en;q=x": "de", "*": "de",
	} {
		if got := texts.Accept(header).Code; got != want {
			t.Errorf("Accept(%q) = %s, want %s", header, got, want)
		}
	}
}

func TestNumbersAndSizes(t *testing.T) {
	texts := load(t)
	de, en := texts.Lang(German), texts.Lang(English)
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1.000", 1234567: "1.234.567", -4200: "-4.200"} {
		if got := de.Number(n); got != want {
			t.Errorf("Number(%d) = %s, want %s", n, got, want)
		}
	}
	for n, want := range map[int64]string{0: "0 Byte", 812_300: "812 KB", 3_400_000: "3,4 MB", 250_000_000: "250 MB"} {
		if got := de.Size(n); got != want {
			t.Errorf("Size(%d) = %s, want %s", n, got, want)
		}
	}
	if got := en.Size(3_400_000); got != "3.4 MB" {
		t.Errorf("English size: %s", got)
	}
	if de.N("viewer.pages", 1) != "1 Seite" || de.N("viewer.pages", 1200) != "1.200 Seiten" {
		t.Error("one and many are not told apart")
	}
}
