// Package classify says what kind of document something is, by rules that are
// data: words, headings, codes, the sender. It gives its reasons, and decides
// nothing that the rules don't decide clearly. It reads no database.
package classify

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"eakte/appliance/record"
)

// Letter is what is known of a document.
type Letter struct {
	Pages []Page
	Hint  string // what the scan provider or another application takes it for; may be empty
	Title string // as handed in; may be empty
}

// Page is one page's text, corrected, with its words and codes.
type Page struct {
	Number int // from 1
	Text   string
	Words  record.PageWords
}

// The kinds of reasons.
const (
	ReasonHeading = "heading"
	ReasonWords   = "words"
	ReasonCode    = "code"
	ReasonSender  = "sender"
	ReasonHint    = "hint"
	ReasonAgainst = "against"
)

// maxReasons bounds the reasons of a guess.
const maxReasons = 12

// guess is what speaks for one type.
type guess struct {
	kind    int // index in Rules.types
	points  float64
	reasons []record.TypeReason
}

// Decide says what a letter is. Where the rules don't decide clearly, Type is
// empty and Second is the best guess; else Second is the next best. Reasons
// are for the best one in any case, the weightiest first, in points of the
// rules. It is pure, and reads no more of a letter than its beginning.
func Decide(rules Rules, version int64, l Letter) record.TypeGuess {
	out := record.TypeGuess{Rules: version, Reasons: []record.TypeReason{}}
	all := rules.score(l)
	if len(all) == 0 {
		return out
	}
	best, ahead := all[0], all[0].points
	if len(all) > 1 {
		out.Second = rules.Spec.Types[all[1].kind].Key
		ahead -= max(0, all[1].points)
	}
	slices.SortStableFunc(best.reasons, func(a, b record.TypeReason) int { return cmp.Compare(math.Abs(b.Weight), math.Abs(a.Weight)) })
	out.Reasons = best.reasons[:min(len(best.reasons), maxReasons)]
	key := rules.Spec.Types[best.kind].Key
	out.Confidence = confidence(best.points, ahead, rules.Spec)
	if best.points < rules.Spec.Threshold || ahead < rules.Spec.Distance {
		out.Second = key
		return out
	}
	out.Type = key
	return out
}

// confidence is 0.5 for what has just been decided, and less for what hasn't.
func confidence(points, ahead float64, s Spec) float64 {
	c := ahead / (ahead + s.Distance)
	if points < s.Threshold {
		c *= points / s.Threshold
	}
	return math.Round(1000*min(max(c, 0), 1)) / 1000
}

// score gives the types for which anything speaks, the best first.
func (r Rules) score(l Letter) []guess {
	t, title := r.read(l.Pages), r.read([]Page{{Text: titleText(l.Title)}})
	var out []guess
	headings := t.headings()
	for i, c := range r.types {
		g := guess{kind: i}
		if h, ok := headings[i]; ok {
			g.add(ReasonHeading, h.page, h.text, h.points)
		}
		t.conditions(&g, ReasonWords, c.words, 1)
		t.conditions(&g, ReasonAgainst, c.against, -1)
		t.senders(&g, c.senders)
		t.codes(&g, c.codes)
		title.hint(&g, c, l.Hint)
		if g.points > 0 {
			out = append(out, g)
		}
	}
	slices.SortStableFunc(out, func(a, b guess) int { return cmp.Compare(b.points, a.points) })
	return out
}

func (g *guess) add(kind string, page int, text string, points float64) {
	if points == 0 {
		return
	}
	g.points += points
	g.reasons = append(g.reasons, record.TypeReason{Kind: kind, Page: page, Text: text, Weight: math.Round(100*points) / 100})
}

// titleText is the title of a document, or its name, without its extension.
func titleText(s string) string {
	if i := strings.LastIndexByte(s, '.'); i > 0 && len(s)-i <= 5 {
		s = s[:i]
	}
	return strings.NewReplacer("_", " ", "\n", " ").Replace(s[:min(len(s), 1000)])
}
