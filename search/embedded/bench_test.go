package embedded_test

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/RoaringBitmap/roaring/v2"
	"github.com/blevesearch/bleve/v2"
	"github.com/blevesearch/bleve/v2/analysis"
	"github.com/blevesearch/bleve/v2/analysis/analyzer/standard"
	"github.com/blevesearch/bleve/v2/analysis/lang/de"
	"github.com/blevesearch/bleve/v2/registry"

	"eakte/appliance/record"
	"eakte/search"
	"eakte/search/embedded"
)

// The benchmarks measure against Bleve as it comes: ratios say more than
// milliseconds on a machine that others use as well.
//
//	go test -run xxx -bench . -benchtime 20x ./search/embedded

// letters writes pages of some 300 words, every fortieth word misread.
type letters struct {
	*rand.Rand
	words []string
}

func newLetters() *letters {
	l := &letters{Rand: rand.New(rand.NewPCG(7, 7))}
	heads := strings.Fields(`Heizkosten Miet Unterkunfts Bewilligungs Widerspruchs Einkommens Vermögens Leistungs Kinder Eltern Wohnungs Betriebskosten
		Renten Kranken Steuer Umzugs Darlehens Bildungs Fahrt Arbeits Ausbildungs Melde Vollmachts Gerichts Strom Gas Wasser Telefon`)
	tails := strings.Fields(`abrechnung bescheid antrag nachweis bescheinigung vertrag kosten erklärung mitteilung auskunft vorschuss zuschuss verfahren
		stelle beratung zahlung rechnung prüfung`)
	for _, h := range heads {
		for _, t := range tails {
			l.words = append(l.words, h+t)
		}
	}
	return l
}

const small = `der die und in den von zu das mit sich des auf für ist im dem nicht ein eine als auch es an werden aus er hat dass sie nach wird bei
	Sehr geehrte Damen Herren wir bitten Sie die fehlenden Unterlagen bis zum einzureichen Ihr Schreiben vom haben wir erhalten Grüßen Auftrag`

func (l *letters) page() string {
	common := strings.Fields(small)
	var b strings.Builder
	for range 300 {
		w := common[l.IntN(len(common))]
		switch n := l.IntN(100); {
		case n < 25: // few words are frequent, most are rare
			w = l.words[int(float64(len(l.words))*l.Float64()*l.Float64())]
		case n < 28:
			w = fmt.Sprintf("%d,%02d", l.IntN(3000), l.IntN(100))
		case n < 30:
			w = fmt.Sprintf("%02d.%02d.20%02d", 1+l.IntN(28), 1+l.IntN(12), 15+l.IntN(12))
		}
		if l.IntN(40) == 0 && len(w) > 4 {
			i := 1 + l.IntN(len(w)-2)
			w = w[:i] + string(rune('a'+l.IntN(26))) + w[i+1:]
		}
		b.WriteString(strings.ToValidUTF8(w, "e"))
		b.WriteByte(" \n"[min(l.IntN(12)/11, 1)])
	}
	return b.String()
}

// documents makes n pages in documents of one to seven pages, in 200 files.
func (l *letters) documents(pages int) []search.Entry {
	var out []search.Entry
	for n := 0; n < pages; {
		e := letter(len(out))
		e.Ordinal, e.Date = uint32(1+l.IntN(200)), fmt.Sprintf("20%02d-%02d-%02d", 15+l.IntN(12), 1+l.IntN(12), 1+l.IntN(28))
		e.Pages = nil
		for range 1 + l.IntN(7) {
			e.Pages = append(e.Pages, l.page())
			n++
		}
		out = append(out, e)
	}
	return out
}

func BenchmarkAnalyzePage(b *testing.B) {
	page := newLetters().page()
	cache := registry.NewCache()
	for name, make := range map[string]func() (analysis.Analyzer, error){
		"standard": func() (analysis.Analyzer, error) { return standard.AnalyzerConstructor(nil, cache) },
		"german":   func() (analysis.Analyzer, error) { return de.AnalyzerConstructor(nil, cache) },
	} {
		a, err := make()
		if err != nil {
			b.Fatal(err)
		}
		b.Run("bleve-"+name, func(b *testing.B) {
			for b.Loop() {
				a.Analyze([]byte(page))
			}
		})
	}
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			search.Analyze(page)
		}
	})
}

// benchPages is how many pages are indexed: -args -pages 10000.
var benchPages = flag.Int("pages", 2000, "pages that the benchmarks index")

func BenchmarkIndex(b *testing.B) {
	entries := newLetters().documents(*benchPages)
	b.Run("ours", func(b *testing.B) {
		for b.Loop() {
			e := engineWith(b, entries)
			if err := e.Close(); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(*benchPages*b.N)/b.Elapsed().Seconds(), "pages/s")
	})
	b.Run("bleve-standard", func(b *testing.B) {
		for b.Loop() {
			plain(b, entries)
		}
		b.ReportMetric(float64(*benchPages*b.N)/b.Elapsed().Seconds(), "pages/s")
	})
}

