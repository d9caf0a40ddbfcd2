package classify

import (
	"slices"
	"strings"
)

// How much counts what doesn't stand where it should.
const (
	laterHeading  = 0.25 // a heading on a later page: of what is enclosed, or a part
	laterWords    = 0.5  // words on a later page
	asideWords    = 0.2  // words where the letter says what is enclosed or wanted
	insideLine    = 0.6  // a heading behind other words of its line
	referredTo    = 0.15 // a heading behind "Ihr", "gegen den" …: it names another letter
	secondHeading = 0.6  // a heading below that of another type
	senderLines   = 6
	hintPoints    = 4.0
	titlePoints   = 3.0
)

// heading is the best heading for a type.
type heading struct {
	page, line int
	text       string
	points     float64
}

// headings gives the best heading of each type that has one.
func (t *text) headings() map[int]heading {
	out := map[int]heading{}
	top := -1 // the line of the first heading that counts whole
	for i, c := range t.rules.types {
		for _, h := range c.headings {
			for _, at := range t.at[h.phrase[0]] {
				span := t.span(h.phrase, at)
				if span == 0 {
					continue
				}
				n := t.tokens[at].line
				points := h.points * t.lines[n].weight * t.place(at)
				if t.lines[n].page != t.first {
					points *= laterHeading
				}
				if points <= 0 {
					continue
				}
				if points >= 0.9*h.points && points >= t.rules.Spec.Threshold/2 && (top < 0 || n < top) {
					top = n
				}
				if points > out[i].points {
					out[i] = heading{t.pages[t.lines[n].page].Number, n, t.read(at, span), points}
				}
			}
		}
	}
	for i, h := range out {
		if top >= 0 && h.line > top {
			h.points *= secondHeading
			out[i] = h
		}
	}
	return out
}

// place says what a heading counts by what stands before it in its line.
func (t *text) place(at int) float64 {
	first := t.lines[t.tokens[at].line].from
	for first < at && leading[t.tokens[first].folded] {
		first++
	}
	if first == at {
		return 1
	}
	for back := at - 1; back >= first && back >= at-3; back-- {
		if referring[t.tokens[back].folded] {
			return referredTo
		}
	}
	return insideLine
}

// leading may stand before a heading without being a part of it.
var leading = folded("betreff betr betrifft hier thema re aw wg fwd formular vordruck anlage kopie abschrift nr 1 2 3 i ii a")

// referring stand before what another letter is called.
var referring = folded("ihr ihre ihrem ihren ihrer ihres mein meine meinem meinen meiner meines unser unsere unserem unseren unserer gegen vom zum zur zu auf wegen des dem den der die das dieser diesem diesen über mit nach bezug keine kein statt für")

func folded(words string) map[string]bool {
	m := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		m[fold(w)] = true
	}
	return m
}

// best gives where one of the phrases counts most and how much; span is 0 if
// none of them stands in the letter.
func (t *text) best(list []phrase) (at, span int, counts float64) {
	for _, p := range list {
		for _, i := range t.at[p[0]] {
			n := t.span(p, i)
			if n == 0 {
				continue
			}
			l, c := t.lines[t.tokens[i].line], 1.0
			if l.page != t.first {
				c = laterWords
			}
			if l.aside {
				c *= asideWords
			}
			if c > counts {
				at, span, counts = i, n, c
			}
			if c == 1 {
				return at, span, counts
			}
		}
	}
	return at, span, counts
}

func (t *text) conditions(g *guess, kind string, list []condition, sign float64) {
	for _, c := range list {
		at, span, counts := t.meets(c)
		if counts > 0 {
			g.add(kind, t.pages[t.lines[t.tokens[at].line].page].Number, t.read(at, span), sign*c.points*counts)
		}
	}
}

// meets says how much a condition counts, and which words are its reason.
func (t *text) meets(c condition) (at, span int, counts float64) {
	if _, n, _ := t.best(c.none); n > 0 {
		return 0, 0, 0
	}
	counts = 1
	if len(c.any) > 0 {
		if at, span, counts = t.best(c.any); span == 0 {
			return 0, 0, 0
		}
	}
	for _, p := range c.all {
		i, n, here := t.best([]phrase{p})
		if n == 0 {
			return 0, 0, 0
		}
		if span == 0 {
			at, span = i, n
		}
		counts = min(counts, here)
	}
	return at, span, counts
}

// senders looks into the letterhead: the first lines of the first page.
func (t *text) senders(g *guess, list []entry) {
	for _, e := range list {
		for _, at := range t.at[e.phrase[0]] {
			l := t.lines[t.tokens[at].line]
			if l.page != t.first || l.n >= senderLines {
				continue
			}
			if span := t.span(e.phrase, at); span > 0 {
				g.add(ReasonSender, t.pages[l.page].Number, t.read(at, span), e.points)
				return
			}
		}
	}
}

func (t *text) codes(g *guess, list []Phrase) {
	for i, p := range t.pages {
		counts := 1.0
		if i != t.first {
			counts = laterHeading
		}
		for _, code := range p.Words.Codes[:min(len(p.Words.Codes), 50)] {
			said := strings.ToLower(code.Text[:min(len(code.Text), 4096)])
			for _, c := range list {
				if strings.Contains(said, c.Text) {
					g.add(ReasonCode, p.Number, c.Text, counts*c.Weight)
					return
				}
			}
		}
	}
}

// hint is what others take the letter for: who scanned it, or who handed it in
// and named it.
func (t *text) hint(g *guess, c compiled, hint string) {
	if h := flat(hint[:min(len(hint), 4*maxPhrase)]); h != "" && slices.Contains(c.hints, h) {
		g.add(ReasonHint, 0, strings.TrimSpace(hint), hintPoints)
	}
	for _, h := range c.headings {
		for _, at := range t.at[h.phrase[0]] {
			if span := t.span(h.phrase, at); span > 0 && h.points >= t.rules.Spec.Threshold/2 {
				g.add(ReasonHint, 0, t.read(at, span), titlePoints*t.place(at))
				return
			}
		}
	}
}
