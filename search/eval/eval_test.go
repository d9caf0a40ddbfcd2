package eval

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/ingest/worker"
	"eakte/search"
	"eakte/search/embedded"
	"eakte/search/meili"
)

var (
	evaluate = flag.Bool("search-eval", false, "read the letters with real recognition, ask every engine, and print the table")
	judgeNew = flag.Bool("search-judge", false, "write testdata/judgments.json anew from the rules")
)

const (
	queriesFile   = "testdata/queries.tsv"
	judgmentsFile = "testdata/judgments.json"
)

// question is one of the set: what is typed, and which letters it means.
type question struct {
	kind, q, rule string
	means         map[string]bool // keys of letters
}

// exact are the kinds of which nothing may be missed and nothing else found.
var exact = []string{"file number", "customer number", "amount", "date", "IBAN"}

// letters are the post that is searched, always the same, by key.
func letters(t testing.TB) (keys []string, by map[string]judged) {
	t.Helper()
	by = map[string]judged{}
	o := sample.JobcenterAt(1, 60, time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	for _, f := range o.Files {
		for i, l := range o.Letters(f) {
			truth, err := l.Truth()
			if err != nil {
				t.Fatal(err)
			}
			key := fmt.Sprintf("%s/%d", f.Number, i)
			keys, by[key] = append(keys, key), judge(l, truth)
		}
	}
	return keys, by
}

func questions(t testing.TB) []question {
	t.Helper()
	f, err := os.Open(queriesFile)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var out []question
	for s := bufio.NewScanner(f); s.Scan(); {
		if strings.HasPrefix(s.Text(), "#") {
			continue
		}
		c := strings.Split(s.Text(), "\t")
		if len(c) != 3 {
			t.Fatalf("%q has %d columns", s.Text(), len(c))
		}
		out = append(out, question{kind: c[0], q: c[1], rule: c[2], means: map[string]bool{}})
	}
	return out
}

// judgments gives the set with what is committed as meant.
func judgments(t testing.TB) []question {
	t.Helper()
	b, err := os.ReadFile(judgmentsFile)
	if err != nil {
		t.Fatal(err)
	}
	var means map[string][]string
	if err := json.Unmarshal(b, &means); err != nil {
		t.Fatal(err)
	}
	qs := questions(t)
	for i := range qs {
		keys, judged := means[qs[i].q]
		if !judged {
			t.Fatalf("%q has no judgment", qs[i].q)
		}
		for _, k := range keys {
			qs[i].means[k] = true
		}
	}
	return qs
}

// TestJudgments holds the committed judgments against the rules and the
// generator, and the set against what it has to be.
func TestJudgments(t *testing.T) {
	keys, by := letters(t)
	means := map[string][]string{}
	for _, q := range questions(t) {
		r := readRule(t, q.rule)
		means[q.q] = []string{}
		for _, k := range keys {
			if r.means(by[k]) {
				means[q.q] = append(means[q.q], k)
			}
		}
		if len(means[q.q]) == 0 {
			t.Errorf("%q means no letter", q.q)
		}
	}
	if *judgeNew {
		writeJudgments(t, means)
	}
	for _, q := range judgments(t) {
		for _, k := range means[q.q] {
			if !q.means[k] {
				t.Errorf("%q means %s, and is not judged so", q.q, k)
			}
		}
		if len(q.means) != len(means[q.q]) {
			t.Errorf("%q: %d judged, %d meant", q.q, len(q.means), len(means[q.q]))
		}
	}
	if len(means) < 200 {
		t.Errorf("%d questions", len(means))
	}
}

// writeJudgments writes one question a line.
func writeJudgments(t testing.TB, means map[string][]string) {
	t.Helper()
	var lines []string
	for _, q := range slices.Sorted(maps.Keys(means)) {
		name, err := json.Marshal(q)
		if err != nil {
			t.Fatal(err)
		}
		list, err := json.Marshal(means[q])
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(name)+": "+string(list))
	}
	if err := os.WriteFile(judgmentsFile, []byte("{\n"+strings.Join(lines, ",\n")+"\n}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
}

// entryOf is a letter as the indexer would bring it.
func entryOf(key string, n int, j judged, pages []string, words []record.PageWords) search.Entry {
	e := search.Entry{Document: record.DocumentID(fmt.Sprintf("%032x", n+1)), File: "file", Ordinal: 1, Sensitivity: record.SensitivityNormal, Site: "03104",
		Type: string(j.letter.Type), Title: j.letter.Title, Direction: string(j.letter.Direction), Date: j.letter.Dated, Received: j.letter.Received,
		Pages: pages, Words: words, Sequence: 1, Changed: 1}
	if j.letter.Direction == record.DirectionIn && len(pages) > 0 {
		e.Sender = search.Head(pages[0], words[0])
	}
	return e
}

// printed gives the letters as they truly are, without recognition.
func printed(t testing.TB, keys []string, by map[string]judged) []search.Entry {
	t.Helper()
	var out []search.Entry
	for n, k := range keys {
		truth, err := by[k].letter.Truth()
		if err != nil {
			t.Fatal(err)
		}
		var pages []string
		var words []record.PageWords
		for _, p := range truth.Pages {
			text, w := laid(p)
			pages, words = append(pages, text), append(words, w)
		}
		out = append(out, entryOf(k, n, by[k], pages, words))
	}
	return out
}

func laid(p sample.TruthPage) (string, record.PageWords) {
	w := record.PageWords{Width: p.Width, Height: p.Height}
	var b strings.Builder
	line := 0
	for i, v := range p.Words {
		if i > 0 {
			b.WriteByte(" \n"[min(1, max(0, v.Line-line))])
		}
		line = v.Line
		w.Words = append(w.Words, record.Word{Start: b.Len(), Len: len(v.Text), X: v.Pixels.X, Y: v.Pixels.Y, W: v.Pixels.W, H: v.Pixels.H})
		b.WriteString(v.Text)
	}
	return b.String(), w
}

// recognised draws the letters and reads them as the product does.
func recognised(t testing.TB, keys []string, by map[string]judged) []search.Entry {
	t.Helper()
	pool := worker.NewPool(worker.Config{Workers: runtime.NumCPU()})
	defer pool.Close()
	out := make([]search.Entry, len(keys))
	var wg sync.WaitGroup
	turn := make(chan struct{}, runtime.NumCPU())
	for n, k := range keys {
		turn <- struct{}{}
		wg.Go(func() {
			defer func() { <-turn }()
			r, err := by[k].letter.Render()
			if err != nil {
				t.Errorf("%s: %v", k, err)
				return
			}
			var pages []string
			var words []record.PageWords
			_, err = pool.Process(context.Background(), worker.Input{Body: bytes.NewReader(r.Body), Size: int64(len(r.Body))}, func(p worker.Page) error {
				pages = append(pages, p.Text)
				words = append(words, record.PageWords{Width: p.Width, Height: p.Height, Words: p.Words})
				return nil
			})
			if err != nil {
				t.Errorf("%s: %v", k, err)
				return
			}
			out[n] = entryOf(k, n, by[k], pages, words)
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	return out
}

// asked is how a question is put to an engine: the keys of the first ten
// letters found, and how many were found.
type asked func(t testing.TB, q question) (first []int, total int)

func engineAsked(e search.Engine) asked {
	all := []search.Scope{{Files: roaring.BitmapOf(1), MaxSensitivity: record.SensitivityRestricted}}
	return func(t testing.TB, q question) (first []int, total int) {
		t.Helper()
		p, err := search.Parse(q.q)
		if err != nil {
			t.Fatalf("%q: %v", q.q, err)
		}
		r, err := e.Search(context.Background(), search.Query{Parsed: p, Filters: p.Filters, Scopes: all, Limit: 10})
		if err != nil {
			t.Fatalf("%q: %v", q.q, err)
		}
		for _, h := range r.Hits {
			var n int
			if _, err := fmt.Sscanf(string(h.Document), "%x", &n); err != nil {
				t.Fatal(err)
			}
			first = append(first, n-1)
		}
		return first, r.Total
	}
}

func embeddedWith(t testing.TB, entries []search.Entry) search.Engine {
	t.Helper()
	e, err := embedded.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := e.Index(context.Background(), entries); err != nil {
		t.Fatal(err)
	}
	return e
}

// TestPrinted asks every question of the letters as they are printed: what is
// missed here, recognition is not to blame for.
func TestPrinted(t *testing.T) {
	keys, by := letters(t)
	s := score(t, keys, judgments(t), engineAsked(embeddedWith(t, printed(t, keys, by))))
	s.report(t, "embedded, as printed")
	if s.all.recall() < 0.97 {
		t.Errorf("recall@10 %.3f", s.all.recall())
	}
	for _, k := range exact {
		if g := s.kinds[k]; g.whole != g.n {
			t.Errorf("%s: %d of %d found exactly", k, g.whole, g.n)
		}
	}
}

// TestEvalSearch is make search-eval.
func TestEvalSearch(t *testing.T) {
	if !*evaluate {
		t.Skip("a measurement: make search-eval")
	}
	keys, by := letters(t)
	entries := recognised(t, keys, by)
	pages := 0
	for _, e := range entries {
		pages += len(e.Pages)
	}
	qs := judgments(t)
	t.Logf("%d letters, %d pages, %d questions", len(entries), pages, len(qs))
	e := embeddedWith(t, entries)
	ours := score(t, keys, qs, engineAsked(e))
	ours.report(t, "embedded")
	if url := os.Getenv("EAKTE_TEST_MEILI_URL"); url != "" {
		key := os.Getenv("EAKTE_TEST_MEILI_KEY")
		server, err := meili.Open(t.Context(), meili.Config{URL: url, Prefix: "eval" + record.NewID()[:8], SearchKey: key, DocumentKey: key, AdminKey: key})
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
		if err := server.Index(t.Context(), entries); err != nil {
			t.Fatal(err)
		}
		other := score(t, keys, qs, engineAsked(server))
		other.report(t, "Meilisearch")
		if d := ours.all.recall() - other.all.recall(); d > 0.02 || d < -0.02 {
			t.Errorf("the engines differ by %.3f", d)
		}
	}
	score(t, keys, qs, plainAsked(t, entries)).report(t, "plain unicode words (Bleve's standard analyzer, all words)")
	if ours.all.recall() < 0.95 {
		t.Errorf("recall@10 %.3f", ours.all.recall())
	}
	numbers := asRead(qs, keys, entries)
	read := score(t, keys, numbers, engineAsked(e))
	read.report(t, "embedded, numbers in the letters in which recognition read them")
	if read.all.whole != read.all.n {
		t.Errorf("%d of %d numbers found exactly", read.all.whole, read.all.n)
	}
}

// asRead gives the questions for numbers with those of the meant letters in
// whose recognised text the number stands: what was written by hand or misread
// is not search's to find.
func asRead(qs []question, keys []string, entries []search.Entry) []question {
	var out []question
	for _, q := range qs {
		if !slices.Contains([]string{"file number", "customer number", "IBAN"}, q.kind) {
			continue
		}
		r := question{kind: q.kind, q: q.q, means: map[string]bool{}}
		for n, k := range keys {
			if q.means[k] && strings.Contains(bare(strings.Join(entries[n].Pages, "\n")), strings.Replace(bare(q.q), "bg", "", 1)) {
				r.means[k] = true
			}
		}
		if len(r.means) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// bare leaves letters and digits.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
