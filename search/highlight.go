package search

import (
	"cmp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"eakte/appliance/record"
)

// snippetBytes is about how long a snippet is.
const snippetBytes = 240

// stretch is a marked piece of text and the clause that it answers.
type stretch struct {
	start, end int
	clause     int
}

// Highlight marks on one page what p asks for. Text is the page's corrected
// text, which Word.Start and Word.Len of words refer to. A word is boxed whole
// even if only a part of it was asked for; what is excluded is not marked. If
// nothing of p is on the page, the snippet is its beginning. What is asked of
// the sender is marked in the head of the page, see OnPage for the others.
func Highlight(words record.PageWords, text string, p Parsed) Highlights {
	hits := find(words, text, p)
	marked := merge(hits)
	return Highlights{Boxes: boxes(words, marked), Snippet: snippet(text, hits, marked), Count: len(marked)}
}

// Mark cuts text into pieces at what p asks for, as Highlight does. Together
// they are text again.
func Mark(words record.PageWords, text string, p Parsed) []Piece {
	return cutAt(text, merge(find(words, text, p)))
}

// find gives the stretches of text that answer a clause, in order.
func find(words record.PageWords, text string, p Parsed) []stretch {
	if len(p.Must) == 0 {
		return nil
	}
	s := sheet{tokens: Analyze(text)}
	if asksSender(p.Must) {
		s.head = inHead(words, text, s.tokens)
	}
	var out []stretch
	for i := range p.Must {
		out = s.answer(&p.Must[i], i, out)
	}
	slices.SortFunc(out, func(a, b stretch) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), cmp.Compare(a.clause, b.clause))
	})
	return out
}

// sheet is a page: its terms, and those in its head, where a letter says who
// wrote it.
type sheet struct{ tokens, head []Token }

func (p *sheet) answer(c *Clause, clause int, out []stretch) []stretch {
	tokens := p.tokens
	if c.In == FieldSender {
		tokens = p.head
	}
	if c.Kind == KindPhrase {
		out = phrases(c.Slots, tokens, clause, out)
	} else if len(c.Slots) == 1 {
		for _, t := range tokens {
			if c.Slots[0].Rank(t.Term) != RankNone {
				out = append(out, stretch{t.Start, t.End, clause})
			}
		}
	}
	for i := range c.Also {
		out = p.answer(&c.Also[i], clause, out)
	}
	for i := range c.Or {
		out = p.answer(&c.Or[i], clause, out)
	}
	return out
}

// phrases finds where the slots stand side by side, and marks all of them.
func phrases(slots []Slot, tokens []Token, clause int, out []stretch) []stretch {
	g := groups(tokens)
	for i := 0; i+len(slots) <= len(g); i++ {
		n := len(out)
		for k := range slots {
			t, ok := best(&slots[k], g[i+k])
			if !ok {
				out = out[:n]
				break
			}
			out = append(out, stretch{t.Start, t.End, clause})
		}
	}
	return out
}

// best gives the token of one position that fits the slot.
func best(s *Slot, g []Token) (Token, bool) {
	for _, t := range g {
		if s.Rank(t.Term) == RankWhole {
			return t, true
		}
	}
	return Token{}, false
}

// merge joins stretches that overlap, so that none is marked twice.
func merge(hits []stretch) []stretch {
	var out []stretch
	for _, h := range hits {
		if n := len(out); n > 0 && h.start < out[n-1].end {
			out[n-1].end = max(out[n-1].end, h.end)
			continue
		}
		out = append(out, h)
	}
	return out
}

// boxes gives the boxes of the words that a marked stretch touches, each once.
func boxes(words record.PageWords, marked []stretch) []record.Box {
	var out []record.Box
	for _, w := range words.Words {
		i, _ := slices.BinarySearchFunc(marked, w.Start, func(m stretch, at int) int {
			if m.end <= at {
				return -1
			}
			return 1
		})
		if i < len(marked) && marked[i].start < w.Start+w.Len {
			out = append(out, record.Box{X: w.X, Y: w.Y, W: w.W, H: w.H})
		}
	}
	return out
}

// snippet gives the surroundings of the place where most clauses are answered.
func snippet(text string, hits, marked []stretch) []Piece {
	from := 0
	if len(hits) > 0 {
		from = max(densest(hits)-snippetBytes/4, 0)
	}
	from = wordStart(text, from)
	to := wordEnd(text, min(from+snippetBytes, len(text)))
	var inside []stretch
	for _, m := range marked {
		if m.end > from && m.start < to {
			inside = append(inside, stretch{start: max(m.start, from) - from, end: min(m.end, to) - from})
		}
	}
	pieces := cutAt(text[from:to], inside)
	for i := range pieces {
		pieces[i].Text = oneLine(pieces[i].Text)
	}
	if from > 0 {
		pieces = append([]Piece{{Text: "… "}}, pieces...)
	}
	if to < len(text) && strings.TrimSpace(text[to:]) != "" {
		pieces = append(pieces, Piece{Text: " …"})
	}
	return pieces
}

// densest gives the start of the hit with the most clauses in the snippet that
// begins there, the first of equals.
func densest(hits []stretch) int {
	at, most := hits[0].start, 0
	for i, h := range hits {
		var seen uint64 // a query has at most MaxQueryWords clauses
		n := 0
		for _, o := range hits[i:] {
			if o.start-h.start > snippetBytes*3/4 {
				break
			}
			if bit := uint64(1) << (o.clause % 64); seen&bit == 0 {
				seen |= bit
				n++
			}
		}
		if n > most {
			at, most = h.start, n
		}
	}
	return at
}

// wordStart moves i back to where a word begins, at most a little.
func wordStart(text string, i int) int {
	for n := 0; i > 0 && n < 40; n++ {
		r, size := utf8.DecodeLastRuneInString(text[:i])
		if unicode.IsSpace(r) {
			return i
		}
		i -= size
	}
	return i
}

func wordEnd(text string, i int) int {
	for i < len(text) && !utf8.RuneStart(text[i]) {
		i++
	}
	for n := 0; i < len(text) && n < 40; n++ {
		r, size := utf8.DecodeRuneInString(text[i:])
		if unicode.IsSpace(r) {
			return i
		}
		i += size
	}
	return i
}

// cutAt cuts text at the marked stretches.
func cutAt(text string, marked []stretch) []Piece {
	var out []Piece
	at := 0
	for _, m := range marked {
		if m.start > at {
			out = append(out, Piece{Text: text[at:m.start]})
		}
		out = append(out, Piece{Text: text[m.start:m.end], Hit: true})
		at = m.end
	}
	if at < len(text) {
		out = append(out, Piece{Text: text[at:]})
	}
	return out
}

// oneLine turns every run of white space into one blank.
func oneLine(s string) string {
	var b strings.Builder
	space := false
	for _, r := range s {
		if unicode.IsSpace(r) {
			if !space {
				b.WriteByte(' ')
			}
			space = true
			continue
		}
		space = false
		b.WriteRune(r)
	}
	return b.String()
}
