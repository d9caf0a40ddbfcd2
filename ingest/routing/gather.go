package routing

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"eakte/appliance/catalog"
	"eakte/appliance/record"
)

// The bounds of what is looked up for one letter.
const (
	ownCode    = "eakte:"
	slipCode   = "eakte:slip:1:"
	maxBorn    = 4000 // rows of persons with a birth date on the letter
	maxFiles   = 400  // files that are looked at
	maxNear    = 8    // unknown numbers that are repaired
	maxCodes   = 20   // of our own letters
	birthReach = 30   // words between a name and a birth date
	grownUp    = 12   // years before receipt: such a day is hardly the letter's
)

// claim is one thing on the letter that belongs to certain files only: a number
// of theirs, a code, a person. Two claims that no file fits are a conflict.
type claim struct {
	files    map[record.FileID]bool // that it fits at all
	now      map[record.FileID]bool // that it fits on the letter's day
	number   *number                // nil: it is a person, or a code of ours
	person   record.PersonID
	certain  bool // no recognition was needed
	repaired bool
}

// gathering is all that is found out about a letter before it is judged.
type gathering struct {
	*reading
	tx       *catalog.Tx
	rules    Rules
	day      string // from which it is looked at, YYYY-MM-DD
	found    []number
	days     []date
	called   []mention
	bornOn   []record.Person            // on one of the letter's days
	nearOf   map[string][]record.FileID // by number as it was read
	hits     map[string][]record.FileID // by number
	near     map[record.FileID]number   // a number on the letter is one slip away from the file's
	files    map[record.FileID]record.File
	persons  map[record.PersonID]record.Person
	named    map[record.PersonID]naming
	born     map[record.PersonID]date
	lives    map[record.PersonID]bool // the address stands on the letter
	claims   []claim
	evidence []record.Evidence
	of       map[record.FileID][]int // evidence by file
	sites    []record.Site
}

func gather(tx *catalog.Tx, rules Rules, l Letter) (*gathering, error) {
	g := &gathering{reading: read(l), tx: tx, rules: rules, day: l.Received, near: map[record.FileID]number{}, files: map[record.FileID]record.File{},
		persons: map[record.PersonID]record.Person{}, named: map[record.PersonID]naming{}, born: map[record.PersonID]date{},
		lives: map[record.PersonID]bool{}, of: map[record.FileID][]int{}}
	if g.day == "" {
		g.day = tx.Now().UTC().Format(time.DateOnly)
	}
	g.found, g.days, g.called, g.nearOf = g.numbers(), g.dates(g.day), g.mentions(), map[string][]record.FileID{}
	for _, step := range []func() error{g.readSites, g.lookUpNumbers, g.lookUpSlips, g.lookUpBorn, g.claimNumbers} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return g, nil
}

func (g *gathering) readSites() (err error) {
	g.sites, err = g.tx.Sites()
	return err
}

// lookUpNumbers asks which files have the numbers, and for those that no file
// has, which have one that is near.
func (g *gathering) lookUpNumbers() (err error) {
	values := map[string]bool{}
	for _, n := range g.found {
		if n.value != "" {
			values[n.value] = true
		}
	}
	if len(values) == 0 {
		return nil
	}
	if g.hits, err = g.tx.FilesByNumbers(keys(values)); err != nil {
		return err
	}
	unknown := []number{}
	seen := map[string]bool{}
	for _, n := range g.found {
		if n.repairable() && (len(g.hits[n.value]) == 0 || n.guess) && !seen[n.value] && len(unknown) < maxNear {
			seen[n.value] = true
			unknown = append(unknown, n)
		}
	}
	if err := g.lookUpNear(unknown); err != nil {
		return err
	}
	var ids []record.FileID
	for _, v := range keys(g.hits) {
		ids = append(ids, g.hits[v]...)
	}
	return g.load(append(ids, keys(g.near)...))
}

// load reads files and their members, and looks for these on the letter.
func (g *gathering) load(ids []record.FileID) error {
	missing := map[record.FileID]bool{}
	for _, id := range ids {
		if _, known := g.files[id]; known || missing[id] {
			continue
		}
		if len(g.files)+len(missing) >= maxFiles {
			g.over = true
			break
		}
		missing[id] = true
	}
	if len(missing) == 0 {
		return nil
	}
	files, err := g.tx.FilesByID(keys(missing))
	if err != nil {
		return err
	}
	people := map[record.PersonID]bool{}
	for id, f := range files {
		g.files[id] = f
		for _, m := range f.Members {
			if _, known := g.persons[m.Person]; !known {
				people[m.Person] = true
			}
		}
	}
	persons, err := g.tx.Persons(keys(people))
	if err != nil {
		return err
	}
	for _, id := range keys(persons) {
		g.meet(persons[id])
	}
	return nil
}

// meet looks for a person on the letter: name, birth date, address.
func (g *gathering) meet(p record.Person) {
	g.persons[p.ID] = p
	n := g.naming(p, g.day)
	if n.last {
		g.named[p.ID] = n
	}
	if d, ok := g.birth(p, n); ok {
		g.born[p.ID] = d
	}
	if _, some, _ := g.address(p); some {
		g.lives[p.ID] = true
	}
}

