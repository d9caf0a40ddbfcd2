package routing

import (
	"regexp"
	"slices"
	"strings"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

const maxClues = 40

// clues gives by what a letter is found from the file of a customer: the numbers
// on it, misread ones too where they are near to an existing one and its people
// agree, and the persons that it names with their birth dates.
func (g *gathering) clues() []record.Clue {
	seen := map[record.Clue]bool{}
	var out []record.Clue
	add := func(kind, value string) {
		c := record.Clue{Kind: kind, Value: value}
		if value != "" && !seen[c] && len(out) < maxClues {
			seen[c] = true
			out = append(out, c)
		}
	}
	for _, n := range g.found {
		if len(g.hits[n.value]) > 0 || n.form && (ownForm(n.value) != "" || n.kind == record.EvidenceReference) {
			add(record.ClueNumber, n.value)
		}
	}
	for _, c := range g.claims {
		if c.number != nil {
			add(record.ClueNumber, c.number.value)
		}
	}
	for _, id := range keys(g.born) {
		if n := g.named[id]; n.full {
			add(record.CluePerson, catalog.PersonClue(g.persons[id].BirthDate, n.name.Name, n.name.FirstName))
		}
	}
	for _, p := range g.people() {
		add(record.CluePerson, catalog.PersonClue(p.birth, p.name, p.first))
	}
	return out
}

// stranger is a person whom the letter names with a birth date, in a file or not.
type stranger struct{ name, first, birth string }

var (
	nameWord   = `[\p{Lu}][\p{L}'’\-]+`
	before     = regexp.MustCompile(`((?:` + nameWord + `,? ){1,2}` + nameWord + `)[,;]?\s*[(,]?\s*$`)
	nameField  = regexp.MustCompile(`(?:Name|Familienname|Nachname)[: \t]*\n?\s*(` + nameWord + `)[ ,]*\n?\s*(?:Vorname[: \t]*\n?\s*)?(` + nameWord + `)`)
	namesField = regexp.MustCompile(`Name, ?Vorname[^\n:]{0,40}[: \t]*\n?\s*(` + nameWord + `), ?(` + nameWord + `)`)
)

// people finds persons by the form of the text: a name before a birth date, or in
// the fields of a form above it.
func (g *gathering) people() []stranger {
	var out []stranger
	for _, m := range g.called {
		if m.name == "" {
			continue
		}
		for _, d := range g.days {
			p := stranger{m.name, m.first, d.day}
			if d.page == m.page && d.start >= m.start-2 && d.start < m.end && !slices.Contains(out, p) && len(out) < maxClues/2 {
				out = append(out, p)
			}
		}
	}
	return out
}

// personBefore takes the name that stands before the label of a birth date.
func personBefore(head string) (name, first string) {
	if labels := birthLabel.FindAllStringIndex(head, -1); labels != nil {
		head = head[labels[len(labels)-1][1]:] // what stands before another label is another's
	}
	line := head[strings.LastIndexByte(strings.TrimRight(head, " \n"), '\n')+1:]
	if m := before.FindStringSubmatchIndex(line); m != nil {
		if name, first = lastName(line[m[2]:m[3]], strings.TrimSpace(line[:m[2]]) == ""); name != "" {
			return name, first
		}
	}
	for _, re := range []*regexp.Regexp{namesField, nameField} {
		if m := re.FindAllStringSubmatch(head, -1); m != nil {
			last := m[len(m)-1]
			return last[1], last[2]
		}
	}
	return "", ""
}

// lastName reads two or three words as a name: the last two, of which the
// surname comes first if a comma follows it. "Musterfeld, Anna Maria" is one
// name where nothing stands before it. It gives none for the fields of a form.
func lastName(text string, begins bool) (name, first string) {
	words := strings.Fields(text)
	for len(words) > 1 && (titles[folded(words[0])] || fields[folded(words[0])]) {
		words = words[1:]
	}
	if slices.ContainsFunc(words, func(w string) bool { return fields[folded(w)] }) {
		return "", ""
	}
	if surname, ok := strings.CutSuffix(words[0], ","); ok && len(words) == 3 && begins {
		return surname, words[1]
	}
	n := len(words)
	if n == 1 {
		return words[0], ""
	}
	if surname, ok := strings.CutSuffix(words[n-2], ","); ok {
		return surname, words[n-1]
	}
	return words[n-1], words[n-2]
}

func folded(word string) string { return strings.Join(fold(word), "") }

var titles = map[string]bool{"herr": true, "herrn": true, "frau": true, "familie": true, "eheleute": true, "dr": true, "prof": true,
	"kind": true, "sohn": true, "tochter": true}
