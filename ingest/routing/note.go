package routing

import (
	"slices"
	"strings"

	"eakte/appliance/record"
)

const (
	maxEvidence = 60
	maxQuoted   = 120 // bytes of the letter in one piece of evidence
)

// note keeps a piece of evidence, once.
func (g *gathering) note(e record.Evidence) {
	if len(e.Text) > maxQuoted {
		e.Text = strings.ToValidUTF8(e.Text[:maxQuoted], "")
	}
	e.Text = strings.Join(strings.Fields(e.Text), " ")
	if len(g.evidence) >= maxEvidence || slices.ContainsFunc(g.evidence, func(o record.Evidence) bool {
		return o.Kind == e.Kind && o.Value == e.Value && o.File == e.File && o.Person == e.Person && o.Source == e.Source && o.Text == e.Text && o.Page == e.Page
	}) {
		return
	}
	g.evidence = append(g.evidence, e)
	if e.File != "" {
		g.of[e.File] = append(g.of[e.File], len(g.evidence)-1)
	}
}

// noteUnknown notes a number of our own kind that no file has.
func (g *gathering) noteUnknown(n number) {
	e := record.Evidence{Kind: record.EvidenceUnknown, Source: n.source, Box: n.box, Text: n.text, Value: n.value, Repair: !n.read}
	if n.page >= 0 {
		e.Page = g.pages[n.page].Number
	}
	if ownForm(n.value) == record.EvidenceHousehold {
		e.Value = n.value[:5] + "//" + n.value[5:]
		if !slices.ContainsFunc(g.sites, func(s record.Site) bool { return s.Code == n.value[:5] }) {
			e.Kind, e.Weight = record.EvidenceForeign, -0.1
		} else {
			e.Site = n.value[:5]
		}
	}
	g.note(e)
}

// notePerson notes what of a member stands on the letter: name, birth date,
// address.
func (g *gathering) notePerson(f record.FileID, id record.PersonID) {
	n, named := g.named[id]
	p := g.persons[id]
	if named {
		e := g.quote(n.from, n.to)
		e.Kind, e.File, e.Person = record.EvidenceName, f, id
		e.Value, e.Repair, e.Weight = strings.TrimSpace(n.name.FirstName+" "+n.name.Name), n.slips > 0, 0.4
		if !n.full {
			e.Weight = 0.15
		}
		if n.former {
			e.Kind, e.Value = record.EvidenceFormerName, e.Text // what a person was called is said only as the letter says it
		}
		g.note(e)
	}
	if d, ok := g.born[id]; ok {
		box, _ := g.at(d.page, d.start, d.end)
		g.note(record.Evidence{Kind: record.EvidenceBirth, Source: sourcePage, Page: g.pages[d.page].Number, Box: box,
			Text: g.pages[d.page].Text[d.start:d.end], Value: d.day, File: f, Person: id, Weight: 0.5})
	}
	if full, some, at := g.address(p); some {
		e := g.quote(max(at-1, 0), at)
		e.Kind, e.Value, e.File, e.Person, e.Weight = record.EvidenceAddress, p.Address, f, id, 0.2
		if full {
			e.Weight = 0.3
		}
		g.note(e)
	}
}

// quote gives evidence with the words from one token to another as they were read.
func (g *gathering) quote(from, to int) record.Evidence {
	a, b := g.tokens[from], g.tokens[to]
	if a.page != b.page {
		b = a
	}
	box, _ := g.at(a.page, a.start, b.end)
	e := record.Evidence{Source: sourcePage, Page: g.pages[a.page].Number, Box: box, Text: g.pages[a.page].Text[a.start:b.end]}
	if a.page >= len(g.Pages) {
		e.Source = "mail"
	}
	return e
}

// noteNamed notes the members of files who are named well enough.
func (g *gathering) noteNamed(ids []record.FileID, enough func(naming) bool) {
	for _, id := range ids {
		for _, m := range g.files[id].Members {
			if enough(g.named[m.Person]) {
				g.notePerson(id, m.Person)
			}
		}
	}
}

// noteBorn notes the people of whom the letter gives surname and birth date only.
func (g *gathering) noteBorn() error {
	var ids []record.PersonID
	for _, p := range g.bornOn {
		n := g.naming(p, g.day)
		if _, born := g.birth(p, n); born && n.last && len(ids) < maxBornOnly {
			ids = append(ids, p.ID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	files, err := g.tx.FilesOfPersons(ids)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if err := g.load(files[id]); err != nil {
			return err
		}
		for _, f := range files[id] {
			g.notePerson(f, id)
		}
	}
	return nil
}

const maxBornOnly = 10 // people with a surname and birth date that are looked at
