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

// inHead gives the terms that stand in the head of a page: in its upper third,
// or, if it has no boxes, in its first lines.
func inHead(words record.PageWords, text string, tokens []Token) []Token {
	var head []stretch
	for _, w := range words.Words {
		if words.Height > 0 && w.Y+w.H/2 < words.Height/3 {
			head = append(head, stretch{start: w.Start, end: w.Start + w.Len})
		}
	}
	if words.Height <= 0 || len(words.Words) == 0 {
		lines := strings.SplitAfterN(text, "\n", headLines+1)
		head = []stretch{{end: len(strings.Join(lines[:min(len(lines), headLines)], ""))}}
	}
	slices.SortFunc(head, func(a, b stretch) int { return cmp.Compare(a.start, b.start) })
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
