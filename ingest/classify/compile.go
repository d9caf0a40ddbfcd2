package classify

import (
	"slices"
	"strings"
)

// pattern is one word of a phrase, folded.
type pattern struct {
	text           string
	mask           uint64
	prefix, suffix bool // a star stood before it, behind it
}

// phraseWords parts a phrase into its words.
func phraseWords(text string) (out []pattern) {
	for _, f := range strings.Fields(text) {
		p := pattern{prefix: strings.HasPrefix(f, "*"), suffix: strings.HasSuffix(f, "*")}
		if p.text = strings.ReplaceAll(flat(f), " ", ""); p.text == "" {
			continue
		}
		p.mask = mask(p.text)
		out = append(out, p)
	}
	return out
}

// vocabulary holds each word of all phrases once, by number.
type vocabulary struct {
	words  []pattern
	exact  map[string][]int
	length [maxLetters + 1][]int // of words without a star, by their length
	open   []int                 // with a star
}

// phrase is the numbers of its words.
type phrase []int

type entry struct {
	phrase phrase
	points float64
}

type condition struct {
	any, all, none []phrase
	points         float64
}

// compiled is a type with its phrases as numbers.
type compiled struct {
	headings, senders []entry
	words, against    []condition
	codes             []Phrase // folded
	hints             []string // folded
}

func compile(s Spec) Rules {
	r := Rules{Spec: s, words: vocabulary{exact: map[string][]int{}}}
	for _, t := range s.Types {
		c := compiled{headings: r.entries(t.Headings), senders: r.entries(t.Senders), words: r.conditions(t.Words), against: r.conditions(t.Against),
			hints: []string{flat(t.Key), flat(t.German), flat(t.English)}}
		for _, p := range t.Codes {
			c.codes = append(c.codes, Phrase{Text: strings.ToLower(strings.TrimSpace(p.Text)), Weight: p.Weight})
		}
		for _, h := range t.Hints {
			c.hints = append(c.hints, flat(h))
		}
		r.types = append(r.types, c)
	}
	return r
}

func (r *Rules) entries(list []Phrase) (out []entry) {
	for _, p := range list {
		out = append(out, entry{r.words.phrase(p.Text), p.Weight})
	}
	return out
}

func (r *Rules) conditions(list []Words) (out []condition) {
	for _, w := range list {
		c := condition{points: w.Weight}
		for _, l := range []struct {
			from []string
			to   *[]phrase
		}{{w.Any, &c.any}, {w.All, &c.all}, {w.None, &c.none}} {
			for _, text := range l.from {
				*l.to = append(*l.to, r.words.phrase(text))
			}
		}
		out = append(out, c)
	}
	return out
}

func (v *vocabulary) phrase(text string) (out phrase) {
	for _, w := range phraseWords(text) {
		out = append(out, v.number(w))
	}
	return out
}

func (v *vocabulary) number(w pattern) int {
	for _, n := range v.exact[w.text] {
		if v.words[n] == w {
			return n
		}
	}
	n := len(v.words)
	v.words = append(v.words, w)
	v.exact[w.text] = append(v.exact[w.text], n)
	if w.prefix || w.suffix {
		v.open = append(v.open, n)
	} else if len(w.text) <= maxLetters {
		v.length[len(w.text)] = append(v.length[len(w.text)], n)
	}
	return n
}

// find gives the numbers of the words that a word on the page may be.
func (v *vocabulary) find(word string) (out []int) {
	out = append(out, v.exact[word]...)
	if len(word) > maxLetters {
		return out
	}
	m := mask(word)
	for n := max(0, len(word)-3); n <= min(maxLetters, len(word)+3); n++ {
		limit := misread(n)
		if limit == 0 {
			continue
		}
		for _, i := range v.length[n] {
			if p := v.words[i]; p.text != word && near(word, p.text, m, p.mask, limit) {
				out = append(out, i)
			}
		}
	}
	for _, i := range v.open {
		if p := v.words[i]; p.text != word && p.within(word) {
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// longStem is from how many letters on the stem of a compound may be misread: a
// shorter one would be found in too many words.
const longStem = 9

// within says whether a word begins, ends or goes on with the pattern.
func (p pattern) within(word string) bool {
	limit := 0
	if len(p.text) >= longStem {
		limit = 1
	}
	if len(word) < len(p.text)-limit {
		return false
	}
	switch {
	case p.prefix && p.suffix:
		return strings.Contains(word, p.text)
	case p.suffix:
		head := word[:min(len(p.text), len(word))]
		return head == p.text || near(head, p.text, mask(head), p.mask, limit)
	}
	tail := word[max(0, len(word)-len(p.text)):]
	return tail == p.text || near(tail, p.text, mask(tail), p.mask, limit)
}
