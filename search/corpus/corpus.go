// Package corpus makes an archive's worth of pages by seed, for measuring
// search: letters of the sample generator, of which every copy has names,
// numbers, dates and amounts of its own and letters that were misread, so that
// the words differ as those of an archive do.
package corpus

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"

	"eakte/appliance/record"
	"eakte/appliance/sample"
	"eakte/search"
)

// Spec says what is made. The same Spec gives the same corpus.
type Spec struct {
	Seed    uint64
	Pages   int
	Sites   int
	Files   int     // spread evenly over the sites
	Misread float64 // share of letters that were misread
}

// Usual is the corpus that docs/performance.md speaks of, but for its size.
func Usual(pages int) Spec {
	return Spec{Seed: 1, Pages: pages, Sites: 300, Files: 20_000, Misread: 0.02}
}

// households and lettersEach are what the pool of letters is made from.
const (
	households  = 60
	lettersEach = 12
)

// Corpus makes entries.
type Corpus struct {
	Spec
	pool []letter
}

// letter is one of the pool's, of which copies are made.
type letter struct {
	kind  sample.Type
	title string
	way   record.Direction
	pages []page
}

type page struct {
	width, height int
	words         []sample.TruthWord
}

// New sets the letters of the pool, which takes seconds. It needs the fonts of
// the sample generator.
func New(s Spec) (*Corpus, error) {
	c := &Corpus{Spec: s}
	o := sample.JobcenterAt(s.Seed, households, time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	for _, f := range o.Files {
		for i, t := range sample.Types()[:min(lettersEach, len(sample.Types()))] {
			l := o.Letter(f, t, time.Date(2026, 1, 5+i, 0, 0, 0, 0, time.UTC), i)
			truth, err := l.Truth()
			if err != nil {
				return nil, fmt.Errorf("corpus: %w", err)
			}
			made := letter{kind: t, title: t.Title(), way: t.Direction()}
			for _, p := range truth.Pages {
				made.pages = append(made.pages, page{width: p.Width, height: p.Height, words: p.Words})
			}
			if len(made.pages) > 0 {
				c.pool = append(c.pool, made)
			}
		}
	}
	return c, nil
}

// Site is the code of site n, from 0.
func Site(n int) string { return fmt.Sprintf("%05d", 10_000+n) }

// SiteOf is the site of a file, by its ordinal from 1.
func (c *Corpus) SiteOf(ordinal uint32) int { return int(ordinal-1) % c.Sites }

// sections are the file plan's, by a letter's type.
var sections = []string{"antrag", "einkommen", "unterkunft", "bescheid", "sonstiges"}

// Entries makes the documents, in the order of their ids, until there are
// Pages pages. A document has one to seven.
func (c *Corpus) Entries() iter.Seq[search.Entry] {
	return func(yield func(search.Entry) bool) {
		for n, pages := 0, 0; pages < c.Pages; n++ {
			e := c.entry(n)
			pages += len(e.Pages)
			if !yield(e) {
				return
			}
		}
	}
}

func (c *Corpus) entry(n int) search.Entry {
	r := rand.New(rand.NewPCG(c.Seed, uint64(n)))
	first := c.pool[r.IntN(len(c.pool))]
	day := time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, r.IntN(3950))
	ordinal := uint32(1 + r.IntN(c.Files))
	site := c.SiteOf(ordinal)
	e := search.Entry{Document: record.DocumentID(fmt.Sprintf("%032x", n+1)), File: record.FileID(fmt.Sprintf("%032x", ordinal)), Ordinal: ordinal,
		Sensitivity: record.SensitivityNormal, Site: Site(site), Team: fmt.Sprintf("L%d", 1+ordinal%7), Type: string(first.kind), Title: first.title,
		Section: sections[int(len(first.kind))%len(sections)], Direction: string(first.way), Date: day.Format(time.DateOnly),
		Received: day.AddDate(0, 0, 2).Format(time.DateOnly), Sequence: 1, Changed: 1}
	switch k := r.IntN(100); {
	case k < 2:
		e.Sensitivity = record.SensitivityRestricted
	case k < 10:
		e.Sensitivity = record.SensitivityRaised
	}
	own := newCopier(r, c.Misread)
	for want := 1 + int(7*r.Float64()*r.Float64()); len(e.Pages) < want; { // most are short
		for _, p := range c.pool[r.IntN(len(c.pool))].pages {
			text, words := own.page(c.full(r, p))
			e.Pages, e.Words = append(e.Pages, text), append(e.Words, words)
			if len(e.Pages) == 1 && first.way == record.DirectionIn {
				e.Sender = search.Head(text, words)
			}
			if len(e.Pages) == want {
				break
			}
		}
	}
	return e
}

// usualWords is how many words a page has.
const usualWords = 300

// full fills a short page up with the lines of others.
func (c *Corpus) full(r *rand.Rand, p page) page {
	for tries := 0; len(p.words) < usualWords && tries < 3; tries++ {
		l := c.pool[r.IntN(len(c.pool))]
		line := 0
		if n := len(p.words); n > 0 {
			line = p.words[n-1].Line + 1
		}
		words := append([]sample.TruthWord{}, p.words...)
		for _, w := range l.pages[0].words {
			w.Line += line
			words = append(words, w)
		}
		p.words = words[:min(len(words), usualWords)]
	}
	return p
}

// copier writes a letter's pages as another household's.
type copier struct {
	*rand.Rand
	misread float64
	names   map[string]string // for words that stand for a name
}

func newCopier(r *rand.Rand, misread float64) *copier {
	return &copier{Rand: r, misread: misread, names: map[string]string{}}
}

func (c *copier) page(p page) (string, record.PageWords) {
	out := record.PageWords{Width: p.width, Height: p.height, Words: make([]record.Word, 0, len(p.words))}
	var b strings.Builder
	line := 0
	for i, w := range p.words {
		if i > 0 {
			if w.Line != line {
				b.WriteByte('\n')
			} else {
				b.WriteByte(' ')
			}
		}
		line = w.Line
		text := c.spoil(c.another(w.Text))
		out.Words = append(out.Words, record.Word{Start: b.Len(), Len: len(text), X: w.Pixels.X, Y: w.Pixels.Y, W: w.Pixels.W, H: w.Pixels.H})
		b.WriteString(text)
	}
	return b.String(), out
}

// another gives numbers other digits, and each of the generator's surnames
// another one, the same throughout a document.
func (c *copier) another(w string) string {
	if strings.ContainsAny(w, "0123456789") {
		return strings.Map(func(r rune) rune {
			if '1' <= r && r <= '9' && c.IntN(3) > 0 { // never a leading zero that wasn't there
				return rune('1' + c.IntN(9))
			}
			return r
		}, w)
	}
	if !isName(w) {
		return w
	}
	if n, known := c.names[w]; known {
		return n
	}
	n := starts[c.IntN(len(starts))] + middles[c.IntN(len(middles))] + ends[c.IntN(len(ends))]
	c.names[w] = n
	return n
}

// spoil misreads letters.
func (c *copier) spoil(w string) string {
	out := []rune(w)
	for i, r := range out {
		if unicode.IsLetter(r) && c.Float64() < c.misread {
			out[i] = rune('a' + c.IntN(26))
		}
	}
	return string(out)
}
