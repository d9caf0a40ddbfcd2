package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"eakte/search"
	"eakte/search/embedded"
	"eakte/search/searchtest"
)

// edit replaces a piece of a file.
func edit(t *testing.T, path, from, to string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil || !strings.Contains(string(b), from) {
		t.Fatalf("%s: %s, %v", path, b, err)
	}
	if err := os.WriteFile(path, []byte(strings.ReplaceAll(string(b), from, to)), 0o600); err != nil {
		t.Fatal(err)
	}
}

func openAs(t *testing.T, dir, analyzer string) *embedded.Engine {
	t.Helper()
	e, err := embedded.OpenAs(dir, analyzer)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestBeside(t *testing.T) {
	var of *testing.T // one index for each
	var dir string
	searchtest.RunBeside(t, func(t *testing.T, version string) search.Engine {
		if of != t {
			of, dir = t, t.TempDir()
		}
		return openAs(t, dir, version)
	})
}

// oldIndex leaves a whole index of n documents by another analyzer.
func oldIndex(t *testing.T, n int) (dir string) {
	t.Helper()
	dir = t.TempDir()
	e := openAs(t, dir, "old")
	if err := errors.Join(e.Index(context.Background(), letters1(n, 1)), e.Rebuilt(context.Background())); err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	return dir
}

// letters1 gives n documents as of a sequence, none changed since the first.
func letters1(n int, sequence int64) []search.Entry {
	out := make([]search.Entry, n)
	for i := range out {
		out[i] = letter(i)
		out[i].Sequence, out[i].Changed = sequence, 1
	}
	return out
}

// remains names what lies below dir and is neither the state, the lock, nor one
// of n indexes.
func remains(t *testing.T, dir string, n int) (left []string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if strings.HasPrefix(f.Name(), "index-") {
			n--
		}
		if n < 0 || !strings.HasPrefix(f.Name(), "index-") && f.Name() != "state" && f.Name() != "lock" {
			left = append(left, f.Name())
		}
	}
	if n > 0 {
		t.Errorf("%d indexes are missing", n)
	}
	return left
}

// handles counts the open files below dir.
func handles(t *testing.T, dir string) (n int) {
	t.Helper()
	all, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err) // the product runs on Linux, where there is one
	}
	for _, f := range all {
		to, err := os.Readlink(filepath.Join("/proc/self/fd", f.Name()))
		if err == nil && strings.HasPrefix(to, dir) {
			n++
		}
	}
	return n
}

// asking searches e from three sides until stop is called: each answer must be
// of all n documents.
func asking(t *testing.T, e search.Engine, n int) (stop func()) {
	t.Helper()
	var readers sync.WaitGroup
	ended := make(chan struct{})
	for range 3 {
		readers.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
				}
				r, err := e.Search(context.Background(), search.Query{Scopes: everything(), Limit: 1})
				if err != nil || r.Total != n || r.Partial {
					t.Errorf("meanwhile: %d of %d, partial %v, %v", r.Total, n, r.Partial, err)
					return
				}
			}
		})
	}
	return func() {
		close(ended)
		readers.Wait()
	}
}

