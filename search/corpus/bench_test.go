package corpus_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"eakte/search"
	"eakte/search/corpus"
	"eakte/search/embedded"
	"eakte/search/meili"
)

var (
	benchPages  = flag.Int("bench-pages", 0, "measure search over so many pages")
	benchEngine = flag.String("bench-engine", "embedded", "embedded, or meili at EAKTE_TEST_MEILI_URL with EAKTE_TEST_MEILI_KEY")
	benchDir    = flag.String("bench-dir", "", "keep the embedded index below this folder, and use one that is there")
	benchEach   = flag.Int("bench-each", 20, "questions of each kind")
)

// TestBenchSearch prints the rows of docs/performance.md, "Search". Each
// question is asked with three filters in turns, sorted by date, with facets,
// 20 hits, and their snippets and boxes.
func TestBenchSearch(t *testing.T) {
	if *benchPages == 0 {
		t.Skip("a measurement: make bench-search")
	}
	c, err := corpus.New(corpus.Usual(*benchPages))
	if err != nil {
		t.Fatal(err)
	}
	e, size := benchEngineOf(t)
	b := bench{T: t, corpus: c, engine: e}
	t.Logf("%s, %d pages, %d questions of each kind, load before: %s", *benchEngine, *benchPages, *benchEach, load())
	b.fill()
	b.rest()
	if *benchEngine == "meili" {
		b.bare = newBareMeili(t, benchPrefix())
	}
	b.ask()
	b.suggest()
	if size != nil {
		t.Logf("index: %.1f KB a page", float64(size())/1000/float64(*benchPages))
	}
	t.Logf("load after: %s", load())
}

func load() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return err.Error()
	}
	return strings.Join(strings.Fields(string(b))[:3], " ")
}

func benchEngineOf(t *testing.T) (search.Engine, func() int64) {
	t.Helper()
	var e search.Engine
	var size func() int64
	switch *benchEngine {
	case "embedded":
		dir := *benchDir
		if dir == "" {
			dir = t.TempDir()
		}
		dir = filepath.Join(dir, fmt.Sprint(*benchPages))
		own, err := embedded.Open(dir)
		if err != nil {
			t.Fatal(err)
		}
		e, size = own, func() int64 { return below(t, dir) }
	case "meili":
		key := os.Getenv("EAKTE_TEST_MEILI_KEY")
		own, err := meili.Open(t.Context(), meili.Config{URL: os.Getenv("EAKTE_TEST_MEILI_URL"), Prefix: benchPrefix(),
			SearchKey: key, DocumentKey: key, AdminKey: key})
		if err != nil {
			t.Fatal(err)
		}
		e = own
	default:
		t.Fatalf("no engine %q", *benchEngine)
	}
	t.Cleanup(func() {
		if err := e.Close(); err != nil {
			t.Error(err)
		}
	})
	return e, size
}

func benchPrefix() string { return fmt.Sprintf("bench%d", *benchPages) }