// plain indexes the same text, an entry a page, as Bleve does by itself.
func plain(b *testing.B, entries []search.Entry) bleve.Index {
	b.Helper()
	m := bleve.NewIndexMapping()
	m.DefaultAnalyzer = standard.Name
	m.StoreDynamic, m.DocValuesDynamic = false, false
	idx, err := bleve.New(filepath.Join(b.TempDir(), "plain"), m)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := idx.Close(); err != nil {
			b.Error(err)
		}
	})
	batch := idx.NewBatch()
	for _, e := range entries {
		for i, p := range e.Pages {
			if err := batch.Index(fmt.Sprintf("%s-%d", e.Document, i), map[string]string{"text": p}); err != nil {
				b.Fatal(err)
			}
		}
		if batch.Size() > 500 {
			if err := idx.Batch(batch); err != nil {
				b.Fatal(err)
			}
			batch = idx.NewBatch()
		}
	}
	if err := idx.Batch(batch); err != nil {
		b.Fatal(err)
	}
	return idx
}

func engineWith(b *testing.B, entries []search.Entry) search.Engine {
	b.Helper()
	dir := b.TempDir()
	e := openBench(b, dir)
	if err := e.Index(context.Background(), entries); err != nil {
		b.Fatal(err)
	}
	return e
}

func BenchmarkSearch(b *testing.B) {
	entries := newLetters().documents(*benchPages)
	dir := b.TempDir()
	e := openBench(b, dir)
	defer e.Close()
	if err := e.Index(context.Background(), entries); err != nil {
		b.Fatal(err)
	}
	half := roaring.New()
	for n := uint32(1); n <= 200; n += 2 {
		half.Add(n)
	}
	scopes := []search.Scope{{Files: half, MaxSensitivity: record.SensitivityNormal}}
	for _, q := range []string{"heizkostenabrechnung", "kosten", "unterlagen", "heizkostenabrechnumg", `"bitten sie"`, "heizk*",
		"kosten bescheid unterlagen 2024", "1.234,56", "kosten -bescheid"} {
		p, err := search.Parse(q)
		if err != nil {
			b.Fatal(err)
		}
		for _, sort := range []string{search.SortRelevance, search.SortDate} {
			b.Run(q+"/"+sort, func(b *testing.B) {
				var took []time.Duration
				found := 0
				for b.Loop() {
					start := time.Now()
					r, err := e.Search(context.Background(), search.Query{Parsed: p, Scopes: scopes, Sort: sort, Limit: 20})
					if err != nil {
						b.Fatal(err)
					}
					took, found = append(took, time.Since(start)), r.Total
				}
				slices.Sort(took)
				b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
				b.ReportMetric(float64(found), "found")
			})
		}
	}
	b.Run("suggest", func(b *testing.B) {
		for b.Loop() {
			if _, err := e.Suggest(context.Background(), "heiz", scopes, nil, nil, 8); err != nil {
				b.Fatal(err)
			}
		}
	})
	idx := plain(b, entries)
	for _, word := range []string{"heizkostenabrechnung", "unterlagen"} {
		b.Run("bleve-standard/"+word, func(b *testing.B) {
			for b.Loop() {
				if _, err := idx.Search(bleve.NewSearchRequestOptions(bleve.NewMatchQuery(word), 20, 0, false)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("size", func(b *testing.B) {
		for b.Loop() {
			b.ReportMetric(float64(size(b, dir))/float64(*benchPages), "bytes/page")
			b.ReportMetric(float64(size(b, filepath.Dir(idx.Name())))/float64(*benchPages), "plain-bytes/page")
		}
	})
}

// BenchmarkKept answers with the kept pages of 20 documents of four pages, and
// with that of one of 500.
func BenchmarkKept(b *testing.B) {
	l := newLetters()
	entries := l.documents(160)
	long := letter(len(entries))
	long.Ordinal = 999
	for range 500 {
		long.Pages = append(long.Pages, l.page())
	}
	entries = append(entries, long)
	for i := range entries {
		entries[i].Words = nil
		for _, p := range entries[i].Pages {
			entries[i].Words = append(entries[i].Words, l.boxes(p))
		}
	}
	e := engineWith(b, entries)
	defer e.Close()
	for name, files := range map[string][2]uint32{"20 of 4 pages": {1, 201}, "1 of 500 pages": {999, 1000}} {
		scope := search.Scope{Files: roaring.New(), MaxSensitivity: record.SensitivityRestricted}
		scope.Files.AddRange(uint64(files[0]), uint64(files[1]))
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				r, err := e.Search(context.Background(), search.Query{Scopes: []search.Scope{scope}, Sort: search.SortDate, Limit: 20})
				if err != nil || len(r.Hits) == 0 || !r.Hits[0].Kept {
					b.Fatal(len(r.Hits), err)
				}
			}
		})
	}
}

// boxes gives the words of a page places on it.
func (l *letters) boxes(page string) record.PageWords {
	words := record.PageWords{Width: 2480, Height: 3508}
	x, y, at := 200, 300, 0
	for _, w := range strings.Fields(page) {
		start := at + strings.Index(page[at:], w)
		if at = start + len(w); x > 2200 {
			x, y = 200, y+60
		}
		width := 20*len(w) + l.IntN(20)
		words.Words = append(words.Words, record.Word{Start: start, Len: len(w), X: x, Y: y + l.IntN(5), W: width, H: 36 + l.IntN(10)})
		x += width + 18 + l.IntN(6)
	}
	return words
}

func openBench(b *testing.B, dir string) *embedded.Engine {
	b.Helper()
	e, err := embedded.Open(dir)
	if err != nil {
		b.Fatal(err)
	}
	return e
}

// size adds up the files below dir.
func size(b *testing.B, dir string) (n int64) {
	b.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
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
		b.Fatal(err)
	}
	return n
}
