package embedded_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
	"eakte/search/embedded"
)

func letter(n int) search.Entry {
	return search.Entry{Document: record.DocumentID(fmt.Sprintf("%032d", n)), Ordinal: 1, Sensitivity: 1, Site: "03104", Type: "bescheid",
		Date: "2026-11-18", Title: fmt.Sprintf("Bescheid w%dw", n), Pages: []string{"Die Kosten der Unterkunft", "werden übernommen"}, Sequence: 1}
}

func everything() []search.Scope {
	return []search.Scope{{Files: roaring.BitmapOf(1), MaxSensitivity: 3}}
}

func total(t *testing.T, e search.Engine, q string) int {
	t.Helper()
	p, err := search.Parse(q)
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Search(context.Background(), search.Query{Parsed: p, Scopes: everything()})
	if err != nil {
		t.Fatal(err)
	}
	return r.Total
}

func reason(t *testing.T, e search.Engine) string {
	t.Helper()
	why, err := e.NeedsRebuild(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return why
}

// closing closes an engine before the test ends.
func closing(t *testing.T, e search.Engine) {
	t.Helper()
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestMain is also the processes that TestKilled and TestKilledBeside kill.
func TestMain(m *testing.M) {
	for name, run := range map[string]func(dir string) error{"EAKTE_TEST_INDEX": indexForever, "EAKTE_TEST_BESIDE": rebuildForever} {
		if dir := os.Getenv(name); dir != "" {
			if err := run(dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
		}
	}
	os.Exit(m.Run())
}

// killAfter runs this program anew, with a setting, and kills it when it has
// said so many lines.
func killAfter(t *testing.T, setting string, lines int) (said string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), setting)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	in := bufio.NewScanner(out)
	for n := 0; n < lines && in.Scan(); n++ {
		said += in.Text() + "\n"
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for in.Scan() { // what it said before it died
		said += in.Text() + "\n"
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the process ended by itself")
	}
	return said
}

// indexForever indexes one document after the other and says which are done.
func indexForever(dir string) error {
	e, err := embedded.Open(dir)
	if err != nil {
		return err
	}
	d, _, err := e.Count(context.Background())
	for n := int(d); err == nil; n++ {
		if err = e.Index(context.Background(), []search.Entry{letter(n)}); err == nil {
			fmt.Println(n)
		}
	}
	return err
}

// TestKilled kills a process that indexes, several times, and looks for what
// it had said to be done.
func TestKilled(t *testing.T) {
	dir := t.TempDir()
	last := -1
	for round := range 4 {
		said := strings.Fields(killAfter(t, "EAKTE_TEST_INDEX="+dir, 10+13*round))
		if _, err := fmt.Sscan(said[len(said)-1], &last); err != nil {
			t.Fatal(err)
		}
		e := open(t, dir)
		docs, pages, err := e.Count(context.Background())
		if err != nil || int(docs) < last+1 || pages != 2*docs {
			t.Errorf("round %d: %d documents and %d pages of %d acknowledged, %v", round, docs, pages, last+1, err)
		}
		for n := range last + 1 {
			if total(t, e, fmt.Sprintf("w%dw", n)) != 1 {
				t.Errorf("round %d: document %d was acknowledged and is gone", round, n)
			}
		}
		closing(t, e)
	}
	if last < 20 {
		t.Errorf("only %d documents were acknowledged", last+1)
	}
}

func TestReopen(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	if reason(t, e) != "new" {
		t.Errorf("a new index gives %q", reason(t, e))
	}
	if err := e.Rebuilt(context.Background()); err != nil {
		t.Fatal(err)
	}
	if err := e.Index(context.Background(), []search.Entry{letter(1), letter(2)}); err != nil {
		t.Fatal(err)
	}
	if _, err := embedded.Open(dir); !errors.Is(err, record.Busy) {
		t.Errorf("a second process opens it: %v", err)
	}
	closing(t, e)
	if err := e.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if err := e.Index(context.Background(), []search.Entry{letter(3)}); !errors.Is(err, record.Unavailable) {
		t.Errorf("a closed engine takes documents: %v", err)
	}
	if _, err := e.Search(context.Background(), search.Query{Scopes: everything()}); !errors.Is(err, record.Unavailable) {
		t.Errorf("a closed engine answers: %v", err)
	}
	e = open(t, dir)
	if total(t, e, "kosten") != 2 || reason(t, e) != "" {
		t.Errorf("opened again: %d found, rebuild %q", total(t, e, "kosten"), reason(t, e))
	}
	closing(t, e)
}

func TestOtherLayoutIsMadeAnew(t *testing.T) {
	dir := t.TempDir()
	e := open(t, dir)
	if err := errors.Join(e.Index(context.Background(), []search.Entry{letter(1)}), e.Rebuilt(context.Background())); err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	edit(t, filepath.Join(dir, "state"), `"layout":2`, `"layout":1`)
	for range 2 { // it is not forgotten at the next start
		e = open(t, dir)
		if reason(t, e) != "other version" || total(t, e, "kosten") != 0 {
			t.Errorf("rebuild %q, %d found", reason(t, e), total(t, e, "kosten"))
		}
		closing(t, e)
	}
}

// TestDamaged damages the files of an index, each in several ways. It must
// open, empty and with a reason, and never panic. Without a reason it may open
// only with everything in it: the list of snapshots is a bolt file with free
// pages anywhere, and Bleve writes to it in the background, so half of it, or
// single bytes, may be all there is to lose or nothing.
func TestDamaged(t *testing.T) {
	sound := t.TempDir()
	e := open(t, sound)
	if err := e.Index(context.Background(), []search.Entry{letter(0), letter(1), letter(2)}); err != nil {
		t.Fatal(err)
	}
	if err := e.Rebuilt(context.Background()); err != nil {
		t.Fatal(err)
	}
	closing(t, e)
	files, err := fs.Glob(os.DirFS(sound), "index-*/*")
	if err != nil || len(files) < 2 {
		t.Fatalf("%v, %v", files, err)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for _, name := range files {
		for what, damage := range map[string]func([]byte) []byte{
			"emptied":  func([]byte) []byte { return nil },
			"halved":   func(b []byte) []byte { return b[:len(b)/2] },
			"zeroed":   func(b []byte) []byte { return make([]byte, len(b)) },
			"lost":     nil,
			"scramble": func(b []byte) []byte { return scramble(r, b) },
		} {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(sound)); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(dir, name)
			b, err := os.ReadFile(path)
			if err == nil && damage != nil {
				err = os.WriteFile(path, damage(b), 0o600)
			} else if err == nil {
				err = os.Remove(path)
			}
			if err != nil {
				t.Fatal(err)
			}
			openDamaged(t, dir, name+" "+what, what == "scramble")
		}
	}
}

func scramble(r *rand.Rand, b []byte) []byte {
	for range max(len(b)/50, 1) {
		b[r.IntN(len(b))] ^= byte(1 + r.IntN(255))
	}
	return b
}

// openDamaged opens the index in dir, which held three documents. mayErr: a
// wrong byte in a dictionary may show only when a search reads it.
func openDamaged(t *testing.T, dir, what string, mayErr bool) {
	t.Helper()
	e, err := embedded.Open(dir)
	if err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	defer closing(t, e)
	why := reason(t, e)
	if why != "" && why != "damaged" {
		t.Errorf("%s: rebuild because %q", what, why)
	}
	if _, err := os.Stat(filepath.Join(dir, "damaged")); why != "" && err != nil {
		t.Errorf("%s: it is not moved aside: %v", what, err)
	}
	p, err := search.Parse("kosten")
	if err != nil {
		t.Fatal(err)
	}
	r, err := e.Search(context.Background(), search.Query{Parsed: p, Scopes: everything()})
	if err != nil && record.CategoryOf(err) == nil {
		t.Errorf("%s: an error without a category: %v", what, err)
	}
	if err != nil && strings.Contains(err.Error(), "kost") {
		t.Errorf("%s: the error names what was asked: %v", what, err)
	}
	if why == "" && !mayErr && (err != nil || r.Total != 3) {
		t.Errorf("%s: opened without a word, with %d of 3 documents, %v", what, r.Total, err)
	}
}

func TestIndexPastItsTime(t *testing.T) {
	e := open(t, t.TempDir())
	defer closing(t, e)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := e.Index(ctx, []search.Entry{letter(2)}); !errors.Is(err, context.Canceled) {
		t.Errorf("Index says %v", err)
	}
}
