package classify

import "slices"

// What a heading counts, against one at the top of the first page.
const (
	afterSalutation = 0.3
	farDown         = 0.6
	goesOn          = 0.5 // the next line goes on with a small letter
	tallHeading     = 1.25
	farDownLine     = 40
	headingWords    = 14
)

// weigh says for each line what a heading in it counts: whole at the top,
// nothing in running text, little behind the salutation and where the letter
// says what is enclosed or wanted.
func (t *text) weigh() {
	greeted, asides := false, 0
	for i := range t.lines {
		l := &t.lines[i]
		if l.n == 0 {
			greeted, asides = false, 0
		}
		if t.lists(i) {
			asides = 12
		} else if asides > 0 {
			if asides--; l.prose {
				asides = 0
			}
			l.aside = l.aside || asides > 0
		}
		l.weight = t.headingWeight(i)
		if greeted = greeted || t.greets(i); greeted {
			l.weight *= afterSalutation
		}
		if l.aside {
			l.weight = 0
		}
	}
}

func (t *text) headingWeight(i int) float64 {
	l := t.lines[i]
	if !l.capital || l.words > headingWords || l.words == 0 {
		return 0
	}
	if i > 0 && l.n > 0 && !l.blank {
		if before := t.lines[i-1]; before.prose && !before.ends {
			return 0
		}
	}
	if l.prose && l.ends {
		return 0
	}
	w := 1.0
	if i+1 < len(t.lines) {
		if next := t.lines[i+1]; next.page == l.page && !next.blank && !next.capital && next.prose {
			w *= goesOn
		}
	}
	if l.n > farDownLine {
		w *= farDown
	}
	if l.tall >= 1.3 {
		w *= tallHeading
	}
	return w
}

// of are the words of a line, folded.
func (t *text) of(i int) []token {
	from := t.lines[i].from
	to := len(t.tokens)
	if i+1 < len(t.lines) {
		to = t.lines[i+1].from
	}
	return t.tokens[min(from, to):to]
}

// greets says whether a letter's salutation stands in a line.
func (t *text) greets(i int) bool {
	words := t.of(i)
	if len(words) < 2 {
		return false
	}
	second := words[1].folded
	switch words[0].folded {
	case "sehr":
		return distance(second, "geehrte", 2) <= 2
	case "guten":
		return second == "tag"
	case "liebe", "lieber", "hallo":
		return len(words) <= 5
	}
	return distance(second, "geehrte", 1) <= 1
}

// lists says whether a line begins a list of what is enclosed or wanted.
func (t *text) lists(i int) bool {
	words := t.of(i)
	if len(words) == 0 {
		return false
	}
	first, l := words[0].folded, t.lines[i]
	switch first {
	case "anlagen", "anl", "beilagen":
		return true
	case "anlage":
		return l.colon || l.words == 1
	}
	if l.words > 6 && !l.colon || l.ends && !l.colon {
		return false
	}
	return slices.ContainsFunc(words, func(k token) bool { return wanted[k.folded] })
}

// wanted are words in the line above a list of what is enclosed or asked for.
var wanted = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range []string{"reiche", "einreichen", "eingereicht", "beigefügt", "beifügen", "mitbringen", "vorlegen", "nachreichen", "unterlagen", "beizufügen"} {
		m[fold(w)] = true
	}
	return m
}()

// unlist takes headings back that stand one below the other for three types or
// more: they are a list of kinds, as on a return slip.
func (t *text) unlist() {
	var group []int
	kinds := map[int]bool{}
	close := func() {
		if len(group) >= 3 && len(kinds) >= 3 {
			for _, i := range group {
				t.lines[i].weight, t.lines[i].aside = 0, true
			}
		}
		group, kinds = nil, map[int]bool{}
	}
	for i, l := range t.lines {
		kind := t.begins(i)
		if kind < 0 {
			continue
		}
		if len(group) > 0 {
			if last := t.lines[group[len(group)-1]]; last.page != l.page || l.n > last.n+2 {
				close()
			}
		}
		group, kinds[kind] = append(group, i), true
	}
	close()
}

// begins gives the first type of which a heading begins in the first words of a
// line, -1 for none.
func (t *text) begins(i int) int {
	l := t.lines[i]
	for k := l.from; k < min(l.from+2, len(t.tokens)) && t.tokens[k].line == i; k++ {
		if len(t.tokens[k].found) == 0 {
			continue
		}
		for n, c := range t.rules.types {
			for _, h := range c.headings {
				if t.span(h.phrase, k) > 0 {
					return n
				}
			}
		}
	}
	return -1
}