func below(t *testing.T, dir string) (n int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		i, err := d.Info()
		if err == nil {
			n += i.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

type bench struct {
	*testing.T
	corpus *corpus.Corpus
	engine search.Engine
	bare   *bareMeili // the yardstick; nil for the embedded engine
}

// spent is the processor time of this process.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// fill indexes the corpus, unless it is there.
func (b *bench) fill() {
	b.Helper()
	ctx := context.Background()
	_, have, err := b.engine.Count(ctx)
	if err != nil {
		b.Fatal(err)
	}
	if have >= uint64(b.corpus.Pages) {
		b.Logf("the index is there: %d pages", have)
		return
	}
	var batch []search.Entry
	var wall, cpu time.Duration
	pages, size := 0, 0
	put := func() {
		began, before := time.Now(), spent(b.T)
		if err := b.engine.Index(ctx, batch); err != nil {
			b.Fatal(err)
		}
		wall, cpu = wall+time.Since(began), cpu+spent(b.T)-before
		batch, size = nil, 0
	}
	for e := range b.corpus.Entries() {
		batch = append(batch, e)
		pages += len(e.Pages)
		for _, p := range e.Pages {
			size += len(p)
		}
		if size > 2<<20 {
			put()
		}
	}
	put()
	b.rest()
	if err := b.engine.Rebuilt(ctx); err != nil {
		b.Fatal(err)
	}
	b.Logf("indexed %d pages in %s, %s of processor time here: %.0f pages a second, %.0f a processor second here",
		pages, wall.Round(time.Second), cpu.Round(time.Second), float64(pages)/wall.Seconds(), float64(pages)/cpu.Seconds())
}

// rest waits until the engine has merged what was indexed.
func (b *bench) rest() {
	b.Helper()
	for range 120 {
		before := spent(b.T)
		time.Sleep(time.Second)
		if spent(b.T)-before < 50*time.Millisecond {
			return
		}
	}
}

// way is a filter that questions are asked with.
type way struct {
	name   string
	scopes []search.Scope
}

func (b *bench) ways() []way {
	return []way{{"all 20,000 files", b.corpus.All()}, {"2,000 files", b.corpus.Some(2000)}, {"a site's 67 files", b.corpus.SiteScope(7)}}
}

// ask asks everything once to warm up and once to measure, the filters in turns.
func (b *bench) ask() {
	b.Helper()
	ways := b.ways()
	took, cpu, bare := make([][]time.Duration, len(ways)), make([][]time.Duration, len(ways)), make([][]time.Duration, len(ways))
	byKind := map[string][]time.Duration{}
	var order []string
	found, none := 0, 0
	for _, a := range b.corpus.Mixed(*benchEach) {
		p, err := search.Parse(a.Q)
		if err != nil {
			b.Fatalf("%s: %v", a.Kind, err)
		}
		if byKind[a.Kind] == nil {
			order = append(order, a.Kind)
		}
		for i, w := range ways {
			q := search.Query{Parsed: p, Scopes: w.scopes, Filters: p.Filters, Sort: search.SortDate, Limit: 20}
			b.answer(q)
			began, before := time.Now(), spent(b.T)
			total := b.answer(q)
			d := time.Since(began)
			took[i], cpu[i] = append(took[i], d), append(cpu[i], spent(b.T)-before)
			if b.bare != nil {
				bare[i] = append(bare[i], b.bare.ask(w.scopes))
			}
			if i == 0 {
				byKind[a.Kind] = append(byKind[a.Kind], d)
				found += total
				if total == 0 {
					none++
				}
			}
		}
	}
	b.Logf("%d questions, %d documents found by one on average, %d find nothing", len(took[0]), found/len(took[0]), none)
	for i, w := range ways {
		b.Logf("| %s | %s | to all files: %s |", w.name, percentiles(took[i]), ratios(took[i], took[0]))
		if b.bare != nil {
			b.Logf("| %s, the server itself without words | %s | ours %s |", w.name, percentiles(bare[i]), ratios(took[i], bare[i]))
		}
		b.Logf("| %s, processor time here | %s | %s |", w.name, percentiles(cpu[i]), ratios(cpu[i], cpu[0]))
	}
	for _, k := range order {
		b.Logf("| %s, all files | %s |", k, percentiles(byKind[k]))
	}
}

// answer asks and marks what was found, as a page of results does.
func (b *bench) answer(q search.Query) int {
	b.Helper()
	r, err := b.engine.Search(context.Background(), q)
	if err != nil {
		b.Fatal(err)
	}
	for _, h := range r.Hits {
		if h.Page > 0 && !h.Kept {
			b.Fatal("a page was not kept")
		}
		search.Highlight(h.Words, h.Text, q.Parsed)
	}
	return r.Total
}

func (b *bench) suggest() {
	b.Helper()
	for _, w := range b.ways() {
		var took []time.Duration
		for _, p := range strings.Fields("he hei heiz ant antr be bes besch mie miet kon kont un unt ver verm wi wid ko kos le leis na nach ar arb woh ne neb str ste") {
			began := time.Now()
			if _, err := b.engine.Suggest(context.Background(), p, w.scopes, nil, nil, 8); err != nil {
				b.Fatal(err)
			}
			took = append(took, time.Since(began))
		}
		b.Logf("| suggestions, %s | %s |", w.name, percentiles(took))
	}
}

func percentiles(took []time.Duration) string {
	s := slices.Sorted(slices.Values(took))
	at := func(p int) float64 { return s[min(len(s)*p/100, len(s)-1)].Seconds() * 1000 }
	return fmt.Sprintf("n=%d, p50 %.1f, p95 %.1f, p99 %.1f, worst %.1f ms", len(s), at(50), at(95), at(99), s[len(s)-1].Seconds()*1000)
}

// ratios says how much slower one is than the other, question by question.
func ratios(one, other []time.Duration) string {
	var r []float64
	over := 0
	for i := range one {
		x := one[i].Seconds() / other[i].Seconds()
		if x > 1.2 {
			over++
		}
		r = append(r, x)
	}
	slices.Sort(r)
	var a, b time.Duration
	for i := range one {
		a, b = a+one[i], b+other[i]
	}
	return fmt.Sprintf("%.2f × in all, median %.2f, over 1.2 in %d of %d", a.Seconds()/b.Seconds(), r[len(r)/2], over, len(r))
}
