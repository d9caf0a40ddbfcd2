package routing

import (
	"regexp"
	"slices"
	"strings"

	"eakte/appliance/record"
)

// nameAlone is what a full name says of a file. A letter waits where the file is
// that more than that speaks for; else where it is addressed to.
const nameAlone = 0.4

// place finds in whose clearing a letter waits, and whose work it probably is.
func (g *gathering) place(v verdict) (site, team string) {
	if f, known := g.files[v.best]; known && g.sum(v.best) > nameAlone {
		return f.Site, f.Team
	}
	site = g.recipient()
	for _, e := range g.evidence {
		if site == "" && e.Kind == record.EvidenceUnknown && e.Site != "" {
			site = e.Site
		}
	}
	if f, known := g.files[v.best]; known && (site == "" || site == f.Site) {
		return f.Site, f.Team
	}
	if site == "" {
		site = g.Site
	}
	return site, g.teamOf(site)
}

// recipient finds the site that a letter is addressed to: by name on the first
// page, or by the postcode that it serves.
func (g *gathering) recipient() string {
	best, most := record.Evidence{}, 0.0
	for _, s := range g.sites {
		for _, name := range [][]string{fold("Dienststelle " + s.Name), fold("Jobcenter " + s.Name), fold("Geschäftsstelle " + s.Name)} {
			if at, ok := g.phrase(name); ok && most < 0.3 {
				best, most = g.quote(at, at+len(name)-1), 0.3
				best.Site, best.Value = s.Code, s.Code
			}
		}
		for _, code := range s.Postcodes {
			at, ok := g.phrase([]string{code})
			if says := g.postcodeSays(code); ok && most < says {
				best, most = g.quote(at, at), says
				best.Site, best.Value = s.Code, s.Code
			}
		}
	}
	if most == 0 {
		return ""
	}
	best.Kind, best.Weight = record.EvidenceRecipient, most
	g.note(best)
	return best.Site
}

// postcodeSays is how much a postcode on the first page says of who it is for:
// more at the head of a line, as in an address, than in a row with the sender's.
func (g *gathering) postcodeSays(code string) float64 {
	most := 0.0
	for _, at := range g.places[code] {
		t := g.tokens[at]
		if t.page != 0 {
			break
		}
		if text := g.pages[0].Text; t.start == 0 || text[t.start-1] == '\n' {
			return 0.25
		}
		most = 0.15
	}
	return most
}

// phrase finds words in a row on the first page, or in what a mail says.
func (g *gathering) phrase(words []string) (int, bool) {
	if len(words) == 0 {
		return 0, false
	}
	for _, at := range g.places[words[0]] {
		if p := g.tokens[at].page; p != 0 || at+len(words) > len(g.tokens) {
			continue
		}
		same := true
		for i, w := range words {
			same = same && g.tokens[at+i].word == w
		}
		if same {
			return at, true
		}
	}
	return 0, false
}

// teamOf finds the team of a site by the first letter of the surname that the
// letter gives with a birth date, or as its sender.
func (g *gathering) teamOf(site string) string {
	i := slices.IndexFunc(g.sites, func(s record.Site) bool { return s.Code == site })
	if i < 0 {
		return ""
	}
	people := g.people()
	if len(people) == 0 {
		return ""
	}
	last := fold(people[0].name)
	if len(last) == 0 {
		return ""
	}
	team := ""
	for _, t := range g.sites[i].Teams {
		if !serves(t.FirstLetters, last[0][0]) {
			continue
		}
		if team != "" {
			return "" // two teams serve that letter
		}
		team = t.Code
	}
	return team
}

// serves says whether a first letter, folded, lies in ranges as "A-K, S".
func serves(ranges string, letter byte) bool {
	for _, r := range strings.FieldsFunc(strings.ToLower(ranges), func(c rune) bool { return c == ',' || c == ';' || c == ' ' }) {
		from, to, ok := strings.Cut(r, "-")
		if !ok {
			to = from
		}
		if from != "" && to != "" && from[0] <= letter && letter <= to[0] {
			return true
		}
	}
	return false
}

// elsewhere recognises a letter that is addressed to another authority.
func (g *gathering) elsewhere() bool {
	if len(g.Pages) == 0 {
		return false
	}
	head := g.pages[0].Text
	head = head[:min(len(head), 600)]
	m := otherAuthority.FindStringIndex(head)
	if m == nil || strings.Contains(strings.ToLower(head), "jobcenter") {
		return false
	}
	box, _ := g.at(0, m[0], m[1])
	g.note(record.Evidence{Kind: record.EvidenceElsewhere, Source: sourcePage, Page: g.pages[0].Number, Box: box, Text: head[m[0]:m[1]], Weight: -0.2})
	return true
}

var otherAuthority = regexp.MustCompile(`(?m)^(?:An )?(?:das|die|den|Das|Die|Den)\s+(?:Finanzamt|Familienkasse|Sozialamt|Jugendamt|Amtsgericht|Sozialgericht|Standesamt|Wohngeldstelle|Agentur für Arbeit|Deutsche Rentenversicherung|Krankenkasse)[^\n]{0,60}$`)
