package search

import (
	"cmp"
	"slices"
	"strings"

	"eakte/appliance/record"
)

// headLines are the lines of a page without boxes that its head is taken for.
const headLines = 12

// asksSender says whether one of the clauses, or of what does as well, is
// about the sender.
func asksSender(clauses []Clause) bool {
	return slices.ContainsFunc(clauses, func(c Clause) bool { return c.In == FieldSender || asksSender(c.Or) })
}

// OnPage gives what p asks of page n: the sender stands on the first.
func (p Parsed) OnPage(n int) Parsed {
	if n == 1 || !asksSender(p.Must) {
		return p
	}
	var must []Clause
	for _, c := range p.Must {
		var left []Clause
		for _, a := range alternatives(c) {
			if a.In != FieldSender {
				left = append(left, a)
			}
		}
		if len(left) > 0 {
			must = append(must, anyOf(left))
		}
	}
	p.Must = must
	return p
}

// Head gives the words of the head of a page, line by line: its upper third,
// or, if it has no boxes, its first lines. There a letter says who wrote it.
func Head(text string, words record.PageWords) string {
	var b strings.Builder
	last := 0
	for _, h := range head(words, text) {
		if h.start < last || h.end > len(text) || h.start >= h.end {
			continue
		}
		if b.Len() > 0 {
			if strings.Contains(text[last:h.start], "\n") {
				b.WriteByte('\n')
			} else {
				b.WriteByte(' ')
			}
		}
		b.WriteString(text[h.start:h.end])
		last = h.end
	}
	return b.String()
}

// head gives the stretches of a page's head, in order.
func head(words record.PageWords, text string) []stretch {
	if words.Height <= 0 || len(words.Words) == 0 {
		lines := strings.SplitAfterN(text, "\n", headLines+1)
		return []stretch{{end: len(strings.TrimSuffix(strings.Join(lines[:min(len(lines), headLines)], ""), "\n"))}}
	}
	var out []stretch
	for _, w := range words.Words {
		if w.Y+w.H/2 < words.Height/3 && w.Start >= 0 {
			out = append(out, stretch{start: w.Start, end: w.Start + w.Len})
		}
	}
	slices.SortFunc(out, func(a, b stretch) int { return cmp.Compare(a.start, b.start) })
	return out
}

// inHead gives the terms that stand in the head of a page.
func inHead(words record.PageWords, text string, tokens []Token) []Token {
	head := head(words, text)
	var out []Token
	at := 0
	for _, t := range tokens { // terms of one word may begin inside it
		for at > 0 && head[at-1].end > t.Start {
			at--
		}
		for at < len(head) && head[at].end <= t.Start {
			at++
		}
		if at < len(head) && head[at].start <= t.Start {
			out = append(out, t)
		}
	}
	return out
}
