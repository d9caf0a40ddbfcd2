package routing

import (
	"slices"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

const (
	maxPairs   = 6  // of names that are looked up
	perPair    = 12 // files of one pair
	maxNouns   = 256
	aloneFiles = 1 // a full name that so many files have tells a person apart
)

// byNames finds files by full names on the letter: words with a capital next to
// each other that both occur in names.
func (g *gathering) byNames(pairs int) ([]record.FileID, error) {
	var words []string
	seen := map[string]bool{}
	for i, t := range g.tokens {
		if g.nameLike(i) && !seen[t.word] && len(words) < maxNouns {
			seen[t.word] = true
			words = append(words, t.word)
		}
	}
	if len(words) == 0 {
		return nil, nil
	}
	known, err := g.tx.KnownNames(words)
	if err != nil {
		return nil, err
	}
	var ids []record.FileID
	tried := map[[2]string]bool{}
	for i := 1; i < len(g.tokens) && len(tried) < pairs; i++ {
		a, b := g.tokens[i-1], g.tokens[i]
		pair := [2]string{a.word, b.word}
		if !known[a.word] || !known[b.word] || a.page != b.page || !a.capital || !b.capital || a.word == b.word || tried[pair] {
			continue
		}
		tried[pair] = true
		found, err := g.tx.FilesByNames(a.word, b.word, perPair)
		if err != nil {
			return nil, err
		}
		ids = append(ids, found...)
	}
	return ids, g.load(ids)
}

// nameLike says whether a word may be part of a full name: it and a neighbour
// begin with capitals.
func (g *gathering) nameLike(i int) bool {
	t := g.tokens[i]
	if !t.capital || len(t.word) < 2 {
		return false
	}
	return i > 0 && g.tokens[i-1].capital && g.tokens[i-1].page == t.page || i+1 < len(g.tokens) && g.tokens[i+1].capital && g.tokens[i+1].page == t.page
}

// namesake gives another open file whose member is named in full, if the name
// is that file's alone, or the address is there too.
func (g *gathering) namesake(but record.FileID) (record.FileID, error) {
	ids, err := g.byNames(maxPairs)
	if err != nil {
		return "", err
	}
	var alone record.FileID
	others := map[record.FileID]bool{}
	for _, id := range ids {
		f := g.files[id]
		if id == but || !f.ClosedAt.IsZero() {
			continue
		}
		for _, m := range f.Members {
			if !g.named[m.Person].full {
				continue
			}
			others[id] = true
			g.notePerson(id, m.Person)
			if g.lives[m.Person] {
				return id, nil
			}
			alone = id
		}
	}
	if len(others) > aloneFiles {
		return "", nil
	}
	return alone, nil
}

// resident gives another open file of whose member the letter gives full name
// and address.
func (g *gathering) resident(but record.FileID) (record.FileID, error) {
	ids, err := g.byNames(maxPairs)
	if err != nil {
		return "", err
	}
	for _, id := range ids {
		f := g.files[id]
		if id == but || !f.ClosedAt.IsZero() {
			continue
		}
		for _, m := range f.Members {
			if g.named[m.Person].full && g.lives[m.Person] && !g.memberOf(g.files[but], m.Person) && !g.shared(but, m.Person) {
				g.notePerson(id, m.Person)
				return id, nil
			}
		}
	}
	return "", nil
}

func (g *gathering) memberOf(f record.File, id record.PersonID) bool {
	return slices.ContainsFunc(f.Members, func(m record.Member) bool { return m.Person == id })
}

// shared says whether the words that name a person name a member of a file too:
// father and son at one address.
func (g *gathering) shared(f record.FileID, id record.PersonID) bool {
	n := g.named[id]
	return slices.ContainsFunc(g.files[f].Members, func(m record.Member) bool {
		return slices.ContainsFunc(g.named[m.Person].spots, func(s [2]int) bool { return s[0] <= n.to && n.from <= s[1] })
	})
}

// otherNumber says whether a second number of this house stands on the letter
// that no file has and that is not a misread one of this file.
func (g *gathering) otherNumber(f record.File) bool {
	return slices.ContainsFunc(g.found, func(n number) bool {
		if n.kind != record.EvidenceHousehold || !n.form && !slipped.MatchString(n.text) || len(g.hits[n.value]) > 0 && !n.guess || len(n.value) < officeLen {
			return false
		}
		ours := slices.ContainsFunc(g.sites, func(s record.Site) bool {
			return catalog.NameDistance(n.value[:officeLen], s.Code, 1) <= 1
		})
		return ours && !g.hasOrNear(f, n.value)
	})
}

// hasOrNear says whether a number is a file's, or one slip away from it.
func (g *gathering) hasOrNear(f record.File, value string) bool {
	return slices.ContainsFunc(f.Numbers, func(n record.DatedNumber) bool {
		return catalog.NameDistance(catalog.NormalizeNumber(n.Number), value, 1) <= 1
	})
}

// otherPerson looks at whom else the letter names with what it calls a birth
// date. It gives the other file in which that person is, one slip in the date
// allowed; some is true if there is anybody at all who is no member.
func (g *gathering) otherPerson(f record.File) (other record.FileID, some bool, err error) {
	for _, m := range g.called {
		if g.memberBorn(f, m) {
			continue
		}
		if id, err := g.bornThen(f, m); err != nil || id != "" {
			return id, true, err
		}
		if g.memberCalled(f, m) {
			continue
		}
		some = true
		last, first := fold(m.name), fold(m.first)
		if len(last) == 0 || len(first) == 0 {
			continue
		}
		ids, err := g.tx.FilesByNames(last[0], first[0], perPair)
		if err != nil {
			return "", some, err
		}
		if err := g.load(ids); err != nil {
			return "", some, err
		}
		for _, id := range ids {
			for _, o := range g.files[id].Members {
				if id != f.ID && g.named[o.Person].full && m.near(g.persons[o.Person].BirthDate) {
					g.notePerson(id, o.Person)
					return id, true, nil
				}
			}
		}
	}
	return "", some, nil
}

// bornThen gives another file with a member who was born on a day that the letter
// calls a birth date, if name or first name stands before it, badly read perhaps.
func (g *gathering) bornThen(f record.File, m mention) (record.FileID, error) {
	to := g.tokenAt(m.page, m.start)
	from := max(g.first[m.page], to-labelWords)
	like := func(names []string) bool {
		return slices.ContainsFunc(names, func(name string) bool {
			limit := min(len(name)/3, 3)
			return limit > 0 && slices.ContainsFunc(g.tokens[from:min(to, len(g.tokens))], func(t token) bool {
				return catalog.NameDistance(name, t.word, limit) <= limit
			})
		})
	}
	for _, p := range g.bornOn {
		if !m.near(p.BirthDate) || g.memberOf(f, p.ID) {
			continue
		}
		if !slices.ContainsFunc(p.Names, func(n record.DatedName) bool { return like(nameParts(n.Name)) || like(fold(n.FirstName)) }) {
			continue
		}
		files, err := g.tx.FilesOfPersons([]record.PersonID{p.ID})
		if err != nil {
			return "", err
		}
		if len(files[p.ID]) > 0 {
			return files[p.ID][0], nil
		}
	}
	return "", nil
}

// halfRead says whether the letter calls something a birth date that can't be
// read as a day, is near to none of the file's people, and does not stand by the
// name of one of them: whose it is nobody can tell. Without a name before it, it
// has some digits at least, or it is the empty or handwritten field of a form.
func (g *gathering) halfRead(f record.File) bool {
	return slices.ContainsFunc(g.called, func(m mention) bool {
		day := slices.ContainsFunc(g.days, func(d date) bool { return d.page == m.page && d.start < m.end && m.start < d.end })
		some := m.name != "" || digitsIn(g.pages[m.page].Text[m.start:m.end]) >= birthDigits
		return some && !day && !g.memberBorn(f, m) && !g.memberCalled(f, m)
	})
}

// unlabelled gives another file with a member who was born on a day of the
// letter, long past, before which their name or first name stands as it is
// written: the word "geboren" may have been lost.
func (g *gathering) unlabelled(f record.File) (record.FileID, error) {
	for _, d := range g.days {
		if d.labelled || !g.longPast(d) {
			continue
		}
		from := max(g.first[d.page], d.token-labelWords)
		stands := func(names []string) bool {
			return slices.ContainsFunc(g.tokens[from:min(d.token, len(g.tokens))], func(t token) bool {
				return t.capital && len(t.word) >= begunFrom && slices.Contains(names, t.word)
			})
		}
		for _, p := range g.bornOn {
			if p.BirthDate != d.day || g.memberOf(f, p.ID) ||
				!slices.ContainsFunc(p.Names, func(n record.DatedName) bool { return stands(nameParts(n.Name)) || stands(fold(n.FirstName)) }) {
				continue
			}
			files, err := g.tx.FilesOfPersons([]record.PersonID{p.ID})
			if err != nil {
				return "", err
			}
			if len(files[p.ID]) > 0 {
				return files[p.ID][0], nil
			}
		}
	}
	return "", nil
}

const (
	labelWords = 10 // before a birth date, among which the name is looked for
	begunFrom  = 3  // letters of a name that says something

	birthDigits = 4 // of six or eight
)

// memberBorn says whether what is called a birth date may be a member's.
func (g *gathering) memberBorn(f record.File, m mention) bool {
	return slices.ContainsFunc(f.Members, func(o record.Member) bool { return m.near(g.persons[o.Person].BirthDate) })
}

// memberCalled says whether the name before a birth date is a member's: both
// name and first name, in either order.
func (g *gathering) memberCalled(f record.File, m mention) bool {
	last, first := fold(m.name), fold(m.first)
	return slices.ContainsFunc(f.Members, func(o record.Member) bool {
		return slices.ContainsFunc(g.persons[o.Person].Names, func(n record.DatedName) bool {
			surname, given := nameParts(n.Name), fold(n.FirstName)
			return alike(last, surname) && alike(first, given) || alike(last, given) && alike(first, surname)
		})
	})
}

// alike says whether one of some words may be one of a name's, misread.
func alike(read, name []string) bool {
	return slices.ContainsFunc(read, func(r string) bool {
		return slices.ContainsFunc(name, func(n string) bool { return catalog.NameDistance(n, r, slipsIn(n)) <= slipsIn(n) })
	})
}

// almostBorn gives the one open file of whose member the letter gives full name
// and address, and a birth date with one slip.
func (g *gathering) almostBorn(ids []record.FileID) (record.FileID, error) {
	var only record.FileID
	for _, id := range ids {
		f := g.files[id]
		for _, m := range f.Members {
			p := g.persons[m.Person]
			if !f.ClosedAt.IsZero() || !g.named[p.ID].full || !g.lives[p.ID] || !g.belongs(f, p.ID) || !slices.ContainsFunc(g.called, func(c mention) bool { return c.near(p.BirthDate) }) {
				continue
			}
			if full, _, _ := g.address(p); !full || only != "" && only != id {
				return "", nil
			}
			only = id
		}
	}
	if only == "" {
		return "", nil
	}
	if _, some, err := g.otherPerson(g.files[only]); err != nil || some {
		return "", err
	}
	for _, m := range g.files[only].Members {
		g.notePerson(only, m.Person)
	}
	return only, nil
}

// dropMisread leaves out a printed number for a file whose people the letter
// doesn't name, if it is one slip away from a number of a file that another
// number and the people speak for.
func (g *gathering) dropMisread() bool {
	for i, c := range g.claims {
		if c.number == nil || c.certain || c.repaired || g.anybody(c.files) {
			continue
		}
		rest := slices.Delete(slices.Clone(g.claims), i, i+1)
		for _, o := range rest {
			if o.number == nil || o.repaired || o.number.value == c.number.value {
				continue
			}
			for id := range o.files {
				if g.hasNear(g.files[id], c.number.value) && g.agrees(g.files[id]) {
					g.claims = rest
					return true
				}
			}
		}
	}
	return false
}

// anybody says whether the letter names a member of one of the files.
func (g *gathering) anybody(files map[record.FileID]bool) bool {
	for id := range files {
		for _, m := range g.files[id].Members {
			if _, born := g.born[m.Person]; born || g.named[m.Person].last || g.lives[m.Person] {
				return true
			}
		}
	}
	return false
}

// hasNear says whether a file or a member has a number that is one digit away.
func (g *gathering) hasNear(f record.File, value string) bool {
	near := func(number string) bool {
		n := catalog.NormalizeNumber(number)
		return len(n) == len(value) && catalog.NameDistance(n, value, 1) == 1
	}
	return slices.ContainsFunc(f.Numbers, func(n record.DatedNumber) bool { return near(n.Number) }) ||
		slices.ContainsFunc(f.Members, func(m record.Member) bool { return near(g.persons[m.Person].CustomerNumber) })
}

// elsewhereOpen says whether somebody of a closed file whom the letter names has
// an open one.
func (g *gathering) elsewhereOpen(f record.File) (bool, error) {
	var ids []record.PersonID
	for _, m := range f.Members {
		if _, born := g.born[m.Person]; born || g.named[m.Person].last || g.claimed(m.Person) {
			ids = append(ids, m.Person)
		}
	}
	if len(ids) == 0 {
		return false, nil
	}
	files, err := g.tx.FilesOfPersons(ids)
	if err != nil {
		return false, err
	}
	for _, id := range ids {
		if err := g.load(files[id]); err != nil {
			return false, err
		}
		for _, other := range files[id] {
			if o := g.files[other]; other != f.ID && o.ClosedAt.IsZero() && g.belongs(o, id) {
				g.notePerson(other, id)
				return true, nil
			}
		}
	}
	return false, nil
}
