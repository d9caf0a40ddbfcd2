package routing

import (
	"regexp"
	"slices"
	"strings"

	"eakte/appliance/record"
)

// rule finds the first rule that fits the letter, waiting at a site.
func (g *gathering) rule(site string) (Rule, bool) {
	for _, r := range g.rules.Rules {
		if g.fits(r.When, site) {
			return r, true
		}
	}
	return Rule{}, false
}

func (g *gathering) fits(w When, site string) bool {
	switch {
	case w.Pages > max(g.Length, len(g.Pages)),
		len(w.Sites) > 0 && !slices.Contains(w.Sites, site),
		len(w.Types) > 0 && !slices.Contains(w.Types, g.Type),
		len(w.Any) > 0 && !slices.ContainsFunc(w.Any, func(s string) bool { return g.says(s, len(g.tokens)) }),
		slices.ContainsFunc(w.Words, func(s string) bool { return !g.says(s, len(g.tokens)) }),
		len(w.Sender) > 0 && !slices.ContainsFunc(w.Sender, g.sentBy),
		len(w.Codes) > 0 && !slices.ContainsFunc(w.Codes, g.coded),
		len(w.Postcodes) > 0 && !slices.ContainsFunc(w.Postcodes, func(s string) bool { _, ok := g.phrase([]string{s}); return ok }),
		w.Pattern != "" && !g.matches(w.re):
		return false
	}
	return true
}

// says says whether words stand in a row among the first tokens.
func (g *gathering) says(text string, first int) bool {
	words := fold(text)
	if len(words) == 0 {
		return false
	}
	for _, at := range g.places[words[0]] {
		if at+len(words) > first {
			break
		}
		same := true
		for i, w := range words {
			same = same && g.tokens[at+i].word == w
		}
		if same {
			return true
		}
	}
	return false
}

// sentBy looks for a sender in the upper third of the first page's words, or in
// what a mail says.
func (g *gathering) sentBy(text string) bool {
	if g.From != "" && strings.Contains(" "+strings.Join(fold(g.From), " ")+" ", " "+strings.Join(fold(text), " ")+" ") {
		return true
	}
	if len(g.Pages) == 0 {
		return false
	}
	end := len(g.tokens)
	if len(g.first) > 1 {
		end = g.first[1]
	}
	return g.says(text, max(end/3, min(end, 60)))
}

func (g *gathering) coded(prefix string) bool {
	return slices.ContainsFunc(g.pages, func(p Page) bool {
		return slices.ContainsFunc(p.Words.Codes, func(c record.Code) bool { return strings.HasPrefix(c.Text, prefix) })
	})
}

func (g *gathering) matches(re *regexp.Regexp) bool {
	return re != nil && slices.ContainsFunc(g.pages, func(p Page) bool { return re.MatchString(p.Text) })
}