// birth says whether a person's birth date stands on the letter as one: it is
// called so, or it stands near the full name and is long past.
func (g *gathering) birth(p record.Person, n naming) (date, bool) {
	for _, d := range g.days {
		if d.day != p.BirthDate {
			continue
		}
		if d.labelled {
			return d, true
		}
		for _, s := range n.spots {
			close := func(reach int) bool {
				return g.tokens[s[0]].page == d.page && d.token >= s[0]-reach && d.token <= s[1]+reach
			}
			if close(birthReach) && g.longPast(d) || close(6) {
				return d, true
			}
		}
	}
	return date{}, false
}

func (g *gathering) longPast(d date) bool { return longBefore(d.day, g.day) }

// longBefore says whether a day lies so long before another that somebody born
// on it is grown up by then.
func longBefore(day, until string) bool {
	last, err := time.Parse(time.DateOnly, until)
	return err == nil && day < last.AddDate(-grownUp, 0, 0).Format(time.DateOnly)
}

// lookUpSlips reads the codes of our own letters.
func (g *gathering) lookUpSlips() error {
	left := maxCodes
	for i, p := range g.pages {
		for _, c := range p.Words.Codes {
			code, ours := strings.CutPrefix(c.Text, slipCode)
			if !ours || !slipText.MatchString(code) {
				continue
			}
			if left == 0 {
				g.over = true
				return nil
			}
			left--
			s, ok, err := g.tx.Slip(code)
			if err != nil {
				return err
			}
			if !ok {
				continue
			}
			if err := g.load([]record.FileID{s.File}); err != nil {
				return err
			}
			if _, exists := g.files[s.File]; !exists {
				continue
			}
			g.note(record.Evidence{Kind: record.EvidenceSlip, Source: sourceCode, Page: g.pages[i].Number, Box: record.Box{X: c.X, Y: c.Y, W: c.W, H: c.H},
				Text: c.Text, Value: g.files[s.File].Number(), File: s.File, Weight: 1})
			only := map[record.FileID]bool{s.File: true}
			g.claims = append(g.claims, claim{files: only, now: only, certain: true})
		}
	}
	return nil
}

var slipText = regexp.MustCompile(`^[0-9A-Za-z_-]{1,64}$`)

// lookUpBorn finds the persons whose name and birth date stand on the letter.
func (g *gathering) lookUpBorn() error {
	days := map[string]bool{}
	for _, d := range g.days {
		days[d.day] = true
	}
	if len(days) == 0 {
		return nil
	}
	persons, err := g.tx.PersonsBorn(keys(days), maxBorn)
	if err != nil {
		return err
	}
	g.bornOn = persons
	rows := 0
	for _, p := range persons {
		rows += len(p.Names)
	}
	g.over = g.over || rows >= maxBorn
	var ids []record.PersonID
	for _, p := range persons {
		if n := g.naming(p, g.day); n.full {
			if d, ok := g.birth(p, n); ok {
				g.persons[p.ID], g.named[p.ID], g.born[p.ID] = p, n, d
				ids = append(ids, p.ID)
			}
		}
	}
	return g.claimPersons(ids)
}

// claimPersons takes up persons with their files.
func (g *gathering) claimPersons(ids []record.PersonID) error {
	if len(ids) == 0 {
		return nil
	}
	files, err := g.tx.FilesOfPersons(ids)
	if err != nil {
		return err
	}
	var all []record.FileID
	for _, id := range ids {
		_, some, _ := g.address(g.persons[id])
		g.lives[id] = some
		all = append(all, files[id]...)
	}
	if err := g.load(all); err != nil {
		return err
	}
	for _, id := range ids {
		g.claimPerson(id, files[id])
	}
	return nil
}

// claimPerson takes up a person whose name and birth date stand on the letter.
func (g *gathering) claimPerson(id record.PersonID, files []record.FileID) {
	if len(files) == 0 {
		return
	}
	c := claim{files: map[record.FileID]bool{}, now: map[record.FileID]bool{}, person: id}
	for _, f := range files {
		file, known := g.files[f]
		if !known {
			continue
		}
		c.files[f] = true
		if g.belongs(file, id) && file.ClosedAt.IsZero() {
			c.now[f] = true
		}
		g.notePerson(f, id)
	}
	g.orElse(c)
}

// orElse takes up a person, or two as one claim where the same words may mean
// either: namesakes of one birth date.
func (g *gathering) orElse(c claim) {
	for i := range g.claims {
		o := &g.claims[i]
		if o.number != nil || o.person == "" || !g.sameWords(o.person, c.person) {
			continue
		}
		maps.Copy(o.files, c.files)
		maps.Copy(o.now, c.now)
		return
	}
	g.claims = append(g.claims, c)
}

func (g *gathering) sameWords(a, b record.PersonID) bool {
	m, n := g.named[a], g.named[b]
	return g.born[a].day == g.born[b].day && m.from <= n.to && n.from <= m.to
}

// belongs says whether a person is a member of a file on the letter's day.
func (g *gathering) belongs(f record.File, id record.PersonID) bool {
	return slices.ContainsFunc(f.Members, func(m record.Member) bool {
		return m.Person == id && (m.From == "" || m.From <= g.day) && (m.To == "" || m.To >= g.day)
	})
}

func keys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
