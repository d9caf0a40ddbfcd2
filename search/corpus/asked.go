package corpus

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/RoaringBitmap/roaring/v2"

	"eakte/appliance/record"
	"eakte/search"
)

// Asked is a question of the mixed set.
type Asked struct {
	Kind string
	Q    string
}

// Mixed gives n questions of each kind, made from what the corpus holds, so
// that most find something.
func (c *Corpus) Mixed(n int) []Asked {
	r := rand.New(rand.NewPCG(c.Seed, 77))
	var out []Asked
	for range n {
		for _, k := range kinds {
			e := c.entry(r.IntN(max(1, c.Pages/3)))
			t := text{r, strings.Fields(strings.Join(e.Pages, " "))}
			out = append(out, Asked{Kind: k.name, Q: k.ask(t)})
		}
	}
	return out
}

// text are the words of a document.
type text struct {
	*rand.Rand
	words []string
}

var kinds = []struct {
	name string
	ask  func(text) string
}{
	{"frequent word", func(t text) string {
		return t.oneOf("Bescheid", "Antrag", "Unterlagen", "Leistungen", "Jobcenter", "Miete", "Nachweis", "Bedarfsgemeinschaft")
	}},
	{"word", func(t text) string { return t.word() }},
	{"part of a word", func(t text) string {
		return t.oneOf("kosten", "abrechnung", "vertrag", "bescheinigung", "miete", "heizung", "konto")
	}},
	{"misspelled", func(t text) string { return typo(t, t.word()) }},
	{"two words", func(t text) string { return t.word() + " " + t.word() }},
	{"four words", func(t text) string { return t.word() + " " + t.word() + " " + t.word() + " " + t.word() }},
	{"phrase", func(t text) string { return t.phrase() }},
	{"beginning", func(t text) string { return string([]rune(t.word())[:4]) + "*" }},
	{"number", func(t text) string { return t.number() }},
	{"without", func(t text) string { return t.word() + " -Heizkostenabrechnung" }},
	{"either", func(t text) string { return t.word() + " OR " + t.word() }},
	{"fields", func(t text) string {
		return t.word() + fmt.Sprintf(" received:%d..%d", 2016+t.IntN(5), 2021+t.IntN(6))
	}},
	{"sender", func(t text) string { return "von:" + t.word() }},
}

func (t text) oneOf(words ...string) string { return words[t.IntN(len(words))] }

// word gives a word of letters, at least five of them.
func (t text) word() string {
	for range 200 {
		w := strings.Trim(t.words[t.IntN(len(t.words))], ".,:;()\"„“-/*")
		if len([]rune(w)) >= 5 && strings.IndexFunc(w, func(r rune) bool { return !('a' <= r|0x20 && r|0x20 <= 'z' || r > 127) }) < 0 {
			return w
		}
	}
	return "Leistungen"
}

func (t text) number() string {
	for range 200 {
		w := strings.Trim(t.words[t.IntN(len(t.words))], ".,:;()\"„“-")
		if search.HasDigit(w) && len(w) > 4 {
			return w
		}
	}
	return "1.234,56"
}

func (t text) phrase() string {
	for range 200 {
		i := t.IntN(max(1, len(t.words)-3))
		p := strings.Join(t.words[i:min(i+3, len(t.words))], " ")
		if !strings.ContainsAny(p, "\"„“*") {
			return `"` + p + `"`
		}
	}
	return `"Damen und Herren"`
}

// typo lets one letter in the middle be another.
func typo(t text, w string) string {
	r := []rune(w)
	r[1+t.IntN(len(r)-2)] = rune('a' + t.IntN(26))
	return string(r)
}

// SiteScope gives what somebody may find who sees the normal files of one site.
func (c *Corpus) SiteScope(site int) []search.Scope {
	b := roaring.New()
	for o := uint32(site + 1); int(o) <= c.Files; o += uint32(c.Sites) {
		b.Add(o)
	}
	return []search.Scope{{Files: b, MaxSensitivity: record.SensitivityNormal}}
}

// Some gives n files, evenly chosen, with what is of raised sensitivity.
func (c *Corpus) Some(n int) []search.Scope {
	b := roaring.New()
	for i := range n {
		b.Add(uint32(1 + i*c.Files/n))
	}
	return []search.Scope{{Files: b, MaxSensitivity: record.SensitivityRaised}}
}

// All opens everything.
func (c *Corpus) All() []search.Scope {
	b := roaring.New()
	b.AddRange(1, uint64(c.Files)+1)
	return []search.Scope{{Files: b, MaxSensitivity: record.SensitivityRestricted}}
}