// TestSwitchOver makes indexes anew and switches over to them while others
// search: each answer is whole, from the old index or the new one, and nothing
// is left open or lying about.
func TestSwitchOver(t *testing.T) {
	const n = 20
	dir := oldIndex(t, n)
	for round := range 4 {
		e := openAs(t, dir, fmt.Sprint("newer ", round))
		stop := asking(t, e, n)
		if err := e.Index(context.Background(), letters1(n, int64(round+2))[:n/2]); err != nil {
			t.Fatal(err)
		}
		if err := e.Reset(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(e.Index(context.Background(), letters1(n, int64(round+2))), e.Rebuilt(context.Background())); err != nil {
			t.Fatal(err)
		}
		stop()
		if left := remains(t, dir, 1); len(left) > 0 {
			t.Errorf("left behind: %v", left)
		}
		closing(t, e)
	}
	if n := handles(t, dir); n > 0 {
		t.Errorf("%d files are open still", n)
	}
}

// TestBackToTheVersionBefore: the index of a version that is given up is
// dropped; the old one has had every change.
func TestBackToTheVersionBefore(t *testing.T) {
	dir := oldIndex(t, 2)
	e := openAs(t, dir, "new")
	late := letter(2)
	late.Sequence, late.Changed = 7, 7
	if err := e.Index(context.Background(), []search.Entry{late}); err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	e = openAs(t, dir, "old")
	defer closing(t, e)
	if total(t, e, "kosten") != 3 || reason(t, e) != "" {
		t.Errorf("%d found, rebuild %q", total(t, e, "kosten"), reason(t, e))
	}
	if left := remains(t, dir, 1); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestDamagedBeside damages the old or the new one of two indexes: what is sound
// goes on.
func TestDamagedBeside(t *testing.T) {
	for _, which := range []string{"old", "new"} {
		dir := oldIndex(t, 3)
		old := indexes(t, dir)
		e := openAs(t, dir, "new")
		if err := errors.Join(e.SetRebuild(context.Background(), "under way"), e.Index(context.Background(), letters1(2, 2))); err != nil {
			t.Fatal(err)
		}
		closing(t, e)
		for _, d := range indexes(t, dir) {
			if (d == old[0]) == (which == "old") {
				if err := os.Truncate(filepath.Join(d, "root.bolt"), 100); err != nil {
					t.Fatal(err)
				}
			}
		}
		e = openAs(t, dir, "new")
		p, err := search.Parse("kosten")
		if err != nil {
			t.Fatal(err)
		}
		r, err := e.Search(context.Background(), search.Query{Parsed: p, Scopes: everything()})
		if err != nil {
			t.Fatal(err)
		}
		held, _, err := e.Count(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		switch which {
		case "old": // the new one answers with what it has, and the rebuild goes on
			if r.Total != 2 || !r.Partial || held != 2 || reason(t, e) != "under way" {
				t.Errorf("the old one is damaged: %d found, partial %v, %d held, rebuild %q", r.Total, r.Partial, held, reason(t, e))
			}
		case "new": // the old one goes on answering, and the rebuild begins anew
			if r.Total != 3 || r.Partial || held != 0 || reason(t, e) != "damaged" {
				t.Errorf("the new one is damaged: %d found, partial %v, %d held, rebuild %q", r.Total, r.Partial, held, reason(t, e))
			}
		}
		if err := errors.Join(e.Index(context.Background(), letters1(3, 3)), e.Rebuilt(context.Background())); err != nil {
			t.Fatal(err)
		}
		if total(t, e, "kosten") != 3 || reason(t, e) != "" {
			t.Errorf("rebuilt: %d found, rebuild %q", total(t, e, "kosten"), reason(t, e))
		}
		closing(t, e)
		if left := remains(t, dir, 1); len(left) != 0 {
			t.Errorf("left behind: %v", left)
		}
	}
}

func indexes(t *testing.T, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "index-*"))
	if err != nil || len(found) == 0 {
		t.Fatal(found, err)
	}
	return found
}

// besideDocuments is how many documents the killed rebuild has.
const besideDocuments = 12

// rebuildForever makes an index of another version anew, over and over, and says
// after each step what is done: whatever moment it is killed at, it goes on.
func rebuildForever(dir string) error {
	ctx := context.Background()
	for version := 0; ; version++ {
		b, err := os.ReadFile(filepath.Join(dir, "version"))
		if err != nil {
			return err
		}
		analyzer := string(b)
		e, err := embedded.OpenAs(dir+"/index", analyzer)
		if err != nil {
			return err
		}
		why, err := e.NeedsRebuild(ctx)
		if err == nil && why != "" && why != "under way" {
			err = errors.Join(e.Reset(ctx), e.SetRebuild(ctx, "under way"))
		}
		for i := 0; err == nil && i < besideDocuments; i++ {
			err = e.Index(ctx, letters1(besideDocuments, 2)[i:i+1])
			fmt.Println(i)
		}
		if err == nil {
			err = e.Rebuilt(ctx)
		}
		if err = errors.Join(err, e.Close()); err != nil {
			return err
		}
		next := filepath.Join(dir, "version.next")
		if err := errors.Join(os.WriteFile(next, []byte(analyzer+"+"), 0o600), os.Rename(next, filepath.Join(dir, "version"))); err != nil {
			return err
		}
		fmt.Println("rebuilt")
	}
}

// TestKilledBeside kills a process that makes an index anew beside the old one,
// at several moments: at each the next one finds all documents, whole.
func TestKilledBeside(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "version"), []byte("v"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := openAs(t, dir+"/index", "v")
	if err := errors.Join(e.Index(context.Background(), letters1(besideDocuments, 1)), e.Rebuilt(context.Background())); err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	rebuilt := 0
	for round := range 8 {
		lines := 1 + 5*round // 13 of them are one rebuild
		out := killAfter(t, "EAKTE_TEST_BESIDE="+dir, lines)
		rebuilt += strings.Count(out, "rebuilt")
		version, err := os.ReadFile(filepath.Join(dir, "version"))
		if err != nil {
			t.Fatal(err)
		}
		e := openAs(t, dir+"/index", string(version))
		r, err := e.Search(context.Background(), search.Query{Scopes: everything()})
		if err != nil || r.Total != besideDocuments || r.Partial {
			t.Errorf("round %d: %d of %d documents, partial %v, %v", round, r.Total, besideDocuments, r.Partial, err)
		}
		n := 1
		if reason(t, e) != "" {
			n = 2
		}
		if left := remains(t, dir+"/index", n); len(left) > 0 {
			t.Errorf("round %d: left behind: %v", round, left)
		}
		closing(t, e)
	}
	if rebuilt < 3 {
		t.Errorf("only %d rebuilds came to their end", rebuilt)
	}
}

// TestDamagedWhileOpen takes the files of the old index away under its reader:
// the new one answers with what it has, says so, and the rebuild goes on. (The
// question is one that Bleve answers in the goroutine that asks: no other's fault
// can be caught.)
func TestDamagedWhileOpen(t *testing.T) {
	dir := oldIndex(t, 3)
	old := indexes(t, dir)[0]
	e := openAs(t, dir, "new")
	defer closing(t, e)
	if err := e.Index(context.Background(), letters1(2, 2)); err != nil {
		t.Fatal(err)
	}
	segments, err := filepath.Glob(filepath.Join(old, "*.zap"))
	if err != nil || len(segments) == 0 {
		t.Fatal(segments, err)
	}
	for _, s := range segments {
		if err := os.Truncate(s, 0); err != nil {
			t.Fatal(err)
		}
	}
	p, err := search.Parse("w1w")
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Search(context.Background(), search.Query{Parsed: p, Scopes: everything()})
	if err != nil || r.Total != 1 || !r.Partial {
		t.Errorf("%d found, partial %v, %v", r.Total, r.Partial, err)
	}
	if err := errors.Join(e.Index(context.Background(), letters1(3, 3)), e.Rebuilt(context.Background())); err != nil {
		t.Fatal(err)
	}
	if total(t, e, "kosten") != 3 || reason(t, e) != "" {
		t.Errorf("rebuilt: %d found, rebuild %q", total(t, e, "kosten"), reason(t, e))
	}
	if left := remains(t, dir, 1); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
